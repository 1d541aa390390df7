"""Parties: starting, joining, leaving, bringing prompts, taking turns and stopping."""

import secrets
from dataclasses import dataclass
from typing import Final

import structlog

from telephone.domain.games import HUMAN, NO_GUILD, Prompt, clean_prompt
from telephone.domain.parties import GUESTS_MAX, GUESTS_MIN, ROUNDS_MIN, Party, PartyRequest, PartyState, rounds_for
from telephone.domain.refusals import PARTY_CLOSED, NotOfParty, require_here
from telephone.engine.waiting import look_until
from telephone.errors import BadInput, NotAllowed
from telephone.games.admission import GameAdmission
from telephone.games.turn_service import ClaimedTurn, TurnService
from telephone.parties.workflow import STOPPED, TOO_FEW, stop_party
from telephone.ports.runners import PartyRunner
from telephone.prompts.catalog import curated, look_up, offered
from telephone.providers.base import ModelKind
from telephone.store import Store

NO_MODEL: Final = "No model could stand in for a member just now; please ask the operator."
LEFT: Final = "You left this party, so a model takes your turns; enjoy the reveal."
DONE: Final = "Your turn of this round is in already; the next round begins when everybody is done."
ENDED: Final = "What was before you in this round ended early, so there is nothing for you to do until the next one."
NOT_NOW: Final = "There is no turn to take at this party just now; watch its thread."
REMOVED: Final = "The bot was removed from the server."
NOT_HOST: Final = "Only who started this party, or a member who may manage the server, can do that."
_LOOK_EVERY: Final = 0.1
_log = structlog.get_logger()


PLAYERS: Final = 6
"""How many members can join a party where nobody says."""


@dataclass(frozen=True, slots=True)
class PartyAsked:
    """A party as a member typed it. None stands for what the service chooses itself.

    `stand_in` names a model of either kind that plays for members who leave; the service chooses the other kind's.
    `key` is the id to store the party under, so that a request that comes twice starts one party.
    """

    players: int
    rounds: int | None = None
    stand_in: str | None = None
    guild_id: int = NO_GUILD
    channel_id: int = 0
    starter_id: int = 0
    age_restricted: bool = False
    key: str | None = None


@dataclass(frozen=True, slots=True)
class PartyService:
    """Parties as cogs use them. Raises TelephoneErrors whose sentence can be shown as it is.

    `server` is where somebody asks for a party by its id, by default the terminal. Raises NotHere on any other than the
    party's own, so that `is_host` speaks of the party's server.
    """

    store: Store
    admission: GameAdmission
    turns: TurnService
    runner: PartyRunner

    async def start(self, asked: PartyAsked) -> Party:
        """Stores a party that members may join, its host the first of them; returns before its card is posted."""
        await self.admission.check_open(asked.guild_id)
        self.admission.check_members()
        if not GUESTS_MIN <= asked.players <= GUESTS_MAX:
            raise BadInput(f"A party has {GUESTS_MIN} to {GUESTS_MAX} members; please choose a number between them.")
        server = await self.store.servers.settings(asked.guild_id)
        most = min(asked.players, 2 * server.max_turns)
        if asked.rounds is not None and not ROUNDS_MIN <= asked.rounds <= most:
            raise BadInput(f"So many members can play {ROUNDS_MIN} to {most} rounds; please choose fewer.")
        request = PartyRequest(
            players=asked.players,
            t2i=self._stand_in(asked.stand_in, "t2i"),
            i2t=self._stand_in(asked.stand_in, "i2t"),
            rounds=rounds_for(most, asked.rounds),
            seed=secrets.randbelow(2**31),
            seconds=server.claim_seconds,
            guild_id=asked.guild_id,
            channel_id=asked.channel_id,
            starter_id=asked.starter_id,
            nsfw=asked.age_restricted and server.nsfw == "age-restricted-only",
        )
        party = await self.store.parties.add(request, asked.key)
        _log.info("party asked for", party=party.id, players=asked.players)
        await self.runner.begin(party)
        return party

    async def opened(self, party_id: str, timeout: float = 8.0) -> Party:
        """The party once its card is posted or it has ended, or as it is after `timeout` seconds."""
        return await look_until(
            lambda: self.store.parties.get(party_id),
            lambda party: party.card_id is not None or party.state.is_final,
            every=_LOOK_EVERY,
            within=timeout,
        )

    async def party(self, party_id: str, *, server: int = NO_GUILD) -> Party:
        party = await self.store.parties.get(party_id)
        require_here(party.request.guild_id, server)
        return party

    async def in_thread(self, thread_id: int) -> Party | None:
        """The party that has this thread."""
        party_id = await self.store.party_posts.owner_of_thread(thread_id)
        return await self.store.parties.get(party_id) if party_id else None

    async def unfinished(self, guild_id: int) -> list[Party]:
        """The unfinished parties of a server, oldest first."""
        return await self.store.parties.unfinished(guild_id)

    async def join(self, party_id: str, member_id: int, *, server: int = NO_GUILD) -> Party:
        """Adds a member to a party that is joining."""
        require_here(await self.store.parties.server_of(party_id), server)
        return await self.store.parties.join(party_id, member_id)

    async def leave(self, party_id: str, member_id: int, *, server: int = NO_GUILD) -> Party:
        """Takes a member out of a party; a model takes their turns from then on."""
        require_here(await self.store.parties.server_of(party_id), server)
        return await self.store.parties.leave(party_id, member_id)

    async def call(self, party_id: str, *, by: int, is_host: bool, server: int = NO_GUILD) -> Party:
        """Ends joining before its time, once enough members have joined. Raises BadInput and NotAllowed."""
        party = await self.hosted(party_id, by=by, is_host=is_host, server=server)
        if party.state is not PartyState.JOINING:
            raise BadInput(PARTY_CLOSED)
        if (missing := GUESTS_MIN - len(party.guests)) > 0:
            members = "1 more member is" if missing == 1 else f"{missing} more members are"
            raise BadInput(f"A party needs {GUESTS_MIN} members, so {members} still to join; please wait for them.")
        await self.store.parties.call(party_id, TOO_FEW)
        return await self.party(party_id, server=server)

    async def bring(self, party_id: str, member_id: int, text: str, longest: int, *, server: int = NO_GUILD) -> Prompt:
        """Stores the prompt that a member brings: their own words, checked like any, or a listed prompt by its name.

        Raises BadInput and Refused.
        """
        party = await self._joined(party_id, member_id, server)
        known = look_up(text, await offered(self.store, party.request.guild_id))
        prompt = known or Prompt(clean_prompt(text, longest))
        if known is None:
            await self.admission.guard.prompt(prompt.text, nsfw=party.request.nsfw)
        await self.store.parties.bring(party_id, member_id, prompt)
        return prompt

    async def draw(self, party_id: str, member_id: int, *, server: int = NO_GUILD) -> Prompt:
        """Draws a curated prompt by lot for a member, and stores it as the prompt they bring."""
        await self._joined(party_id, member_id, server)
        prompt = secrets.choice(curated())
        await self.store.parties.bring(party_id, member_id, prompt)
        return prompt

    async def take(
        self, party_id: str, member_id: int, *, token: str | None = None, server: int = NO_GUILD
    ) -> ClaimedTurn:
        """The turn of a member in this round, which only they are shown. Raises NotAllowed where they have none."""
        party = await self._joined(party_id, member_id, server)
        album = party.album_of(member_id)
        if party.state is not PartyState.PLAYING or album is None:
            raise NotAllowed(NOT_NOW)
        if album.game.state.is_final:
            raise NotAllowed(ENDED)
        if album.is_done(party.round):
            raise NotAllowed(DONE)
        if album.seat is None:
            raise NotAllowed(NOT_NOW)
        return await self.turns.claim(album.game.id, album.seat.key, member_id, token=token, server=server)

    async def stop(self, party_id: str, *, by: int, is_host: bool, server: int = NO_GUILD) -> Party:
        """Ends a party before its time; what is not revealed yet stays sealed."""
        party = await self.hosted(party_id, by=by, is_host=is_host, server=server)
        if party.state.is_final:
            raise BadInput(f"Party {party.number} has ended already; there is nothing to stop.")
        await self._stop(party_id, STOPPED)
        return await self.party(party_id, server=server)

    async def leave_all(self, guild_id: int) -> None:
        """Ends every party of a server that has removed the bot."""
        for party in await self.unfinished(guild_id):
            await self._stop(party.id, REMOVED)

    async def hosted(self, party_id: str, *, by: int, is_host: bool, server: int = NO_GUILD) -> Party:
        """The party, for its host or a moderator. Raises NotAllowed for other members."""
        party = await self.party(party_id, server=server)
        if not is_host and by != party.request.starter_id:
            raise NotAllowed(NOT_HOST)
        return party

    async def _stop(self, party_id: str, reason: str) -> None:
        if await stop_party(self.store, party_id, reason):
            await self.runner.end(party_id)

    async def _joined(self, party_id: str, member_id: int, server: int) -> Party:
        """The party, for a member who has joined it. Raises NotAllowed for others, and for members who have left."""
        party = await self.party(party_id, server=server)
        guest = party.guest(member_id)
        if guest is None:
            raise NotOfParty
        if guest.left:
            raise NotAllowed(LEFT)
        return party

    def _stand_in(self, named: str | None, kind: ModelKind) -> str:
        """The stand-in for steps of a kind: the named model if it is of that kind, else the best one that is ready."""
        players = self.admission.players
        if named is not None and named.strip().lower() == HUMAN:
            raise BadInput("A stand-in is a model; please choose one of the list.")
        if named is not None and self._kind_of(named) == kind:
            return players.playable(named, kind).name
        chosen = players.stand_in(kind)
        if chosen is None:
            raise NotAllowed(NO_MODEL)
        return chosen

    def _kind_of(self, named: str) -> ModelKind:
        """The kind of a model, by the name a member typed. Raises BadInput for a model that plays no turns."""
        tables = self.admission.players.registry.tables
        table = tables.get(named.strip().lower())
        if table is None or table.kind not in ("t2i", "i2t"):
            raise BadInput("No model of that name draws or describes; please choose one of the list.")
        return table.kind

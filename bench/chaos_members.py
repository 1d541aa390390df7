"""The members: they start games, take turns, upload pictures, join parties, vote, and press Continue where one pauses.

They see what stands on Discord and press what can be pressed there; what has not ended yet they are told by the store,
so that nobody has to be asked twice. Who is not answered presses again a while later.
"""

import asyncio
import contextlib
import io
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent))

import sqlalchemy as sa
from chaos_stage import Server, Stage, answer_of
from PIL import Image as pil
from simcord.backend.errors import BackendError, SetupError
from simcord.components import walk_components

from bot.client import CLOSING
from bot.ui import wording
from telephone.domain.battles import Battle, BattleState
from telephone.domain.games import Game, GameState
from telephone.domain.interactions import key_of
from telephone.domain.parties import Party, PartyState
from telephone.errors import NotFound
from tests.standin.members import Interaction, Member
from tests.standin.records import BUTTON, Message, message_of

CONTINUES: Final = 3
"""How often a game that pauses is asked to go on; a press that nobody answered is made again."""
AGAIN_AFTER: Final = 5.0
"""How long somebody waits before they press the same once more, in seconds."""
LOOK_EVERY: Final = 1.0
LOOK_AGAIN_AFTER: Final = 20.0
"""How long somebody waits who is to look whether what they started is there, in seconds."""
_NEXT: Final = 1_000
"""Added to the number of a start that is made again: more than there are starts, so that none shares its seeds."""
VOTERS: Final = 3
KINDS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "offline": ("telephone start", {"t2i": "stickers", "i2t": "spotter-sharp", "turns": 1}),
    "replicate": ("telephone start", {"t2i": "chaos-flux", "i2t": "chaos-blip", "turns": 3}),
    "openai": ("telephone start", {"t2i": "chaos-paint", "i2t": "chaos-eye", "turns": 3}),
    "members": ("telephone start", {"t2i": "human", "i2t": "chaos-eye", "turns": 2}),
    "battle": (
        "telephone battle",
        {"pair_a": "chaos-flux × chaos-blip", "pair_b": "chaos-paint × chaos-eye", "turns": 2},
    ),
    "party": ("telephone party", {"players": 3, "rounds": 2, "stand_in": "chaos-flux"}),
}
"""What can be started: the command and its options."""
_ANYWHERE: Final = frozenset({"offline", "replicate", "openai", "battle"})
"""What may be started in a channel that will be deleted: where a member has to press something, nobody could."""


@dataclass(slots=True)
class Crew:
    """All members of a stage."""

    here: Stage
    started: Counter[str] = field(default_factory=Counter)
    """How often each kind was started, as far as members were told."""
    done: Counter[str] = field(default_factory=Counter)
    """What members did, by its name."""
    _acts: dict[tuple[str, ...], asyncio.Task[None]] = field(default_factory=dict)
    _later: dict[tuple[str, ...], float] = field(default_factory=dict)
    _held: dict[tuple[str, ...], Interaction] = field(default_factory=dict)
    _tries: Counter[tuple[str, ...]] = field(default_factory=Counter)
    _voted: defaultdict[str, set[int]] = field(default_factory=lambda: defaultdict(set))

    async def start(self, number: int, kind: str) -> None:
        """Somebody starts something, and sends the command again until it is acknowledged.

        Who is told then that it was not done sends it again.
        """
        server = self.here.servers[number % len(self.here.servers)]
        command, options = KINDS[kind]
        for attempt in range(1_000):
            given = dict(options)
            if kind != "party":
                given["prompt"] = f"a fox mends clock {number} of {attempt + 1}"
            if command == "telephone start":
                given["seed"] = 1_000 * (1_000 * number + attempt)
            member = self.here.dice.choice(server.members)
            channel = self.here.dice.choice(self._open(server, kind))
            asked = await self._try(kind, lambda c=channel, m=member, g=given: m.slash(c, command, wait=False, **g))
            if asked is not None:
                self.started[kind] += 1
                self._acts["start", str(number), str(attempt)] = asyncio.create_task(self._began(asked, number, kind))
                return
            await asyncio.sleep(1.0)

    async def _began(self, asked: Interaction, number: int, kind: str) -> None:
        answer = await self.here.answered(asked, 60.0)
        unsure = (not answer or answer.startswith(wording.NO_DATABASE)) and not await self._is_stored(asked)
        if unsure or answer in (wording.NOT_DONE, CLOSING) or answer.startswith(wording.BROKEN):
            self.started[kind] -= 1
            self.done["sent again"] += 1
            await asyncio.sleep(1.0)
            await self.start(number + _NEXT, kind)

    async def _is_stored(self, asked: Interaction) -> bool:
        """Whether what somebody started is there when they look a while later."""
        await asyncio.sleep(LOOK_AGAIN_AFTER)
        store = self.here.store
        while True:
            try:
                for get in (store.games.get, store.battles.get, store.parties.get):
                    with contextlib.suppress(NotFound):
                        await get(key_of(asked.id))
                        return True
            except sa.exc.DBAPIError:  # the store is down for us as well
                await asyncio.sleep(LOOK_EVERY)
                continue
            return False

    @property
    def is_starting(self) -> bool:
        """Whether somebody still waits for the answer to a start, and may have to send it again."""
        return any(name[0] == "start" for name in self._acts)

    async def unfinished(self) -> tuple[list[Game], list[Battle], list[Party]]:
        """What has not ended and does not pause for good: one that pauses counts until it was asked to go on."""
        store = self.here.store
        while True:
            try:
                games, battles = await store.games.unfinished(), await store.battles.unfinished()
                parties = await store.parties.unfinished()
            except sa.exc.DBAPIError:  # the store is down for us as well
                await asyncio.sleep(LOOK_EVERY)
                continue
            return (
                [game for game in games if game.state is not GameState.PAUSED or self._may_go_on(game)],
                [one for one in battles if one.state is not BattleState.PAUSED or self._may_go_on(one)],
                parties,
            )

    def _may_go_on(self, paused: Game | Battle) -> bool:
        """Whether somebody is still to press Continue: not on what a battle or a party shows, or its channel's end."""
        shown = isinstance(paused, Battle) or not (paused.is_side or paused.is_album)
        there = paused.request.channel_id not in self.here.deleted
        return shown and there and self._tries["continue", paused.id] < CONTINUES

    async def live(self) -> None:
        """Does what there is to do on all servers; runs until it is cancelled."""
        while True:
            games, battles, parties = await self.unfinished()
            for game in games:
                self._play(game)
            for battle in battles:
                self._judge(battle)
            for party in parties:
                self._join_in(party)
            for name in [name for name, task in self._acts.items() if task.done()]:
                self._acts.pop(name).result()
            await asyncio.sleep(LOOK_EVERY)

    def _soon(self, name: tuple[str, ...], act: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Begins an act, unless it is going on or was just tried."""
        if name not in self._acts and self._later.get(name, 0.0) < time.monotonic():
            self._later[name] = time.monotonic() + AGAIN_AFTER
            self._acts[name] = asyncio.create_task(act())

    # Games

    def _play(self, game: Game) -> None:
        if game.is_side or game.is_album:
            return
        server, starter = self._of(game.request.guild_id, game.request.starter_id)
        if game.state is GameState.PAUSED:
            self._soon(
                ("continue", game.id),
                lambda: self._continue(starter, game.request.channel_id, "at1:continue:", game.id),
            )
        elif game.state is GameState.WAITING and game.next_key is not None and game.place.thread_id is not None:
            place, key = game.place.thread_id, str(game.next_key)
            self._soon(("turn", game.id), lambda: self._take(server, place, game.id, key))

    async def _continue(self, member: Member, channel_id: int, button: str, owner_id: str) -> None:
        pressed = await self._press("continue", member, channel_id, f"{button}{owner_id}")
        answer = await self.here.answered(pressed)
        if answer and not answer.startswith((wording.UNSURE, wording.NO_DATABASE, CLOSING)):
            self._tries["continue", owner_id] += 1
            self.done["continue"] += 1

    async def _take(self, server: Server, place: int, game_id: str, key: str) -> None:
        """Takes a turn that is open, or goes on with the one that somebody took."""
        member = self.here.dice.choice(server.members)
        pressed = await self._press("take a turn", member, place, f"at1t:take:{game_id}:")
        if pressed is not None:
            self._held[game_id, key, member.name] = pressed
            await self.here.answered(pressed)
            await self._answer(member, pressed)
            return
        for member in server.members:
            if (held := self._held.get((game_id, key, member.name))) is not None:
                await self._answer(member, held)

    async def _answer(self, member: Member, claim: Interaction) -> None:
        """Draws or describes by the form of a turn that a member took, if its buttons came."""
        shown = answer_of(claim)
        button = None if shown is None or shown.loading else _button(shown, "at1t:upload:", "at1t:write:")
        if shown is None or button is None:
            return
        opened = await self._try("open a form", lambda: member.click(shown, custom_id=button, wait=False))
        if opened is None or opened.modal is None:
            return
        number = self.here.dice.randrange(10**6)
        draws = button.startswith("at1t:upload:")
        given: dict[str, Any] = {"drawing": [("me.png", _picture(number))]} if draws else {"caption": f"scene {number}"}
        sent = await self._try("hand in", lambda: member.submit(opened, given, wait=False))
        if (await self.here.answered(sent)).startswith("Thank you"):
            self.done["upload" if draws else "caption"] += 1

    # Battles

    def _judge(self, battle: Battle) -> None:
        server, starter = self._of(battle.request.guild_id, battle.request.starter_id)
        place = battle.request.channel_id
        if battle.state is BattleState.PAUSED:
            self._soon(("continue", battle.id), lambda: self._continue(starter, place, "at1b:continue:", battle.id))
        if battle.state is not BattleState.VOTING:
            return
        for member in server.members[:VOTERS]:
            if member.id not in self._voted[battle.id]:
                self._soon(("vote", battle.id, member.name), lambda m=member: self._vote(m, place, battle.id))
        if len(self._voted[battle.id]) == VOTERS:
            self._soon(("close", battle.id), lambda: self._close(starter, place, battle.id))

    async def _vote(self, member: Member, place: int, battle_id: str) -> None:
        choice = self.here.dice.choice("ab")
        pressed = await self._press("vote", member, place, f"at1b:vote:{battle_id}:{choice}")
        if (await self.here.answered(pressed)).startswith("You chose"):
            self._voted[battle_id].add(member.id)
            self.done["vote"] += 1

    async def _close(self, starter: Member, place: int, battle_id: str) -> None:
        pressed = await self._press("close", starter, place, f"at1b:close:{battle_id}")
        await self.here.answered(pressed)
        shown = answer_of(pressed) if pressed is not None else None
        if shown is not None and (button := _button(shown, f"at1b:close-yes:{battle_id}")) is not None:
            await self._try("close for sure", lambda: starter.click(shown, custom_id=button, wait=False))

    # Parties

    def _join_in(self, party: Party) -> None:
        server, _ = self._of(party.request.guild_id, party.request.starter_id)
        there = {guest.member_id for guest in party.guests}
        if party.state is PartyState.JOINING:
            for member in [one for one in server.members if one.id not in there][: party.request.players - len(there)]:
                self._party_press(party, member, "join", party.request.channel_id)
        elif party.thread_id is not None:
            for guest in party.going:
                member = server.member(guest.member_id)
                if member is not None:
                    self._take_part(party, member, party.thread_id)

    def _take_part(self, party: Party, member: Member, thread_id: int) -> None:
        guest, album = party.guest(member.id), party.album_of(member.id)
        if party.state is PartyState.PROMPTS and guest is not None and guest.prompt is None:
            self._party_press(party, member, "draw", thread_id)
        if party.state is PartyState.PLAYING and album is not None and not album.is_done(party.round):
            name = (party.id, str(party.round), member.name)
            self._soon(("round", *name), lambda: self._play_round(member, thread_id, party.id, name))

    def _party_press(self, party: Party, member: Member, verb: str, place: int) -> None:
        async def press() -> None:
            pressed = await self._press(f"party {verb}", member, place, f"at1p:{verb}:{party.id}")
            if await self.here.answered(pressed):
                self.done[f"party {verb}"] += 1

        self._soon((verb, party.id, member.name), press)

    async def _play_round(self, member: Member, place: int, party_id: str, name: tuple[str, ...]) -> None:
        pressed = await self._press("party turn", member, place, f"at1p:turn:{party_id}")
        if pressed is not None:
            self._held[name] = pressed
            await self.here.answered(pressed)
        if (held := self._held.get(name)) is not None:
            await self._answer(member, held)

    # Pressing

    def _of(self, guild_id: int, member_id: int) -> tuple[Server, Member]:
        server = next(one for one in self.here.servers if one.guild.id == guild_id)
        return server, server.member(member_id) or server.admin

    def _open(self, server: Server, kind: str) -> list[Any]:
        channels = server.channels if kind in _ANYWHERE else server.channels[:-1]
        return [channel for channel in channels if channel.id not in self.here.deleted]

    async def _press(self, what: str, member: Member, place: int, button: str) -> Interaction | None:
        """Presses the newest button in a channel or thread whose id begins so; None where there is none."""
        backend = self.here.discord.world.backend
        for _, stored in sorted(backend.messages.get(place, {}).items(), reverse=True):
            message = message_of(backend, stored, None)
            if (found := _button(message, button)) is not None:
                return await self._try(what, lambda m=message, f=found: member.click(m, custom_id=f, wait=False))
        return None

    async def _try(self, what: str, act: Callable[[], Any]) -> Interaction | None:
        """Does something; None where the client does not let them, or nobody acknowledged it."""
        try:
            return await self.here.ask(what, act())
        except (SetupError, BackendError, KeyError):  # what was to be pressed has just gone
            return None


def _button(message: Message, *beginnings: str) -> str | None:
    """The id of the first button that can be pressed and whose id begins so."""
    for part in walk_components(message.components):
        found = str(part.get("custom_id", ""))
        if part["type"] == BUTTON and not part.get("disabled", False) and found.startswith(beginnings):
            return found
    return None


def _picture(number: int) -> bytes:
    file = io.BytesIO()
    pil.new("RGB", (96, 96), (number % 256, number // 256 % 256, number // 65_536 % 256)).save(file, "PNG")
    return file.getvalue()

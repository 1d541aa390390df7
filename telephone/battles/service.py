"""Battles: starting, voting, closing, stopping and resuming, and the whole stories of their sides."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog

from telephone.battles.admission import BattleAdmission, BattleAsked
from telephone.battles.versus import VersusAsked, match
from telephone.battles.workflow import LEFT, STOPPED, close_voting, void_battle
from telephone.concurrency import off_loop
from telephone.domain.battles import Battle, BattleState, Cast, Choice, Side, Voter
from telephone.domain.games import NO_GUILD, Image, Pair, Turn
from telephone.domain.messages import BattleMessageKind
from telephone.domain.refusals import require_here
from telephone.engine.waiting import look_until
from telephone.errors import BadInput, NotAllowed
from telephone.media.anonymise import alike
from telephone.media.images import Pictures
from telephone.ports.runners import BattleRunner
from telephone.store import Store

PAGE: Final = 10
"""How many turns of a side's story are shown at once: a message holds ten files."""
_STORY_SIDE: Final = 384
_LOOK_EVERY: Final = 0.1
_ABOUT_TO_START: Final = 1.0
_UNFINISHED: Final = tuple(state for state in BattleState if not state.is_final)
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class StoryPage:
    """Some turns of one side as they may be shown; `pictures` by turn, anonymised. Pages count from 0."""

    battle: Battle
    side: Side
    turns: tuple[Turn, ...]
    pictures: dict[int, Image]
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class BattleService:
    """Battles as cogs use them. Raises TelephoneErrors whose sentence can be shown as it is.

    `server` is where somebody asks for a battle by its id, by default the terminal. Raises NotHere on any other than
    the battle's own, so that `is_host` speaks of the battle's server.
    """

    store: Store
    admission: BattleAdmission
    pictures: Pictures
    runner: BattleRunner

    async def start(self, asked: BattleAsked) -> Battle:
        """Admits and stores a battle, the most that all of its games can cost reserved; returns before it is shown."""
        admitted = await self.admission.admit(asked)
        battle = await self.store.battles.add(
            admitted.request, admitted.places(), admitted.orders, admitted.total, asked.key
        )
        _log.info("battle asked for", battle=battle.id, sides=len(battle.sides), why_these_pairs=admitted.reason)
        await self.runner.begin(battle)
        return battle

    async def versus(self, asked: VersusAsked) -> Battle:
        """Sets finished games against each other, to be voted on like any battle; nothing is played or spent."""
        found = await match(self.store, asked)
        battle = await self.store.battles.set_against(found.request, found.places, found.games, asked.key)
        _log.info("games set against each other", battle=battle.id, games=[game.id for game in found.games])
        await self.runner.begin(battle)
        return battle

    async def opened(self, battle_id: str, timeout: float = 8.0) -> Battle:
        """The battle once its thread is open or it has ended, or as it is after `timeout` seconds.

        A battle that is still queued then gets one second more: it may be about to start.
        """
        battle = await self._when(battle_id, _is_open, timeout)
        return await self._when(battle_id, lambda now: not now.queued, _ABOUT_TO_START) if battle.queued else battle

    async def battle(self, battle_id: str, *, server: int = NO_GUILD) -> Battle:
        battle = await self.store.battles.get(battle_id)
        require_here(battle.request.guild_id, server)
        return battle

    async def in_thread(self, thread_id: int) -> Battle | None:
        """The battle that has this thread."""
        battle_id = await self.store.battle_posts.owner_of_thread(thread_id)
        return await self.store.battles.get(battle_id) if battle_id else None

    async def unfinished(self, guild_id: int) -> list[Battle]:
        """The battles of a server that are played or voted on, newest first."""
        return await self.store.battles.recent(guild_id, states=_UNFINISHED)

    def pairs(self) -> list[Pair]:
        """The pairs that can play now."""
        return self.admission.matchmaking.ready()

    async def vote(
        self, battle_id: str, voter: Voter, choice: Choice, *, is_bot: bool = False, server: int = NO_GUILD
    ) -> Cast:
        """Counts a member's vote in place of an earlier one. Raises NotAllowed for a bot and a closed battle."""
        if is_bot:
            raise NotAllowed("Votes are for people; a bot's is not counted.")
        require_here(await self.store.battles.server_of(battle_id), server)
        cast = await self.store.votes.cast(battle_id, voter, choice)
        _log.info("vote cast", battle=battle_id, first=cast.before is None)
        return cast

    async def show_count(self, battle_id: str) -> None:
        """Updates the card's count of votes, unless it was updated a moment ago."""
        await self.runner.show_count(battle_id)

    async def close(self, battle_id: str, *, by: int, is_host: bool, server: int = NO_GUILD) -> Battle:
        """Ends the voting before its time."""
        battle = await self.hosted(battle_id, by=by, is_host=is_host, server=server)
        if battle.state is not BattleState.VOTING:
            raise BadInput(f"Battle {battle.number} takes no votes now; there is nothing to close.")
        await close_voting(self.store, battle_id, early=True)
        await self.runner.end(battle_id)
        return await self.store.battles.get(battle_id)

    async def stop(self, battle_id: str, *, by: int, is_host: bool, server: int = NO_GUILD) -> Battle:
        """Ends a battle that is still played; posted messages stay."""
        battle = await self.hosted(battle_id, by=by, is_host=is_host, server=server)
        if not await self._void(battle_id, STOPPED, (BattleState.PLAYING, BattleState.PAUSED)):
            raise BadInput(f"Battle {battle.number} is not being played any more; there is nothing to stop.")
        return await self.store.battles.get(battle_id)

    async def resume(self, battle_id: str, *, by: int, is_host: bool, server: int = NO_GUILD) -> Battle:
        """Resumes a paused battle; if its thread is gone, it gets a new thread with all its messages.

        Raises NotAllowed, BadInput and OverBudget.
        """
        battle = await self.hosted(battle_id, by=by, is_host=is_host, server=server)
        await self.admission.games.check_open(battle.request.guild_id)
        if battle.state is not BattleState.PAUSED:
            raise BadInput(f"Battle {battle.number} is not paused; there is nothing to continue.")
        for side in battle.in_play:
            await self.admission.games.cover_rest(side.game)
        await self.runner.go_on(battle)
        return await self.store.battles.get(battle_id)

    async def leave(self, guild_id: int) -> None:
        """Ends every battle of a server that has removed the bot."""
        for battle in await self.store.battles.recent(guild_id, states=_UNFINISHED, limit=1_000):
            await self._void(battle.id, LEFT, _UNFINISHED)

    async def story(self, battle_id: str, place: int, page: int = 0, *, server: int = NO_GUILD) -> StoryPage:
        """Pictures and captions of one side, without its names. Raises BadInput before the last round is posted."""
        battle = await self.battle(battle_id, server=server)
        sides = {side.place: side for side in battle.shown.standing}
        if battle.state not in (BattleState.VOTING, BattleState.CLOSED) or place not in sides:
            raise BadInput("The whole stories can be seen when the last round is there.")
        side = sides[place]
        pages = -(-len(side.game.turns) // PAGE)
        page = max(0, min(page, pages - 1))
        turns = side.game.turns[page * PAGE : (page + 1) * PAGE]
        steps = {turn.n: turn.picture.image for turn in turns if turn.picture is not None and turn.picture.image}
        drawn = {n: await self._small(sha256, str(n)) for n, sha256 in steps.items()}
        return StoryPage(battle, side, turns, drawn, page, pages)

    async def _small(self, sha256: str, mark: str) -> Image:
        image = await self.pictures.get(sha256)
        return await off_loop(lambda: alike(image, mark, side=_STORY_SIDE))

    async def hosted(self, battle_id: str, *, by: int, is_host: bool, server: int = NO_GUILD) -> Battle:
        """The battle, for its host or a moderator. Raises NotAllowed for other members."""
        battle = await self.battle(battle_id, server=server)
        if not is_host and by != battle.request.starter_id:
            raise NotAllowed("Only who started this battle, or a member who may manage the server, can do that.")
        return battle

    async def _void(self, battle_id: str, reason: str, only_from: tuple[BattleState, ...]) -> bool:
        moved = await void_battle(self.store, battle_id, reason, only_from)
        await self.runner.end(battle_id)
        return moved

    async def _when(self, battle_id: str, reached: Callable[[Battle], bool], timeout: float) -> Battle:
        return await look_until(lambda: self.store.battles.get(battle_id), reached, every=_LOOK_EVERY, within=timeout)


def _is_open(battle: Battle) -> bool:
    return BattleMessageKind.OPENING in battle.messages or battle.state is not BattleState.PLAYING

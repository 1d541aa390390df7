"""A service in memory: it keeps games and refuses what the real one refuses, and plays nothing."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import date

from telephone.domain.battles import Battle
from telephone.domain.budgets import Allowance
from telephone.domain.calibration import Calibration
from telephone.domain.games import Game, GameRequest, GameState, Pair, Prompt
from telephone.domain.interactions import Acknowledged
from telephone.domain.parties import Party
from telephone.domain.refusals import NotHere
from telephone.domain.servers import ServerSettings
from telephone.errors import BadInput, NotAllowed, NotFound
from telephone.exports import Exporter
from telephone.exports.artifacts import Replay
from telephone.games.admission import StartRequest
from telephone.games.service import UnfinishedGame
from telephone.leaderboards.insights import InsightService
from telephone.leaderboards.pair_report import PairReports
from telephone.leaderboards.service import LeaderboardService
from telephone.leaderboards.vote_review import VoteReview
from telephone.models.catalog import ModelChoice, ModelFacts
from telephone.privacy.service import PrivacyService
from telephone.prompts.catalog import curated
from telephone.prompts.service import PromptService
from tests.bot.samples import game

THREAD = 777


class MemoryPrompts:
    """The curated prompts alone; tests/cogs/test_prompts.py puts the real library in its place."""

    async def offered(self, guild_id: int) -> list[Prompt]:
        return list(curated())


class MemoryBattles:
    """No battles at all; tests/cogs/test_battle.py has the real ones."""

    async def in_thread(self, thread_id: int) -> None:
        return None

    async def unfinished(self, guild_id: int) -> list[Battle]:
        return []


class MemoryParties:
    """No parties at all; tests/cogs/test_party.py has the real ones."""

    async def in_thread(self, thread_id: int) -> None:
        return None

    async def unfinished(self, guild_id: int) -> list[Party]:
        return []


@dataclass
class MemoryGames:
    """`faults` are raised by the next calls that change something, in turn."""

    kept: dict[str, Game] = field(default_factory=dict)
    faults: list[Exception] = field(default_factory=list)
    asked: list[StartRequest] = field(default_factory=list)
    parallel: int = 2

    def add(self, guild_id: int, state: GameState = GameState.PLAYING, *, starter: int = 5, **changes) -> Game:
        shown = game(state, **changes)
        request = replace(shown.request, guild_id=guild_id, starter_id=starter)
        number = len(self.kept) + 1
        shown = replace(shown, id=f"{number:016x}", number=number, request=request)
        self.kept[shown.id] = shown
        return shown

    async def start(self, asked: StartRequest) -> Game:
        self._fail()
        self.asked.append(asked)
        pair = Pair(asked.t2i or "painter", asked.i2t or "critic")
        if pair.t2i == "absent":
            raise NotAllowed("absent cannot play yet (no key); choose another model or ask the operator.")
        running = sum(one.state is GameState.PLAYING for one in self.kept.values())
        state = GameState.PLAYING if running < self.parallel else GameState.QUEUED
        shown = self.add(asked.guild_id, state, starter=asked.starter_id)
        request = GameRequest(
            Prompt(asked.prompt or ""), pair, asked.turns or 10, asked.seed or 0, asked.guild_id, asked.channel_id,
            asked.starter_id,
        )  # fmt: skip
        return self._keep(replace(shown, request=request, place=replace(shown.place, thread_id=THREAD)))

    async def opened(self, game_id: str, timeout: float = 8.0) -> Game:
        return await self.get(game_id)

    async def place_in_queue(self, game_id: str) -> int:
        queue = [one.id for one in self.kept.values() if one.state is GameState.QUEUED]
        return queue.index(game_id) + 1 if game_id in queue else 0

    async def get(self, game_id: str, *, server: int | None = None) -> Game:
        if game_id not in self.kept:
            raise NotFound("There is no such game.")
        if server not in (None, self.kept[game_id].request.guild_id):
            raise NotHere
        return self.kept[game_id]

    async def by_number(self, guild_id: int, number: int) -> Game:
        found = [one for one in self.kept.values() if (one.request.guild_id, one.number) == (guild_id, number)]
        if not found:
            raise NotFound(f"There is no game #{number} here.")
        return found[0]

    async def in_thread(self, thread_id: int) -> Game | None:
        return next((one for one in self.kept.values() if one.place.thread_id == thread_id), None)

    async def recent(self, guild_id: int, *, unfinished_only: bool = False, limit: int = 25) -> list[Game]:
        found = [one for one in self.kept.values() if one.request.guild_id == guild_id]
        return [one for one in reversed(found) if not (unfinished_only and one.state.is_final)][:limit]

    async def stop(self, game_id: str, *, by: int, is_host: bool, server: int) -> Game:
        self._fail()
        shown = await self._hosted(game_id, by, is_host, server)
        if shown.state.is_final:
            raise BadInput(f"Game #{shown.number} has ended already; there is nothing to stop.")
        return self._keep(replace(shown, state=GameState.STOPPED))

    async def resume(self, game_id: str, *, by: int, is_host: bool, server: int) -> Game:
        shown = await self._hosted(game_id, by, is_host, server)
        if shown.state is not GameState.PAUSED:
            raise BadInput(f"Game #{shown.number} is not paused; there is nothing to continue.")
        return self._keep(replace(shown, state=GameState.QUEUED))

    async def again(
        self,
        game_id: str,
        *,
        by: int,
        channel_id: int,
        age_restricted: bool = False,
        server: int,
        key: str | None = None,
    ) -> Game:
        request = (await self.get(game_id, server=server)).request
        return await self.start(
            StartRequest(
                request.prompt.text, request.pair.t2i, request.pair.i2t, request.turns, None,
                guild_id=request.guild_id, channel_id=channel_id, starter_id=by,
                age_restricted=age_restricted, key=key,
            )
        )  # fmt: skip

    async def replay(self, game_id: str, *, server: int) -> Replay:
        shown = await self.get(game_id, server=server)
        if shown.last_caption is None:
            raise BadInput(f"Game #{shown.number} has no finished turn yet; try again when its first caption is there.")
        return Replay(f"game-{shown.number}.gif", b"GIF89a", f"Replay of game {shown.number}.")

    async def status(self, guild_id: int) -> list[UnfinishedGame]:
        unfinished = await self.recent(guild_id, unfinished_only=True)
        return [UnfinishedGame(one, await self.place_in_queue(one.id)) for one in unfinished]

    async def _hosted(self, game_id: str, by: int, is_host: bool, server: int) -> Game:
        shown = await self.get(game_id, server=server)
        if not is_host and by != shown.request.starter_id:
            raise NotAllowed("Only who started this game, or a member who may manage the server, can do that.")
        return shown

    def _keep(self, shown: Game) -> Game:
        self.kept[shown.id] = shown
        return shown

    def _fail(self) -> None:
        if self.faults:
            raise self.faults.pop(0)


class MemoryModels:
    """Three models that are ready, and more than a list can offer."""

    def choices(self, kind: str) -> list[ModelChoice]:
        if kind == "i2t":
            return [ModelChoice("critic", "i2t", True)]
        rest = [ModelChoice(f"model-{n}", "t2i", False, "needs OPENAI_API_KEY") for n in range(40)]
        return [ModelChoice("painter", "t2i", True), ModelChoice("absent", "t2i", False, "needs OPENAI_API_KEY"), *rest]

    def all(self) -> list[ModelFacts]:
        return [
            ModelFacts("painter", "t2i", "studio", True, None, 0.02, None, None, "test", "Paints *walls*."),
            ModelFacts("dalle2", "t2i", "openai", False, "retired", 0.0, date(2026, 5, 12), "painter", "test", ""),
            ModelFacts("critic", "i2t", "studio", True, None, 0.0, None, None, "test", "Names colours."),
            ModelFacts("poet", "chat", "studio", False, "needs OPENAI_API_KEY", 0.002, None, None, "test", ""),
        ]


@dataclass
class MemoryServers:
    """Settings, budgets and pauses over some games."""

    games: MemoryGames
    kept: dict[int, ServerSettings] = field(default_factory=dict)
    budgets: dict[int, dict[str, Allowance]] = field(default_factory=dict)

    async def settings(self, guild_id: int) -> ServerSettings:
        return self.kept.get(guild_id, ServerSettings(guild_id))

    async def change(self, guild_id: int, **limits: int | None) -> ServerSettings:
        changes = {name: value for name, value in limits.items() if value is not None}
        self.kept[guild_id] = (await self.settings(guild_id)).changed(**changes)
        return self.kept[guild_id]

    async def budget(
        self, guild_id: int, scope: str = "server", *, usd: float | None = None, games: int | None = None
    ) -> dict[str, Allowance]:
        self.games._fail()
        allowed = self.budgets.setdefault(guild_id, {"server": Allowance(2.0, 0.42, None, 3), "member": Allowance(0.5)})
        changes = {name: value for name, value in (("cap_usd", usd), ("games", games)) if value is not None}
        allowed[scope] = replace(allowed[scope], **changes)
        return allowed

    async def joined(self, guild_ids: Collection[int]) -> None:
        self.back = set(guild_ids)

    async def known(self) -> frozenset[int]:
        return frozenset(one.request.guild_id for one in self.games.kept.values())

    async def busy(self) -> frozenset[int]:
        return frozenset(one.request.guild_id for one in self.games.kept.values() if not one.state.is_final)

    async def leave(self, guild_id: int) -> int:
        return self._move(guild_id, GameState.PLAYING, GameState.STOPPED)

    async def pause(self, guild_id: int) -> int:
        return self._move(guild_id, GameState.PLAYING, GameState.PAUSED)

    async def resume(self, guild_id: int) -> int:
        return self._move(guild_id, GameState.PAUSED, GameState.PLAYING)

    def _move(self, guild_id: int, from_: GameState, to: GameState) -> int:
        moved = [one for one in self.games.kept.values() if (one.request.guild_id, one.state) == (guild_id, from_)]
        for one in moved:
            self.games._keep(replace(one, state=to))
        return len(moved)


class MemoryPairs:
    """How a single pair drifts is told by the real ones, in tests/cogs/test_pairs.py; here is what a board asks."""

    def __init__(self) -> None:
        self.calibrations: dict[str, Calibration] = {}

    async def calibration(self, guild_id: int, embedder: str) -> Calibration | None:
        return self.calibrations.get(embedder)


class MemoryInteractions:
    """Keeps nothing over a restart; `waiting` are those that were acknowledged and not answered."""

    worker = ""

    def __init__(self) -> None:
        self.waiting: dict[int, Acknowledged] = {}
        self.slow = False
        """Whether the store takes too long to be waited for."""

    async def keep(self, interaction: Acknowledged) -> bool:
        self.waiting[interaction.id] = interaction
        return not self.slow

    def answered(self, interaction_id: int) -> None:
        self.waiting.pop(interaction_id, None)

    async def left_behind(self) -> list[Acknowledged]:
        return []

    async def all_answered(self, within: float) -> None: ...

    async def tidy(self) -> None: ...


@dataclass
class MemoryApp:
    """The application of these; a test puts real services in their place."""

    prompts: MemoryPrompts | PromptService = field(default_factory=MemoryPrompts)
    battles: MemoryBattles = field(default_factory=MemoryBattles)
    parties: MemoryParties = field(default_factory=MemoryParties)
    boards: LeaderboardService | None = None
    vote_review: VoteReview | None = None
    pairs: MemoryPairs | PairReports = field(default_factory=MemoryPairs)
    exports: Exporter | None = None
    privacy: PrivacyService | None = None
    games: MemoryGames = field(default_factory=MemoryGames)
    interactions: MemoryInteractions = field(default_factory=MemoryInteractions)
    models: MemoryModels = field(default_factory=MemoryModels)
    servers: MemoryServers = field(init=False)

    def __post_init__(self) -> None:
        self.servers = MemoryServers(self.games)

    @property
    def insights(self) -> InsightService:
        assert self.boards is not None
        return InsightService(self.boards)


@dataclass
class MemoryRuntime:
    app: MemoryApp = field(default_factory=MemoryApp)
    closed: bool = False

    async def close(self) -> None:
        self.closed = True

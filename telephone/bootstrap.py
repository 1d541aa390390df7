"""The composition root: builds every service, workflow and publisher from the settings and wires them together."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from contextvars import Context
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final, Protocol

import structlog

from telephone import memory, metrics
from telephone.app import App
from telephone.audit import Audit
from telephone.battles.admission import BattleAdmission
from telephone.battles.matchmaking import Matchmaking
from telephone.battles.publisher import BattlePublisher
from telephone.battles.service import BattleService
from telephone.battles.workflow import BattleDependencies, BattleWorkflow
from telephone.engine.client import EngineClient
from telephone.engine.engine import KEEP_FOR, Engine
from telephone.engine.lease import TIMES, LeaseTimes
from telephone.engine.outages import is_outage, said
from telephone.engine.shards import Shards
from telephone.enqueued import EnqueuedBattles, EnqueuedDeletions, EnqueuedGames, EnqueuedParties, EnqueuedRescores
from telephone.exports import Exporter
from telephone.exports.artifacts import GameArtifacts
from telephone.games.admission import GameAdmission
from telephone.games.card_pace import CARD_PACE, EVERY_STEP, CardPace, ShownCards
from telephone.games.card_queue import CardQueue
from telephone.games.guesses import GuessService
from telephone.games.human_turns import HumanTurns
from telephone.games.measure_workflow import PATIENCE, MeasureWorkflow, Patience
from telephone.games.publisher import GamePublisher
from telephone.games.recovery import GameRecovery
from telephone.games.seat_workflow import SeatDependencies, SeatWorkflow
from telephone.games.service import GameService
from telephone.games.step_runner import StepRunner
from telephone.games.steps import StepPlayer
from telephone.games.turn_service import TurnService
from telephone.games.views import GameViews
from telephone.games.workflow import REVEAL_EVERY, GameDependencies, GameWorkflow, NoSidePublisher, SidePublisher
from telephone.interactions import Interactions, OneProcess, Workers
from telephone.leaderboards.ballot_source import BallotSource
from telephone.leaderboards.insights import InsightService
from telephone.leaderboards.pair_report import PairReports
from telephone.leaderboards.people import PeopleSource
from telephone.leaderboards.service import Judge, LeaderboardService
from telephone.leaderboards.vote_review import VoteReview
from telephone.measurement.calibration import Calibrations
from telephone.measurement.distances import ALWAYS, GameMeasurer
from telephone.measurement.embedding_cache import CachedEmbedder
from telephone.measurement.rescore_service import RescoreService
from telephone.measurement.rescore_workflow import STRETCH, RescoreDependencies, RescoreWorkflow
from telephone.measurement.rescoring import HELD, Rescorer
from telephone.measurement.rescoring import PATIENCE as EMBEDDER_DEADLINE
from telephone.media.images import Pictures
from telephone.models.base import Embedder
from telephone.models.catalog import ModelCatalog
from telephone.models.configured import chat, primary, providers
from telephone.models.embedders import embedders
from telephone.models.offline import Offline
from telephone.models.players import AGAIN_PAUSES, DEADLINE, LOST_PAUSES, Players
from telephone.models.probe import report_missing
from telephone.models.registry import Registry
from telephone.moderation import Moderation
from telephone.operations import Operations
from telephone.parties.publisher import PartyPublisher
from telephone.parties.service import PartyService
from telephone.parties.workflow import PartyDependencies, PartyWorkflow
from telephone.ports.games import GamePresenter
from telephone.ports.human_turns import NoTurnPresenter, TurnPresenter
from telephone.ports.runners import (
    BattleRunner,
    DeletionRunner,
    GameRunner,
    LeftToSweeps,
    PartyRunner,
    RescoreRunner,
)
from telephone.ports.surfaces import Surfaces
from telephone.privacy.deletion_workflow import PAUSES, SETTLE, DeletionDependencies, DeletionWorkflow
from telephone.privacy.orders import DeletionOrders
from telephone.privacy.service import PrivacyService
from telephone.prompts.generator import PromptGenerator
from telephone.prompts.service import PromptService
from telephone.providers.base import Provider
from telephone.providers.rate_limit import SharedLimits
from telephone.retention import Keep, Retention
from telephone.safety import Guard, guard_of
from telephone.servers.service import ServerService
from telephone.settings import Settings
from telephone.store import Store

SWEEP_EVERY: Final = 10.0
"""How often a sweep looks for stored work that no process runs, in seconds."""
_SWEEP_WITHIN: Final = 120.0
"""Seconds that a sweep may take before an operator should look."""
_FORGET_EVERY: Final = 3_600.0
_PRUNE_EVERY: Final = 86_400.0
_PRUNE_AFTER: Final = 600.0
"""Seconds until a process looks for the first time for what it has kept for long enough: its servers are known then."""
_ASK_AFTER: Final = 5.0
"""Seconds until the providers are asked for their models: their SDKs take long to load, and the bot starts first."""
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Parts:
    """The providers, the guard and the embedders of a process; tests hand in their own.

    `embed` makes the embedders that are ready, by name; `always` names the embedder that measures every game. `limits`
    is where the providers' limits are kept together with other processes.
    """

    providers: Mapping[str, Provider]
    guard: Guard
    embed: Callable[[Players], Mapping[str, Embedder]] = embedders
    always: str = ALWAYS
    limits: SharedLimits = field(default_factory=SharedLimits)


@dataclass(frozen=True, slots=True)
class Tempo:
    """Deadlines and pauses, in seconds; tests make them short.

    `call` is how long a player may take for a step, `lost` and `again` are the pauses after calls that were lost and
    before those that are asked for again. `cards` is how seldom a game's card is edited, `reveal` the pause
    between two messages of a reveal, and `sweep` the pause between two sweeps. `lease` says how long a process on
    Postgres takes itself for alive, and the others it. `stretch` is how long one durable step
    of a rescore works, `held` the age of a worker's last sign of life at which another one takes its rescore over, and
    `rescore` the deadline of its embedder. `settle` is how long a deletion waits for running workflows, and `pauses`
    are the pauses between its attempts where Discord did not answer.
    """

    call: float = DEADLINE
    lost: tuple[float, ...] = LOST_PAUSES
    again: tuple[float, ...] = AGAIN_PAUSES
    cards: CardPace = CARD_PACE
    reveal: float = REVEAL_EVERY
    patience: Patience = PATIENCE
    stretch: float = STRETCH
    held: float = HELD
    rescore: float = EMBEDDER_DEADLINE
    settle: float = SETTLE
    pauses: tuple[float, ...] = PAUSES
    sweep: float = SWEEP_EVERY
    lease: LeaseTimes = TIMES


TEMPO: Final = Tempo()


class Durable(Protocol):
    """Stored work of one kind that a sweep can start again."""

    async def recover(self) -> None:
        """Starts again stored work that a crash, a fault or another process left unfinished. Safe at any time."""


class Led(Durable, Protocol):
    """The engine of a process, as a sweep sees it."""

    async def leads(self) -> bool:
        """Whether this process is the one that sweeps for all on its database."""

    async def forget_old(self, keep_for: timedelta) -> int:
        """Deletes the journals of workflows that ended longer than `keep_for` ago; returns how many."""


@dataclass(slots=True)
class Sweep:
    """Looks at regular intervals for stored work that no process runs, and starts it again.

    Of the processes on one database one looks; each looks after its own engine. Once an hour it deletes old journals,
    and once a day what `retention` has kept for long enough.
    """

    durable: Sequence[Durable]
    engine: Led
    players: Players
    every: float = SWEEP_EVERY
    retention: Retention | None = None
    keep_journals: timedelta = KEEP_FOR
    ended_at: float = field(default_factory=time.monotonic)
    """When the last sweep ended, by the monotonic clock."""

    async def once(self) -> None:
        """Starts again all stored work that no process runs; a fault of one kind is logged and keeps no other back."""
        failed = 0
        for one in (self.engine, *(self.durable if await self.engine.leads() else ())):
            try:
                await one.recover()
            except Exception as error:
                failed += 1
                _tell(error, of=type(one).__name__)
        self.ended_at = time.monotonic()
        metrics.SWEEPS.labels("failed" if failed else "done").inc()

    @property
    def is_late(self) -> bool:
        """Whether no sweep has ended for so long that it must hang."""
        return time.monotonic() - self.ended_at > self.every + _SWEEP_WITHIN

    async def run(self) -> None:
        """Sweeps until it is cancelled; a fault is logged and the next sweep tries again.

        Once, soon after the start, it asks the providers which of their models still exist.
        """
        asking = asyncio.create_task(self._ask())
        try:
            await self._run()
        finally:
            asking.cancel()
            await asyncio.wait({asking})

    async def _ask(self) -> None:
        await asyncio.sleep(_ASK_AFTER)
        await report_missing(self.players)

    async def _run(self) -> None:
        forget_at, prune_at = 0.0, time.monotonic() + _PRUNE_AFTER
        while True:
            try:
                await self.once()
                if time.monotonic() >= forget_at and await self.engine.leads():
                    await self.engine.forget_old(self.keep_journals)
                    forget_at = time.monotonic() + _FORGET_EVERY
                if self.retention is not None and time.monotonic() >= prune_at and await self.engine.leads():
                    prune_at = time.monotonic() + _PRUNE_EVERY
                    await self.retention.prune()
            except Exception as error:
                _tell(error)
            await asyncio.sleep(self.every)


def _tell(error: Exception, **of: str) -> None:
    """Logs why a sweep did not do its work: an outage on one line, a bug with its traceback."""
    if is_outage(error):
        _log.warning("a sweep waits for an outage to end", error=type(error).__name__, why=said(error))
    else:
        _log.error("sweep failed", exc_info=error, **of)


@dataclass(slots=True)
class Runtime:
    """Everything that runs in one process, and its shutdown."""

    app: App
    store: Store
    players: Players
    guard: Guard
    measure: GameMeasurer
    calibrations: Calibrations
    retention: Retention
    audit: Audit

    async def close(self) -> None:
        """Closes what the process holds open."""
        await self.players.close()
        await self.guard.close()
        await self.store.close()


@dataclass(slots=True)
class EngineRuntime(Runtime):
    """A runtime with an engine, which plays games and sweeps."""

    engine: Engine
    sweep: Sweep
    sweeping: "asyncio.Task[None]"
    cards: CardQueue

    async def close(self) -> None:
        """Stops the engine first, so that no step finds its collaborators gone. Games go on at the next start."""
        self.sweeping.cancel()
        with suppress(asyncio.CancelledError):
            await self.sweeping
        await self.engine.close()
        await self.cards.close()
        await Runtime.close(self)


def offline_players() -> Players:
    """The players that need no key, for a notebook."""
    offline = {"offline": Offline()}
    return Players(Registry.load(offline), offline)


def boards_of(measure: GameMeasurer, store: Store, registry: Registry) -> LeaderboardService:
    """The leaderboards; a verdict needs the primary embedder and the one that measures every game to agree."""
    known = {
        name: Judge(name, embedder.version, registry.label(name), registry.kin_of(name))
        for name, embedder in measure.embedders.items()
    }
    judges = tuple(known[name] for name in dict.fromkeys([measure.primary, measure.always]))
    others = tuple(judge for judge in known.values() if judge not in judges)
    return LeaderboardService(store, judges, others, BallotSource(store), PeopleSource(BallotSource(store)))


@dataclass(frozen=True, slots=True)
class _Runners:
    """What starts stored work of each kind."""

    games: GameRunner
    battles: BattleRunner
    parties: PartyRunner
    rescores: RescoreRunner
    deletions: DeletionRunner
    workers: Workers = field(default_factory=OneProcess)


_LEFT: Final = LeftToSweeps()
_NOBODY: Final = _Runners(_LEFT, _LEFT, _LEFT, _LEFT, _LEFT)


@dataclass(frozen=True, slots=True)
class _Shared:
    """The collaborators that every process has, with an engine or without."""

    settings: Settings
    players: Players
    guard: Guard
    store: Store
    pictures: Pictures
    measure: GameMeasurer
    calibrations: Calibrations
    artifacts: GameArtifacts
    admission: GameAdmission
    rescorer: Rescorer
    orders: DeletionOrders
    writing: str | None

    @classmethod
    async def open(cls, settings: Settings, parts: Parts, tempo: Tempo, *, humans: bool) -> "_Shared":
        """Opens the store. Raises Misconfigured."""
        guard = parts.guard
        registry = Registry.load(parts.providers, settings.models)
        pauses = {"lost_pauses": tempo.lost, "again_pauses": tempo.again}
        players = Players(registry, parts.providers, tempo.call, barred=guard.why_not, **pauses)
        ready = parts.embed(players)
        shown, writing = primary(settings, players, ready, parts.always), chat(settings, players)
        pictures = Pictures.at(settings.pictures_url)
        store = await Store.open(settings.store_url)
        prices = {name: registry.table(name).price_usd for name in ready}
        cached = {name: CachedEmbedder(store, pictures, embedder, prices[name]) for name, embedder in ready.items()}
        measure = GameMeasurer(cached, shown, parts.always)
        calibrations = Calibrations(store, measure, settings.caps)
        return cls(
            settings,
            players,
            guard,
            store,
            pictures,
            measure,
            calibrations,
            artifacts=GameArtifacts(pictures, registry, measure, calibrations),
            admission=GameAdmission(store, players, guard, settings.caps, measure.most_usd, humans=humans),
            rescorer=Rescorer(store, measure, calibrations, registry, settings.caps, tempo.held, tempo.rescore),
            orders=DeletionOrders.at(settings.deletions_url, settings.signing_key),
            writing=writing,
        )

    @property
    def retention(self) -> Retention:
        """What is deleted when it has been kept for long enough."""
        keep = Keep(self.settings.keep_pictures, self.settings.keep_servers, self.settings.keep_backups)
        return Retention(self.store, self.pictures, self.measure, self.orders, keep)

    @property
    def audit(self) -> Audit:
        """The search for what does not agree."""
        return Audit(self.store, self.pictures, self.orders, self.settings.engine_url)

    def app(self, runners: _Runners) -> App:
        """The application that cogs, pages and the command line call."""
        store, players, registry, caps = self.store, self.players, self.players.registry, self.settings.caps
        turns, votes = TurnService(store, self.pictures, self.guard, runners.games), BallotSource(store)
        matchmaking, boards = Matchmaking(store, players, votes), boards_of(self.measure, store, registry)
        battle_admission = BattleAdmission(self.admission, matchmaking)
        battles = BattleService(store, battle_admission, self.pictures, runners.battles)
        parties = PartyService(store, self.admission, turns, runners.parties)
        return App(
            games=GameService(store, self.admission, self.artifacts, runners.games),
            turns=turns,
            guesses=GuessService(store, registry),
            battles=battles,
            parties=parties,
            prompts=PromptService(store, self.guard, PromptGenerator(players, store, caps, self.writing)),
            models=ModelCatalog(players, self.admission.humans),
            boards=boards,
            pairs=PairReports(store, self.measure, self.calibrations, registry),
            insights=InsightService(boards),
            rescores=RescoreService(self.rescorer, runners.rescores),
            moderation=Moderation(store, self.pictures, runners.games),
            vote_review=VoteReview(store),
            exports=Exporter(votes, self.settings.signing_key, boards.judges),
            servers=ServerService(store, caps, battles, parties, runners.games),
            interactions=Interactions(store, runners.workers),
            operations=Operations(store, caps),
            privacy=PrivacyService(store, self.pictures, runners.deletions, self.orders),
        )


def parts_of(settings: Settings) -> Parts:
    """The parts that the settings ask for. Raises Misconfigured."""
    limits = SharedLimits()
    return Parts(providers(settings, limits), guard_of(settings), limits=limits)


async def open_without_engine(settings: Settings) -> Runtime:
    """Opens the store in a process without an engine: work that it stores is started by a process that has one.

    Raises Misconfigured.
    """
    shared = await _Shared.open(settings, parts_of(settings), TEMPO, humans=False)
    common = (shared.store, shared.players, shared.guard, shared.measure, shared.calibrations)
    keeping = (shared.retention, shared.audit)
    return Runtime(shared.app(_NOBODY), *common, *keeping)


@dataclass(slots=True)
class ClientRuntime(Runtime):
    """A runtime that enqueues for the workers, and plays nothing itself."""

    engine: EngineClient

    async def close(self) -> None:
        """Lets others see that this process has ended, then closes the rest."""
        await self.engine.close()
        await Runtime.close(self)


async def open_for_workers(
    settings: Settings, *, shards: Shards | None = None, parts: Parts | None = None, tempo: Tempo = TEMPO
) -> ClientRuntime:
    """Opens the store in a process that enqueues for workers on the same Postgres, and answers `shards`, if any.

    Raises Misconfigured, Unreachable where no worker has opened the database yet, and Occupied where another process
    answers these shards.
    """
    memory.share_heaps()
    parts = parts or parts_of(settings)
    shared = await _Shared.open(settings, parts, tempo, humans=True)
    store, engine = shared.store, EngineClient(settings.engine_url, tempo.lease, shards)
    parts.limits.calls = store.provider_calls(engine.worker)
    try:
        await engine.launch(())
    except BaseException:
        await store.close()
        raise
    games, battles = EnqueuedGames(store, engine, shared.players), EnqueuedBattles(store, engine)
    others = (EnqueuedParties(engine), EnqueuedRescores(engine), EnqueuedDeletions(engine))
    app = shared.app(_Runners(games, battles, *others, engine))
    common = (store, shared.players, shared.guard, shared.measure, shared.calibrations)
    return ClientRuntime(app, *common, shared.retention, shared.audit, engine)


async def open_with_engine(
    settings: Settings,
    surfaces: Surfaces,
    *,
    shards: Shards | None = None,
    parts: Parts | None = None,
    tempo: Tempo = TEMPO,
) -> EngineRuntime:
    """Opens the store and launches the engine on the running loop: games, battles, parties, rescores and deletions.

    What was interrupted goes on at once. `shards` are those that this process answers on a shared database, if any.
    Raises Misconfigured, and Occupied where another process answers them.
    """
    memory.share_heaps()
    parts = parts or parts_of(settings)
    shared = await _Shared.open(settings, parts, tempo, humans=True)
    store, players, pictures = shared.store, shared.players, shared.pictures
    engine = Engine(settings.engine_url, tempo.lease, shards)
    if settings.on_postgres:
        parts.limits.calls = store.provider_calls(engine.worker)
    game_publisher = _game_publisher(shared, surfaces.games, surfaces.human_turns, tempo.cards)
    battle_publisher = BattlePublisher(store, pictures, players, surfaces.battles)
    games, measuring = _game_workflows(shared, engine, game_publisher, battle_publisher, tempo)
    battles = BattleWorkflow(BattleDependencies(store, games, battle_publisher, measuring, engine))
    parties = PartyWorkflow(
        PartyDependencies(
            store,
            games,
            game_publisher,
            PartyPublisher(store, game_publisher, shared.artifacts, players.registry, surfaces.parties),
            measuring,
            shared.admission,
            engine,
            tempo.reveal,
        )
    )
    rescores = RescoreWorkflow(RescoreDependencies(store, shared.rescorer, surfaces.jobs, engine, tempo.stretch))
    deletions = DeletionWorkflow(
        DeletionDependencies(
            store,
            pictures,
            shared.measure,
            games,
            battles,
            parties,
            surfaces.cleanup,
            engine,
            shared.orders,
            tempo.settle,
            tempo.pauses,
        )
    )
    app = shared.app(_Runners(games, battles, parties, rescores, deletions, engine))
    durable = (battles, rescores, deletions, parties)
    seats = SeatWorkflow(SeatDependencies(games))
    running = await _launch(shared, app, engine, games, others=(measuring, seats), durable=durable, tempo=tempo)
    running.sweep.retention = shared.retention
    return running


async def open_terminal(settings: Settings, presenter: GamePresenter, *, parts: Parts | None = None) -> EngineRuntime:
    """The same for games alone, shown where no members are: in a terminal. Raises Misconfigured."""
    shared = await _Shared.open(settings, parts or parts_of(settings), TEMPO, humans=False)
    engine = Engine(settings.engine_url)
    publisher = _game_publisher(shared, presenter, NoTurnPresenter(), EVERY_STEP)
    games, measuring = _game_workflows(shared, engine, publisher, NoSidePublisher(), TEMPO)
    app = shared.app(replace(_NOBODY, games=games))
    return await _launch(shared, app, engine, games, others=(measuring,), tempo=TEMPO)


def _game_publisher(
    shared: _Shared, presenter: GamePresenter, turn_presenter: TurnPresenter, pace: CardPace
) -> GamePublisher:
    common = (shared.store, shared.pictures, shared.players, shared.calibrations)
    return GamePublisher(*common, presenter, turn_presenter, ShownCards(pace))


def _game_workflows(
    shared: _Shared, engine: Engine, publisher: GamePublisher, sides: SidePublisher, tempo: Tempo
) -> tuple[GameWorkflow, MeasureWorkflow]:
    store = shared.store
    views = GameViews(store)
    steps = StepPlayer(store, shared.pictures, shared.players, shared.guard, views)
    runner = StepRunner(store, steps, views, publisher, CardQueue(publisher.edit_card_of, publisher.cards))
    measuring = MeasureWorkflow(store, shared.measure, shared.calibrations, publisher, engine, patience=tempo.patience)
    human_turns = HumanTurns(store, shared.players, publisher)
    dependencies = GameDependencies(store, publisher, measuring, engine, sides, human_turns, tempo.reveal, runner)
    return GameWorkflow(dependencies), measuring


async def _launch(
    shared: _Shared,
    app: App,
    engine: Engine,
    games: GameWorkflow,
    *,
    others: Sequence[MeasureWorkflow | SeatWorkflow],
    durable: Sequence[BattleWorkflow | RescoreWorkflow | DeletionWorkflow | PartyWorkflow] = (),
    tempo: Tempo,
) -> EngineRuntime:
    try:
        await engine.launch([games, *others, *durable])
    except BaseException:
        await shared.store.close()
        raise
    swept = [GameRecovery(shared.store, games, engine), *durable]
    keep_journals = timedelta(days=shared.settings.keep_journals)
    sweep = Sweep(swept, engine, shared.players, tempo.sweep, keep_journals=keep_journals)
    # Begun in a context of its own: it outlives whoever opens the app.
    sweeping = Context().run(asyncio.create_task, sweep.run())
    common = (shared.store, shared.players, shared.guard, shared.measure, shared.calibrations)
    keeping = (shared.retention, shared.audit)
    return EngineRuntime(app, *common, *keeping, engine, sweep, sweeping, games.cards)

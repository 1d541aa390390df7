"""The application as `telephone.bootstrap` wires it, with fakes at its edges."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from math import inf
from pathlib import Path

from telephone.app import App
from telephone.battles.workflow import BattleWorkflow
from telephone.bootstrap import Parts, Sweep, Tempo, open_with_engine
from telephone.domain.budgets import Caps
from telephone.games.card_pace import EVERY_STEP
from telephone.games.measure_workflow import PATIENCE, Patience
from telephone.games.recovery import GameRecovery
from telephone.games.workflow import GameWorkflow
from telephone.measurement.distances import GameMeasurer
from telephone.media.images import Pictures
from telephone.models.base import Embedder
from telephone.models.players import Players
from telephone.models.registry import Registry
from telephone.ports.battles import BattlePresenter
from telephone.ports.surfaces import Surfaces
from telephone.prompts.generator import PromptGenerator
from telephone.prompts.service import PromptService
from telephone.safety import Guard
from telephone.settings import Settings
from telephone.store import Store
from tests.support.checker import FakeChecker
from tests.support.embedders import ColourEmbedder, LetterEmbedder
from tests.support.provider import MODELS, FakeProvider
from tests.support.surfaces import (
    RecordedBattles,
    RecordedCleanup,
    RecordedGames,
    RecordedJobs,
    RecordedParties,
    RecordedSurfaces,
)

EMBEDDERS = """
[letters]
kind = "embedder"
provider = "studio"
ref = "letters"
price_usd = {letters_usd}
licence = "test"

[prism]
kind = "embedder"
provider = "studio"
ref = "prism"
price_usd = {prism_usd}
licence = "test"
"""


@dataclass
class RunningApp:
    """A running application, and the fakes that it was given."""

    app: App
    store: Store
    provider: FakeProvider
    checker: FakeChecker
    letters: LetterEmbedder
    measure: GameMeasurer
    surfaces: Surfaces
    recovery: GameRecovery
    sweep: Sweep

    @property
    def game_presenter(self) -> RecordedGames:
        return self.surfaces.games

    @property
    def battle_presenter(self) -> RecordedBattles:
        return self.surfaces.battles

    @property
    def party_presenter(self) -> RecordedParties:
        return self.surfaces.parties

    @property
    def cleanup(self) -> RecordedCleanup:
        return self.surfaces.cleanup

    @property
    def play(self) -> GameWorkflow:
        return self.app.games.runner

    @property
    def battling(self) -> BattleWorkflow:
        return self.app.battles.runner

    @property
    def pictures(self) -> Pictures:
        return self.app.games.artifacts.pictures


@asynccontextmanager
async def running_app(
    folder: Path,
    *,
    surfaces: Surfaces | None = None,
    provider: FakeProvider | None = None,
    game_presenter: RecordedGames | None = None,
    battle_presenter: BattlePresenter | None = None,
    job_presenter: RecordedJobs | None = None,
    cleanup: RecordedCleanup | None = None,
    party_presenter: RecordedParties | None = None,
    deadline: float = 5.0,
    text_usd: float = 0.0,
    colours: ColourEmbedder | None = None,
    patience: Patience = PATIENCE,
) -> AsyncIterator[RunningApp]:
    """The application with its data in `folder`, which outlives it, so that it can be opened again.

    Letters measure every game. With `colours`, that is the primary embedder, named "prism", and `text_usd` is what one
    of its calls costs in USD.
    `deadline` is how long players, checks and embedders may take, in seconds.
    """
    own = folder / "models.toml"
    prices = {"letters_usd": 0.0 if colours else text_usd, "prism_usd": text_usd}
    own.write_text(MODELS + EMBEDDERS.format_map(prices), encoding="utf-8")
    provider, checker, letters = provider or FakeProvider(), FakeChecker(), LetterEmbedder()
    if surfaces is None:
        recorded = game_presenter or RecordedGames()
        surfaces = RecordedSurfaces(
            games=recorded,
            battles=battle_presenter or RecordedBattles(),
            parties=party_presenter or RecordedParties(),
            human_turns=recorded,
            jobs=job_presenter or RecordedJobs(),
            cleanup=cleanup or RecordedCleanup(),
        )

    def embed(players: Players) -> Mapping[str, Embedder]:
        return {"letters": letters} | ({"prism": colours} if colours else {})

    parts = Parts({"studio": provider, "offline": provider}, Guard(checker, checker, deadline), embed, "letters")
    tempo = Tempo(
        call=deadline,
        lost=(0.0, 0.0),
        again=(0.0, 0.0, 0.0),
        cards=EVERY_STEP,
        reveal=0.01,
        patience=patience,
        stretch=1.0,
        held=1.0,
        rescore=deadline,
        settle=20.0,
        pauses=(0.1, 0.1),
        sweep=inf,
    )
    primary = "prism" if colours else "letters"
    settings = Settings(_env_file=None, data_dir=folder, models=own, embedder=primary, secret="key")
    runtime = await open_with_engine(settings, surfaces, parts=parts, tempo=tempo)
    try:
        await runtime.sweep.once()
        recovery = runtime.sweep.durable[0]
        common = (provider, checker, letters, runtime.measure, surfaces, recovery, runtime.sweep)
        yield RunningApp(runtime.app, runtime.store, *common)
    finally:
        await runtime.close()


def prompts_of(folder: Path, store: Store, provider: FakeProvider, checker: FakeChecker) -> PromptService:
    """The prompt service over a store: a fake chat model writes more prompts, a fake checker checks them."""
    own = folder / "models.toml"
    own.write_text(MODELS, encoding="utf-8")
    guard = Guard(checker, checker, 1.0)
    players = Players(Registry.load(["studio"], own), {"studio": provider}, 1.0, guard.why_not, lost_pauses=(0.0, 0.0))
    return PromptService(store, guard, PromptGenerator(players, store, Caps()))

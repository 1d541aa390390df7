"""Games of players that only sleep, played by engine and store alone, and what they ask of the database.

Nothing here is measured with a safety check, with Discord or with models: what is left is what the house itself costs.
"""

import asyncio
import hashlib
import io
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from load_calls import Calls
from load_counts import Counts, counting, working_for
from PIL import Image as pil

from telephone.app import App
from telephone.bootstrap import Parts, open_terminal
from telephone.domain.calls import Answer, Ask, Ticket
from telephone.domain.games import NO_GUILD, Game, GameState, Image, Step
from telephone.games.admission import StartRequest
from telephone.ports.games import Progress, Summary
from telephone.ports.posting import Posting
from telephone.providers.base import ModelTable
from telephone.safety import guard_of
from telephone.settings import Settings

PROVIDERS: Final = ("bed", "offline", "openai", "replicate", "cog")
"""Ours, and those that the shipped tables name."""
_PARALLEL: Final = 10
"""The most games that a server may have played at once."""
PROMPT: Final = "a fox mends a clock"
_MODEL: Final = """
[sleeping-{name}]
kind = "{kind}"
provider = "{provider}"
ref = "{name}"
price_usd = {usd}
licence = "bench"
"""


@dataclass(frozen=True, slots=True)
class Load:
    """So many games of so many turns, `at_once` of them together, whose provider takes `calls_at_once` calls together.

    A call takes `picture_s` or `caption_s` seconds in the median; lognormal with `sigma`, or always as long for 0.
    """

    games: int
    turns: int
    at_once: int
    picture_s: float
    caption_s: float
    sigma: float = 0.0
    usd: float = 0.0
    calls_at_once: int | None = None

    @property
    def places(self) -> int:
        """How many calls are made together at most: each game makes one after the other."""
        return min(self.at_once, self.calls_at_once or self.at_once)

    @property
    def steps(self) -> int:
        return self.games * self.turns * 2

    @property
    def guilds(self) -> list[int]:
        """The servers that its games are played on: one has few games played at once."""
        number = -(-self.at_once // _PARALLEL)
        return [NO_GUILD] if number == 1 else list(range(1, number + 1))

    @property
    def calls(self) -> Calls:
        return Calls(self.picture_s, self.caption_s, self.sigma)

    @property
    def provider(self) -> str:
        """The provider of its players: one that costs money, or this machine."""
        return "bed" if self.usd else "offline"


@dataclass(slots=True)
class Sleeper:
    """A provider whose calls only take time: an artist that paints one colour, a spotter that names it.

    How long a call takes follows from the seed of its step, so that a load takes as long in every run.
    """

    load: Load
    calls: Counter[tuple[str, int, str]] = field(default_factory=Counter)
    """How often each was made: by kind, seed and words."""
    slots: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self.slots = asyncio.Semaphore(self.load.places)

    def why_not(self, model: ModelTable) -> str | None:
        far = model.kind == "embedder" and model.provider != "offline"
        return "it plays and does not embed" if far else None

    async def submit(self, model: ModelTable, ask: Ask, marker: str, since: datetime | None = None) -> Ticket:
        return Ticket(reference=marker)

    async def collect(self, model: ModelTable, ask: Ask, ticket: Ticket) -> Answer:
        self.calls[model.kind, ask.seed, ask.text or ""] += 1
        usd = self.load.usd
        async with self.slots:
            await asyncio.sleep(self.takes(ask.seed, model.kind))
        if model.kind == "t2i":
            return Answer(data=paint(f"{ask.text}/{ask.seed}"), cost_usd=usd)
        seen = ask.image.sha256[:12] if ask.image else ""
        return Answer(text=f"a wall of colour {seen}", cost_usd=usd)

    def takes(self, seed: int, kind: str) -> float:
        """How long a call takes, in seconds."""
        return self.load.calls.takes(seed, kind)

    async def cancel(self, model: ModelTable, ticket: Ticket) -> None:
        """Does nothing: the sleep ends by itself."""

    async def exists(self, model: ModelTable) -> bool | None:
        return True

    async def close(self) -> None:
        """Does nothing: there is nothing to close."""


class CountingPresenter:
    """A presenter that counts the messages posted for each game, and the edits of its card."""

    def __init__(self) -> None:
        self.posts: Counter[str] = Counter()
        self.edits: Counter[str] = Counter()

    def _post(self, game: Game) -> int:
        self.posts[game.id] += 1
        return self.posts.total()

    async def post_card(self, game: Game, progress: Progress, posting: Posting) -> int:
        return self._post(game)

    async def open_thread(self, game: Game, posting: Posting) -> int:
        return self._post(game)

    async def post_opening(self, game: Game, posting: Posting) -> int:
        return self._post(game)

    async def post_step(self, game: Game, step: Step, image: Image | None, posting: Posting) -> int:
        return self._post(game)

    async def post_summary(self, game: Game, summary: Summary, posting: Posting) -> int:
        return self._post(game)

    async def edit_card(self, game: Game, progress: Progress, summary: Summary | None = None) -> None:
        self.edits[game.id] += 1

    async def edit_summary(self, game: Game, summary: Summary) -> None:
        """A summary that is edited is still one message."""

    async def edit_opening(self, game: Game) -> None:
        """An opening that is edited is still one message."""

    async def edit_step(self, game: Game, step: Step, image: Image | None) -> None:
        """A step that is edited is still one message."""

    async def is_open(self, game: Game) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Played:
    """A load as it was played. `took` and `cpu` are seconds, `apart` the CPU of its parts that are no steps.

    `bound` is the least that it could take, `work` what its calls take one after another; `faults` say what was not as
    it must be.
    """

    load: Load
    took: float
    cpu: float
    apart: dict[str, float]
    bound: float
    work: float
    counts: Counts
    card_edits: int
    faults: list[str]


async def play(load: Load, folder: Path, database_url: str | None = None) -> Played:
    """Plays a load, all games asked for before the clock begins, to the end of the last game's last step."""
    sleeper, presenter = Sleeper(load), CountingPresenter()
    with counting() as counts, working_for("start"):
        async with opened(folder, sleeper, presenter, load, database_url) as app:
            await share_places(app, load)
            began, cpu = time.monotonic(), time.process_time()
            with working_for("step"):
                games = [await app.games.start(asked(load, place)) for place in range(load.games)]
            with working_for("watch"):
                await all_ended(app)
                took = time.monotonic() - began
                games = [await app.games.closed(game.id, timeout=60) for game in games]
                cpu, apart = time.process_time() - cpu, dict(counts.cpu)
    faults, calls = _faults(load, games, presenter, sleeper), load.calls
    bound, work = calls.bound(games, load.places), sum(calls.chain(game) for game in games)
    return Played(load, took, cpu, apart, bound, work, counts, presenter.edits.total(), faults)


@asynccontextmanager
async def opened(
    folder: Path,
    sleeper: Sleeper,
    presenter: CountingPresenter,
    load: Load,
    database_url: str | None,
    storage_url: str | None = None,
) -> AsyncIterator[App]:
    """The application as a terminal has it, with players that sleep."""
    own = folder / "models.toml"
    both, more = (("artist", "t2i"), ("spotter", "i2t")), {"usd": load.usd, "provider": load.provider}
    own.write_text("".join(_MODEL.format(name=name, kind=kind, **more) for name, kind in both), encoding="utf-8")
    settings = Settings(
        _env_file=None,
        data_dir=folder,
        database_url=database_url,
        storage_url=storage_url,
        models=own,
        moderation="off",
    )
    parts = Parts(dict.fromkeys(PROVIDERS, sleeper), guard_of(settings))
    runtime = await open_terminal(settings, presenter, parts=parts)
    try:
        yield runtime.app
    finally:
        await runtime.close()


async def share_places(app: App, load: Load) -> None:
    """Has the servers play as many games at once as the load says."""
    guilds = load.guilds
    for place, guild in enumerate(guilds):
        share = load.at_once // len(guilds) + (place < load.at_once % len(guilds))
        await app.servers.change(guild, parallel=share)


def asked(load: Load, place: int) -> StartRequest:
    """The request for one game of a load."""
    guild = load.guilds[place % len(load.guilds)]
    return StartRequest(PROMPT, "sleeping-artist", "sleeping-spotter", load.turns, place, guild_id=guild)


async def all_ended(app: App) -> None:
    """Waits for the last step of all games; looks seldom, since looking costs."""
    while await app.games.store.games.count(None, [state for state in GameState if not state.is_final]):
        await asyncio.sleep(0.25)


def _faults(load: Load, games: list[Game], presenter: CountingPresenter, sleeper: Sleeper) -> list[str]:
    faults = [f"game {g.number} is {g.state}: {g.reason}" for g in games if g.state is not GameState.FINISHED]
    wanted = load.turns * 2 + 4  # card, thread, opening, the steps, summary
    faults += [
        f"game {g.number} has {presenter.posts[g.id]} of {wanted} messages"
        for g in games
        if presenter.posts[g.id] != wanted
    ]
    if len(sleeper.calls) != load.steps or sleeper.calls.total() != load.steps:
        faults.append(f"{sleeper.calls.total()} calls for {len(sleeper.calls)} steps, not {load.steps}")
    return faults


def paint(words: str) -> bytes:
    """A 64 × 64 PNG in a colour made from the words."""
    red, green, blue = hashlib.sha256(words.encode()).digest()[:3]
    buffer = io.BytesIO()
    pil.new("RGB", (64, 64), (red, green, blue)).save(buffer, "PNG")
    return buffer.getvalue()

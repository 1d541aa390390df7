"""A small honest company to test games with: a provider that can be told to misbehave, and a stage that remembers."""

import asyncio
import hashlib
import io
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np
from PIL import Image as pil

from telephone.admission import Admission
from telephone.anew import Anew
from telephone.archive import Archive
from telephone.arena import Arena
from telephone.awaiting import Awaiting
from telephone.battle import Battling, Ring
from telephone.broom import Spot
from telephone.contest import Contest
from telephone.engine import Engine
from telephone.entry import Entry
from telephone.erasing import Crew, Erasing
from telephone.errands import Errands
from telephone.game import Answer, Ask, Caps, Game, GameState, Image, Step, Ticket
from telephone.gauge import Gauge
from telephone.guessing import Guessing
from telephone.hosting import Hall, Hosting
from telephone.integrity import Integrity
from telephone.keepsake import Keepsakes
from telephone.library import Library
from telephone.measure import Measure
from telephone.measuring import PATIENCE, Measuring, Patience
from telephone.media.images import Pictures
from telephone.models.players import Players
from telephone.models.registry import Registry
from telephone.moderation import Moderation
from telephone.pairing import Pairing
from telephone.pairs import Pairs
from telephone.parties import Parties
from telephone.party import Awards, Party
from telephone.play import Company, Play
from telephone.privacy import Privacy
from telephone.providers.base import ModelTable
from telephone.recovery import Recovery
from telephone.rescore import Rescore
from telephone.rescoring import Desk, Rescoring
from telephone.rounds import Rounds
from telephone.safety import Finding, Guard
from telephone.scales import Scales
from telephone.scoring.board import Boards, Judge
from telephone.scoring.urn import Urn
from telephone.seat import Seat, SeatState
from telephone.seating import Seating
from telephone.seats import Seats
from telephone.service import Service
from telephone.showing import Showing
from telephone.stage import Posting, Progress, Summary
from telephone.store import Store
from telephone.taking import Taking
from telephone.unfolding import Unfolding
from telephone.writer import Writer
from tests.support.surfaces import RecordedBattles

MODELS = """
[painter]
kind = "t2i"
provider = "studio"
ref = "painter"
price_usd = 0.02
licence = "test"

[critic]
kind = "i2t"
provider = "studio"
ref = "critic"
licence = "test"

[poet]
kind = "chat"
provider = "studio"
ref = "poet"
price_usd = 0.002
licence = "test"

[absent]
kind = "t2i"
provider = "studio"
ref = "absent"
licence = "test"

[gone]
kind = "t2i"
provider = "studio"
ref = "absent"
licence = "test"
retired_on = 2026-05-12
replacement = "painter"
"""


@dataclass
class FakeProvider:
    """A provider: paints a colour made from the words, says which colour it sees, and writes what it is told to.

    `faults` are raised in turn, those of `down` by the model of that name whenever it is asked; `slow` is how much
    longer than `delay` a model takes.
    """

    faults: list[Exception] = field(default_factory=list)
    down: dict[str, Exception] = field(default_factory=dict)
    slow: dict[str, float] = field(default_factory=dict)
    delay: float = 0.0
    submitted: list[str] = field(default_factory=list)
    collected: Counter[str] = field(default_factory=Counter)
    cancelled: list[Ticket] = field(default_factory=list)
    says: str | None = None
    writes: str = "{}"
    questions: list[str] = field(default_factory=list)

    def why_not(self, model: ModelTable) -> str | None:
        return "no key" if model.ref == "absent" else None

    async def submit(self, model: ModelTable, ask: Ask, marker: str, since: datetime | None = None) -> Ticket:
        self.submitted.append(marker)
        return Ticket(reference=f"job-{len(self.submitted)}")

    async def collect(self, model: ModelTable, ask: Ask, ticket: Ticket) -> Answer:
        await asyncio.sleep(self.delay + self.slow.get(model.name, 0.0))
        if self.faults:
            raise self.faults.pop(0)
        if model.name in self.down:
            raise self.down[model.name]
        self.collected[model.name] += 1
        if model.kind == "t2i":
            return Answer(data=paint(f"{ask.text}/{ask.seed}"), cost_usd=None)
        if model.kind == "chat":
            self.questions.append(str(ask.text))
            return Answer(text=self.writes, cost_usd=0.0006)
        seen = pil.open(io.BytesIO(ask.image.data)).getpixel((0, 0)) if ask.image else None
        return Answer(text=self.says if self.says is not None else f"Caption: a wall of colour {seen}", cost_usd=0.01)

    async def cancel(self, model: ModelTable, ticket: Ticket) -> None:
        self.cancelled.append(ticket)

    async def exists(self, model: ModelTable) -> bool | None:
        return model.ref != "absent"

    async def close(self) -> None:
        pass


@dataclass
class FakeChecker:
    """A checker: flags texts that hold one of `words`, with its category, and the next pictures by `sees` in turn.

    `faults` are raised in turn; `broken` says why it does not work at all.
    """

    words: dict[str, str] = field(default_factory=dict)
    sees: list[str] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)
    broken: str | None = None
    texts: list[str] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)

    def why_not(self) -> str | None:
        return self.broken

    async def check_text(self, text: str) -> Finding:
        self._fail()
        self.texts.append(text)
        return Finding(frozenset(category for word, category in self.words.items() if word in text))

    async def check_picture(self, image: Image) -> Finding:
        self._fail()
        self.pictures.append(image.sha256)
        seen = self.sees.pop(0) if self.sees else ""
        return Finding(frozenset({seen} if seen else ()))

    async def close(self) -> None:
        pass

    def _fail(self) -> None:
        if self.faults:
            raise self.faults.pop(0)


@dataclass
class RecordedGames:
    """A stage and a lobby that remember what was posted, and find a post again by its nonce, as Discord's must.

    `faults` are raised by the next posts, in turn.
    """

    posts: list[tuple[str, str]] = field(default_factory=list)
    cards: list[tuple[str, str, int]] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)
    ids: int = 1_000
    closed: bool = False
    shows: dict[str, str] = field(default_factory=dict)
    summaries: list[Summary] = field(default_factory=list)
    posted: list[Summary] = field(default_factory=list)
    invitations: list[tuple[str, SeatState]] = field(default_factory=list)
    invited_in: list[GameState] = field(default_factory=list)
    nonces: dict[str, int] = field(default_factory=dict)
    reminded: list[tuple[int, bool]] = field(default_factory=list)

    async def _post(self, game: Game, what: str, posting: Posting) -> int:
        if self.faults:
            raise self.faults.pop(0)
        if posting.again and posting.nonce in self.nonces:
            return self.nonces[posting.nonce]
        self.posts.append((game.id, what))
        self.ids += 1
        self.nonces[posting.nonce] = self.ids
        return self.ids

    async def post_card(self, game: Game, progress: Progress, posting: Posting) -> int:
        return await self._post(game, "card", posting)

    async def open_thread(self, game: Game, posting: Posting) -> int:
        return await self._post(game, "thread", posting)

    async def post_opening(self, game: Game, posting: Posting) -> int:
        return await self._post(game, "opening", posting)

    async def post_step(self, game: Game, step: Step, image: Image | None, posting: Posting) -> int:
        assert (image is None) == (step.text is not None)
        return await self._post(game, str(step.key), posting)

    async def post_summary(self, game: Game, summary: Summary, posting: Posting) -> int:
        message_id = await self._post(game, "summary", posting)
        self.posted.append(summary)
        return message_id

    async def invite(self, game: Game, seat: Seat, posting: Posting) -> int:
        self.invitations.append((str(seat.key), seat.state))
        return await self._post(game, f"invite-{seat.key}", posting)

    async def edit_invitation(self, game: Game, seat: Seat, message_id: int) -> None:
        self.invitations.append((str(seat.key), seat.state))
        self.invited_in.append(game.state)

    async def remind(self, game: Game, seat: Seat, *, by_message: bool) -> None:
        assert seat.claim is not None
        self.reminded.append((seat.claim.member_id, by_message))

    async def edit_opening(self, game: Game) -> None:
        self.shows["opening"] = game.request.prompt.text

    async def edit_step(self, game: Game, step: Step, image: Image | None) -> None:
        assert step.message_id is not None
        assert not (step.hidden and image)
        self.shows[str(step.key)] = "hidden" if step.hidden else step.text or "a picture"

    async def edit_summary(self, game: Game, summary: Summary) -> None:
        self.summaries.append(summary)

    async def edit_card(self, game: Game, progress: Progress, summary: Summary | None = None) -> None:
        self.cards.append((game.id, game.state.value, progress.place))

    async def is_open(self, game: Game) -> bool:
        return not self.closed

    def of(self, game: Game) -> list[str]:
        return [what for game_id, what in self.posts if game_id == game.id]


@dataclass
class RecordedJobs:
    """A noticeboard that remembers what was shown: state, and how many games were done."""

    shown: list[tuple[str, int]] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)
    ids: int = 5_000

    async def post(self, job: Rescore, label: str, posting: Posting) -> int:
        if self.faults:
            raise self.faults.pop(0)
        self.shown.append((job.state.value, job.measured))
        self.ids += 1
        return self.ids

    async def edit(self, job: Rescore, label: str) -> None:
        if self.faults:
            raise self.faults.pop(0)
        self.shown.append((job.state.value, job.measured))


@dataclass
class RecordedCleanup:
    """A broom that remembers where it was. `faults` are raised by the next sweeps in turn; `held` holds them up."""

    swept: list[Spot] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)
    barred: bool = False
    held: asyncio.Event | None = None

    async def sweep(self, spot: Spot) -> bool:
        if self.held is not None:
            await self.held.wait()
        if self.faults:
            raise self.faults.pop(0)
        self.swept.append(spot)
        return not self.barred


@dataclass
class RecordedParties:
    """A parlour that remembers what was shown. `faults` are raised by the next posts in turn."""

    posts: list[str] = field(default_factory=list)
    calls: list[tuple[str, int]] = field(default_factory=list)
    cards: list[str] = field(default_factory=list)
    awarded: list[Awards] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)
    ids: int = 9_000

    async def _post(self, what: str) -> int:
        if self.faults:
            raise self.faults.pop(0)
        self.posts.append(what)
        self.ids += 1
        return self.ids

    async def post_card(self, party: Party, posting: Posting) -> int:
        return await self._post("card")

    async def open_thread(self, party: Party, posting: Posting) -> int:
        return await self._post("thread")

    async def post_call(self, party: Party, what: str, posting: Posting) -> int:
        return await self._post(what)

    async def edit_call(self, party: Party, what: str) -> None:
        self.calls.append((what, party.brought if what == "prompts" else party.done))

    async def post_heading(self, party: Party, album: int, posting: Posting) -> int:
        return await self._post(f"album-{album}")

    async def post_replay(self, party: Party, game: Game, data: bytes, alt: str, posting: Posting) -> int:
        assert data.startswith(b"GIF89a")
        return await self._post(f"replay of {game.number}")

    async def post_awards(self, party: Party, awards: Awards, posting: Posting) -> int:
        self.awarded.append(awards)
        return await self._post("awards")

    async def edit_awards(self, party: Party, awards: Awards) -> None:
        self.awarded.append(awards)

    async def edit_card(self, party: Party) -> None:
        self.cards.append(party.state.value)


@dataclass
class RunningApp:
    service: Service
    store: Store
    studio: FakeProvider
    stage: RecordedGames
    play: Play
    watcher: FakeChecker
    letters: "Letters"
    arena: Arena
    battling: Battling
    measure: Measure
    broom: RecordedCleanup
    salon: RecordedParties
    pictures: Pictures
    recovery: Recovery


@asynccontextmanager
async def running_app(
    folder: Path,
    *,
    deadline: float = 5.0,
    stage: RecordedGames | None = None,
    text_usd: float = 0.0,
    arena: Arena | None = None,
    prism: "Prism | None" = None,
    patience: Patience = PATIENCE,
    notices: "Notices | None" = None,
    broom: RecordedCleanup | None = None,
    salon: RecordedParties | None = None,
) -> AsyncIterator[RunningApp]:
    """An engine with its store in `folder`; what it holds outlives it, so that it can be opened again.

    LetterEmbedder measure every game. With `prism`, that is the primary, and `text_usd` is what one of its calls costs.
    """
    own = folder / "models.toml"
    own.write_text(MODELS, encoding="utf-8")
    studio, stage = FakeProvider(), stage or RecordedGames()
    registry = Registry.load(["studio", "offline"], own)
    watcher = FakeChecker()
    guard = Guard(watcher, watcher, deadline)
    players = Players(registry, {"studio": studio, "offline": studio}, deadline, guard.why_not)
    pictures = Pictures.at(f"file://{folder / 'pictures'}")
    async with await Store.open(f"sqlite:///{folder / 'telephone.sqlite'}") as store:
        engine = Engine(f"sqlite:///{folder / 'engine.sqlite'}")
        letters = LetterEmbedder()
        gauges = [Gauge(store, pictures, letters, 0.0 if prism else text_usd)]
        gauges += [Gauge(store, pictures, prism, text_usd)] if prism else []
        measure = Measure({gauge.name: gauge for gauge in gauges}, gauges[-1].name, "letters")
        scales = Scales(store, measure)
        taking, showing = (
            Taking(store, pictures, players, guard),
            Showing(store, pictures, players, scales, Awaiting(measure, engine), stage, getattr(stage, "lobby", stage)),
        )
        rounds = Rounds(store, pictures, players, arena or RecordedBattles())
        measuring = Measuring(store, measure, scales, showing, engine, patience=patience)
        play = Play(Company(store, taking, showing, measuring, engine, rounds, Seating(store, players, showing), 0.01))
        battling = Battling(Ring(store, play, rounds, measuring, engine, look_every=0.05))
        anew = Anew(store, measure, scales, registry, held_s=1.0, patience_s=deadline)
        rescoring = Rescoring(Desk(store, anew, notices or RecordedJobs(), engine, stretch_s=1.0))
        broom = broom or RecordedCleanup()
        salon = salon or RecordedParties()
        admission, keepsakes = (
            Admission(store, players, guard, measuring_usd=measure.most_usd, humans=True),
            Keepsakes(pictures, registry, measure, scales),
        )
        parlour = getattr(stage, "parlour", salon)
        unfolding = Unfolding(store, showing, keepsakes, registry, parlour)
        hosting = Hosting(Hall(store, play, showing, unfolding, measuring, admission, engine, 0.05, 0.01))
        crew = Crew(store, pictures, measure, play, battling, hosting, broom, engine, settle_s=20.0, pauses=(0.1, 0.1))
        erasing = Erasing(crew)
        await engine.launch([play, measuring, battling, rescoring, erasing, hosting])
        try:
            recovery = Recovery(store, play, engine)
            await recovery.recover()
            await battling.recover()
            await rescoring.recover()
            await erasing.recover()
            await hosting.recover()
            seats = Seats(store, pictures, guard, play)
            service = Service(
                *(store, players, admission, keepsakes),
                moderation=Moderation(store, pictures, play),
                prompts=Library(store, guard, Writer(players, store, Caps())),
                boards=Boards(store, (Judge("letters", "1", "letters"),)),
                pairs=Pairs(store, measure, scales, registry),
                battles=Contest(store, Entry(admission, Pairing(store, players, Urn(store))), pictures, battling),
                integrity=Integrity(store),
                archive=Archive(Urn(store), lambda: b"key"),
                seats=seats,
                parties=Parties(store, admission, seats, hosting),
                errands=Errands(anew, rescoring),
                privacy=Privacy(store, pictures, erasing),
                guessing=Guessing(store, registry),
                play=play,
            )
            shown = (studio, stage, play, watcher, letters, rounds.arena)
            yield RunningApp(service, store, *shown, battling, measure, broom, salon, pictures, recovery)
        finally:
            await engine.close()


def library(folder: Path, store: Store, studio: FakeProvider, watcher: FakeChecker) -> Library:
    """The prompts of a store, with the studio's poet to write more and a watcher over them."""
    own = folder / "models.toml"
    own.write_text(MODELS, encoding="utf-8")
    guard = Guard(watcher, watcher, 1.0)
    players = Players(Registry.load(["studio"], own), {"studio": studio}, 1.0, guard.why_not)
    return Library(store, guard, Writer(players, store, Caps()))


class LetterEmbedder:
    """An embedder that counts letters, reads 200 words at once, and remembers what it was asked."""

    name = "letters"
    version = "1"
    dimensions = 26
    window = 200

    def __init__(self) -> None:
        self.embedded: list[str] = []

    def tokens(self, text):
        return len(text.split())

    async def embed_texts(self, texts):
        self.embedded.extend(texts)
        rows = np.array([[text.lower().count(chr(97 + i)) + 0.01 for i in range(26)] for text in texts], np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@dataclass
class ColourEmbedder:
    """An embedder that sees pictures: by the colour of a picture's corner, and by what a text is made of.

    It reads 75 words at once. `faults` are raised by the next calls in turn; `delay` is how long a call takes.
    """

    name: str = "prism"
    version: str = "1"
    faults: list[Exception] = field(default_factory=list)
    delay: float = 0.0
    read: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    dimensions = 3
    window = 75

    def tokens(self, text):
        return len(text.split())

    async def embed_texts(self, texts):
        await self._work()
        assert all(self.tokens(text) <= self.window for text in texts)
        self.read.extend(texts)
        return self._rows([list(hashlib.sha256(text.encode()).digest()[:3]) for text in texts])

    async def embed_pictures(self, images):
        await self._work()
        self.seen.extend(image.sha256 for image in images)
        return self._rows([pil.open(io.BytesIO(image.data)).convert("RGB").getpixel((0, 0)) for image in images])

    async def _work(self) -> None:
        await asyncio.sleep(self.delay)
        if self.faults:
            raise self.faults.pop(0)

    def _rows(self, colours):
        rows = np.array(colours, np.float32) + 1
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def paint(words: str) -> bytes:
    """A 64 × 64 PNG in a colour made from the words."""
    red, green, blue = hashlib.sha256(words.encode()).digest()[:3]
    buffer = io.BytesIO()
    pil.new("RGB", (64, 64), (red, green, blue)).save(buffer, "PNG")
    return buffer.getvalue()

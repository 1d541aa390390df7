"""The vocabulary of a game. Every value here is frozen; a change is a new value.

A *turn* is the article's back-and-forth: a picture and its caption. A *step* is one of them.
"""

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final, Literal

from telephone.domain.visible import says_something, without_hidden
from telephone.errors import BadInput

PROMPT_MIN: Final = 3
"""Shortest prompt, in characters."""
PROMPT_MAX: Final = 4_000
"""Longest prompt anywhere, in characters; Discord's commands allow 1,000."""
DEFAULT_TURNS: Final = 10
HUMAN: Final = "human"
"""The name of the player that is no model: whichever member takes the turn."""
HUMAN_TURNS: Final = 4
"""How many turns a game has by default where every picture or every caption is a member's."""
TURNS_MAX: Final = 30
NO_GUILD: Final = 0
"""The server id of games played in the terminal."""
HIDDEN: Final = "(hidden after a report)"
"""Shown in place of a reported caption, until a moderator shows it again."""
ERASED: Final = "(deleted by who made it)"
"""Shown in place of a caption that its member had deleted."""

Design = Literal["battle", "tournament", "party"]
"""What a game was planned for, if a plan fixed it before it was played."""


class Level(StrEnum):
    """How hard a curated prompt is to keep, as in the article."""

    EASY = "easy"
    MEDIUM = "medium"
    HARD = "hard"
    IMPOSSIBLE = "impossible"


class Kind(StrEnum):
    """The two kinds of step."""

    PICTURE = "p"
    CAPTION = "c"


class GameState(StrEnum):
    """The state of a game. The last three are final; a waiting game, which waits for a member, takes no place."""

    QUEUED = "queued"
    PLAYING = "playing"
    WAITING = "waiting"
    PAUSED = "paused"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"

    @property
    def is_final(self) -> bool:
        return self in (GameState.FINISHED, GameState.STOPPED, GameState.FAILED)


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a game starts from. `level` and `slug` are None for a free prompt."""

    text: str
    level: Level | None = None
    slug: str | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """The two models of a game, by the names a member types."""

    t2i: str
    i2t: str

    def player(self, kind: Kind) -> str:
        """The player of the steps of a kind."""
        return self.t2i if kind is Kind.PICTURE else self.i2t

    def __str__(self) -> str:
        return f"{self.t2i} × {self.i2t}"


@dataclass(frozen=True, slots=True, order=True)
class StepKey:
    """Which step of a game: `StepKey(3, Kind.PICTURE)` is written `3p`. Turns count from 1."""

    turn: int
    kind: Kind

    @property
    def index(self) -> int:
        """Position in the line, from 0: 1p is 0, 1c is 1, 2p is 2."""
        return 2 * (self.turn - 1) + (self.kind is Kind.CAPTION)

    @classmethod
    def at(cls, index: int) -> "StepKey":
        """The step at a position counted from 0."""
        return cls(index // 2 + 1, Kind.CAPTION if index % 2 else Kind.PICTURE)

    @classmethod
    def parse(cls, text: str) -> "StepKey":
        """Reads `3p` or `3c`. Raises BadInput."""
        match = re.fullmatch(r"([1-9][0-9]?)([pc])", text.strip().lower())
        if match is None:
            raise BadInput("A step is written like 3p (the picture of turn 3) or 3c (its caption).")
        return cls(int(match[1]), Kind(match[2]))

    def __str__(self) -> str:
        return f"{self.turn}{self.kind.value}"


@dataclass(frozen=True)
class Image:
    """A picture as the bytes of one image file. `width` and `height` are in pixels, 0 before it is verified."""

    data: bytes
    media_type: str = "image/png"
    width: int = 0
    height: int = 0

    @cached_property
    def sha256(self) -> str:
        """Hexadecimal digest of the bytes: the picture's address in storage."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True, slots=True)
class Caption:
    """What a model or a member said of a picture: cleaned `text`, and `raw` as it came."""

    text: str
    raw: str


@dataclass(frozen=True, slots=True)
class GameRequest:
    """A game as it was asked for. Ids are Discord snowflakes, 0 in the terminal.

    `nsfw` says that, when it was asked for, its channel was age-restricted and its server allowed it there.
    `design` is None for a game that a member started. Nothing of a `sealed` game is shown until all of it is played,
    and each of its members' steps is another member's; `human_step` is the one step that a member takes in a game of
    two models.
    """

    prompt: Prompt
    pair: Pair
    turns: int = DEFAULT_TURNS
    seed: int = 0
    guild_id: int = NO_GUILD
    channel_id: int = 0
    starter_id: int = 0
    nsfw: bool = False
    design: Design | None = None
    sealed: bool = False
    human_step: StepKey | None = None

    def player(self, key: StepKey) -> str:
        """The player who is to take a step: a model by its name, or HUMAN."""
        return HUMAN if key == self.human_step else self.pair.player(key.kind)

    @property
    def human_steps(self) -> tuple[StepKey, ...]:
        """The steps that members are to take, in order."""
        keys = map(StepKey.at, range(2 * self.turns))
        return tuple(key for key in keys if self.player(key) == HUMAN)


@dataclass(frozen=True, slots=True)
class Step:
    """One step as it was played and stored.

    A picture has `image` (sha256) and no `text`; a caption has `text` and `raw` and no `image`. A `hidden` step was
    reported, and no moderator has shown it again; or it is `erased`: its member had it deleted, and a caption is shown
    as ERASED. `latency_ms` covers submit and collect. `cost_estimated` says that the provider did not report
    `cost_usd`. `maybe_billed_twice` says that a crash may have doubled it, and nobody could tell.
    """

    key: StepKey
    player: str
    seed: int
    image: str | None = None
    text: str | None = None
    raw: str | None = None
    reference: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    latency_ms: int = 0
    cost_usd: float = 0.0
    cost_estimated: bool = False
    maybe_billed_twice: bool = False
    message_id: int | None = None
    hidden: bool = False
    erased: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """A picture and its caption, as far as played.

    Distances are in [0, 2]; None until `measured`, and where the embedder cannot read one of the two texts.
    """

    n: int
    picture: Step | None = None
    caption: Step | None = None
    distance: float | None = None
    step_distance: float | None = None
    measured: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where a game is shown on Discord: ids of its messages and its thread, None until posted."""

    card_id: int | None = None
    thread_id: int | None = None
    opening_id: int | None = None
    summary_id: int | None = None


@dataclass(frozen=True, slots=True)
class Costs:
    """What a game costs besides its steps, in US dollars.

    `reserved` is the most the whole game may cost, 0 for one that is free; `scoring` was paid for measuring,
    `unused` for answers that were not played, and `doubted` of these may have been billed twice.
    """

    reserved: float = 0.0
    scoring: float = 0.0
    unused: float = 0.0
    doubted: float = 0.0


@dataclass(frozen=True, slots=True)
class Game:
    """A game as it is stored, with the steps played so far in order.

    `number` counts from 1 within a server; `run` counts from 0 how often the game was started again: after a pause, a
    member's turn or a crash. It `is_opened` once card and thread are ready for this run. `reason` says in one sentence
    for players why a game is paused, stopped or failed. `embedder` names the embedder that measured its distances. A
    moderator ended a `voided` game after a report; it counts neither for nor against anybody. `stand_ins` are the
    models that take steps no member took, `named` the members who took steps and wish to be named.
    """

    id: str
    number: int
    request: GameRequest
    state: GameState
    created_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    reason: str | None = None
    place: Place = Place()
    turns: tuple[Turn, ...] = ()
    embedder: str | None = None
    run: int = 0
    is_opened: bool = False
    voided: bool = False
    costs: Costs = Costs()
    stand_ins: Mapping[StepKey, str] = field(default_factory=lambda: MappingProxyType({}))
    named: Mapping[StepKey, int] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def pair(self) -> Pair:
        return self.request.pair

    @property
    def is_sealed(self) -> bool:
        """Whether nothing of it may be shown yet."""
        return self.request.sealed and not self.state.is_final

    @property
    def is_set_up(self) -> bool:
        """Whether its thread is ready for its steps: with its prompt posted, unless the game is sealed."""
        return (self.place.thread_id if self.request.sealed else self.place.opening_id) is not None

    def player(self, key: StepKey) -> str:
        """The player who takes a step: a model by its name, HUMAN, or the model that stands in for a member."""
        return self.stand_ins.get(key) or self.request.player(key)

    @property
    def keeps_human_step(self) -> bool:
        """Whether spectators guess which step was a member's, so that nothing that all can read may tell it."""
        return self.request.human_step is not None and not self.stand_ins

    @property
    def is_side(self) -> bool:
        """Whether it is played for a battle, which shows it: it has no card and no thread of its own."""
        return self.request.design == "battle"

    @property
    def is_album(self) -> bool:
        """Whether it is an album of a party, which opens its seats and shows it at the end in the party's thread."""
        return self.request.design == "party"

    @property
    def shows_steps(self) -> bool:
        """Whether each of its steps is posted when it is played: not for a side, and not before a reveal."""
        return not (self.is_side or self.is_sealed)

    @property
    def steps(self) -> tuple[Step, ...]:
        """All stored steps, in the order they were played."""
        both = ((turn.picture, turn.caption) for turn in self.turns)
        return tuple(step for pair in both for step in pair if step is not None)

    @property
    def cost_usd(self) -> float:
        """What the game cost so far: its steps, measuring, and answers that were not played."""
        return sum(step.cost_usd for step in self.steps) + self.costs.scoring + self.costs.unused

    @property
    def possibly_billed_twice_usd(self) -> float:
        """How much more it may have cost, where a crash left open whether a call was paid twice."""
        return sum(step.cost_usd for step in self.steps if step.maybe_billed_twice) + self.costs.doubted

    @property
    def is_free(self) -> bool:
        """Whether it costs nothing: no money was reserved or spent."""
        return self.costs.reserved + self.cost_usd == 0

    @property
    def shown(self) -> "Game":
        """The game as it may be shown: hidden pictures are absent, hidden captions a neutral phrase."""
        if not any(step.hidden for step in self.steps):
            return self
        turns = (replace(turn, picture=_masked(turn.picture), caption=_masked(turn.caption)) for turn in self.turns)
        return replace(self, turns=tuple(turns))

    def with_step(self, step: Step) -> "Game":
        """The game with one step more, or with another in its place."""
        at, turns = step.key.turn - 1, self.turns
        turn = turns[at] if at < len(turns) else Turn(step.key.turn)
        drawn = step.key.kind is Kind.PICTURE
        turn = replace(turn, picture=step) if drawn else replace(turn, caption=step)
        return replace(self, turns=(*turns[:at], turn, *turns[at + 1 :]))

    @property
    def next_key(self) -> StepKey | None:
        """The step to play next, None when all turns are played."""
        played = len(self.steps)
        return StepKey.at(played) if played < 2 * self.request.turns else None

    @property
    def last_caption(self) -> Step | None:
        return next((turn.caption for turn in reversed(self.turns) if turn.caption), None)

    @property
    def last_picture(self) -> Step | None:
        return next((turn.picture for turn in reversed(self.turns) if turn.picture), None)

    def text_before(self, key: StepKey) -> str:
        """The words that a picture step draws: the prompt, or the caption of the turn before."""
        if key.turn == 1:
            return self.request.prompt.text
        caption = self.turns[key.turn - 2].caption
        if caption is None or caption.text is None:
            raise ValueError(f"turn {key.turn - 1} of game {self.id} has no caption yet")
        return caption.text


def _masked(step: Step | None) -> Step | None:
    if step is None or not step.hidden:
        return step
    words = None if step.text is None else (ERASED if step.erased else HIDDEN)
    return replace(step, image=None, text=words, raw=words)


@dataclass(frozen=True, slots=True)
class Drift:
    """How far the captions of one game went from its prompt. Distances are cosine distances in [0, 2].

    `distances` holds prompt to caption n, `step_distances` caption n - 1 (or the prompt) to caption n.
    `mcd`, the Mean Cumulative Drift, is the mean SIMILARITY of the captions to the prompt: higher is
    less drift. `biggest_jump` is (turn, rise of the distance over the turn before), of the turns from 2 on. What needs
    a distance from or to a text that the embedder cannot read is None: one of a turn, then also `mcd`; of the last
    turn, `final_distance`; of every two turns that follow each other, `biggest_jump`.
    """

    distances: tuple[float | None, ...]
    step_distances: tuple[float | None, ...]
    final_distance: float | None
    mcd: float | None
    biggest_jump: tuple[int, float] | None

    @property
    def is_known(self) -> bool:
        """Whether any turn has a distance from the prompt."""
        return any(distance is not None for distance in self.distances)

    @property
    def jump(self) -> tuple[int, float] | None:
        """The biggest jump as it is told: None where no turn after the first went farther away."""
        return worth_telling(self.biggest_jump)

    @property
    def unread(self) -> tuple[int, ...]:
        """The turns, from 1, that have no distance from the prompt."""
        return tuple(turn for turn, distance in enumerate(self.distances, 1) if distance is None)


def worth_telling(jump: tuple[int, float] | None) -> tuple[int, float] | None:
    """A biggest jump that goes away from the prompt, by the two decimals that are shown; None for any other."""
    return jump if jump is not None and round(jump[1], 2) > 0 else None


def step_seed(game_seed: int, key: StepKey) -> int:
    """The seed of one step, in [0, 2**31), derived from the game's seed alone."""
    digest = hashlib.blake2b(f"{game_seed}/{key}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") >> 1


def clean_prompt(text: str, longest: int = PROMPT_MAX) -> str:
    """A prompt as it will be played: NFC, no control characters, white space folded to single spaces.

    Raises BadInput when fewer than 3 or more than `longest` characters remain, or none of them can be seen.
    """
    cleaned = fold(text) if len(text) <= _UNFOLDED_MAX else text
    if len(cleaned) < PROMPT_MIN:
        raise BadInput(f"A prompt needs at least {PROMPT_MIN} characters; try a short sentence that paints a scene.")
    if not says_something(cleaned):
        raise BadInput("Nothing of that prompt can be seen; please write a short sentence that paints a scene.")
    if len(cleaned) > longest:
        raise BadInput(f"That prompt has {len(cleaned):,} characters and {longest:,} fit; please shorten it.")
    return cleaned


_UNFOLDED_MAX: Final = 5 * PROMPT_MAX
"""A longer text is no prompt, whatever would be left of it, and is not looked at."""


def fold(text: str) -> str:
    """Text in NFC on one line, without control, surrogate or private characters, and without hidden words."""
    kept = (
        " " if char.isspace() or unicodedata.category(char) in ("Cc", "Zl", "Zp") else char
        for char in without_hidden(text)
        if unicodedata.category(char) not in ("Cs", "Co", "Cn") and char not in _INVISIBLE
    )
    return unicodedata.normalize("NFC", re.sub(r" +", " ", "".join(kept)).strip())


_INVISIBLE: Final = frozenset(
    "\u00ad\u200b\u2060\ufeff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f"
)
"""Characters that draw nothing or turn the reading direction; joiners stay, since scripts and emoji need them."""

"""How seldom the card of a game that is played is edited.

Discord itself shows beneath a card how many messages its thread has and the last of them, so a card is edited for what
that does not tell. A game of ten turns costs two edits: one on the way, and its end, which never waits for a pace.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cachetools import LRUCache

from telephone.domain.games import Game, GameState

REMEMBERED: Final = 5_000
"""How many cards are remembered; a forgotten one is edited once more."""


@dataclass(frozen=True, slots=True)
class CardPace:
    """How seldom a card is edited while its game waits in line or is played.

    After every `steps` steps, though not where the game is over within `nearly` seconds, and otherwise after `late`
    seconds; two edits are `gap` seconds apart, over that within which one is skipped when it is delivered.
    """

    steps: int = 10
    late: float = 150.0
    nearly: float = 30.0
    gap: float = 5.5


CARD_PACE: Final = CardPace()
EVERY_STEP: Final = CardPace(steps=1, late=0.0, nearly=0.0, gap=0.0)
"""For a terminal, where the card is the progress display."""


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a card shows: a state, or None for what passes soon, and whether a player is `slow` for want of credit.

    `edits` is how often it was edited, `at` when it was posted or edited last, in seconds. `run` is the run of the game
    then; None where the card was posted: in another run another process may have shown something since.
    """

    state: GameState | None
    slow: bool
    edits: int
    at: float
    run: int | None = None


class ShownCards:
    """Remembers what the cards of games show, and says when they are due. `clock` gives seconds."""

    def __init__(self, pace: CardPace = CARD_PACE, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._pace, self._clock = pace, clock
        self._shown: LRUCache[str, _Shown] = LRUCache(REMEMBERED)

    def posted(self, game_id: str, state: GameState, *, slow: bool = False) -> None:
        """A card was posted, and shows this state."""
        self._shown[game_id] = _Shown(state, slow, 0, self._clock())

    def edited(self, game: Game, *, slow: bool = False, passing: bool = False) -> None:
        """A card was edited to show its game; `passing`: something that the next edit is to take back."""
        last = self._shown.pop(game.id, None)
        if not game.state.is_final:
            edits = max(len(game.steps) // self._pace.steps, 1 if last is None else last.edits + 1)
            self._shown[game.id] = _Shown(None if passing else game.state, slow, edits, self._clock(), game.run)

    def state(self, game_id: str) -> GameState | None:
        """The state that a card shows; None where that is not known."""
        last = self._shown.get(game_id)
        return None if last is None else last.state

    def due_in(self, game: Game, *, slow: bool = False) -> float | None:
        """In how many seconds the card of a game that is played is to be edited; None: not for what has changed."""
        last = self._shown.get(game.id)
        if last is None or last.run not in (None, game.run):  # another process may have shown it last
            return 0.0
        pace, age = self._pace, self._clock() - last.at
        farther = last.edits < len(game.steps) // pace.steps and not _nearly_over(game, pace)
        due = (last.state, last.slow) != (game.state, slow) or farther or age >= pace.late
        return (max(0.0, pace.gap - age) if last.edits else 0.0) if due else None

    def place_due_in(self, game_id: str) -> float:
        """In how many seconds the card of a game that waits in line is to show its place."""
        last = self._shown.get(game_id)
        return 0.0 if last is None else max(0.0, last.at + self._pace.late - self._clock())


def _nearly_over(game: Game, pace: CardPace) -> bool:
    left = seconds_left(game)
    return left is not None and left < pace.nearly


def seconds_left(game: Game) -> float | None:
    """An estimate of a game's remaining time in seconds, from the mean of the steps played so far.

    None before the first turn ended, and where members take turns.
    """
    played = game.steps
    if len(played) < 2 or game.request.human_steps:
        return None
    mean_ms = sum(step.latency_ms for step in played) / len(played)
    return mean_ms / 1_000 * (2 * game.request.turns - len(played))

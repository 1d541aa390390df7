"""The article's game in plain Python: no Discord, no database, no keys.

from telephone.line import TelephoneLine
from telephone.bootstrap import offline_players

players = offline_players()
line = TelephoneLine(players.artist("stickers"), players.teller("spotter-sharp"))
for turn in (await line.play("a fox mends a clock")).turns:
    print(turn.caption)
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from telephone.domain.games import DEFAULT_TURNS, Kind, StepKey, clean_prompt, step_seed


@dataclass(frozen=True, slots=True)
class LineTurn:
    """One turn of a line: the words that went in, the picture as the artist returned it, the caption."""

    n: int
    text: str
    image: Any
    caption: str


@dataclass(frozen=True, slots=True)
class PlayedLine:
    """A line that was played: its prompt and its turns in order."""

    prompt: str
    turns: tuple[LineTurn, ...]

    @property
    def captions(self) -> tuple[str, ...]:
        return tuple(turn.caption for turn in self.turns)


@dataclass(frozen=True, slots=True)
class TelephoneLine:
    """Two players that take turns: one draws a text, the other describes the picture.

    `t2i` is anything with `generate_image(text)`, `i2t` anything with `generate_text(image)`; either may
    be async. A picture is handed on as it came; a caption is a string, or has the attribute `text`.
    """

    t2i: Any
    i2t: Any

    async def play(self, prompt: str, nturns: int = DEFAULT_TURNS, *, seed: int | None = None) -> PlayedLine:
        """Plays `nturns` turns. With a seed, each step is given one derived from it as `seed=`.

        Raises BadInput for a prompt that cannot be played, ValueError for fewer than one turn, and
        whatever the players raise.
        """
        if nturns < 1:
            raise ValueError("a line has at least one turn")
        words = first = clean_prompt(prompt)
        turns: list[LineTurn] = []
        for n in range(1, nturns + 1):
            image = await _call(self.t2i.generate_image, words, _seed(seed, n, Kind.PICTURE))
            said = await _call(self.i2t.generate_text, image, _seed(seed, n, Kind.CAPTION))
            caption = said if isinstance(said, str) else str(said.text)
            turns.append(LineTurn(n, words, image, caption))
            words = caption
        return PlayedLine(first, tuple(turns))


def _seed(seed: int | None, turn: int, kind: Kind) -> dict[str, int]:
    return {} if seed is None else {"seed": step_seed(seed, StepKey(turn, kind))}


async def _call(method: Callable[..., Any], given: Any, seed: dict[str, int]) -> Any:
    result = method(given, **seed)
    return await result if inspect.isawaitable(result) else result

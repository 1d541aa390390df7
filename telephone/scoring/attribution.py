"""Which step lost the prompt: the drop in its log-probability among distractors, step by step.

A judge sees one step's output and must tell which of K fixed prompts the game began with: p ∝ exp(similarity /
temperature), as CLIP is read (Radford et al. 2021, ICML). The temperature is fitted for pictures and for captions
apart, on other games, so that a drop is a loss and not a change of scale (Guo et al. 2017, ICML). The drops add up
to the whole by construction. What the judge cannot tell apart it does not blame.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from telephone.scoring.intervals import LEVEL, Floats, Interval

TEMPERATURES: Final[Floats] = np.geomspace(1e-3, 1.0, 400)
"""The temperatures that are tried, in cosine similarity."""
RESAMPLES: Final = 999
FEWEST_GAMES: Final = 10
"""With fewer prompts no interval of the shares would cover as often as it says, so no shares are given."""
FOLDS: Final = 5
CALIBRATED_ON: Final = 500
"""A temperature is fitted on at most so many steps, evenly spaced: more would not move it."""


@dataclass(frozen=True, slots=True)
class Blame:
    """One game. `drops` (2 · turns,) of the log-probability in nats, pictures and captions by turns; negative
    where a step told more of the prompt than what it was given. `total` is their sum, `t2i` and `i2t` its parts."""

    drops: tuple[float, ...]
    total: float
    t2i: float
    i2t: float


@dataclass(frozen=True, slots=True)
class Shares:
    """The parts that pictures and captions have in all that was lost; they sum to 1 and can leave [0, 1].

    None, and `why`, where nothing certain was lost or prompts are too few.
    """

    t2i: Interval | None
    i2t: Interval | None
    prompts: int
    why: str | None


@dataclass(frozen=True, slots=True)
class GameSimilarities:
    """One game before the judge: its similarities to K prompts, the true one first.

    `start` (K,) is of the prompt's own text, `pictures` and `captions` are (turns, K).
    """

    prompt: str
    start: Floats
    pictures: Floats
    captions: Floats


def cross_fitted(games: Sequence[GameSimilarities], *, seed: int = 0) -> Shares:
    """The shares of some games, no prompt judged at a temperature that was fitted on games of its own.

    Prompts are dealt into FOLDS; each is judged at the temperatures that make the true prompts of the others' games
    most probable. Games of one prompt are averaged.
    """
    prompts = sorted({game.prompt for game in games})
    if len(prompts) < FEWEST_GAMES:
        return shares([Blame((), 0.0, 0.0, 0.0)] * len(prompts))
    fold = {prompt: n % FOLDS for n, prompt in enumerate(prompts)}
    heats = [_temperatures([game for game in games if fold[game.prompt] != n]) for n in range(FOLDS)]
    blamed: dict[str, list[Blame]] = defaultdict(list)
    for game in games:
        picture, caption = heats[fold[game.prompt]]
        blamed[game.prompt].append(blame(game.start, game.pictures, game.captions, picture=picture, caption=caption))
    return shares([_mean(blamed[prompt]) for prompt in prompts], seed=seed)


def log_probability(similarities: ArrayLike, temperature: float) -> Floats:
    """log p of the true prompt, in nats, (n,) from `similarities` (n, K) whose first column is the true prompt.

    Raises ValueError for a temperature that is not positive, or under two prompts to choose from.
    """
    from scipy.special import logsumexp

    rows = np.atleast_2d(np.asarray(similarities, dtype=np.float64))
    if rows.shape[1] < 2 or not np.all(np.isfinite(rows)):
        raise ValueError("a judge needs finite similarities to at least two prompts")
    if not temperature > 0:
        raise ValueError(f"a temperature of {temperature} is not positive")
    scaled = rows / temperature
    return np.asarray(scaled[:, 0] - logsumexp(scaled, axis=1), dtype=np.float64)


def calibrate(similarities: ArrayLike) -> float:
    """The temperature that makes the true prompts of held-out steps (n, K) most probable; one per modality."""
    likely = [float(np.mean(log_probability(similarities, float(t)))) for t in TEMPERATURES]
    return float(TEMPERATURES[int(np.argmax(likely))])


def blame(prompt: ArrayLike, pictures: ArrayLike, captions: ArrayLike, *, picture: float, caption: float) -> Blame:
    """The blame in one game, from similarities to K prompts, the true one first.

    `prompt` (K,) is of the prompt's own text, `pictures` and `captions` (turns, K); `picture` and `caption` are the
    temperatures of the modalities. Raises ValueError where pictures and captions are not as many.
    """
    seen = log_probability(pictures, picture)
    said = log_probability(captions, caption)
    if seen.size != said.size:
        raise ValueError(f"{seen.size} pictures and {said.size} captions are no whole turns")
    start = log_probability(prompt, caption)
    line = np.concatenate([start, np.column_stack([seen, said]).ravel()])
    drops = -np.diff(line)
    return Blame(
        tuple(float(x) for x in drops), float(line[0] - line[-1]), float(drops[::2].sum()), float(drops[1::2].sum())
    )


def shares(games: Sequence[Blame], *, seed: int = 0) -> Shares:
    """How all that was lost divides, one `Blame` a prompt; intervals by resampling whole prompts (percentiles)."""
    count = len(games)
    if count < FEWEST_GAMES:
        return Shares(None, None, count, f"{count} prompts are too few to divide the loss; {FEWEST_GAMES} are needed")
    parts = np.array([[game.t2i, game.i2t] for game in games])
    pick = np.random.default_rng(seed).integers(0, count, (RESAMPLES, count))
    sums = parts[pick].sum(axis=1)
    tail = (1 - LEVEL) / 2
    if np.quantile(sums.sum(axis=1), tail) <= 0:
        return Shares(None, None, count, "it is not certain that anything was lost, so there is nothing to divide")
    share = float(parts[:, 0].sum() / parts.sum())
    low, high = (float(x) for x in np.quantile(sums[:, 0] / sums.sum(axis=1), [tail, 1 - tail]))
    return Shares(Interval(share, low, high), Interval(1 - share, 1 - high, 1 - low), count, None)


def _temperatures(games: Sequence[GameSimilarities]) -> tuple[float, float]:
    """Of pictures and of captions."""
    picture, caption = (np.concatenate(rows) for rows in ([g.pictures for g in games], [g.captions for g in games]))
    return calibrate(_thinned(picture)), calibrate(_thinned(caption))


def _thinned(rows: Floats) -> Floats:
    return rows if len(rows) <= CALIBRATED_ON else rows[np.linspace(0, len(rows) - 1, CALIBRATED_ON).astype(int)]


def _mean(games: Sequence[Blame]) -> Blame:
    """The games of one prompt as one; their steps where they are as many."""
    total, t2i, i2t = (float(np.mean([getattr(game, part) for game in games])) for part in ("total", "t2i", "i2t"))
    same = len({len(game.drops) for game in games}) == 1
    drops = tuple(float(x) for x in np.mean([game.drops for game in games], axis=0)) if same else ()
    return Blame(drops, total, t2i, i2t)

"""What we claim of the boards, measured on simulated servers whose truth is known.

    python bench/ranking.py [--quick]

Twelve pairs of three T2I and four I2T models. Intervals are held against the truth, and their width against that of an
oracle that is told every spread. The error behind each figure is that of the simulation; a claim is missed where the
figure lies beyond its bound by more than twice that.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "bench")]

from claims import Claim, mean, run, share  # noqa: E402, I001  first of all, since it keeps numpy to one thread

import numpy as np  # noqa: E402
from scipy.stats import kendalltau  # noqa: E402

from telephone.game import Pair  # noqa: E402
from telephone.scoring.ballots import Vote, tally  # noqa: E402
from telephone.scoring.luck import Battles  # noqa: E402
from telephone.scoring.posterior import pair_covariance  # noqa: E402
from telephone.scoring.ranking import Score, merge, rank_by_distance  # noqa: E402
from telephone.scoring.votes import _fit, rank_by_votes  # noqa: E402

PAIRS = [Pair(f"t{t}", f"i{i}") for t, i in product(range(3), range(4))]
COVERED = {"least": 0.93, "most": 0.97}
WIDTH = 1.15
NORMAL = 2 * 1.959964


@dataclass(frozen=True, slots=True)
class Games:
    """A server of measured games. Spreads in cosine distance; `pair` is that of the interaction."""

    prompts: int
    pair: float
    repeats: int = 1
    models: float = 0.04
    prompt: float = 0.1
    both: float = 0.07
    noise: float = 0.07

    def play(self, rng: np.random.Generator, lead: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
        """Distances (12, prompts, repeats) and the true contrasts (12,); the first pair is better by `lead`."""
        theta = (
            rng.normal(0, self.models, 3)[:, None] + rng.normal(0, self.models, 4) + rng.normal(0, self.pair, (3, 4))
        )
        theta = theta.ravel() if lead == 0 else np.r_[-lead, np.zeros(11)]
        shape = len(PAIRS), self.prompts
        cells = 0.5 + theta[:, None] + rng.normal(0, self.prompt, self.prompts) + rng.normal(0, self.both, shape)
        return cells[:, :, None] + rng.normal(0, self.noise, (*shape, self.repeats)), theta - theta.mean()

    def oracle(self) -> np.ndarray:
        """Standard deviations (12,) of the contrasts where every spread is known: one linear system, solved anew."""
        size, n = len(PAIRS), self.prompts
        prior = np.linalg.inv(pair_covariance(PAIRS, self.models, self.models, max(self.pair, 1e-5)))
        weight = 1 / (self.both**2 + self.noise**2 / self.repeats)
        design = np.zeros((size * n, 1 + size + n))
        for row, (p, k) in enumerate(product(range(size), range(n))):
            design[row, [0, 1 + p, 1 + size + k]] = 1
        precision = weight * design.T @ design
        precision[1 : 1 + size, 1 : 1 + size] += prior
        precision[1 + size :, 1 + size :] += np.eye(n) / self.prompt**2
        centring = np.eye(size) - 1 / size
        return np.sqrt(np.diag(centring @ np.linalg.inv(precision)[1 : 1 + size, 1 : 1 + size] @ centring))


def scores(played: np.ndarray) -> list[Score]:
    return [Score(PAIRS[p], f"p{k:03}", s, float(value)) for (p, k, s), value in np.ndenumerate(played)]


def by_distance(games: Games, repeats: int) -> list[Claim]:
    """Coverage and width of the board by distance."""
    rng, wide = np.random.default_rng(7), NORMAL * games.oracle().mean()
    held, ratios = [], []
    for _ in range(repeats):
        played, truth = games.play(rng)
        board = rank_by_distance(merge(scores(played)))
        rows = {row.pair: row.distance for row in board.rows}
        centre = board.mean.estimate
        inside = [rows[p].low - centre <= t <= rows[p].high - centre for p, t in zip(PAIRS, truth, strict=True)]
        held.append(float(np.mean(inside)))
        ratios.append(float(np.mean([rows[p].width for p in PAIRS]) / wide))
    return [mean("coverage of 95% intervals", held, **COVERED), mean("width, oracle's = 1", ratios, most=WIDTH)]


@dataclass(frozen=True, slots=True)
class Poll:
    """A server of battles between two pairs. Spreads in log-odds; `taste` is how much voters differ."""

    battles: int
    votes: int
    luck: float
    pair: float = 0.0
    models: float = 0.7
    taste: float = 0.0
    voters: int = 40

    def cast(self, rng: np.random.Generator, lead: float = 0.0) -> tuple[list[Vote], np.ndarray]:
        """Votes, and the true contrasts (12,) of the crowd: those of one voter, shrunken by taste."""
        theta = (
            rng.normal(0, self.models, 3)[:, None] + rng.normal(0, self.models, 4) + rng.normal(0, self.pair, (3, 4))
        )
        theta = theta.ravel() if lead == 0 else np.r_[lead, np.zeros(11)]
        tastes = rng.normal(0, self.taste, (self.voters, len(PAIRS)))
        cast = []
        for battle in range(self.battles):
            two = rng.choice(len(PAIRS), 2, replace=False)
            lucky = rng.normal(0, self.luck, 2)
            for voter in rng.choice(self.voters, self.votes, replace=False):
                gap = float(np.diff(theta[two] + lucky + tastes[voter, two])[0])
                choice = int(rng.random() < 1 / (1 + np.exp(-gap)))
                cast.append(Vote((PAIRS[two[0]], PAIRS[two[1]]), choice, f"v{voter}", f"b{battle}", f"p{battle}"))
        # Averaged over normal tastes a logit's slope shrinks so (Zeger, Liang and Albert 1988, Biometrics 44).
        crowd = theta / np.sqrt(1 + 2 * self.taste**2 * (16 * 3**0.5 / (15 * np.pi)) ** 2)
        return cast, crowd - crowd.mean()


def by_votes(poll: Poll, repeats: int) -> list[Claim]:
    """Coverage and width of the board by votes."""
    rng, held, ratios = np.random.default_rng(11), [], []
    for _ in range(repeats):
        cast, truth = poll.cast(rng)
        ballots = tally(cast)
        rows = {row.pair: row.theta for row in rank_by_votes(ballots).rows}
        seen = [k for k, pair in enumerate(PAIRS) if pair in rows]
        truth = truth[seen] - truth[seen].mean()
        held.append(np.mean([rows[PAIRS[k]].low <= t <= rows[PAIRS[k]].high for k, t in zip(seen, truth, strict=True)]))
        known = np.array([poll.models, max(poll.pair, 1e-3), max(poll.luck, 1e-3)])
        fit, size = _fit(ballots.pairs, Battles.of(ballots), known, None), len(ballots.pairs)
        centring = np.eye(size) - 1 / size
        deviations = np.sqrt(np.diag(centring @ fit.covariance[:size, :size] @ centring))
        ratios.append(np.mean([row.width for row in rows.values()]) / (NORMAL * deviations.mean()))
    wide = {} if poll.taste else {"most": WIDTH}
    return [mean("coverage of 95% intervals", held, **COVERED), mean("width, oracle's = 1", ratios, **wide)]


def few_votes(repeats: int) -> list[Claim]:
    """The order after twenty votes, each on a battle of its own."""
    rng, found = np.random.default_rng(13), []
    for _ in range(repeats):
        cast, truth = Poll(20, 1, 0.5, 0.3).cast(rng)
        rows = {row.pair: row.theta.estimate for row in rank_by_votes(tally(cast)).rows}
        found.append(kendalltau([rows.get(pair, 0.0) for pair in PAIRS], truth).statistic)
    return [mean("Kendall's τ to the truth after 20 votes", found, least=0.5)]


def winners(name: str, board: Callable[[np.random.Generator, float], list[bool]], repeats: int) -> list[Claim]:
    """How often a winner is declared that is none, and how often the one there is."""
    rng = np.random.default_rng(17)
    wrong = [any(board(rng, 0.0)) for _ in range(repeats)]
    right = [board(rng, 1.0)[0] for _ in range(repeats)]
    return [
        share("a winner declared where all pairs are equal", wrong, 0.05, most=0.05),
        share(f"the right winner declared, {name}", right, 0.8, least=0.8),
    ]


def winner_by_distance(rng: np.random.Generator, lead: float) -> list[bool]:
    """Whether each of the pairs is declared the winner, 30 prompts; the first leads by 0.12."""
    played, _ = Games(30, 0.02).play(rng, 0.12) if lead else Games(30, 0.0, models=0.0).play(rng)
    return _won(rank_by_distance(merge(scores(played))).rows)


def winner_by_votes(rng: np.random.Generator, lead: float) -> list[bool]:
    """The same by votes: 120 battles of 30, luck 0.5; the first leads by 1.5."""
    cast, _ = Poll(120, 30, 0.5).cast(rng, 1.5) if lead else Poll(120, 30, 0.5, models=0.0).cast(rng)
    return _won(rank_by_votes(tally(cast)).rows)


def _won(rows: tuple) -> list[bool]:
    first = [row for row in rows if row.rank == 1]
    alone = len(first) == 1 and not first[0].provisional
    return [alone and first[0].pair == pair for pair in PAIRS]


def finite(_: int) -> list[Claim]:
    """Never NaN or infinite, however little there is."""
    one = [Vote((PAIRS[0], PAIRS[1]), 0, "v", "b")]
    unbeaten = [Vote((PAIRS[0], PAIRS[k]), 0, f"v{n}", f"b{k}") for k in range(1, 4) for n in range(30)]
    islands = [Vote((PAIRS[2 * k], PAIRS[2 * k + 1]), 0, f"v{n}", f"b{k}") for k in range(3) for n in range(5)]
    claims = []
    for name, votes in (("one vote", one), ("an unbeaten pair", unbeaten), ("islands", islands)):
        for prior in (None, 0.01, 1_000.0):
            rows = rank_by_votes(tally(votes), prior_sd=prior).rows
            values = [end for row in rows for end in (row.rating.low, row.rating.estimate, row.rating.high)]
            said = "learnt" if prior is None else f"fixed at {prior:g}"
            claims.append(Claim(f"finite: {name}, prior {said}", float(np.all(np.isfinite(values))), 0.0, 1.0))
    return claims


def cases() -> list[tuple[str, Callable[[int], list[Claim]]]]:
    found: list[tuple[str, Callable[[int], list[Claim]]]] = []
    for prompts, repeats, pair in product((10, 30), (1,), (0.0, 0.02, 0.04)):
        title = f"by distance, {prompts} prompts, interaction {pair / 0.04:g} × the models' spread"
        found.append((title, partial(by_distance, Games(prompts, pair, repeats))))
    found.append(("by distance, 10 prompts, 3 repeats, interaction 1 ×", partial(by_distance, Games(10, 0.04, 3))))
    for luck, pair in product((0.0, 0.5, 1.0), (0.0, 0.35, 0.7)):
        title = f"by votes, 40 battles of 30, luck {luck:g}, interaction {pair / 0.7:g} × the models' spread"
        found.append((title, partial(by_votes, Poll(40, 30, luck, pair))))
    for taste in (0.5, 1.0):
        title = f"by votes, 80 battles of 15, luck 0.5, voters' tastes {taste:g}"
        found.append((title, partial(by_votes, Poll(80, 15, 0.5, 0.35, taste=taste))))
    found.append(("few votes", few_votes))
    found.append(("winner by distance", partial(winners, "ahead by 0.12 on 30 prompts", winner_by_distance)))
    found.append(("winner by votes", partial(winners, "ahead by 1.5 in 120 battles of 30", winner_by_votes)))
    found.append(("always an answer", finite))
    return found


if __name__ == "__main__":
    run(__doc__, cases(), 100)

"""What we claim of the boards, measured on simulated servers whose truth is known.

    python bench/ranking.py [--quick]

Twelve pairs of three T2I and four I2T models. Intervals are held against the truth, and their width against that of an
oracle that is told every spread. Behind each figure stands the standard error of the simulation; a claim is missed
where the figure lies beyond its bound by more than twice that. What has no bound is printed for comparison.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import product
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "bench")]

from claims import Case, Claim, mean, run, share  # noqa: E402, I001  first of all: it keeps numpy to one thread

import numpy as np  # noqa: E402
from scipy.special import ndtr  # noqa: E402
from scipy.stats import kendalltau  # noqa: E402
from servers import PAIRS, Games, Poll, pair_effects  # noqa: E402

from telephone.domain.games import Pair  # noqa: E402
from telephone.scoring.agreement import agreement  # noqa: E402
from telephone.scoring.ballots import TIE, BallotVote, tally  # noqa: E402
from telephone.scoring.intervals import Interval  # noqa: E402
from telephone.scoring.choice_likelihood import BattleVotes  # noqa: E402
from telephone.scoring.distance_model import Score, _table, merge, rank_by_distance  # noqa: E402
from telephone.scoring.vote_model import _fit, clusters, rank_by_votes  # noqa: E402

COVERED = {"least": 0.93, "most": 0.97}
COVERED_WITH_HOLES = {"least": 0.92, "most": 0.97}
COVERED_WITHOUT_INTERACTION = {"least": 0.93, "most": 0.985}
WIDTH = 1.15
WIDTH_WITHOUT_INTERACTION = 1.25
"""Where pairs are what their models are, and models do nothing of their own on a prompt, and nobody says so."""
WIDTH_WITHOUT_LUCK = 1.25
"""Where pictures play no part at all: τ is half-normal(0.5), and forty battles do not rule a little of it out."""
NORMAL = 1.959964
NEVER = float("-inf")
"""Twenty votes order pairs only so far as the pairs differ: these are printed, and claimed of them is nothing."""


def by_distance(games: Games, repeats: int, covered: Mapping[str, float] = COVERED, wide: float = WIDTH) -> list[Claim]:
    """Coverage and width of the board by distance.

    At known spreads truth given the games is normal, so how likely each interval holds it is worked out and not tossed.
    """
    rng, held, ratios, wrong = np.random.default_rng(7), [], [], []
    for _ in range(repeats):
        scores, truth = games.play(rng)
        cells = merge(scores)
        board, (table, _) = rank_by_distance(cells), _table(cells)
        oracle, centring = table.posterior(games.spreads), np.eye(len(table.pairs)) - 1 / len(table.pairs)
        contrasts = centring @ oracle.means[0]
        deviations = np.sqrt(np.diag(centring @ oracle.covariances[0] @ centring))
        rows = {row.pair: row.distance for row in board.rows}
        ends = np.array([(rows[pair].low, rows[pair].high) for pair in table.pairs]) - board.mean.estimate
        below, above = ndtr((ends - contrasts[:, None]) / deviations[:, None]).T
        held.append(np.mean(above - below))
        ratios.append(np.mean(ends[:, 1] - ends[:, 0]) / (2 * NORMAL * deviations.mean()))
        wrong.append(board.winner not in (None, PAIRS[int(np.argmin(truth))]))
    return [
        mean("coverage of 95% intervals", held, **covered),
        mean("width, oracle's = 1", ratios, most=wide),
        share("the wrong winner declared", wrong, 0.05, most=0.05),
    ]


def by_votes(poll: Poll, repeats: int, wide: float = WIDTH, most: float = 0.97) -> list[Claim]:
    """Coverage and width of the board by votes. The oracle is told the spreads, and how far tastes scatter votes."""
    rng = np.random.default_rng(11)
    held, known, ratios, wrong = [], [], [], []
    for _ in range(repeats):
        cast, truth = poll.cast(rng)
        ballots = tally(cast)
        board, battles, size = rank_by_votes(ballots), BattleVotes.of(ballots), len(ballots.pairs)
        here = truth[[PAIRS.index(pair) for pair in ballots.pairs]]
        here, centring = here - here.mean(), np.eye(size) - 1 / size
        fit = _fit(ballots.pairs, battles, poll.spreads, None)
        variances = np.diag(centring @ fit.covariance[:size, :size] @ centring)
        tastes = np.diag(clusters(ballots, battles, fit, centring)) if poll.taste else 0.0
        deviations = np.sqrt(variances + tastes)
        rows = {row.pair: row.theta for row in board.rows}
        held.append(_held([rows[pair] for pair in ballots.pairs], here))
        known.append(np.mean(np.abs(centring @ fit.values[:size] - here) < NORMAL * deviations))
        ratios.append(np.mean([theta.width for theta in rows.values()]) / (2 * NORMAL * deviations.mean()))
        wrong.append(board.winner not in (None, ballots.pairs[int(np.argmax(here))]))
    return [
        mean("coverage of 95% intervals", held, least=0.93, most=most),
        mean("  that of the oracle on the same votes", known),
        mean("width, oracle's = 1", ratios, most=wide),
        share("the wrong winner declared", wrong, 0.05, most=0.05),
    ]


def _held(intervals: Sequence[Interval], truth: np.ndarray) -> float:
    return float(np.mean([one.low <= t <= one.high for one, t in zip(intervals, truth, strict=True)]))


def few_votes(poll: Poll, least: float, repeats: int) -> list[Claim]:
    """The order after twenty votes, each in a battle of its own; a pair that was in none is known by its models."""
    rng, found, known = np.random.default_rng(13), [], []
    for _ in range(repeats):
        cast, truth = poll.cast(rng)
        ballots = tally(cast).among(PAIRS)
        rows = {row.pair: row.theta.estimate for row in rank_by_votes(ballots).rows}
        found.append(kendalltau([rows[pair] for pair in PAIRS], truth).statistic)
        fit = _fit(ballots.pairs, BattleVotes.of(ballots), poll.spreads, None)
        known.append(
            kendalltau(fit.values[: len(PAIRS)], truth[[PAIRS.index(pair) for pair in ballots.pairs]]).statistic
        )
    return [mean("Kendall's τ to the truth", found, least=least), mean("  that of the oracle on the same votes", known)]


def winners(won: Callable[[np.random.Generator, np.ndarray], Pair | None], lead: float, repeats: int) -> list[Claim]:
    """How often a winner is declared that is none, and how often the one there is."""
    rng, place = np.random.default_rng(17), np.arange(len(PAIRS))
    equal = [won(rng, np.zeros(len(PAIRS))) is not None for _ in range(repeats)]
    two = [won(rng, np.where(place < 2, lead, 0.0)) is not None for _ in range(repeats)]
    right = [won(rng, np.where(place < 1, lead, 0.0)) == PAIRS[0] for _ in range(repeats)]
    return [
        share("a winner declared where all pairs are equal", equal, 0.05, most=0.05),
        share("a winner declared where two are equally ahead", two, 0.05, most=0.05),
        share("the right winner declared where one is ahead", right, 0.8, least=0.8),
    ]


def won_by_distance(rng: np.random.Generator, theta: np.ndarray) -> Pair | None:
    return rank_by_distance(merge(Games(30, 0.0).play_of(rng, -theta))).winner


def won_by_votes(rng: np.random.Generator, theta: np.ndarray) -> Pair | None:
    return rank_by_votes(tally(Poll(120, 30, 0.5).cast_on(rng, theta))).winner


def agreeing(shared: float, repeats: int) -> list[Claim]:
    """Coverage of the rank correlation of both boards, whose truths share so much of their variance."""
    rng, games, poll = np.random.default_rng(19), Games(10, 0.02), Poll(40, 30, 0.5)
    held, widths = [], []
    for _ in range(repeats):
        common, one, other = (pair_effects(rng, 1.0, 0.5) for _ in range(3))
        good, liked = (shared**0.5 * common + (1 - shared) ** 0.5 * own for own in (one, other))
        distance = rank_by_distance(merge(games.play_of(rng, -0.04 * good)))
        found = agreement(distance, rank_by_votes(tally(poll.cast_on(rng, 0.7 * liked)).among(PAIRS))).tau
        if found is not None:
            held.append(found.low <= kendalltau(good, liked).statistic <= found.high)
            widths.append(found.width)
    return [share("coverage of the agreement's interval", held, 0.95, least=0.93), mean("its width", widths)]


def always(_: int) -> list[Claim]:
    """Never NaN or infinite, however little there is, or however much of one kind."""
    a, b, c, d, e, f = PAIRS[:6]
    polls = {
        "one vote": [BallotVote((a, b), 0, "v", "b")],
        "one tie": [BallotVote((a, b), TIE, "v")],
        "an unbeaten pair": [BallotVote((a, k), 0, f"v{n}", f"b {k}") for k in (b, c, d) for n in range(30)],
        "islands": [BallotVote(two, 0, f"v{n}", f"b {two}") for two in ((a, b), (c, d), (e, f)) for n in range(5)],
    }
    servers = {
        "one game": [Score(a, "p", 1, 0.4)],
        "no distance at all": [Score(pair, "p", 1, 0.0) for pair in PAIRS],
        "islands": [Score(pair, f"p{k}", 1, 0.1 * k) for k, pair in enumerate(PAIRS)],
        "the same again and again": [Score(pair, "p", n, 0.3 + 0.1 * (pair == a)) for pair in PAIRS for n in range(50)],
    }
    claims = []
    for (name, cast), prior in product(polls.items(), (None, 0.01, 1_000.0)):
        said = "learnt" if prior is None else f"fixed at {prior:g}"
        rows = rank_by_votes(tally(cast), prior_sd=prior).rows
        claims.append(_finite(f"finite ratings: {name}, prior {said}", [row.rating for row in rows]))
    for name, scores in servers.items():
        rows = rank_by_distance(merge(scores)).rows
        claims.append(_finite(f"finite distances: {name}", [row.distance for row in rows]))
    return claims


def _finite(name: str, intervals: Iterable[Interval]) -> Claim:
    ends = [end for one in intervals for end in (one.low, one.estimate, one.high)]
    return Claim(name, float(np.all(np.isfinite(ends))), least=1.0)


def cases() -> Iterator[Case]:
    for prompts, pair in product((10, 30), (0.0, 0.02, 0.04)):
        title = f"by distance, {prompts} prompts, interaction {pair / 0.04:g} × the models' spread"
        bounds = {} if pair else {"covered": COVERED_WITHOUT_INTERACTION, "wide": WIDTH_WITHOUT_INTERACTION}
        yield Case(title, partial(by_distance, Games(prompts, pair), **bounds), 400)
    yield Case("the same, 10 prompts, 1 ×, 3 repeats", partial(by_distance, Games(10, 0.04, 3)), 400)
    holes = partial(by_distance, Games(20, 0.04, missing=0.5), covered=COVERED_WITH_HOLES)
    yield Case("the same, 20 prompts, 1 ×, half missing", holes, 400)
    for luck, pair in product((0.0, 0.5, 1.0), (0.0, 0.35, 0.7)):
        title = f"by votes, 40 battles of 30, luck {luck:g}, interaction {pair / 0.7:g} × the models' spread"
        wide = WIDTH if luck else WIDTH_WITHOUT_LUCK
        yield Case(title, partial(by_votes, Poll(40, 30, luck, pair), wide=wide), 200)
    four = Poll(30, 10, 0.5, 0.35, sides=4)
    yield Case("by votes, 30 battles of 10, four sides, luck 0.5, interaction 0.5 ×", partial(by_votes, four), 200)
    for taste in (0.5, 1.0):
        tastes = Poll(80, 15, 0.5, 0.35, taste=taste, voters=40)
        yield Case(f"by votes, 80 battles of 15, tastes of 40 voters {taste:g}", partial(by_votes, tastes), 200)
    everywhere = Poll(100, 12, 0.5, 0.35, taste=0.5, voters=12)
    title = "by votes, 100 battles, the same 12 voters in each, tastes 0.5"
    yield Case(title, partial(by_votes, everywhere, most=1.0), 100)
    for models, luck, least in ((1.0, 0.0, 0.5), (1.0, 0.5, 0.5), (1.0, 1.0, NEVER), (0.7, 0.0, NEVER)):
        poll = Poll(20, 1, luck, 0.25, models=models)
        yield Case(f"20 votes, models' spread {models:g}, luck {luck:g}", partial(few_votes, poll, least), 300)
    yield Case("who has won by distance, 30 prompts, ahead by 0.16", partial(winners, won_by_distance, 0.16), 200)
    yield Case("who has won by votes, 120 battles of 30, ahead by 1.8", partial(winners, won_by_votes, 1.8), 100)
    for shared in (0.0, 0.5, 0.9):
        yield Case(f"agreement of boards that share {shared:.0%}", partial(agreeing, shared), 150)
    yield Case("always an answer", always, 1)


if __name__ == "__main__":
    run(__doc__, cases())

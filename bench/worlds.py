"""The boards in worlds that are not their own: what their intervals cover where nature is another than their model.

    python bench/worlds.py [--quick] [--only TEXT]

A row a world: coverage of the 95% intervals of pairs, that of an oracle which is told every spread, our width as a
multiple of the oracle's, and how often a board shows some order that is false, or a winner that is none. A goal that a
world is known to miss stands beside it as what it is held to; docs/science.md names these.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "bench")]

from claims import Case, Claim, mean, run, share  # noqa: E402, I001  first of all: it keeps numpy to one thread

import numpy as np  # noqa: E402
from servers import PAIRS, pair_effects  # noqa: E402

from telephone.domain.games import Pair  # noqa: E402
from telephone.scoring.ballots import BallotVote, tally  # noqa: E402
from telephone.scoring.choice_likelihood import BattleVotes  # noqa: E402
from telephone.scoring.distance_model import Cell, rank_by_distance  # noqa: E402
from telephone.scoring.hyperpriors import pair_covariance  # noqa: E402
from telephone.scoring.intervals import Floats  # noqa: E402
from telephone.scoring.vote_model import _fit, clusters, rank_by_votes  # noqa: E402

NORMAL = 1.959964
COVERED = (0.93, 0.97)
WIDTH = 1.15
ERROR = 0.05
"""How often a board may show a false order, or a false winner."""
HARD = {"easy": 0.3, "hard": 0.6}
SURE = 1e-12
"""Two truths that differ by less are equal."""


@dataclass(frozen=True, slots=True)
class Goals:
    """What a world is held to."""

    covered: tuple[float, float] = COVERED
    width: float = WIDTH
    order: float = ERROR
    winner: float = ERROR


AIMS = Goals()


@dataclass(frozen=True, slots=True)
class World:
    """A server of measured games, a pair × prompt each. Spreads in cosine distance.

    `models` and `pair` are those of strengths, `t2i_prompt`, `i2t_prompt` and `both` what they do on a prompt, `noise`
    the rest. `uneven` is the spread, in logarithms, of that of single pairs. `shape` turns what is normal into what is
    not. `exposure` is the least part of the prompts that a pair plays; `stopped` the part of the games lost most that
    are not played to the end. `chooses` says how pairs choose prompts: "all" play all; "level" half of the pairs play
    easy prompts alone; "some" half of them do and the others any; "easier" half prefer easy ones, and nobody says
    which these are.
    """

    models_of: tuple[int, int] = (3, 4)
    prompts: int = 12
    models: float = 0.04
    pair: float = 0.02
    t2i_prompt: float = 0.0
    i2t_prompt: float = 0.0
    both: float = 0.07
    noise: float = 0.07
    prompt: float = 0.1
    uneven: float = 0.0
    shape: str = "normal"
    exposure: float = 1.0
    stopped: float = 0.0
    chooses: str = "all"
    plays: int = 8

    @property
    def pairs(self) -> list[Pair]:
        return [Pair(f"t{t}", f"i{i}") for t, i in product(*map(range, self.models_of))]

    @property
    def same(self) -> tuple[Floats, Floats]:
        """Which pairs share their T2I, and which their I2T."""
        t, i = np.divmod(np.arange(len(self.pairs)), self.models_of[1])
        return (t[:, None] == t).astype(float), (i[:, None] == i).astype(float)

    def strengths(self, rng: np.random.Generator) -> Floats:
        (a, b), pair = self.models_of, self.pair
        found = rng.normal(0, self.models, a)[:, None] + rng.normal(0, self.models, b) + rng.normal(0, pair, (a, b))
        return np.asarray(found.ravel())

    def played(self, rng: np.random.Generator, theta: Floats) -> "Played":
        """Games of pairs that add `theta` (P,)."""
        (a, b), n = self.models_of, self.prompts
        level = np.array(["easy", "hard"])[np.arange(n) % 2] if self.chooses != "all" else np.full(n, "easy")
        hard = np.array([HARD[one] for one in level]) if self.chooses != "all" else np.full(n, 0.45)
        hard = hard + rng.normal(0, self.prompt, n)
        shared = np.repeat(rng.normal(0, self.t2i_prompt, (n, a)), b, axis=1)
        shared = shared + np.tile(rng.normal(0, self.i2t_prompt, (n, b)), a)
        spread = np.hypot(self.both, self.noise) * np.exp(rng.normal(-(self.uneven**2), self.uneven, a * b))
        y, spread = _shaped(self.shape, rng, hard[:, None] + theta + shared, spread)
        kept = self._kept(rng, hard, level)
        if self.stopped:
            lost = np.where(kept, y, -np.inf) >= np.quantile(y[kept], 1 - 2 * self.stopped)
            kept &= ~(lost & (rng.random(y.shape) < 0.5))
        known = level if self.chooses in ("level", "some") else np.full(n, None)
        return Played(self, y, kept, known, spread)

    def _kept(self, rng: np.random.Generator, hard: Floats, level: Floats) -> Floats:
        """Which prompts (K, P) each pair played."""
        size = len(self.pairs)
        if self.chooses == "all":
            often = np.linspace(self.exposure, 1, size)[rng.permutation(size)]
            return np.asarray(rng.random((self.prompts, size)) < often)
        kept = np.zeros((self.prompts, size), dtype=bool)
        for k in range(size):
            choosy = k < size // 2
            weight = {
                "level": level == ("easy" if choosy else "hard"),
                "some": (level == "easy") | (not choosy),
                "easier": np.exp(-6 * hard) if choosy else np.ones(len(hard)),
            }[self.chooses].astype(float)
            kept[rng.choice(self.prompts, self.plays, replace=False, p=weight / weight.sum()), k] = True
        return kept


@dataclass(frozen=True, slots=True)
class Played:
    """What was played: distances (K, P), which of them are `kept`, and the `level` (K,) of each prompt, None
    unknown; `spread` (K, P) is that of single games."""

    world: World
    y: Floats
    kept: Floats
    level: Floats
    spread: Floats

    @property
    def cells(self) -> list[Cell]:
        pairs = self.world.pairs
        return [
            Cell(pairs[p], f"p{k:03}", 1, float(self.y[k, p]), 0.0, self.level[k]) for k, p in np.argwhere(self.kept)
        ]

    def oracle(self) -> tuple[Floats, Floats]:
        """Estimates of θ (P,) and their covariance from every spread, prompts at random about their level."""
        world, (k, p) = self.world, np.nonzero(self.kept)
        same_t2i, same_i2t = world.same
        prior = pair_covariance(world.pairs, world.models, world.models, max(world.pair, 1e-5))
        on = world.prompt**2 + world.t2i_prompt**2 * same_t2i + world.i2t_prompt**2 * same_i2t
        whole = np.where(k[:, None] == k, on[p[:, None], p], 0.0) + np.diag(self.spread[k, p] ** 2)
        groups = self.level[k].astype(str)
        x = (groups[:, None] == np.unique(groups)).astype(float)
        inverse = np.linalg.inv(whole + prior[p[:, None], p])
        left = inverse - inverse @ x @ np.linalg.solve(x.T @ inverse @ x, x.T @ inverse)
        to = prior[:, p]
        return np.asarray(to @ left @ self.y[k, p]), np.asarray(prior - to @ left @ to.T)


def _shaped(shape: str, rng: np.random.Generator, middle: Floats, spread: Floats) -> tuple[Floats, Floats]:
    """Distances (K, P) about `middle`, single games with this spread (P,) or what the shape makes of it (K, P)."""
    if shape == "normal":
        return middle + spread * rng.standard_normal(middle.shape), np.broadcast_to(spread, middle.shape)
    if shape == "beta":  # near 0 it is skewed, and it never leaves [0, 1]
        inside = np.clip(middle - 0.3, 0.02, 0.98)
        size = np.maximum(inside * (1 - inside) / spread**2 - 1, 0.5)
        return rng.beta(inside * size, (1 - inside) * size), np.sqrt(inside * (1 - inside) / (size + 1))
    # Lost, and then as far as unrelated prompts, or kept; on average where it should be.
    part = np.clip((middle - 0.25) / 0.6, 0.02, 0.98)
    found = np.where(rng.random(middle.shape) < part, 0.85, 0.25) + 0.05 * rng.standard_normal(middle.shape)
    return found, np.sqrt(0.36 * part * (1 - part) + 0.0025)


def by_distance(world: World, repeats: int, held_to: Goals, equal: bool = False) -> list[Claim]:
    """A world's row. With `equal` all pairs are, and every order is false."""
    rng = np.random.default_rng(23)
    seen = Seen()
    for _ in range(repeats):
        theta = np.zeros(len(world.pairs)) if equal else world.strengths(rng)
        played = world.played(rng, theta)
        board = rank_by_distance(played.cells)
        place = {pair: k for k, pair in enumerate(world.pairs)}
        order = np.array([place[row.pair] for row in board.rows])
        group = np.array([row.group for row in board.rows])
        same = group[:, None] == group
        centring = np.eye(len(group)) - same / same.sum(axis=1)
        estimates, covariance = played.oracle()
        known = centring @ estimates[order], np.sqrt(np.diag(centring @ covariance[np.ix_(order, order)] @ centring))
        truth = centring @ theta[order]
        middle = np.array([row.distance.estimate for row in board.rows])
        ends = np.array([(row.distance.low, row.distance.high) for row in board.rows])
        # The board's own centre: rows are differences from the mean of their group.
        ends = ends - (same @ middle / same.sum(axis=1))[:, None]
        alone = same.sum(axis=1) == 1
        seen.add(ends, truth, known, ~alone)
        seen.order(ends, same, theta[order], [row.pair == board.winner for row in board.rows])
    return seen.claims(held_to)


class Seen:
    """What was seen of the boards of one world."""

    def __init__(self) -> None:
        self.held: list[float] = []
        self.known: list[float] = []
        self.ratios: list[float] = []
        self.false: list[bool] = []
        self.wrong: list[bool] = []

    def add(self, ends: Floats, truth: Floats, oracle: tuple[Floats, Floats], there: Floats) -> None:
        """The ends of intervals (P, 2), what is true (P,), what an oracle says, and which rows (P,) are compared."""
        if not there.any():
            return
        estimates, deviations = oracle
        self.held.append(float(np.mean((ends[:, 0] <= truth) & (truth <= ends[:, 1]), where=there)))
        self.known.append(float(np.mean(np.abs(estimates - truth) <= NORMAL * deviations, where=there)))
        self.ratios.append(float(np.mean(ends[there, 1] - ends[there, 0]) / (2 * NORMAL * deviations[there].mean())))

    def order(self, ends: Floats, same: Floats, far: Floats, won: list[bool]) -> None:
        """The ends (P, 2) of intervals, which pairs are ranked together (P, P), how far (P,) each truly is, less being
        better, and which of them has won."""
        surely = same & (ends[:, 1][:, None] < ends[:, 0])
        self.false.append(bool(np.any(surely & (far[:, None] > far - SURE))))
        first = np.array(won)
        self.wrong.append(bool(first.any() and not np.all(far[first][0] < far[~first] - SURE)))

    def claims(self, goals: Goals) -> list[Claim]:
        least, most = goals.covered
        found = [share("a false order shown", self.false, ERROR, most=goals.order)]
        found.append(share("a false winner", self.wrong, ERROR, most=goals.winner))
        if not self.held:
            return found
        covered = mean("coverage of 95% intervals", self.held, least=least, most=most)
        # Of few boards the scatter says little: each is worth no more than three intervals by themselves.
        covered = replace(covered, error=max(covered.error, (0.95 * 0.05 / 3 / len(self.held)) ** 0.5))
        rows = [
            covered,
            mean("  that of the oracle", self.known),
            mean("width, oracle's = 1", self.ratios, most=goals.width),
        ]
        return [*rows, *found]


@dataclass(frozen=True, slots=True)
class Crowd:
    """A server of battles of two sides. Spreads in log-odds; `on_prompt` is what a pair does on one of `prompts`, which
    are used again and again (0: each battle has its own). Parts of the voters are `careless`, and toss a coin, or of a
    `brigade`, and choose one pair wherever it stands."""

    battles: int = 40
    votes: int = 30
    voters: int = 200
    luck: float = 0.5
    on_prompt: float = 0.0
    prompts: int = 0
    taste: float = 0.0
    careless: float = 0.0
    brigade: float = 0.0
    models: float = 0.7
    pair: float = 0.35

    @property
    def shrinks(self) -> float:
        """By how much the crowd's log-odds are those of one careful voter of average taste."""
        points, weights = np.polynomial.hermite_e.hermegauss(60)
        half = float(weights @ (1 / (1 + np.exp(-1 - 2**0.5 * self.taste * points))) / weights.sum())
        half = (1 - self.careless) * half + self.careless / 2
        return float(np.log(half / (1 - half)))

    def cast(self, rng: np.random.Generator, theta: Floats) -> list[BallotVote]:
        own = rng.normal(0, self.on_prompt, (max(self.prompts, 1), len(PAIRS)))
        tastes = rng.normal(0, self.taste, (self.voters, len(PAIRS)))
        careless, favourite = rng.random(self.voters) < self.careless, int(rng.integers(len(PAIRS)))
        brigade = np.arange(self.voters) < self.brigade * self.voters
        found = []
        for battle in range(self.battles):
            shown = rng.choice(len(PAIRS), 2, replace=False)
            prompt = battle % self.prompts if self.prompts else battle
            here = theta[shown] + own[prompt % len(own), shown] + rng.normal(0, self.luck, 2)
            who = rng.choice(self.voters, self.votes, replace=False)
            gaps = here[0] - here[1] + tastes[who, shown[0]] - tastes[who, shown[1]]
            likes = rng.random(self.votes) < np.where(careless[who], 0.5, 1 / (1 + np.exp(-gaps)))
            likes = np.where(brigade[who] & (favourite in shown), shown[0] == favourite, likes)
            sides = PAIRS[shown[0]], PAIRS[shown[1]]
            found += [
                BallotVote(sides, 0 if like else 1, f"v{voter}", f"b{battle}", f"p{prompt}")
                for voter, like in zip(who, likes, strict=True)
            ]
        return found


def by_votes(crowd: Crowd, repeats: int, held_to: Goals, equal: bool = False) -> list[Claim]:
    """A crowd's row. The oracle is told every spread, but not who is careless or of a brigade."""
    rng, seen = np.random.default_rng(29), Seen()
    spreads = np.array([crowd.models, crowd.pair, np.hypot(crowd.luck, crowd.on_prompt)]) * crowd.shrinks
    for _ in range(repeats):
        theta = np.zeros(len(PAIRS)) if equal else pair_effects(rng, crowd.models, crowd.pair)
        ballots = tally(crowd.cast(rng, theta))
        board, battles, size = rank_by_votes(ballots), BattleVotes.of(ballots), len(ballots.pairs)
        places = [ballots.pairs.index(row.pair) for row in board.rows]
        group = np.array([row.group for row in board.rows])
        same = group[:, None] == group
        centring = np.eye(size) - same / same.sum(axis=1)
        truth = crowd.shrinks * theta[[PAIRS.index(row.pair) for row in board.rows]]
        fit = _fit(ballots.pairs, battles, spreads, None)
        covariance = (centring @ fit.covariance[:size, :size][np.ix_(places, places)] @ centring).copy()
        if crowd.taste:
            covariance += clusters(ballots, battles, fit, np.eye(size) - 1 / size)[np.ix_(places, places)]
        known = centring @ fit.values[places], np.sqrt(np.diag(covariance))
        ends = np.array([(row.theta.low, row.theta.high) for row in board.rows])
        seen.add(ends, centring @ truth, known, same.sum(axis=1) > 1)
        seen.order(-ends[:, ::-1], same, -truth, [row.pair == board.winner for row in board.rows])
    return seen.claims(held_to)


def cases() -> Iterator[Case]:
    both = World(models_of=(4, 4), t2i_prompt=0.06, i2t_prompt=0.06, both=0.03, noise=0.0)
    one = World(models_of=(3, 8), prompts=20, t2i_prompt=0.08, both=0.03, noise=0.0)
    few = {"models_of": (2, 3), "prompts": 20}
    worlds = {
        "its own model, 12 prompts": (World(), AIMS),
        "its own, no interaction of T2I and I2T": (World(pair=0.0), Goals((0.93, 0.99), 1.25)),
        "T2I × prompt and I2T × prompt .06, 4 × 4, 12 prompts": (both, AIMS),
        "T2I × prompt .08, 3 × 8, 20 prompts": (one, Goals(order=0.1)),
        "half of the pairs play easy prompts, the others hard ones": (World(**few, chooses="level"), Goals(width=1.2)),
        "half of the pairs play easy prompts, the others any": (
            World(**few, chooses="some"),
            Goals((0.93, 0.98), 1.25),
        ),
        "half prefer easier prompts, and nobody says which": (World(**few, chooses="easier"), Goals((0.93, 0.98), 1.3)),
        "bounded and skewed: beta about .15": (World(shape="beta"), Goals((0.91, 0.97))),
        "each game lost or kept": (World(shape="lost", prompts=20), Goals((0.93, 0.99), 1.3)),
        "noise of pairs that differs: spread .5 in logarithms": (World(uneven=0.5), Goals((0.91, 0.97), 1.3)),
        "pairs that played 15 to 100% of 20 prompts": (World(exposure=0.15, prompts=20), AIMS),
        "a tenth of games, those lost most, stopped": (World(stopped=0.1, prompts=20), Goals((0.90, 0.97))),
    }
    for title, (world, goals) in worlds.items():
        yield Case(f"by distance: {title}", partial(by_distance, world, held_to=goals), 200)
    for title, world in (("4 × 4, 12 prompts", both), ("3 × 8, 20 prompts", one)):
        equal = partial(by_distance, world, held_to=Goals((0.93, 1.0)), equal=True)
        yield Case(f"by distance: equal pairs, what models do on a prompt as above, {title}", equal, 200)
    crowds = {
        "its own model, 40 battles of 30": (Crowd(), AIMS),
        "10 prompts in 200 battles, pair × prompt .5": (
            Crowd(200, 10, on_prompt=0.5, prompts=10),
            Goals((0.83, 0.97), order=0.1),
        ),
        "tastes of voters .5": (Crowd(80, 15, 40, taste=0.5), AIMS),
        "a fifth of the voters careless": (Crowd(careless=0.2), Goals((0.87, 0.97))),
        "a brigade of a tenth for one pair": (Crowd(brigade=0.1), Goals((0.85, 0.97))),
        "20 votes, each in a battle of its own": (Crowd(20, 1), Goals((0.93, 1.0), 1.6)),
    }
    for title, (crowd, goals) in crowds.items():
        yield Case(f"by votes: {title}", partial(by_votes, crowd, held_to=goals), 75)


if __name__ == "__main__":
    run(__doc__, cases())

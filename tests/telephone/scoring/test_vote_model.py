"""The board by votes, against print, against direct computation, and by recovery of simulated pairs."""

import math
import random
from dataclasses import fields, replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import minimize
from scipy.special import expit, logsumexp

from telephone.domain.games import Pair
from telephone.scoring import vote_model as board
from telephone.scoring.ballots import ALL_BAD, CHOSE_NONE, CHOSE_TIE, TIE, BallotVote, LineUp, gather, tally
from telephone.scoring.choice_likelihood import POSITION, TIES, BattleVotes
from telephone.scoring.hyperpriors import pair_covariance
from telephone.scoring.vote_model import POINTS, rank_by_votes

pytestmark = pytest.mark.slow

A, B, C, D = (Pair(name, "x") for name in "abcd")

WINS = {
    "Milwaukee": (0, 7, 9, 7, 7, 9, 11),
    "Detroit": (6, 0, 7, 5, 11, 9, 9),
    "Toronto": (4, 6, 0, 7, 7, 8, 12),
    "New York": (6, 8, 6, 0, 6, 7, 10),
    "Boston": (6, 2, 6, 7, 0, 7, 12),
    "Cleveland": (4, 4, 5, 6, 6, 0, 6),
    "Baltimore": (2, 4, 1, 3, 1, 7, 0),
}
"""Wins of row over column, American League East 1987: Agresti 2002, Categorical Data Analysis, 2nd ed., table 10.10."""
PRINTED = {
    "Milwaukee": (1.5814, 0.3433),
    "Detroit": (1.4364, 0.3396),
    "Toronto": (1.2945, 0.3367),
    "New York": (1.2476, 0.3359),
    "Boston": (1.1077, 0.3339),
    "Cleveland": (0.6839, 0.3319),
}
"""Log abilities against Baltimore and standard errors: Turner and Firth 2012, J. Stat. Softw. 48(9), section 2."""

line_ups = st.sampled_from([(A, B), (B, A), (A, C), (A, B, C), (D, C, B, A)])


@st.composite
def ballots_cast(draw: st.DrawFn) -> list[BallotVote]:
    cast = []
    for n in range(draw(st.integers(1, 10))):
        sides = draw(line_ups)
        outcomes = [*range(len(sides)), ALL_BAD, *([TIE] if len(sides) == 2 else [])]
        battle = draw(st.sampled_from([None, f"battle {sides}"]))
        cast.append(BallotVote(sides, draw(st.sampled_from(outcomes)), f"voter {n}", battle))
    return cast


def both_ways(winner: Pair, loser: Pair, count: int) -> list[BallotVote]:
    """Every win once from each button, so that no position gains anything."""
    return [
        BallotVote(sides, sides.index(winner), f"{winner} {loser} {n} {k}")
        for n in range(count)
        for k, sides in enumerate([(winner, loser), (loser, winner)])
    ]


def simulated(
    rng: np.random.Generator, battles: int, votes: int, luck: float
) -> tuple[list[BallotVote], dict[Pair, float]]:
    """Votes on 3 × 4 models of known utilities, and those utilities."""
    pairs = [Pair(f"t{t}", f"i{i}") for t, i in product(range(3), range(4))]
    truth = rng.normal(0, 0.7, 3)[:, None] + rng.normal(0, 0.7, 4) + rng.normal(0, 0.3, (3, 4))
    theta = dict(zip(pairs, truth.ravel(), strict=True))
    cast = []
    for battle in range(battles):
        one, other = (pairs[k] for k in rng.permutation(12)[:2])
        odds = theta[one] - theta[other] + luck * (rng.normal() - rng.normal())
        chosen = rng.random(votes) > expit(odds)
        cast += [
            BallotVote((one, other), int(c), f"{battle} {n}", str(battle), str(battle)) for n, c in enumerate(chosen)
        ]
    return cast, theta


def test_bradley_and_terrys_model_is_as_printed() -> None:
    teams = [Pair(name, name) for name in WINS]
    cast = [
        vote
        for team, row in zip(teams, WINS.values(), strict=True)
        for other, n in zip(teams, row, strict=True)
        for vote in both_ways(team, other, n)
    ]
    ballots = tally(cast)
    fit = board._fit(ballots.pairs, BattleVotes.of(ballots), np.zeros(0), 1000.0)
    last = ballots.pairs.index(teams[-1])
    for name, (ability, error) in PRINTED.items():
        contrast = np.zeros(len(fit.values))
        contrast[ballots.pairs.index(Pair(name, name))], contrast[last] = 1, -1
        assert contrast @ fit.values == pytest.approx(ability, abs=1e-4)
        # Every game stands twice, once a button: half the variance.
        assert math.sqrt(2 * contrast @ fit.covariance @ contrast) == pytest.approx(error, abs=1e-4)


def test_sides_that_are_no_buttons_leave_print_as_it_is() -> None:
    """Every game with the team that comes first in the alphabet on the left: a gain by position would be made up."""
    teams = {name: Pair(name, name) for name in WINS}
    cast = [
        BallotVote(sides, sides.index(teams[winner]), f"{winner} {loser} {n}")
        for winner, row in WINS.items()
        for loser, wins in zip(WINS, row, strict=True)
        for n in range(wins)
        for sides in [tuple(sorted((teams[winner], teams[loser]), key=str))]
    ]
    ballots = tally(cast)
    assert not ballots.turned
    assert tally([*cast, BallotVote((teams["Toronto"], teams["Boston"]), 0, "v")]).turned
    found = {row.pair.t2i: row.theta.estimate for row in rank_by_votes(ballots, prior_sd=1000, position=0).rows}
    for name, (ability, _) in PRINTED.items():
        assert found[name] - found["Baltimore"] == pytest.approx(ability, abs=1e-4)
    with_buttons = {row.pair.t2i: row.theta.estimate for row in rank_by_votes(ballots, prior_sd=1000).rows}
    assert with_buttons["Milwaukee"] - with_buttons["Baltimore"] != pytest.approx(PRINTED["Milwaukee"][0], abs=0.02)


def test_davidsons_ties_are_as_worked_out_by_hand() -> None:
    """Two sides with w, l wins and t ties: the estimates solve to Δ = log(w / l) and ν = t / √(w l)."""
    ties = [BallotVote(sides, TIE, f"tie {n} {k}") for n in range(150) for k, sides in enumerate([(A, B), (B, A)])]
    found = rank_by_votes(tally(both_ways(A, B, 300) + both_ways(B, A, 100) + ties), prior_sd=100.0)
    assert found.rows[0].pair == A
    assert found.rows[0].theta.estimate - found.rows[1].theta.estimate == pytest.approx(math.log(3), abs=1e-3)
    assert found.tie == pytest.approx(150 / math.sqrt(300 * 100), abs=1e-3)


def test_the_mode_is_where_a_direct_search_finds_it() -> None:
    """Two, three and four sides, ties and luck at once, with the whole posterior written out."""
    cast = [
        BallotVote((A, B), 0, "1", "one"),
        BallotVote((A, B), TIE, "2", "one"),
        BallotVote((C, A, B), 1, "1", "two"),
        BallotVote((C, A, B), 0, "2", "two"),
        BallotVote((D, C, B, A), 3, "1", "three"),
        BallotVote((B, D), 1, "3"),
    ]
    ballots = tally(cast)
    battles = BattleVotes.of(ballots)
    found = board._fit(ballots.pairs, battles, np.array([0.8, 0.4, 0.6]), None)
    prior = np.linalg.inv(pair_covariance(ballots.pairs, 0.8, 0.8, 0.4))
    names = ["one", "two", "three"]

    def surprise(x: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
        theta, delta, nu, luck = x[:4], x[4:8], x[8], x[9:].reshape(3, 4)
        height = -0.5 * (theta @ prior @ theta + delta @ delta / POSITION**2 + nu**2 / TIES**2)
        height -= 0.5 * np.sum(luck**2) / 0.6**2
        for vote in cast:
            u = luck[names.index(vote.battle)] if vote.battle else np.zeros(4)
            side = [theta[ballots.pairs.index(p)] + delta[k] + u[k] for k, p in enumerate(vote.sides)]
            line = [*side, nu + (side[0] + side[1]) / 2] if len(side) == 2 else side
            height += line[-1 if vote.outcome == TIE else int(vote.outcome)] - logsumexp(line)
        return float(-height)

    direct = minimize(surprise, np.zeros(21), method="BFGS", options={"gtol": 1e-7})
    assert found.values == pytest.approx(direct.x[:9], abs=1e-5)


def test_laplaces_evidence_agrees_with_the_integral() -> None:
    """One battle of two sides: all terms are one normal difference, integrated here by quadrature."""

    def evidence(spreads: tuple[float, float, float]) -> tuple[float, float]:
        ballots = tally([BallotVote((A, B), int(n >= 14), str(n), "one") for n in range(20)])
        laplace = board._fit(ballots.pairs, BattleVotes.of(ballots), np.array(spreads), None).evidence
        models, pair, luck = spreads
        sd = math.sqrt(2 * (models**2 + pair**2 + luck**2 + POSITION**2))
        exact = quad(lambda d: math.exp(-0.5 * (d / sd) ** 2) / sd * expit(d) ** 14 * expit(-d) ** 6, -12, 12)[0]
        return laplace, math.log(exact)

    one, other = evidence((0.5, 0.3, 0.4)), evidence((1.5, 0.6, 1.0))
    assert one[0] - other[0] == pytest.approx(one[1] - other[1], abs=0.03)


@pytest.mark.long
def test_intervals_hold_the_true_utilities_as_often_as_they_say() -> None:
    """The case that covered 50 to 71% without the luck of battles: 12 pairs, 40 battles of 30 votes."""
    rng = np.random.default_rng(4)
    held = []
    for luck in (0.0, 0.5, 1.0):
        for _ in range(12):
            cast, theta = simulated(rng, 40, 30, luck)
            found = rank_by_votes(tally(cast))
            mean = np.mean(list(theta.values()))
            held += [row.theta.low < theta[row.pair] - mean < row.theta.high for row in found.rows]
    assert 0.90 < np.mean(held) < 0.99


def test_voters_of_one_mind_widen_the_intervals() -> None:
    """The same votes on the same sides, once each by a voter of their own, once by ten who never waver."""
    cast = [(n, int(n % 10 < 3), k) for k in range(12) for n in range(10)]
    own = tally([BallotVote((A, B), side, f"{n} {k}", None, str(k)) for n, side, k in cast])
    same = tally([BallotVote((A, B), side, f"{n}", None, str(k)) for n, side, k in cast])
    assert rank_by_votes(same).rows[0].theta.width > 1.3 * rank_by_votes(own).rows[0].theta.width


def test_who_votes_a_thousand_times_weighs_twenty() -> None:
    ballots = tally(
        [BallotVote((A, B), 0, "eager") for _ in range(1000)] + [BallotVote((A, B), 1, str(n)) for n in range(20)]
    )
    assert ballots.weight.sum() == pytest.approx(40)
    assert rank_by_votes(ballots).rows[0].theta.estimate == pytest.approx(0, abs=1e-6)


def test_luck_is_the_same_however_eager_the_voters_are() -> None:
    """The same battles, once by voters who vote in one each, once by thirty who vote in all and so weigh less."""
    cast, _ = simulated(np.random.default_rng(9), 60, 30, 0.8)
    eager = [replace(vote, voter=vote.voter.split()[1]) for vote in cast]
    one, other = rank_by_votes(tally(cast)), rank_by_votes(tally(eager))
    assert tally(eager).weight.max() == pytest.approx(1 / 3)
    assert one.luck == pytest.approx(0.8, abs=0.2)
    assert other.luck == pytest.approx(one.luck, abs=0.01)


def test_one_battle_stays_provisional_however_many_voted() -> None:
    ballots = tally([BallotVote((A, B), int(n % 10 >= 7), str(n), "one", "p") for n in range(3000)])
    nameless = tally([BallotVote((A, B), 0, str(n), "one") for n in range(9)])
    for one_battle in (ballots, nameless):
        assert all(row.provisional for row in rank_by_votes(one_battle, settled=1e6).rows)
    found = rank_by_votes(ballots)
    assert [row.rank for row in found.rows] == [1, 1]
    assert [(row.votes, row.battles, row.prompts) for row in found.rows] == [(3000, 1, 1)] * 2
    assert found.rows[0].theta.low < 0 < found.rows[0].theta.estimate


def test_many_battles_on_many_prompts_settle_a_pair() -> None:
    shown = [(A, B), (B, A)]
    cast = [
        BallotVote(shown[n % 2], int((v == 0) == (n % 4 < 2)), f"{n} {v}", str(n), str(n % 9))
        for n in range(120)
        for v in range(3)
    ]
    settled = rank_by_votes(tally(cast))
    assert not any(row.provisional for row in settled.rows)
    assert settled.winner is None
    ahead = [replace(vote, outcome=vote.sides.index(A)) if vote.voter.endswith("0") else vote for vote in cast]
    assert rank_by_votes(tally(ahead)).winner == A
    one_prompt = rank_by_votes(tally([replace(vote, prompt="p") for vote in ahead]))
    assert all(row.provisional for row in one_prompt.rows)
    assert ([row.rank for row in one_prompt.rows], one_prompt.winner) == ([1, 2], None)


def test_the_first_vote_is_an_answer() -> None:
    rows = rank_by_votes(tally([BallotVote((A, B), 0, "v", "one", "p")])).rows
    assert [row.pair for row in rows] == [A, B]
    assert rows[0].rating.estimate > 1000 > rows[1].rating.estimate
    assert rows[0].rating.width > 400
    assert all(row.provisional for row in rows)
    assert rows[0].rating.estimate - 1000 == pytest.approx(POINTS * rows[0].theta.estimate)


def test_an_unbeaten_pair_and_islands_have_finite_ratings() -> None:
    cast = both_ways(A, B, 400) + both_ways(C, D, 1)
    for prior in (None, 1000.0):
        found = rank_by_votes(tally(cast), prior_sd=prior)
        assert np.all(np.isfinite([(r.rating.low, r.rating.estimate, r.rating.high) for r in found.rows]))


def test_all_bad_is_counted_and_moves_nothing() -> None:
    good = [BallotVote((A, B), 0, "1", "one", "p"), BallotVote((B, C), 0, "1", "two", "p")]
    bad = [BallotVote((A, B), ALL_BAD, str(n), "one", "p") for n in range(2, 9)]
    with_bad, without = rank_by_votes(tally(good + bad)), rank_by_votes(tally(good))
    assert [row.theta for row in with_bad.rows] == [row.theta for row in without.rows]
    assert {row.pair: row.all_bad for row in with_bad.rows} == {A: 7, B: 7, C: 0}
    alone = rank_by_votes(tally(bad))
    assert [row.votes for row in alone.rows] == [0, 0]
    assert alone.rows[0].theta.estimate == pytest.approx(0)


def test_a_gain_by_position_is_not_the_pairs() -> None:
    """Whoever stands first wins 3 of 4: nobody is better, the button is."""
    cast = [BallotVote(s, int(n % 4 == 0), f"{n} {s}") for s in ((A, B), (B, A)) for n in range(400)]
    found = rank_by_votes(tally(cast))
    assert found.rows[0].theta.estimate == pytest.approx(0, abs=1e-6)
    assert found.positions[0] - found.positions[1] == pytest.approx(math.log(3), abs=0.1)


@settings(max_examples=20, deadline=None)
@given(ballots_cast(), st.randoms(use_true_random=False))
def test_any_votes_give_finite_rows_whatever_their_order(cast: list[BallotVote], chance: random.Random) -> None:
    found = rank_by_votes(tally(cast))
    values = [(row.theta.low, row.theta.estimate, row.theta.high) for row in found.rows]
    assert np.all(np.isfinite(values))
    assert all(low < mid < high for low, mid, high in values)
    assert sum(mid for _, mid, _ in values) == pytest.approx(0, abs=1e-6)
    assert rank_by_votes(tally(chance.sample(cast, len(cast)))) == found


def test_votes_as_columns_are_the_votes_one_by_one() -> None:
    cast = [
        BallotVote((B, A), 0, "zoe", "two", "p"),
        BallotVote((A, B), TIE, "amy", "one", "p"),
        BallotVote((C, A, D), ALL_BAD, "zoe", None),
        BallotVote((C, A, D), 2, "amy", None),
        BallotVote((A, B), 1, "zoe", "one", "p"),
    ]
    line_ups = [LineUp((C, A, D)), LineUp((B, A), "two", "p"), LineUp((A, B), "one", "p")]
    columns = gather(
        line_ups,
        np.array([1, 2, 0, 0, 2]),
        np.array([0, CHOSE_TIE, CHOSE_NONE, 2, 1]),
        ["zoe", "amy"],
        np.array([0, 1, 0, 1, 0]),
    )
    for one in fields(columns):
        assert np.array_equal(getattr(columns, one.name), getattr(tally(cast), one.name)), one.name


def test_a_vote_sent_twice_counts_once() -> None:
    vote = BallotVote((A, B), 0, "v", "one", "p")
    assert tally([vote, vote]).battle.tolist() == tally([vote]).battle.tolist()


@pytest.mark.parametrize(
    ("cast", "says"),
    [
        ([BallotVote((A, B), "draw", "v")], "no outcome"),
        ([BallotVote((A, B), 2, "v")], "no outcome"),
        ([BallotVote((A, B), -1, "v")], "no outcome"),
        ([BallotVote((A, B, C), TIE, "v")], "two sides"),
        ([BallotVote((A, A), 0, "v")], "different pairs"),
        ([BallotVote((A,), 0, "v")], "different pairs"),
        ([BallotVote((A, B), 0, "v", "one"), BallotVote((A, B), 1, "v", "one")], "one voter"),
        ([BallotVote((A, B), 0, "v", "one"), BallotVote((B, A), 1, "w", "one")], "now these sides"),
        ([], "at least one vote"),
    ],
)
def test_votes_that_cannot_be_raise(cast: list[BallotVote], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        tally(cast)


@pytest.mark.parametrize("prior", [0.0, -1.0, math.nan, math.inf, 1e9, 1e7, 1.001e5])
def test_a_prior_that_is_none_raises(prior: float) -> None:
    with pytest.raises(ValueError, match="above 0 and at most 100000"):
        rank_by_votes(tally([BallotVote((A, B), 0, "v")]), prior_sd=prior)

"""The drift of one pair in words, for the terminal and for Discord alike. Pure.

`shown` makes a name fit for the place; nothing else in a sentence came from people or models.
"""

from telephone.domain.calibration import where
from telephone.leaderboards.wording.board import left_out
from telephone.leaderboards.wording.insights import Shown, figures, percent
from telephone.scoring.attribution import Shares
from telephone.scoring.decay import Decay, half_life
from telephone.scoring.intervals import Interval
from telephone.scoring.pair_curve import Estimate, PairCourse, PairDrift, Resting

NONE_YET = "No game of this pair on a {kind} prompt is measured here yet; /telephone start plays one."


def sentences(found: PairDrift, shown: Shown = str, *, rescore: str = "/telephone-admin rescore") -> tuple[str, ...]:
    """All that is known of a pair, one matter each; where something is not known, why."""
    if found.course is None:
        return (NONE_YET.format(kind="free" if found.free else "curated"), *_left(found, shown, rescore))
    told = [_played(found, found.course), *_left(found, shown, rescore)]
    told += [_end(found, found.course), _similarity(found.course)]
    told += [_decay(found.course.decay), _rest(found.resting)]
    told += [] if found.shares is None else [_blame(found.shares)]
    return (*told, *_kin(found, shown))


def _kin(found: PairDrift, shown: Shown) -> list[str]:
    names = " and ".join(map(shown, found.kin))
    may = f"{names} {_is(len(found.kin))} kin of {shown(found.label)}, which may find in its own what others would miss"
    return [f"{may}: ask a second embedder."] if found.kin else []


def _played(found: PairDrift, course: PairCourse) -> str:
    prompt = f"{found.level.value} prompt" if found.level else "free prompt" if found.free else "prompt"
    played = f"{_count(found.games, 'game')} of {_count(course.turns, 'turn')} on {_count(course.prompts, prompt)}"
    return f"{played}{', provisional' if course.provisional else ''}."


def _left(found: PairDrift, shown: Shown, rescore: str) -> list[str]:
    latest = "There are older games than these, which are not looked at."
    shorter = f"{_count(found.shorter, 'shorter game')} {_is(found.shorter)} left out."
    unmeasured = f"{_count(found.unmeasured, 'game')} {_is(found.unmeasured)} not measured by {shown(found.label)} yet"
    return [
        *([latest] if found.latest else []),
        *([shorter] if found.shorter else []),
        *([f"{unmeasured}; {rescore} does it."] if found.unmeasured else []),
        *([left_out(found.unread, shown(found.label))] if found.unread else []),
    ]


def _end(found: PairDrift, course: PairCourse) -> str:
    end = course.curve[-1]
    lies = "" if found.scale is None else f" That is {where(end.value, found.scale)}."
    return f"At turn {course.turns} its captions are {_estimate(end)} from the prompt.{lies}"


def _similarity(course: PairCourse) -> str:
    seen = "" if course.pictures is None else f", of its pictures {_estimate(course.pictures)}"
    return (
        f"Mean Cumulative Drift, a similarity to the prompt over all turns, higher is less drift: "
        f"of its captions {_estimate(course.captions)}{seen}."
    )


def _decay(decay: Decay | None) -> str:
    if decay is None:
        return "Decay: fewer than four turns do not tell its shape."
    if decay.rate is None:
        return f"Decay: {decay.why}."
    rate = _interval(decay.rate)
    if decay.best.shape == "power":
        return f"Decay: a power of the turn, likeness falls as g^(−b), b {rate}."
    half = _interval(half_life(decay.rate))
    return f"Decay: exponential, b {rate} a turn; half of what is lost is lost in {half} turns."


def _rest(found: Resting | None) -> str:
    if found is None:
        return "Rest: not known before the scale of this embedder is."
    if not found.games:
        return "Rest: games of fewer than three turns do not tell."
    if not found.rested:
        return f"Rest: none of {_count(found.games, 'game')} came to rest by its last turn."
    by = "" if found.median is None else f", half of the {found.games:,} by turn {found.median}"
    cycles = f"; in {found.cycles} of them two captions take turns" if found.cycles else ""
    moving = found.games - found.rested
    others = f"; {moving} had not by {'its' if moving == 1 else 'their'} last turn" if moving else ""
    return f"Rest: {found.rested} of {_count(found.games, 'game')} came to rest{by}{cycles}{others}."


def _blame(found: Shares) -> str:
    if found.t2i is None or found.i2t is None:
        return f"Blame: {found.why}."
    return f"Blame: of what was lost the pictures lost {percent(found.t2i)}, the captions {percent(found.i2t)}."


def _estimate(found: Estimate) -> str:
    if found.interval is None:
        return f"{found.value:.2f}"
    low, high = max(-1.0, found.interval.low), min(2.0, found.interval.high)
    return f"{found.value:.2f} ({low:.2f} to {high:.2f})"


def _interval(found: Interval) -> str:
    middle, low, high = figures(found.estimate, found.low, found.high)
    return f"{middle} ({low} to {high})"


def _count(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def _is(count: int) -> str:
    return "is" if count == 1 else "are"

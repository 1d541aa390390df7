"""Boards and answers as JSON documents; tests/contracts describes them. What is not known is null, never NaN."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from math import isfinite
from typing import Any

from telephone.leaderboards.board import Board, PairRow, Verdict
from telephone.leaderboards.insight_results import Difficulties, EffectCourse, InsightAnswer
from telephone.leaderboards.wording.insights import more_games
from telephone.scoring.crossed_effects import Effect
from telephone.scoring.decay import Decay, half_life
from telephone.scoring.distance_model import Cell, DistanceBoard, DistanceBoardRow
from telephone.scoring.factor_effects import Factor, Insights, difficulty, factors, unknown
from telephone.scoring.intervals import Interval
from telephone.scoring.pair_curve import Estimate, PairDrift
from telephone.scoring.vote_model import VoteBoard, VoteBoardRow

Document = dict[str, Any]


def board_document(board: Board) -> Document:
    """A board of stored games: by distance or votes with the figures in each row, by both with two sets of them."""
    asked = board.asked
    return {
        "by": asked.by,
        "server": asked.guild_id,
        "level": asked.level,
        "games": asked.games,
        "prompts": asked.prompts,
        "turns": board.turns,
        "embedder": {"name": board.judge.name, "version": board.judge.version, "label": board.judge.label},
        "judges": list(board.judges),
        "pairs": [_row(row, board) for row in board.rows],
        "mean": board.distance and _interval(board.distance.mean),
        "agreement": board.agreement
        and {"pairs": board.agreement.pairs, "tau": _interval(board.agreement.tau), "why": board.agreement.why},
        "people": [
            {
                "embedder": row.embedder,
                "level": row.level,
                "battles": row.agreement.battles,
                "votes": row.agreement.votes,
                "won": _interval(row.agreement.won),
                "share": _interval(row.agreement.share),
            }
            for row in board.people
        ],
        "unmeasured": board.unmeasured,
        "unread": board.unread,
        "heads_differ": board.heads_differ,
        **_verdict(board.verdict),
    }


def votes_document(board: VoteBoard, verdict: Verdict) -> Document:
    """A board by votes."""
    pairs = [{"t2i": row.pair.t2i, "i2t": row.pair.i2t, **_by_votes(row)} for row in board.rows]
    return {
        "by": "votes",
        "pairs": pairs,
        **_verdict(verdict),
        "groups": len(board.groups),
        "voters": board.voters,
        "luck": board.luck,
        "tie": board.tie,
        "positions": list(board.positions),
    }


def scores_document(board: DistanceBoard, verdict: Verdict) -> Document:
    """A board of the scores of a CSV."""
    rows = sorted(board.rows, key=lambda row: row.rank)
    return {
        "by": "distance",
        "pairs": [{"t2i": row.pair.t2i, "i2t": row.pair.i2t, **_by_distance(row, None)} for row in rows],
        "mean": _interval(board.mean),
        **_verdict(verdict),
    }


def _row(row: PairRow, board: Board) -> Document:
    parts = {"distance": _by_distance(row.distance, row.head), "votes": _by_votes(row.votes)}
    figures = parts if board.asked.by == "both" else parts[board.asked.by]
    return {
        "t2i": row.pair.t2i,
        "i2t": row.pair.i2t,
        **figures,
        "kin": list(row.kin),
        "completion": asdict(row.completion),
    }


def _by_distance(row: DistanceBoardRow | None, head: DistanceBoardRow | None) -> Document:
    """The figures of a pair; null where none of its games counts."""
    return {
        "distance": row and row.distance.estimate,
        **_ends(row.distance if row else None),
        "n": row.games if row else 0,
        "prompts": row.prompts if row else 0,
        "provisional": row is None or row.provisional,
        "rank": row and row.rank,
        "group": row and row.group,
        "head": head and {"distance": head.distance.estimate, **_ends(head.distance), "rank": head.rank},
    }


def _by_votes(row: VoteBoardRow | None) -> Document:
    """The figures of a pair; null where nobody voted on it."""
    return {
        "rating": row and row.rating.estimate,
        "theta": row and row.theta.estimate,
        **_ends(row.theta if row else None),
        "rating_low": row and row.rating.low,
        "rating_high": row and row.rating.high,
        "n": row.votes if row else 0,
        "battles": row.battles if row else 0,
        "prompts": row.prompts if row else 0,
        "provisional": row is None or row.provisional,
        "rank": row and row.rank,
        "group": row and row.group,
    }


def _verdict(verdict: Verdict) -> Document:
    winner = verdict.winner
    return {"winner": winner and {"t2i": winner.t2i, "i2t": winner.i2t}, "why": verdict.why or None}


def insights_document(found: Insights) -> Document:
    """The three answers."""
    tested: dict[str, Document] = {
        side: _effect(factor.effect, factor.interval) for side, factor in factors(found).items()
    }
    compared = all(one["theta2"] is not None for one in tested.values())
    effects = {
        "t2i": {**tested["t2i"], "share": _interval(found.t2i.share)},
        "i2t": {**tested["i2t"], "share": _interval(found.i2t.share)},
        "prompt": _effect(found.prompt, found.prompt_interval),
        "difference": {"estimate": found.estimate if compared else None, **_ends(found.difference)},
    }
    return {
        "among": {"t2i": found.t2i.models, "i2t": found.i2t.models},
        "games": found.games,
        "prompts": found.prompts,
        "left_out": found.left_out,
        "absent": list(found.absent),
        "effects": effects,
        "models": {
            side: [{"name": name, **(_interval(effect) or {})} for name, effect in factor.effects]
            for side, factor in factors(found).items()
        },
        "best": {side: _best(found, factor) for side, factor in factors(found).items()},
        "share": _interval(found.share),
        "without_one": found.extent and {"low": found.extent[0], "high": found.extent[1]},
        "verdict": found.verdict,
        "why": found.why,
        "more_games": more_games(found, found.more_prompts),
        "missing": [{"t2i": pair.t2i, "i2t": pair.i2t, "games": games} for pair, games in found.missing],
    }


def answer_document(answer: InsightAnswer, course: EffectCourse, difficulties: Difficulties) -> Document:
    """The three answers of a server's games, turn by turn, and how hard its prompts are."""
    asked, judge = answer.asked, answer.judge
    turns = [
        {
            "turn": moment.turn,
            "prompts": moment.prompts,
            "t2i": _interval(moment.t2i),
            "i2t": _interval(moment.i2t),
            "difference": _interval(moment.difference),
        }
        for moment in course.moments
    ]
    return {
        "server": asked.guild_id,
        "level": asked.level,
        "turn": answer.turn,
        "embedder": {"name": judge.name, "version": judge.version, "label": judge.label},
        "judges": list(answer.judges),
        "kin": list(answer.kin),
        "unmeasured": answer.unmeasured,
        "unread": answer.unread,
        **insights_document(answer.found or unknown("no game is measured here yet")),
        "told": [
            {"who": one.who, "verdict": one.found.verdict, "t2i": one.found.t2i.best, "i2t": one.found.i2t.best}
            for one in answer.told
        ],
        "turns": turns,
        "difficulty": [
            {"prompt": row.prompt, "level": row.level, "measured": _interval(row.measured)}
            for row in difficulties.prompts
        ],
    }


def pair_document(found: PairDrift) -> Document:
    """The drift of one pair."""
    course = found.course
    return {
        "t2i": found.pair.t2i,
        "i2t": found.pair.i2t,
        "embedder": found.embedder,
        "kin": list(found.kin),
        "level": found.level and found.level.value,
        "games": found.games,
        "shorter": found.shorter,
        "unmeasured": found.unmeasured,
        "unread": found.unread,
        "latest": found.latest,
        "prompts": course.prompts if course else 0,
        "turns": course.turns if course else 0,
        "provisional": course.provisional if course else True,
        "curve": [{"turn": turn, **_estimate(one)} for turn, one in enumerate(course.curve, 1)] if course else [],
        "mcd": {
            "captions": _estimate(course.captions) if course else None,
            "pictures": _estimate(course.pictures) if course and course.pictures else None,
        },
        "decay": _decay(course.decay) if course and course.decay else None,
        "rest": found.resting and asdict(found.resting),
        "blame": found.shares
        and {"t2i": _interval(found.shares.t2i), "i2t": _interval(found.shares.i2t), "why": found.shares.why},
        "scale": found.scale and asdict(found.scale),
    }


def difficulty_document(cells: Sequence[Cell], levels: Mapping[str, str | None]) -> list[Document]:
    """How hard each prompt was measured to be, beside its declared level."""
    return [
        {"prompt": prompt, "level": levels.get(prompt), "measured": _interval(interval)}
        for prompt, interval in difficulty(cells)
    ]


def _decay(found: Decay) -> Document:
    exponential = found.best.shape == "exponential" and found.rate is not None
    return {
        "shape": found.best.shape,
        "a": found.best.a,
        "c": found.best.c,
        "rate": _interval(found.rate),
        "half_life": _interval(half_life(found.rate)) if exponential and found.rate else None,
        "why": found.why,
        "aicc": {curve.shape: curve.aicc for curve in found.curves if isfinite(curve.aicc)},
    }


def _estimate(found: Estimate) -> Document:
    return {"estimate": found.value, **_ends(found.interval)}


def _effect(effect: Effect, interval: Interval | None) -> Document:
    known = min(effect.above, effect.below) > 0
    return {
        "theta2": effect.theta2 if known else None,
        "F": effect.f,
        "df": [effect.above, effect.below],
        "p": effect.p,
        **_ends(interval),
    }


def _best(found: Insights, factor: Factor) -> Document:
    return {"name": factor.best, "why": factor.why, "more_games": more_games(found, factor.more_prompts)}


def _interval(interval: Interval | None) -> Document | None:
    return None if interval is None else {"estimate": interval.estimate, **_ends(interval)}


def _ends(interval: Interval | None) -> Document:
    return {"low": interval and interval.low, "high": interval and interval.high}

"""A game as a document: what game.json says, in our words and in the article's."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from telephone.domain.calibration import UNKNOWN, Bearings
from telephone.domain.games import Drift, Game, Step, StepKey, Turn
from telephone.scoring.drift import biggest_rise

Row = dict[str, Any]
NO_PATHS: Mapping[str, str] = {}
NO_VECTORS: Mapping[str, Sequence[float]] = {}


def record(
    game: Game,
    drift: Drift | None,
    *,
    paths: Mapping[str, str] = NO_PATHS,
    embeddings: Mapping[str, Sequence[float]] = NO_VECTORS,
    bearings: Bearings = UNKNOWN,
) -> Row:
    """The document tests/contracts/game.schema.json fixes, of the turns that have a picture and a caption.

    `paths` has the path of a step's picture and `embeddings` the vector of a caption, both by step key ("3p", "3c");
    what is missing is null. Distances are those of `drift`, else those of the turns; `bearings` are their
    calibration, and whether the game came to rest.
    """
    turns = [turn for turn in game.turns if turn.picture is not None and turn.caption is not None]
    rows = [_turn(turn, drift, paths) for turn in turns]
    return {
        "game": game.id,
        "prompt": game.request.prompt.text,
        "level": _level(game),
        "t2i": game.pair.t2i,
        "i2t": game.pair.i2t,
        "embedder": game.embedder,
        "seed": game.request.seed,
        "state": game.state.value,
        "turns": rows,
        "summary": _summary(game, drift, rows),
        "scale": None if bearings.scale is None else asdict(bearings.scale),
        "rest": None if bearings.rest is None else asdict(bearings.rest),
        "steps": [_step(game, turn, row, embeddings) for turn, row in zip(turns, rows, strict=True)],
    }


def conversation_name(game: Game) -> str:
    """The article's name of a conversation: six hexadecimal digits of the MD5 of a pair and a prompt."""
    return _md5(f"{game.pair.t2i}_{game.pair.i2t}{game.request.prompt.text}")[:6]


def _turn(turn: Turn, drift: Drift | None, paths: Mapping[str, str]) -> Row:
    picture, caption = _both(turn)
    measured = drift is not None and turn.n <= len(drift.distances)
    return {
        "n": turn.n,
        "image": paths.get(str(picture.key)),
        "caption": caption.text,
        "distance": drift.distances[turn.n - 1] if drift and measured else turn.distance,
        "step_distance": drift.step_distances[turn.n - 1] if drift and measured else turn.step_distance,
        "t2i_ms": picture.latency_ms,
        "i2t_ms": caption.latency_ms,
        "cost_usd": _money(picture.cost_usd + caption.cost_usd),
        "cost_estimated": picture.cost_estimated or caption.cost_estimated,
        "image_sha256": picture.image,
        "raw_caption": caption.raw,
        "t2i_seed": picture.seed,
        "i2t_seed": caption.seed,
    }


def _summary(game: Game, drift: Drift | None, rows: Sequence[Row]) -> Row:
    jump = None if drift is None else biggest_rise(drift.distances)
    return {
        "turns": len(rows),
        "final_distance": None if drift is None else drift.final_distance,
        "mcd": None if drift is None else drift.mcd,
        "biggest_jump": None if jump is None else {"turn": jump[0], "increase": jump[1]},
        "unread_turns": [] if drift is None else list(drift.unread),
        "cost_usd": _money(game.cost_usd),
        "cost_estimated": any(step.cost_estimated for step in game.steps if step.cost_usd),
        "scoring_usd": _money(game.costs.scoring),
        "unused_usd": _money(game.costs.unused),
        "possibly_billed_twice_usd": _money(game.possibly_billed_twice_usd),
        "reserved_usd": _money(game.costs.reserved),
    }


def _step(game: Game, turn: Turn, row: Row, embeddings: Mapping[str, Sequence[float]]) -> Row:
    """One row of the article's data set: a turn, from the text drawn to the text that came back."""
    picture, caption = _both(turn)
    vector = embeddings.get(str(caption.key))
    return {
        "conversation_name": conversation_name(game),
        "prompt": game.request.prompt.text,
        "prompt_hash": _md5(game.request.prompt.text),
        "level": _level(game),
        "t2i_model": picture.player,
        "i2t_model": caption.player,
        "step_number": turn.n,
        "text_before": game.text_before(StepKey(turn.n, picture.key.kind)),
        "text_after": caption.text,
        "text_embedding": None if vector is None else [float(value) for value in vector],
        "text_after_dist": row["distance"],
    }


def _both(turn: Turn) -> tuple[Step, Step]:
    if turn.picture is None or turn.caption is None:
        raise ValueError(f"turn {turn.n} was not played to its end")
    return turn.picture, turn.caption


def _level(game: Game) -> str | None:
    level = game.request.prompt.level
    return None if level is None else level.value


def _money(usd: float) -> float:
    """Dollars without the dust that adding binary fractions leaves."""
    return round(usd, 8)


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

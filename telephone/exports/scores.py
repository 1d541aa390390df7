"""The scores of a server as the CSV that telephone.leaderboards.score_file reads: one row a game, embedder and turn.

Games go by numbers that count in this file alone, ordered by pair, prompt and seed, so that nobody finds the game, the
thread or the member by them. Curated prompts stand there by their slugs, free ones by numbers.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from telephone.concurrency import off_loop
from telephone.errors import NotFound
from telephone.exports import Export, Exporter, Which
from telephone.leaderboards import score_file
from telephone.leaderboards.board import Judge
from telephone.leaderboards.csv_cells import written
from telephone.leaderboards.score_file import COLUMNS, Row, hash_of
from telephone.store.scored_games import VOIDED, ScoredGame, TurnScore
from telephone.store.scores import Pool

NONE_YET: Final = "No game on a {} prompt was begun here yet; /telephone start begins one."
_NUMBERS: Final = frozenset(("game", "seed", "turns", "judge", "turn", "distance", "step_distance", "head"))
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ScoreTable:
    """A CSV in UTF-8, the hash of its rows, and the counts of what is in it."""

    data: bytes
    hash: str
    games: int
    rows: int
    embedders: int


async def write(exporter: Exporter, pool: Pool, which: Which) -> Export:
    """The scores of a pool as a CSV. Raises NotFound where no game was begun."""
    games = await exporter.ballot_source.store.scored.of(pool)
    if not games:
        raise NotFound(NONE_YET.format("free" if pool.free else "curated"))
    found = await off_loop(tabulate, games, exporter.judges)
    _log.info("scores exported", guild=pool.guild_id, games=found.games, rows=found.rows)
    return Export(found.data, said(found))


def tabulate(games: Sequence[ScoredGame], judges: Sequence[Judge]) -> ScoreTable:
    """The table of some games. `judges` are the embedders whose verdict counts, the operator's primary first."""
    words = dict.fromkeys(game.prompt for game in games if game.free)
    names = {prompt: f"free {number}" for number, prompt in enumerate(words, 1)}
    order = sorted(
        games, key=lambda game: (game.pair.t2i, game.pair.i2t, names.get(game.prompt, game.prompt), game.seed)
    )
    places = {(judge.name, judge.version): str(place) for place, judge in enumerate(judges, 1)}
    rows = [row for number, game in enumerate(order, 1) for row in _rows(number, game, names, places)]
    digest = hash_of(rows)
    text = io.StringIO()
    sheet = csv.writer(text, lineterminator="\n")
    sheet.writerow(COLUMNS)
    sheet.writerows([*map(_cell, COLUMNS, (*row, digest))] for row in rows)
    embedders = len({(row[8], row[9]) for row in rows if row[11]})
    return ScoreTable(text.getvalue().encode(), digest, len(order), len(rows), embedders)


def said(found: ScoreTable) -> str:
    """Sentences that say what is in a file."""
    counts = ((found.rows, "row"), (found.games, "game"), (found.embedders, "embedder"))
    rows, games, embedders = (f"{count:,} {word}{'' if count == 1 else 's'}" for count, word in counts)
    return f"{rows} of {games} by {embedders}; games go by numbers of this file alone. Its hash is {found.hash}."


def _rows(
    number: int, game: ScoredGame, names: Mapping[str, str], places: Mapping[tuple[str, str], str]
) -> Iterator[Row]:
    who = (
        str(number),
        game.pair.t2i,
        game.pair.i2t,
        names.get(game.prompt, game.prompt) if game.free else game.prompt,
        game.level or "",
        str(game.seed),
        str(game.turns),
        game.state,
    )
    kind = [
        *([score_file.DESIGNED] if game.designed else []),
        *([score_file.FREE] if game.free else []),
        *([score_file.OPEN] if game.open else []),
    ]
    by: dict[tuple[str, str], list[TurnScore]] = {}
    for one in game.scores if game.state != VOIDED else ():
        by.setdefault((one.embedder, one.version), []).append(one)
    for whose in dict.fromkeys([*places, *by]):
        turns, judge = by.get(whose, []), places.get(whose, "")
        gap = any(one.distance is None or one.step_distance is None for one in turns)
        whole = [] if game.state != "finished" else [score_file.UNREAD if gap else score_file.COUNTED]
        for one in turns:
            rough = [score_file.APPROXIMATE] if one.approximate else []
            far = map(_figure, (one.distance, one.step_distance, one.head))
            yield (*who, *whose, judge, str(one.turn), *far, " ".join([*whole, *kind, *rough]))
        if not turns:
            yield (*who, *whose, judge, "", "", "", "", " ".join(kind))


def _cell(column: str, text: str) -> str:
    """A number as it is, anything else so that no spreadsheet takes it for a number or a formula."""
    return text if column in _NUMBERS else written(text)


def _figure(value: float | None) -> str:
    """All digits of a number, so that a board made of them is the same."""
    return "" if value is None else repr(float(value))

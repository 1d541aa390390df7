"""Whether what was played is what was designed, from a server's scores. Pure.

A game of the design is known by its pair, prompt and seed. Games that are of no design stand beside it and are counted;
a designed game more on the design's own pairs and prompts departs from it, since somebody may have played until it
looked well.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from telephone.domain.designs import DesignedGame, FrozenDesign
from telephone.domain.games import Pair
from telephone.leaderboards.score_file import DESIGNED, FileGame, ScoreFile
from telephone.scoring.distance_model import Cell, Score, merge, rank_by_distance
from telephone.store.scored_games import PLAYING, VOIDED

_FINISHED: Final = "finished"
_ENDS: Final = {
    PLAYING: "is still under way",
    "stopped": "was stopped",
    "failed": "failed",
    VOIDED: "was voided by a moderator",
}

Key = tuple[Pair, str, int]
"""Pair, prompt and seed of a game."""


class Departure(NamedTuple):
    """One game that is not as it was designed, and how."""

    pair: Pair
    prompt: str
    seed: int
    how: str


@dataclass(frozen=True, slots=True)
class DesignReport:
    """What was played of a design.

    `designed` games were to be played, of them `played` were finished and measured as designed. `stopped_after` is the
    number of prompts after which the rule said stop, None where it has not. `missing` games were never begun; the ends
    of `departures` differ otherwise. `others` are games of no design, which are counted and depart from nothing.
    """

    design: FrozenDesign
    designed: int
    played: int
    stopped_after: int | None
    missing: tuple[Departure, ...]
    departures: tuple[Departure, ...]
    others: int

    @property
    def as_designed(self) -> bool:
        """Whether what was played is what was designed."""
        return not self.missing and not self.departures


def report(design: FrozenDesign, file: ScoreFile | None) -> DesignReport:
    """Compares a design with the games of a file, or with none."""
    played = {} if file is None else by_key(file)
    stopped_after = settled_after(design, played)
    wanted = [game for game in design.games if stopped_after is None or game.block < stopped_after]
    missing, departures, done = [], [], 0
    for one in wanted:
        found = played.get(_key(one), [])
        hows = _differs(design, found)
        if not found:
            missing.append(Departure(*_key(one), "was not begun"))
        elif hows:
            departures += [Departure(*_key(one), how) for how in hows]
        else:
            done += 1
    keys = {_key(one) for one in wanted}
    beyond = [game for key, games in played.items() if key not in keys for game in games]
    extra = [game for game in beyond if _is_more_of(design, game)]
    departures += [Departure(game.pair, game.prompt, game.seed, "was played beyond the design") for game in extra]
    return DesignReport(
        design, len(wanted), done, stopped_after, tuple(missing), tuple(departures), len(beyond) - len(extra)
    )


def by_key(file: ScoreFile) -> dict[Key, list[FileGame]]:
    """The games of a file by what a design knows them by."""
    played: dict[Key, list[FileGame]] = defaultdict(list)
    for game in file.games:
        played[game.pair, game.prompt, game.seed].append(game)
    return played


def settled_after(design: FrozenDesign, played: Mapping[Key, Sequence[FileGame]]) -> int | None:
    """After how many prompts the design's rule says stop; None where it does not, or not yet."""
    rule = design.stopping
    if rule.rule == "all" or rule.width is None or rule.least is None:
        return None
    scores: list[Score] = []
    per_block = len(design.pairs) * len(design.seeds)
    games = list(design.games)
    for block in range(len(design.prompts)):
        for one in games[block * per_block : (block + 1) * per_block]:
            found = played.get(_key(one), [])
            if all(game.state == PLAYING for game in found):
                return None
            scores += _scores(design, found)
        if block + 1 >= rule.least and scores and _widest(merge(scores)) < rule.width:
            return block + 1
    return None


def _widest(cells: Sequence[Cell]) -> float:
    return max(row.distance.width for row in rank_by_distance(cells).rows)


def _scores(design: FrozenDesign, games: Sequence[FileGame]) -> list[Score]:
    """The distance at the last turn of each game that counts, by the design's first embedder."""
    whose = design.embedders[0]
    return [
        Score(game.pair, game.prompt, game.seed, one.distance)
        for game in games
        for one in game.measured.get(whose, ())
        if one.turn == design.turns
    ]


def _key(one: DesignedGame) -> Key:
    return one.pair, one.prompt.slug, one.seed


def _differs(design: FrozenDesign, found: Sequence[FileGame]) -> list[str]:
    """How the games that were played for one of a design differ from it."""
    if len(found) > 1:
        return [f"was played {len(found)} times"]
    for game in found:
        if game.state != _FINISHED:
            return [_ENDS[game.state]]
        if game.turns != design.turns:
            return [f"has {game.turns} turns and not {design.turns}"]
        if DESIGNED not in game.flags:
            return ["was started by somebody, and not from a design"]
        return [_unmeasured(game, *whose) for whose in design.embedders if not game.measured.get(whose)]
    return []


def _unmeasured(game: FileGame, name: str, version: str) -> str:
    if (name, version) in game.unread:
        return f"has words that {name} cannot read"
    return f"is not measured by {name} in the version of the design"


def _is_more_of(design: FrozenDesign, game: FileGame) -> bool:
    """Whether a game that is not of the design was played from a plan on its own pairs and prompts."""
    slugs = {one.slug for one in design.prompts}
    return DESIGNED in game.flags and game.pair in design.pairs and game.prompt in slugs

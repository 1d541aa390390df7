"""Anybody's votes and scores, read from CSV: strict about the values, lenient about the form.

The form is that of csv_records.py. What cannot be right is a BadInput: one sentence with its line and what to write.
"""

import math
import re
import unicodedata
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from telephone.domain.games import Pair, fold
from telephone.errors import BadInput
from telephone.leaderboards.csv_records import ANY, clean, lines_of, quoted, read
from telephone.scoring.ballots import ALL_BAD, CHOSE_NONE, CHOSE_TIE, TIE, Ballots, LineUp, gather
from telephone.scoring.distance_model import Cell

__all__ = ["SCORES", "VOTES", "ScoreSheet", "lines_of", "read_scores", "read_votes"]

VOTES: Final = ("a_t2i", "a_i2t", "b_t2i", "b_i2t", "outcome", "voter")
MORE: Final = ("battle", "prompt", "c_t2i", "c_i2t", "d_t2i", "d_i2t")
"""The optional columns of votes: which votes judge the same pictures, on which prompt, and further sides."""
SCORES: Final = ("t2i", "i2t", "prompt", "level", "score")
LARGEST: Final = 1e9
"""Scores lie within plus and minus this; squares of more would leave no digits for what matters."""

_NO_COSINE: Final = (
    "Line {}: the score is {}, and a board ranks cosine distances, from 0 to 2, or with --higher-is-better "
    "similarities, from -1 to 1; write one from {:g} to {:g}. `telephone insights --scores` takes scores of any size."
)
OUTCOMES: Final = {"a": 0, "b": 1, "c": 2, "d": 3, TIE: CHOSE_TIE, ALL_BAD: CHOSE_NONE}
"""The outcomes of a vote, as words and as the numbers that ballots use."""
_NUMBER: Final = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_THOUSANDS: Final = re.compile(r"[+-]?[1-9][0-9]{0,2}(,[0-9]{3})+")
"""What stands in quotes in a file of commas and may have a comma between thousands."""
_WORDS: Final = {
    **OUTCOMES,
    **{f"{kind} {side}": code for side, code in OUTCOMES.items() if len(side) == 1 for kind in ("model", "side")},
    **dict.fromkeys(("draw", "tied"), CHOSE_TIE),
    **dict.fromkeys(("bothbad", "tie bothbad", "allbad", "neither", "none"), CHOSE_NONE),
    **{f"{tie}{bad}": CHOSE_NONE for tie in ("", "tie ") for bad in ("both bad", "both are bad", "all are bad")},
}
"""The outcomes in further words, as people and arenas write them."""
_OF_TWO: Final = {"left": 0, "right": 1}
"""Sides by where they stand, which says nothing where there are more than two."""
_NO_NAMES: Final = frozenset(("NaN", "nan", "None", "NULL", "null", "N/A", "#N/A", "<NA>", "NaT"))
"""What programs write where they know no voter; taken for names, all such votes would be of one person."""


@dataclass(frozen=True, slots=True)
class ScoreSheet:
    """Cells of all pairs and prompts, in their order, and the level of every prompt, None where it has none."""

    cells: tuple[Cell, ...]
    levels: Mapping[str, str | None]

    def at(self, level: str | None) -> tuple[Cell, ...]:
        """The cells of one level, of all where it is None. Raises BadInput where there are none."""
        if level is None:
            return self.cells
        wanted = level.strip().lower()
        found = tuple(cell for cell in self.cells if self.levels[cell.prompt] == wanted)
        if not found:
            known = ", ".join(sorted({one for one in self.levels.values() if one})) or "no level at all"
            raise BadInput(f"No score is at level {quoted(level)}; the file has {known}.")
        return found


def read_votes(lines: Iterable[str], columns: Mapping[str, str] | None = None) -> Ballots:
    """Votes between two to four pairs: columns VOTES and, where the file has them, those of MORE. Raises BadInput.

    `columns` are theirs by ours, as `columns_of` reads them. The same vote twice in one battle counts once.
    """
    sheet = _Votes()
    for line, fields in read(lines, VOTES, MORE, columns).records:
        sheet.add(line, (*fields[:4], *fields[8:]), fields[4:8])
    return sheet.ballots()


def read_scores(
    lines: Iterable[str], columns: Mapping[str, str] | None = None, within: tuple[float, float] | None = None
) -> ScoreSheet:
    """Scores of games: columns SCORES. The same pair and prompt again is a repeat. Raises BadInput.

    `columns` are theirs by ours. A score may have a decimal comma, in quotes where commas separate the fields. It lies
    between the two ends of `within`, where these are given.
    """
    values: dict[tuple[str, str, str], array[float]] = {}
    known: dict[tuple[str, ...], array[float]] = {}
    levels: dict[str, tuple[int, str]] = {}
    sheet = read(lines, SCORES, columns=columns)
    number = _Numbers(commas=sheet.separator != ",")
    for line, (t2i, i2t, prompt, level, score) in sheet.records:
        cell = known.get((t2i, i2t, prompt, level))
        if cell is None:
            names = _name(line, "t2i", t2i), _name(line, "i2t", i2t), _prompt(_name(line, "prompt", prompt) and prompt)
            _one_level(levels, line, names[2], clean(level).lower())
            cell = known[t2i, i2t, prompt, level] = values.setdefault(names, array("d"))
        value = number.read(line, score)
        if within is not None and not within[0] <= value <= within[1]:
            raise BadInput(_NO_COSINE.format(line, quoted(score), *within))
        cell.append(value)
    if not values:
        raise BadInput("The file has no scores below its heading; write one game a line.")
    known_levels = {prompt: level or None for prompt, (_, level) in levels.items()}
    cells = (
        _cell(Pair(t2i, i2t), prompt, values[t2i, i2t, prompt], known_levels[prompt])
        for t2i, i2t, prompt in sorted(values)
    )
    return ScoreSheet(tuple(cells), known_levels)


class _Votes:
    """The votes read so far: every name once, and four numbers a vote."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, ...], tuple[Pair, ...]] = {}
        self._line_ups: dict[tuple[tuple[Pair, ...], str, str], int] = {}
        self._battles: dict[str, tuple[int, tuple[Pair, ...], str]] = {}
        self._voters: dict[str, int] = {}
        self._where, self._choice, self._voter, self._line = (array("q") for _ in range(4))

    def add(self, line: int, names: tuple[str, ...], fields: tuple[str, ...]) -> None:
        outcome, voter, battle, prompt = fields
        sides = self._known.get(names)
        if sides is None:
            sides = self._known[names] = _sides(line, names)
        choice = OUTCOMES.get(outcome)
        if choice is None:
            choice = _choice(outcome, sides)
        if choice is None or choice >= len(sides) or (choice == CHOSE_TIE and len(sides) > 2):
            raise BadInput(f"Line {line}: the outcome is {quoted(outcome)}; write {_outcomes(len(sides))}.")
        name = clean(voter)
        if not name or name in _NO_NAMES:
            what = f"{quoted(voter)}, which is no name" if name else "empty"
            raise BadInput(f"Line {line}: the voter is {what}; write any name that tells voters apart.")
        if prompt:
            prompt = _prompt(prompt)
        if battle:
            battle = clean(battle)
            self._one_line_up(line, battle, sides, prompt)
        self._where.append(self._line_ups.setdefault((sides, battle, prompt), len(self._line_ups)))
        self._choice.append(choice)
        self._voter.append(self._voters.setdefault(name, len(self._voters)))
        self._line.append(line)

    def ballots(self) -> Ballots:
        if not self._line:
            raise BadInput("The file has no votes below its heading; write one vote a line.")
        columns = (self._where, self._choice, self._voter, self._line)
        where, choice, voter, line = (np.frombuffer(column, dtype=np.int64) for column in columns)
        line_ups = [LineUp(sides, battle or None, prompt or None) for sides, battle, prompt in self._line_ups]
        lucky = np.flatnonzero(np.array([one.battle is not None for one in line_ups])[where])
        order = lucky[np.lexsort((line[lucky], voter[lucky], where[lucky]))]
        again = np.flatnonzero((np.diff(where[order]) == 0) & (np.diff(voter[order]) == 0)) + 1
        torn = order[again[choice[order[again]] != choice[order[again - 1]]]]
        if torn.size:
            now = torn[np.argmin(line[torn])]
            before = order[int(np.flatnonzero(order == now)[0]) - 1]
            name, battle = list(self._voters)[voter[now]], str(line_ups[where[now]].battle)
            raise BadInput(
                f"Line {line[now]}: voter {quoted(name)} chose {_chosen(choice[now])} in battle {quoted(battle)} and, "
                f"on line {line[before]}, {_chosen(choice[before])}; keep one of the two."
            )
        once = np.ones(len(line), dtype=bool)
        once[order[again]] = False
        return gather(line_ups, where[once], choice[once], list(self._voters), voter[once])

    def _one_line_up(self, line: int, battle: str, sides: tuple[Pair, ...], prompt: str) -> None:
        before, other, on = self._battles.setdefault(battle, (line, sides, prompt))
        if other is not sides and other != sides:
            turned = sorted(map(str, other)) == sorted(map(str, sides))
            what = "write its sides in one order" if turned else "give one of them a battle of its own"
            raise BadInput(
                f"Line {line}: battle {quoted(battle)} shows {_against(sides)} and, on line {before}, "
                f"{_against(other)}; {what}."
            )
        if on != prompt:
            said, was = (quoted(one) if one else "no prompt" for one in (prompt, on))
            raise BadInput(
                f"Line {line}: battle {quoted(battle)} is on {said} and, on line {before}, {was}; write one."
            )


def _choice(outcome: str, sides: tuple[Pair, ...]) -> int | None:
    """The outcome in any of its words, or by the name of the side that won; None where it is none."""
    named = clean(outcome)
    word = re.sub(r"[\s_()/-]+", " ", named.lower().rstrip(".! ")).strip()
    words = _WORDS | _OF_TWO if len(sides) == 2 else _WORDS
    found = words.get(word, words.get(word.removesuffix(" wins").removesuffix(" won")))
    if found is not None:
        return found
    return next((k for k, pair in enumerate(sides) if named in (str(pair), pair.i2t == ANY and pair.t2i)), None)


def _sides(line: int, names: tuple[str, ...]) -> tuple[Pair, ...]:
    """The pairs of a row: two, and those of its further columns that are not left empty."""
    sides = []
    for k, letter in enumerate("abcd"):
        t2i, i2t = names[2 * k : 2 * k + 2]
        if i2t == ANY and "×" in t2i:
            t2i, _, i2t = t2i.partition("×")
        if k < 2 or t2i.strip() or (i2t != ANY and i2t.strip()):
            sides.append(Pair(_name(line, f"{letter}_t2i", t2i), _name(line, f"{letter}_i2t", i2t)))
    if not names[4].strip() and len(sides) > 2:
        raise BadInput(f"Line {line}: side d is named and side c is not; write the third pair into c_t2i and c_i2t.")
    if len(set(sides)) < len(sides):
        double = next(pair for pair in sides if sides.count(pair) > 1)
        both = "both sides are" if len(sides) == 2 else "two sides are"
        raise BadInput(f"Line {line}: {both} {double}; a vote is between different pairs.")
    return tuple(sides)


def _against(sides: tuple[Pair, ...]) -> str:
    return " against ".join(map(str, sides))


def _outcomes(sides: int) -> str:
    """The outcomes that a vote between so many sides can have, in words."""
    return f"{', '.join('abcd'[:sides])}{f', {TIE}' if sides == 2 else ''} or {ALL_BAD}"


def _name(line: int, column: str, field: str) -> str:
    name = clean(field)
    if not name:
        raise BadInput(f"Line {line}: the field {column} is empty; write a name there.")
    return name


def _prompt(text: str) -> str:
    """A prompt as it counts: in NFKC, on one line. Its joiners stay, since it is shown."""
    return fold(unicodedata.normalize("NFKC", text))


def _one_level(levels: dict[str, tuple[int, str]], line: int, prompt: str, level: str) -> None:
    before, other = levels.setdefault(prompt, (line, level))
    if other != level:
        said, was = (quoted(one) if one else "of no level" for one in (level, other))
        raise BadInput(f"Line {line}: the prompt {quoted(prompt)} is {said} and, on line {before}, {was}; write one.")


class _Numbers:
    """Reads numbers all with a point or all with a comma; `commas` says that a comma is never one of thousands."""

    def __init__(self, *, commas: bool) -> None:
        self._commas = commas
        self._first: dict[str, int] = {}

    def read(self, line: int, text: str) -> float:
        """The number. Raises BadInput where it is none, or is written otherwise than those before."""
        bare = text.strip().replace("\N{MINUS SIGN}", "-")
        decimal = self._commas or _THOUSANDS.fullmatch(bare) is None
        if decimal and "," in bare and "." not in bare:
            self._note(line, "comma", "point")
            bare = bare.replace(",", ".")
        elif "." in bare:
            self._note(line, "point", "comma")
        value = float(bare) if _NUMBER.fullmatch(bare) else math.nan
        if abs(value) <= LARGEST:
            return value
        if math.isnan(value):
            how = "with a point, not a comma" if "," in text else "like 0.42"
            raise BadInput(f"Line {line}: the score {quoted(text)} is no number; write one {how}.")
        raise BadInput(f"Line {line}: the score {quoted(text)} is too large; write one between -1e9 and 1e9.")

    def _note(self, line: int, sign: str, other: str) -> None:
        self._first.setdefault(sign, line)
        if other in self._first:
            raise BadInput(
                f"Line {line} writes its score with a {sign} and line {self._first[other]} with a {other}; write one."
            )


def _cell(pair: Pair, prompt: str, values: "array[float]", level: str | None) -> Cell:
    """Sorted first, so that the order of lines changes no digit."""
    found = np.sort(np.frombuffer(values))
    mean = float(found.mean())
    return Cell(pair, prompt, found.size, mean, float(np.sum((found - mean) ** 2)), level)


def _chosen(choice: int) -> str:
    return next(word for word, code in OUTCOMES.items() if code == choice)

"""The records of anybody's CSV, as Excel, pandas and arenas write it.

UTF-8 with or without a mark, UTF-16 with one; any line end; commas, semicolons, tabs or upright strokes, whichever the
heading or a line `sep=;` above it says. Columns may stand in any order, and their names may be written with blanks and
capitals. Empty columns at the end, rows of separators alone and a column of row numbers are passed over.
"""

import codecs
import csv
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Final

from telephone.domain.games import fold
from telephone.domain.visible import FILLERS
from telephone.errors import BadInput
from telephone.leaderboards.csv_cells import read_back

ANY: Final = "any"
"""The I2T of a side whose heading names one model for the whole of it."""
WHOLE: Final = {"a": "a_t2i", "b": "b_t2i", "c": "c_t2i", "d": "d_t2i"}
"""Columns that name a whole side, and the column that they stand for; its I2T is ANY unless it is `t2i × i2t`."""
ARENA: Final = {"a": "model_a", "b": "model_b", "outcome": "winner", "voter": "judge"}
"""The columns of arenas' exports, by ours."""
_ALSO: Final = {"judge": "judge_hash"}
"""What some arenas call a column otherwise."""
_INDEX: Final = re.compile(r"unnamed:(_\d+)+(_level_\d+)?|index|level_\d+|row_?names?")
_QUOTING: Final = 'a field that holds the separator stands in "double quotes", and a quote inside is written twice'

Records = Iterator[tuple[int, tuple[str, ...]]]
"""The line on which each record begins, and its fields in the order of the columns asked for."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The separator of a file, and its records."""

    separator: str
    records: Records


def lines_of(path: Path) -> Iterator[str]:
    """The lines of a text file, one at a time. Raises BadInput where it is none."""
    try:
        with path.open("rb") as file:
            wide = file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
        with path.open(encoding="utf-16" if wide else "utf-8-sig", newline="") as text:
            yield from text
    except UnicodeError:
        raise BadInput(
            f"Line {_first_undecodable(path)} is not in UTF-8; please save the file as CSV in UTF-8."
        ) from None
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}; please check its name.") from None


def headings(path: Path) -> tuple[str, ...]:
    """The names of a file's columns, as they are compared. Raises BadInput."""
    first, separator, _ = _first_line(lines_of(path), ())
    separator = separator or max(",;\t|", key=first.count)
    return tuple(_heading(name) for name in next(csv.reader([first], delimiter=separator)))


def columns_of(written: Sequence[str], known: Sequence[str]) -> dict[str, str]:
    """Which of their columns is which of ours, from `arena` or `OURS=THEIRS,OURS=THEIRS`. Raises BadInput."""
    found: dict[str, str] = {}
    for word in (word.strip() for one in written for word in one.split(",")):
        ours, separator, theirs = word.partition("=")
        name = _heading(ours)
        if name == "arena" and not separator:
            found = ARENA | found
        elif not separator or not theirs.strip() or name not in (*known, *WHOLE):
            raise BadInput(
                f"{quoted(word)} maps no column; write arena, or OUR=THEIR names such as outcome=winner, "
                f"with any of {', '.join((*known, *WHOLE))}."
            )
        else:
            found[name] = _heading(theirs)
    return found


def read(
    lines: Iterable[str],
    needed: tuple[str, ...],
    optional: tuple[str, ...] = (),
    columns: Mapping[str, str] | None = None,
) -> Sheet:
    """The records below the heading; columns that are not there are empty. Raises BadInput.

    With `columns`, theirs by ours, all columns that are not named are passed over.
    """
    source = iter(lines)
    first, separator, above = _first_line(source, needed)
    separator = separator or max(",;\t|", key=first.count)
    heading = [_heading(name) for name in next(csv.reader([first], delimiter=separator))]
    while heading and not heading[-1]:
        heading.pop()
    names, unnamed = _ours(heading, columns or {}), _unnamed(heading)
    places = _places(names, needed, optional, mapped=bool(columns))
    wide = len(heading)
    found = _records(source, above=above, separator=separator, width=wide, unnamed=unnamed, places=places)
    return Sheet(separator, found)


def clean(text: str) -> str:
    """A name as it counts: in NFKC, on one line, without characters that draw nothing; so one person is one voter."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    plain = unicodedata.normalize("NFKC", text)
    shown = (char for char in plain if unicodedata.category(char) != "Cf" and char not in FILLERS)
    return fold("".join(char for char in shown if not "\ufe00" <= char <= "\ufe0f"))


def quoted(text: str) -> str:
    """What somebody wrote, in quotation marks, on one line and not too long."""
    words = fold(text)
    return f"“{words[:60]}…”" if len(words) > 60 else f"“{words}”"


def _first_undecodable(path: Path) -> int:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if "\ufffd" in line.decode(errors="replace"):
                return number
    return 1


def _heading(name: str) -> str:
    """A column's name as it is compared: `A T2I` is a_t2i."""
    return re.sub(r"[\s_.-]+", "_", clean(name).lower()).strip("_")


def _first_line(source: Iterator[str], needed: tuple[str, ...]) -> tuple[str, str, int]:
    """The heading, the separator that a line above it names, and how many lines are gone with it."""
    separator = ""
    for number, line in enumerate(source, 1):
        named = re.fullmatch(r'"?sep=([,;\t|])"?[,;|\s]*', line, re.IGNORECASE)
        if named:
            separator = named[1]
        elif line.strip(' ,;|\t\r\n"\ufeff'):
            return line, separator, number
    heading = f"the heading {','.join(needed)}" if needed else "a heading"
    raise BadInput(f"The file is empty on line 1; write {heading} there.")


def _ours(heading: list[str], columns: Mapping[str, str]) -> list[str]:
    """The heading in our names; with `columns`, what they do not name is empty."""
    if not columns:
        numbers = heading[:1] in (["#"], ["id"])
        return ["" if _INDEX.fullmatch(name) or (numbers and k == 0) else name for k, name in enumerate(heading)]
    also = {theirs: other for theirs, other in _ALSO.items() if theirs not in heading and other in heading}
    columns = {ours: also.get(theirs, theirs) for ours, theirs in columns.items()}
    absent = [theirs for theirs in columns.values() if theirs not in heading]
    if absent:
        raise BadInput(f"Line 1 has no column {quoted(absent[0])}; it has {', '.join(filter(None, heading))[:300]}.")
    names = {theirs: ours for ours, theirs in columns.items()}
    return [names.get(name, "" if name in columns else name) for name in heading]


def _unnamed(heading: list[str]) -> tuple[int, ...]:
    """The columns without a name that must be empty: all but those at the beginning, which number the rows."""
    numbering = next((k for k, name in enumerate(heading) if name), len(heading))
    return tuple(k for k, name in enumerate(heading) if not name and k >= max(numbering, 1))


def _places(names: list[str], needed: tuple[str, ...], optional: tuple[str, ...], *, mapped: bool) -> list[int]:
    """Where each column stands in a row; an absent one behind its end, and ANY one behind that."""
    absent, any_one = len(names), len(names) + 1
    where = {name: names.index(name) for name in names if name}
    for whole, first in WHOLE.items():
        if first in (*needed, *optional) and whole in where and first not in where:
            where |= {first: where.pop(whole), first.replace("t2i", "i2t"): any_one}
    wanted = (*needed, *optional)
    missing = [name for name in needed if name not in where]
    unknown = (
        [] if mapped else [quoted(name) for name in names if name and name not in (*wanted, *_wholes(where, wanted))]
    )
    double = sorted(name for name in wanted if names.count(name) > 1)
    if missing or unknown or double:
        wrong = [
            *([f"lacks {', '.join(missing)}"] if missing else []),
            *([f"has {', '.join(unknown)}, which is not known"] if unknown else []),
            *([f"names {', '.join(double)} twice"] if double and not unknown else []),
        ]
        also = f" and, if you like, {', '.join(optional)}" if optional else ""
        arena = {"model_a", "model_b"} <= set(names) and not mapped
        how = "; --columns arena reads an arena's file" if arena else ""
        raise BadInput(f"Line 1 must name the columns {', '.join(needed)}{also}; it {' and '.join(wrong)}{how}.")
    return [where.get(name, absent) for name in wanted]


def _wholes(where: Mapping[str, int], wanted: tuple[str, ...]) -> tuple[str, ...]:
    """The columns of whole sides that were taken for others."""
    return tuple(whole for whole, first in WHOLE.items() if first in wanted and whole not in where)


def _records(
    source: Iterator[str],
    *,
    above: int,
    separator: str,
    width: int,
    unnamed: tuple[int, ...],
    places: list[int],
) -> Records:
    reader = csv.reader(source, delimiter=separator, strict=True)
    pick = itemgetter(*places)
    begins = above + 1
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise BadInput(f"Line {begins} cannot be read ({error}); {_QUOTING}.") from None
        if row is None:
            return
        if len(row) > width and not any(field.strip() for field in row[width:]):
            row = row[:width]
        if len(row) == width and any(field and not field.isspace() for field in row):
            if unnamed and any(row[k].strip() for k in unnamed):
                raise BadInput(f"Line {begins} has a field below no heading; name its column on line {above}.")
            yield begins, pick((*map(read_back, row), "", ANY))
        elif any(field.strip() for field in row):
            raise BadInput(
                f"Line {begins} has {len(row)} fields and the heading {width}; write as many, and {_QUOTING}."
            )
        begins = reader.line_num + above + 1

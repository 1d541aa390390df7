"""How the answers of a real service are printed and written: a table to read, Markdown to send, or JSON."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from rich.markup import escape
from rich.table import Table

from telephone.cli.output import screen
from telephone.domain.live_answers import LEFT_OUT, LiveAnswer
from telephone.errors import BadInput

_WIDE: Final = 140
"""Columns of a table that is not printed on a terminal."""
_HEADINGS: Final = ("part", "asked", "status", "code", "answered")


def show(answers: Sequence[LiveAnswer]) -> None:
    """Prints the table on standard output."""
    console = screen()
    if not console.is_terminal:
        console.width = _WIDE
    table = Table(*_HEADINGS)
    for answer in answers:
        style = "dim" if answer.is_left_out else None
        table.add_row(*map(escape, _cells(answer)), style=style)
    console.print(table, highlight=False)


def document(about: dict[str, Any], answers: Sequence[LiveAnswer]) -> dict[str, Any]:
    """Everything as one JSON document: `about`, then the `answers`."""
    return {**about, "answers": [answer.as_json() for answer in answers]}


def write(path: Path, about: dict[str, Any], answers: Sequence[LiveAnswer]) -> None:
    """Writes the answers to a file: JSON where its name ends in .json, else a Markdown table. Raises BadInput."""
    text = (
        json.dumps(document(about, answers), ensure_ascii=False, indent=1)
        if path.suffix == ".json"
        else _markdown(about, answers)
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise BadInput(f"The table cannot be written to {path} ({error.strerror}); name another file.") from None


def _markdown(about: dict[str, Any], answers: Sequence[LiveAnswer]) -> str:
    lines = [f"{name}: {value}  " for name, value in about.items()]
    lines += ["", f"| {' | '.join(_HEADINGS)} |", "|" + "---|" * len(_HEADINGS)]
    lines += [f"| {' | '.join(map(_plain, _cells(answer)))} |" for answer in answers]
    return "\n".join(lines)


def _cells(answer: LiveAnswer) -> tuple[str, ...]:
    code = "" if answer.code is None else str(answer.code)
    told = answer.told() + (f", ${answer.usd:.4f}" if answer.usd else "")
    return answer.part, answer.asked, str(answer.status), code, told.removeprefix(", ")


def _plain(cell: str) -> str:
    """A cell of a Markdown table, in which nothing is read as a mark."""
    return re.sub(r"([\\|`*_<>\[\]~])", r"\\\1", " ".join(cell.split()))


def tally(answers: Sequence[LiveAnswer]) -> str:
    """How many things were asked and left out, in words."""
    left_out = sum(answer.status == LEFT_OUT for answer in answers)
    return f"{len(answers) - left_out} answers, {left_out} left out"

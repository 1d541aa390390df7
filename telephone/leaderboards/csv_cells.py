"""Cells that a spreadsheet would take for formulas or numbers: written so that it does not, and read back.

An apostrophe before them says that they are text. `007` stays 007, and `=HYPERLINK(…)` is opened by nobody.
"""

import re
from typing import Final

_TAKEN: Final = re.compile(r"'*(?:[=+\-@\t\r\n＝＋－＠]|[\d.,]*\d[\d.,]*(?:[eE][+-]?\d+)?[%\s]*\Z)")
"""What spreadsheets take for more than text, and that with apostrophes before it, which must be told from ours."""


def written(text: str) -> str:
    """A cell that holds this text in every spreadsheet."""
    return f"'{text}" if _TAKEN.match(text) else text


def read_back(cell: str) -> str:
    """The text of a cell that `written` made; any other cell as it is."""
    return cell[1:] if cell[:1] == "'" and _TAKEN.match(cell) else cell

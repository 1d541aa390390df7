"""What the commands print: as it is where the output takes it, else with the nearest letters that it has."""

import codecs
import json
import sys
import unicodedata
from typing import Any, Final, TextIO

from rich.console import Console

_NEAR: Final = {
    "×": "x",
    "…": "...",
    "–": "-",
    "—": "-",
    "−": "-",
    "·": ".",
    "•": "*",
    "†": "+",
    "±": "+/-",
    "≤": "<=",
    "≥": ">=",
    "“": '"',
    "”": '"',
    "„": '"',
    "«": '"',
    "»": '"',
    "‘": "'",
    "’": "'",
    "→": "->",
    "←": "<-",
    "\u00a0": " ",
    "θ": "theta",
    "τ": "tau",
    "α": "alpha",
    "β": "beta",
    "γ": "gamma",
    "σ": "sigma",
    "√": "sqrt",
    "²": "^2",
    "ß": "ss",
    "æ": "ae",
    "Æ": "AE",
    "ø": "o",
    "Ø": "O",
    "œ": "oe",
    "Œ": "OE",
    "ł": "l",
    "Ł": "L",
    "đ": "d",
    "©": "(c)",
}
_HANDLER: Final = "telephone-near"


def prepare() -> None:
    """Lets standard output and error take any text: what their encoding lacks is written as what comes nearest."""
    codecs.register_error(_HANDLER, _near)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=_HANDLER)


def screen(*, stderr: bool = False) -> Console:
    """A console that shows names and captions as they were written: no emoji codes, no colours by guess."""
    return Console(stderr=stderr, emoji=False, highlight=False)


def say(*sentences: str) -> None:
    """Prints each on a line of its own, on standard output, as it is."""
    for sentence in sentences:
        print(sentence)  # noqa: T201


def print_json(document: Any) -> None:
    """Prints one JSON document; where the output is not in UTF-8, with escapes for what is no ASCII."""
    print(json.dumps(document, ensure_ascii=not _in_utf8(sys.stdout), allow_nan=False, default=str))  # noqa: T201


def _in_utf8(stream: TextIO) -> bool:
    try:
        return codecs.lookup(stream.encoding).name == "utf-8"
    except (LookupError, TypeError):
        return False


def _near(error: UnicodeError) -> tuple[str, int]:
    """The letters in the place of those that cannot be encoded, and where to go on; ASCII, which every encoding has."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    found = error.object[error.start : error.end]
    return "".join(_NEAR.get(char) or _bare(char) for char in found), error.end


def _bare(char: str) -> str:
    """A letter without its accents, nothing for a mark alone, a question mark for what has no likeness in ASCII."""
    if unicodedata.category(char) in ("Mn", "Cf"):
        return ""
    plain = unicodedata.normalize("NFKD", char).encode("ascii", "ignore").decode()
    return plain or "?"

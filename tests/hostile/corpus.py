"""Inputs that once broke something, or might: a folder for each parser, a file for each input or a line for each id."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).with_name("corpus")


def corpus(parser: str) -> Iterator[tuple[str, str]]:
    """The name and the text of every file for a parser, in order; bytes that are no UTF-8 stand as surrogates."""
    for path in sorted((FOLDER / parser).iterdir()):
        yield path.name, path.read_bytes().decode("utf-8", "surrogateescape")

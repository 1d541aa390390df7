"""The file .env, as editors and shells write it."""

import codecs
import io
import os
import re
from pathlib import Path
from typing import Final

from dotenv import dotenv_values
from dotenv.parser import parse_stream

from telephone.errors import Misconfigured

FILE: Final = Path(".env")
SIZE_MAX: Final = 10**6
"""The largest file that is read, in bytes."""
_MARKS: Final = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def read(path: Path = FILE) -> dict[str, str]:
    """Its settings by name; none where there is no such file. Raises Misconfigured, naming a line that is none."""
    try:
        with path.open("rb") as file:
            data = file.read(SIZE_MAX + 1)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except IsADirectoryError:
        raise Misconfigured(f"{_place(path)} is a folder; make it a file such as .env.example, or remove it.") from None
    except OSError as error:
        raise Misconfigured(f"{_place(path)} cannot be read ({error.strerror}); let this user read it.") from None
    if len(data) > SIZE_MAX:
        raise Misconfigured(f"{_place(path)} is no file of settings: it is over 1 MB; write one as .env.example is.")
    text = _decoded(path, data)
    for binding in parse_stream(io.StringIO(text)):
        if binding.error:
            above = re.match(r"\s*", binding.original.string)
            line = binding.original.line + (above[0].count("\n") if above else 0)
            raise Misconfigured(f"Line {line} of {_place(path)} is no setting; write NAME=value.")
    return {name: value for name, value in dotenv_values(stream=io.StringIO(text)).items() if value}


def _decoded(path: Path, data: bytes) -> str:
    """The text: UTF-8, with or without a mark, or UTF-16 with one, as Windows' shell writes it."""
    encoding = next((name for mark, name in _MARKS.items() if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise Misconfigured(
            f"Line {line} of {_place(path)} is not in UTF-8; save the file as UTF-8 in your editor."
        ) from None
    if "\0" in text:
        raise Misconfigured(f"{_place(path)} is not in UTF-8; save the file as UTF-8 in your editor.")
    return text


def _place(path: Path) -> str:
    return os.path.abspath(path)

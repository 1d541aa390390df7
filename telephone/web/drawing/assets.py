"""The files that the page is made of, each under an address that changes whenever one of them does."""

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).with_name("static")
_TYPES: Final = {".css": "text/css", ".js": "text/javascript", ".mjs": "text/javascript", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Static:
    """A file and the type it is served as."""

    data: bytes
    media_type: str


@cache
def statics() -> dict[str, Static]:
    """Every file that is served, by its path in the folder."""
    files = sorted(path for path in FOLDER.rglob("*") if path.suffix in _TYPES)
    return {path.relative_to(FOLDER).as_posix(): Static(path.read_bytes(), _TYPES[path.suffix]) for path in files}


@cache
def edition() -> str:
    """Sixteen hexadecimal digits of a hash over all files; they change whenever a file does."""
    digest = sha256()
    for name, static in statics().items():
        digest.update(f"{name} {len(static.data)} ".encode() + static.data)
    return digest.hexdigest()[:16]

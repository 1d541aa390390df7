"""The manifest of a backup: what it holds, with the hash of each file."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from telephone.errors import BadInput

FORMAT: Final = 1
NAME: Final = "manifest.json"
STORE: Final = "telephone.sqlite"
ORDERS: Final = "orders"
PICTURES: Final = "pictures"
SECRET: Final = "secret"  # noqa: S105 - the name of a file
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds: the sha256 of each file by its path in the folder.

    `revision` is that of the tables. `missing` are pictures that a step shows and that could not be copied.
    """

    taken_at: datetime
    revision: str
    files: Mapping[str, str]
    missing: tuple[str, ...] = ()
    format: int = field(default=FORMAT)

    def write(self, folder: Path) -> None:
        """Writes the manifest into the backup's folder."""
        document = asdict(self) | {"taken_at": self.taken_at.isoformat(), "missing": list(self.missing)}
        (folder / NAME).write_text(json.dumps(document, indent=1, sort_keys=True), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """Reads the manifest of a backup. Raises BadInput for a folder that holds none that we can read."""
        try:
            stored: dict[str, Any] = json.loads((folder / NAME).read_text(encoding="utf-8"))
            stored |= {"taken_at": datetime.fromisoformat(stored["taken_at"]), "missing": tuple(stored["missing"])}
            if stored["format"] != FORMAT:
                raise BadInput(f"The backup in {folder} was made by a newer version of AI Telephone; update this one.")
            return cls(**stored)
        except OSError as error:
            raise BadInput(
                f"{folder} holds no backup ({NAME}: {error.strerror}); name the folder that `telephone backup` wrote."
            ) from error
        except (ValueError, KeyError, TypeError) as error:
            raise BadInput(f"{folder / NAME} is damaged; use another backup.") from error

    def check(self, folder: Path) -> None:
        """Raises BadInput where a file is missing or is not what was written."""
        for name, sha256 in self.files.items():
            path = folder / name
            if folder.resolve() not in path.resolve().parents:
                raise BadInput(f"{folder / NAME} names a file outside the backup, {name}; use another backup.")
            try:
                found = sha256_of(path)
            except OSError as error:
                raise BadInput(f"The backup lacks {name} ({error.strerror}); use another backup.") from error
            if found != sha256:
                raise BadInput(f"{path} is not what the backup wrote (its hash differs); use another backup.")


def sha256_of(path: Path) -> str:
    """The sha256 of a file's bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()

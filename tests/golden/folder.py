"""The data folder of an earlier version, as it is kept beside this module: databases, pictures, and the two worlds.

Databases are kept as SQL, so that they do not depend on how SQLite lays out a file, and what is in them can be read.
"""

import gzip
import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.golden.moving import Moving
from tests.standin import Standin, snapshot
from tests.standin_providers import StandinApis

DATA = Path(__file__).parent / "data"
"""Of the version before the packages."""
DATA_2 = Path(__file__).parent / "data_2"
"""Of the version in which a step became two durable steps, killed at more moments (record_midway.py)."""
DATABASES = ("telephone", "engine")
SECRET = "the secret of a folder that is public"
OUTPUTS = {"2e1dddc8": lambda text: f"Caption: {text}"}
"""How BLIP words its captions."""


@dataclass(frozen=True)
class Golden:
    """Where the data lie, and when they were recorded."""

    folder: Path
    recorded: datetime

    @classmethod
    def open(cls, folder: Path = DATA) -> "Golden":
        return cls(folder, datetime.fromisoformat((folder / "recorded-at").read_text().strip()))

    def moving(self, now: datetime | None = None) -> Moving:
        return Moving(self.recorded, now or datetime.now(UTC))

    def copy(self, to: Path, moving: Moving) -> None:
        """Makes a data directory of databases and pictures, as if the bot had been killed just now."""
        to.mkdir(parents=True, exist_ok=True)
        for name in DATABASES:
            with closing(sqlite3.connect(to / f"{name}.sqlite")) as database:
                database.executescript(moving.text(self.text(f"{name}.sql")))
        for picture in (self.folder / "pictures").rglob("*"):
            if picture.is_file():
                copied = to / "pictures" / picture.relative_to(self.folder / "pictures")
                copied.parent.mkdir(parents=True, exist_ok=True)
                copied.write_bytes(picture.read_bytes())

    def restore(self, discord: Standin, apis: StandinApis, moving: Moving) -> None:
        """Has both stand-ins go on from where they were."""
        snapshot.restore(discord, self.document("discord.json", moving))
        apis.restore(self.document("providers.json", moving))

    def document(self, name: str, moving: Moving) -> dict[str, Any]:
        return dict(json.loads(moving.text(self.text(name))))

    def text(self, name: str) -> str:
        return gzip.decompress((self.folder / f"{name}.gz").read_bytes()).decode()


def write(folder: Path, data: Path, discord: Standin, apis: StandinApis, recorded: datetime) -> None:
    """Keeps a data directory of a bot that was killed, and the worlds around it."""
    folder.mkdir(parents=True)
    (folder / "recorded-at").write_text(recorded.isoformat(timespec="seconds") + "\n")
    for name in DATABASES:
        with closing(sqlite3.connect(data / f"{name}.sqlite")) as database:
            _write(folder / f"{name}.sql.gz", "\n".join(database.iterdump()) + "\n")
    _write(folder / "discord.json.gz", json.dumps(snapshot.taken(discord), ensure_ascii=False))
    _write(folder / "providers.json.gz", json.dumps(apis.taken(), ensure_ascii=False))
    for picture in (data / "pictures").rglob("*"):
        if picture.is_file():
            kept = folder / "pictures" / picture.relative_to(data / "pictures")
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_bytes(picture.read_bytes())


def settings(apis: StandinApis, data: Path) -> dict[str, str]:
    """The environment of the bot that is recorded, and of the one that goes on."""
    return {
        "REPLICATE_API_TOKEN": "r8_golden0123456789abcdef",
        "REPLICATE_BASE_URL": apis.url,
        "TELEPHONE_BUDGET_MEMBER": "20",
        "TELEPHONE_BUDGET_OPERATOR": "20",
        "TELEPHONE_BUDGET_SERVER": "20",
        "TELEPHONE_DATA_DIR": str(data),
        "TELEPHONE_DOWNLOAD_HOSTS": "127.0.0.1",
        "TELEPHONE_MODERATION": "offline",
        "TELEPHONE_SECRET": SECRET,
    }


def ask(data: Path, query: str, database: str = "telephone") -> list[tuple[Any, ...]]:
    """Rows of a database of a data directory, beside a bot that may be running on it."""
    with closing(sqlite3.connect(f"file:{data / database}.sqlite?mode=ro", uri=True, timeout=30)) as connection:
        return connection.execute(query).fetchall()


def _write(path: Path, text: str) -> None:
    path.write_bytes(gzip.compress(text.encode(), mtime=0))

"""A worker that says when it plays, for the bench of chaos on Postgres.

    CHAOS_READY=FILE TELEPHONE_ROLE=worker python bench/chaos_worker.py

It writes FILE when it plays, and is the product's own worker in everything else.
"""

import os
import sys
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import bot.process as entry
from bot.worker import WorkerClient

READY: Final = "CHAOS_READY"


class Worker(WorkerClient):
    """A worker's client that writes the file."""

    async def setup_hook(self) -> None:
        await super().setup_hook()
        Path(os.environ[READY]).touch()


def main() -> int:
    entry.WorkerClient = Worker  # type: ignore[misc]
    return entry.main()


if __name__ == "__main__":
    sys.exit(main())

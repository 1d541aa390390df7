"""The bot without a gateway: it plays what others start, on the database that it shares with them.

    CHAOS_READY=FILE python bench/chaos_worker.py

It writes FILE when it plays. Everything but the connection to the gateway is the bot's own; members' commands reach the
other process alone.
"""

import asyncio
import os
import sys
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import bot.process as entry
from bot.app import TelephoneApp

READY: Final = "CHAOS_READY"


class Worker(TelephoneApp):
    """A client that is logged in and hears nothing."""

    async def connect(self, *, reconnect: bool = True) -> None:
        Path(os.environ[READY]).touch()
        await asyncio.Event().wait()


def main() -> int:
    entry.TelephoneApp = Worker  # type: ignore[misc]
    return entry.main()


if __name__ == "__main__":
    sys.exit(main())

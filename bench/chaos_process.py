"""A process of the bot that is killed and started again."""

import asyncio
import signal
import sys
import time
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.standin.loopback import Standin
from tests.standin.process import BotProcess

STARTS_WITHIN: Final = 120.0
STOPS_WITHIN: Final = 60.0
NEVER: Final = -1
"""Stands for the status of a process that was told to end and did not, in STOPS_WITHIN seconds."""
MAY_START_AGAIN: Final = frozenset({-9, 0, 69, 75})
"""How a process may end without a person having to do something: killed, told to, or EX_UNAVAILABLE, EX_TEMPFAIL."""


class Process:
    """One process of the bot that is started again whenever it ends, as a service manager would."""

    def __init__(self, name: str, bot: BotProcess, ready: Path | None, discord: Standin) -> None:
        self.name, self.bot = name, bot
        self._ready, self._discord = ready, discord
        self._since = time.monotonic()
        self.kept_down = False
        self.ends: list[int] = []
        """The exit statuses with which it ended by itself."""

    async def start(self) -> None:
        """Starts it; it is not ready yet."""
        if self._ready is not None:
            self._ready.unlink(missing_ok=True)
        self._since = time.monotonic()
        await self.bot.start()

    @property
    def is_ready(self) -> bool:
        """Whether it plays, and hears what members do if it is the one that does."""
        if not self.bot.running:
            return False
        return self._discord.gateway.identified_since(self._since) if self._ready is None else self._ready.exists()

    async def ready(self) -> None:
        """Waits until it plays. Raises TimeoutError."""
        async with asyncio.timeout(STARTS_WITHIN):
            while not self.is_ready:
                await asyncio.sleep(0.05)

    async def kill(self, *, gently: bool = False) -> None:
        """Ends it with -9, or asks it to end, and starts it again."""
        self.kept_down = True
        try:
            if not self.bot.running:
                self.ends.append(self.bot.exit_status or 0)
            elif gently:
                if (status := await self.bot.stop(STOPS_WITHIN)) not in (0, -signal.SIGTERM):
                    self.ends.append(NEVER if status == -signal.SIGKILL else status)
            else:
                self.bot.kill()
                await self.bot.ended()
            await self.start()
        finally:
            self.kept_down = False

    async def supervise(self) -> None:
        """Starts it again whenever it ended by itself; runs until it is cancelled."""
        while True:
            await asyncio.sleep(0.5)
            if not self.bot.running and not self.kept_down:
                self.ends.append(self.bot.exit_status or 0)
                await self.start()

"""The bot as a process of its own: started, killed with -9, started again, its log kept."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from tests.limits import LIMIT

ROOT = Path(__file__).resolve().parents[2]
# What a developer has in the environment must not reach the bot under test.
PRIVATE = ("DISCORD_", "OPENAI_", "REPLICATE_", "TELEPHONE_")


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    """This process's environment without keys and settings, one thread a process, plus `extra`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(PRIVATE)}
    paths = [str(ROOT), *filter(None, [kept.get("PYTHONPATH")])]
    return {**kept, "PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1", **extra}


class BotProcess:
    """A bot that runs elsewhere. Its standard output and error are appended to one log file."""

    def __init__(
        self,
        argv: Sequence[str],
        env: Mapping[str, str],
        cwd: Path,
        log_path: Path,
        until_ready: Callable[[BotProcess, float], Awaitable[None]],
    ) -> None:
        self._until_ready = until_ready
        self.argv, self.env, self.cwd, self.log_path = list(argv), dict(env), cwd, log_path
        self.starts = 0
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start the process; it is not ready yet."""
        if self.running:
            raise RuntimeError("the bot is running; kill() or stop() it before you start it again")
        with self.log_path.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self.argv, env=self.env, cwd=self.cwd, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log
            )
        self.starts += 1

    async def restart(self, *, wait: bool = True) -> None:
        """Start again, after kill -9 if it still runs; with `wait`, until it is connected."""
        if self._process is not None:
            self.kill()
            await self.ended()
        started = time.monotonic()
        await self.start()
        if wait:
            await self._until_ready(self, started)

    @property
    def pid(self) -> int:
        """The id of the process that was started last."""
        if self._process is None:
            raise RuntimeError("the bot has not been started")
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process has been started and has not ended."""
        return self._process is not None and self._process.returncode is None

    @property
    def exit_status(self) -> int | None:
        """How the last process ended (-9 after kill()), None while it runs."""
        return None if self._process is None else self._process.returncode

    @property
    def log(self) -> str:
        """All that the bot has written, over every start."""
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def kill(self) -> None:
        """SIGKILL, now: the process gets no chance to tidy up."""
        self._signal(signal.SIGKILL)

    async def stop(self, timeout: float = LIMIT) -> int:
        """Ask the process to end (SIGTERM), kill it after `timeout` seconds; its exit status."""
        self._signal(signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            return await self.ended(timeout)
        self.kill()
        return await self.ended(timeout)

    async def ended(self, timeout: float = LIMIT) -> int:
        """Wait for the end of the process; its exit status."""
        if self._process is None:
            raise RuntimeError("the bot has not been started")
        return await asyncio.wait_for(self._process.wait(), timeout)

    def _signal(self, number: signal.Signals) -> None:
        if self.running:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

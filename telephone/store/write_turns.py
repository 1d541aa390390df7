"""The order in which a process writes to a database that has one writer at a time."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class WriteTurns:
    """Lets one writer in at a time, in the order of their coming; urgent ones go before all others that wait.

    What is urgent are acknowledgements: Discord gives each three seconds, and members make few of them.
    """

    def __init__(self) -> None:
        self._taken = False
        self._urgent, self._others = deque[asyncio.Future[None]](), deque[asyncio.Future[None]]()

    @asynccontextmanager
    async def turn(self, *, urgent: bool = False) -> AsyncIterator[None]:
        """Waits for the turn, and has it for the block."""
        if self._taken:
            await self._wait(self._urgent if urgent else self._others)
        self._taken = True
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, line: deque[asyncio.Future[None]]) -> None:
        mine = asyncio.get_running_loop().create_future()
        line.append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            if mine in line:
                line.remove(mine)
            elif not mine.cancelled():  # the turn had come already
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        """Gives the turn to who is next, so that nobody who comes now goes before them."""
        line = self._urgent or self._others
        if not line:
            self._taken = False
            return
        next_one = line.popleft()
        if next_one.cancelled():
            self._pass_on()
        else:
            next_one.set_result(None)

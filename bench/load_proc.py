"""What a process and its children use, as Linux accounts it: CPU seconds and resident memory."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_LOOK: Final = 0.25


def tree(pid: int) -> Iterator[int]:
    """A process and everything below it that runs now."""
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = task.read_text().split()
        except OSError:
            continue
        for child in children:
            yield from tree(int(child))


def cpu(pid: int) -> float:
    """CPU seconds so far of a process and its children, of those that ended too."""
    total = 0.0
    for one in tree(pid):
        try:
            numbers = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        # utime, stime, and those of children that have ended.
        total += sum(int(number) for number in numbers[11:15]) / _TICKS
    return total


def resident(pid: int) -> float:
    """The resident memory of a process and its children, in MB."""
    total = 0
    for one in tree(pid):
        try:
            total += int(Path(f"/proc/{one}/statm").read_text().split()[1]) * _PAGE
        except OSError:
            continue
    return total / 2**20


@dataclass(slots=True)
class Used:
    """What was used between two moments. `mb` is the most memory that was resident at a look."""

    seconds: float = 0.0
    cpu: float = 0.0
    mb: float = 0.0


@asynccontextmanager
async def watched(pid: int) -> AsyncIterator[Used]:
    """What a process uses during the block; filled in when it ends."""
    used, since, began = Used(), time.monotonic(), cpu(pid)

    async def look() -> None:
        while True:
            used.mb = max(used.mb, resident(pid))
            await asyncio.sleep(_LOOK)

    looking = asyncio.create_task(look())
    try:
        yield used
    finally:
        looking.cancel()
        used.seconds, used.cpu = time.monotonic() - since, cpu(pid) - began
        used.mb = max(used.mb, resident(pid))

"""The command line: what a game in the terminal takes until its first picture, and what short commands take."""

import asyncio
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from load_proc import resident
from load_rows import Found

from tests.standin.process import environment

_LOOK: Final = 0.01
_PLAY: Final = ("play", "a fox mends a clock", "--t2i", "stickers", "--i2t", "spotter-sharp", "--turns", "1")


@dataclass(slots=True)
class Ran:
    """A command that was run: seconds, CPU seconds of it and its children, the most memory in MB, its status.

    `first` is when what was looked for was there, in seconds.
    """

    seconds: float = 0.0
    cpu: float = 0.0
    mb: float = 0.0
    status: int = 0
    first: float | None = None


async def run(folder: Path, *words: str, seen: Callable[[], bool] | None = None) -> Ran:
    """Runs `telephone` with these words in a folder, where it has its data."""
    ran, before, began = Ran(), resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "telephone", *words),
        cwd=folder,
        env=environment({"TELEPHONE_DATA_DIR": str(folder / "data")}),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    ended = asyncio.create_task(process.wait())
    while not ended.done():
        ran.mb = max(ran.mb, resident(process.pid))
        if seen is not None and ran.first is None and seen():
            ran.first = time.monotonic() - began
        await asyncio.sleep(_LOOK)
    ran.seconds, ran.status = time.monotonic() - began, ended.result()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    ran.cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return ran


async def commands() -> Found:
    """The rows of the command line."""
    found = Found()
    with tempfile.TemporaryDirectory(prefix="telephone-bench-") as name:
        folder = Path(name)
        out = folder / "game"

        def pictured() -> bool:
            return any(out.rglob("pictures/??/*")) or any(out.glob("*.png"))

        played = await run(folder, *_PLAY, "--out", str(out), seen=pictured)
        found.add("telephone play: seconds until the first picture", played.first or played.seconds, 3)
        found.add("telephone play, one turn: CPU s", played.cpu, 4)
        found.add("telephone play, one turn: s", played.seconds)
        found.add("telephone play, one turn: RSS of it and its children, MB", played.mb, 350)
        if played.status or not any(out.rglob("*.png")):
            found.faults.append(f"telephone play ended with status {played.status}")
        for words in (["models"], ["--help"]):
            ran = await run(folder, *words)
            found.add(f"telephone {words[0]}: s", ran.seconds, 1)
            found.add(f"telephone {words[0]}: CPU s", ran.cpu)
            if ran.status:
                found.faults.append(f"telephone {words[0]} ended with status {ran.status}")
    return found

"""The one place where work that keeps a core busy leaves the event loop."""

import asyncio
import importlib
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_POOL = ThreadPoolExecutor(max_workers=max(2, os.cpu_count() or 2), thread_name_prefix="cpu")
_IMPORTED: set[str] = set()


async def off_loop(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Runs `work` on a thread (drawing, charts, embedding: code that lets go of the GIL) and awaits it."""
    return await asyncio.get_running_loop().run_in_executor(_POOL, lambda: work(*args, **kwargs))


async def imported(*names: str) -> None:
    """Imports libraries on a thread: a heavy one takes up to a second, in which nothing else would be answered."""
    if not _IMPORTED.issuperset(names):
        await off_loop(lambda: [importlib.import_module(name) for name in names])
        _IMPORTED.update(names)

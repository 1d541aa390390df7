"""The one place where work that keeps a core busy leaves the event loop."""

import asyncio
import importlib
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, ParamSpec, TypeVar

from telephone import memory

P = ParamSpec("P")
T = TypeVar("T")

THREADS: Final = max(2, min(4, os.cpu_count() or 2))
"""How much of such work is done at once. Pictures of 25 megapixels take 200 MB each while they are decoded."""
_LONG: Final = 0.015
"""Seconds of work after which free memory is given back: it drew, decoded or asked a network."""

_POOL = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="cpu")
_NETWORK = ThreadPoolExecutor(max_workers=1, thread_name_prefix="network")
_IMPORTED: set[str] = set()


async def off_loop(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Runs `work` on a thread (drawing, charts, embedding: code that lets go of the GIL) and awaits it."""
    return await asyncio.get_running_loop().run_in_executor(_POOL, lambda: _done(lambda: work(*args, **kwargs)))


async def on_one_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """As `off_loop`, but on one thread for all: of a network that runs on several, each keeps some 20 MB."""
    return await asyncio.get_running_loop().run_in_executor(_NETWORK, lambda: _done(lambda: work(*args, **kwargs)))


def _done(work: Callable[[], T]) -> T:
    """The result of the work, with the memory given back that long work has taken for itself."""
    began = time.thread_time()
    try:
        return work()
    finally:
        if time.thread_time() - began > _LONG:
            memory.give_back_at_times()


async def imported(*names: str) -> None:
    """Imports libraries on a thread: a heavy one takes up to a second, in which nothing else would be answered."""
    if not _IMPORTED.issuperset(names):
        await off_loop(lambda: [importlib.import_module(name) for name in names])
        _IMPORTED.update(names)

"""What running code asks of the database and takes of the CPU, counted by the part of the product that runs.

What is wrapped here is named by its public name; where a name is gone, counting ends with an AttributeError.
"""

import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Coroutine, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import sqlalchemy as sa

from telephone.domain.games import Game
from telephone.games.measure_workflow import MeasureWorkflow
from telephone.games.publisher import GamePublisher
from telephone.store.games import Games

_PART: ContextVar[str] = ContextVar("part", default="step")
"""What the running code works for: "step" is the play of a game, apart from "card", "measuring", "start", "watch"."""


_POLLING: Final = ("queue-worker", "dbos-background", "Thread-")
"""The engine's threads that look for work: what they ask grows with time, not with steps, and is counted as "poll"."""


@dataclass(slots=True)
class Counts:
    """What was asked of the database while counting, by the part of the code that asked."""

    statements: Counter[str] = field(default_factory=Counter)
    commits: Counter[str] = field(default_factory=Counter)
    loads: Counter[str] = field(default_factory=Counter)
    shapes: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Statements by part and shape: their first words."""
    cpu: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    """CPU seconds of "card" and "measuring" on the loop and on threads of pools; what the driver's threads do for
    them is not in it."""


@contextmanager
def counting() -> Iterator[Counts]:
    """Counts every SQL statement, every commit that wrote, and every load of a whole game, the engine's own too."""
    counts, wrote = Counts(), set[int]()

    def statement(connection: Any, _cursor: Any, text: str, *_rest: Any) -> None:
        part = "poll" if threading.current_thread().name.startswith(_POLLING) else _PART.get()
        counts.statements[part] += 1
        counts.shapes[part, " ".join(text.split())[:90]] += 1
        if text.lstrip()[:6].upper() in ("INSERT", "UPDATE", "DELETE"):
            wrote.add(id(connection.connection.dbapi_connection))

    def ended(connection: Any, kept: bool) -> None:
        if id(connection.connection.dbapi_connection) in wrote:
            wrote.discard(id(connection.connection.dbapi_connection))
            counts.commits[_PART.get()] += kept

    def committed(connection: Any) -> None:
        ended(connection, True)

    def rolled_back(connection: Any) -> None:
        ended(connection, False)

    listened = [(sa.Engine, "before_cursor_execute", statement), (sa.Engine, "commit", committed)]
    listened.append((sa.Engine, "rollback", rolled_back))
    for what in listened:
        sa.event.listen(*what)
    plain = Games.get

    async def get(self: Games, game_id: str) -> Game:
        counts.loads[_PART.get()] += 1
        return await plain(self, game_id)

    Games.get = get  # type: ignore[method-assign]
    try:
        with timing(counts):
            yield counts
    finally:
        Games.get = plain  # type: ignore[method-assign]
        for what in listened:
            sa.event.remove(*what)


@contextmanager
def timing(counts: Counts) -> Iterator[Counts]:
    """Has what cards and measuring ask and take counted apart from the steps."""
    apart: list[tuple[type, str, str]] = [
        (GamePublisher, "edit_card", "card"),
        (GamePublisher, "edit_card_of", "card"),
        (GamePublisher, "edit_summary", "measuring"),
        (MeasureWorkflow, "begin", "measuring"),
        (MeasureWorkflow, "wait", "measuring"),
        (MeasureWorkflow, "summarise", "measuring"),
        (MeasureWorkflow, "calibrate", "measuring"),
    ]
    plain = [(owner, name, getattr(owner, name)) for owner, name, _ in apart]
    submit = ThreadPoolExecutor.submit
    for owner, name, part in apart:
        setattr(owner, name, _within(part, getattr(owner, name), counts))
    ThreadPoolExecutor.submit = _timed_on_threads(submit, counts)  # type: ignore[method-assign]
    try:
        yield counts
    finally:
        ThreadPoolExecutor.submit = submit  # type: ignore[method-assign]
        for owner, name, method in plain:
            setattr(owner, name, method)


def _within(part: str, method: Callable[..., Any], counts: Counts) -> Callable[..., Any]:
    @wraps(method)
    async def call(*args: Any, **kwargs: Any) -> Any:
        if _PART.get() != "step":
            return await method(*args, **kwargs)
        before = _PART.set(part)
        try:
            return await _Timed(method(*args, **kwargs), part, counts)
        finally:
            _PART.reset(before)

    return call


@dataclass(frozen=True, slots=True)
class _Timed:
    """Awaits a coroutine and adds up the CPU seconds that the loop's thread spends in it."""

    coroutine: Coroutine[Any, Any, Any]
    part: str
    counts: Counts

    def __await__(self) -> Generator[Any, Any, Any]:
        inner, value, thrown = self.coroutine.__await__(), None, None
        while True:
            began = time.thread_time()
            try:
                wanted = inner.send(value) if thrown is None else inner.throw(thrown)
            except StopIteration as ended:
                return ended.value
            finally:
                self.counts.cpu[self.part] += time.thread_time() - began
            try:
                value, thrown = (yield wanted), None
            except BaseException as error:
                value, thrown = None, error


def _timed_on_threads(submit: Callable[..., Any], counts: Counts) -> Callable[..., Any]:
    """Adds the CPU seconds that a pool's thread spends for a part that is counted apart."""

    def timed(pool: ThreadPoolExecutor, work: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        if (part := _PART.get()) not in ("card", "measuring"):
            return submit(pool, work, *args, **kwargs)

        def run() -> Any:
            began = time.thread_time()
            try:
                return work(*args, **kwargs)
            finally:
                counts.cpu[part] += time.thread_time() - began

        return submit(pool, run)

    return timed


@contextmanager
def working_for(part: str) -> Iterator[None]:
    """Has what is asked inside counted for another part."""
    before = _PART.set(part)
    try:
        yield
    finally:
        _PART.reset(before)

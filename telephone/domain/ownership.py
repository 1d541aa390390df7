"""Ownership: which execution of a workflow may act for it.

The journal gives each execution of a workflow a token. When the workflow is handed to another process, its row has
another token, and the execution before may write, send and pay for nothing any more: the store compares the token in
the statements that write (telephone/store/fencing.py), and calls and messages go out only while the process knows that
the others take it for alive.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

T = TypeVar("T")


class TakenOver(BaseException):
    """Another execution plays this workflow now: whoever meets this stops, and leaves all as it is.

    Like a cancellation it is no Exception, so that nobody takes it for a failure of the game and tidies up after it.
    """


class Lease(Protocol):
    """What a process knows of its being taken for alive by the others."""

    @property
    def holds(self) -> bool:
        """Whether no other process has begun to play what this one plays."""

    async def held(self) -> None:
        """Returns as soon as it holds: at once, or when the process has been heard of by the others again."""


@dataclass(frozen=True, slots=True)
class Ownership:
    """One execution of a workflow: its token in the journal, and the lease of its process."""

    workflow_id: str
    token: str
    lease: Lease


_OWNERSHIP: Final[ContextVar[Ownership | None]] = ContextVar("ownership", default=None)


def own(ownership: Ownership | None) -> None:
    """Says which execution runs in this context, and in the tasks and threads that it begins; None for none."""
    _OWNERSHIP.set(ownership)


def owned() -> Ownership | None:
    """The execution that runs in this context; None outside of workflows."""
    return _OWNERSHIP.get()


class NotNow(Exception):
    """What runs here may not call or send just now: the others may take its process for dead."""


def ensure_it_may() -> None:
    """To be called right before a call that costs money, or a message. Raises NotNow; never outside of workflows."""
    if (here := _OWNERSHIP.get()) is not None and not here.lease.holds:
        raise NotNow


async def until_it_may() -> None:
    """Returns when what runs here may call and send."""
    if (here := _OWNERSHIP.get()) is not None:
        await here.lease.held()


async def once_it_may(work: Callable[[], Awaitable[T]]) -> T:
    """The result of `work`, which is begun when it may call and send, and begun again where it raises NotNow."""
    while True:
        await until_it_may()
        with suppress(NotNow):
            return await work()

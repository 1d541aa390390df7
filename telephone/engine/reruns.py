"""Restarting games, battles and parties that a crash, a fault or another process left unfinished.

The store knows which of them have not ended, the journal which workflows have. One that has not ended although its
workflow has was left behind and is restarted.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, Protocol, TypeVar

import structlog

from telephone.engine import workflow_ids
from telephone.engine.engine import Engine

RUNS_MAX: Final = 100
"""How many runs a game, a battle or a party may have before it is given up."""
_log = structlog.get_logger()


class Run(Protocol):
    """A game, a battle or a party; each of its runs has a workflow of its own."""

    @property
    def id(self) -> str: ...
    @property
    def run(self) -> int: ...
    @property
    def state(self) -> object: ...


R = TypeVar("R", bound=Run)
R_co = TypeVar("R_co", bound=Run, covariant=True)
U = TypeVar("U", bound=Run)


class _Store(Protocol[R_co]):
    """The store's queries for games, battles or parties."""

    async def get(self, owner_id: str, /) -> R_co: ...
    async def next_run(self, owner_id: str, /) -> object: ...


@dataclass(frozen=True, slots=True)
class Reruns(Generic[R]):
    """Restarts games, battles or parties. `what` is the word for one in the log.

    `begin` enqueues the workflow of the current run, `give_up` ends an owner that has had RUNS_MAX runs.
    """

    what: str
    engine: Engine
    store: _Store[R]
    begin: Callable[[Run], Awaitable[None]]
    give_up: Callable[[R], Awaitable[object]]

    async def set_going(self, unended: Mapping[str, U], is_left: Callable[[U | R], bool] = lambda _: True) -> None:
        """Begins every run in `unended`, by workflow id; where the workflow has ended already, begins a new run.

        What is unended need not be whole: only what is run again is read. `is_left` says whether an owner whose
        workflow has ended was left behind. Safe at any time.
        """
        ended = await self.engine.ended(unended)
        for workflow_id, owner in unended.items():
            again = workflow_id in ended and is_left(owner)
            await (self._run_again(owner, is_left) if again else self.begin(owner))

    async def _run_again(self, owner: U, is_left: Callable[[U | R], bool]) -> None:
        now = await self.store.get(owner.id)
        if (now.run, now.state) != (owner.run, owner.state) or not is_left(now):
            return
        if now.run >= RUNS_MAX:
            await self.give_up(now)
            return
        _log.warning(f"a {self.what} was left lying and goes on", **{self.what: now.id}, run=now.run)
        await self.store.next_run(now.id)
        await self.begin(await self.store.get(now.id))


async def enqueue_unended(engine: Engine, workflow: Any, unended: Mapping[str, str]) -> None:
    """Enqueues jobs by workflow id; a job whose workflow has ended without finishing it is enqueued once an hour."""
    ended = await engine.ended(unended)
    for workflow_id, job_id in unended.items():
        again = workflow_id in ended
        name = workflow_ids.once_every(workflow_ids.HOUR, workflow_id) if again else workflow_id
        await engine.enqueue(name, workflow, job_id)

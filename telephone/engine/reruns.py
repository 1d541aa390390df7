"""Setting going again what a crash, a fault or another process left lying.

The store knows what has not ended, the journal which workflows have. What is unended while its workflow ended was left.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, Protocol, TypeVar

import structlog

from telephone.engine import workflow_ids
from telephone.engine.engine import Engine

RUNS_MAX: Final = 100
"""How often a game, a battle or a party may be set going before it is given up."""
_log = structlog.get_logger()


class _Run(Protocol):
    """What has runs: a workflow of its own for each time that it is set going."""

    @property
    def id(self) -> str: ...
    @property
    def run(self) -> int: ...
    @property
    def state(self) -> object: ...


R = TypeVar("R", bound=_Run)
R_co = TypeVar("R_co", bound=_Run, covariant=True)


class _Store(Protocol[R_co]):
    """Where it is kept."""

    async def get(self, owner_id: str, /) -> R_co: ...
    async def next_run(self, owner_id: str, /) -> object: ...


@dataclass(frozen=True, slots=True)
class Reruns(Generic[R]):
    """Sets games, battles or parties going again. `what` names one in the log.

    `begin` enqueues the workflow of one's run, `give_up` ends one that never ends well.
    """

    what: str
    engine: Engine
    store: _Store[R]
    begin: Callable[[R], Awaitable[None]]
    give_up: Callable[[R], Awaitable[object]]

    async def set_going(self, unended: Mapping[str, R], is_left: Callable[[R], bool] = lambda _: True) -> None:
        """Begins what is unended, by the ids of its workflows; what is left by an ended one goes on in a new run.

        `is_left` says of one whose workflow ended whether it should not have. Safe at any time.
        """
        ended = await self.engine.ended(unended)
        for workflow_id, one in unended.items():
            await (self._run_again(one) if workflow_id in ended and is_left(one) else self.begin(one))

    async def _run_again(self, one: R) -> None:
        now = await self.store.get(one.id)
        if (now.run, now.state) != (one.run, one.state):
            return
        if now.run >= RUNS_MAX:
            await self.give_up(now)
            return
        _log.warning(f"a {self.what} was left lying and goes on", **{self.what: now.id}, run=now.run)
        await self.store.next_run(now.id)
        await self.begin(await self.store.get(now.id))


async def enqueue_unended(engine: Engine, workflow: Any, unended: Mapping[str, str]) -> None:
    """Enqueues the jobs of unended workflows, by the ids of these; one whose workflow ended is tried every hour."""
    ended = await engine.ended(unended)
    for workflow_id, job_id in unended.items():
        again = workflow_id in ended
        name = workflow_ids.once_every(workflow_ids.HOUR, workflow_id) if again else workflow_id
        await engine.enqueue(name, workflow, job_id)

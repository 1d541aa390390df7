"""Durable steps, as every workflow declares them."""

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from dbos import DBOS

from telephone.domain.ownership import until_it_may
from telephone.engine.outages import through_outages

P = ParamSpec("P")
T = TypeVar("T")


def durable_step(
    name: str,
) -> Callable[[Callable[P, Coroutine[Any, Any, T]]], Callable[P, Coroutine[Any, Any, T]]]:
    """Makes a coroutine a durable step, whose result is journalled under this name and which outlasts outages.

    It is run again after a crash and after an outage, so what it does must be safe to repeat. It begins only while the
    other processes take this one for alive.
    """

    def decorate(step: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
        @DBOS.step(name=name)
        @wraps(step)
        async def durable(*args: P.args, **kwargs: P.kwargs) -> T:
            await until_it_may()
            return await through_outages(lambda: step(*args, **kwargs))

        return durable

    return decorate

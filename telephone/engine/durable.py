"""Durable steps, as every workflow declares them."""

from collections.abc import Awaitable, Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from dbos import DBOS

from telephone.domain.ownership import until_it_may
from telephone.engine.outages import through_outages

P = ParamSpec("P")
T = TypeVar("T")


def durable_step(
    name: str,
    tell: Callable[[Any, str, bool], Awaitable[None]] | None = None,
) -> Callable[[Callable[P, Coroutine[Any, Any, T]]], Callable[P, Coroutine[Any, Any, T]]]:
    """Makes a coroutine a durable step, whose result is journalled under this name and which outlasts outages.

    It is run again after a crash and after an outage, so what it does must be safe to repeat. It begins only while the
    other processes take this one for alive. `tell` is awaited with the workflow's instance, the id that the step is
    about, and whether an outage holds it up: when one does, and when it is over.
    """

    def decorate(step: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
        @DBOS.step(name=name)
        @wraps(step)
        async def durable(*args: P.args, **kwargs: P.kwargs) -> T:
            held_up: list[BaseException] = []

            async def waiting(error: BaseException) -> None:
                if tell is not None:
                    held_up.append(error)
                    await tell(args[0], str(args[1]), True)

            await until_it_may()
            done = await through_outages(lambda: step(*args, **kwargs), waiting=waiting)
            if tell is not None and held_up:
                await tell(args[0], str(args[1]), False)
            return done

        return durable

    return decorate

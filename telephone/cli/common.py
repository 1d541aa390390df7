"""What the commands share: how they are told which server and which form, and how they ask the stored games."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from telephone.settings import Settings

if TYPE_CHECKING:
    from telephone.bootstrap import Runtime

T = TypeVar("T")
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
Server = Annotated[int, typer.Option("--server", help="Discord server id; by default the terminal's own games.")]


def inquire(question: Callable[["Runtime"], Awaitable[T]]) -> T:
    """Answers from the stored games, beside a bot that may be running."""

    async def answer() -> T:
        from telephone.bootstrap import open_without_engine

        runtime = await open_without_engine(Settings.load())
        try:
            return await question(runtime)
        finally:
            await runtime.close()

    return asyncio.run(answer())

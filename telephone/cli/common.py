"""What the commands share: the options --server and --json, and how a command reads what is stored."""

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
    """Asks `question` of a runtime without an engine, beside a bot that may be running."""

    async def answer() -> T:
        from telephone.bootstrap import open_without_engine

        runtime = await open_without_engine(Settings.load())
        try:
            return await question(runtime)
        finally:
            await runtime.close()

    return asyncio.run(answer())

"""What the commands share: the options --server and --json, and how a command reads what is stored."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from telephone import memory
from telephone.settings import Settings

if TYPE_CHECKING:
    from telephone.bootstrap import Runtime

T = TypeVar("T")


def place(text: str) -> Path:
    """A path as it was typed, with the home folder for ~, which shells leave alone behind --out=."""
    path = Path(os.path.expanduser(text))
    if not text or "\0" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise typer.BadParameter("this is no path whose name is in UTF-8; name another")
    return path


Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
Server = Annotated[int, typer.Option("--server", help="Discord server id; by default the terminal's own games.")]


def inquire(question: Callable[["Runtime"], Awaitable[T]]) -> T:
    """Asks `question` of a runtime without an engine, beside a bot that may be running."""

    memory.collect_seldom()

    async def answer() -> T:
        from telephone.bootstrap import open_without_engine

        runtime = await open_without_engine(Settings.load())
        try:
            return await question(runtime)
        finally:
            await runtime.close()

    return asyncio.run(answer())

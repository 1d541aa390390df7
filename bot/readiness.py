"""Whether the bot can work: what the operations page tells of this process."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from bot.client import TelephoneBot
from telephone.app import App
from telephone.domain.operations import Figures


class Swept(Protocol):
    """The sweep of a process."""

    @property
    def is_late(self) -> bool:
        """Whether it seems to hang."""


class SweptRuntime(Protocol):
    """An opened runtime that sweeps."""

    @property
    def app(self) -> App: ...

    @property
    def sweep(self) -> Swept: ...


@dataclass(frozen=True, slots=True)
class Watched:
    """A bot and its runtime."""

    bot: TelephoneBot
    runtime: SweptRuntime

    def missing(self) -> Mapping[str, str]:
        """Of Discord and of the sweep, each that does not work."""
        found = {}
        if not self.bot.is_ready():
            found["discord"] = "not connected to Discord yet"
        elif lost := [number for number, shard in self.bot.shards.items() if shard.is_closed()]:
            found["discord"] = f"not connected to Discord: shard {', '.join(map(str, lost))}"
        if self.runtime.sweep.is_late:
            found["sweep"] = "unfinished work has not been looked for in time"
        return found

    async def figures(self) -> Figures:
        """The figures of the database. Raises an error where that does not answer."""
        return await self.runtime.app.operations.figures()

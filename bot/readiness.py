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


@dataclass(frozen=True, slots=True)
class Watched:
    """The parts of a process: those of its runtime, the bot that is connected to Discord, and the sweep, if any."""

    app: App
    bot: TelephoneBot | None = None
    sweep: Swept | None = None

    def missing(self) -> Mapping[str, str]:
        """Of Discord and of the sweep, each that does not work."""
        found = {}
        shards = {} if self.bot is None else self.bot.shards
        lost = [number for number, shard in shards.items() if shard.is_closed()]
        if self.bot is not None and not self.bot.is_ready():
            found["discord"] = "not connected to Discord yet"
        elif lost:
            found["discord"] = f"not connected to Discord: shard {', '.join(map(str, lost))}"
        if self.sweep is not None and self.sweep.is_late:
            found["sweep"] = "unfinished work has not been looked for in time"
        return found

    async def figures(self) -> Figures:
        """The figures of the database. Raises an error where that does not answer."""
        return await self.app.operations.figures()

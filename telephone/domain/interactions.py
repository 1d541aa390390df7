"""Interactions of members that Discord was told an answer will come to, and that may still wait for it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

TOKEN_LASTS: Final = timedelta(minutes=15)
"""How long Discord takes an answer to an interaction; nothing of it is kept longer."""


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """An interaction that is acknowledged, or about to be, and not answered yet.

    `token` lets whoever has it answer in the bot's name. `command` is the name of the command or button, without what
    was typed. `in_place` says that the answer changes the message whose button was pressed. `worker` is the process
    that is at it.
    """

    id: int
    application_id: int
    token: str
    guild_id: int
    channel_id: int
    member_id: int
    command: str
    in_place: bool
    worker: str
    at: datetime

    def __repr__(self) -> str:
        return f"Acknowledged(id={self.id}, command={self.command!r})"

    @property
    def key(self) -> str:
        """The id under which a game, battle or party that this interaction starts is stored."""
        return key_of(self.id)


def key_of(interaction_id: int) -> str:
    """The id under which what an interaction starts is stored: the same one however often it is delivered."""
    return f"{interaction_id:016x}"

"""The vocabulary of what does not agree: each kind of fault, and what mends it."""

from enum import Enum
from typing import NamedTuple


class FaultKind(Enum):
    """A kind of fault: its name, and what mends it."""

    PICTURE_MISSING = (
        "picture missing",
        "copy pictures/ of a backup over the pictures' storage; without one, the step stays without its picture",
    )
    PICTURE_DAMAGED = ("picture damaged", "delete the file, then copy pictures/ of a backup over the pictures' storage")
    PICTURE_UNUSED = ("picture unused", "`telephone prune` deletes it when it is old enough")
    GAME_IDLE = ("game without workflow", "start the bot, or wait ten seconds where it runs: it plays the game on")
    WORKFLOW_LOST = (
        "workflow without game",
        "stop the bot and move engine.sqlite away (on Postgres: DROP SCHEMA dbos CASCADE); games go on without it",
    )
    MONEY_DIFFERS = ("money differs", "`telephone check --mend` books what the game's steps say")
    MONEY_HELD = ("money held", "`telephone check --mend` releases what the ended game has reserved")
    MONEY_LOST = ("money without its game", "`telephone check --mend` settles it; what is spent stays spent")
    MONEY_UNBOOKED = ("job without its money", "stop the job with /telephone-admin rescore and begin it again")
    POST_TWICE = (
        "message of two posts",
        "delete the later of the two messages in Discord, if there are two; the bot edits the message that it knows",
    )
    POST_EMPTY = (
        "message of a step that is not stored",
        "continue the game: the step is played again, and its message is looked for; or delete the message in Discord",
    )
    MEMBER_BACK = ("data of a deleted member", "`telephone me delete` with that member's id; the bot carries it out")
    BATTLE_SIDES = (
        "battle with a missing side",
        "its host can end it with the button on its card; it counts for no board without all its sides",
    )
    POLL_DIFFERS = ("votes and poll differ", "`telephone check --mend` has the poll counted again")

    def __init__(self, words: str, remedy: str) -> None:
        self.words, self.remedy = words, remedy


class Fault(NamedTuple):
    """One thing that does not agree: its kind, the thing by its name or id, and how it is."""

    kind: FaultKind
    what: str
    how: str

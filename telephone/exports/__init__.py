"""Exports of a server's data as files: one row for each format, which a module of this package writes.

`telephone export` has a command for each row, and /telephone-admin export an option that names it once there are two.
A format's module is imported when its first file is written.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Final, Literal, Protocol

if TYPE_CHECKING:
    from telephone.leaderboards.ballot_source import BallotSource
    from telephone.leaderboards.board import Judge
    from telephone.store.scores import Pool

Which = Literal["all", "counted", "unflagged"]
"""Which votes: all, struck ones too; those that a leaderboard counts; or of these only the unflagged or cleared ones.

Two files that differ by the decision about one voter tell what that voter chose. Whoever must not know that gets "all".
"""


@dataclass(frozen=True, slots=True)
class Export:
    """An exported file, and sentences that say what is in it."""

    data: bytes
    said: str


class FormatWriter(Protocol):
    """Writes a format. Raises NotFound where there is nothing to write."""

    async def __call__(self, exporter: "Exporter", pool: "Pool", which: Which) -> Export: ...


@dataclass(frozen=True, slots=True)
class Format:
    """One format. `help` says what its command writes.

    `in_terminal` and `on_discord` say what to do with the file, with {file} for its name.
    """

    name: str
    suffix: str
    help: str
    write: FormatWriter
    in_terminal: str
    on_discord: str
    of_votes: bool = True
    """Whether it has votes, so that flagged ones can be left out."""

    @property
    def file(self) -> str:
        """What the file is called where nobody chose a name."""
        return f"{self.name}{self.suffix}"


@dataclass(frozen=True, slots=True)
class Exporter:
    """Writes exports. `key` returns the key of pseudonyms, which is made when it is first needed.

    `judges` are the embedders whose verdict counts on boards, the operator's primary first.
    """

    ballot_source: "BallotSource"
    key: Callable[[], bytes]
    judges: "tuple[Judge, ...]" = ()

    async def export(self, name: str, pool: "Pool", which: Which = "counted") -> Export:
        """The stored data on the prompts of `pool`, in a format of FORMATS. Raises NotFound where there is none."""
        return await FORMATS[name].write(self, pool, which)


def _module(name: str) -> FormatWriter:
    """The function `write` of a module of this package, which is imported when it is called."""

    async def write(exporter: Exporter, pool: "Pool", which: Which) -> Export:
        writer: FormatWriter = import_module(f"{__name__}.{name}").write
        return await writer(exporter, pool, which)

    return write


FORMATS: Final[dict[str, Format]] = {
    row.name: row
    for row in (
        Format(
            "votes",
            ".csv",
            "Writes a server's votes, voters by pseudonyms, as the CSV that `telephone leaderboard --votes` reads.",
            _module("votes"),
            in_terminal="Read it with: telephone leaderboard --votes {file}",
            on_discord="Flagged and struck votes are in it like all others: files that lacked some would tell whose "
            "they are. `telephone leaderboard --votes {file}` makes a board of it.",
        ),
        Format(
            "scores",
            ".csv",
            "Writes a server's distances, a row each game, embedder and turn, as the CSV that `telephone leaderboard "
            "--scores` makes the same board of.",
            _module("scores"),
            in_terminal="Make the board of it with: telephone leaderboard --scores {file}",
            on_discord="`telephone leaderboard --scores {file}` makes the board of this server of it.",
            of_votes=False,
        ),
    )
}

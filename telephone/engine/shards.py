"""The shards that a process answers: no interaction comes to two processes that keep this.

Discord sends the interactions of a shard to whoever is connected as that shard, to two as well. So a process takes a
lock on each of its shards before it connects, in the session of its lease on Postgres. A guild's shard depends on how
many there are, so all processes must count the same number.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Any, Final, LiteralString

import psycopg

from telephone.errors import Occupied

_COUNTS: Final = 0x7E1F
"""The first key of the locks on numbers of shards; the second is the number, 0 where Discord says it."""
_SHARDS: Final = 0x7E20
"""The first key of the locks on shards."""
_ALL: Final = 0
TAKEN: Final = (
    "Another process answers shard {shard} of {count} already; stop that one, or give this one other "
    "TELEPHONE_SHARD_IDS."
)
ALONE: Final = (
    "Another process answers everything on this database already; stop that one, or share the shards between the two "
    "by TELEPHONE_SHARDS and TELEPHONE_SHARD_IDS."
)
COUNTED_OTHERWISE: Final = (
    "Other processes on this database count their shards otherwise; set the same TELEPHONE_SHARDS for all of them, and "
    "stop those that have another number first."
)


@dataclass(frozen=True, slots=True)
class Shards:
    """The shards of a process: their `ids` of `count` in all; all there are, where nothing is said.

    `lost` is set when another process has taken them while this one had no connection to the database.
    """

    count: int | None = None
    ids: tuple[int, ...] = ()
    lost: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, session: psycopg.AsyncConnection[Any]) -> None:
        """Takes the locks in a session, which keeps them until its end. Raises Occupied where another has one."""
        number = self.count or _ALL
        take: LiteralString = "SELECT pg_advisory_lock_shared(%s, %s)" if self.count else _TRY
        # The lock on the number first, then the look at others: of two that begin at once, one sees the other.
        taken = await _first(session, take, _COUNTS, number)
        if self.count is None and not taken:
            raise Occupied(ALONE)
        if await _first(session, _OTHER_COUNTS, _COUNTS, number):
            raise Occupied(COUNTED_OTHERWISE)
        for shard in self._ids():
            if not await _first(session, _TRY, _SHARDS, shard):
                raise Occupied(TAKEN.format(shard=shard, count=number))

    def _ids(self) -> tuple[int, ...]:
        return self.ids or tuple(range(self.count or 0))


_TRY: Final[LiteralString] = "SELECT pg_try_advisory_lock(%s, %s)"
_OTHER_COUNTS: Final[LiteralString] = (
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND objid <> %s AND objsubid = 2"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


async def _first(session: psycopg.AsyncConnection[Any], query: LiteralString, *parameters: int) -> Any:
    found = await (await session.execute(query, parameters)).fetchone()
    return None if found is None else found[0]

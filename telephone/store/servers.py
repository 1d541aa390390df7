"""Servers: the settings of admins, and the two pauses: a server's own and the operator's."""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, literal, outerjoin, select, union
from sqlmodel import col

from telephone.domain.battles import BattleState
from telephone.domain.games import NO_GUILD, GameState
from telephone.domain.parties import PartyState
from telephone.domain.refusals import PausedEverywhere, PausedHere
from telephone.domain.servers import ServerSettings, declared
from telephone.store.database import Database
from telephone.store.tables.battles import BattleRow
from telephone.store.tables.games import GameRow, OperatorRow, ServerRow
from telephone.store.tables.parties import PartyRow

_COLUMNS: Final = frozenset({"max_turns", "parallel", "claim_seconds", "seat_seconds", "paused", "nsfw", "voter_days"})
"""The settings that have a column each; all others are kept together, as JSON by name."""


_ANY: Final = select(literal(1).label("one")).subquery("mine")
_RULES: Final = select(
    *ServerRow.__table__.columns,  # type: ignore[attr-defined]
    select(col(OperatorRow.id)).where(col(OperatorRow.paused)).exists().label("everywhere"),
).select_from(outerjoin(_ANY, ServerRow, col(ServerRow.guild_id) == bindparam("guild")))
"""One row: the columns of a server, empty where nothing was set for it, and whether the operator paused all."""


@dataclass(frozen=True, slots=True)
class _Rules:
    """What holds on a server: its settings, and whether `everywhere` is paused."""

    settings: ServerSettings
    everywhere: bool


class Servers:
    """The queries of settings by server; the defaults of ServerSettings apply to settings that were never set."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def settings(self, guild_id: int) -> ServerSettings:
        """The settings that apply on a server."""
        return (await self._rules(guild_id)).settings

    async def change(self, guild_id: int, **changes: Any) -> ServerSettings:
        """Changes settings by their names; None goes back to the default. Raises TypeError for other names."""
        unknown = sorted(set(changes) - set(declared()))
        if unknown:
            raise TypeError(f"ServerSettings has no {', '.join(unknown)} to change")
        if changes.get("paused", False) is None:
            changes["paused"] = False
        columns = {name: value for name, value in changes.items() if name in _COLUMNS}
        async with self._database.writing() as session:
            insert = self._database.insert(ServerRow).values(guild_id=guild_id, **columns)
            await session.execute(
                insert.on_conflict_do_update(index_elements=["guild_id"], set_=columns)
                if columns
                else insert.on_conflict_do_nothing()
            )
            row = await session.get_one(ServerRow, guild_id, with_for_update=True)
            others = {name: value for name, value in changes.items() if name not in _COLUMNS}
            if others:
                row.settings = {**(row.settings or {}), **others}
            settings = _read(row)
        if "paused" in changes:
            self._database.changes.hurry()
        return settings

    async def paused(self, guild_id: int) -> bool:
        """Whether games are paused on a server, by its own admins or by the operator."""
        rules = await self._rules(guild_id)
        return rules.everywhere or rules.settings.paused

    async def busy(self) -> frozenset[int]:
        """The ids of Discord's servers that have a game, a battle or a party which has not ended."""
        going = (
            select(col(GameRow.guild_id)).where(col(GameRow.state).in_(_going(GameState))),
            select(col(BattleRow.guild_id)).where(col(BattleRow.state).in_(_going(BattleState))),
            select(col(PartyRow.guild_id)).where(col(PartyRow.state).in_(_going(PartyState))),
        )
        async with self._database.reading() as session:
            found = frozenset(await session.scalars(union(*going)))
        return frozenset(guild_id for guild_id in found if guild_id > 0)  # the terminal's own games have no server

    async def check_open(self, guild_id: int) -> ServerSettings:
        """The settings that apply on a server. Raises NotAllowed while it, or every server, is paused."""
        rules = await self._rules(guild_id)
        if rules.everywhere:
            raise PausedEverywhere
        if rules.settings.paused:
            raise PausedHere
        return rules.settings

    async def pause_everywhere(self, paused: bool) -> None:
        """Pauses every server at once, or ends that pause."""
        insert = self._database.insert(OperatorRow).values(id=1, paused=paused)
        async with self._database.writing() as session:
            await session.execute(insert.on_conflict_do_update(index_elements=["id"], set_={"paused": paused}))
        self._database.changes.hurry()

    async def paused_everywhere(self) -> bool:
        """Whether the operator has paused every server."""
        return (await self._rules(NO_GUILD)).everywhere

    async def _rules(self, guild_id: int) -> _Rules:
        def query(connection: Connection) -> _Rules:
            row = connection.execute(_RULES, {"guild": guild_id}).one()
            return _Rules(ServerSettings(guild_id) if row.guild_id is None else _read(row), bool(row.everywhere))

        return await self._database.ask(query)


def _going(states: type[GameState] | type[BattleState] | type[PartyState]) -> list[str]:
    return [state.value for state in states if not state.is_final]


def _read(row: ServerRow | Row[*tuple[Any, ...]]) -> ServerSettings:
    others = row.settings or {}
    return ServerSettings(
        row.guild_id,
        **{name: getattr(row, name) if name in _COLUMNS else others.get(name) for name in declared()},
    )

"""Acknowledged interactions: stored before Discord is told that an answer comes, deleted when it has come."""

from collections.abc import Collection
from dataclasses import asdict

from sqlalchemy import Connection, delete, select, update
from sqlmodel import col

from telephone.domain.interactions import Acknowledged
from telephone.store.database import Database, insert_into
from telephone.store.tables.interactions import AcknowledgedRow


class AcknowledgedInteractions:
    """The queries of acknowledged interactions. Each change is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, interaction: Acknowledged, answered: Collection[int] = ()) -> None:
        """Stores an interaction, once and before other writes, and deletes those that were answered since."""

        def work(connection: Connection) -> None:
            into = insert_into(connection.dialect.name, AcknowledgedRow)
            connection.execute(into.values(asdict(interaction)).on_conflict_do_nothing())
            if answered:
                connection.execute(delete(AcknowledgedRow).where(col(AcknowledgedRow.id).in_(answered)))

        await self._database.change(work, urgent=True)

    async def all(self) -> list[Acknowledged]:
        """All that wait for their answer, oldest first."""
        query = select(AcknowledgedRow.__table__).order_by(col(AcknowledgedRow.id))  # type: ignore[attr-defined]
        return await self._database.ask(
            lambda connection: [Acknowledged(**row._mapping) for row in connection.execute(query)]
        )

    async def hand_over(self, workers: Collection[str], to: str) -> list[Acknowledged]:
        """Gives the interactions of these workers to another one; returns all that wait for their answer then."""
        theirs = update(AcknowledgedRow).where(col(AcknowledgedRow.worker).in_(workers)).values(worker=to)
        await self._database.change(lambda connection: connection.execute(theirs))
        return await self.all()

    async def delete(self, ids: Collection[int]) -> None:
        """Deletes those that were answered, or whose token has ended."""
        over = col(AcknowledgedRow.id).in_(ids)
        await self._database.change(lambda connection: connection.execute(delete(AcknowledgedRow).where(over)))

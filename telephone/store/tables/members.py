"""The tables of what members have chosen for themselves; telephone.store.tables.games draws where they hang."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, ForeignKeyConstraint, UniqueConstraint, false
from sqlmodel import Field

from telephone.store.tables.columns import PlainText, UtcMoment
from telephone.store.tables.games import Row


class MemberRow(Row, table=True):
    """What one member wishes on one server. Who wishes nothing has no row.

    `by_name` says that what they did may be shown with their name, `reminders` that they want to be reminded.
    """

    __tablename__ = "member"
    __table_args__ = (ForeignKeyConstraint(["guild_id"], ["server.guild_id"], ondelete="CASCADE"),)

    guild_id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    member_id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    by_name: bool = Field(default=False, sa_type=Boolean, sa_column_kwargs={"server_default": false()})
    reminders: bool = Field(default=False, sa_type=Boolean, sa_column_kwargs={"server_default": false()})


class ErasureRow(Row, table=True):
    """A member's order to delete what is kept of them; of each member at most one has not ended.

    `member_id` and `reach`, what is still to be done outside the store, go when it ends.
    """

    __tablename__ = "erasure"
    __table_args__ = (UniqueConstraint("member_id"),)

    id: str = Field(primary_key=True, sa_type=PlainText)
    member_id: int | None = Field(default=None, sa_type=BigInteger)
    reach: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    ordered_at: datetime = Field(sa_type=UtcMoment)
    ended_at: datetime | None = Field(default=None, sa_type=UtcMoment)

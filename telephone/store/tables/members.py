"""The tables of members' own settings and deletion orders; telephone.store.tables.games draws how they relate."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, ForeignKeyConstraint, UniqueConstraint, false
from sqlmodel import Field

from telephone.store.tables.columns import PlainText, UtcMoment
from telephone.store.tables.games import Row


class MemberRow(Row, table=True):
    """The wishes of one member on one server. A member without wishes has no row.

    `by_name` says that their turns may be shown with their name, `reminders` that they want to be reminded.
    """

    __tablename__ = "member"
    __table_args__ = (ForeignKeyConstraint(["guild_id"], ["server.guild_id"], ondelete="CASCADE"),)

    guild_id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    member_id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    by_name: bool = Field(default=False, sa_type=Boolean, sa_column_kwargs={"server_default": false()})
    reminders: bool = Field(default=False, sa_type=Boolean, sa_column_kwargs={"server_default": false()})


class ErasureRow(Row, table=True):
    """A member's order to delete their data; each member has at most one that has not ended.

    `member_id` and `reach`, the work that is left outside the store, are deleted when it ends.
    """

    __tablename__ = "erasure"
    __table_args__ = (UniqueConstraint("member_id"),)

    id: str = Field(primary_key=True, sa_type=PlainText)
    member_id: int | None = Field(default=None, sa_type=BigInteger)
    reach: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    ordered_at: datetime = Field(sa_type=UtcMoment)
    ended_at: datetime | None = Field(default=None, sa_type=UtcMoment)

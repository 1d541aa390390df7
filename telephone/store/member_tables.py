"""The table of what members have chosen for themselves; telephone.store.tables draws where it hangs."""

from sqlalchemy import BigInteger, Boolean, ForeignKeyConstraint, false
from sqlmodel import Field

from telephone.store.tables import Row


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

"""The table of acknowledged interactions, each of which holds a token for at most 15 minutes."""

from datetime import datetime

from sqlalchemy import BigInteger, Boolean
from sqlmodel import Field

from telephone.store.tables.columns import PlainText, UtcMoment
from telephone.store.tables.games import Row


class AcknowledgedRow(Row, table=True):
    """An interaction that waits for its answer. The row is deleted when it is answered, or with its token's end.

    It refers to no other table, since it is written before anything of its server may be known.
    """

    __tablename__ = "acknowledged"

    id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    application_id: int = Field(sa_type=BigInteger)
    token: str = Field(sa_type=PlainText)
    guild_id: int = Field(sa_type=BigInteger)
    channel_id: int = Field(sa_type=BigInteger)
    member_id: int = Field(sa_type=BigInteger, index=True)
    command: str = Field(sa_type=PlainText)
    in_place: bool = Field(sa_type=Boolean)
    worker: str = Field(sa_type=PlainText)
    at: datetime = Field(sa_type=UtcMoment)

"""The table of calls of providers, by which several processes keep a provider's limits together."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field

from telephone.store.tables.columns import PlainText, UtcMoment
from telephone.store.tables.games import Row


class ProviderCallRow(Row, table=True):
    """A call that counts towards a limit: until it has ended, and for a minute after it began.

    `limit_name` says which limit, `worker` is the process that made the call.
    """

    __tablename__ = "provider_call"
    __table_args__ = (Index("ix_provider_call_limit_name", "limit_name", "begun_at"),)

    id: str = Field(primary_key=True, sa_type=PlainText)
    limit_name: str = Field(sa_type=PlainText)
    worker: str = Field(sa_type=PlainText)
    begun_at: datetime = Field(sa_type=UtcMoment)
    ended_at: datetime | None = Field(default=None, sa_type=UtcMoment)

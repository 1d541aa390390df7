"""The table of rescores: jobs that measure old games with another embedder."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, text
from sqlmodel import Field

from telephone.store.tables.columns import PlainText, UtcMoment
from telephone.store.tables.games import Row

UNENDED = "state IN ('queued', 'running')"


class RescoreRow(Row, table=True):
    """One job; each server and embedder has at most one that has not ended. Its money is the expense of the same id.

    `holder` is the worker that runs it until `held_until`; then another may take over.
    """

    __tablename__ = "rescore"
    __table_args__ = (
        ForeignKeyConstraint(["guild_id"], ["server.guild_id"], ondelete="CASCADE"),
        CheckConstraint("state IN ('queued', 'running', 'finished', 'failed', 'stopped')", name="state"),
        Index(
            "uq_rescore_unended",
            "guild_id",
            "embedder",
            unique=True,
            sqlite_where=text(UNENDED),
            postgresql_where=text(UNENDED),
        ),
    )

    id: str = Field(primary_key=True, sa_type=PlainText)
    guild_id: int = Field(sa_type=BigInteger)
    embedder: str = Field(sa_type=PlainText)
    version: str = Field(sa_type=PlainText)
    state: str = Field(sa_type=PlainText)
    reason: str | None = Field(default=None, sa_type=PlainText)
    games: int
    until: int
    measured: int = Field(sa_column_kwargs={"server_default": text("0")})
    left_out: int = Field(sa_column_kwargs={"server_default": text("0")})
    at: int = Field(sa_column_kwargs={"server_default": text("0")})
    asked_by: int = Field(sa_type=BigInteger)
    channel_id: int = Field(sa_type=BigInteger)
    message_id: int | None = Field(default=None, sa_type=BigInteger)
    holder: str | None = Field(default=None, sa_type=PlainText)
    held_until: datetime | None = Field(default=None, sa_type=UtcMoment)
    created_at: datetime = Field(sa_type=UtcMoment)
    posted_at: datetime | None = Field(default=None, sa_type=UtcMoment)
    started_at: datetime | None = Field(default=None, sa_type=UtcMoment)
    ended_at: datetime | None = Field(default=None, sa_type=UtcMoment)

"""The tables of battles; telephone.store.tables.games draws how they relate.

A side references its battle and its game each together with the server, so that neither can be another server's.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    UniqueConstraint,
    false,
    text,
)
from sqlmodel import Field

from telephone.store.tables.columns import PlainText, UtcMoment
from telephone.store.tables.games import Row, of_game


def of_battle() -> ForeignKeyConstraint:
    """The foreign key of a row that belongs to a battle and is deleted with it."""
    return ForeignKeyConstraint(["battle_id", "guild_id"], ["battle.id", "battle.guild_id"], ondelete="CASCADE")


class BattleRow(Row, table=True):
    """One battle. `number` counts from 1 within its server; `runs` counts the workflows that ran it.

    `designed` says that its games were planned beforehand; `closes_at` is set when voting opens. Of an `erased` battle
    only numbers and votes are left.
    """

    __tablename__ = "battle"
    __table_args__ = (
        ForeignKeyConstraint(["guild_id"], ["server.guild_id"], ondelete="CASCADE"),
        UniqueConstraint("guild_id", "number"),
        UniqueConstraint("id", "guild_id"),
        CheckConstraint("state IN ('playing', 'paused', 'voting', 'closed', 'void')", name="state"),
        Index(None, "guild_id", "state", "number"),
        Index(None, "state", "created_at"),
        Index(None, "state", "closed_at"),
    )

    id: str = Field(primary_key=True, sa_type=PlainText)
    guild_id: int = Field(sa_type=BigInteger)
    number: int
    state: str = Field(sa_type=PlainText)
    reason: str | None = Field(default=None, sa_type=PlainText)
    prompt: str = Field(sa_type=PlainText)
    level: str | None = Field(default=None, sa_type=PlainText)
    slug: str | None = Field(default=None, sa_type=PlainText)
    turns: int
    seed: int = Field(sa_type=BigInteger)
    channel_id: int = Field(sa_type=BigInteger)
    starter_id: int = Field(sa_type=BigInteger)
    nsfw: bool = Field(default=False, sa_type=Boolean, sa_column_kwargs={"server_default": false()})
    designed: bool = Field(sa_type=Boolean)
    erased: bool = Field(default=False, sa_type=Boolean, sa_column_kwargs={"server_default": false()})
    vote_seconds: int
    runs: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    created_at: datetime = Field(sa_type=UtcMoment)
    opened_at: datetime | None = Field(default=None, sa_type=UtcMoment)
    closes_at: datetime | None = Field(default=None, sa_type=UtcMoment)
    closed_at: datetime | None = Field(default=None, sa_type=UtcMoment)


class SideRow(Row, table=True):
    """One game at its place in a battle, 0 to 3; `dropped` says why it is out."""

    __tablename__ = "side"
    __table_args__ = (
        of_battle(),
        of_game(),
        UniqueConstraint("battle_id", "game_id"),
        CheckConstraint("place BETWEEN 0 AND 3", name="place"),
        Index(None, "game_id"),
    )

    battle_id: str = Field(primary_key=True, sa_type=PlainText)
    place: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    guild_id: int = Field(sa_type=BigInteger)
    game_id: str = Field(sa_type=PlainText)
    dropped: str | None = Field(default=None, sa_type=PlainText)


class BattlePostRow(Row, table=True):
    """One message of a battle: `what` is card, thread, opening, round-3, or another string of a BattleMessage."""

    __tablename__ = "battle_post"
    __table_args__ = (of_battle(), Index(None, "message_id"))

    battle_id: str = Field(primary_key=True, sa_type=PlainText)
    what: str = Field(primary_key=True, sa_type=PlainText)
    guild_id: int = Field(sa_type=BigInteger)
    message_id: int | None = Field(default=None, sa_type=BigInteger)
    began_at: datetime = Field(sa_type=UtcMoment)


class VoteRow(Row, table=True):
    """One member's vote in one battle: the key allows no second.

    `shown` holds the letters of the sides in the order of their buttons; `changed_at` is set when the vote changes.
    """

    __tablename__ = "vote"
    __table_args__ = (
        of_battle(),
        CheckConstraint("choice IN ('a', 'b', 'c', 'd', 'tie', 'bad')", name="choice"),
        Index(None, "guild_id", "member_id"),
    )

    battle_id: str = Field(primary_key=True, sa_type=PlainText)
    member_id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    guild_id: int = Field(sa_type=BigInteger)
    choice: str = Field(sa_type=PlainText)
    shown: str = Field(sa_type=PlainText)
    cast_at: datetime = Field(sa_type=UtcMoment)
    changed_at: datetime | None = Field(default=None, sa_type=UtcMoment)
    account_created_at: datetime = Field(sa_type=UtcMoment)
    joined_at: datetime | None = Field(default=None, sa_type=UtcMoment)


class PollRow(Row, table=True):
    """The votes of one closed battle, packed as in telephone.store.packed_votes. Can be rebuilt from the votes."""

    __tablename__ = "poll"
    __table_args__ = (of_battle(), Index(None, "guild_id"))

    battle_id: str = Field(primary_key=True, sa_type=PlainText)
    guild_id: int = Field(sa_type=BigInteger)
    sides: list[Any] = Field(sa_type=JSON)
    votes: bytes = Field(sa_type=LargeBinary)
    packed_at: datetime = Field(sa_type=UtcMoment)


class ConductRow(Row, table=True):
    """What an admin decided about one voter's flagged votes: cleared, or struck from every board."""

    __tablename__ = "conduct"
    __table_args__ = (
        ForeignKeyConstraint(["guild_id"], ["server.guild_id"], ondelete="CASCADE"),
        CheckConstraint("decision IN ('cleared', 'struck')", name="decision"),
    )

    guild_id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    member_id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    decision: str = Field(sa_type=PlainText)
    decided_by: int = Field(sa_type=BigInteger)
    decided_at: datetime = Field(sa_type=UtcMoment)

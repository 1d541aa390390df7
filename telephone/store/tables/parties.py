"""The tables of parties: the party, its members with their prompts, and its messages."""

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, false, text
from sqlmodel import Field

from telephone.store.tables.columns import PlainText, UtcMoment
from telephone.store.tables.games import Row


def of_party() -> ForeignKeyConstraint:
    """The foreign key of a row that belongs to a party and is deleted with it."""
    return ForeignKeyConstraint(["party_id", "guild_id"], ["party.id", "party.guild_id"], ondelete="CASCADE")


class PartyRow(Row, table=True):
    """One party. `number` counts from 1 within its server; `runs` counts how often it was restarted.

    `asked_rounds` is NULL where nobody chose; `chairs`, `rounds` and `round` are 0 until prompts are collected.
    """

    __tablename__ = "party"
    __table_args__ = (
        ForeignKeyConstraint(["guild_id"], ["server.guild_id"], ondelete="CASCADE"),
        UniqueConstraint("guild_id", "number"),
        UniqueConstraint("id", "guild_id"),
        CheckConstraint("state IN ('joining', 'prompts', 'playing', 'revealing', 'finished', 'stopped')", name="state"),
        Index(None, "state", "created_at"),
    )

    id: str = Field(primary_key=True, sa_type=PlainText)
    guild_id: int = Field(sa_type=BigInteger)
    number: int
    state: str = Field(sa_type=PlainText)
    reason: str | None = Field(default=None, sa_type=PlainText)
    players: int
    asked_rounds: int | None = None
    t2i: str = Field(sa_type=PlainText)
    i2t: str = Field(sa_type=PlainText)
    seed: int = Field(sa_type=BigInteger)
    seconds: float
    channel_id: int = Field(sa_type=BigInteger)
    starter_id: int = Field(sa_type=BigInteger)
    nsfw: bool = Field(default=False, sa_type=Boolean, sa_column_kwargs={"server_default": false()})
    chairs: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    rounds: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    round: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    runs: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    created_at: datetime = Field(sa_type=UtcMoment)
    due_at: datetime | None = Field(default=None, sa_type=UtcMoment)
    ended_at: datetime | None = Field(default=None, sa_type=UtcMoment)


class GuestRow(Row, table=True):
    """One member of a party, with their prompt until it becomes the prompt of their album, `game_id`.

    `chair` and `game_id` are NULL until then; models take the turns of a member whose `left_at` is set.
    """

    __tablename__ = "guest"
    __table_args__ = (
        of_party(),
        ForeignKeyConstraint(["game_id", "guild_id"], ["game.id", "game.guild_id"], ondelete="CASCADE"),
        Index(None, "guild_id", "member_id"),
        Index(None, "game_id"),
    )

    party_id: str = Field(primary_key=True, sa_type=PlainText)
    member_id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    guild_id: int = Field(sa_type=BigInteger)
    joined_at: datetime = Field(sa_type=UtcMoment)
    left_at: datetime | None = Field(default=None, sa_type=UtcMoment)
    chair: int | None = None
    prompt: str | None = Field(default=None, sa_type=PlainText)
    level: str | None = Field(default=None, sa_type=PlainText)
    slug: str | None = Field(default=None, sa_type=PlainText)
    game_id: str | None = Field(default=None, sa_type=PlainText)


class PartyPostRow(Row, table=True):
    """One message of a party: `what` is card, thread, prompts, round-3, album-2, replay-2 or awards."""

    __tablename__ = "party_post"
    __table_args__ = (of_party(), Index(None, "message_id"))

    party_id: str = Field(primary_key=True, sa_type=PlainText)
    what: str = Field(primary_key=True, sa_type=PlainText)
    guild_id: int = Field(sa_type=BigInteger)
    message_id: int | None = Field(default=None, sa_type=BigInteger)
    began_at: datetime = Field(sa_type=UtcMoment)

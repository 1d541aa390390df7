"""The tables of members' turns: the steps that members may take, and what members have seen of sealed games."""

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Index, false
from sqlmodel import Field

from telephone.store.tables.columns import PlainText, UtcMoment
from telephone.store.tables.games import Row, of_game


class SeatRow(Row, table=True):
    """One step that members may take: open, claimed, answered, or stood in for by a model.

    A seat with an `invited_id` is kept for that member. The columns of a claim stay when it ends; `claimer_id` of an
    answered seat is the step's author. `claim_token` is Discord's token for messages that only the claimer sees, and is
    deleted when the claim ends.
    """

    __tablename__ = "seat"
    __table_args__ = (
        of_game(),
        CheckConstraint("kind IN ('p', 'c')", name="kind"),
        CheckConstraint("state IN ('open', 'claimed', 'answered', 'stood in')", name="state"),
        Index(None, "guild_id", "claimer_id"),
        Index(None, "claim_id"),
        Index(None, "state", "half_at"),
        Index(None, "state", "deadline"),
    )

    game_id: str = Field(primary_key=True, sa_type=PlainText)
    turn: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    kind: str = Field(primary_key=True, sa_type=PlainText)
    guild_id: int = Field(sa_type=BigInteger)
    state: str = Field(sa_type=PlainText)
    stand_in: str | None = Field(default=None, sa_type=PlainText)
    opened_at: datetime = Field(sa_type=UtcMoment)
    half_at: datetime = Field(sa_type=UtcMoment)
    half_told: bool = Field(default=False, sa_type=Boolean, sa_column_kwargs={"server_default": false()})
    deadline: datetime = Field(sa_type=UtcMoment)
    claim_seconds: float
    invited_id: int | None = Field(default=None, sa_type=BigInteger)
    settled_at: datetime | None = Field(default=None, sa_type=UtcMoment)
    claim_id: str | None = Field(default=None, sa_type=PlainText)
    claimer_id: int | None = Field(default=None, sa_type=BigInteger)
    claim_token: str | None = Field(default=None, sa_type=PlainText)
    claimed_at: datetime | None = Field(default=None, sa_type=UtcMoment)
    claim_half_at: datetime | None = Field(default=None, sa_type=UtcMoment)
    claim_told: bool = Field(default=False, sa_type=Boolean, sa_column_kwargs={"server_default": false()})
    claim_expires_at: datetime | None = Field(default=None, sa_type=UtcMoment)


class SightRow(Row, table=True):
    """The step of a sealed game whose input a member has seen; they may take no other step of that game."""

    __tablename__ = "sight"
    __table_args__ = (of_game(), Index(None, "guild_id", "member_id"))

    game_id: str = Field(primary_key=True, sa_type=PlainText)
    member_id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    guild_id: int = Field(sa_type=BigInteger)
    turn: int
    kind: str = Field(sa_type=PlainText)
    seen_at: datetime = Field(sa_type=UtcMoment)

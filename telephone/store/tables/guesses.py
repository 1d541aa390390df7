"""The table of spectators' guesses; telephone.store.tables.games draws how it relates."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Index
from sqlmodel import Field

from telephone.store.tables.columns import PlainText, UtcMoment
from telephone.store.tables.games import Row, of_game


class GuessRow(Row, table=True):
    """The step that one member chose for one question about a revealed game."""

    __tablename__ = "guess"
    __table_args__ = (
        of_game(),
        CheckConstraint("question IN ('human', 'lost')", name="question"),
        CheckConstraint("kind IN ('p', 'c')", name="kind"),
        Index(None, "guild_id", "member_id"),
    )

    game_id: str = Field(primary_key=True, sa_type=PlainText)
    question: str = Field(primary_key=True, sa_type=PlainText)
    member_id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    guild_id: int = Field(sa_type=BigInteger)
    turn: int
    kind: str = Field(sa_type=PlainText)
    guessed_at: datetime = Field(sa_type=UtcMoment)

"""The tables. Rows stay inside this package; what leaves it are the frozen values of telephone.domain.games.

    server ──< game ──< step        what each player was asked, and its answer
                    ──< post        every message the bot posts for a game
                    ──< distance    the measured distances of a turn, per embedder and version
                    ──< reservation what a game may cost, and what it has cost, of one day's budget
                    ──< charge      a payment beside the kept steps
                    ──< seat        a step that members may take: who took it, and until when (human_turns.py)
                    ──< sight       which step of a sealed game a member has seen
                    ──< guess       what a spectator of a revealed game took a step for (guesses.py)
                    ──< report      a member's report of one step; a step with one that was not dismissed is hidden
           ──< cap                  what admins set of the daily budgets
           ──< expense              a payment without a game, on the same daily budgets
           ──< rescore              a job that measures old games again (rescores.py)
           ──< prompt               prompts that members proposed, and moderators' decisions
           ──< battle ──< side      a game at its place in a battle; these four are in battles.py
                      ──< battle_post  every message the bot posts for a battle
                      ──< vote      what one member chose
           ──< party ──< guest      a member of it, and their album (parties.py)
                     ──< party_post every message the bot posts for a party
           ──< member               what a member has chosen for themselves (members.py)
    erasure                         a member's order to delete their data
    operator                        the operator's own switches: one row
    vector, image                   facts about content, by its hash; they belong to no server

Deleting a server's row deletes all that belongs to it. The rows below a game name the game and its
server in one foreign key, so that a row can never belong to another server than its game.
A change here comes with a migration; a test compares the two.
"""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    UniqueConstraint,
    false,
    text,
)
from sqlmodel import Field, SQLModel

from telephone.store.tables.columns import PlainText, UtcMoment


class Row(SQLModel):
    """The base of all tables, with metadata of its own and constraints named the same everywhere."""

    metadata: ClassVar[MetaData] = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(referred_table_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )


def of_game() -> ForeignKeyConstraint:
    """The foreign key of a row that belongs to a game and is deleted with it."""
    return ForeignKeyConstraint(["game_id", "guild_id"], ["game.id", "game.guild_id"], ondelete="CASCADE")


class ServerRow(Row, table=True):
    """One Discord server; 0 is the terminal. A setting is NULL until an admin sets it.

    `settings` holds, by name, the settings without a column of their own. `left_at` is when it removed the bot.
    """

    __tablename__ = "server"

    guild_id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    last_number: int = Field(sa_type=Integer, sa_column_kwargs={"server_default": text("0")})
    last_battle: int = Field(sa_type=Integer, sa_column_kwargs={"server_default": text("0")})
    last_prompt: int = Field(sa_type=Integer, sa_column_kwargs={"server_default": text("0")})
    last_party: int = Field(default=0, sa_type=Integer, sa_column_kwargs={"server_default": text("0")})
    paused: bool = Field(sa_type=Boolean, sa_column_kwargs={"server_default": false()})
    max_turns: int | None = None
    parallel: int | None = None
    claim_seconds: int | None = None
    seat_seconds: int | None = None
    nsfw: str | None = Field(default=None, sa_type=PlainText)
    voter_days: int | None = None
    settings: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    left_at: datetime | None = Field(default=None, sa_type=UtcMoment)


class GameRow(Row, table=True):
    """One game. `number` counts from 1 within its server; `runs` counts the workflows that played it.

    `opened_run` is the last run whose card and thread were ready; a queued game is promoted once that is its own run.

    `design` names the plan that the game belongs to, battle, tournament or party; NULL where a member chose it. A
    `mixed` game counts for nobody: a model stood in for a member, a member took one step of a model, or it is an album
    of a party. The index `ix_game_board` holds all that a board needs to say how games ended. Of an `erased` game only
    numbers are left.
    """

    __tablename__ = "game"
    __table_args__ = (
        ForeignKeyConstraint(["guild_id"], ["server.guild_id"], ondelete="CASCADE"),
        UniqueConstraint("guild_id", "number"),
        UniqueConstraint("id", "guild_id"),
        Index(None, "guild_id", "state", "number"),
        Index(None, "state", "created_at"),
        Index(None, "state", "ended_at"),
        Index(None, "guild_id", "created_at"),
        Index(
            "ix_game_board",
            *("guild_id", "t2i", "i2t", "turns", "state", "voided", "slug", "level", "design", "started_at", "id"),
            *("sealed", "mixed"),
        ),
    )

    id: str = Field(primary_key=True, sa_type=PlainText)
    guild_id: int = Field(sa_type=BigInteger)
    number: int
    state: str = Field(sa_type=PlainText)
    reason: str | None = Field(default=None, sa_type=PlainText)
    prompt: str = Field(sa_type=PlainText)
    level: str | None = Field(default=None, sa_type=PlainText)
    slug: str | None = Field(default=None, sa_type=PlainText)
    t2i: str = Field(sa_type=PlainText)
    i2t: str = Field(sa_type=PlainText)
    turns: int
    seed: int = Field(sa_type=BigInteger)
    channel_id: int = Field(sa_type=BigInteger)
    starter_id: int = Field(sa_type=BigInteger)
    embedder: str | None = Field(default=None, sa_type=PlainText)
    runs: int
    opened_run: int | None = None
    created_at: datetime = Field(sa_type=UtcMoment)
    started_at: datetime | None = Field(default=None, sa_type=UtcMoment)
    ended_at: datetime | None = Field(default=None, sa_type=UtcMoment)
    nsfw: bool = Field(default=False, sa_type=Boolean, sa_column_kwargs={"server_default": false()})
    design: str | None = Field(default=None, sa_type=PlainText)
    voided: bool = Field(default=False, sa_type=Boolean, sa_column_kwargs={"server_default": false()})
    sealed: bool = Field(default=False, sa_type=Boolean, sa_column_kwargs={"server_default": false()})
    human_step: str | None = Field(default=None, sa_type=PlainText)
    mixed: bool = Field(default=False, sa_type=Boolean, sa_column_kwargs={"server_default": false()})
    erased: bool = Field(default=False, sa_type=Boolean, sa_column_kwargs={"server_default": false()})


class StepRow(Row, table=True):
    """One step: asked at `asked_at`, submitted when `ticketed_at` is set, played when `kept_at` is.

    `asked_times` is how often its player was asked without a sign that the call before had not got through, and
    `at_stake_usd` what each of these calls may cost; both are stored before the call is made.
    """

    __tablename__ = "step"
    __table_args__ = (of_game(), CheckConstraint("kind IN ('p', 'c')", name="kind"))

    game_id: str = Field(primary_key=True, sa_type=PlainText)
    turn: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    kind: str = Field(primary_key=True, sa_type=PlainText)
    guild_id: int = Field(sa_type=BigInteger)
    player: str = Field(sa_type=PlainText)
    seed: int = Field(sa_type=BigInteger)
    asked_at: datetime = Field(sa_type=UtcMoment)
    ticketed_at: datetime | None = Field(default=None, sa_type=UtcMoment)
    ticket_reference: str | None = Field(default=None, sa_type=PlainText)
    ticket_found: bool | None = None
    maybe_billed_twice: bool | None = None
    asked_times: int | None = None
    at_stake_usd: float | None = None
    kept_at: datetime | None = Field(default=None, sa_type=UtcMoment)
    image: str | None = Field(default=None, sa_type=PlainText)
    text: str | None = Field(default=None, sa_type=PlainText)
    raw: str | None = Field(default=None, sa_type=PlainText)
    reference: str | None = Field(default=None, sa_type=PlainText)
    parameters: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    latency_ms: int | None = None
    cost_usd: float | None = None
    cost_estimated: bool | None = None


class PostRow(Row, table=True):
    """One message of a game: `what` is card, thread, opening, a step as in 3p, the invitation to one as in invite-3p,
    or summary.

    `hidden` says that the message of a step shows a neutral sentence in its place.
    """

    __tablename__ = "post"
    __table_args__ = (
        of_game(),
        Index(None, "message_id"),
        Index(
            "ix_post_hidden",
            "game_id",
            "what",
            sqlite_where=text("hidden = 1"),
            postgresql_where=text("hidden"),
        ),
    )

    game_id: str = Field(primary_key=True, sa_type=PlainText)
    what: str = Field(primary_key=True, sa_type=PlainText)
    guild_id: int = Field(sa_type=BigInteger)
    message_id: int | None = Field(default=None, sa_type=BigInteger)
    began_at: datetime = Field(sa_type=UtcMoment)
    hidden: bool = Field(default=False, sa_type=Boolean, sa_column_kwargs={"server_default": false()})


class DistanceRow(Row, table=True):
    """How far the caption of one turn is from the prompt and from the turn before; all distances are in [0, 2].

    `head` is the distance between the first 75 tokens of prompt and caption; `approximate` says that one of the
    two was too long to embed whole. `picture` and `picture_step` are those of the turn's picture from the prompt
    and from the picture before, NULL where the embedder sees no pictures. A distance is NULL where the embedder cannot
    read one of its two texts.

    `cell` (a number made from pair and prompt), `seed` and `designed` repeat the game's row, and `counted` whether it
    is finished, not voided and not sealed, and all its words could be read, so that the index `ix_distance_board` holds
    all that a board reads.
    """

    __tablename__ = "distance"
    __table_args__ = (
        of_game(),
        Index(
            "ix_distance_board",
            *("guild_id", "embedder", "version", "turn", "counted", "cell", "seed", "designed", "distance", "head"),
        ),
    )

    game_id: str = Field(primary_key=True, sa_type=PlainText)
    turn: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    embedder: str = Field(primary_key=True, sa_type=PlainText)
    version: str = Field(primary_key=True, sa_type=PlainText)
    guild_id: int = Field(sa_type=BigInteger)
    distance: float | None = None
    step_distance: float | None = None
    head: float | None = None
    picture: float | None = None
    picture_step: float | None = None
    approximate: bool = Field(default=False, sa_type=Boolean, sa_column_kwargs={"server_default": false()})
    measured_at: datetime = Field(sa_type=UtcMoment)
    cell: int = Field(sa_type=BigInteger, sa_column_kwargs={"server_default": text("0")})
    seed: int = Field(sa_type=BigInteger, sa_column_kwargs={"server_default": text("0")})
    designed: bool = Field(default=False, sa_type=Boolean, sa_column_kwargs={"server_default": false()})
    counted: bool = Field(default=False, sa_type=Boolean, sa_column_kwargs={"server_default": false()})


OPEN, DISMISSED, UPHELD = "open", "dismissed", "upheld"
"""The states of a report; a step is hidden while it has one that is not dismissed."""


class ReportRow(Row, table=True):
    """One member's report of one step: open until a moderator dismisses or upholds it."""

    __tablename__ = "report"
    __table_args__ = (
        of_game(),
        ForeignKeyConstraint(
            ["game_id", "turn", "kind"], ["step.game_id", "step.turn", "step.kind"], ondelete="CASCADE"
        ),
        CheckConstraint("state IN ('open', 'dismissed', 'upheld')", name="state"),
        Index(
            "uq_report_open",
            "game_id",
            "reporter_id",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        Index(None, "guild_id", "state"),
        Index(None, "state"),
    )

    game_id: str = Field(primary_key=True, sa_type=PlainText)
    turn: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    kind: str = Field(primary_key=True, sa_type=PlainText)
    reporter_id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    guild_id: int = Field(sa_type=BigInteger)
    reason: str = Field(sa_type=PlainText)
    state: str = Field(sa_type=PlainText)
    reported_at: datetime = Field(sa_type=UtcMoment)
    settled_at: datetime | None = Field(default=None, sa_type=UtcMoment)
    settled_by: int | None = Field(default=None, sa_type=BigInteger)


class CapRow(Row, table=True):
    """The daily caps of a server, or of each of its members; NULL where the operator's default applies."""

    __tablename__ = "cap"
    __table_args__ = (
        ForeignKeyConstraint(["guild_id"], ["server.guild_id"], ondelete="CASCADE"),
        CheckConstraint("scope IN ('server', 'member')", name="scope"),
    )

    guild_id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    scope: str = Field(primary_key=True, sa_type=PlainText)
    micros: int | None = Field(default=None, sa_type=BigInteger)
    games: int | None = None


class PromptRow(Row, table=True):
    """A prompt of a server's own: it waits for a moderator, who accepts or declines it, and may remove it later.

    `number` counts proposals from 1 within the server, and is never given twice. `author_id` is the member who
    proposed it, `writer` the chat model that wrote it. `hash` identifies its words; no two proposals that wait or are
    accepted share it.
    """

    __tablename__ = "prompt"
    __table_args__ = (
        ForeignKeyConstraint(["guild_id"], ["server.guild_id"], ondelete="CASCADE"),
        CheckConstraint("state IN ('waiting', 'accepted', 'declined', 'removed')", name="state"),
        CheckConstraint("state <> 'accepted' OR level IS NOT NULL", name="level"),
        Index(
            "uq_prompt_words",
            "guild_id",
            "hash",
            unique=True,
            sqlite_where=text("state IN ('waiting', 'accepted')"),
            postgresql_where=text("state IN ('waiting', 'accepted')"),
        ),
        Index(None, "guild_id", "state", "number"),
    )

    guild_id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    text: str = Field(sa_type=PlainText)
    hash: str = Field(sa_type=PlainText)
    level: str | None = Field(default=None, sa_type=PlainText)
    state: str = Field(sa_type=PlainText)
    author_id: int | None = Field(default=None, sa_type=BigInteger)
    writer: str | None = Field(default=None, sa_type=PlainText)
    proposed_at: datetime = Field(sa_type=UtcMoment)
    settled_at: datetime | None = Field(default=None, sa_type=UtcMoment)


class ReservationRow(Row, table=True):
    """What one game takes of the budget of the UTC day it was asked for, in millionths of a dollar.

    `spent` includes every booked cost; until `settled_at` is set, `reserved` counts where it is more.
    """

    __tablename__ = "reservation"
    __table_args__ = (of_game(), Index(None, "day"))

    game_id: str = Field(primary_key=True, sa_type=PlainText)
    guild_id: int = Field(sa_type=BigInteger)
    member_id: int = Field(sa_type=BigInteger)
    day: date = Field(sa_type=Date)
    reserved: int = Field(sa_type=BigInteger)
    spent: int = Field(sa_type=BigInteger)
    settled_at: datetime | None = Field(default=None, sa_type=UtcMoment)


class ExpenseRow(Row, table=True):
    """An expense without a game on the budget of one UTC day, in millionths of a dollar; `what` says for what.

    Server 0 is the operator's own; member 0 is nobody: the expense is the whole server's. `reserved` counts
    until `settled_at` is set, or `spent` where it is more.
    """

    __tablename__ = "expense"
    __table_args__ = (ForeignKeyConstraint(["guild_id"], ["server.guild_id"], ondelete="CASCADE"), Index(None, "day"))

    id: str = Field(primary_key=True, sa_type=PlainText)
    guild_id: int = Field(sa_type=BigInteger)
    member_id: int = Field(sa_type=BigInteger)
    day: date = Field(sa_type=Date)
    what: str = Field(sa_type=PlainText)
    reserved: int = Field(sa_type=BigInteger)
    spent: int = Field(sa_type=BigInteger)
    settled_at: datetime | None = Field(default=None, sa_type=UtcMoment)


class ChargeRow(Row, table=True):
    """What a game cost beside its kept steps: `why` is scoring, or unused for an answer that was not played.

    A `doubled` one may have been billed twice; `doubted_usd` is what a call may have cost of which nobody knows whether
    it was made.
    """

    __tablename__ = "charge"
    __table_args__ = (of_game(), CheckConstraint("why IN ('scoring', 'unused')", name="why"))

    game_id: str = Field(primary_key=True, sa_type=PlainText)
    what: str = Field(primary_key=True, sa_type=PlainText)
    guild_id: int = Field(sa_type=BigInteger)
    why: str = Field(sa_type=PlainText)
    cost_usd: float
    doubled: bool = Field(sa_type=Boolean)
    doubted_usd: float | None = None
    booked_at: datetime = Field(sa_type=UtcMoment)


class VectorRow(Row, table=True):
    """One embedding: little-endian float32, by the hash of the embedded content.

    For a text also how many `tokens` it has and in how many `chunks` it was embedded; more than one is approximate.
    """

    __tablename__ = "vector"

    embedder: str = Field(primary_key=True, sa_type=PlainText)
    version: str = Field(primary_key=True, sa_type=PlainText)
    hash: str = Field(primary_key=True, sa_type=PlainText)
    data: bytes = Field(sa_type=LargeBinary)
    tokens: int | None = None
    chunks: int = Field(default=1, sa_column_kwargs={"server_default": text("1")})
    created_at: datetime = Field(sa_type=UtcMoment)


class ImageRow(Row, table=True):
    """The size of a stored picture in pixels and bytes. The bytes are in the media storage."""

    __tablename__ = "image"

    hash: str = Field(primary_key=True, sa_type=PlainText)
    media_type: str = Field(sa_type=PlainText)
    width: int
    height: int
    size: int
    created_at: datetime = Field(sa_type=UtcMoment)


class OperatorRow(Row, table=True):
    """The operator's settings for every server at once. The only row has id 1."""

    __tablename__ = "operator"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    paused: bool

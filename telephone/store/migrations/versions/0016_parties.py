"""Parties: what was asked for, who is there, what was posted; turns that are kept for one member."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_STATES = "state IN ('joining', 'prompts', 'playing', 'revealing', 'finished', 'stopped')"


def upgrade() -> None:
    op.add_column("server", sa.Column("last_party", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.add_column("seat", sa.Column("invited_id", sa.BigInteger(), nullable=True))
    _create_party()
    _create_guest()
    _create_party_post()


def downgrade() -> None:
    for table in ("party_post", "guest", "party"):
        op.drop_table(table)
    op.drop_column("seat", "invited_id")
    op.drop_column("server", "last_party")


def _create_party() -> None:
    op.create_table(
        "party",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("players", sa.Integer(), nullable=False),
        sa.Column("asked_rounds", sa.Integer(), nullable=True),
        sa.Column("t2i", sa.Text(), nullable=False),
        sa.Column("i2t", sa.Text(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("starter_id", sa.BigInteger(), nullable=False),
        sa.Column("nsfw", sa.Boolean(), server_default=sa.false(), nullable=False),
        *(
            sa.Column(name, sa.Integer(), server_default=sa.text("0"), nullable=False)
            for name in ("chairs", "rounds", "round", "runs")
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(_STATES, name=op.f("ck_party_state")),
        sa.ForeignKeyConstraint(["guild_id"], ["server.guild_id"], name=op.f("fk_party_server"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_party")),
        sa.UniqueConstraint("guild_id", "number", name=op.f("uq_party_guild_id_number")),
        sa.UniqueConstraint("id", "guild_id", name=op.f("uq_party_id_guild_id")),
    )
    op.create_index(op.f("ix_party_state_created_at"), "party", ["state", "created_at"])


def _create_guest() -> None:
    op.create_table(
        "guest",
        sa.Column("party_id", sa.Text(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("chair", sa.Integer(), nullable=True),
        *(sa.Column(name, sa.Text(), nullable=True) for name in ("prompt", "level", "slug", "game_id")),
        _of_party("guest"),
        sa.ForeignKeyConstraint(
            ["game_id", "guild_id"], ["game.id", "game.guild_id"], name=op.f("fk_guest_game"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("party_id", "member_id", name=op.f("pk_guest")),
    )
    op.create_index(op.f("ix_guest_guild_id_member_id"), "guest", ["guild_id", "member_id"])
    op.create_index(op.f("ix_guest_game_id"), "guest", ["game_id"])


def _create_party_post() -> None:
    op.create_table(
        "party_post",
        sa.Column("party_id", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        _of_party("party_post"),
        sa.PrimaryKeyConstraint("party_id", "what", name=op.f("pk_party_post")),
    )
    op.create_index(op.f("ix_party_post_message_id"), "party_post", ["message_id"])


def _of_party(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["party_id", "guild_id"],
        ["party.id", "party.guild_id"],
        name=op.f(f"fk_{table}_party"),
        ondelete="CASCADE",
    )

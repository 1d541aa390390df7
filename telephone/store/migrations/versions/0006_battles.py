"""Battles, their sides, their messages, and the votes on them."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def _of_battle(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["battle_id", "guild_id"], ["battle.id", "battle.guild_id"], name=op.f(f"fk_{table}_battle"), ondelete="CASCADE"
    )


def upgrade() -> None:
    op.add_column("server", sa.Column("last_battle", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.create_table(
        "battle",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=True),
        sa.Column("slug", sa.Text(), nullable=True),
        sa.Column("turns", sa.Integer(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("starter_id", sa.BigInteger(), nullable=False),
        sa.Column("nsfw", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("designed", sa.Boolean(), nullable=False),
        sa.Column("vote_seconds", sa.Integer(), nullable=False),
        sa.Column("runs", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('playing', 'paused', 'voting', 'closed', 'void')", name=op.f("ck_battle_state")
        ),
        sa.ForeignKeyConstraint(["guild_id"], ["server.guild_id"], name=op.f("fk_battle_server"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_battle")),
        sa.UniqueConstraint("guild_id", "number", name=op.f("uq_battle_guild_id_number")),
        sa.UniqueConstraint("id", "guild_id", name=op.f("uq_battle_id_guild_id")),
    )
    op.create_index(op.f("ix_battle_guild_id_state_number"), "battle", ["guild_id", "state", "number"], unique=False)
    op.create_index(op.f("ix_battle_state_created_at"), "battle", ["state", "created_at"], unique=False)
    op.create_table(
        "side",
        sa.Column("battle_id", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("game_id", sa.Text(), nullable=False),
        sa.Column("dropped", sa.Text(), nullable=True),
        sa.CheckConstraint("place BETWEEN 0 AND 3", name=op.f("ck_side_place")),
        _of_battle("side"),
        sa.ForeignKeyConstraint(
            ["game_id", "guild_id"], ["game.id", "game.guild_id"], name=op.f("fk_side_game"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("battle_id", "place", name=op.f("pk_side")),
        sa.UniqueConstraint("battle_id", "game_id", name=op.f("uq_side_battle_id_game_id")),
    )
    op.create_index(op.f("ix_side_game_id"), "side", ["game_id"], unique=False)
    op.create_table(
        "battle_post",
        sa.Column("battle_id", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        _of_battle("battle_post"),
        sa.PrimaryKeyConstraint("battle_id", "what", name=op.f("pk_battle_post")),
    )
    op.create_index(op.f("ix_battle_post_message_id"), "battle_post", ["message_id"], unique=False)
    op.create_table(
        "vote",
        sa.Column("battle_id", sa.Text(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("choice", sa.Text(), nullable=False),
        sa.Column("shown", sa.Text(), nullable=False),
        sa.Column("cast_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("account_created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("choice IN ('a', 'b', 'c', 'd', 'tie', 'bad')", name=op.f("ck_vote_choice")),
        _of_battle("vote"),
        sa.PrimaryKeyConstraint("battle_id", "member_id", name=op.f("pk_vote")),
    )
    op.create_index(op.f("ix_vote_guild_id_member_id"), "vote", ["guild_id", "member_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_vote_guild_id_member_id"), table_name="vote")
    op.drop_table("vote")
    op.drop_index(op.f("ix_battle_post_message_id"), table_name="battle_post")
    op.drop_table("battle_post")
    op.drop_index(op.f("ix_side_game_id"), table_name="side")
    op.drop_table("side")
    op.drop_index(op.f("ix_battle_state_created_at"), table_name="battle")
    op.drop_index(op.f("ix_battle_guild_id_state_number"), table_name="battle")
    op.drop_table("battle")
    op.drop_column("server", "last_battle")

"""Games, their steps, posts and distances; servers; the vectors and pictures they share.

The types are written out, so that history does not change with the code.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "image",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_image")),
    )
    op.create_table(
        "operator",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_operator_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operator")),
    )
    op.create_table(
        "server",
        sa.Column("guild_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("last_number", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("paused", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("max_turns", sa.Integer(), nullable=True),
        sa.Column("parallel", sa.Integer(), nullable=True),
        sa.Column("claim_minutes", sa.Integer(), nullable=True),
        sa.Column("seat_minutes", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("guild_id", name=op.f("pk_server")),
    )
    op.create_table(
        "vector",
        sa.Column("embedder", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("embedder", "version", "hash", name=op.f("pk_vector")),
    )
    op.create_table(
        "game",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=True),
        sa.Column("slug", sa.Text(), nullable=True),
        sa.Column("t2i", sa.Text(), nullable=False),
        sa.Column("i2t", sa.Text(), nullable=False),
        sa.Column("turns", sa.Integer(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("starter_id", sa.BigInteger(), nullable=False),
        sa.Column("embedder", sa.Text(), nullable=True),
        sa.Column("runs", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["guild_id"], ["server.guild_id"], name=op.f("fk_game_server"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_game")),
        sa.UniqueConstraint("guild_id", "number", name=op.f("uq_game_guild_id_number")),
        sa.UniqueConstraint("id", "guild_id", name=op.f("uq_game_id_guild_id")),
    )
    op.create_index(op.f("ix_game_guild_id_state_number"), "game", ["guild_id", "state", "number"], unique=False)
    op.create_index(op.f("ix_game_state_created_at"), "game", ["state", "created_at"], unique=False)
    op.create_table(
        "distance",
        sa.Column("game_id", sa.Text(), nullable=False),
        sa.Column("turn", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("embedder", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("distance", sa.Float(), nullable=False),
        sa.Column("step_distance", sa.Float(), nullable=False),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["game_id", "guild_id"], ["game.id", "game.guild_id"], name=op.f("fk_distance_game"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("game_id", "turn", "embedder", "version", name=op.f("pk_distance")),
    )
    op.create_table(
        "post",
        sa.Column("game_id", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["game_id", "guild_id"], ["game.id", "game.guild_id"], name=op.f("fk_post_game"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("game_id", "what", name=op.f("pk_post")),
    )
    op.create_index(op.f("ix_post_message_id"), "post", ["message_id"], unique=False)
    op.create_table(
        "step",
        sa.Column("game_id", sa.Text(), nullable=False),
        sa.Column("turn", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("player", sa.Text(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ticketed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ticket_reference", sa.Text(), nullable=True),
        sa.Column("ticket_found", sa.Boolean(), nullable=True),
        sa.Column("maybe_billed_twice", sa.Boolean(), nullable=True),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("image", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("raw", sa.Text(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("parameters", sa.JSON(), nullable=True),
        sa.Column("latency_ms", sa.Integer(), nullable=True),
        sa.Column("cost_usd", sa.Float(), nullable=True),
        sa.Column("cost_estimated", sa.Boolean(), nullable=True),
        sa.CheckConstraint("kind IN ('p', 'c')", name=op.f("ck_step_kind")),
        sa.ForeignKeyConstraint(
            ["game_id", "guild_id"], ["game.id", "game.guild_id"], name=op.f("fk_step_game"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("game_id", "turn", "kind", name=op.f("pk_step")),
    )


def downgrade() -> None:
    op.drop_table("step")
    op.drop_index(op.f("ix_post_message_id"), table_name="post")
    op.drop_table("post")
    op.drop_table("distance")
    op.drop_index(op.f("ix_game_state_created_at"), table_name="game")
    op.drop_index(op.f("ix_game_guild_id_state_number"), table_name="game")
    op.drop_table("game")
    op.drop_table("vector")
    op.drop_table("server")
    op.drop_table("operator")
    op.drop_table("image")

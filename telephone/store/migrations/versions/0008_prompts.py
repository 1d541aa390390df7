"""Prompts of a server's own: proposed, and accepted or declined by its moderators."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("server", sa.Column("last_prompt", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.create_table(
        "prompt",
        sa.Column("guild_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=True),
        sa.Column("writer", sa.Text(), nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'accepted', 'declined', 'removed')", name=op.f("ck_prompt_state")
        ),
        sa.CheckConstraint("state <> 'accepted' OR level IS NOT NULL", name=op.f("ck_prompt_level")),
        sa.ForeignKeyConstraint(["guild_id"], ["server.guild_id"], name=op.f("fk_prompt_server"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("guild_id", "number", name=op.f("pk_prompt")),
    )
    op.create_index(
        "uq_prompt_words",
        "prompt",
        ["guild_id", "hash"],
        unique=True,
        sqlite_where=sa.text("state IN ('waiting', 'accepted')"),
        postgresql_where=sa.text("state IN ('waiting', 'accepted')"),
    )
    op.create_index(op.f("ix_prompt_guild_id_state_number"), "prompt", ["guild_id", "state", "number"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_prompt_guild_id_state_number"), table_name="prompt")
    op.drop_index("uq_prompt_words", table_name="prompt")
    op.drop_table("prompt")
    op.drop_column("server", "last_prompt")

"""Guesses: which step spectators of a revealed game took for a member's, and where they saw the subject lost."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "guess",
        sa.Column("game_id", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("guessed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("question IN ('human', 'lost')", name=op.f("ck_guess_question")),
        sa.CheckConstraint("kind IN ('p', 'c')", name=op.f("ck_guess_kind")),
        sa.ForeignKeyConstraint(
            ["game_id", "guild_id"], ["game.id", "game.guild_id"], name=op.f("fk_guess_game"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("game_id", "question", "member_id", name=op.f("pk_guess")),
    )
    op.create_index(op.f("ix_guess_guild_id_member_id"), "guess", ["guild_id", "member_id"])


def downgrade() -> None:
    op.drop_table("guess")

"""Polls: the votes of closed battles, packed."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "poll",
        sa.Column("battle_id", sa.Text(), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("sides", sa.JSON(), nullable=False),
        sa.Column("votes", sa.LargeBinary(), nullable=False),
        sa.Column("packed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["battle_id", "guild_id"], ["battle.id", "battle.guild_id"], name=op.f("fk_poll_battle"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("battle_id", name=op.f("pk_poll")),
    )
    op.create_index(op.f("ix_poll_guild_id"), "poll", ["guild_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_poll_guild_id"), table_name="poll")
    op.drop_table("poll")

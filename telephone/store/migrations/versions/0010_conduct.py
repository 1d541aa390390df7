"""Conduct: what admins decided about flagged voters; polls are packed anew with what flags are made of."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("server", sa.Column("voter_days", sa.Integer(), nullable=True))
    op.create_table(
        "conduct",
        sa.Column("guild_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("member_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("decision IN ('cleared', 'struck')", name=op.f("ck_conduct_decision")),
        sa.ForeignKeyConstraint(["guild_id"], ["server.guild_id"], name=op.f("fk_conduct_server"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("guild_id", "member_id", name=op.f("pk_conduct")),
    )
    op.execute("DELETE FROM poll")


def downgrade() -> None:
    op.execute("DELETE FROM poll")
    op.drop_table("conduct")
    op.drop_column("server", "voter_days")

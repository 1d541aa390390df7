"""Erasures: members' orders to delete what is kept of them, and the games and battles of which only numbers are left."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("game", "battle"):
        op.add_column(table, sa.Column("erased", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "erasure",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=True),
        sa.Column("reach", sa.JSON(), nullable=True),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure")),
        sa.UniqueConstraint("member_id", name=op.f("uq_erasure_member_id")),
    )


def downgrade() -> None:
    op.drop_table("erasure")
    for table in ("battle", "game"):
        op.drop_column(table, "erased")

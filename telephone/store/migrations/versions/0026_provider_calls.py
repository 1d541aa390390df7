"""Calls of providers, by which several processes keep a provider's limits together."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None
lives_with_older = True


def upgrade() -> None:
    op.create_table(
        "provider_call",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("limit_name", sa.Text(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_call")),
    )
    op.create_index("ix_provider_call_limit_name", "provider_call", ["limit_name", "begun_at"])


def downgrade() -> None:
    op.drop_table("provider_call")

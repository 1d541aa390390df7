"""How often a step's player was asked, and what each of these calls may cost, known before the call is made."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("step", sa.Column("asked_times", sa.Integer(), nullable=True))
    op.add_column("step", sa.Column("at_stake_usd", sa.Float(), nullable=True))


def downgrade() -> None:
    op.drop_column("step", "at_stake_usd")
    op.drop_column("step", "asked_times")

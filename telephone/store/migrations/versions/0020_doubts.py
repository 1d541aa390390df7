"""What a call that was lost may have cost, beside the call that was made in its place."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("charge", sa.Column("doubted_usd", sa.Float(), nullable=True))


def downgrade() -> None:
    op.drop_column("charge", "doubted_usd")

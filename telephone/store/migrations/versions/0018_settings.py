"""Settings of a server that have no column of their own, by name."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("server", sa.Column("settings", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("server", "settings")

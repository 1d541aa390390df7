"""When a server removed the bot, so that its data can be deleted some time afterwards."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None
lives_with_older = True


def upgrade() -> None:
    op.add_column("server", sa.Column("left_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("server", "left_at")

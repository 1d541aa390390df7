"""Distances that are not known: of texts that their embedder cannot read."""

import sqlalchemy as sa
from alembic import op

revision = "0019_m1"
down_revision = "0018"
branch_labels = None
depends_on = None

_COLUMNS = ("distance", "step_distance")


def upgrade() -> None:
    with op.batch_alter_table("distance") as table:
        for name in _COLUMNS:
            table.alter_column(name, existing_type=sa.Float(), nullable=True)


def downgrade() -> None:
    op.execute("DELETE FROM distance WHERE distance IS NULL OR step_distance IS NULL")
    with op.batch_alter_table("distance") as table:
        for name in _COLUMNS:
            table.alter_column(name, existing_type=sa.Float(), nullable=False)

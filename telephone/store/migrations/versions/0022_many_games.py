"""Indices for what a sweep asks again and again, so that it reads what has changed and not all that is stored."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_game_state_ended_at", "game", ["state", "ended_at"])
    op.create_index("ix_report_state", "report", ["state"])
    op.create_index(
        "ix_post_hidden",
        "post",
        ["game_id", "what"],
        sqlite_where=sa.text("hidden = 1"),
        postgresql_where=sa.text("hidden"),
    )


def downgrade() -> None:
    op.drop_index("ix_post_hidden", "post")
    op.drop_index("ix_report_state", "report")
    op.drop_index("ix_game_state_ended_at", "game")

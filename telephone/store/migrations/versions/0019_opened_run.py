"""The run of a game whose card and thread are ready, so that no game is promoted while they are still being made."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("game", sa.Column("opened_run", sa.Integer(), nullable=True))
    # Queued games whose workflow has opened them are ready; a sweep opens all others again, which posts nothing twice.
    op.execute(
        "UPDATE game SET opened_run = runs WHERE state = 'queued' AND EXISTS (SELECT 1 FROM post WHERE "
        "post.game_id = game.id AND post.message_id IS NOT NULL AND "
        "post.what = CASE WHEN game.sealed THEN 'thread' ELSE 'opening' END)"
    )


def downgrade() -> None:
    op.drop_column("game", "opened_run")

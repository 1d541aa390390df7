"""What became of a server's games, in one index."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_INDEX = ["guild_id", "t2i", "i2t", "turns", "state", "voided", "slug", "level", "design", "started_at", "id"]


def upgrade() -> None:
    op.create_index("ix_game_board", "game", _INDEX)


def downgrade() -> None:
    op.drop_index("ix_game_board", table_name="game")

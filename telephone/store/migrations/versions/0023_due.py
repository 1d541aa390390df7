"""Indexes by which a sweep finds what is due, so that it does not read what only waits or has ended long ago."""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_INDEXES = (
    ("ix_seat_state_half_at", "seat", ["state", "half_at"]),
    ("ix_seat_state_deadline", "seat", ["state", "deadline"]),
    ("ix_battle_state_closed_at", "battle", ["state", "closed_at"]),
)


def upgrade() -> None:
    for name, table, columns in _INDEXES:
        op.create_index(name, table, columns)


def downgrade() -> None:
    for name, table, _ in _INDEXES:
        op.drop_index(name, table)

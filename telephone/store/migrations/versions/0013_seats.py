"""Members' turns: seats, who has seen what, sealed games and those that count for nobody; their times in seconds."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_BOARD = ["guild_id", "t2i", "i2t", "turns", "state", "voided", "slug", "level", "design", "started_at", "id"]


def upgrade() -> None:
    for name in ("sealed", "mixed"):
        op.add_column("game", sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("game", sa.Column("human_step", sa.Text(), nullable=True))
    op.drop_index("ix_game_board", table_name="game")
    op.create_index("ix_game_board", "game", [*_BOARD, "sealed", "mixed"])
    for what in ("claim", "seat"):
        op.execute(f"ALTER TABLE server RENAME COLUMN {what}_minutes TO {what}_seconds")
        op.execute(f"UPDATE server SET {what}_seconds = {what}_seconds * 60")
    _create_seat()
    _create_sight()


def downgrade() -> None:
    for table in ("sight", "seat"):
        op.drop_table(table)
    for what in ("seat", "claim"):
        op.execute(f"UPDATE server SET {what}_seconds = {what}_seconds / 60")
        op.execute(f"ALTER TABLE server RENAME COLUMN {what}_seconds TO {what}_minutes")
    op.drop_index("ix_game_board", table_name="game")
    op.create_index("ix_game_board", "game", _BOARD)
    for name in ("human_step", "mixed", "sealed"):
        op.drop_column("game", name)


def _create_seat() -> None:
    op.create_table(
        "seat",
        sa.Column("game_id", sa.Text(), nullable=False),
        sa.Column("turn", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("stand_in", sa.Text(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("half_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("half_told", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("deadline", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claim_seconds", sa.Float(), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claim_id", sa.Text(), nullable=True),
        sa.Column("claimer_id", sa.BigInteger(), nullable=True),
        sa.Column("claim_token", sa.Text(), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claim_half_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claim_told", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("claim_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('p', 'c')", name=op.f("ck_seat_kind")),
        sa.CheckConstraint("state IN ('open', 'claimed', 'answered', 'stood in')", name=op.f("ck_seat_state")),
        sa.ForeignKeyConstraint(
            ["game_id", "guild_id"], ["game.id", "game.guild_id"], name=op.f("fk_seat_game"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("game_id", "turn", "kind", name=op.f("pk_seat")),
    )
    op.create_index(op.f("ix_seat_guild_id_claimer_id"), "seat", ["guild_id", "claimer_id"])
    op.create_index(op.f("ix_seat_claim_id"), "seat", ["claim_id"])


def _create_sight() -> None:
    op.create_table(
        "sight",
        sa.Column("game_id", sa.Text(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["game_id", "guild_id"], ["game.id", "game.guild_id"], name=op.f("fk_sight_game"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("game_id", "member_id", name=op.f("pk_sight")),
    )
    op.create_index(op.f("ix_sight_guild_id_member_id"), "sight", ["guild_id", "member_id"])

"""Daily budgets: caps, reservations, and what a game cost beside its steps."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_game_guild_id_created_at"), "game", ["guild_id", "created_at"], unique=False)
    op.create_table(
        "cap",
        sa.Column("guild_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("micros", sa.BigInteger(), nullable=True),
        sa.Column("games", sa.Integer(), nullable=True),
        sa.CheckConstraint("scope IN ('server', 'member')", name=op.f("ck_cap_scope")),
        sa.ForeignKeyConstraint(["guild_id"], ["server.guild_id"], name=op.f("fk_cap_server"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("guild_id", "scope", name=op.f("pk_cap")),
    )
    op.create_table(
        "reservation",
        sa.Column("game_id", sa.Text(), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("reserved", sa.BigInteger(), nullable=False),
        sa.Column("spent", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["game_id", "guild_id"], ["game.id", "game.guild_id"], name=op.f("fk_reservation_game"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("game_id", name=op.f("pk_reservation")),
    )
    op.create_index(op.f("ix_reservation_day"), "reservation", ["day"], unique=False)
    op.create_table(
        "charge",
        sa.Column("game_id", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("cost_usd", sa.Float(), nullable=False),
        sa.Column("doubled", sa.Boolean(), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("why IN ('scoring', 'unused')", name=op.f("ck_charge_why")),
        sa.ForeignKeyConstraint(
            ["game_id", "guild_id"], ["game.id", "game.guild_id"], name=op.f("fk_charge_game"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("game_id", "what", name=op.f("pk_charge")),
    )


def downgrade() -> None:
    op.drop_table("charge")
    op.drop_index(op.f("ix_reservation_day"), table_name="reservation")
    op.drop_table("reservation")
    op.drop_table("cap")
    op.drop_index(op.f("ix_game_guild_id_created_at"), table_name="game")

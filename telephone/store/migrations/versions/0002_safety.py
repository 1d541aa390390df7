"""Reports of steps, hidden messages, voided games, and where what is not safe for work may be played."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("server", sa.Column("nsfw", sa.Text(), nullable=True))
    op.add_column("game", sa.Column("nsfw", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("game", sa.Column("voided", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("post", sa.Column("hidden", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "report",
        sa.Column("game_id", sa.Text(), nullable=False),
        sa.Column("turn", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reporter_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("state IN ('open', 'dismissed', 'upheld')", name=op.f("ck_report_state")),
        sa.ForeignKeyConstraint(
            ["game_id", "guild_id"], ["game.id", "game.guild_id"], name=op.f("fk_report_game"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["game_id", "turn", "kind"],
            ["step.game_id", "step.turn", "step.kind"],
            name=op.f("fk_report_step"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("game_id", "turn", "kind", "reporter_id", name=op.f("pk_report")),
    )
    op.create_index(op.f("ix_report_guild_id_state"), "report", ["guild_id", "state"], unique=False)
    op.create_index(
        "uq_report_open",
        "report",
        ["game_id", "reporter_id"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )


def downgrade() -> None:
    op.drop_index("uq_report_open", table_name="report")
    op.drop_index(op.f("ix_report_guild_id_state"), table_name="report")
    op.drop_table("report")
    op.drop_column("post", "hidden")
    op.drop_column("game", "voided")
    op.drop_column("game", "nsfw")
    op.drop_column("server", "nsfw")

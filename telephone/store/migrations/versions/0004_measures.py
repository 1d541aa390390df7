"""What boards are made of: more distances, how texts were embedded, and which games a plan fixed beforehand."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_DISTANCES = ("head", "picture", "picture_step")


def upgrade() -> None:
    op.add_column("game", sa.Column("design", sa.Text(), nullable=True))
    for name in _DISTANCES:
        op.add_column("distance", sa.Column(name, sa.Float(), nullable=True))
    op.add_column("distance", sa.Column("approximate", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index(
        op.f("ix_distance_guild_id_embedder_version_turn"), "distance", ["guild_id", "embedder", "version", "turn"]
    )
    op.add_column("vector", sa.Column("tokens", sa.Integer(), nullable=True))
    op.add_column("vector", sa.Column("chunks", sa.Integer(), server_default=sa.text("1"), nullable=False))


def downgrade() -> None:
    op.drop_column("vector", "chunks")
    op.drop_column("vector", "tokens")
    op.drop_index(op.f("ix_distance_guild_id_embedder_version_turn"), table_name="distance")
    for name in ("approximate", *reversed(_DISTANCES)):
        op.drop_column("distance", name)
    op.drop_column("game", "design")

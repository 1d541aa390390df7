"""What boards read, in one index: every distance repeats its game's cell, seed and design, and whether it counts."""

import hashlib
import json

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_BEFORE = ["guild_id", "embedder", "version", "turn"]
_INDEX = [*_BEFORE, "counted", "cell", "seed", "designed", "distance", "head"]


def upgrade() -> None:
    for name in ("cell", "seed"):
        op.add_column("distance", sa.Column(name, sa.BigInteger(), server_default=sa.text("0"), nullable=False))
    for name in ("designed", "counted"):
        op.add_column("distance", sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False))
    _repeat()
    op.drop_index(op.f("ix_distance_guild_id_embedder_version_turn"), table_name="distance")
    op.create_index("ix_distance_board", "distance", _INDEX)


def downgrade() -> None:
    op.drop_index("ix_distance_board", table_name="distance")
    op.create_index(op.f("ix_distance_guild_id_embedder_version_turn"), "distance", _BEFORE)
    for name in ("counted", "designed", "seed", "cell"):
        op.drop_column("distance", name)


def _repeat() -> None:
    """What the games that were measured already say."""
    connection = op.get_bind()
    games = connection.execute(
        sa.text(
            "SELECT id, t2i, i2t, level, slug, prompt, seed, design, state, voided, EXISTS ("
            "SELECT 1 FROM side JOIN battle ON battle.id = side.battle_id WHERE side.game_id = game.id "
            "AND battle.designed AND battle.state IN ('playing', 'paused', 'voting')) AS sealed "
            "FROM game WHERE id IN (SELECT game_id FROM distance)"
        )
    ).all()
    values = [
        {
            "game": game.id,
            "cell": _cell(game),
            "seed": game.seed,
            "designed": game.design is not None,
            "counted": game.state == "finished" and not (game.voided or game.sealed),
        }
        for game in games
    ]
    if values:
        change = "UPDATE distance SET cell = :cell, seed = :seed, designed = :designed, counted = :counted"
        connection.execute(sa.text(f"{change} WHERE game_id = :game"), values)


def _cell(game: sa.Row[tuple[object, ...]]) -> int:
    said = json.dumps([game.t2i, game.i2t, game.level, game.slug, None if game.slug else game.prompt])
    return int.from_bytes(hashlib.blake2b(said.encode(), digest_size=8).digest(), "big") >> 1

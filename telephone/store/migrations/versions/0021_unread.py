"""Distances that are not known: of texts that their embedder cannot read, also those that were measured before."""

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_COLUMNS = ("distance", "step_distance")
_TOKENIZER = Path(__file__).parents[3] / "models" / "assets" / "minilm-tokenizer.json"


def upgrade() -> None:
    with op.batch_alter_table("distance") as table:
        for name in _COLUMNS:
            table.alter_column(name, existing_type=sa.Float(), nullable=True)
    _forget_unread()


def downgrade() -> None:
    op.execute("DELETE FROM distance WHERE distance IS NULL OR step_distance IS NULL")
    with op.batch_alter_table("distance") as table:
        for name in _COLUMNS:
            table.alter_column(name, existing_type=sa.Float(), nullable=False)


def _forget_unread() -> None:
    """Takes away what MiniLM measured of texts that it cannot read: it took all unknown words for the same."""
    connection = op.get_bind()
    measured = "(SELECT game_id FROM distance WHERE embedder = 'minilm')"
    prompts = sa.text(f"SELECT id, 0, prompt FROM game WHERE id IN {measured}")
    captions = sa.text(f"SELECT game_id, turn, text FROM step WHERE kind = 'c' AND game_id IN {measured}")
    unread: dict[str, set[int]] = {}
    for query in (prompts, captions):
        for game_id, turn, text in connection.execute(query):
            if text is not None and not text.isascii() and _unknown(text) > 0.5:
                unread.setdefault(game_id, set()).add(turn)
    for game_id, turns in unread.items():
        where = "WHERE embedder = 'minilm' AND game_id = :game"
        connection.execute(sa.text(f"UPDATE distance SET counted = :no {where}"), {"game": game_id, "no": False})
        from_prompt = "" if 0 in turns else " AND turn IN :turns"
        steps = {turn for lost in turns for turn in (lost, lost + 1) if turn}
        _set_null(f"distance = NULL, head = NULL {where}{from_prompt}", game_id, turns)
        _set_null(f"step_distance = NULL {where} AND turn IN :turns", game_id, steps)


def _set_null(change: str, game_id: str, turns: set[int]) -> None:
    statement = sa.text(f"UPDATE distance SET {change}")
    values: dict[str, object] = {"game": game_id}
    if ":turns" in change:
        statement = statement.bindparams(sa.bindparam("turns", expanding=True))
        values["turns"] = sorted(turns)
    op.get_bind().execute(statement, values)


def _unknown(text: str) -> float:
    """The share of a text that MiniLM has no pieces for, by words or by letters, whichever is more."""
    from tokenizers import Tokenizer

    if not _LOADED:
        _LOADED.append(Tokenizer.from_str(_TOKENIZER.read_text("utf-8")))
        _LOADED[0].no_padding()
        _LOADED[0].no_truncation()
    found = _LOADED[0].encode(text.encode("utf-8", "replace").decode(), add_special_tokens=False)
    words: dict[int, tuple[int, bool]] = {}
    for piece, word, (start, end) in zip(found.tokens, found.word_ids, found.offsets, strict=True):
        lacks = piece == "[UNK]"
        if lacks or any(map(str.isalnum, text[start:end])):
            words[word] = words.get(word, (0, lacks))[0] + end - start, lacks
    if not words:
        return 0.0 if found.ids else 1.0
    lost = [length for length, lacks in words.values() if lacks]
    return max(len(lost) / len(words), sum(lost) / sum(length for length, _ in words.values()))


_LOADED: list[Any] = []

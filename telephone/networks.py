"""Neural networks through ONNX Runtime: one thread each, and no more memory than their weights need."""

from pathlib import Path
from typing import Any

from telephone import memory


def load(model: Path | bytes, *, stays_int8: bool = False) -> Any:
    """A session of a model: a file, or what is in it. What loading took for a moment goes back to the system.

    With `stays_int8`, weights in int8 take a byte each and are turned into floats whenever they are used; otherwise
    that is done once, and they take four bytes.
    """
    import onnxruntime  # type: ignore[import-untyped]

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # an arena keeps what the largest run ever needed
    source = model if isinstance(model, bytes) else str(model)
    unfolded = ["ConstantFolding"] if stays_int8 else None
    session = onnxruntime.InferenceSession(
        source, options, providers=["CPUExecutionProvider"], disabled_optimizers=unfolded
    )
    session._model_bytes = None  # the wrapper would keep the file's bytes for a second session that is never made
    memory.give_back()
    return session

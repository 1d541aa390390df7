"""Neural networks through ONNX Runtime: one thread each, and no more memory than their weights need."""

import ctypes
import sys
from functools import cache
from pathlib import Path
from typing import Any


def load(model: Path | bytes) -> Any:
    """A session of a model: a file, or what is in it. What loading took for a moment goes back to the system."""
    import onnxruntime  # type: ignore[import-untyped]

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # an arena keeps what the largest run ever needed
    source = model if isinstance(model, bytes) else str(model)
    session = onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
    trim = _trim()
    if trim is not None:
        trim(0)
    return session


@cache
def _trim() -> Any:
    """The function of glibc that returns free memory to the system; None where the C library is another."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        return ctypes.CDLL("libc.so.6").malloc_trim
    except (OSError, AttributeError):
        return None

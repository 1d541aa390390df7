"""Memory that is free goes back to the system, where the C library would keep it for later."""

import ctypes
import sys
from functools import cache
from typing import Any


def give_back() -> None:
    """Returns all free memory of the process to the system; 0.2 to 1.5 ms. Does nothing where glibc is not in use."""
    trim = _trim()
    if trim is not None:
        trim(0)


@cache
def _trim() -> Any:
    """The function of glibc that does it; None where the C library is another."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        return ctypes.CDLL("libc.so.6").malloc_trim
    except (OSError, AttributeError):
        return None

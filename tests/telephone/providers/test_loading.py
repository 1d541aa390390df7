"""Two providers may load their SDKs at once, each on a thread of its own."""

import subprocess
import sys

LOADED = """
import asyncio, sys
from telephone.concurrency import imported
from telephone.providers.openai import _LIBRARIES

asyncio.run(imported(*_LIBRARIES))
assert hasattr(sys.modules.get("httpx"), "Timeout"), "Replicate's thread may have half loaded it"
"""


def test_what_openais_sdk_looks_at_in_each_call_is_loaded_before_its_first():
    done = subprocess.run([sys.executable, "-c", LOADED], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr

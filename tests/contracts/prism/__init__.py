"""Prism serves an API's own OpenAPI document: it answers as the document says, and 422 to whoever breaks it."""

import hashlib
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from filelock import FileLock

SPECS = Path(__file__).parents[4] / "shared" / "specs"
OURS = {
    "openai.json": {"400", "401", "404", "422", "429", "500"},
    "replicate.json": {"401", "402", "404", "422", "429"},
}
"""The answers to calls of models whose bodies we wrote into a document, since its maker gives none.

A test of one of them holds our reading of an answer against our belief of it, and against nothing of the maker's.
"""
_HERE = Path(__file__).parent


@contextmanager
def serving(document: str) -> Iterator[str]:
    """Prism on a free loopback port with a document of ../shared/specs; skips, and says why, where that cannot be."""
    spec = SPECS / document
    if not spec.exists():
        pytest.skip(f"the contract tests need {document} in ../shared/specs, which is not here")
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("the contract tests need node and npm, which are not on this machine")
    prism, port = _installed(), _free_port()
    command = ["node", str(prism), "mock", "-h", "127.0.0.1", "-p", str(port), "--errors", str(spec)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def _installed() -> Path:
    """Prism from our lock, installed once for each lock into the user's cache."""
    lock = (_HERE / "package-lock.json").read_bytes()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ai-telephone"
    folder = cache / f"prism-{hashlib.sha256(lock).hexdigest()[:12]}"
    main = folder / "node_modules" / "@stoplight" / "prism-cli" / "dist" / "index.js"
    cache.mkdir(parents=True, exist_ok=True)
    with FileLock(cache / "prism.lock"):
        if not (folder / "complete").exists():
            folder.mkdir(exist_ok=True)
            for name in ("package.json", "package-lock.json"):
                shutil.copy(_HERE / name, folder)
            command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=100, check=False)
            if done.returncode:
                pytest.skip(f"the contract tests need Prism, which npm could not install: {done.stderr[-200:]}")
            (folder / "complete").touch()
    return main


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise RuntimeError(f"Prism ended with status {process.returncode} before it listened")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=1):
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("Prism did not listen within half a minute")

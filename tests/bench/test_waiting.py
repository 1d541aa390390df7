"""What waits asks next to nothing of the database; the share of a core is for a quiet machine to say."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.standin.process import environment

BENCH = Path(__file__).resolve().parents[2] / "bench"


@pytest.mark.slow
def test_nothing_that_waits_asks_the_database_each_second():
    words = [sys.executable, str(BENCH / "waiting.py"), "--quick", "--json"]
    done = subprocess.run(words, check=False, capture_output=True, text=True, env=environment({}))
    rows = {row["what"]: row for row in json.loads(done.stdout)["rows"] if row["counted"]}
    assert len(rows) == 6
    for what, row in rows.items():
        assert row["measured"] <= row["goal"], what
    assert done.returncode == 0

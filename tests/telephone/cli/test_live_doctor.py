"""`telephone doctor --live` as a process: nothing is bought before somebody agreed, and the table is fit to be sent."""

import asyncio
import json
import re
import signal
import sys

import pytest

from tests.limits import LIMIT
from tests.standin.process import environment
from tests.standin_providers import StandinApis, silent

KEYS = {"OPENAI_API_KEY": "sk-test-secret", "REPLICATE_API_TOKEN": "r8_testsecret"}

pytestmark = pytest.mark.slow


@pytest.fixture
async def apis():
    async with StandinApis.open() as opened:
        yield opened


async def begun(apis, tmp_path, *arguments):
    env = {
        **KEYS,
        "OPENAI_BASE_URL": f"{apis.url}/v1",
        "REPLICATE_BASE_URL": apis.url,
        "TELEPHONE_DATA_DIR": str(tmp_path / "data"),
        "TELEPHONE_DOWNLOAD_HOSTS": "127.0.0.1",
        "TELEPHONE_MODERATION": "offline",
    }
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "telephone", "doctor", "--live", *arguments),
        env=environment(env),
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def doctor(apis, tmp_path, *arguments):
    process = await begun(apis, tmp_path, *arguments)
    async with asyncio.timeout(LIMIT):
        out, errors = await process.communicate()
    return process.returncode, out.decode(), errors.decode()


async def test_nothing_is_bought_before_somebody_agreed(apis, tmp_path):
    status, out, errors = await doctor(apis, tmp_path, "--json", "--only", "early,words,schemas")
    assert (status, out, apis.billed) == (1, "", [])
    assert "schemas     free" in errors
    assert re.search(r"early +at most \$0\.\d\d  GET 0, 50", errors)
    assert re.fullmatch(
        r"Nothing was asked yet\. Add --yes to spend up to \$0\.\d\d, --budget USD to spend at most that much, "
        r"or --only with some of: early, words\.",
        errors.splitlines()[-1],
    )


async def test_what_was_answered_is_printed_and_written_without_keys(apis, tmp_path):
    status, out, errors = await doctor(apis, tmp_path, "--yes", "--only", "early,account", "--json")
    rows = [row for row in json.loads(out) if row["what"].startswith("Live ")]
    assert status in (0, 1), errors
    assert [row["asked"] for row in rows if row["part"] == "early"][:2] == ["create", "GET 0 ms after"]
    assert len(apis.billed) == 1
    table = (tmp_path / "doctor-live.md").read_text()
    assert len([line for line in table.splitlines() if line.startswith("|")]) == 2 + len(rows)
    assert not any(key in out + errors + table for key in KEYS.values())


async def test_free_parts_need_no_leave_and_a_file_may_be_json(apis, tmp_path):
    status, out, errors = await doctor(apis, tmp_path, "--only", "schemas", "--out", "there/live.json")
    assert status in (0, 1), errors
    assert "imagebind" in out
    written = json.loads((tmp_path / "there" / "live.json").read_text())
    assert {row["part"] for row in written["answers"]} == {"schemas"}
    assert apis.billed == []


async def test_a_limit_leaves_out_what_it_does_not_hold(apis, tmp_path):
    _, out, _ = await doctor(apis, tmp_path, "--budget", "0.03", "--only", "versions", "--json")
    rows = [row for row in json.loads(out) if row["what"] == "Live versions"]
    assert {"left out", 200} == {row["status"] for row in rows}
    assert 0 < sum(row["usd"] for row in rows) <= 0.03


async def test_an_interrupted_run_shows_what_it_saw(apis, tmp_path):
    apis.next("/v1/chat/completions", silent())
    process = await begun(apis, tmp_path, "--yes", "--only", "early,words")
    async with asyncio.timeout(LIMIT):
        while not apis.asked("/v1/chat/completions"):
            await asyncio.sleep(0.05)
    process.send_signal(signal.SIGINT)
    async with asyncio.timeout(LIMIT):
        out, errors = await process.communicate()
    assert process.returncode == 130, errors.decode()
    assert "GET 0 ms after" in out.decode()
    assert "GET 0 ms after" in (tmp_path / "doctor-live.md").read_text()

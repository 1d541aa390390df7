"""`python -m bot` as a process of its own, against a Discord on loopback."""

import asyncio
import os
import signal
import subprocess
import sys

import pytest

from bot.about import messages as about_messages
from bot.delivery.first_requests import NOT_ACCEPTED, NOT_DISCORD, NOT_REACHED, NOT_WELL, TOO_OFTEN
from bot.process import CONFIG, TEMPFAIL, UNAVAILABLE
from telephone.settings.roles import WHAT_TO_SET
from tests.limits import LIMIT
from tests.standin.process import environment

pytestmark = pytest.mark.slow

BOT = [sys.executable, "-m", "bot"]


@pytest.fixture
async def table(standin, tmp_path):
    """A channel, a member, and the bot, connected."""
    guild = standin.create_guild("Players")
    channel, alice = guild.create_text_channel("telephone"), guild.add_member("alice")
    bot = await standin.run_bot(BOT, env={"TELEPHONE_DATA_DIR": str(tmp_path / "data")})
    return channel, alice, bot


async def run(tmp_path, **env) -> tuple[int | None, str]:
    """Exit status and standard error of a bot that is expected to end by itself."""
    process = await asyncio.create_subprocess_exec(
        *BOT,
        env=environment({"TELEPHONE_DATA_DIR": str(tmp_path), **env}),
        cwd=tmp_path,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(LIMIT):
        _, errors = await process.communicate()
    return process.returncode, errors.decode()


async def test_without_a_token_one_sentence_says_what_to_set(tmp_path):
    assert await run(tmp_path) == (CONFIG, f"{WHAT_TO_SET}\n")


def test_a_start_loads_no_sdk_of_a_provider_and_nothing_that_only_migrations_need():
    late = {"alembic", "httpx2", "openai", "replicate"}
    words = f"import sys, bot.process, telephone.bootstrap; print({late} & {{*sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", words], check=True, capture_output=True, text=True, env=environment({})
    )
    assert done.stdout == "set()\n"


async def test_a_setting_that_cannot_be_used_is_named(tmp_path):
    status, errors = await run(tmp_path, TELEPHONE_HTTP_PORT="no")
    assert status == CONFIG
    assert "TELEPHONE_HTTP_PORT" in errors
    assert "Traceback" not in errors


async def test_a_discord_that_cannot_be_reached_is_told(tmp_path):
    nowhere = {"DISCORD_API_BASE": "http://127.0.0.1:9/api/v10", "TELEPHONE_START_PATIENCE": "3"}
    status, errors = await run(tmp_path, DISCORD_TOKEN="any.token", **nowhere)
    *tried, last = errors.splitlines()
    assert status == UNAVAILABLE
    assert last.startswith(NOT_REACHED)
    assert tried
    assert all("not reached yet" in line and "/users/@me" in line for line in tried)


async def test_a_token_discord_does_not_know_is_told(standin, tmp_path):
    status, errors = await run(tmp_path, DISCORD_TOKEN="wrong.token", DISCORD_API_BASE=standin.api_base)
    assert (status, errors.splitlines()[-1]) == (CONFIG, NOT_ACCEPTED)
    assert "Traceback" not in errors
    standin.complaints.clear()


async def test_the_bot_answers_and_every_request_keeps_discords_rules(standin, table):
    channel, alice, _ = table
    asked = await alice.slash(channel, "telephone help")
    await standin.until(lambda: asked.response and asked.response.content)
    assert asked.ephemeral
    assert asked.response.content == about_messages.HELP


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_the_bot_cleanly(table, name):
    _, _, bot = table
    os.kill(bot.pid, name)
    assert await bot.ended() == 0
    assert "Traceback" not in bot.log
    assert "Unclosed" not in bot.log


FIRST = {
    "GET": (r"^/users/@me$", r"^/oauth2/applications/@me$", r"^/gateway/bot$", r"^/gw"),
    "PUT": (r"/commands$",),
}


@pytest.mark.parametrize("fault", [503, 500, "drop", 429])
async def test_a_start_survives_one_fault_of_each_of_its_first_requests(standin, tmp_path, fault):
    standin.create_guild("Players")
    for method, paths in FIRST.items():
        for path in paths:
            standin.faults.add(method, path, status=fault)
    bot = await standin.run_bot(BOT, env={"TELEPHONE_DATA_DIR": str(tmp_path / "data")})
    assert standin.faults.left == 0
    assert "Traceback" not in bot.log
    if fault == 503:  # discord.py and aiohttp repeat the others without a word
        assert bot.log.count("not reached yet") == 5


@pytest.mark.parametrize(
    ("fault", "retry_after", "status", "sentence"),
    [(503, 0, UNAVAILABLE, NOT_WELL), (429, 60, TEMPFAIL, TOO_OFTEN), (404, 0, CONFIG, NOT_DISCORD)],
)
async def test_an_outage_that_lasts_ends_in_one_sentence(standin, tmp_path, fault, retry_after, status, sentence):
    standin.faults.add("GET", "/users/@me", status=fault, times=99, retry_after=retry_after)
    ended, errors = await run(
        tmp_path, DISCORD_TOKEN=standin.token, DISCORD_API_BASE=standin.api_base, TELEPHONE_START_PATIENCE="2"
    )
    assert ended == status
    assert errors.splitlines()[-1].startswith(sentence)
    assert "Traceback" not in errors
    standin.complaints.clear()


@pytest.mark.parametrize(
    ("status", "code", "advice"),
    [
        (403, 50001, "docs/operating.md"),
        (400, 30034, "tomorrow"),
        (429, 30034, "tomorrow"),
        (400, 50035, "report"),
        (404, 10002, "report"),
    ],
)
async def test_a_refused_sync_of_the_commands_does_not_stop_the_start(standin, table, status, code, advice):
    channel, alice, bot = table
    assert await bot.stop() == 0
    standin.faults.add("PUT", r"/commands$", status=status, code=code, retry_after=70_000 if status == 429 else 0)
    await bot.restart()
    asked = await alice.slash(channel, "telephone help")
    await standin.until(lambda: asked.response and asked.response.content)
    (told,) = [line for line in bot.log.splitlines() if "commands not registered" in line]
    assert advice in told
    assert "Traceback" not in bot.log


async def test_a_database_that_does_not_answer_is_waited_for_and_told(standin, tmp_path):
    ended, errors = await run(
        tmp_path,
        DISCORD_TOKEN=standin.token,
        DISCORD_API_BASE=standin.api_base,
        DISCORD_GATEWAY_URL=standin.gateway_url,
        TELEPHONE_DATABASE_URL="postgresql://nobody@127.0.0.1:9/nothing",
        TELEPHONE_START_PATIENCE="3",
    )
    assert ended == UNAVAILABLE
    assert "does not answer" in errors.splitlines()[-1]
    assert "not reached yet" in errors
    assert "Traceback" not in errors


async def test_a_second_bot_on_one_folder_says_so_and_may_be_started_again(standin, table, tmp_path):
    ended, errors = await run(
        tmp_path,
        DISCORD_TOKEN=standin.token,
        DISCORD_API_BASE=standin.api_base,
        DISCORD_GATEWAY_URL=standin.gateway_url,
        TELEPHONE_DATA_DIR=str(tmp_path / "data"),
    )
    assert ended == TEMPFAIL
    assert "Another AI Telephone" in errors
    assert "Traceback" not in errors

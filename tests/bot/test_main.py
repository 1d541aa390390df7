"""`python -m bot` as a process of its own, against a Discord on loopback."""

import asyncio
import os
import signal
import sys

import pytest

from bot.__main__ import NOT_ACCEPTED, NOT_REACHED, WHAT_TO_SET
from bot.about import messages as about_messages
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
    assert await run(tmp_path) == (1, f"{WHAT_TO_SET}\n")


async def test_a_setting_that_cannot_be_used_is_named(tmp_path):
    status, errors = await run(tmp_path, TELEPHONE_HTTP_PORT="no")
    assert status == 1
    assert "TELEPHONE_HTTP_PORT" in errors
    assert "Traceback" not in errors


async def test_a_discord_that_cannot_be_reached_is_told(tmp_path):
    status, errors = await run(tmp_path, DISCORD_TOKEN="any.token", DISCORD_API_BASE="http://127.0.0.1:9/api/v10")
    assert (status, errors.splitlines()[-1]) == (1, NOT_REACHED)
    assert "Traceback" not in errors


async def test_a_token_discord_does_not_know_is_told(standin, tmp_path):
    status, errors = await run(tmp_path, DISCORD_TOKEN="wrong.token", DISCORD_API_BASE=standin.api_base)
    assert (status, errors.splitlines()[-1]) == (1, NOT_ACCEPTED)
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

"""Cards that are too old to edit often, and messages that somebody deleted just after they were posted."""

import sys
from pathlib import Path

import pytest

from tests.standin.loopback import Standin
from tests.standin.records import Message

BOT = [sys.executable, "-m", "bot"]
PLAYED = {"t2i": "stickers", "i2t": "spotter-sharp"}


@pytest.mark.timeout(120)
async def test_no_game_waits_for_a_card_whose_edits_are_limited(standin: Standin, tmp_path: Path):
    guild = standin.create_guild("Players")
    channel, ada = guild.create_text_channel("telephone"), guild.add_member("ada")
    bot = await standin.run_bot(BOT, env={"TELEPHONE_DATA_DIR": str(tmp_path / "data")})
    limited = rf"/channels/{channel.id}/messages/\d+$"
    standin.faults.add("PATCH", limited, status=429, code=30046, times=1_000, retry_after=600.0)
    await ada.slash(channel, "telephone start", prompt="a fox mends a clock", seed=1, turns=3, **PLAYED)
    fresh = await standin.until(lambda: _with(standin, channel, "### #1 finished"))
    assert fresh.reply_to == standin.messages(channel)[0].id
    assert "rate limited" not in bot.log
    assert "something broke" not in bot.log


@pytest.mark.timeout(120)
async def test_a_replay_that_was_deleted_is_posted_anew_when_it_is_asked_for_again(standin: Standin, tmp_path: Path):
    guild = standin.create_guild("Players")
    channel, ada = guild.create_text_channel("telephone"), guild.add_member("ada")
    bot = await standin.run_bot(BOT, env={"TELEPHONE_DATA_DIR": str(tmp_path / "data")})
    await ada.slash(channel, "telephone start", prompt="a fox mends a clock", seed=1, turns=1, **PLAYED)
    await standin.until(lambda: _with(standin, channel, "### #1 finished"))
    (thread,) = standin.threads(channel)
    summary = await standin.until(lambda: _with(standin, thread, "### #1: from"))
    for _ in range(3):
        asked = await ada.click(summary, label="GIF")
        await standin.until(lambda asked=asked: asked.response and not asked.response.loading)
        assert "broke" not in asked.response.text
        replay = standin.messages(thread)[-1]
        assert [file.name for file in replay.attachments] == ["game-1.gif"]
        again = await ada.click(summary, label="GIF")
        await standin.until(lambda again=again: again.response and not again.response.loading)
        assert standin.messages(thread)[-1].id == replay.id, "one that stands is not posted twice"
        standin.delete_message(replay)
    assert "something broke" not in bot.log


def _with(standin: Standin, channel, words: str) -> Message | None:
    return next((one for one in standin.messages(channel) if words in one.text), None)

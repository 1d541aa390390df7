"""A place that refuses a message pauses the game by name, and the game goes on when it is let."""

import sys
from pathlib import Path

import pytest

from tests.standin.loopback import Standin
from tests.standin.records import Message

BOT = [sys.executable, "-m", "bot"]
PLAYED = {"t2i": "stickers", "i2t": "spotter-sharp", "turns": 1}


@pytest.mark.timeout(120)
async def test_a_refusal_pauses_the_game_with_its_reason_and_continue_plays_on(standin: Standin, tmp_path: Path):
    guild = standin.create_guild("Players")
    channel, ada = guild.create_text_channel("telephone"), guild.add_member("ada")
    await standin.run_bot(BOT, env={"TELEPHONE_DATA_DIR": str(tmp_path / "data")})
    # The card comes first, then the prompt, which opens the thread's line of replies.
    standin.faults.add("POST", r"/channels/\d+/threads|/messages/\d+/threads", status=400, code=160007)
    await ada.slash(channel, "telephone start", prompt="a fox mends a clock", seed=1, **PLAYED)
    card = await standin.until(lambda: _card(standin, channel, "paused"))
    assert "as many open announcement threads as Discord allows" in card.text
    standin.faults.add("POST", rf"/channels/{card.id}/messages", status=403, code=160002)
    await ada.click(card, label="Continue")
    card = await standin.until(lambda: _card(standin, channel, "Read Message History"))
    assert "so I paused at turn 1; give me that permission and press Continue." in card.text
    standin.faults.add("POST", rf"/channels/{card.id}/messages", status=400, code=987_654)
    await ada.click(card, label="Continue")
    card = await standin.until(lambda: _card(standin, channel, "its code 987654"))
    standin.faults.add("POST", rf"/channels/{card.id}/messages", status=400, code=130000)
    await ada.click(card, label="Continue")
    await standin.until(lambda: _card(standin, channel, "finished"))
    assert standin.faults.left == 0


def _card(standin: Standin, channel, words: str) -> Message | None:
    return next((one for one in standin.messages(channel) if words in one.text), None)

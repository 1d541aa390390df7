"""A game is played to its end through every kind of rate limit that Discord has, and posts each message once."""

import sys
from pathlib import Path

import pytest

from tests.standin.loopback import Standin

BOT = [sys.executable, "-m", "bot"]
TURNS = 2


@pytest.mark.slow
async def test_a_game_is_played_once_through_limits_of_a_route_of_a_channel_and_of_the_bot(
    standin: Standin, tmp_path: Path
):
    channel = standin.create_guild("Players").create_text_channel("telephone")
    ada = standin.guild("Players").add_member("ada")
    await standin.run_bot(BOT, env={"TELEPHONE_DATA_DIR": str(tmp_path)})
    standin.limits.add("POST", r"/channels/\d+/messages", requests=2, per=1.0)
    for scope in ("user", "shared", "global"):
        standin.faults.add("POST", r"/channels/\d+/messages$", status=429, retry_after=0.3, scope=scope)
    standin.faults.add("PATCH", r"/channels/\d+/messages/\d+$", status=429, retry_after=0.3, scope="shared")
    await ada.slash(
        channel, "telephone start", prompt="a fox", t2i="stickers", i2t="spotter-sharp", turns=TURNS, wait=False
    )
    await standin.until(lambda: any(" finished" in one.text for one in standin.messages(channel)))
    [thread] = await standin.until(lambda: standin.threads(channel))
    await standin.until(lambda: standin.messages(thread)[-1].buttons)
    assert not standin.faults.left
    assert len(standin.messages(channel)) == 1
    said = [one.text.splitlines()[0] for one in standin.messages(thread)]
    assert len(said) == len(set(said)) == 1 + 2 * TURNS + 1

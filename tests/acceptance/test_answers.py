"""What a member is answered, although Discord does not tell the bot that it carried a request out."""

import asyncio
import sys
from pathlib import Path

import pytest

from bot.client import CLOSING
from tests.standin.loopback import Standin
from tests.standin.members import Interaction

BOT = [sys.executable, "-m", "bot"]
CALLBACK = r"/interactions/\d+/[^/]+/callback"
FOLLOW_UP = r"/webhooks/\d+/[^/]+$"
PLAYED = {"t2i": "stickers", "i2t": "spotter-sharp", "turns": 1}


@pytest.mark.timeout(180)
@pytest.mark.parametrize("fault", ["lost answer", "drop", 502])
async def test_an_answer_whose_arrival_is_not_told_counts(standin: Standin, tmp_path: Path, fault):
    guild = standin.create_guild("Players")
    channel, ada = guild.create_text_channel("telephone"), guild.add_member("ada")
    bot = await standin.run_bot(BOT, env={"TELEPHONE_DATA_DIR": str(tmp_path / "data")})

    def fails() -> None:
        standin.faults.add("POST", CALLBACK, status=fault)

    async def repeated(asked: Interaction) -> Interaction:
        """Until the bot has made the request again: a form is filled in by people, not in a millisecond."""
        mine = lambda: [one.status for one in standin.sent if f"/interactions/{asked.id}/" in one.path]  # noqa: E731
        await standin.until(lambda: mine()[-1] in (200, 400))
        return asked

    async def done(asked: Interaction) -> Interaction:
        await standin.until(lambda: asked.response and not asked.response.loading)
        assert standin.faults.left == 0
        return asked

    # A command is acknowledged, and its answer replaces "thinking".
    fails()
    started = await done(await ada.slash(channel, "telephone start", prompt="a fox mends a clock", seed=1, **PLAYED))
    assert "#1" in started.response.text
    await standin.until(lambda: any("### #1 finished" in one.text for one in standin.messages(channel)))
    assert len(standin.threads(channel)) == 1
    # Autocompletion offers its rows.
    fails()
    assert await ada.autocomplete(channel, "telephone start", "t2i", "stick")
    await standin.until(lambda: [one.status for one in standin.sent if "callback" in one.path][-1] in (200, 400))
    # A form opens, and what is filled in is taken.
    thread = standin.threads(channel)[0]
    turn = next(one for one in standin.messages(thread) if "Turn 1 of 1, caption" in one.text)
    fails()
    form = await repeated(await ada.menu(turn, "Report this turn"))
    fails()
    sent = await done(await ada.submit(form, {"reason": "other"}))
    assert sent.response.text.startswith("Thank you.")
    # A button answers in the place of its message.
    asked = await done(await ada.slash(channel, "telephone me delete"))
    fails()
    await ada.click(asked.response, label="Keep it")
    await standin.until(lambda: asked.response.text == "Nothing was deleted.")
    assert "something broke" not in bot.log
    assert "Traceback" not in bot.log


@pytest.mark.timeout(120)
async def test_an_answer_whose_line_is_cut_is_made_again(standin: Standin, tmp_path: Path):
    guild = standin.create_guild("Players")
    channel, ada = guild.create_text_channel("telephone"), guild.add_member("ada")
    bot = await standin.run_bot(BOT, env={"TELEPHONE_DATA_DIR": str(tmp_path / "data")})
    played = await ada.slash(channel, "telephone start", prompt="a fox mends a clock", seed=1, **PLAYED)
    await standin.until(lambda: any("### #1 finished" in one.text for one in standin.messages(channel)))
    standin.faults.add("PATCH", "/messages/@original", status="drop", times=2)
    shown = await ada.slash(channel, "telephone replay")  # its link
    await standin.until(lambda: shown.response and not shown.response.loading)
    standin.faults.add("PATCH", "/messages/@original", status="drop", times=2)
    exported = await ada.slash(channel, "telephone me export")  # its file
    await standin.until(lambda: exported.response and exported.response.files)
    assert played.response is not None
    assert exported.response is not None
    assert exported.response.files[0].data
    assert standin.faults.left == 0
    assert "something broke" not in bot.log


@pytest.mark.timeout(120)
async def test_an_answer_that_is_limited_again_and_again_is_made_in_the_end(standin: Standin, tmp_path: Path):
    guild = standin.create_guild("Players")
    channel, ada = guild.create_text_channel("telephone"), guild.add_member("ada")
    bot = await standin.run_bot(BOT, env={"TELEPHONE_DATA_DIR": str(tmp_path / "data")})
    standin.faults.add("POST", CALLBACK, status=429, times=7, retry_after=0.02)
    standin.faults.add("PATCH", "/messages/@original", status=429, times=17, retry_after=0.02)
    board = await ada.slash(channel, "telephone leaderboard")
    await standin.until(lambda: board.response and not board.response.loading)
    # A follow-up too: its message took no answer in its place.
    standin.faults.add("PATCH", "/messages/@original", status=400, code=50035)
    standin.faults.add("POST", FOLLOW_UP, status=429, times=7, retry_after=0.02)
    pressed = await ada.select(board.response, ["distance"])
    await standin.until(lambda: pressed.followups)
    assert standin.faults.left == 0
    assert bot.log.count("something broke") == bot.log.count("error code: 50035") == 1


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("fault", "arrived"), [("lost answer", 1), ("drop", 0)])
async def test_a_follow_up_that_may_have_arrived_is_not_said_twice(
    standin: Standin, tmp_path: Path, fault: str, arrived: int
):
    guild = standin.create_guild("Players")
    channel, ada = guild.create_text_channel("telephone"), guild.add_member("ada")
    bot = await standin.run_bot(BOT, env={"TELEPHONE_DATA_DIR": str(tmp_path / "data")})
    board = await ada.slash(channel, "telephone leaderboard")
    await standin.until(lambda: board.response and not board.response.loading)
    standin.faults.add("PATCH", "/messages/@original", status=400, code=50035)
    standin.faults.add("POST", FOLLOW_UP, status=fault)
    pressed = await ada.select(board.response, ["distance"])
    await standin.until(lambda: "may not have arrived" in bot.log)
    assert len(pressed.followups) == arrived
    assert all("Ref" in one.text for one in pressed.followups)
    assert bot.log.count("something broke") == 1  # what the follow-up told of


@pytest.mark.timeout(120)
async def test_a_command_that_another_process_acknowledged_is_left_to_it(standin: Standin, tmp_path: Path):
    guild = standin.create_guild("Players")
    channel, ada = guild.create_text_channel("telephone"), guild.add_member("ada")
    bot = await standin.run_bot(BOT, env={"TELEPHONE_DATA_DIR": str(tmp_path / "data")})
    standin.faults.add("POST", CALLBACK, status=400, code=40060)
    await ada.slash(channel, "telephone start", prompt="a fox mends a clock", wait=False, **PLAYED)
    await standin.until(lambda: "somebody else acknowledged it" in bot.log)
    assert standin.threads(channel) == []
    assert "something broke" not in bot.log


@pytest.mark.timeout(120)
async def test_a_bot_that_is_told_to_end_finishes_what_it_acknowledged_and_begins_nothing_more(
    standin: Standin, tmp_path: Path
):
    guild = standin.create_guild("Players")
    channel = guild.create_text_channel("telephone")
    ada, bo = guild.add_member("ada"), guild.add_member("bo")
    bot = await standin.run_bot(BOT, env={"TELEPHONE_DATA_DIR": str(tmp_path / "data")})
    standin.faults.add("PATCH", "/messages/@original", status=429, retry_after=2.0)
    started = await ada.slash(channel, "telephone start", prompt="a fox mends a clock", wait=False, **PLAYED)
    await standin.until(lambda: standin.faults.left == 0)
    ending = asyncio.create_task(bot.stop())
    await asyncio.sleep(0.5)
    asked = await bo.slash(channel, "telephone start", prompt="a fox mends a clock", wait=False, **PLAYED)
    await standin.until(lambda: asked.response and not asked.response.loading)
    assert asked.response.text == CLOSING
    assert await ending == 0
    assert "#1" in started.response.text
    assert "something broke" not in bot.log
    assert "Traceback" not in bot.log

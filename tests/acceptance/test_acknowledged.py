"""What a member was told that an answer will come to is answered, however often the bot is killed before it can."""

import asyncio
import contextlib
import random
import sqlite3
import sys
from pathlib import Path

import pytest

from bot.ui import wording
from telephone.domain.interactions import key_of
from telephone.errors import NotFound
from telephone.store import Store
from tests.standin.loopback import Standin
from tests.standin.members import Interaction
from tests.standin.records import Message

BOT = [sys.executable, "-m", "bot"]
TOKEN = r"[\w.-]+"


async def _stored(folder: Path, asked: Interaction) -> int | None:
    """The number of the game that an interaction started, None where it started none."""
    async with await Store.open(f"sqlite:///{folder / 'telephone.sqlite'}") as store:
        with contextlib.suppress(NotFound):
            return (await store.games.get(key_of(asked.id))).number
    return None


async def _waiting(folder: Path) -> int:
    async with await Store.open(f"sqlite:///{folder / 'telephone.sqlite'}") as store:
        return len(await store.acknowledged.all())


def _answered(asked: Interaction) -> bool:
    return asked.response is not None and not asked.response.loading


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize(("kills", "each"), [(3, 6), pytest.param(10, 10, marks=pytest.mark.long)])
async def test_every_acknowledged_start_is_answered_although_the_bot_is_killed(
    standin: Standin, tmp_path: Path, kills: int, each: int
):
    channel = standin.create_guild("Players").create_text_channel("telephone")
    members = [standin.guild("Players").add_member(f"member-{number}") for number in range(each)]
    bot = await standin.run_bot(BOT, env={"TELEPHONE_DATA_DIR": str(tmp_path)})
    moments, asked, looks = random.Random(7), [], set()
    for _ in range(kills):
        for number, member in enumerate(members):
            name = "telephone start" if number % 3 else "telephone status"
            options = {"prompt": "a fox mends a clock", "turns": 1} if number % 3 else {}
            asked.append(await member.slash(channel, name, wait=False, **options))
            looks |= {asked[-1].id} if name == "telephone status" else set()
        await standin.until(lambda: any(one.acknowledged for one in asked[-each:]))
        await asyncio.sleep(moments.uniform(0, 0.4))
        bot.kill()
        await bot.ended()
        await bot.restart()
    acknowledged = [one for one in asked if one.acknowledged]
    assert acknowledged
    await standin.until(lambda: all(_answered(one) for one in acknowledged))
    told = {one.id: one.response.text if one.response else "" for one in acknowledged}
    numbers = {one.id: await _stored(tmp_path, one) for one in asked}
    for one in (one for one in acknowledged if one.id not in looks):
        if numbers[one.id] is None:
            assert told[one.id] == wording.NOT_DONE or "#" not in told[one.id]
        else:  # which may have been told first that the store is slow
            number = f"#{numbers[one.id]}"
            await standin.until(lambda a=one, n=number: a.response is not None and n in a.response.text)
    async with await Store.open(f"sqlite:///{tmp_path / 'telephone.sqlite'}") as store:
        games = await store.games.recent(standin.guild("Players").id, limit=1_000)
    assert {game.id for game in games} <= {key_of(one.id) for one in asked}
    assert "Traceback" not in bot.log
    while await _waiting(tmp_path):
        await asyncio.sleep(0.2)


@pytest.mark.slow
async def test_a_start_that_is_stored_is_answered_with_its_game_after_a_kill(standin: Standin, tmp_path: Path):
    channel = standin.create_guild("Players").create_text_channel("telephone")
    alice = standin.guild("Players").add_member("alice")
    bot = await standin.run_bot(BOT, env={"TELEPHONE_DATA_DIR": str(tmp_path)})
    standin.faults.add("PATCH", rf"/webhooks/\d+/{TOKEN}/messages/@original$", status="drop")
    asked = await alice.slash(channel, "telephone start", prompt="a fox mends a clock", turns=1)
    while await _stored(tmp_path, asked) is None:
        await asyncio.sleep(0.02)
    bot.kill()
    await bot.ended()
    standin.faults.clear()
    if not _answered(asked):
        await bot.restart()
        await standin.until(lambda: _answered(asked))
    assert asked.response is not None
    assert "#1" in asked.response.text
    assert not [line for line in bot.log.splitlines() if "/webhooks/" in line]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "words"), [("telephone start", wording.NOT_DONE), ("telephone status", wording.UNSURE)]
)
async def test_what_was_not_done_is_told_after_a_kill(standin: Standin, tmp_path: Path, command: str, words: str):
    channel = standin.create_guild("Players").create_text_channel("telephone")
    alice = standin.guild("Players").add_member("alice")
    bot = await standin.run_bot(BOT, env={"TELEPHONE_DATA_DIR": str(tmp_path)})
    # Discord has the acknowledgement, the bot never hears of it: it is killed before it can do anything.
    standin.faults.add("POST", r"/callback$", status="silence")
    asked = await alice.slash(channel, command)
    assert asked.response is not None
    assert asked.response.loading
    bot.kill()
    await bot.ended()
    assert await _waiting(tmp_path) == 1
    await bot.restart()
    await standin.until(lambda: _answered(asked))
    assert asked.response.text == words
    assert await _stored(tmp_path, asked) is None
    while await _waiting(tmp_path):
        await asyncio.sleep(0.2)


@pytest.mark.slow
async def test_a_turn_that_was_taken_and_never_shown_is_open_again_after_a_kill(standin: Standin, tmp_path: Path):
    channel = standin.create_guild("Players").create_text_channel("telephone")
    alice = standin.guild("Players").add_member("alice")
    bot = await standin.run_bot(BOT, env={"TELEPHONE_DATA_DIR": str(tmp_path)})
    asked = await alice.slash(
        channel, "telephone start", prompt="a fox mends a clock", t2i="human", i2t="spotter-sharp", turns=1
    )
    assert asked.response is not None

    def invitation(words: str) -> Message | None:
        found = [one for thread in standin.threads(channel) for one in standin.messages(thread)]
        return next((one for one in found if words in one.text), None)

    invited = await standin.until(lambda: invitation("draw a picture"))
    standin.faults.add("PATCH", rf"/webhooks/\d+/{TOKEN}/messages/@original$", status="drop", times=100)
    pressed = await alice.click(invited, label="Take this turn")
    await standin.until(lambda: invitation("a member is at the picture"))
    bot.kill()
    await bot.ended()
    standin.faults.clear()
    await bot.restart()
    await standin.until(lambda: _answered(pressed))
    assert pressed.response is not None
    assert pressed.response.text == wording.TURN_OPEN
    invited = await standin.until(lambda: invitation("draw a picture"))
    shown = await alice.click(invited, label="Take this turn")
    await standin.until(lambda: _answered(shown))
    assert shown.response is not None
    assert "Upload" in shown.response.buttons


@pytest.mark.slow
async def test_a_button_whose_answer_changes_its_message_is_told_of_after_a_kill(standin: Standin, tmp_path: Path):
    channel = standin.create_guild("Players").create_text_channel("telephone")
    alice = standin.guild("Players").add_member("alice")
    bot = await standin.run_bot(BOT, env={"TELEPHONE_DATA_DIR": str(tmp_path)})
    helped = await alice.slash(channel, "telephone help")
    await standin.until(lambda: _answered(helped))
    assert helped.response is not None
    standin.faults.add("POST", r"/callback$", status="silence")
    pressed = await alice.click(helped.response, label="More")
    bot.kill()
    await bot.ended()
    await bot.restart()
    (told,) = await standin.until(lambda: pressed.followups)
    assert (told.text, told.ephemeral) == (wording.UNSURE, True)
    while await _waiting(tmp_path):
        await asyncio.sleep(0.2)


@pytest.mark.slow
@pytest.mark.parametrize("killed", [True, False])
async def test_a_start_that_cannot_be_written_down_in_time_is_not_left_thinking(
    standin: Standin, tmp_path: Path, killed: bool
):
    channel = standin.create_guild("Players").create_text_channel("telephone")
    alice = standin.guild("Players").add_member("alice")
    bot = await standin.run_bot(BOT, env={"TELEPHONE_DATA_DIR": str(tmp_path)})
    with contextlib.closing(sqlite3.connect(tmp_path / "telephone.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        asked = await alice.slash(channel, "telephone start", prompt="a fox mends a clock", turns=1)
        await standin.until(lambda: asked.acknowledged)
        assert asked.response is not None
        assert (asked.response.text, asked.response.loading) == (wording.SLOW_STORE, False)
        if killed:
            bot.kill()
            await bot.ended()
        other.execute("ROLLBACK")
    if killed:
        await bot.restart()
        await asyncio.sleep(1.0)
        assert asked.response.text == wording.SLOW_STORE
        assert await _stored(tmp_path, asked) is None, "what it says to do is right"
    else:
        await standin.until(lambda: asked.response is not None and "#1" in asked.response.text)
    while await _waiting(tmp_path):
        await asyncio.sleep(0.2)

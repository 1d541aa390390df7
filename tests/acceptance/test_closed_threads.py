"""What a member has deleted, or hidden, in a thread that is closed to the bot: it is told, tried again, and done."""

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import discord
import pytest

from tests.standin.loopback import Standin
from tests.standin.records import Message

BOT = [sys.executable, "-m", "bot"]
PLAYED = {"t2i": "stickers", "i2t": "spotter-sharp", "turns": 1}
SAID = "two knights argue over a teapot"
CLOSED = [(True, False), (True, True)]


async def _server(standin: Standin, tmp_path: Path):
    guild = standin.create_guild("Players")
    channel, ada, bo = guild.create_text_channel("telephone"), guild.add_member("ada"), guild.add_member("bo")
    standin.permit(channel, discord.PermissionOverwrite(manage_threads=False, manage_channels=False))
    bot = await standin.run_bot(BOT, env={"TELEPHONE_DATA_DIR": str(tmp_path / "data")})
    return channel, ada, bo, bot


@pytest.mark.timeout(120)
async def test_delete_my_data_clears_a_games_thread(standin: Standin, tmp_path: Path):
    channel, ada, _, bot = await _server(standin, tmp_path)
    await ada.slash(channel, "telephone start", prompt="my grandmother's garden gate", seed=1, **PLAYED)
    thread = await standin.until(lambda: _finished(standin, channel))
    told = await _deletes(standin, ada, channel)
    await standin.until(lambda: told.response.text == "Done. Nothing is kept of you any more.")
    assert standin.messages(thread) == []
    assert [one.type for one in standin.messages(thread, system=True)] == [21]
    assert "taking back broke" not in bot.log


@pytest.mark.timeout(240)
@pytest.mark.parametrize(("locked", "archived"), CLOSED)
async def test_in_a_locked_thread_nobody_is_told_that_nothing_is_kept(standin: Standin, tmp_path, locked, archived):
    channel, ada, bo, bot = await _server(standin, tmp_path)
    await bo.slash(channel, "telephone start", prompt="#easy-003", t2i="stickers", i2t="human", turns=1, seed=5)
    thread = await standin.until(lambda: next(iter(standin.threads(channel)), None))
    invitation = await standin.until(lambda: _with(standin, thread, "### Turn 1: write a caption"))
    claim = await ada.click(invitation, label="Take this turn")
    await standin.until(lambda: claim.response and not claim.response.loading)
    form = await ada.click(claim.response, label="Write caption")
    await ada.submit(form, {"caption": SAID})
    await standin.until(lambda: _finished(standin, channel))
    caption = await standin.until(lambda: _with(standin, thread, SAID))
    standin.close(thread, locked=locked, archived=archived)

    told = await _deletes(standin, ada, channel)
    await standin.until(lambda: "out of my reach" in told.response.text)
    assert f"<#{thread.id}>" in told.response.text
    assert "Manage Threads" in told.response.text
    assert "ask a moderator" in told.response.text
    assert SAID in _text(standin, thread, caption)
    again = await ada.slash(channel, "telephone me delete")
    await standin.until(lambda: again.response and not again.response.loading)
    assert "out of my reach" in again.response.text
    file = await ada.slash(channel, "telephone me export")
    await standin.until(lambda: file.response and not file.response.loading)
    assert "out of my reach" in file.response.text

    bot.kill()
    await bot.ended()
    standin.close(thread, locked=False, archived=archived)
    await bot.restart()
    await standin.until(lambda: SAID not in _text(standin, thread, caption))
    assert _text(standin, thread, caption) == "**Turn 1 of 1, caption** by a member\nDeleted by who made it."
    await standin.until(lambda: _is_done(tmp_path / "data"))
    last = await ada.slash(channel, "telephone me delete")
    await standin.until(lambda: last.response and not last.response.loading)
    assert last.response.text == "Nothing is kept of you on any server, so there is nothing to delete."


@pytest.mark.timeout(180)
async def test_a_reported_turn_in_a_locked_thread_is_not_said_to_be_hidden(standin: Standin, tmp_path: Path):
    channel, ada, bo, _ = await _server(standin, tmp_path)
    await bo.slash(channel, "telephone start", prompt="a fox mends a clock", seed=1, **PLAYED)
    thread = await standin.until(lambda: _finished(standin, channel))
    await standin.until(lambda: _with(standin, thread, "### #1: from"))
    turn = _with(standin, thread, "Turn 1 of 1, caption")
    standin.close(thread, locked=True)
    form = await ada.menu(turn, "Report this turn")
    await standin.until(lambda: len([one for one in standin.sent if f"/interactions/{form.id}/" in one.path]) == 1)
    sent = await ada.submit(form, {"reason": "other"})
    await standin.until(lambda: sent.response and "could not hide it so far" in sent.response.text)
    assert "Manage Threads" in sent.response.text
    assert _text(standin, thread, turn) == turn.text
    standin.close(thread, locked=False)
    assert _text(standin, thread, turn) == turn.text


@pytest.mark.timeout(120)
@pytest.mark.parametrize("allowed", [True, False])
async def test_an_archived_thread_is_cleared_whatever_discord_allows(standin: Standin, tmp_path: Path, allowed):
    channel, ada, _, bot = await _server(standin, tmp_path)
    standin.world.backend.archived_deletes = allowed
    await ada.slash(channel, "telephone start", prompt="my grandmother's garden gate", seed=1, **PLAYED)
    thread = await standin.until(lambda: _finished(standin, channel))
    await standin.until(lambda: _with(standin, thread, "### #1: from"))
    standin.close(thread, locked=False, archived=True)
    told = await _deletes(standin, ada, channel)
    await standin.until(lambda: told.response.text == "Done. Nothing is kept of you any more.")
    assert standin.messages(thread) == []
    assert "taking back broke" not in bot.log


async def _deletes(standin: Standin, member, channel):
    asked = await member.slash(channel, "telephone me delete")
    await standin.until(lambda: asked.response and not asked.response.loading)
    return await member.click(asked.response, label="Delete all of it")


def _finished(standin: Standin, channel):
    return standin.threads(channel)[0] if _with(standin, channel, " finished") else None


def _with(standin: Standin, channel, words: str) -> Message | None:
    return next((one for one in standin.messages(channel) if words in one.text), None)


def _text(standin: Standin, thread, message: Message) -> str:
    return next(one.text for one in standin.messages(thread) if one.id == message.id)


def _is_done(data: Path) -> bool:
    with closing(sqlite3.connect(data / "telephone.sqlite")) as database:
        return database.execute("SELECT count(*) FROM erasure WHERE ended_at IS NULL").fetchone() == (0,)

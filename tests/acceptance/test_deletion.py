"""A member has all that is kept of them deleted, on Discord, by a bot that is killed with -9 wherever it stands."""

import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.standin.loopback import Standin
from tests.standin.process import BotProcess
from tests.standin.records import Message

BOT = [sys.executable, "-m", "bot"]
WORDS = "my grandmother's garden gate in Ulm"
SAID = "two knights argue over a teapot"
PLAYED = {"t2i": "stickers", "i2t": "spotter-sharp", "turns": 2}


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_nothing_of_a_member_is_left_anywhere_and_everything_of_the_others_is(standin: Standin, tmp_path: Path):
    guild = standin.create_guild("Players")
    channel, ada, bo = guild.create_text_channel("telephone"), guild.add_member("ada"), guild.add_member("bo")
    data = tmp_path / "data"
    bot = await standin.run_bot(BOT, env={"TELEPHONE_DATA_DIR": str(data)})
    for number, (member, prompt) in enumerate(((bo, "two red apples on a table"), (ada, WORDS)), 1):
        await member.slash(channel, "telephone start", prompt=prompt, seed=number, **PLAYED)
        await standin.until(lambda n=number: _finished(standin, channel, n))
    bos, adas = standin.threads(channel)
    summary = await standin.until(lambda: _card(standin, adas, "### #2: from"))
    await ada.click(summary, label="GIF")
    await standin.until(lambda: standin.messages(adas)[-1].files[0].name == "game-2.gif")
    battle = await _fought(standin, channel, bo, ada)
    open_game = await _taken_part(standin, channel, bo, ada)
    named = _card(standin, open_game, ", caption**")
    assert named.text == f"**Turn 1 of 1, caption** by <@{ada.id}>\n> {SAID}"
    before = {message.id: message for place in (channel, bos) for message in standin.messages(place)}
    captions = [message.text.partition("> ")[2] for message in standin.messages(adas) if ", caption**" in message.text]
    assert str(ada.id) in _database(data)
    file = await ada.slash(channel, "telephone me export")
    await standin.until(lambda: file.response and not file.response.loading)
    document = json.loads(file.response.files[0].data)
    assert [game["prompt"] for game in document["games"]] == [WORDS]
    assert [vote["choice"] for vote in document["votes"]] == ["a"]
    assert [answer["text"] for answer in document["answers"]] == [SAID]

    asked = await ada.slash(channel, "telephone me delete")
    await standin.until(lambda: asked.response and not asked.response.loading)
    assert "1 game that began with words of yours" in asked.response.text
    pressed = await ada.click(asked.response, label="Delete all of it")
    await standin.until(lambda: "It has begun" in pressed.response.text)
    await _kill(bot)
    await standin.until(lambda: len(standin.messages(adas)) < 7)
    await _kill(bot)
    await standin.until(lambda: not standin.messages(adas))
    await _kill(bot)
    await standin.until(lambda: _is_done(data))
    await _kill(bot)

    assert standin.messages(adas) == []
    left = [message for place in (channel, bos, *standin.threads(channel)) for message in standin.messages(place)]
    for message in left:
        said = message.text + "".join(f"{file.name} {file.alt}" for file in message.files)
        assert WORDS not in said
        assert SAID not in said
        assert str(ada.id) not in said
        assert not any(caption in said for caption in captions)
    assert {message.id: message.text for message in left if message.id in before} == {
        one.id: one.text for one in before.values() if WORDS not in one.text
    }
    held = _database(data) + _bytes(data).decode("latin-1")
    for trace in (str(ada.id), WORDS, SAID, *captions):
        assert trace not in held, trace
    assert WORDS not in bot.log
    deleted = _card(standin, open_game, ", caption**")
    assert deleted.text == "**Turn 1 of 1, caption** by a member\nDeleted by who made it."
    assert "to “(deleted by who made it)”" in _card(standin, open_game, "### #5: from").text
    assert "2 of 2 votes" in next(one.text for one in left if one.id == battle.id), "what was announced stays"


async def _taken_part(standin: Standin, channel, starter, member) -> int:
    """A game that somebody else started, whose only caption is the member's, by name; its thread."""
    named = await member.slash(channel, "telephone me name", on=True)
    await standin.until(lambda: named.response and not named.response.loading)
    await starter.slash(channel, "telephone start", prompt="#easy-003", t2i="stickers", i2t="human", turns=1, seed=5)
    await standin.until(lambda: len(standin.threads(channel)) == 4)
    thread = standin.threads(channel)[-1].id
    invitation = await standin.until(lambda: _card(standin, thread, "### Turn 1: write a caption"))
    claim = await member.click(invitation, label="Take this turn")
    await standin.until(lambda: claim.response and not claim.response.loading)
    form = await member.click(claim.response, label="Write caption")
    sent = await member.submit(form, {"caption": SAID})
    await standin.until(lambda: sent.response and not sent.response.loading)
    await standin.until(lambda: _card(standin, thread, "### #5: from"))
    await standin.until(lambda: _finished(standin, channel, 5))
    return thread


async def _fought(standin: Standin, channel, starter, *voters) -> Message:
    """A closed battle on a listed prompt, on which everybody chose A."""
    pairs = {"pair_a": "stickers × spotter-sharp", "pair_b": "stickers × spotter-hazy"}
    await starter.slash(channel, "telephone battle", prompt="#easy-002", turns=1, **pairs, wait=False)
    card = await standin.until(lambda: _card(standin, channel, "which side degraded least"))
    for voter in (starter, *voters):
        cast = await voter.click(card, label="A")
        await standin.until(lambda cast=cast: cast.response and not cast.response.loading)
    question = await starter.click(card, label="Close")
    await standin.until(lambda: question.response and not question.response.loading)
    await starter.click(question.response, label="Close the vote")
    return await standin.until(lambda: _card(standin, channel, "A degraded least"))


def _card(standin: Standin, channel, words: str) -> Message | None:
    return next((one for one in standin.messages(channel) if words in one.text), None)


def _finished(standin: Standin, channel, number: int) -> bool:
    return _card(standin, channel, f"### #{number} finished") is not None


async def _kill(bot: BotProcess) -> None:
    bot.kill()
    await bot.ended()
    await bot.restart()


def _is_done(data: Path) -> bool:
    with closing(sqlite3.connect(data / "telephone.sqlite")) as database:
        return database.execute("SELECT count(*) FROM erasure WHERE ended_at IS NULL").fetchone() == (0,)


def _database(data: Path) -> str:
    """Every value of every table of both databases."""
    found = []
    for name in ("telephone.sqlite", "engine.sqlite"):
        with closing(sqlite3.connect(data / name)) as database:
            tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            found += [repr(row) for table in tables for row in database.execute(f'SELECT * FROM "{table}"')]
    return "\n".join(found)


def _bytes(data: Path) -> bytes:
    """Every byte of files that were kept, databases and pictures alike."""
    return b"".join(path.read_bytes() for path in sorted(data.rglob("*")) if path.is_file())

"""Nothing of a battle leaks before it closes: every byte that was sent to Discord is read."""

import io
import json
import re
import sqlite3
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import discord
import pytest
from PIL import Image as pil

from telephone.domain.battles import Battle
from telephone.media.anonymise import SIDE
from telephone.store import Store
from tests.standin.loopback import Standin
from tests.standin.members import Interaction, Member
from tests.standin.records import Message, Sent

BOT = [sys.executable, "-m", "bot"]
PAIRS = ("stickers × spotter-sharp", "stickers × spotter-hazy", "doodles × spotter-sharp", "doodles × spotter-hazy")
TURNS = 3
MODERATOR = discord.Permissions(manage_guild=True, manage_messages=True)


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_no_byte_that_is_sent_before_the_close_tells_a_pair(standin: Standin, tmp_path: Path):
    guild = standin.create_guild("Players")
    channel, ada, bo = guild.create_text_channel("telephone"), guild.add_member("ada"), guild.add_member("bo")
    mod = guild.add_member("mod", permissions=MODERATOR)
    await standin.run_bot(BOT, env={"TELEPHONE_DATA_DIR": str(tmp_path)})
    options = dict(zip(("pair_a", "pair_b", "pair_c", "pair_d"), PAIRS, strict=True))
    from_here = len(standin.sent)
    await ada.slash(channel, "telephone battle", prompt="#easy-003", turns=TURNS, **options)

    [thread] = await standin.until(lambda: standin.threads(channel))
    for member in (ada, bo, mod):
        await _look_around(standin, channel, thread, member)
    card = await standin.until(lambda: _card(standin, channel, "which side degraded least"))
    await standin.until(lambda: "**Which side" in standin.messages(thread)[-1].text)
    await _vote_and_read_stories(standin, card, bo)
    await _report_and_judge(standin, channel, thread, bo, mod)
    for member in (ada, bo, mod):
        await _look_around(standin, channel, thread, member)
    asked = await ada.click(card, label="Close")
    await _answered(standin, asked)
    await standin.until(lambda: all(sent.status for sent in standin.sent))
    blind, upto = await _stored(tmp_path, guild.id), len(standin.sent)
    told = [sent for sent in standin.sent[from_here:upto] if not _is_autocompletion(sent)]

    secrets = set(_secrets(blind))
    for sent in told:
        assert not _found(secrets, sent), (sent, _found(secrets, sent))
    _check_names(blind, told, thread)
    _check_pictures(told, least=4 * (TURNS + 1 + TURNS))
    _check_the_order(standin.messages(thread))
    _check_the_moments(standin.messages(thread), tmp_path)

    await ada.click(asked.response, label="Close the vote")
    await standin.until(lambda: _card(standin, channel, "Distances:"))
    after = set().union(*(_found(secrets, sent) for sent in standin.sent[upto:]))
    assert {*(name for pair in PAIRS for name in pair.split(" × "))} <= after, "the reading can find what is there"
    assert len(after) >= 4 + len({f"{side.game.turns[-1].distance:.2f}" for side in blind.sides})


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_no_byte_tells_which_of_two_games_of_the_past_is_which_side(standin: Standin, tmp_path: Path):
    guild = standin.create_guild("Players")
    channel, ada, bo = guild.create_text_channel("telephone"), guild.add_member("ada"), guild.add_member("bo")
    await standin.run_bot(BOT, env={"TELEPHONE_DATA_DIR": str(tmp_path)})
    for number, pair in enumerate(PAIRS[:2], start=1):
        t2i, i2t = pair.split(" × ")
        await ada.slash(channel, "telephone start", prompt="#easy-003", turns=TURNS, t2i=t2i, i2t=i2t)
        await standin.until(lambda number=number: len(_summaries(standin, channel)) == number)
    await standin.until(lambda: all(sent.status for sent in standin.sent))
    from_here = len(standin.sent)
    await bo.slash(channel, "telephone versus", game_a=1, game_b=2)

    card = await standin.until(lambda: _card(standin, channel, "which side degraded least"))
    thread = standin.threads(channel)[-1]
    await standin.until(lambda: "**Which side" in standin.messages(thread)[-1].text)
    await _vote_and_read_stories(standin, card, ada, "AB")
    asked = await bo.click(card, label="Close")
    await _answered(standin, asked)
    await standin.until(lambda: all(sent.status for sent in standin.sent))
    blind, upto = await _stored(tmp_path, guild.id), len(standin.sent)
    assert not blind.request.designed

    secrets, told = set(_secrets(blind)), standin.sent[from_here:upto]
    for sent in told:
        assert not _found(secrets, sent), (sent, _found(secrets, sent))
    _check_names(blind, told, thread)
    _check_pictures(told, least=2 * (1 + TURNS))
    await ada.click(card, label="B")
    await bo.click(asked.response, label="Close the vote")
    await standin.until(lambda: _card(standin, channel, "Distances:"))
    after = set().union(*(_found(secrets, sent) for sent in standin.sent[upto:]))
    assert {"spotter-sharp", "spotter-hazy", "game #1", "game #2"} <= after, "the reading can find what is there"


async def _look_around(standin: Standin, channel, thread, member: Member) -> None:
    """Asks for everything that a curious member could ask for."""
    for name, option in (("replay", "game"), ("stop", "game")):
        assert await member.autocomplete(channel, f"telephone {name}", option, "") == []
        for number in range(1, 5):
            refused = await _answered(standin, await member.slash(channel, f"telephone {name}", game=number))
            assert "no game number" in refused
        assert "thread of battle 1" in await _answered(standin, await member.slash(thread, f"telephone {name}"))
    assert "Battle 1" in await _answered(standin, await member.slash(channel, "telephone status"))
    for name in ("leaderboard", "insights"):
        if f"telephone {name}" in member.commands(channel):
            await _answered(standin, await member.slash(channel, f"telephone {name}"))


async def _vote_and_read_stories(standin: Standin, card: Message, member: Member, sides: str = "ABCD") -> None:
    for label in (sides[0], sides[-1], "All bad"):
        assert "You chose" in await _answered(standin, await member.click(card, label=label))
    story = await member.click(card, label="Whole stories")
    await _answered(standin, story)
    for label in sides[1:]:
        story = await member.click(story.response, label=label)
        await standin.until(lambda label=label, story=story: f"side {label}" in story.response.text)
        assert len(story.response.files) == TURNS


async def _report_and_judge(standin: Standin, channel, thread, member: Member, mod: Member) -> None:
    """A picture is reported, looked at by a moderator, and shown again."""
    first = next(one for one in standin.messages(thread) if "Turn 1 of" in one.text)
    form = await member.menu(first, "Report this turn")
    await member.submit(form, {"part": "c-p", "reason": "violence"})
    await standin.until(lambda: len(_again(standin, first).files) == 3)
    listed = await mod.slash(channel, "telephone-moderate reports")
    assert "picture 1 of side C of battle 1" in await _answered(standin, listed)
    await _answered(standin, await mod.click(listed.response, label="Look at picture 1 of side C of battle 1"))
    await _answered(standin, await mod.click(listed.response, label="Show picture 1 of side C of battle 1 again"))
    await standin.until(lambda: len(_again(standin, first).files) == 4)


def _again(standin: Standin, message: Message) -> Message:
    return next(one for one in standin.messages(message.channel_id) if one.id == message.id)


async def _answered(standin: Standin, asked: Interaction) -> str:
    await standin.until(lambda: asked.response and not asked.response.loading)
    return asked.response.text


def _card(standin: Standin, channel, words: str) -> Message | None:
    return next((one for one in standin.messages(channel) if words in one.text), None)


def _summaries(standin: Standin, channel) -> list[Message]:
    every = (one for thread in standin.threads(channel) for one in standin.messages(thread))
    return [one for one in every if any(file.name == "drift.png" for file in one.files)]


async def _stored(folder: Path, guild_id: int) -> Battle:
    async with await Store.open(f"sqlite:///{folder / 'telephone.sqlite'}") as store:
        [battle] = await store.battles.recent(guild_id)
        return battle


def _is_autocompletion(sent: Sent) -> bool:
    return isinstance(sent.payload, dict) and sent.payload.get("type") == 8


def _secrets(battle: Battle) -> Iterator[str]:
    """What nobody may learn: names, games, distances, costs, times."""
    yield "$"
    for side in battle.sides:
        game = side.game
        yield from (game.pair.t2i, game.pair.i2t, str(game.pair), game.id, f"game #{game.number}")
        for turn in game.turns:
            assert turn.distance is not None, "the distances are there; they are only not told"
            yield from (f"{turn.distance:.2f}", repr(turn.distance))
            for step in (turn.picture, turn.caption):
                assert step is not None
                yield from filter(None, (step.image, str(step.seed), step.player, f"{step.latency_ms} ms"))


def _found(secrets: Iterable[str], sent: Sent) -> set[str]:
    names = " ".join(name for name, _ in sent.files)
    text = f"{sent.method} {sent.path} {json.dumps(sent.payload, ensure_ascii=False)} {names} {sent.reason or ''}"
    told = {secret for secret in secrets if re.search(rf"(?<![\w.]){re.escape(secret)}(?![\w])", text)}
    return told | {
        secret for secret in secrets if any(secret.encode() in data for data in sent.data if len(secret) > 4)
    }


def _check_names(battle: Battle, told: list[Sent], thread) -> None:
    """Threads, files, buttons and links say no more than number, turn and letter."""
    assert thread.name == f"Battle {battle.number}"
    for sent in told:
        assert sent.reason is None
        for name, _ in sent.files:
            assert re.fullmatch(r"(SPOILER_)?(turn-\d\d(-[abcd])?|side-[abcd](-turn-\d\d)?)\.(png|txt)", name), name
        text = json.dumps(sent.payload)
        for custom_id in re.findall(r'"custom_id": "(at1[br]:[^"]*)"', text):
            assert re.fullmatch(rf"at1[br]:[a-z-]+:{battle.id}(-[abcd])?(:[a-z0-9-]+)?", custom_id), custom_id
        for link in re.findall(r"https?://[^\s\"\\)]*", text):
            assert re.match(r"https://discord\.com/channels/\d+/\d+(/\d+)?|http://127\.0\.0\.1", link), link
        assert '"embeds": [{' not in text


def _check_pictures(told: list[Sent], least: int) -> None:
    """All pictures of a message are of one size and one kind, and hold nothing but pixels."""
    pictures = 0
    for sent in told:
        sizes = set()
        for (name, _), data in zip(sent.files, sent.data, strict=True):
            if not name.endswith(".png"):
                continue
            with pil.open(io.BytesIO(data)) as image:
                assert (image.format, image.mode, image.info) == ("PNG", "RGB", {})
                sizes.add(image.size)
            assert set(_chunks(data)) == {b"IHDR", b"IDAT", b"IEND"}
            pictures += 1
        assert len(sizes) <= 1
        assert not sizes or sizes == {(SIDE, SIDE)} or sent.path.startswith("/webhooks")
    assert pictures >= least


def _chunks(png: bytes) -> Iterator[bytes]:
    at = 8
    while at < len(png):
        yield png[at + 4 : at + 8]
        at += 12 + int.from_bytes(png[at : at + 4], "big")


def _check_the_order(messages: list[Message]) -> None:
    """A round is one message, with its sides in the order of their letters."""
    opening, *rounds, call = messages
    assert opening.text.startswith("**The prompt**")
    assert call.text.startswith("**Which side")
    assert [one.text.splitlines()[0] for one in rounds] == [f"### Turn {n} of {TURNS}" for n in range(1, TURNS + 1)]
    for message in rounds:
        assert [file.name[-5] for file in message.files] == list("abcd")
        assert re.findall(r"^\*\*([ABCD])\*\* ", message.text, re.MULTILINE) == list("ABCD")


def _check_the_moments(messages: list[Message], folder: Path) -> None:
    """No round is there before all four sides have played it."""
    with closing(sqlite3.connect(folder / "telephone.sqlite")) as database:
        played = dict(database.execute("SELECT turn, max(kept_at) FROM step GROUP BY turn HAVING count(*) = 8"))
    for turn, message in enumerate(messages[1:-1], start=1):
        posted = discord.utils.snowflake_time(message.id)
        assert posted >= datetime.fromisoformat(played[turn]).replace(tzinfo=UTC)

"""A game on Discord, killed with -9 twice or ten times, ends as if nothing had happened."""

import asyncio
import json
import random
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.ui.text import escape
from telephone.domain.games import Game, GameState, Kind
from telephone.store import Store
from tests.standin.loopback import Standin
from tests.standin.process import BotProcess
from tests.standin.records import Message

BOT = [sys.executable, "-m", "bot"]
PROMPT = "A bustling marketplace: camels, traders and a crescent moon @everyone [free nitro](https://example.com)"


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize(("turns", "kills"), [(6, 2), pytest.param(14, 10, marks=pytest.mark.long)])
async def test_a_game_that_is_killed_often_loses_nothing_and_repeats_nothing(
    standin: Standin, tmp_path: Path, turns: int, kills: int
):
    guild = standin.create_guild("Players")
    channel, ada = guild.create_text_channel("telephone"), guild.add_member("ada")
    bot = await standin.run_bot(BOT, env={"TELEPHONE_DATA_DIR": str(tmp_path)})

    asked = await ada.slash(
        channel, "telephone start", prompt=PROMPT, t2i="stickers", i2t="spotter-sharp", turns=turns, seed=11
    )
    thread = await standin.until(lambda: standin.threads(channel))
    thread_id = thread[0].id
    assert asked.ephemeral

    played_before_a_kill = await _kill_often(standin, bot, tmp_path, (guild.id, thread_id), kills)
    old_card = standin.messages(channel)[0]
    shown = await ada.click(old_card, label="Stop")
    assert shown.ephemeral, "a button from before the kills still answers"

    await standin.until(lambda: _summaries(standin.messages(thread_id)))
    await standin.until(lambda: "finished" in standin.messages(channel)[0].text)
    game = await _stored(tmp_path, guild.id)
    _check_the_thread(standin.messages(thread_id), game)
    _check_the_card(standin.messages(channel), game)
    _check_nothing_was_generated_again(bot.log, played_before_a_kill, game)

    replayed = await ada.click(standin.messages(channel)[0], label="Play again")
    await standin.until(lambda: len(standin.threads(channel)) == 2)
    assert replayed.acknowledged


async def _kill_often(
    standin: Standin, bot: BotProcess, folder: Path, place: tuple[int, int], times: int
) -> list[tuple[int, set[str]]]:
    """Kills the bot so often, each time after it posted something new; where in its log, and what was stored."""
    moments, (guild_id, thread_id) = random.Random(7), place
    kills = []
    for _ in range(times):
        before = len(standin.messages(thread_id))
        await standin.until(lambda before=before: len(standin.messages(thread_id)) > before)
        await asyncio.sleep(moments.uniform(0, 0.3))
        bot.kill()
        await bot.ended()
        game = await _stored(folder, guild_id)
        assert game.state in (GameState.QUEUED, GameState.PLAYING), "the game ended before it was killed often enough"
        kills.append((len(bot.log), {str(step.key) for step in game.steps}))
        await bot.restart()
    return kills


async def _stored(folder: Path, guild_id: int) -> Game:
    async with await Store.open(f"sqlite:///{folder / 'telephone.sqlite'}") as store:
        return await store.games.by_number(guild_id, 1)


def _summaries(messages: Sequence[Message]) -> list[Message]:
    return [message for message in messages if "prompt to last caption" in message.text]


def _check_the_thread(messages: Sequence[Message], game: Game) -> None:
    opening, *steps = messages
    *steps, summary = steps
    assert len(steps) == 2 * game.request.turns, Counter(message.text.splitlines()[0] for message in steps)
    for before, message, step in zip(messages, steps, game.steps, strict=False):
        kind = "picture" if step.key.kind is Kind.PICTURE else "caption"
        assert message.text.startswith(f"**Turn {step.key.turn} of {game.request.turns}, {kind}**")
        assert message.reply_to == before.id
        if kind == "picture":
            [picture] = message.files
            assert picture.alt
            assert picture.data.startswith(b"\x89PNG")
        else:
            assert escape(step.text) in message.text
    assert opening.reply_to is None
    assert len(_summaries(messages)) == 1
    assert summary.id == _summaries(messages)[0].id


def _check_the_card(messages: Sequence[Message], game: Game) -> None:
    [card] = messages
    assert f"#{game.number} finished" in card.text
    assert f"{game.turns[-1].distance:.2f}" in card.text
    assert escape(PROMPT) in card.text
    assert "\\@everyone" in card.text
    assert card.buttons["Play again"]


def _check_nothing_was_generated_again(log: str, kills: list[tuple[int, set[str]]], game: Game) -> None:
    for where, stored in kills:
        after = {entry["step"] for entry in _entries(log[where:]) if entry.get("event") == "step played"}
        assert not after & stored
    played = Counter(entry["step"] for entry in _entries(log) if entry.get("event") == "step played")
    assert set(played) == {str(step.key) for step in game.steps}


def _entries(log: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in log.splitlines() if line.startswith("{")]

"""A battle on Discord, killed with -9 wherever it stands, loses nothing, repeats nothing and closes in time."""

import asyncio
import json
import random
import sqlite3
import sys
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from telephone.domain.battles import Battle, BattleState, Choice
from telephone.store import Store
from tests.standin.loopback import Standin
from tests.standin.process import BotProcess
from tests.standin.records import Message

BOT = [sys.executable, "-m", "bot"]
TURNS = 6


@pytest.mark.long
@pytest.mark.timeout(400)
async def test_a_battle_killed_in_every_state_loses_nothing_and_repeats_nothing(standin: Standin, tmp_path: Path):
    guild = standin.create_guild("Players")
    channel, ada, bo = guild.create_text_channel("telephone"), guild.add_member("ada"), guild.add_member("bo")
    bot = await standin.run_bot(BOT, env={"TELEPHONE_DATA_DIR": str(tmp_path)})
    pairs = {"pair_a": "stickers × spotter-sharp", "pair_b": "stickers × spotter-hazy"}
    await ada.slash(channel, "telephone battle", prompt="#easy-002", turns=TURNS, **pairs, wait=False)

    def shown() -> list[Message]:
        threads = standin.threads(channel)
        return [*standin.messages(channel), *(standin.messages(threads[0]) if threads else [])]

    moments = random.Random(3)
    for count in range(1, TURNS + 3):  # card, opening, rounds: killed as each has just come, and the ballot goes up
        await standin.until(lambda count=count: len(shown()) >= count)
        await _kill(bot, moments.uniform(0, 0.4))
    card = await standin.until(lambda: _card(standin, channel, "which side degraded least"))
    await standin.until(lambda: shown()[-1].text.startswith("**Which side"))

    await _vote(standin, card, ada, "A")
    await _kill(bot, 0)
    await _vote(standin, card, bo, "B")
    changed = await _vote(standin, card, ada, "B")
    assert changed.startswith("You chose B instead of A.")
    bot.kill()
    await bot.ended()
    _let_time_run_out(tmp_path)
    await bot.restart()
    closed = await standin.until(lambda: _card(standin, channel, "B degraded least"))
    await standin.until(lambda: shown()[-1].text.startswith("**Battle 1: B"))
    await _kill(bot, 0)
    await asyncio.sleep(1)

    battle, tally = await _stored(tmp_path, guild.id)
    assert (battle.state, tally) == (BattleState.CLOSED, {Choice.B: 2})
    assert "2 of 2 votes" in closed.text
    _check_nothing_was_repeated(shown(), bot.log, battle)


async def _kill(bot: BotProcess, after_s: float) -> None:
    await asyncio.sleep(after_s)
    bot.kill()
    await bot.ended()
    await bot.restart()


def _card(standin: Standin, channel, words: str) -> Message | None:
    return next((one for one in standin.messages(channel) if words in one.text), None)


async def _vote(standin: Standin, card: Message, member, label: str) -> str:
    pressed = await member.click(card, label=label)
    await standin.until(lambda: pressed.response and not pressed.response.loading)
    return pressed.response.text


def _let_time_run_out(folder: Path) -> None:
    """Sets the end of the votes to a moment ago, as if the bot had been down over it."""
    moment = (datetime.now(UTC) - timedelta(seconds=1)).replace(tzinfo=None).isoformat(sep=" ")
    with closing(sqlite3.connect(folder / "telephone.sqlite")) as database, database:
        database.execute("UPDATE battle SET closes_at = ?", (moment,))


async def _stored(folder: Path, guild_id: int) -> tuple[Battle, dict[Choice, int]]:
    async with await Store.open(f"sqlite:///{folder / 'telephone.sqlite'}") as store:
        [battle] = await store.battles.recent(guild_id)
        return battle, dict(await store.votes.tally(battle.id))


def _check_nothing_was_repeated(messages: list[Message], log: str, battle: Battle) -> None:
    card, opening, *rounds, call, result = messages
    assert card.text.startswith("### Battle 1: B degraded least")
    assert opening.text.startswith("**The prompt**")
    assert [one.text.splitlines()[0] for one in rounds] == [f"### Turn {n} of {TURNS}" for n in range(1, TURNS + 1)]
    assert call.text.startswith("**Which side")
    assert result.text.startswith("**Battle 1: B degraded least**")
    entries = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    played = {(entry["game"], entry["step"]) for entry in entries if entry.get("event") == "step played"}
    assert played == {(side.game.id, str(step.key)) for side in battle.sides for step in side.game.steps}
    assert Counter(len(side.game.steps) for side in battle.sides) == {2 * TURNS: 2}

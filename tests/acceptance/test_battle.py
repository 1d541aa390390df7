"""Six battles on Discord, thirty votes each, one bot killed with -9 in the middle: the better pair comes first."""

import asyncio
import json
import math
import random
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from telephone.domain.battles import Battle, BattleState, Choice
from telephone.domain.games import Pair
from telephone.prompts.catalog import curated
from telephone.scoring.vote_model import POINTS
from telephone.store import Store
from tests.standin.loopback import Standin
from tests.standin.members import Member
from tests.standin.process import ROOT, BotProcess, environment
from tests.standin.records import Message

BOT = [sys.executable, "-m", "bot"]
SHARP, HAZY = Pair("stickers", "spotter-sharp"), Pair("stickers", "spotter-hazy")
BATTLES, VOTERS, TURNS = 6, 30, 2
KILLED = 2
"""The battle, counted from 0, in the middle of whose votes the bot is killed."""


@pytest.mark.long
@pytest.mark.timeout(900)
async def test_six_battles_put_the_better_pair_first_and_one_alone_decides_nothing(standin: Standin, tmp_path: Path):
    guild = standin.create_guild("Players")
    channel, ada = guild.create_text_channel("telephone"), guild.add_member("ada")
    voters = [guild.add_member(f"voter-{n:02}") for n in range(VOTERS)]
    bot = await standin.run_bot(BOT, env={"TELEPHONE_DATA_DIR": str(tmp_path)})
    for prompt in curated()[:BATTLES]:
        asked = await ada.slash(
            channel,
            "telephone battle",
            prompt=prompt.slug,
            pair_a=str(SHARP),
            pair_b=str(HAZY),
            turns=TURNS,
        )
        assert asked.ephemeral

    every: Counter[str] = Counter()
    for n in range(BATTLES):
        card = await standin.until(lambda n=n: _card(standin, channel, n + 1, "which side degraded least"))
        battle = await _stored(tmp_path, guild.id, n)
        choices = _choices(battle, random.Random(n))
        if n == KILLED:
            card = await _vote_through_a_kill(standin, bot, channel, card, voters, choices)
        else:
            await _vote(standin, card, voters, choices)
        await _close(standin, channel, card, ada)
        closed = await _stored(tmp_path, guild.id, n)
        assert closed.state is BattleState.CLOSED
        assert await _tally(tmp_path, closed) == Counter(choices)
        _check_the_card(_card(standin, channel, n + 1, "Battle"), closed, Counter(choices))
        every += _by_pair(closed, choices)
        if n == 0:
            _check_that_one_battle_settles_nothing(_card(standin, channel, 1, "Battle"))
            assert [row["provisional"] for row in await _board(tmp_path, guild.id)] == [True, True]
            assert (await _leaderboard(standin, channel, voters[0])).text.count(", provisional") == 2
    _check_the_board(await _board(tmp_path, guild.id), every)
    shown = [line for line in (await _leaderboard(standin, channel, ada)).text.splitlines() if "spotter" in line]
    assert [line.split(": ")[0] for line in shown if " votes in 6 battles on 6 prompts" in line] == [
        f"- **1.** {SHARP}",
        f"- **2.** {HAZY}",
    ]
    assert len(standin.messages(channel)) == BATTLES


def _card(standin: Standin, channel, number: int, words: str) -> Message | None:
    """The card of a battle, if it says so."""
    for message in standin.messages(channel):
        if message.text.startswith(f"### Battle {number}") and words in message.text:
            return message
    return None


def _choices(battle: Battle, chance: random.Random) -> list[Choice]:
    """What everybody votes: three in four find that the sharp eye kept more, some find no difference."""
    sharp = next(side.choice for side in battle.sides if side.game.pair == SHARP)
    hazy = next(side.choice for side in battle.sides if side.game.pair == HAZY)
    return chance.choices([sharp, hazy, Choice.TIE, Choice.ALL_BAD], [0.68, 0.22, 0.07, 0.03], k=VOTERS)


LABELS = {Choice.A: "A", Choice.B: "B", Choice.TIE: "Tie", Choice.ALL_BAD: "All bad"}


async def _vote(standin: Standin, card: Message, voters: Sequence[Member], choices: Sequence[Choice]) -> None:
    async def press(voter: Member, choice: Choice) -> None:
        pressed = await voter.click(card, label=LABELS[choice])
        assert pressed.ephemeral
        await standin.until(lambda: pressed.response and not pressed.response.loading)
        assert pressed.response.text.startswith(f"You chose {LABELS[choice]}")

    await asyncio.gather(*(press(*one) for one in zip(voters, choices, strict=True)))


async def _vote_through_a_kill(
    standin: Standin, bot: BotProcess, channel, card: Message, voters: Sequence[Member], choices: Sequence[Choice]
) -> Message:
    """Half of them vote; the bot is killed while others press; after its restart all the rest vote, these again."""
    half, caught = VOTERS // 2, VOTERS // 2 + 6
    await _vote(standin, card, voters[:half], choices[:half])
    for voter, choice in zip(voters[half:caught], choices[half:caught], strict=True):
        await voter.click(card, label=LABELS[choice], wait=False)
        await asyncio.sleep(0.005)
    bot.kill()
    await bot.ended()
    await bot.restart()
    again = _card(standin, channel, KILLED + 1, "which side degraded least")
    assert again is not None
    assert again.id == card.id
    await _vote(standin, again, voters[half:], choices[half:])
    return again


async def _close(standin: Standin, channel, card: Message, host: Member) -> None:
    asked = await host.click(card, label="Close")
    await standin.until(lambda: asked.response and asked.response.buttons)
    await host.click(asked.response, label="Close the vote")
    number = card.text.removeprefix("### Battle ").split(":")[0]
    await standin.until(lambda: _card(standin, channel, int(number), "Distances:"))
    thread = next(thread for thread in standin.threads(channel) if thread.starter == card.id)
    await standin.until(lambda: [one for one in standin.messages(thread) if one.text.startswith(f"**Battle {number}:")])


def _check_the_card(card: Message | None, battle: Battle, cast: Counter[Choice]) -> None:
    assert card is not None
    assert list(card.buttons) == ["Open thread"]
    assert [file.name for file in card.files] == ["side-a.png", "side-b.png"]
    for side in battle.sides:
        distance = side.game.turns[-1].distance
        assert distance is not None
        assert f"{side.game.pair} (game #{side.game.number}): {cast[side.choice]} of {VOTERS} votes" in card.text
        assert f"{distance:.2f}" in card.text


def _check_that_one_battle_settles_nothing(card: Message | None) -> None:
    assert card is not None
    assert (
        f"On the board by votes: {SHARP} new at 1" in card.text
        or f"On the board by votes: {HAZY} new at 1" in card.text
    )
    assert card.text.count(", provisional)") == 2
    assert "all votes of one battle judged the same pictures" in card.text


def _by_pair(battle: Battle, choices: Sequence[Choice]) -> Counter[str]:
    """How many chose which pair, or what else."""
    names = {side.choice: str(side.game.pair) for side in battle.sides}
    return Counter(names.get(choice, choice.value) for choice in choices)


def _check_the_board(rows: Sequence[Mapping[str, Any]], cast: Counter[str]) -> None:
    """The sharp pair stands first; its interval holds what plain counting says, and is wider than that of as many
    votes on pictures of their own."""
    first, second = rows
    assert [(row["t2i"], row["i2t"]) for row in rows] == [(pair.t2i, pair.i2t) for pair in (SHARP, HAZY)]
    for row in rows:
        assert (row["n"], row["battles"], row["prompts"]) == (BATTLES * VOTERS - cast["bad"], BATTLES, BATTLES)
    assert second["rating"] < 1000 < first["rating"]
    wins, losses = cast[str(SHARP)], cast[str(HAZY)]
    independent = 1.96 * POINTS * math.sqrt(1 / wins + 1 / losses)
    assert first["rating_low"] < 1000 + POINTS / 2 * math.log(wins / losses) < first["rating_high"]
    assert independent < first["rating_high"] - first["rating_low"] < 5 * independent


async def _stored(folder: Path, guild_id: int, n: int) -> Battle:
    async with await Store.open(f"sqlite:///{folder / 'telephone.sqlite'}") as store:
        return next(battle for battle in await store.battles.recent(guild_id) if battle.number == n + 1)


async def _tally(folder: Path, battle: Battle) -> Counter[Choice]:
    async with await Store.open(f"sqlite:///{folder / 'telephone.sqlite'}") as store:
        return Counter(await store.votes.tally(battle.id))


async def _board(folder: Path, guild_id: int) -> list[dict[str, Any]]:
    """The rows of the board by votes, as the terminal tells them beside the running bot."""
    argv = ["-m", "telephone", "leaderboard", "--by", "votes", "--server", str(guild_id), "--json"]
    own = environment({"TELEPHONE_DATA_DIR": str(folder)})
    asked = await asyncio.create_subprocess_exec(
        sys.executable, *argv, env=own, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await asked.communicate()
    assert asked.returncode == 0
    return list(json.loads(said)["pairs"])


async def _leaderboard(standin: Standin, channel, member: Member) -> Message:
    asked = await member.slash(channel, "telephone leaderboard", by="votes")
    await standin.until(lambda: asked.response and not asked.response.loading)
    assert asked.response is not None
    return asked.response

"""Six battles on Discord, thirty votes each, one bot killed with -9 in the middle: the better pair comes first."""

import asyncio
import random
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from telephone.game import Pair
from telephone.prompts import curated
from telephone.scoring.ballots import ALL_BAD, TIE, Vote, tally
from telephone.scoring.votes import VoteBoard, rank_by_votes
from telephone.sides import Battle, BattleState, Choice
from telephone.store import Store
from tests.standin.loopback import Standin
from tests.standin.members import Member
from tests.standin.process import BotProcess
from tests.standin.records import Message

BOT = [sys.executable, "-m", "bot"]
SHARP, HAZY = Pair("stickers", "spotter-sharp"), Pair("stickers", "spotter-hazy")
BATTLES, VOTERS, TURNS = 6, 30, 2
KILLED = 2
"""The battle, counted from 0, in the middle of whose votes the bot is killed."""


@pytest.mark.slow
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

    for n in range(BATTLES):
        card = await standin.until(lambda n=n: _card(standin, channel, n + 1, "which side degraded least"), timeout=300)
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
        if n == 0:
            board = await _board(tmp_path, guild.id)
            assert [row.provisional for row in board.rows] == [True, True], "one battle, however many voted"
    _check_the_board(await _board(tmp_path, guild.id))
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
        await standin.until(lambda: pressed.response and not pressed.response.loading, timeout=30)
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
    await standin.until(lambda: _card(standin, channel, int(number), "Distances:"), timeout=60)
    thread = next(thread for thread in standin.threads(channel) if thread.starter == card.id)
    await standin.until(
        lambda: [one for one in standin.messages(thread) if one.text.startswith(f"**Battle {number}:")], timeout=60
    )


def _check_the_card(card: Message | None, battle: Battle, cast: Counter[Choice]) -> None:
    assert card is not None
    assert list(card.buttons) == ["Open thread"]
    assert [file.name for file in card.attachments] == ["side-a.png", "side-b.png"]
    for side in battle.sides:
        distance = side.game.turns[-1].distance
        assert distance is not None
        assert f"{side.game.pair} (game #{side.game.number}): {cast[side.choice]} of {VOTERS} votes" in card.text
        assert f"{distance:.2f}" in card.text


def _check_the_board(board: VoteBoard) -> None:
    first, second = board.rows
    assert (first.pair, second.pair) == (SHARP, HAZY)
    assert first.battles == second.battles == BATTLES
    assert board.voters == VOTERS
    for row in board.rows:
        assert row.rating.low < row.rating.estimate < row.rating.high
    assert first.rating.high - first.rating.low > 20, "thirty members judged the same pictures: that is no certainty"


async def _stored(folder: Path, guild_id: int, n: int) -> Battle:
    async with await Store.open(f"sqlite:///{folder / 'telephone.sqlite'}") as store:
        return next(battle for battle in await store.battles.recent(guild_id) if battle.number == n + 1)


async def _tally(folder: Path, battle: Battle) -> Counter[Choice]:
    async with await Store.open(f"sqlite:///{folder / 'telephone.sqlite'}") as store:
        return Counter(await store.votes.tally(battle.id))


async def _board(folder: Path, guild_id: int) -> VoteBoard:
    async with await Store.open(f"sqlite:///{folder / 'telephone.sqlite'}") as store:
        votes: list[Vote] = []
        for battle in await store.battles.recent(guild_id, states=[BattleState.CLOSED]):
            votes += await _ballots(store, battle)
        return rank_by_votes(tally(votes))


async def _ballots(store: Store, battle: Battle) -> list[Vote]:
    by_letter = {side.choice.value: side.game.pair for side in battle.sides}
    words = {Choice.TIE: TIE, Choice.ALL_BAD: ALL_BAD}
    return [
        Vote(
            tuple(by_letter[letter] for letter in vote.shown),
            words.get(vote.choice, vote.shown.find(vote.choice.value)),
            str(vote.voter.member_id),
            battle.id,
            battle.request.prompt.slug,
        )
        for vote in await store.votes.of_battle(battle.id)
    ]

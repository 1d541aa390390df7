"""Five hundred members vote within ten seconds: each is answered, and counted exactly once."""

import asyncio
import random
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from telephone.domain.battles import Choice, Vote
from telephone.store import Store
from tests.standin.loopback import Standin
from tests.standin.members import Member
from tests.standin.records import Message

BOT = [sys.executable, "-m", "bot"]
CROWD, WITHIN_S, GAP_S = 500, 10.0, 5.0
LABELS = {"A": Choice.A, "B": Choice.B, "Tie": Choice.TIE, "All bad": Choice.ALL_BAD}


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_five_hundred_votes_in_ten_seconds_are_each_answered_and_counted_once(standin: Standin, tmp_path: Path):
    guild = standin.create_guild("Players")
    channel, ada = guild.create_text_channel("telephone"), guild.add_member("ada")
    crowd = [guild.add_member(f"member-{n:03}") for n in range(CROWD)]
    await standin.run_bot(BOT, env={"TELEPHONE_DATA_DIR": str(tmp_path)})
    await ada.slash(channel, "telephone battle", prompt="#easy-001", turns=1)

    def open_card() -> Message | None:
        return next((one for one in standin.messages(channel) if "which side degraded least" in one.text), None)

    card = await standin.until(open_card)
    chance = random.Random(5)
    choices = chance.choices(list(LABELS), [6, 3, 2, 1], k=CROWD)

    async def press(voter: Member, label: str, after_s: float) -> None:
        await asyncio.sleep(after_s)
        pressed = await voter.click(card, label=label)
        assert pressed.ephemeral
        await standin.until(lambda: pressed.response and not pressed.response.loading)
        assert pressed.response.text.startswith(f"You chose {label}. Change it until")

    pressed_from = time.monotonic()
    moments = sorted(chance.uniform(0, WITHIN_S) for _ in range(CROWD))
    await asyncio.gather(*(press(*one) for one in zip(crowd, choices, moments, strict=True)))

    votes = await _votes(tmp_path)
    assert Counter(vote.choice for vote in votes) == Counter(LABELS[label] for label in choices)
    assert {vote.voter.member_id for vote in votes} == {voter.id for voter in crowd}
    assert len(votes) == CROWD
    await standin.until(lambda: (shown := open_card()) and f"{CROWD} votes." in shown.text)
    edits = [one.at for one in standin.sent if one.method == "PATCH" and one.path.endswith(f"/messages/{card.id}")]
    counts = [at for at in edits if at > pressed_from]
    assert len(counts) <= (counts[-1] - pressed_from) / GAP_S + 2, "a count is shown every five seconds at most"


async def _votes(folder: Path) -> list[Vote]:
    async with await Store.open(f"sqlite:///{folder / 'telephone.sqlite'}") as store:
        (battle,) = await store.battles.unfinished()
        return await store.votes.of_battle(battle.id)

"""Flagged votes: seen by admins with their reasons, counted until somebody decides, on boards with and without them."""

from datetime import UTC, datetime, timedelta

import pytest

from telephone.domain.battles import Choice, Decision, Voter
from telephone.errors import BadInput
from telephone.leaderboards.ballot_source import BallotSource
from telephone.leaderboards.service import BoardRequest, Judge, LeaderboardService
from telephone.leaderboards.vote_flags import Flag
from telephone.leaderboards.vote_review import VoteReview
from telephone.store import Store
from telephone.store.scores import Pool
from tests.telephone.store.samples import GUILD
from tests.telephone.store.test_battles import voting

pytestmark = pytest.mark.slow

OLD = datetime(2015, 1, 1, tzinfo=UTC)
STARTER, LATE, YOUNG, HONEST = 900, 901, 902, 903


@pytest.fixture
async def store(tmp_path):
    async with await Store.open(f"sqlite:///{tmp_path / 'telephone.sqlite'}") as opened:
        yield opened


async def battle(store: Store, *voters: Voter, choice: Choice = Choice.A):
    held = await voting(store, starter_id=STARTER)
    for voter in voters:
        await store.votes.cast(held.id, voter, choice)
    assert await store.battles.close(held.id, early=True)


async def odd_battle(store: Store):
    soon = datetime.now(UTC) + timedelta(minutes=5)
    young = datetime.now(UTC) - timedelta(days=3)
    await battle(
        store, Voter(STARTER, OLD, OLD), Voter(LATE, OLD, soon), Voter(YOUNG, young, young), Voter(HONEST, OLD, OLD)
    )


async def counted(store, **more):
    ballots = await BallotSource(store).ballots(Pool(GUILD), **more)
    return 0 if ballots is None else int(ballots.battle.size)


async def test_votes_are_flagged_with_their_reasons_and_counted_all_the_same(store):
    await odd_battle(store)
    report = await VoteReview(store).report(GUILD)
    assert (report.votes, report.voters, report.battles, report.least_days) == (4, 4, 1, 7)
    assert {one.member: dict(one.flags) for one in report.flagged} == {
        STARTER: {Flag.STARTER: 1},
        LATE: {Flag.LATE: 1},
        YOUNG: {Flag.YOUNG: 1},
    }
    assert await counted(store) == 4
    assert await counted(store, unflagged=True) == 1


async def test_an_admin_clears_and_strikes_and_takes_it_back(store):
    await odd_battle(store)
    desk = VoteReview(store)
    await desk.decide(GUILD, YOUNG, Decision.CLEARED, by=1)
    report = await desk.decide(GUILD, LATE, Decision.STRUCK, by=1)
    assert {one.member: one.decision for one in report.flagged}[LATE] is Decision.STRUCK
    assert await counted(store) == 3
    assert await counted(store, unflagged=True) == 2
    await desk.decide(GUILD, LATE, None, by=1)
    assert await counted(store) == 4
    with pytest.raises(BadInput, match="nothing to decide"):
        await desk.decide(GUILD, HONEST, Decision.STRUCK, by=1)


async def test_the_age_that_is_asked_for_can_be_changed(store):
    await odd_battle(store)
    report = await VoteReview(store).ask_age(GUILD, 2)
    assert YOUNG not in {one.member for one in report.flagged}
    assert report.least_days == 2
    with pytest.raises(BadInput, match="from 0 to 365"):
        await VoteReview(store).ask_age(GUILD, 400)


async def test_a_button_that_is_always_pressed_is_a_pattern(store):
    crowd = range(1, 9)
    for n in range(30):
        held = await voting(store)
        for member in crowd:
            await store.votes.cast(held.id, Voter(member, OLD, OLD), Choice.A if (member + n) % 4 == 0 else Choice.B)
        await store.votes.cast(held.id, Voter(50, OLD, OLD), Choice.A)
        await store.battles.close(held.id, early=True)
    report = await VoteReview(store).report(GUILD)
    assert [(one.member, dict(one.flags)) for one in report.flagged] == [(50, {Flag.PATTERN: 30})]
    assert await counted(store) - await counted(store, unflagged=True) == 30


async def test_the_board_is_made_anew_when_somebody_decides(store):
    await odd_battle(store)
    boards = LeaderboardService(store, (Judge("minilm", "1", "MiniLM (offline)"),), ballots=BallotSource(store))
    asked = BoardRequest(GUILD, by="votes")
    assert (await boards.board(asked)).votes.rows[0].votes == 4
    await VoteReview(store).decide(GUILD, LATE, Decision.STRUCK, by=1)
    assert (await boards.board(asked)).votes.rows[0].votes == 3
    unflagged = BoardRequest(GUILD, by="votes", votes="unflagged")
    assert (await boards.board(unflagged)).votes.rows[0].votes == 1

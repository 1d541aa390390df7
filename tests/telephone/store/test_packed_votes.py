"""Polls: what closed battles' members chose, packed once and made anew when it changes."""

import numpy as np
from sqlalchemy import delete
from sqlmodel import col

from telephone.domain.battles import Choice
from telephone.domain.games import GameState, Level, Pair, Prompt
from telephone.leaderboards.ballot_source import gather
from telephone.scoring.ballots import ALL_BAD, TIE, BallotVote, tally
from telephone.store import Store
from telephone.store.packed_votes import unpack
from telephone.store.scores import Pool
from telephone.store.tables.battles import PollRow, VoteRow
from tests.telephone.store.samples import GUILD, OTHER_GUILD
from tests.telephone.store.test_battles import HAZY, SHARP, THIRD, voting
from tests.telephone.store.test_votes import voter


async def closed(store: Store, choices: str, *pairs: Pair, **more):
    """A closed battle in which member 1, 2, … chose as the letters say: t for a tie, x for all bad."""
    battle = await voting(store, *pairs, **more)
    for member, letter in enumerate(choices, start=1):
        choice = {"t": Choice.TIE, "x": Choice.ALL_BAD}.get(letter) or Choice(letter)
        await store.votes.cast(battle.id, voter(member), choice)
    assert await store.battles.close(battle.id, early=True)
    return await store.battles.get(battle.id)


async def test_the_arrays_are_those_of_the_votes_one_by_one(store):
    first = await closed(store, "aabtxx")
    second = await closed(store, "cdbb", SHARP, HAZY, THIRD, Pair("doodles", "spotter-hazy"), designed=False)
    found = gather(await store.polls.of(Pool(GUILD)))
    votes = []
    for battle in (first, second):
        sides = tuple(side.game.pair for side in battle.sides)
        for vote in await store.votes.of_battle(battle.id):
            place = vote.choice.place
            outcome = {Choice.TIE: TIE, Choice.ALL_BAD: ALL_BAD}.get(vote.choice, place)
            votes.append(BallotVote(sides, outcome, f"{vote.voter.member_id:03}", str(battle.number), "#easy-001"))
    expected = tally(votes)
    assert found is not None
    assert found.pairs == expected.pairs
    for name in ("sides", "lucky", "battles", "prompt", "all_bad"):
        assert np.array_equal(getattr(found, name), getattr(expected, name)), name
    both = [sorted(zip(b.battle, b.choice, b.voter, b.weight, strict=True)) for b in (found, expected)]
    assert both[0] == both[1]


async def test_a_side_that_was_dropped_is_no_button(store):
    battle = await voting(store, SHARP, HAZY, THIRD)
    await store.battles.drop(battle.id, 0, "It could not be played on.")
    await store.votes.cast(battle.id, voter(1), Choice.C)
    await store.battles.close(battle.id, early=True)
    found = gather(await store.polls.of(Pool(GUILD)))
    assert found is not None
    assert set(found.pairs) == {HAZY, THIRD}
    assert [found.pairs[k] for k in found.sides[0]] == [HAZY, THIRD]
    assert found.choice.tolist() == [1]


async def test_only_closed_battles_of_the_pool_are_read(store):
    await voting(store)
    await closed(store, "a", guild_id=OTHER_GUILD)
    await closed(store, "ab", designed=False)
    hard = Prompt("a feast", Level.HARD, "#hard-001")
    assert [len(poll.votes) for poll in await store.polls.of(Pool(GUILD))] == [2]
    assert await store.polls.of(Pool(GUILD, designed=True)) == []
    assert await store.polls.of(Pool(GUILD, level=Level.HARD)) == []
    assert await store.polls.of(Pool(GUILD, free=True)) == []
    battle = await closed(store, "b")
    assert [poll.battle for poll in await store.polls.of(Pool(GUILD, designed=True))] == [battle.id]
    assert hard.level is not battle.request.prompt.level


async def test_a_battle_with_a_voided_side_is_not_counted(store):
    battle = await closed(store, "ab")
    before = await store.polls.marker(GUILD)
    game = battle.sides[0].game
    await store.games.move(game.id, GameState.FAILED, only_from=tuple(GameState))
    await store.games.void(game.id)
    assert await store.polls.of(Pool(GUILD)) == []
    assert await store.polls.marker(GUILD) != before


async def test_votes_that_are_deleted_are_packed_anew(store):
    battle = await closed(store, "aab")
    assert [len(poll.votes) for poll in await store.polls.of(Pool(GUILD))] == [3]
    before = await store.polls.marker(GUILD)
    async with store._database.writing() as session:
        await unpack(session, [battle.id])
        await session.execute(delete(VoteRow).where(col(VoteRow.member_id) == 1))
    [poll] = await store.polls.of(Pool(GUILD))
    assert poll.votes["member"].tolist() == [2, 3]
    assert await store.polls.marker(GUILD) != before


async def test_the_marker_holds_still_while_nothing_changes(store):
    await closed(store, "aab")
    await store.polls.of(Pool(GUILD))
    assert await store.polls.marker(GUILD) == await store.polls.marker(GUILD)
    before = await store.polls.marker(GUILD)
    await closed(store, "a")
    assert await store.polls.marker(GUILD) != before


async def test_nobody_s_votes_are_no_ballots(store):
    assert gather(await store.polls.of(Pool(GUILD))) is None
    await closed(store, "")
    assert gather(await store.polls.of(Pool(GUILD))) is None


async def test_a_battle_is_packed_once(store):
    await closed(store, "ab")
    await store.polls.of(Pool(GUILD))
    async with store._database.writing() as session:
        row = (await session.execute(PollRow.__table__.select())).one()
        await session.execute(PollRow.__table__.update().values(packed_at=row.packed_at.replace(year=2001)))
    await store.polls.of(Pool(GUILD))
    async with store._database.reading() as session:
        row = (await session.execute(PollRow.__table__.select())).one()
    assert row.packed_at.year == 2001

"""Votes: one a member, changed until the battle closes, none after it, however many come at once."""

import asyncio
from datetime import UTC, datetime
from itertools import cycle, islice

import pytest
from sqlalchemy.exc import IntegrityError

from telephone.domain.battles import BattleState, Choice, Voter
from telephone.errors import BadInput, NotAllowed, NotFound
from telephone.store import Store
from telephone.store.tables.battles import VoteRow
from tests.limits import LIMIT
from tests.telephone.store.samples import GUILD
from tests.telephone.store.test_battles import HAZY, SHARP, THIRD, battle_request, voting

MADE = datetime(2020, 5, 17, 12, tzinfo=UTC)
JOINED = datetime(2023, 1, 2, 3, 4, tzinfo=UTC)


def voter(member_id: int = 1) -> Voter:
    return Voter(member_id, MADE, JOINED)


async def test_a_vote_is_counted_and_can_be_changed(store):
    battle = await voting(store)
    first = await store.votes.cast(battle.id, voter(), Choice.B)
    assert (first.choice, first.before, first.closes_at) == (Choice.B, None, battle.closes_at)
    (kept,) = await store.votes.of_battle(battle.id)
    assert (kept.voter, kept.choice, kept.shown, kept.changed_at) == (voter(), Choice.B, "ab", None)
    changed = await store.votes.cast(battle.id, voter(), Choice.TIE)
    assert (changed.choice, changed.before) == (Choice.TIE, Choice.B)
    (now,) = await store.votes.of_battle(battle.id)
    assert (now.choice, now.cast_at) == (Choice.TIE, kept.cast_at)
    assert now.changed_at >= kept.cast_at
    assert await store.votes.tally(battle.id) == {Choice.TIE: 1}
    assert (await store.battles.get(battle.id)).votes == await store.votes.count(battle.id) == 1


async def test_the_same_choice_again_changes_nothing(store):
    battle = await voting(store)
    await store.votes.cast(battle.id, voter(), Choice.A)
    before = await store.votes.of_battle(battle.id)
    assert (await store.votes.cast(battle.id, voter(), Choice.A)).before is Choice.A
    assert await store.votes.of_battle(battle.id) == before


async def test_votes_are_tallied_by_choice(store):
    battle = await voting(store, SHARP, HAZY, THIRD)
    for member, choice in enumerate("aabcccbad", start=1):
        chosen = Choice.ALL_BAD if choice == "d" else Choice(choice)
        await store.votes.cast(battle.id, voter(member), chosen)
    expected = {Choice.A: 3, Choice.B: 2, Choice.C: 3, Choice.ALL_BAD: 1}
    assert await store.votes.tally(battle.id) == expected


async def test_a_battle_takes_votes_only_while_it_is_open(store):
    battle = await store.battles.add(battle_request(), [0, 1])
    with pytest.raises(NotAllowed, match="still being played"):
        await store.votes.cast(battle.id, voter(), Choice.A)
    await store.battles.open_voting(battle.id)
    await store.votes.cast(battle.id, voter(), Choice.A)
    await store.battles.close(battle.id, early=True)
    with pytest.raises(NotAllowed, match="its card shows names"):
        await store.votes.cast(battle.id, voter(), Choice.B)
    assert await store.votes.tally(battle.id) == {Choice.A: 1}
    with pytest.raises(NotFound):
        await store.votes.cast("feedbeef", voter(), Choice.A)


async def test_time_is_up_before_anybody_closes(store):
    battle = await voting(store, vote_seconds=0)
    with pytest.raises(NotAllowed, match="about to show"):
        await store.votes.cast(battle.id, voter(), Choice.A)
    assert (await store.battles.get(battle.id)).state is BattleState.VOTING


async def test_a_void_or_paused_battle_takes_no_votes(store):
    for state, words in ((BattleState.PAUSED, "paused"), (BattleState.VOID, "void")):
        battle = await store.battles.add(battle_request(), [0, 1])
        await store.battles.move(battle.id, state, only_from=[BattleState.PLAYING])
        with pytest.raises(NotAllowed, match=words):
            await store.votes.cast(battle.id, voter(), Choice.A)


async def test_only_what_a_battle_offers_can_be_chosen(store):
    battle = await voting(store)
    with pytest.raises(BadInput, match="out of this battle"):
        await store.votes.cast(battle.id, voter(), Choice.C)
    three = await store.battles.add(battle_request(SHARP, HAZY, THIRD), [0, 1, 2])
    await store.battles.open_voting(three.id)
    with pytest.raises(BadInput, match="Only two sides can tie"):
        await store.votes.cast(three.id, voter(), Choice.TIE)
    await store.battles.drop(three.id, 0, "It could not go on.")
    with pytest.raises(BadInput, match="out of this battle"):
        await store.votes.cast(three.id, voter(), Choice.A)
    await store.votes.cast(three.id, voter(), Choice.TIE)
    assert [vote.shown for vote in await store.votes.of_battle(three.id)] == ["bc"]


async def test_the_database_itself_allows_no_second_vote(store):
    battle = await voting(store)
    await store.votes.cast(battle.id, voter(), Choice.A)
    row = {"battle_id": battle.id, "member_id": 1, "guild_id": GUILD, "choice": "b", "shown": "ab"}
    with pytest.raises(IntegrityError):
        async with store._database.writing() as session:
            session.add(VoteRow(**row, cast_at=MADE, account_created_at=MADE))


async def test_five_hundred_at_once_are_each_counted_once(url):
    async with await Store.open(url) as one, await Store.open(url) as two:
        battle = await voting(one)
        stores = list(islice(cycle((one, two)), 500))
        pressed = zip(stores, range(500), cycle((Choice.A, Choice.B)))
        await asyncio.gather(*(store.votes.cast(battle.id, voter(m), choice) for store, m, choice in pressed))
        assert await one.votes.tally(battle.id) == {Choice.A: 250, Choice.B: 250}
        votes = await one.votes.of_battle(battle.id)
        assert len({vote.voter.member_id for vote in votes}) == len(votes) == 500


async def test_one_member_who_presses_everything_at_once_has_one_vote(url):
    async with await Store.open(url) as one, await Store.open(url) as two:
        battle = await voting(one)
        presses = zip(islice(cycle((one, two)), 40), cycle(battle.choices))
        done = await asyncio.gather(*(store.votes.cast(battle.id, voter(), choice) for store, choice in presses))
        assert sum(cast.before is None for cast in done) == 1
        assert await one.votes.count(battle.id) == 1


async def test_no_vote_slips_in_behind_the_close(url):
    async with await Store.open(url) as one, await Store.open(url) as two, await Store.open(url) as host:
        battle = await voting(one)
        some_voted = asyncio.Event()

        async def votes(store: Store, members: range) -> int:
            """Presses one after another until the battle has closed; how many were counted."""
            for counted, member in enumerate(members):
                try:
                    await store.votes.cast(battle.id, voter(member), Choice.A)
                except NotAllowed:
                    return counted
                if counted == 20:
                    some_voted.set()
            raise AssertionError("the battle never closed")

        async def close() -> int:
            await some_voted.wait()
            assert await host.battles.close(battle.id, early=True)
            return await host.votes.count(battle.id)

        lines = [votes(store, range(at, 100_000, 4)) for at, store in enumerate((one, two, one, two))]
        at_close, *counted = await asyncio.wait_for(asyncio.gather(close(), *lines), LIMIT)
        assert sum(counted) == at_close == await one.votes.count(battle.id) > 20

"""Parties: joining, prompts, rounds that everybody plays at once, leavers, the reveal; and each of them interrupted."""

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from telephone.battles.versus import VersusAsked
from telephone.domain.games import GameState, Kind
from telephone.domain.parties import Party, PartyState
from telephone.domain.refusals import FULL, PARTY_CLOSED, RESERVED, STRANGER, TOO_FEW
from telephone.errors import BadInput, NotAllowed, Refused, StageGone
from telephone.parties.service import DONE, ENDED, LEFT, PartyAsked
from telephone.parties.workflow import GONE, NOBODY_LEFT
from tests.limits import LIMIT
from tests.support.app import RunningApp, running_app
from tests.support.pictures import paint
from tests.support.surfaces import RecordedGames, RecordedParties

pytestmark = pytest.mark.slow

ADA, BO, CY, DI, EVE = 11, 12, 13, 14, 15
FOUR = (ADA, BO, CY, DI)
ASKED = PartyAsked(players=4, rounds=4, starter_id=ADA, guild_id=7)
LONGEST = 1_000


@pytest.fixture
async def company(tmp_path):
    async with running_app(tmp_path) as opened:
        yield opened


async def becomes(company: RunningApp, party: Party, state: PartyState, round_: int = 0) -> Party:
    """The party once it is there; in a round, once the round has been called."""
    async with asyncio.timeout(LIMIT):
        while True:
            now = await company.app.parties.party(party.id)
            called = not round_ or f"round-{round_}" in now.messages
            if now.state is state and called and (not round_ or now.round == round_):
                return now
            assert not now.state.is_final or now.state is state, now.reason
            await asyncio.sleep(0.02)


async def until(reached) -> None:
    async with asyncio.timeout(LIMIT):
        while not reached():
            await asyncio.sleep(0.02)


async def joined(company: RunningApp, members=FOUR, asked: PartyAsked = ASKED) -> Party:
    party = await company.app.parties.start(replace(asked, players=len(members)))
    for member in members:
        await company.app.parties.join(party.id, member)
    return await becomes(company, party, PartyState.PROMPTS)


async def begun(company: RunningApp, members=FOUR, asked: PartyAsked = ASKED) -> Party:
    party = await joined(company, members, asked)
    for member in members:
        await company.app.parties.bring(party.id, member, f"the prompt of member {member}", LONGEST)
    return await becomes(company, party, PartyState.PLAYING, 1)


async def plays(company: RunningApp, party: Party, member: int) -> str:
    """Takes and answers a member's turn; what they saw of it, words or the sha256 of a picture."""
    turn = await company.app.parties.take(party.id, member)
    game, key = turn.game.id, turn.seat.key
    if key.kind is Kind.PICTURE:
        await company.app.turns.drawing(game, key, member, paint(f"{member} draws {turn.words}"))
        return turn.words
    await company.app.turns.caption(game, key, member, f"member {member} says so in {key} of {turn.game.number}")
    return turn.picture.sha256


async def test_four_members_play_four_rounds_and_four_albums_are_revealed(company):
    party = await begun(company)
    assert (party.chairs, party.rounds, len(party.albums)) == (4, 4, 4)
    for round_ in range(1, 5):
        await becomes(company, party, PartyState.PLAYING, round_)
        for member in FOUR:
            await plays(company, party, member)
    done = await becomes(company, party, PartyState.FINISHED)
    albums = [album.game for album in done.albums]
    assert [game.state for game in albums] == [GameState.FINISHED] * 4
    assert {step.player for game in albums for step in game.steps} == {"human"}
    assert sorted(game.request.prompt.text for game in albums) == [f"the prompt of member {member}" for member in FOUR]
    assert all(turn.distance is not None for game in albums for turn in game.turns)
    assert company.salon.posts == ["card", "thread", "prompts", *(f"round-{n}" for n in range(1, 5))] + [
        what for n, game in enumerate(albums, 1) for what in (f"album-{n}", f"replay of {game.number}")
    ] + ["awards"]
    for game in albums:
        assert company.stage.of(game) == ["opening", "1p", "1c", "2p", "2c", "summary"]
    [awarded] = company.salon.awarded
    assert set(awarded.distances) == {1, 2, 3, 4}
    await until(lambda: company.salon.cards[-1] == "finished")


async def test_everybody_sees_one_item_of_each_album_at_most_and_nobodys_prompt_but_one_to_draw(company):
    party = await begun(company)
    seen: dict[int, list[str]] = {member: [] for member in FOUR}
    for round_ in range(1, 5):
        await becomes(company, party, PartyState.PLAYING, round_)
        for member in FOUR:
            turn = await company.app.parties.take(party.id, member)
            seen[member].append(turn.game.id)
            if round_ == 1:
                assert turn.words == f"the prompt of member {member}", (
                    "with four rounds for four, one begins with one's own"
                )
            for other in set(FOUR) - {member}:
                with pytest.raises(NotAllowed, match=RESERVED):
                    await company.app.turns.claim(turn.game.id, turn.seat.key, other)
            await plays(company, party, member)
    assert all(len(set(games)) == 4 for games in seen.values())


async def test_with_fewer_rounds_than_members_nobody_draws_their_own_prompt(company):
    party = await begun(company, asked=replace(ASKED, rounds=2))
    for member in FOUR:
        assert await plays(company, party, member) != f"the prompt of member {member}"
    await becomes(company, party, PartyState.PLAYING, 2)
    for member in FOUR:
        await plays(company, party, member)
    done = await becomes(company, party, PartyState.FINISHED)
    assert {len(album.game.turns) for album in done.albums} == {1}


async def test_the_next_round_begins_when_everybody_is_done_and_not_before(company):
    party = await begun(company)
    for member in FOUR[:-1]:
        await plays(company, party, member)
    await asyncio.sleep(0.5)
    now = await company.app.parties.party(party.id)
    assert (now.round, now.done) == (1, 3)
    assert {album.game.state for album in now.albums} == {GameState.WAITING}, "a waiting album holds no place"
    with pytest.raises(NotAllowed, match=DONE):
        await company.app.parties.take(party.id, ADA)
    await plays(company, party, FOUR[-1])
    await becomes(company, party, PartyState.PLAYING, 2)


async def test_a_model_plays_for_who_leaves_from_then_on(company):
    party = await begun(company)
    await company.app.parties.take(party.id, DI)
    await company.app.parties.leave(party.id, DI)
    with pytest.raises(NotAllowed, match=LEFT):
        await company.app.parties.take(party.id, DI)
    for round_ in range(1, 5):
        await becomes(company, party, PartyState.PLAYING, round_)
        for member in (ADA, BO, CY):
            await plays(company, party, member)
    done = await becomes(company, party, PartyState.FINISHED)
    players = [step.player for album in done.albums for step in album.game.steps]
    assert (players.count("human"), players.count("painter"), players.count("critic")) == (12, 2, 2)
    assert sum(len(album.game.stand_ins) for album in done.albums) == 4


async def test_who_lets_their_time_run_out_has_left(company):
    await company.store.servers.change(7, claim_seconds=90)
    party = await begun(company)
    for member in (ADA, BO, CY):
        await plays(company, party, member)
    with closing(sqlite3.connect(_database(company))) as database:
        spans = database.execute("SELECT unixepoch(deadline) - unixepoch(opened_at) FROM seat").fetchall()
    assert spans == [(90,)] * 4
    await _overdue(company)
    now = await becomes(company, party, PartyState.PLAYING, 2)
    assert [guest.member_id for guest in now.going] == [ADA, BO, CY]


async def test_a_party_that_everybody_leaves_is_over(company):
    party = await begun(company, members=(ADA, BO, CY), asked=replace(ASKED, rounds=2))
    for member in (ADA, BO, CY):
        await company.app.parties.leave(party.id, member)
    done = await becomes(company, party, PartyState.STOPPED)
    assert done.reason == NOBODY_LEFT
    for album in done.albums:
        async with asyncio.timeout(LIMIT):
            while (await company.app.games.get(album.game.id)).state is not GameState.STOPPED:
                await asyncio.sleep(0.02)


async def test_members_join_until_the_places_are_taken_and_can_leave_again(company):
    parties = company.app.parties
    party = await parties.start(replace(ASKED, players=3, rounds=None))
    await parties.join(party.id, BO)
    await parties.join(party.id, BO)
    await parties.leave(party.id, BO)
    with pytest.raises(NotAllowed, match=STRANGER):
        await parties.leave(party.id, BO)
    with pytest.raises(BadInput, match="2 more members are still to join"):
        await parties.call(party.id, by=ADA, is_host=False)
    for member in (CY, DI):
        await parties.join(party.id, member)
    with pytest.raises(NotAllowed, match=f"{FULL}|{PARTY_CLOSED}"):
        await parties.join(party.id, EVE)
    await becomes(company, party, PartyState.PROMPTS)


async def test_the_host_begins_with_three_and_others_may_not(company):
    parties = company.app.parties
    party = await parties.start(replace(ASKED, players=8))
    for member in (BO, CY):
        await parties.join(party.id, member)
    with pytest.raises(NotAllowed, match="Only who started this party"):
        await parties.call(party.id, by=BO, is_host=False)
    await parties.call(party.id, by=ADA, is_host=False)
    await becomes(company, party, PartyState.PROMPTS)
    with pytest.raises(NotAllowed, match=PARTY_CLOSED):
        await parties.join(party.id, DI)


async def test_a_party_that_too_few_join_ends_kindly_and_keeps_nobody(company):
    party = await company.app.parties.start(ASKED)
    await company.app.parties.join(party.id, BO)
    await _due(company)
    done = await becomes(company, party, PartyState.STOPPED)
    assert (done.reason, done.guests, done.albums) == (TOO_FEW, (), ())


async def test_who_brings_no_prompt_in_time_gets_a_curated_one(company):
    party = await joined(company)
    await company.app.parties.bring(party.id, BO, "a very own prompt", LONGEST)
    await company.app.parties.draw(party.id, CY)
    await _due(company)
    now = await becomes(company, party, PartyState.PLAYING, 1)
    prompts = {album.game.request.starter_id: album.game.request.prompt for album in now.albums}
    assert prompts[BO].text == "a very own prompt"
    assert [prompts[member].slug is not None for member in FOUR] == [True, False, True, True]


async def test_a_prompt_is_checked_and_can_be_changed_until_all_are_there(company):
    company.watcher.words["knife"] = "violence/graphic"
    party = await joined(company)
    with pytest.raises(Refused):
        await company.app.parties.bring(party.id, BO, "a knife in the dark", LONGEST)
    with pytest.raises(BadInput):
        await company.app.parties.bring(party.id, BO, "?", LONGEST)
    with pytest.raises(NotAllowed, match=STRANGER):
        await company.app.parties.bring(party.id, EVE, "a stranger's prompt", LONGEST)
    for text in ("a first thought", "a second thought"):
        await company.app.parties.bring(party.id, BO, text, LONGEST)
    assert (await company.app.parties.party(party.id)).guest(BO).prompt.text == "a second thought"


async def test_a_host_stops_a_party_and_nothing_of_it_is_shown(company):
    party = await begun(company)
    await plays(company, party, BO)
    with pytest.raises(NotAllowed, match="Only who started this party"):
        await company.app.parties.stop(party.id, by=BO, is_host=False)
    await company.app.parties.stop(party.id, by=BO, is_host=True)
    done = await becomes(company, party, PartyState.STOPPED)
    assert {album.game.state for album in done.albums} == {GameState.STOPPED}
    assert not any(what.startswith("album") for what in company.salon.posts)
    with pytest.raises(BadInput, match="has ended already"):
        await company.app.parties.stop(party.id, by=ADA, is_host=True)


async def test_albums_count_on_no_board_and_are_found_by_nobody_before_the_reveal(company):
    party = await begun(company)
    assert await company.app.games.recent(7) == []
    for round_ in range(1, 5):
        await becomes(company, party, PartyState.PLAYING, round_)
        for member in FOUR:
            await plays(company, party, member)
    await becomes(company, party, PartyState.FINISHED)
    with closing(sqlite3.connect(_database(company))) as database:
        assert database.execute("SELECT DISTINCT mixed, design FROM game").fetchall() == [(1, "party")]
        assert database.execute("SELECT DISTINCT counted FROM distance").fetchall() == [(0,)]
    assert len(await company.app.games.recent(7)) == 4
    with pytest.raises(BadInput, match="is an album of a party, which is set against no other"):
        await company.app.battles.versus(VersusAsked(game_a=1, game_b=2, guild_id=7))


async def test_a_party_is_paused_with_all_games_and_goes_on(company):
    party = await begun(company)
    await plays(company, party, ADA)
    await company.app.servers.pause(7)
    with pytest.raises(NotAllowed):
        await company.app.parties.take(party.id, BO)
    await company.app.servers.resume(7)
    async with asyncio.timeout(LIMIT):
        while {a.game.state for a in (await company.app.parties.party(party.id)).albums} != {GameState.WAITING}:
            await asyncio.sleep(0.02)
    for member in FOUR[1:]:
        await plays(company, party, member)
    await becomes(company, party, PartyState.PLAYING, 2)


async def test_an_album_that_no_model_can_play_ends_early_and_the_others_are_revealed(company):
    company.studio.down["painter"] = Refused("The painter declined.")
    party = await begun(company, asked=replace(ASKED, rounds=2))
    lost = party.album_of(DI)
    await company.app.parties.leave(party.id, DI)
    for member in (ADA, BO, CY):
        await plays(company, party, member)
    now = await becomes(company, party, PartyState.PLAYING, 2)
    for member in (ADA, BO, CY):
        if now.album_of(member).chair == lost.chair:
            with pytest.raises(NotAllowed, match=ENDED):
                await company.app.parties.take(party.id, member)
        else:
            await plays(company, party, member)
    done = await becomes(company, party, PartyState.FINISHED)
    states = [album.game.state for album in done.albums]
    assert (states.count(GameState.FAILED), states.count(GameState.FINISHED)) == (1, 3)
    assert len(company.salon.awarded[0].distances) == 3
    assert [f"album-{n}" in company.salon.posts for n in range(1, 5)] == [True] * 4


async def test_a_party_whose_thread_is_gone_ends_and_says_so(company):
    party = await joined(company)
    await until(lambda: "prompts" in company.salon.posts)
    company.salon.faults.append(StageGone("The thread was deleted, so I paused; press Continue.", "thread"))
    for member in FOUR:
        await company.app.parties.draw(party.id, member)
    done = await becomes(company, party, PartyState.STOPPED)
    assert done.reason == GONE
    await until(lambda: company.salon.cards[-1] == "stopped")


@pytest.mark.parametrize(
    "where",
    [
        *("round 1", "reveal"),
        *(pytest.param(where, marks=pytest.mark.long) for where in ("joining", "prompts", "round 2")),
    ],
)
async def test_an_interrupted_party_goes_on_and_shows_everything_once(tmp_path, where):
    stage, salon, left = RecordedGames(), RecordedParties(), False
    steps = iter(_script(where))
    party = None
    while not left:
        async with running_app(tmp_path, stage=stage, salon=salon) as company:
            for step in steps:
                if step == "interrupt":
                    break
                party = await step(company, party)
            else:
                done = await becomes(company, party, PartyState.FINISHED)
                left = True
    assert sorted(salon.posts) == sorted(set(salon.posts))
    assert len(salon.posts) == 3 + 4 + 8 + 1
    for album in done.albums:
        assert stage.of(album.game) == ["opening", "1p", "1c", "2p", "2c", "summary"]
        assert {step.player for step in album.game.steps} == {"human"}


def _script(where: str):
    async def starts(company, _):
        return await company.app.parties.start(ASKED)

    async def join(company, party):
        for member in FOUR:
            await company.app.parties.join(party.id, member)
        return await becomes(company, party, PartyState.PROMPTS)

    async def bring(company, party):
        for member in FOUR:
            await company.app.parties.bring(party.id, member, f"the prompt of member {member}", LONGEST)
        return party

    def half(round_, members):
        async def step(company, party):
            await becomes(company, party, PartyState.PLAYING, round_)
            for member in members:
                await plays(company, party, member)
            return party

        return step

    async def reveals(company, party):
        return await becomes(company, party, PartyState.REVEALING)

    yield starts
    if where == "joining":
        yield "interrupt"
    yield join
    if where == "prompts":
        yield "interrupt"
    yield bring
    for round_ in range(1, 5):
        yield half(round_, FOUR[:2])
        if where == f"round {round_}":
            yield "interrupt"
        yield half(round_, FOUR[2:])
    if where == "reveal":
        yield reveals
        yield "interrupt"


async def test_a_pause_takes_nobody_out_whose_time_is_over_meanwhile(company):
    party = await begun(company)
    await company.app.parties.take(party.id, ADA)
    await company.app.servers.pause(7)
    await _overdue(company)
    await asyncio.sleep(0.5)
    await company.app.servers.resume(7)
    async with asyncio.timeout(LIMIT):
        while {a.game.state for a in (await company.app.parties.party(party.id)).albums} != {GameState.WAITING}:
            await asyncio.sleep(0.02)
    for member in FOUR:
        await plays(company, party, member)
    assert len((await becomes(company, party, PartyState.PLAYING, 2)).going) == 4


async def test_no_album_is_made_in_a_pause(company):
    party = await joined(company)
    await company.app.servers.pause(7)
    for member in FOUR:
        await company.app.parties.draw(party.id, member)
    await asyncio.sleep(0.5)
    assert (await company.app.parties.party(party.id)).state is PartyState.PROMPTS
    await company.app.servers.resume(7)
    await becomes(company, party, PartyState.PLAYING, 1)


def _database(company: RunningApp) -> str:
    return str(company.store._database.url.database)


async def _overdue(company: RunningApp) -> None:
    """Ends the time of every turn."""
    await _ends(company, "UPDATE seat SET deadline = ?")


async def _due(company: RunningApp) -> None:
    """Ends the time to join, or to bring a prompt."""
    await _ends(company, "UPDATE party SET due_at = ?")


async def _ends(company: RunningApp, statement: str) -> None:
    moment = (datetime.now(UTC) - timedelta(seconds=1)).replace(tzinfo=None).isoformat(sep=" ")

    def end() -> None:
        with closing(sqlite3.connect(_database(company), timeout=LIMIT)) as database, database:
            database.execute(statement, (moment,))

    # Off the loop: whoever writes to the database just now needs the loop to be done with it.
    await asyncio.to_thread(end)

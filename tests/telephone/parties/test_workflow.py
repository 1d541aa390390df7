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
from telephone.domain.refusals import FULL, PARTY_CLOSED, RESERVED, STRANGER
from telephone.errors import BadInput, NotAllowed, Refused, StageGone
from telephone.parties.service import DONE, ENDED, LEFT, PartyAsked
from telephone.parties.workflow import GONE, NOBODY_LEFT, TOO_FEW
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
async def running(tmp_path):
    async with running_app(tmp_path) as opened:
        yield opened


async def becomes(running: RunningApp, party: Party, state: PartyState, round_: int = 0) -> Party:
    """The party once it is there; in a round, once the round has been called."""
    async with asyncio.timeout(LIMIT):
        while True:
            now = await running.app.parties.party(party.id, server=7)
            called = not round_ or f"round-{round_}" in now.messages
            if now.state is state and called and (not round_ or now.round == round_):
                return now
            assert not now.state.is_final or now.state is state, now.reason
            await asyncio.sleep(0.02)


async def until(reached) -> None:
    async with asyncio.timeout(LIMIT):
        while not reached():
            await asyncio.sleep(0.02)


async def joined(running: RunningApp, members=FOUR, asked: PartyAsked = ASKED) -> Party:
    party = await running.app.parties.start(replace(asked, players=len(members)))
    for member in members:
        await running.app.parties.join(party.id, member, server=7)
    return await becomes(running, party, PartyState.PROMPTS)


async def begun(running: RunningApp, members=FOUR, asked: PartyAsked = ASKED) -> Party:
    party = await joined(running, members, asked)
    for member in members:
        await running.app.parties.bring(party.id, member, f"the prompt of member {member}", LONGEST, server=7)
    return await becomes(running, party, PartyState.PLAYING, 1)


async def plays(running: RunningApp, party: Party, member: int) -> str:
    """Takes and answers a member's turn; what they saw of it, words or the sha256 of a picture."""
    turn = await running.app.parties.take(party.id, member, server=7)
    game, key = turn.game.id, turn.seat.key
    if key.kind is Kind.PICTURE:
        await running.app.turns.drawing(game, key, member, paint(f"{member} draws {turn.words}"), server=7)
        return turn.words
    await running.app.turns.caption(
        game, key, member, f"member {member} says so in {key} of {turn.game.number}", server=7
    )
    return turn.picture.sha256


async def test_four_members_play_four_rounds_and_four_albums_are_revealed(running):
    party = await begun(running)
    assert (party.chairs, party.rounds, len(party.albums)) == (4, 4, 4)
    for round_ in range(1, 5):
        await becomes(running, party, PartyState.PLAYING, round_)
        for member in FOUR:
            await plays(running, party, member)
    done = await becomes(running, party, PartyState.FINISHED)
    albums = [album.game for album in done.albums]
    assert [game.state for game in albums] == [GameState.FINISHED] * 4
    assert {step.player for game in albums for step in game.steps} == {"human"}
    assert sorted(game.request.prompt.text for game in albums) == [f"the prompt of member {member}" for member in FOUR]
    assert all(turn.distance is not None for game in albums for turn in game.turns)
    assert running.party_presenter.posts == ["card", "thread", "prompts", *(f"round-{n}" for n in range(1, 5))] + [
        what for n, game in enumerate(albums, 1) for what in (f"album-{n}", f"replay of {game.number}")
    ] + ["awards"]
    for game in albums:
        assert running.game_presenter.of(game) == ["opening", "1p", "1c", "2p", "2c", "summary"]
    [awarded] = running.party_presenter.awarded
    assert set(awarded.distances) == {1, 2, 3, 4}
    await until(lambda: running.party_presenter.cards[-1] == "finished")


async def test_everybody_sees_one_item_of_each_album_at_most_and_nobodys_prompt_but_one_to_draw(running):
    party = await begun(running)
    seen: dict[int, list[str]] = {member: [] for member in FOUR}
    for round_ in range(1, 5):
        await becomes(running, party, PartyState.PLAYING, round_)
        for member in FOUR:
            turn = await running.app.parties.take(party.id, member, server=7)
            seen[member].append(turn.game.id)
            if round_ == 1:
                assert turn.words == f"the prompt of member {member}", (
                    "with four rounds for four, one begins with one's own"
                )
            for other in set(FOUR) - {member}:
                with pytest.raises(NotAllowed, match=RESERVED):
                    await running.app.turns.claim(turn.game.id, turn.seat.key, other, server=7)
            await plays(running, party, member)
    assert all(len(set(games)) == 4 for games in seen.values())


async def test_with_fewer_rounds_than_members_nobody_draws_their_own_prompt(running):
    party = await begun(running, asked=replace(ASKED, rounds=2))
    for member in FOUR:
        assert await plays(running, party, member) != f"the prompt of member {member}"
    await becomes(running, party, PartyState.PLAYING, 2)
    for member in FOUR:
        await plays(running, party, member)
    done = await becomes(running, party, PartyState.FINISHED)
    assert {len(album.game.turns) for album in done.albums} == {1}


async def test_the_next_round_begins_when_everybody_is_done_and_not_before(running):
    party = await begun(running)
    for member in FOUR[:-1]:
        await plays(running, party, member)
    await asyncio.sleep(0.5)
    now = await running.app.parties.party(party.id, server=7)
    assert (now.round, now.done) == (1, 3)
    assert {album.game.state for album in now.albums} == {GameState.WAITING}, "a waiting album holds no place"
    with pytest.raises(NotAllowed, match=DONE):
        await running.app.parties.take(party.id, ADA, server=7)
    await plays(running, party, FOUR[-1])
    await becomes(running, party, PartyState.PLAYING, 2)


async def test_a_model_plays_for_who_leaves_from_then_on(running):
    party = await begun(running)
    await running.app.parties.take(party.id, DI, server=7)
    await running.app.parties.leave(party.id, DI, server=7)
    with pytest.raises(NotAllowed, match=LEFT):
        await running.app.parties.take(party.id, DI, server=7)
    for round_ in range(1, 5):
        await becomes(running, party, PartyState.PLAYING, round_)
        for member in (ADA, BO, CY):
            await plays(running, party, member)
    done = await becomes(running, party, PartyState.FINISHED)
    players = [step.player for album in done.albums for step in album.game.steps]
    assert (players.count("human"), players.count("painter"), players.count("critic")) == (12, 2, 2)
    assert sum(len(album.game.stand_ins) for album in done.albums) == 4


async def test_who_lets_their_time_run_out_has_left(running):
    await running.store.servers.change(7, claim_seconds=90)
    party = await begun(running)
    for member in (ADA, BO, CY):
        await plays(running, party, member)
    with closing(sqlite3.connect(_database(running))) as database:
        spans = database.execute("SELECT unixepoch(deadline) - unixepoch(opened_at) FROM seat").fetchall()
    assert spans == [(90,)] * 4
    await _overdue(running)
    now = await becomes(running, party, PartyState.PLAYING, 2)
    assert [guest.member_id for guest in now.going] == [ADA, BO, CY]


async def test_a_party_that_everybody_leaves_is_over(running):
    party = await begun(running, members=(ADA, BO, CY), asked=replace(ASKED, rounds=2))
    for member in (ADA, BO, CY):
        await running.app.parties.leave(party.id, member, server=7)
    done = await becomes(running, party, PartyState.STOPPED)
    assert done.reason == NOBODY_LEFT
    for album in done.albums:
        async with asyncio.timeout(LIMIT):
            while (await running.app.games.get(album.game.id, server=7)).state is not GameState.STOPPED:
                await asyncio.sleep(0.02)


async def test_members_join_until_the_places_are_taken_and_can_leave_again(running):
    parties = running.app.parties
    party = await parties.start(replace(ASKED, players=3, rounds=None))
    await parties.join(party.id, BO, server=7)
    await parties.join(party.id, BO, server=7)
    await parties.leave(party.id, BO, server=7)
    with pytest.raises(NotAllowed, match=STRANGER):
        await parties.leave(party.id, BO, server=7)
    with pytest.raises(BadInput, match="2 more members are still to join"):
        await parties.call(party.id, by=ADA, is_host=False, server=7)
    for member in (CY, DI):
        await parties.join(party.id, member, server=7)
    with pytest.raises(NotAllowed, match=f"{FULL}|{PARTY_CLOSED}"):
        await parties.join(party.id, EVE, server=7)
    await becomes(running, party, PartyState.PROMPTS)


async def test_the_host_begins_with_three_and_others_may_not(running):
    parties = running.app.parties
    party = await parties.start(replace(ASKED, players=8))
    for member in (BO, CY):
        await parties.join(party.id, member, server=7)
    with pytest.raises(NotAllowed, match="Only who started this party"):
        await parties.call(party.id, by=BO, is_host=False, server=7)
    await parties.call(party.id, by=ADA, is_host=False, server=7)
    await becomes(running, party, PartyState.PROMPTS)
    with pytest.raises(NotAllowed, match=PARTY_CLOSED):
        await parties.join(party.id, DI, server=7)


async def test_a_party_that_too_few_join_ends_kindly_and_keeps_nobody(running):
    party = await running.app.parties.start(ASKED)
    await running.app.parties.join(party.id, BO, server=7)
    await _due(running)
    done = await becomes(running, party, PartyState.STOPPED)
    assert (done.reason, done.guests, done.albums) == (TOO_FEW, (), ())


async def test_who_brings_no_prompt_in_time_gets_a_curated_one(running):
    party = await joined(running)
    await running.app.parties.bring(party.id, BO, "a very own prompt", LONGEST, server=7)
    await running.app.parties.draw(party.id, CY, server=7)
    await _due(running)
    now = await becomes(running, party, PartyState.PLAYING, 1)
    prompts = {album.game.request.starter_id: album.game.request.prompt for album in now.albums}
    assert prompts[BO].text == "a very own prompt"
    assert [prompts[member].slug is not None for member in FOUR] == [True, False, True, True]


async def test_a_prompt_is_checked_and_can_be_changed_until_all_are_there(running):
    running.checker.words["knife"] = "violence/graphic"
    party = await joined(running)
    with pytest.raises(Refused):
        await running.app.parties.bring(party.id, BO, "a knife in the dark", LONGEST, server=7)
    with pytest.raises(BadInput):
        await running.app.parties.bring(party.id, BO, "?", LONGEST, server=7)
    with pytest.raises(NotAllowed, match=STRANGER):
        await running.app.parties.bring(party.id, EVE, "a stranger's prompt", LONGEST, server=7)
    for text in ("a first thought", "a second thought"):
        await running.app.parties.bring(party.id, BO, text, LONGEST, server=7)
    assert (await running.app.parties.party(party.id, server=7)).guest(BO).prompt.text == "a second thought"


async def test_a_host_stops_a_party_and_nothing_of_it_is_shown(running):
    party = await begun(running)
    await plays(running, party, BO)
    with pytest.raises(NotAllowed, match="Only who started this party"):
        await running.app.parties.stop(party.id, by=BO, is_host=False, server=7)
    await running.app.parties.stop(party.id, by=BO, is_host=True, server=7)
    done = await becomes(running, party, PartyState.STOPPED)
    assert {album.game.state for album in done.albums} == {GameState.STOPPED}
    assert not any(what.startswith("album") for what in running.party_presenter.posts)
    with pytest.raises(BadInput, match="has ended already"):
        await running.app.parties.stop(party.id, by=ADA, is_host=True, server=7)


async def test_albums_count_on_no_board_and_are_found_by_nobody_before_the_reveal(running):
    party = await begun(running)
    assert await running.app.games.recent(7) == []
    for round_ in range(1, 5):
        await becomes(running, party, PartyState.PLAYING, round_)
        for member in FOUR:
            await plays(running, party, member)
    await becomes(running, party, PartyState.FINISHED)
    with closing(sqlite3.connect(_database(running))) as database:
        assert database.execute("SELECT DISTINCT mixed, design FROM game").fetchall() == [(1, "party")]
        assert database.execute("SELECT DISTINCT counted FROM distance").fetchall() == [(0,)]
    assert len(await running.app.games.recent(7)) == 4
    with pytest.raises(BadInput, match="is an album of a party, which is set against no other"):
        await running.app.battles.versus(VersusAsked(game_a=1, game_b=2, guild_id=7))


async def test_a_party_is_paused_with_all_games_and_goes_on(running):
    party = await begun(running)
    await plays(running, party, ADA)
    await running.app.servers.pause(7)
    with pytest.raises(NotAllowed):
        await running.app.parties.take(party.id, BO, server=7)
    await running.app.servers.resume(7)
    async with asyncio.timeout(LIMIT):
        while {a.game.state for a in (await running.app.parties.party(party.id, server=7)).albums} != {
            GameState.WAITING
        }:
            await asyncio.sleep(0.02)
    for member in FOUR[1:]:
        await plays(running, party, member)
    await becomes(running, party, PartyState.PLAYING, 2)


async def test_an_album_that_no_model_can_play_ends_early_and_the_others_are_revealed(running):
    running.provider.down["painter"] = Refused("The painter declined.")
    party = await begun(running, asked=replace(ASKED, rounds=2))
    lost = party.album_of(DI)
    await running.app.parties.leave(party.id, DI, server=7)
    for member in (ADA, BO, CY):
        await plays(running, party, member)
    now = await becomes(running, party, PartyState.PLAYING, 2)
    for member in (ADA, BO, CY):
        if now.album_of(member).chair == lost.chair:
            with pytest.raises(NotAllowed, match=ENDED):
                await running.app.parties.take(party.id, member, server=7)
        else:
            await plays(running, party, member)
    done = await becomes(running, party, PartyState.FINISHED)
    states = [album.game.state for album in done.albums]
    assert (states.count(GameState.FAILED), states.count(GameState.FINISHED)) == (1, 3)
    assert len(running.party_presenter.awarded[0].distances) == 3
    assert [f"album-{n}" in running.party_presenter.posts for n in range(1, 5)] == [True] * 4


async def test_a_party_whose_thread_is_gone_ends_and_says_so(running):
    party = await joined(running)
    await until(lambda: "prompts" in running.party_presenter.posts)
    running.party_presenter.faults.append(StageGone("The thread was deleted, so I paused; press Continue.", "thread"))
    for member in FOUR:
        await running.app.parties.draw(party.id, member, server=7)
    done = await becomes(running, party, PartyState.STOPPED)
    assert done.reason == GONE
    await until(lambda: running.party_presenter.cards[-1] == "stopped")


@pytest.mark.parametrize(
    "where",
    [
        *("round 1", "reveal"),
        *(pytest.param(where, marks=pytest.mark.long) for where in ("joining", "prompts", "round 2")),
    ],
)
async def test_an_interrupted_party_goes_on_and_shows_everything_once(tmp_path, where):
    game_presenter, party_presenter, left = RecordedGames(), RecordedParties(), False
    steps = iter(_script(where))
    party = None
    while not left:
        async with running_app(tmp_path, game_presenter=game_presenter, party_presenter=party_presenter) as running:
            for step in steps:
                if step == "interrupt":
                    break
                party = await step(running, party)
            else:
                done = await becomes(running, party, PartyState.FINISHED)
                left = True
    assert sorted(party_presenter.posts) == sorted(set(party_presenter.posts))
    assert len(party_presenter.posts) == 3 + 4 + 8 + 1
    for album in done.albums:
        assert game_presenter.of(album.game) == ["opening", "1p", "1c", "2p", "2c", "summary"]
        assert {step.player for step in album.game.steps} == {"human"}


def _script(where: str):
    async def starts(running, _):
        return await running.app.parties.start(ASKED)

    async def join(running, party):
        for member in FOUR:
            await running.app.parties.join(party.id, member, server=7)
        return await becomes(running, party, PartyState.PROMPTS)

    async def bring(running, party):
        for member in FOUR:
            await running.app.parties.bring(party.id, member, f"the prompt of member {member}", LONGEST, server=7)
        return party

    def half(round_, members):
        async def step(running, party):
            await becomes(running, party, PartyState.PLAYING, round_)
            for member in members:
                await plays(running, party, member)
            return party

        return step

    async def reveals(running, party):
        return await becomes(running, party, PartyState.REVEALING)

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


async def test_a_pause_takes_nobody_out_whose_time_is_over_meanwhile(running):
    party = await begun(running)
    await running.app.parties.take(party.id, ADA, server=7)
    await running.app.servers.pause(7)
    await _overdue(running)
    await asyncio.sleep(0.5)
    await running.app.servers.resume(7)
    async with asyncio.timeout(LIMIT):
        while {a.game.state for a in (await running.app.parties.party(party.id, server=7)).albums} != {
            GameState.WAITING
        }:
            await asyncio.sleep(0.02)
    for member in FOUR:
        await plays(running, party, member)
    assert len((await becomes(running, party, PartyState.PLAYING, 2)).going) == 4


async def test_no_album_is_made_in_a_pause(running):
    party = await joined(running)
    await running.app.servers.pause(7)
    for member in FOUR:
        await running.app.parties.draw(party.id, member, server=7)
    await asyncio.sleep(0.5)
    assert (await running.app.parties.party(party.id, server=7)).state is PartyState.PROMPTS
    await running.app.servers.resume(7)
    await becomes(running, party, PartyState.PLAYING, 1)


def _database(running: RunningApp) -> str:
    return str(running.store._database.url.database)


async def _overdue(running: RunningApp) -> None:
    """Ends the time of every turn."""
    await _ends(running, "UPDATE seat SET deadline = ?")


async def _due(running: RunningApp) -> None:
    """Ends the time to join, or to bring a prompt."""
    await _ends(running, "UPDATE party SET due_at = ?")


async def _ends(running: RunningApp, statement: str) -> None:
    moment = (datetime.now(UTC) - timedelta(seconds=1)).replace(tzinfo=None).isoformat(sep=" ")

    def end() -> None:
        with closing(sqlite3.connect(_database(running), timeout=LIMIT)) as database, database:
            database.execute(statement, (moment,))

    # Off the loop: whoever writes to the database just now needs the loop to be done with it.
    await asyncio.to_thread(end)

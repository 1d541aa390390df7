"""A battle as a durable workflow over its games, with fake players and a presenter that records what it shows."""

import asyncio
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from dbos import DBOS
from sqlalchemy import update
from structlog.testing import capture_logs

from telephone.battles.admission import BattleAsked
from telephone.battles.workflow import DROPPED, LEFT, STOPPED, TAKEN_OUT, TOO_FEW
from telephone.domain.battles import Battle, BattleRequest, BattleState, Choice, Voter
from telephone.domain.games import HIDDEN, GameState, Kind, Level, Pair, Prompt, StepKey
from telephone.engine import workflow_ids
from telephone.engine.outcomes import BROKEN
from telephone.errors import BadInput, NotAllowed, NotFound, OverBudget, Refused, Retired, StageGone, Unavailable
from telephone.games.measure_workflow import Patience
from telephone.games.workflow import PAUSED_HERE
from telephone.media.anonymise import SIDE
from telephone.prompts.catalog import curated
from telephone.store.tables.battles import BattleRow
from tests.limits import LIMIT
from tests.support.app import RunningApp, running_app
from tests.support.embedders import ColourEmbedder
from tests.support.surfaces import RecordedBattles

pytestmark = pytest.mark.slow

GUILD, HOST, OTHER = 77, 5, 6
TWO = ("painter × critic", "stickers × critic")
THREE = (*TWO, "doodles x spotter-hazy")
ASKED = BattleAsked("a fox mends a clock", TWO, turns=3, seed=7, guild_id=GUILD, starter_id=HOST, vote_seconds=60)
FOUGHT = ["card", "thread", "opening", "round-1", "round-2", "round-3", "ballot", "call"]
MADE = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
async def running(tmp_path):
    async with running_app(tmp_path) as opened:
        yield opened


async def reaches(running: RunningApp, battle: Battle, *states: BattleState) -> Battle:
    async with asyncio.timeout(LIMIT):
        while (now := await running.app.battles.battle(battle.id, server=GUILD)).state not in states:
            await asyncio.sleep(0.02)
    return now


async def shows(running: RunningApp, battle: Battle, what: str) -> Battle:
    """The battle once a message of it is posted and booked."""
    async with asyncio.timeout(LIMIT):
        while what not in (now := await running.app.battles.battle(battle.id, server=GUILD)).messages:
            await asyncio.sleep(0.02)
    return now


async def fought(running: RunningApp, asked: BattleAsked = ASKED) -> Battle:
    """A battle whose votes may be cast."""
    battle = await running.app.battles.start(asked)
    return await shows(running, battle, "call")


async def vote(running: RunningApp, battle: Battle, member: int, choice: Choice, **more) -> None:
    await running.app.battles.vote(battle.id, Voter(member, MADE), choice, **more, server=GUILD)


def side_of(battle: Battle, t2i: str):
    return next(side for side in battle.sides if side.game.pair.t2i == t2i)


class HeldCard(RecordedBattles):
    """Posts the card of a battle once it may."""

    def __init__(self) -> None:
        super().__init__()
        self.may = asyncio.Event()

    async def post_card(self, battle, posting):
        await self.may.wait()
        return await super().post_card(battle, posting)


async def test_no_side_is_played_before_its_battle_is_shown(tmp_path):
    async with running_app(tmp_path, battle_presenter=HeldCard()) as running:
        battle = await running.app.battles.start(ASKED)
        await running.recovery.recover()
        await running.play.promote(GUILD)
        for side in battle.sides:
            assert await DBOS.get_workflow_status_async(workflow_ids.opening(side.game.id, 0)) is None
        running.battle_presenter.may.set()
        await shows(running, battle, "call")


async def test_a_battle_is_fought_voted_on_and_closed(running):
    battle = await fought(running)
    assert battle.state is BattleState.VOTING
    assert running.battle_presenter.of(battle) == FOUGHT
    assert running.game_presenter.posts == []
    assert {side.game.state for side in battle.sides} == {GameState.FINISHED}
    await vote(running, battle, 1, Choice.A)
    await vote(running, battle, 2, Choice.B)
    await vote(running, battle, 2, Choice.A)
    closed = await running.app.battles.close(battle.id, by=HOST, is_host=False, server=GUILD)
    assert (closed.state, closed.votes) == (BattleState.CLOSED, 2)
    await shows(running, battle, "result")
    (result,) = running.battle_presenter.results
    assert result.tally == {Choice.A: 2}
    assert result.leaders == {Choice.A}
    assert sorted(result.distances) == [0, 1]
    assert running.battle_presenter.of(battle) == [*FOUGHT, "result"]


async def test_all_sides_begin_with_the_same_words_and_seed(running):
    battle = await fought(running)
    requests = [side.game.request for side in battle.sides]
    assert len({(one.prompt, one.seed, one.turns, one.design) for one in requests}) == 1
    assert {one.pair for one in requests} == {Pair("painter", "critic"), Pair("stickers", "critic")}
    assert requests[0].seed == 7


async def test_pictures_of_a_battle_are_outwardly_alike(running):
    await fought(running, replace(ASKED, pairs=THREE))
    assert sorted(running.battle_presenter.pictures) == ["A", "B", "C"]
    for image in running.battle_presenter.pictures.values():
        assert (image.media_type, image.width, image.height) == ("image/png", SIDE, SIDE)


async def test_a_round_waits_for_the_slowest_side(tmp_path):
    async with running_app(tmp_path, deadline=LIMIT) as running:
        collect, goes_on = running.provider.collect, asyncio.Event()

        async def held(model, ask, ticket):
            if model.name == "stickers" and running.provider.collected["stickers"] == 1:
                await goes_on.wait()
            return await collect(model, ask, ticket)

        running.provider.collect = held
        battle = await running.app.battles.start(ASKED)
        await shows(running, battle, "round-1")
        async with asyncio.timeout(LIMIT):
            while (
                side_of(await running.app.battles.battle(battle.id, server=GUILD), "painter").turns_played < ASKED.turns
            ):
                await asyncio.sleep(0.02)
        assert running.battle_presenter.of(battle)[-1] == "round-1", (
            "the fast side is at its end, and the second round waits"
        )
        assert running.battle_presenter.said[1].keys() == {"A", "B"}
        goes_on.set()
        await shows(running, battle, "call")
        assert running.battle_presenter.of(battle) == FOUGHT


async def test_the_games_of_a_battle_are_played_one_after_another_where_only_one_may_play(running):
    await running.app.servers.change(GUILD, parallel=1)
    battle = await fought(running, replace(ASKED, pairs=THREE))
    assert running.battle_presenter.of(battle) == FOUGHT


async def test_a_side_that_fails_is_dropped_when_its_turn_comes_and_not_before(running):
    running.provider.slow = {"painter": 0.2, "stickers": 0.2}
    running.provider.down = {"spotter-hazy": Refused("spotter-hazy declined.")}
    battle = await running.app.battles.start(replace(ASKED, pairs=THREE))
    failed = side_of(battle, "doodles")
    async with asyncio.timeout(LIMIT):
        while (await running.store.games.get(failed.game.id)).state is not GameState.FAILED:
            await asyncio.sleep(0.02)
    assert "out" not in "".join(running.battle_presenter.of(battle)), "the others have not played this turn yet"
    battle = await shows(running, battle, "call")
    out = f"out-{failed.letter}"
    assert running.battle_presenter.of(battle) == [*FOUGHT[:3], out, *FOUGHT[3:]]
    assert battle.sides[failed.place].dropped == DROPPED
    assert [side.place for side in battle.standing] == sorted({0, 1, 2} - {failed.place})
    assert Choice.TIE in battle.choices
    with pytest.raises(BadInput, match="out of this battle"):
        await vote(running, battle, 1, failed.choice)


async def test_with_fewer_than_two_sides_a_battle_is_void_and_nobody_plays_on(running):
    running.provider.slow = {"painter": 0.3}
    running.provider.down = {"stickers": Refused("stickers declined these words.")}
    battle = await running.app.battles.start(ASKED)
    void = await shows(running, battle, "result")
    assert (void.state, void.reason) == (BattleState.VOID, TOO_FEW)
    assert side_of(void, "painter").game.state is GameState.STOPPED
    assert side_of(void, "stickers").game.state is GameState.FAILED
    assert len(await running.app.games.recent(GUILD)) == 2, "what was played can be seen"
    with pytest.raises(NotAllowed, match="void"):
        await vote(running, battle, 1, Choice.A)


async def test_a_host_stops_a_battle_and_others_may_not(running):
    running.provider.delay = 0.3
    battle = await running.app.battles.start(ASKED)
    await shows(running, battle, "opening")
    contest = running.app.battles
    with pytest.raises(NotAllowed, match="Only who started this battle"):
        await contest.stop(battle.id, by=OTHER, is_host=False, server=GUILD)
    with pytest.raises(BadInput, match="takes no votes now"):
        await contest.close(battle.id, by=HOST, is_host=False, server=GUILD)
    stopped = await contest.stop(battle.id, by=OTHER, is_host=True, server=GUILD)
    assert (stopped.state, stopped.reason) == (BattleState.VOID, STOPPED)
    done = await shows(running, battle, "result")
    assert {side.game.state for side in done.sides} == {GameState.STOPPED}
    with pytest.raises(BadInput, match="nothing to stop"):
        await contest.stop(battle.id, by=HOST, is_host=False, server=GUILD)


async def test_a_battle_whose_place_is_gone_pauses_with_its_games_and_is_shown_anew(running):
    running.provider.delay = 0.05
    running.battle_presenter.faults = []
    battle = await running.app.battles.start(ASKED)
    await shows(running, battle, "round-1")
    running.battle_presenter.faults = [StageGone("The thread was deleted, so I paused at turn 2.", "thread")]
    paused = await reaches(running, battle, BattleState.PAUSED)
    assert paused.waits == "The thread was deleted, so I paused at turn 2."
    async with asyncio.timeout(LIMIT):
        while any(side.game.state is GameState.PLAYING for side in paused.sides):
            paused = await running.app.battles.battle(battle.id, server=GUILD)
            await asyncio.sleep(0.02)
    with pytest.raises(NotAllowed):
        await running.app.battles.resume(battle.id, by=OTHER, is_host=False, server=GUILD)
    running.battle_presenter.closed = True
    await running.app.battles.resume(battle.id, by=HOST, is_host=False, server=GUILD)
    await shows(running, battle, "call")
    assert running.battle_presenter.of(battle) == [*FOUGHT[:4], *FOUGHT]
    with pytest.raises(BadInput, match="not paused"):
        await running.app.battles.resume(battle.id, by=HOST, is_host=False, server=GUILD)


async def test_an_admins_pause_holds_a_battle_up_and_resume_lets_it_go_on(running):
    running.provider.delay = 0.2
    battle = await running.app.battles.start(ASKED)
    await shows(running, battle, "opening")
    await running.app.servers.pause(GUILD)
    async with asyncio.timeout(LIMIT):
        while ("playing", PAUSED_HERE, 0) not in running.battle_presenter.cards:
            await asyncio.sleep(0.02)
    assert (await running.app.battles.battle(battle.id, server=GUILD)).state is BattleState.PLAYING
    await running.app.servers.resume(GUILD)
    await shows(running, battle, "call")
    assert running.battle_presenter.of(battle) == FOUGHT


async def test_nothing_of_a_battle_is_listed_or_looked_up_before_it_closes(running):
    battle = await fought(running)
    assert await running.app.games.recent(GUILD) == []
    assert await running.app.games.status(GUILD) == []
    for side in battle.sides:
        with pytest.raises(NotFound):
            await running.app.games.by_number(GUILD, side.game.number)
    assert [one.id for one in await running.app.battles.unfinished(GUILD)] == [battle.id]
    assert await running.app.battles.in_thread(battle.thread_id) == battle
    assert await running.app.games.in_thread(battle.thread_id) is None
    await running.app.battles.close(battle.id, by=HOST, is_host=False, server=GUILD)
    assert len(await running.app.games.recent(GUILD)) == 2
    assert await running.app.battles.unfinished(GUILD) == []


async def test_votes_close_by_themselves(running):
    post_call = running.battle_presenter.post_call

    async def voted_at_once(battle, posting):
        await vote(running, battle, 1, Choice.ALL_BAD)
        return await post_call(battle, posting)

    running.battle_presenter.post_call = voted_at_once
    battle = await running.app.battles.start(replace(ASKED, vote_seconds=5))
    closed = await shows(running, battle, "result")
    assert closed.state is BattleState.CLOSED
    assert closed.closed_at >= closed.closes_at
    assert running.battle_presenter.results[0].leaders == {Choice.ALL_BAD}


async def test_bots_do_not_vote(running):
    battle = await fought(running)
    with pytest.raises(NotAllowed, match="for people"):
        await vote(running, battle, 1, Choice.A, is_bot=True)
    assert (await running.app.battles.battle(battle.id, server=GUILD)).votes == 0


async def test_a_report_hides_a_turn_of_a_battle_at_once_and_a_moderator_shows_it_again(running):
    battle = await fought(running)
    side, moderation = battle.sides[1], running.app.moderation
    said = side.game.turns[2].caption.text
    await moderation.report(side.game.id, StepKey(3, Kind.CAPTION), by=9, reason="hate", server=GUILD)
    await moderation.report(side.game.id, StepKey(3, Kind.PICTURE), by=10, reason="hate", server=GUILD)
    async with asyncio.timeout(LIMIT):
        while running.battle_presenter.said[3]["B"] != "(no picture)" or list(running.battle_presenter.pictures) != [
            "A"
        ]:
            await asyncio.sleep(0.02)
    hidden = (await running.app.battles.battle(battle.id, server=GUILD)).shown.sides[1].game
    assert (hidden.turns[2].caption.text, hidden.turns[2].picture.image) == (HIDDEN, None)
    async with asyncio.timeout(LIMIT):
        while await running.store.reports.stale():
            await asyncio.sleep(0.02)
    for kind in Kind:
        await moderation.show_again(side.game.id, StepKey(3, kind), by=1, is_moderator=True, server=GUILD)
    async with asyncio.timeout(LIMIT):
        while running.battle_presenter.said[3]["B"] != said or sorted(running.battle_presenter.pictures) != ["A", "B"]:
            await asyncio.sleep(0.02)


async def test_a_moderator_who_takes_a_side_out_of_a_vote_voids_it(running):
    battle = await fought(running)
    await vote(running, battle, 1, Choice.A)
    await running.app.moderation.void(battle.sides[0].game.id, by=1, is_moderator=True, server=GUILD)
    await running.battling.recover()
    void = await shows(running, battle, "result")
    assert (void.state, void.reason) == (BattleState.VOID, TAKEN_OUT)


async def test_a_side_that_a_moderator_voids_while_it_plays_is_dropped(running):
    running.provider.delay = 0.1
    battle = await running.app.battles.start(replace(ASKED, pairs=THREE))
    battle = await shows(running, battle, "round-1")
    await running.app.moderation.void(battle.sides[0].game.id, by=1, is_moderator=True, server=GUILD)
    battle = await shows(running, battle, "call")
    assert [side.letter for side in battle.standing] == ["B", "C"]
    assert "out-A" in running.battle_presenter.of(battle)


async def test_leaving_a_server_ends_its_battles(running):
    running.provider.delay = 0.3
    playing, voting = await running.app.battles.start(ASKED), await fought(running)
    await running.app.servers.leave(GUILD)
    for battle in (playing, voting):
        assert (await running.app.battles.battle(battle.id, server=GUILD)).reason == LEFT


async def test_a_side_counts_on_the_budget_whole_or_the_battle_does_not_begin(running):
    await running.app.servers.budget(GUILD, "server", usd=0.1)
    with pytest.raises(OverBudget, match="This battle may cost up to"):
        await running.app.battles.start(ASKED)
    assert await running.store.games.unfinished() == []
    await running.app.servers.budget(GUILD, "server", usd=2)
    battle = await fought(running)
    assert side_of(battle, "painter").game.costs.reserved == pytest.approx(0.12)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"pairs": ("painter",)}, BadInput, "A pair is two models"),
        ({"pairs": ("painter × critic", "painter x critic")}, BadInput, "cannot battle itself"),
        ({"sides": 5}, BadInput, "2 to 4 sides"),
        ({"sides": 2, "pairs": THREE}, BadInput, "You named 3 pairs for 2 sides"),
        ({"pairs": ("absent × critic",)}, NotAllowed, "no key"),
        ({"pairs": ("gone × critic",)}, Retired, "painter"),
        ({"prompt": "ab"}, BadInput, "at least 3"),
        ({"turns": 31}, BadInput, "1 to 30"),
    ],
)
async def test_what_cannot_be_fought_is_said_before_anything_is_stored(running, change, error, words):
    with pytest.raises(error, match=words):
        await running.app.battles.start(replace(ASKED, **change))
    assert await running.store.battles.unfinished() == []
    assert await running.store.games.unfinished() == []


async def test_paused_servers_begin_no_battle(running):
    await running.app.servers.pause(GUILD)
    with pytest.raises(NotAllowed, match="paused"):
        await running.app.battles.start(ASKED)


async def test_pairs_that_nobody_names_are_those_that_met_least_and_the_log_says_why(running):
    assert len(running.app.battles.pairs()) == 9
    couples = [await _chosen(running, n) for n in range(36)]
    assert len(set(couples)) == 36, "every two of nine meet once before any two meet again"
    with capture_logs() as logs:
        battle = await running.app.battles.start(replace(ASKED, pairs=("painter × critic",), sides=4))
    assert len({side.game.pair for side in battle.sides}) == 4
    assert battle.request.pairs[0] == Pair("painter", "critic")
    (entry,) = [entry for entry in logs if entry["event"] == "battle asked for"]
    assert "met least, by lot among equals" in entry["why_these_pairs"]


async def _chosen(running: RunningApp, seed: int) -> frozenset[Pair]:
    """The two pairs that are chosen where nobody names any; from then on they have met."""
    chosen = await running.app.battles.admission.matchmaking.choose(GUILD, [], None, [], seed)
    request = BattleRequest(Prompt("a fox"), chosen.pairs, 1, guild_id=GUILD)
    await running.store.battles.add(request, [0, 1])
    return frozenset(chosen.pairs)


async def test_a_prompt_that_nobody_names_is_one_on_which_the_pairs_did_not_meet(running):
    easy = [prompt for prompt in curated() if prompt.level == "easy"]
    for prompt in easy[1:]:
        request = BattleRequest(prompt, (Pair("painter", "critic"), Pair("stickers", "critic")), 1, guild_id=GUILD)
        await running.store.battles.add(request, [0, 1])
    battle = await running.app.battles.start(replace(ASKED, prompt=None, level=Level.EASY, turns=1))
    assert battle.request.prompt == easy[0]


async def test_places_are_drawn_by_lot(running):
    free = replace(ASKED, pairs=("doodles × critic", "stickers × critic"), turns=1)
    starts = [await running.app.battles.start(free) for _ in range(20)]
    first = Counter(battle.sides[0].game.pair.t2i for battle in starts)
    assert set(first) == {"doodles", "stickers"}, "the order of the names decides nothing (wrong once in 500,000 runs)"
    numbers = [[side.game.number for side in battle.sides] for battle in starts]
    assert {pair == sorted(pair) for pair in numbers} == {True, False}


async def test_the_story_of_a_side_is_told_when_the_last_round_is_there(running):
    running.provider.delay = 0.05
    battle = await running.app.battles.start(replace(ASKED, turns=12))
    with pytest.raises(BadInput, match="when the last round is there"):
        await running.app.battles.story(battle.id, 0, server=GUILD)
    battle = await shows(running, battle, "call")
    first = await running.app.battles.story(battle.id, 1, server=GUILD)
    assert (first.side.letter, first.page, first.pages) == ("B", 0, 2)
    assert [turn.n for turn in first.turns] == sorted(first.pictures) == list(range(1, 11))
    last = await running.app.battles.story(battle.id, 1, 7, server=GUILD)
    assert (last.page, [turn.n for turn in last.turns]) == (1, [11, 12])
    assert len({(image.width, image.height, image.media_type) for image in last.pictures.values()}) == 1


# Interrupted in every state


@pytest.mark.parametrize(
    "what",
    [
        *("opening", "round-2", "ballot"),
        *(pytest.param(what, marks=pytest.mark.long) for what in ("card", "thread", "round-1", "round-3", "call")),
    ],
)
async def test_an_interrupted_battle_is_fought_on(tmp_path, what):
    async with running_app(tmp_path) as running:
        running.provider.delay = 0.05
        battle = await running.app.battles.start(ASKED)
        async with asyncio.timeout(LIMIT):
            while what not in running.battle_presenter.of(battle):
                await asyncio.sleep(0.005)
        first = running
    async with running_app(
        tmp_path,
        provider=first.provider,
        game_presenter=first.game_presenter,
        battle_presenter=first.battle_presenter,
    ) as running:
        await shows(running, battle, "call")
        await vote(running, battle, 1, Choice.A)
        await running.app.battles.close(battle.id, by=HOST, is_host=False, server=GUILD)
        await shows(running, battle, "result")
        assert Counter(running.battle_presenter.of(battle)) == Counter([*FOUGHT, "result"])
        paid = running.provider.submitted  # what stickers draw costs nothing and is asked for without a submit
        assert len(paid) == len(set(paid)) == 9
    assert running.game_presenter.posts == []


async def test_a_vote_whose_time_ran_out_while_nobody_looked_is_closed_at_the_start(tmp_path):
    async with running_app(tmp_path) as running:
        battle = await fought(running, replace(ASKED, vote_seconds=600))
        await vote(running, battle, 1, Choice.B)
        first = running
    moment = (datetime.now(UTC) - timedelta(seconds=1)).replace(tzinfo=None).isoformat(sep=" ")
    with closing(sqlite3.connect(tmp_path / "telephone.sqlite")) as database, database:
        database.execute("UPDATE battle SET closes_at = ?", (moment,))
    async with running_app(tmp_path, battle_presenter=first.battle_presenter) as running:
        closed = await shows(running, battle, "result")
        assert closed.state is BattleState.CLOSED
        assert running.battle_presenter.results[-1].tally == {Choice.B: 1}


async def test_a_close_that_a_crash_cut_off_is_carried_out_at_the_next_start(tmp_path):
    async with running_app(tmp_path) as running:
        battle = await fought(running)
        assert await running.store.battles.close(battle.id, early=True)
        first = running
    async with running_app(tmp_path, battle_presenter=first.battle_presenter) as running:
        assert "result" not in first.battle_presenter.of(battle)
        long_ago = datetime.now(UTC) - timedelta(minutes=30)
        await _set(running, battle, closed_at=long_ago)
        await running.battling.recover()
        await shows(running, battle, "result")
        await running.battling.recover()
    assert running.battle_presenter.of(battle).count("result") == 1


async def _set(running: RunningApp, battle: Battle, **values) -> None:
    async with running.store._database.writing() as session:
        await session.execute(update(BattleRow).where(BattleRow.id == battle.id).values(**values))


async def test_a_battle_whose_workflow_never_began_is_found_by_the_sweep(running):
    entered = await running.app.battles.admission.admit(ASKED)
    battle = await running.store.battles.add(entered.request, entered.places())
    await running.recovery.recover()
    await running.battling.recover()
    await shows(running, battle, "call")


async def test_a_battle_that_was_left_lying_goes_on_and_one_that_never_ends_well_is_void(running):
    running.provider.delay = 0.1
    battle = await running.app.battles.start(ASKED)
    await shows(running, battle, "opening")
    await DBOS.cancel_workflow_async(f"battle-{battle.id}-0")
    async with asyncio.timeout(LIMIT):
        while not await running.battling._with.engine.ended([f"battle-{battle.id}-0"]):
            await asyncio.sleep(0.05)
    await running.battling.recover()
    battle = await shows(running, battle, "call")
    assert battle.run == 1
    assert running.battle_presenter.of(battle) == FOUGHT
    other = await running.app.battles.start(ASKED)
    await _set(running, other, runs=100)
    await DBOS.cancel_workflow_async(f"battle-{other.id}-0")
    await running.battling.begin(await running.app.battles.battle(other.id, server=GUILD))
    await DBOS.cancel_workflow_async(f"battle-{other.id}-100")
    async with asyncio.timeout(60):
        while not await running.battling._with.engine.ended([f"battle-{other.id}-100"]):
            await asyncio.sleep(0.05)
    await running.battling.recover()
    assert (await running.app.battles.battle(other.id, server=GUILD)).reason == BROKEN


async def test_a_ballot_that_is_deleted_is_shown_anew(running):
    battle = await fought(running)
    running.battle_presenter.gone = True
    await running.battling.recover()
    assert "ballot" not in (await running.app.battles.battle(battle.id, server=GUILD)).messages
    await _set(running, battle, opened_at=datetime.now(UTC) - timedelta(minutes=2))
    await running.battling.recover()
    await shows(running, battle, "ballot")
    assert running.battle_presenter.of(battle).count("ballot") == 2


async def test_a_passing_fault_of_the_place_is_tried_again_and_a_bug_of_ours_voids(running):
    running.battle_presenter.faults = [Unavailable("Discord did not answer.")]
    battle = await fought(running)
    assert running.battle_presenter.of(battle) == FOUGHT
    running.battle_presenter.faults = [ZeroDivisionError()]
    broken = await running.app.battles.start(ASKED)
    void = await reaches(running, broken, BattleState.VOID)
    assert void.reason == BROKEN


async def test_a_battle_whose_far_embedder_is_late_shows_all_sides_by_the_one_that_measured_them_all(tmp_path):
    colours = ColourEmbedder(faults=[Unavailable("prism sleeps")] * 99)
    async with running_app(tmp_path, colours=colours, patience=Patience(summary=0.2, pauses=(60,))) as running:
        battle = await fought(running)
        first = await running.app.games.get(battle.sides[0].game.id, server=GUILD)
        colours.faults = []
        await running.measure.measure(first, "prism")
        colours.faults = [Unavailable("prism sleeps")] * 99
        await vote(running, battle, 1, Choice.A)
        await running.app.battles.close(battle.id, by=HOST, is_host=False, server=GUILD)
        await shows(running, battle, "result")
        (result,) = running.battle_presenter.results
        assert (await running.app.games.get(first.id, server=GUILD)).embedder == "prism"
        assert (sorted(result.distances), result.embedder) == ([0, 1], "letters")

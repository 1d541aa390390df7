"""The primary embedder may be slow, down or wrong: no game waits for it, and what is shown follows when it comes."""

import asyncio
from dataclasses import replace

import pytest

from telephone.domain.games import Game, GameState
from telephone.engine import workflow_ids
from telephone.errors import BadOutput, Misconfigured, Refused, Unavailable
from telephone.games.admission import StartRequest
from telephone.games.measure_workflow import Patience
from telephone.ports.games import Summary
from tests.limits import LIMIT
from tests.support.app import RunningApp, running_app
from tests.support.embedders import ColourEmbedder
from tests.support.surfaces import RecordedGames

pytestmark = pytest.mark.slow

ASKED = StartRequest(
    prompt="a fox mends a clock", t2i="painter", i2t="critic", turns=2, seed=7, guild_id=11, starter_id=5
)
QUICK = Patience(summary=0.3, pauses=(0.2,) * 6)


@pytest.fixture
def colours() -> ColourEmbedder:
    return ColourEmbedder()


@pytest.fixture
async def running(tmp_path, colours):
    async with running_app(tmp_path, colours=colours, text_usd=0.0001, patience=QUICK) as opened:
        yield opened


async def played(running: RunningApp, asked: StartRequest = ASKED) -> Game:
    return await running.app.games.closed((await running.app.games.start(asked)).id, timeout=LIMIT)


async def measured(running: RunningApp, game: Game, embedder: str = "prism") -> Game:
    async with asyncio.timeout(LIMIT):
        while (now := await running.app.games.get(game.id, server=11)).embedder != embedder:
            await asyncio.sleep(0.02)
    return now


async def shows(presenter: RecordedGames, embedder: str, awaited: str = "") -> Summary:
    """The summary as it was last brought up to date, once it shows this embedder and awaits that one."""
    async with asyncio.timeout(LIMIT):
        while not presenter.summaries or (
            presenter.summaries[-1].embedder,
            presenter.summaries[-1].awaited,
        ) != (embedder, awaited):
            await asyncio.sleep(0.02)
    return presenter.summaries[-1]


async def settles(running: RunningApp) -> None:
    """Until nothing is reserved beyond what was spent."""
    async with asyncio.timeout(LIMIT):
        while True:
            games = await running.app.games.recent(11)
            taken = (await running.app.servers.budget(11))["server"].taken_usd
            if taken == pytest.approx(sum(game.cost_usd for game in games), abs=1e-5):
                return
            await asyncio.sleep(0.05)


async def test_a_primary_that_is_awake_is_what_the_summary_shows(running):
    running.play._with.measuring._patience = Patience(summary=10)
    game = await played(running)
    assert game.embedder == "prism"
    (summary,) = running.game_presenter.posted
    assert (summary.embedder, summary.awaited) == ("prism", "")
    assert summary.drift.distances == tuple(turn.distance for turn in game.turns)
    assert set(running.letters.embedded) == {"a fox mends a clock", *(turn.caption.text for turn in game.turns)}


async def test_a_slow_primary_holds_no_game_up_and_its_distance_follows(running, colours):
    colours.delay = 1.5
    game = await played(running)
    assert game.state is GameState.FINISHED
    assert game.embedder == "letters"
    assert (running.game_presenter.posted[0].embedder, running.game_presenter.posted[0].awaited) == ("letters", "prism")
    late, shown = await measured(running, game), await shows(running.game_presenter, "prism")
    assert (
        shown.drift.final_distance == late.turns[-1].distance != running.game_presenter.posted[0].drift.final_distance
    )
    assert len(running.game_presenter.posted) == 1


@pytest.mark.parametrize("fault", [Unavailable("prism sleeps"), Misconfigured("prism has no credit")])
async def test_a_primary_that_fails_is_tried_again_and_nothing_is_paid_twice(running, colours, fault):
    colours.faults = [fault] * 9
    game = await played(running)
    late = await measured(running, game)
    calls = len(colours.read) + len(colours.seen)
    assert calls == 5
    assert late.costs.scoring == pytest.approx(calls * 0.0001)
    await settles(running)


async def test_a_primary_that_is_down_for_good_is_given_up_and_the_summary_stops_promising(running, colours):
    colours.faults = [Unavailable("prism is gone")] * 99
    game = await played(running)
    assert running.game_presenter.posted[0].awaited == "prism"
    await shows(running.game_presenter, "letters")
    await settles(running)
    assert (await running.app.games.get(game.id, server=11)).embedder == "letters"


@pytest.mark.parametrize(("fault", "attempts"), [(BadOutput("prism says nothing"), 3), (Refused("prism will not"), 1)])
async def test_nonsense_is_paid_for_three_times_at_most_and_a_refusal_is_an_answer(running, colours, fault, attempts):
    asked = 0

    async def wrong(texts):
        nonlocal asked
        asked += 1
        raise fault

    colours.embed_texts = wrong
    await played(running, replace(ASKED, turns=1))
    await settles(running)
    assert asked == attempts * 2, "the prompt and the caption, at each attempt"


async def test_a_bug_in_measuring_costs_the_primary_and_not_the_game(running, colours):
    colours.faults = [ZeroDivisionError("oops")] * 9
    game = await played(running)
    await settles(running)
    assert (game.state, (await running.app.games.get(game.id, server=11)).embedder) == (GameState.FINISHED, "letters")


async def test_other_games_go_on_while_a_primary_sleeps(running, colours):
    colours.delay = 60
    games = [await running.app.games.start(ASKED) for _ in range(4)]
    done = [await running.app.games.closed(game.id, timeout=LIMIT) for game in games]
    assert {game.state for game in done} == {GameState.FINISHED}
    assert len(running.game_presenter.posted) == 4


async def test_a_bot_that_is_stopped_while_it_measures_goes_on_measuring(tmp_path):
    presenter, asleep = RecordedGames(), ColourEmbedder(delay=60)
    async with running_app(
        tmp_path, game_presenter=presenter, colours=asleep, text_usd=0.0001, patience=QUICK
    ) as running:
        game = await played(running)
    awake = ColourEmbedder()
    async with running_app(
        tmp_path, game_presenter=presenter, colours=awake, text_usd=0.0001, patience=QUICK
    ) as running:
        await measured(running, game)
        await shows(presenter, "prism")
        await settles(running)
    assert len(presenter.posted) == 1
    assert len(awake.read) == len(set(awake.read)) == 3


async def test_what_comes_while_the_summary_is_being_posted_is_not_missed(running, colours):
    colours.delay = 0.4
    post = running.game_presenter.post_summary

    async def slowly(*shown):
        workflow = workflow_ids.measuring(shown[0].id, "prism")
        while not await running.play._with.engine.ended([workflow]):
            await asyncio.sleep(0.05)
        return await post(*shown)

    running.game_presenter.post_summary = slowly
    await played(running)
    assert running.game_presenter.posted[0].awaited == "prism"
    await shows(running.game_presenter, "prism")


async def test_a_game_that_reserved_nothing_is_measured_for_nothing(running, colours):
    await running.app.servers.budget(11, "server", usd=0)
    players = running.app.models.players
    painter = players.registry.table("painter").model_copy(update={"price_usd": 0.0})
    registry = replace(players.registry, tables={**players.registry.tables, "painter": painter})
    admission = replace(running.app.games.admission, players=replace(players, registry=registry))
    game = await replace(running.app.games, admission=admission).start(ASKED)
    done = await running.app.games.closed(game.id, timeout=LIMIT)
    assert (done.embedder, done.costs.scoring, done.costs.reserved) == ("letters", 0, 0)
    assert running.game_presenter.posted[0].awaited == ""
    assert colours.read == []

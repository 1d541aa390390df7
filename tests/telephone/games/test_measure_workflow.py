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
def prism() -> ColourEmbedder:
    return ColourEmbedder()


@pytest.fixture
async def company(tmp_path, prism):
    async with running_app(tmp_path, prism=prism, text_usd=0.0001, patience=QUICK) as opened:
        yield opened


async def played(company: RunningApp, asked: StartRequest = ASKED) -> Game:
    return await company.app.games.closed((await company.app.games.start(asked)).id, timeout=LIMIT)


async def measured(company: RunningApp, game: Game, embedder: str = "prism") -> Game:
    async with asyncio.timeout(LIMIT):
        while (now := await company.app.games.get(game.id)).embedder != embedder:
            await asyncio.sleep(0.02)
    return now


async def shows(stage: RecordedGames, embedder: str, awaited: str = "") -> Summary:
    """The summary as it was last brought up to date, once it shows this embedder and awaits that one."""
    async with asyncio.timeout(LIMIT):
        while not stage.summaries or (stage.summaries[-1].embedder, stage.summaries[-1].awaited) != (embedder, awaited):
            await asyncio.sleep(0.02)
    return stage.summaries[-1]


async def settles(company: RunningApp) -> None:
    """Until nothing is reserved beyond what was spent."""
    async with asyncio.timeout(LIMIT):
        while True:
            games = await company.app.games.recent(11)
            taken = (await company.app.servers.budget(11))["server"].taken_usd
            if taken == pytest.approx(sum(game.cost_usd for game in games), abs=1e-5):
                return
            await asyncio.sleep(0.05)


async def test_a_primary_that_is_awake_is_what_the_summary_shows(company):
    company.play._with.measuring._patience = Patience(summary=10)
    game = await played(company)
    assert game.embedder == "prism"
    (summary,) = company.stage.posted
    assert (summary.embedder, summary.awaited) == ("prism", "")
    assert summary.drift.distances == tuple(turn.distance for turn in game.turns)
    assert set(company.letters.embedded) == {"a fox mends a clock", *(turn.caption.text for turn in game.turns)}


async def test_a_slow_primary_holds_no_game_up_and_its_distance_follows(company, prism):
    prism.delay = 1.5
    game = await played(company)
    assert game.state is GameState.FINISHED
    assert game.embedder == "letters"
    assert (company.stage.posted[0].embedder, company.stage.posted[0].awaited) == ("letters", "prism")
    late, shown = await measured(company, game), await shows(company.stage, "prism")
    assert shown.drift.final_distance == late.turns[-1].distance != company.stage.posted[0].drift.final_distance
    assert len(company.stage.posted) == 1


@pytest.mark.parametrize("fault", [Unavailable("prism sleeps"), Misconfigured("prism has no credit")])
async def test_a_primary_that_fails_is_tried_again_and_nothing_is_paid_twice(company, prism, fault):
    prism.faults = [fault] * 9
    game = await played(company)
    late = await measured(company, game)
    calls = len(prism.read) + len(prism.seen)
    assert calls == 5
    assert late.costs.scoring == pytest.approx(calls * 0.0001)
    await settles(company)


async def test_a_primary_that_is_down_for_good_is_given_up_and_the_summary_stops_promising(company, prism):
    prism.faults = [Unavailable("prism is gone")] * 99
    game = await played(company)
    assert company.stage.posted[0].awaited == "prism"
    await shows(company.stage, "letters")
    await settles(company)
    assert (await company.app.games.get(game.id)).embedder == "letters"


@pytest.mark.parametrize(("fault", "attempts"), [(BadOutput("prism says nothing"), 3), (Refused("prism will not"), 1)])
async def test_nonsense_is_paid_for_three_times_at_most_and_a_refusal_is_an_answer(company, prism, fault, attempts):
    asked = 0

    async def wrong(texts):
        nonlocal asked
        asked += 1
        raise fault

    prism.embed_texts = wrong
    await played(company, replace(ASKED, turns=1))
    await settles(company)
    assert asked == attempts * 2, "the prompt and the caption, at each attempt"


async def test_a_bug_in_measuring_costs_the_primary_and_not_the_game(company, prism):
    prism.faults = [ZeroDivisionError("oops")] * 9
    game = await played(company)
    await settles(company)
    assert (game.state, (await company.app.games.get(game.id)).embedder) == (GameState.FINISHED, "letters")


async def test_other_games_go_on_while_a_primary_sleeps(company, prism):
    prism.delay = 60
    games = [await company.app.games.start(ASKED) for _ in range(4)]
    done = [await company.app.games.closed(game.id, timeout=LIMIT) for game in games]
    assert {game.state for game in done} == {GameState.FINISHED}
    assert len(company.stage.posted) == 4


async def test_a_bot_that_is_stopped_while_it_measures_goes_on_measuring(tmp_path):
    stage, asleep = RecordedGames(), ColourEmbedder(delay=60)
    async with running_app(tmp_path, stage=stage, prism=asleep, text_usd=0.0001, patience=QUICK) as company:
        game = await played(company)
    awake = ColourEmbedder()
    async with running_app(tmp_path, stage=stage, prism=awake, text_usd=0.0001, patience=QUICK) as company:
        await measured(company, game)
        await shows(stage, "prism")
        await settles(company)
    assert len(stage.posted) == 1
    assert len(awake.read) == len(set(awake.read)) == 3


async def test_what_comes_while_the_summary_is_being_posted_is_not_missed(company, prism):
    prism.delay = 0.4
    post = company.stage.post_summary

    async def slowly(*shown):
        workflow = workflow_ids.measuring(shown[0].id, "prism")
        while not await company.play._with.engine.ended([workflow]):
            await asyncio.sleep(0.05)
        return await post(*shown)

    company.stage.post_summary = slowly
    await played(company)
    assert company.stage.posted[0].awaited == "prism"
    await shows(company.stage, "prism")


async def test_a_game_that_reserved_nothing_is_measured_for_nothing(company, prism):
    await company.app.servers.budget(11, "server", usd=0)
    players = company.app.models.players
    painter = players.registry.table("painter").model_copy(update={"price_usd": 0.0})
    registry = replace(players.registry, tables={**players.registry.tables, "painter": painter})
    admission = replace(company.app.games.admission, players=replace(players, registry=registry))
    game = await replace(company.app, admission=admission).start(ASKED)
    done = await company.app.games.closed(game.id, timeout=LIMIT)
    assert (done.embedder, done.costs.scoring, done.costs.reserved) == ("letters", 0, 0)
    assert company.stage.posted[0].awaited == ""
    assert prism.read == []

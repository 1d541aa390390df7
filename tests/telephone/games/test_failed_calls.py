"""What a game books for calls that failed: at what they cost, once, and asked for again where nobody is at fault."""

import time
from dataclasses import replace

import pytest
from pydantic import SecretStr

from telephone.domain.games import GameState
from telephone.errors import BadOutput, Refused, TelephoneError, TimedOut
from telephone.games.admission import StartRequest
from telephone.providers.base import Interrupted, Lost
from telephone.providers.downloads import Downloads
from telephone.providers.replicate import Replicate
from tests.limits import LIMIT
from tests.standin_providers import StandinApis, done_then, says
from tests.support.app import running_app
from tests.support.surfaces import RecordedGames
from tests.telephone.providers.conftest import QUICK

pytestmark = pytest.mark.slow

PAINTED, SEEN = 0.02, 0.01
ASKED = StartRequest(
    prompt="a fox mends a clock", t2i="painter", i2t="critic", turns=2, seed=7, guild_id=11, starter_id=5
)
WHOLE = 2 * (PAINTED + SEEN)


@pytest.fixture
async def running(tmp_path):
    async with running_app(tmp_path) as opened:
        yield opened


async def played(running, asked=ASKED):
    return await running.app.games.closed((await running.app.games.start(asked)).id, timeout=LIMIT)


def costing(error: TelephoneError, usd: float | None) -> TelephoneError:
    error.cost_usd = usd
    return error


async def test_what_a_refused_prediction_took_is_booked(running):
    running.provider.faults = [costing(Refused("painter declined.", "nsfw"), 0.0084)]
    game = await played(running)
    assert (game.state, game.cost_usd) == (GameState.FAILED, pytest.approx(0.0084))
    assert (await running.app.servers.budget(11))["server"].taken_usd == pytest.approx(0.0084)


@pytest.mark.parametrize(("usd", "booked"), [(0.83, 0.83), (0.0, 0.0), (None, PAINTED)])
async def test_a_prediction_that_ran_out_of_time_costs_what_it_took(running, usd, booked):
    running.provider.faults = [costing(TimedOut("painter did not answer."), usd)]
    assert (await played(running)).cost_usd == pytest.approx(booked)


async def test_what_was_broken_off_is_asked_for_again_with_the_same_seed_and_is_no_attempt(running):
    broken = [costing(Interrupted("painter was interrupted."), 0.001) for _ in range(3)]
    running.provider.faults = [*broken, BadOutput("painter drew nothing."), *broken]
    game = await played(running)
    assert game.state is GameState.FINISHED
    assert game.cost_usd == pytest.approx(WHOLE + 6 * 0.001 + PAINTED)
    assert game.possibly_billed_twice_usd == 0
    undisturbed = await played(running)
    assert game.steps[1].seed == undisturbed.steps[1].seed


async def test_one_that_is_broken_off_four_times_is_an_attempt(running):
    running.provider.faults = [costing(Interrupted("painter was interrupted."), 0.001) for _ in range(8)]
    game = await played(running)
    assert (game.state, game.reason) == (GameState.FAILED, "painter was interrupted.")
    assert game.cost_usd == pytest.approx(8 * 0.001)


async def test_the_picture_after_an_interruption_is_the_one_of_the_same_seed(running):
    undisturbed = await played(running)
    running.provider.faults = [costing(Interrupted("painter was interrupted."), 0.0)]
    assert (await played(running)).steps[0].image == undisturbed.steps[0].image


async def test_an_answer_that_was_deleted_is_asked_for_again_and_both_are_booked(running):
    running.provider.faults = [costing(Interrupted("deleted", expired=True), 0.015)]
    game = await played(running)
    assert (game.state, game.costs.unused) == (GameState.FINISHED, pytest.approx(0.015))


@pytest.mark.parametrize("times", [1, 2])
async def test_every_lost_call_is_in_doubt(running, monkeypatch, times):
    losses = [Lost("the line broke")] * times
    submit = running.provider.submit

    async def losing(model, ask, marker, since=None):
        if model.name == "painter" and losses:
            raise losses.pop()
        return replace(await submit(model, ask, marker, None), maybe_billed_twice=since is not None)

    monkeypatch.setattr(running.provider, "submit", losing)
    game = await played(running, replace(ASKED, turns=4))  # so long that what is reserved covers the lost ones
    assert game.cost_usd == pytest.approx(2 * WHOLE)
    assert game.possibly_billed_twice_usd == pytest.approx(times * PAINTED)
    assert (await running.app.servers.budget(11))["server"].taken_usd == pytest.approx(2 * WHOLE + times * PAINTED)


async def test_calls_that_are_lost_again_and_again_are_given_up_and_booked(running, monkeypatch):
    made = []

    async def losing(model, ask, marker, since=None):
        made.append(marker)
        raise Lost("the line broke")

    monkeypatch.setattr(running.provider, "submit", losing)
    game = await played(running)
    assert game.state is GameState.FAILED
    assert "may have billed" in game.reason
    assert game.cost_usd + game.possibly_billed_twice_usd == pytest.approx(len(made) * PAINTED)


async def test_a_call_that_is_lost_and_then_refused_is_in_doubt(running, monkeypatch):
    faults = [Refused("painter declined.", "nsfw"), Lost("the line broke")]

    async def losing(model, ask, marker, since=None):
        raise faults.pop()

    monkeypatch.setattr(running.provider, "submit", losing)
    assert (await played(running)).cost_usd == pytest.approx(PAINTED)


async def test_a_game_on_replicate_books_all_that_was_billed(tmp_path, monkeypatch):
    """Every way in which a paid call may go wrong in one game, against what the service billed."""
    monkeypatch.setattr("telephone.providers.replicate.FIRST_LOOK", 0.01)
    async with StandinApis.open() as apis:
        adapter = Replicate(SecretStr("r8_test"), apis.url, Downloads(["127.0.0.1"]), waits=QUICK)
        async with running_app(tmp_path, provider=Paid(adapter), deadline=30) as running:
            apis.next("POST /v1/predictions", done_then(502), says(503), says(429, {"detail": "resets in ~0.01s"}))
            odd = {"output": None, "metrics": {"predict_time": 1.0}}
            apis.endings.extend(
                [
                    odd | {"status": "failed", "error": "Prediction interrupted; please retry (code: PA)"},
                    odd | {"status": "succeeded", "data_removed": True, "input": {}},
                    odd | {"status": "failed", "error": "something odd"},
                ]
            )
            game = await played(running)
        await adapter.close()
    assert game.state is GameState.FINISHED
    took = [made["metrics"]["predict_time"] for made in apis.predictions.values()]
    assert sorted(took) == [1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0]
    assert game.cost_usd == pytest.approx(sum(took) * 0.001)
    assert game.possibly_billed_twice_usd > 0  # the 503, after which nobody could tell


class Paid:
    """Replicate under the names of the test's models, at a tenth of a cent a second."""

    def __init__(self, adapter: Replicate) -> None:
        self._adapter = adapter

    def __getattr__(self, name):
        return getattr(self._adapter, name)

    def why_not(self, model):
        return None

    async def submit(self, model, *arguments):
        return await self._adapter.submit(_priced(model), *arguments)

    async def collect(self, model, *arguments):
        return await self._adapter.collect(_priced(model), *arguments)

    async def cancel(self, model, *arguments):
        return await self._adapter.cancel(_priced(model), *arguments)


def _priced(model):
    given = {"prompt": "$prompt", "seed": "$seed"} if model.kind == "t2i" else {"image": "$image"}
    output = "uris" if model.kind == "t2i" else "text"
    priced = {"ref": f"studio/{model.name}", "price_usd": 0.002, "second_usd": 0.001}
    return model.model_copy(update={"input": given, "output": output} | priced)


async def test_a_card_is_told_that_a_provider_is_slow_for_want_of_credit(tmp_path, monkeypatch):
    monkeypatch.setattr("telephone.providers.replicate.FIRST_LOOK", 0.01)
    shown = []

    class Watching(RecordedGames):
        async def post_card(self, game, progress, posting):
            shown.append(progress.per_minute)
            return await super().post_card(game, progress, posting)

        async def edit_card(self, game, progress, summary=None):
            shown.append(progress.per_minute)
            await super().edit_card(game, progress, summary)

    async with StandinApis.open() as apis:
        apis.creates_a_minute = 120
        apis.created_at = time.monotonic() + 0.2  # one was made a moment ago
        adapter = Replicate(SecretStr("r8_test"), apis.url, Downloads(["127.0.0.1"]), waits=QUICK)
        opened = running_app(tmp_path, provider=Paid(adapter), game_presenter=Watching(), deadline=30)
        async with opened as running:
            game = await played(running)
        await adapter.close()
    assert game.state is GameState.FINISHED
    assert shown[0] is None
    assert 120 in shown
    assert len(apis.billed) == 4

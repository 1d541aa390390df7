"""What a game costs, from its start to its last measurement, played by a small company."""

import asyncio
from dataclasses import replace

import pytest

from telephone.cli.doctor import examine
from telephone.domain.calls import Answer, Ticket
from telephone.domain.games import GameRequest, GameState, Pair, Prompt
from telephone.errors import BadOutput, OverBudget, Refused
from telephone.exports.game_json import record
from telephone.games.admission import StartRequest
from telephone.settings import Settings
from telephone.store import Order, Store
from tests.limits import LIMIT
from tests.support.app import running_app

pytestmark = pytest.mark.slow

GUILD, ALICE = 11, 5
ASKED = StartRequest(
    prompt="a fox mends a clock", t2i="painter", i2t="critic", turns=3, seed=7, guild_id=GUILD, starter_id=ALICE
)
PAINTED, SEEN, READ = 0.02, 0.01, 0.0001


@pytest.fixture
async def company(tmp_path):
    async with running_app(tmp_path, text_usd=READ) as opened:
        yield opened


async def taken(company) -> float:
    return (await company.app.servers.budget(GUILD))["server"].taken_usd


async def settled(company, amount: float) -> None:
    """Until the server's day holds this amount."""
    async with asyncio.timeout(LIMIT):
        while await taken(company) != pytest.approx(amount, abs=1e-9):
            await asyncio.sleep(0.05)


async def played(company, asked=ASKED):
    return await company.app.games.closed((await company.app.games.start(asked)).id, timeout=LIMIT)


async def test_the_most_is_reserved_at_the_start_and_what_was_spent_stays(company):
    company.studio.delay = 0.1
    game = await company.app.games.start(ASKED)
    assert game.costs.reserved == pytest.approx(3 * 2 * PAINTED + 4 * 9 * READ)
    assert await taken(company) == pytest.approx(game.costs.reserved)
    done = await company.app.games.closed(game.id, timeout=LIMIT)
    assert done.costs.scoring == pytest.approx(4 * READ)
    assert done.cost_usd == pytest.approx(3 * (PAINTED + SEEN) + 4 * READ)
    assert await taken(company) == pytest.approx(done.cost_usd)


async def test_a_text_is_paid_for_once(company):
    await played(company)
    again = await played(company)
    assert again.costs.scoring == 0


async def test_a_start_that_does_not_fit_is_refused_and_nothing_is_stored(company):
    await company.app.servers.budget(GUILD, "member", usd=0.2)
    await company.app.games.start(ASKED)
    with pytest.raises(OverBudget, match="refills at 00:00 UTC"):
        await company.app.games.start(ASKED)
    assert len(await company.app.games.recent(GUILD)) == 1


async def test_a_budget_of_nothing_still_lets_free_games_be_played(company):
    await company.app.servers.budget(GUILD, "server", usd=0)
    with pytest.raises(OverBudget, match="choose free models"):
        await company.app.games.start(ASKED)
    game = await at_no_price(company).start(ASKED)
    assert game.is_free
    assert (await company.app.games.closed(game.id, timeout=LIMIT)).costs.scoring == 0


async def test_a_game_whose_players_are_free_reserves_what_measuring_it_may_cost(company):
    game = await at_no_price(company).start(ASKED)
    assert game.costs.reserved == pytest.approx(4 * 9 * READ)


def at_no_price(company):
    """The service, had the painter no price."""
    players = company.app.models.players
    painter = players.registry.table("painter").model_copy(update={"price_usd": 0.0})
    registry = replace(players.registry, tables={**players.registry.tables, "painter": painter})
    admission = replace(company.app.games.admission, players=replace(players, registry=registry))
    return replace(company.app, admission=admission)


async def test_again_reserves_again(company):
    await company.app.servers.budget(GUILD, "member", usd=0.2)
    game = await played(company)
    with pytest.raises(OverBudget):
        await company.app.games.again(game.id, by=ALICE, channel_id=1)


async def test_an_answer_that_is_not_played_is_paid_for(company):
    company.studio.faults = [BadOutput("painter drew nothing.")]
    game = await played(company)
    assert game.costs.unused == PAINTED
    assert game.cost_usd == pytest.approx(4 * PAINTED + 3 * SEEN + 4 * READ)


async def test_a_refusal_costs_nothing(company):
    company.studio.faults = [Refused("painter declined these words.", "violence")]
    game = await played(company)
    assert (game.state, game.cost_usd) == (GameState.FAILED, 0)
    assert await taken(company) == 0


async def test_stopping_keeps_what_the_call_under_way_may_cost_and_lets_go_of_the_rest(company):
    company.studio.delay = 60
    game = await company.app.games.start(ASKED)
    while not company.studio.submitted:
        await asyncio.sleep(0.02)
    await company.app.games.stop(game.id, by=ALICE, is_host=False)
    await settled(company, PAINTED)
    assert (await company.app.games.get(game.id)).costs.unused == PAINTED


async def test_a_paused_game_keeps_its_reservation(company):
    company.studio.delay = 0.2
    game = await company.app.games.start(ASKED)
    await company.app.servers.pause(GUILD)
    await asyncio.sleep(0.5)
    assert await taken(company) == pytest.approx(game.costs.reserved)
    await company.app.servers.resume(GUILD)
    await company.app.games.closed(game.id, timeout=LIMIT)
    await settled(company, (await company.app.games.get(game.id)).cost_usd)


async def test_what_a_crash_may_have_doubled_is_in_the_record_and_on_the_books(company, monkeypatch):
    async def doubtful(*_, **__):
        return Ticket("job", maybe_billed_twice=True)

    monkeypatch.setattr(company.studio, "submit", doubtful)
    game = await played(company)
    summary = record(game, None)["summary"]
    assert summary["cost_usd"] == pytest.approx(3 * (PAINTED + SEEN) + 4 * READ)
    assert summary["possibly_billed_twice_usd"] == pytest.approx(3 * (PAINTED + SEEN))
    assert await taken(company) == pytest.approx(summary["cost_usd"] + summary["possibly_billed_twice_usd"])


async def test_an_answer_that_had_to_be_asked_for_anew_is_in_doubt_too(company, monkeypatch):
    collect = company.studio.collect

    async def doubtful(*arguments) -> Answer:
        return replace(await collect(*arguments), maybe_billed_twice=True)

    monkeypatch.setattr(company.studio, "collect", doubtful)
    game = await played(company, replace(ASKED, turns=1))
    assert game.possibly_billed_twice_usd == pytest.approx(PAINTED + SEEN)


async def test_a_game_that_was_killed_is_settled_by_whoever_plays_it_on(tmp_path):
    async with running_app(tmp_path, text_usd=READ) as company:
        company.studio.delay = 0.1
        game = await company.app.games.start(ASKED)
        while "2p" not in company.stage.of(game):
            await asyncio.sleep(0.02)
        stage = company.stage
    async with running_app(tmp_path, stage=stage, text_usd=READ) as company:
        done = await company.app.games.closed(game.id, timeout=LIMIT)
        assert done.state is GameState.FINISHED
        await settled(company, done.cost_usd + done.possibly_billed_twice_usd)
        assert await taken(company) < game.costs.reserved


async def test_a_process_that_dies_right_after_the_stop_leaves_nothing_reserved(company):
    """The reservation goes in the transaction that ends the game: no moment lies between the two."""
    company.studio.delay = 60
    game = await company.app.games.start(ASKED)
    await company.store.games.move(game.id, GameState.STOPPED, only_from=[GameState.QUEUED, GameState.PLAYING])
    assert await taken(company) in (0, PAINTED)


async def test_a_hundred_starts_at_once_stay_within_the_members_day(company):
    company.studio.delay = 60

    async def start() -> bool:
        try:
            await company.app.games.start(ASKED)
        except OverBudget:
            return False
        return True

    assert sum(await asyncio.gather(*(start() for _ in range(100)))) == 4
    assert await taken(company) == pytest.approx(4 * 0.1236)


async def test_doctor_shows_what_is_taken_of_todays_budgets(tmp_path):
    settings = Settings(data_dir=tmp_path, budget_operator=1, budget_server=0.4, budget_member=0.4)
    async with await Store.open(settings.store_url) as store:
        prompt, pair = Prompt("a fox mends a clock"), Pair("painter", "critic")
        await store.games.add(GameRequest(prompt, pair, guild_id=GUILD, starter_id=ALICE), Order(0.4, settings.caps))
    findings = {finding.what: finding for finding in await examine(settings)}
    assert findings["Budget"].stands == "$0.40 of $1.00 spent or reserved today"
    assert findings[f"Budget of server {GUILD}"].health == "missing"
    assert "00:00 UTC" in findings[f"Budget of server {GUILD}"].remedy

"""What a game costs, from its start to its last measurement, with fake players."""

import asyncio
from dataclasses import replace

import pytest

from telephone.cli.doctor import examine
from telephone.domain.budgets import Caps
from telephone.domain.calls import Answer, Ticket
from telephone.domain.games import GameRequest, GameState, Pair, Prompt
from telephone.errors import BadOutput, OverBudget, Refused
from telephone.exports.game_json import record
from telephone.games.admission import StartRequest
from telephone.providers import failures
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
async def running(tmp_path):
    async with running_app(tmp_path, text_usd=READ) as opened:
        yield opened


async def taken(running) -> float:
    return (await running.app.servers.budget(GUILD))["server"].taken_usd


async def settled(running, amount: float) -> None:
    """Until the server's day holds this amount."""
    async with asyncio.timeout(LIMIT):
        while await taken(running) != pytest.approx(amount, abs=1e-9):
            await asyncio.sleep(0.05)


async def played(running, asked=ASKED):
    return await running.app.games.closed((await running.app.games.start(asked)).id, timeout=LIMIT)


async def test_the_most_is_reserved_at_the_start_and_what_was_spent_stays(running):
    running.provider.delay = 0.1
    game = await running.app.games.start(ASKED)
    assert game.costs.reserved == pytest.approx(3 * 2 * PAINTED + 4 * 9 * READ)
    assert await taken(running) == pytest.approx(game.costs.reserved)
    done = await running.app.games.closed(game.id, timeout=LIMIT)
    assert done.costs.scoring == pytest.approx(4 * READ)
    assert done.cost_usd == pytest.approx(3 * (PAINTED + SEEN) + 4 * READ)
    assert await taken(running) == pytest.approx(done.cost_usd)


async def test_a_text_is_paid_for_once(running):
    await played(running)
    again = await played(running)
    assert again.costs.scoring == 0


async def test_a_start_that_does_not_fit_is_refused_and_nothing_is_stored(running):
    await running.app.servers.budget(GUILD, "member", usd=0.2)
    await running.app.games.start(ASKED)
    with pytest.raises(OverBudget, match="refills at 00:00 UTC"):
        await running.app.games.start(ASKED)
    assert len(await running.app.games.recent(GUILD)) == 1


async def test_a_budget_of_nothing_still_lets_free_games_be_played(running):
    await running.app.servers.budget(GUILD, "server", usd=0)
    with pytest.raises(OverBudget, match="choose free models"):
        await running.app.games.start(ASKED)
    game = await at_no_price(running).start(ASKED)
    assert game.is_free
    assert (await running.app.games.closed(game.id, timeout=LIMIT)).costs.scoring == 0


async def test_a_game_whose_players_are_free_reserves_what_measuring_it_may_cost(running):
    game = await at_no_price(running).start(ASKED)
    assert game.costs.reserved == pytest.approx(4 * 9 * READ)


def at_no_price(running):
    """The service, had the painter no price."""
    players = running.app.models.players
    painter = players.registry.table("painter").model_copy(update={"price_usd": 0.0})
    registry = replace(players.registry, tables={**players.registry.tables, "painter": painter})
    admission = replace(running.app.games.admission, players=replace(players, registry=registry))
    return replace(running.app.games, admission=admission)


async def test_again_reserves_again(running):
    await running.app.servers.budget(GUILD, "member", usd=0.2)
    game = await played(running)
    with pytest.raises(OverBudget):
        await running.app.games.again(game.id, by=ALICE, channel_id=1, server=GUILD)


async def test_an_answer_that_is_not_played_is_paid_for(running):
    running.provider.faults = [BadOutput("painter drew nothing.")]
    game = await played(running)
    assert game.costs.unused == PAINTED
    assert game.cost_usd == pytest.approx(4 * PAINTED + 3 * SEEN + 4 * READ)


async def test_a_refusal_costs_nothing(running):
    running.provider.faults = [Refused("painter declined these words.", "violence")]
    game = await played(running)
    assert (game.state, game.cost_usd) == (GameState.FAILED, 0)
    assert await taken(running) == 0


async def test_stopping_keeps_what_the_call_under_way_may_cost_and_lets_go_of_the_rest(running):
    running.provider.delay = 60
    game = await running.app.games.start(ASKED)
    while not running.provider.submitted:
        await asyncio.sleep(0.02)
    await running.app.games.stop(game.id, by=ALICE, is_host=False, server=GUILD)
    await settled(running, PAINTED)
    assert (await running.app.games.get(game.id, server=GUILD)).costs.unused == PAINTED


async def test_a_paused_game_keeps_its_reservation(running):
    running.provider.delay = 0.2
    game = await running.app.games.start(ASKED)
    await running.app.servers.pause(GUILD)
    await asyncio.sleep(0.5)
    assert await taken(running) == pytest.approx(game.costs.reserved)
    await running.app.servers.resume(GUILD)
    await running.app.games.closed(game.id, timeout=LIMIT)
    await settled(running, (await running.app.games.get(game.id, server=GUILD)).cost_usd)


async def test_what_a_crash_may_have_doubled_is_in_the_record_and_on_the_books(running, monkeypatch):
    async def doubtful(model, *_, **__):
        return Ticket("job", maybe_billed_twice=model.name == "painter")

    monkeypatch.setattr(running.provider, "submit", doubtful)
    game = await played(running, replace(ASKED, turns=1))
    summary = record(game, None)["summary"]
    assert summary["cost_usd"] == pytest.approx(PAINTED + SEEN + 2 * READ)
    assert summary["possibly_billed_twice_usd"] == pytest.approx(PAINTED)
    assert await taken(running) == pytest.approx(summary["cost_usd"] + summary["possibly_billed_twice_usd"])


async def test_an_answer_that_had_to_be_asked_for_anew_is_in_doubt_too(running, monkeypatch):
    collect = running.provider.collect

    async def doubtful(*arguments) -> Answer:
        return replace(await collect(*arguments), maybe_billed_twice=True)

    monkeypatch.setattr(running.provider, "collect", doubtful)
    game = await played(running, replace(ASKED, turns=1))
    assert game.possibly_billed_twice_usd == pytest.approx(PAINTED + SEEN)


async def test_a_game_that_was_killed_is_settled_by_whoever_plays_it_on(tmp_path):
    async with running_app(tmp_path, text_usd=READ) as running:
        running.provider.delay = 0.1
        game = await running.app.games.start(ASKED)
        while "2p" not in running.game_presenter.of(game):
            await asyncio.sleep(0.02)
        game_presenter = running.game_presenter
    async with running_app(tmp_path, game_presenter=game_presenter, text_usd=READ) as running:
        done = await running.app.games.closed(game.id, timeout=LIMIT)
        assert done.state is GameState.FINISHED
        await settled(running, done.cost_usd + done.possibly_billed_twice_usd)
        assert await taken(running) < game.costs.reserved


async def test_a_process_that_dies_right_after_the_stop_leaves_nothing_reserved(running):
    """The reservation goes in the transaction that ends the game: no moment lies between the two."""
    running.provider.delay = 60
    game = await running.app.games.start(ASKED)
    await running.store.games.move(game.id, GameState.STOPPED, only_from=[GameState.QUEUED, GameState.PLAYING])
    assert await taken(running) in (0, PAINTED)


async def test_a_hundred_starts_at_once_stay_within_the_members_day(running):
    running.provider.delay = 60

    async def start() -> bool:
        try:
            await running.app.games.start(ASKED)
        except OverBudget:
            return False
        return True

    assert sum(await asyncio.gather(*(start() for _ in range(100)))) == 4
    assert await taken(running) == pytest.approx(4 * 0.1236)


async def test_doctor_shows_what_is_taken_of_todays_budgets(tmp_path):
    settings = Settings(data_dir=tmp_path, budget_operator=1, budget_server=0.4, budget_member=0.4)
    async with await Store.open(settings.store_url) as store:
        prompt, pair = Prompt("a fox mends a clock"), Pair("painter", "critic")
        await store.games.add(GameRequest(prompt, pair, guild_id=GUILD, starter_id=ALICE), Order(0.4, settings.caps))
    findings = {finding.what: finding for finding in await examine(settings)}
    assert findings["Budget"].stands == "$0.40 of $1.00 spent or reserved today"
    assert findings[f"Budget of server {GUILD}"].health == "missing"
    assert "00:00 UTC" in findings[f"Budget of server {GUILD}"].remedy


class CutOff:
    """Bills every call for a picture, and has the step that made it cut off so many times, as a killed process is.

    What the step raises is an outage, after which it is run again from its beginning; recovery does the same.
    """

    def __init__(self, running, times: int) -> None:
        self.submit, self.left, self.billed = running.provider.submit, times, 0

    async def __call__(self, model, ask, marker, since=None) -> Ticket:
        self.billed += model.name == "painter"
        if model.name == "painter" and self.left:
            self.left -= 1
            raise ConnectionResetError
        ticket = await self.submit(model, ask, marker)
        return replace(ticket, maybe_billed_twice=since is not None)


@pytest.mark.parametrize("times", [1, 2])
async def test_every_call_that_was_cut_off_is_on_the_books(running, monkeypatch, times):
    cut_off = CutOff(running, times)
    monkeypatch.setattr(running.provider, "submit", cut_off)
    game = await played(running)
    assert game.state is GameState.FINISHED
    assert game.cost_usd == pytest.approx(3 * (PAINTED + SEEN) + 4 * READ)
    assert game.possibly_billed_twice_usd == pytest.approx(times * PAINTED)
    await settled(running, game.cost_usd + times * PAINTED)
    assert cut_off.billed == 3 + times


async def test_a_game_that_ends_while_a_call_is_cut_off_has_that_call_on_the_books(running, monkeypatch):
    cut_off = CutOff(running, 10**6)
    monkeypatch.setattr(running.provider, "submit", cut_off)
    game = await running.app.games.start(ASKED)
    async with asyncio.timeout(LIMIT):
        while cut_off.billed < 2:
            await asyncio.sleep(0.02)
    await running.store.games.move(game.id, GameState.STOPPED, only_from=[GameState.PLAYING])
    billed = cut_off.billed * PAINTED
    assert (await running.store.games.get(game.id)).possibly_billed_twice_usd == pytest.approx(billed)
    assert await taken(running) == pytest.approx(billed)


async def test_no_call_is_made_that_the_reservation_does_not_cover_and_continue_reserves_more(running, monkeypatch):
    short = replace(ASKED, turns=1)  # two calls for the picture and two for the caption are reserved
    cut_off = CutOff(running, 10**6)
    monkeypatch.setattr(running.provider, "submit", cut_off)
    game = await running.app.games.start(short)
    async with asyncio.timeout(LIMIT):
        while (paused := await running.store.games.get(game.id)).state is not GameState.PAUSED:
            await asyncio.sleep(0.05)
    assert "possibly billed twice" in paused.reason
    assert "Continue" in paused.reason
    assert cut_off.billed * PAINTED <= paused.costs.reserved
    assert paused.possibly_billed_twice_usd <= paused.costs.reserved
    cut_off.left = 0
    await running.app.games.resume(game.id, by=ALICE, is_host=True, server=GUILD)
    done = await running.app.games.closed(game.id, timeout=LIMIT)
    assert done.state is GameState.FINISHED
    assert done.cost_usd + done.possibly_billed_twice_usd <= done.costs.reserved
    assert done.costs.reserved > paused.costs.reserved


async def test_continue_asks_the_day_for_the_rest_alone_where_more_was_spent_than_reserved(running):
    """As where a provider reports more than its table says."""
    running.provider.delay = 60
    game = await running.app.games.start(replace(ASKED, turns=1))
    async with asyncio.timeout(LIMIT):
        while not running.provider.submitted:
            await asyncio.sleep(0.02)
    store, rest = running.store, 0.1
    await store.budgets.charge(game.id, "1p/0/9", "unused", 0.5)
    spent = await taken(running)
    assert spent > game.costs.reserved
    left = Caps(operator_usd=spent + rest, server_usd=spent + rest, member_usd=spent + rest)
    await store.budgets.cover(game.id, rest, left)
    assert (await store.games.get(game.id)).costs.reserved == pytest.approx(spent + rest, abs=1e-5)
    await store.budgets.charge(game.id, "1p/0/10", "unused", rest)
    with pytest.raises(OverBudget):
        await store.budgets.cover(game.id, rest, left)


async def test_continue_reserves_no_more_than_the_day_has_left(running, monkeypatch):
    monkeypatch.setattr(running.provider, "submit", CutOff(running, 10**6))
    game = await running.app.games.start(replace(ASKED, turns=1))
    async with asyncio.timeout(LIMIT):
        while (paused := await running.store.games.get(game.id)).state is not GameState.PAUSED:
            await asyncio.sleep(0.05)
    await running.app.servers.budget(GUILD, usd=paused.costs.reserved)
    with pytest.raises(OverBudget):
        await running.app.games.resume(game.id, by=ALICE, is_host=True, server=GUILD)
    assert (await running.store.games.get(game.id)).state is GameState.PAUSED


async def test_what_a_lost_call_began_is_looked_for_after_continue_and_not_begun_again(running, monkeypatch):
    submit, begun, silent = running.provider.submit, list[str](), True

    async def lost(model, ask, marker, since=None) -> Ticket:
        if model.name != "painter":
            return await submit(model, ask, marker, since)
        if since is None:
            begun.append(marker)
        if silent:
            raise failures.lost(model)
        return replace(await submit(model, ask, marker), found=since is not None)

    monkeypatch.setattr(running.provider, "submit", lost)
    game = await running.app.games.start(replace(ASKED, turns=1))
    async with asyncio.timeout(LIMIT):
        while (paused := await running.store.games.get(game.id)).state is not GameState.PAUSED:
            await asyncio.sleep(0.05)
    assert "possibly billed twice" in paused.reason
    silent = False
    await running.app.games.resume(game.id, by=ALICE, is_host=True, server=GUILD)
    done = await running.app.games.closed(game.id, timeout=LIMIT)
    assert done.state is GameState.FINISHED
    assert len(begun) == 1, "the provider knows the call, so it is found again"

"""Old games are measured with another embedder, as a job that outlives its process."""

import asyncio
import shutil
import signal
import sqlite3
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from telephone.domain.rescores import Rescore, RescorePlan, RescoreState
from telephone.engine import outages, workflow_ids
from telephone.errors import BadInput, BadOutput, NotAllowed, NotFound, OverBudget, Unavailable
from telephone.games.admission import StartRequest
from telephone.measurement.rescore_service import BUSY
from telephone.measurement.rescoring import Outcome, Rescorer
from tests.limits import LIMIT
from tests.support.app import RunningApp, running_app
from tests.support.embedders import ColourEmbedder
from tests.support.surfaces import RecordedJobs

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
GUILD, CHANNEL, PRICE = 11, 33, 0.001


def asked(seed: int) -> StartRequest:
    return StartRequest("a fox mends a clock", "painter", "critic", turns=2, seed=seed, guild_id=GUILD, starter_id=5)


@pytest.fixture(scope="module")
def played(tmp_path_factory) -> Path:
    """A folder with four games that only letters measured."""
    folder = tmp_path_factory.mktemp("old")

    async def play() -> None:
        async with running_app(folder) as running:
            await running.app.servers.budget(GUILD, "member", usd=2)
            for seed in range(4):
                game = await running.app.games.closed((await running.app.games.start(asked(seed))).id, timeout=LIMIT)
                await is_closed(running, game.id)

    asyncio.run(play())
    return folder


async def is_closed(running: RunningApp, game_id: str) -> None:
    """Waits until a game's closing has ended: cut off, it would go on with the next application's embedder."""
    closing = [workflow_ids.closing(game_id)]
    async with asyncio.timeout(LIMIT):
        while not await running.play._with.engine.ended(closing):
            await asyncio.sleep(0.02)


@pytest.fixture
def folder(played, tmp_path) -> Path:
    """A copy of it, to go on with."""
    return Path(shutil.copytree(played, tmp_path / "old"))


async def rescore(running: RunningApp, **more) -> Rescore:
    options = {"by": 5, "channel_id": CHANNEL, "is_host": True} | more
    return await running.app.rescores.rescore(GUILD, "prism", **options)


async def over(running: RunningApp, job: Rescore) -> Rescore:
    async with asyncio.timeout(LIMIT):
        while not (now := await running.store.rescores.get(job.id)).state.is_final:
            await asyncio.sleep(0.05)
    return now


def of_the_games(name: str) -> bool:
    """Whether this text, or hash of a picture, belongs to the games and not to the scale."""
    return "wall of colour" in name or name == "a fox mends a clock" or len(name) == 64


async def lacking(running: RunningApp) -> int:
    return len(await running.store.rescores.lacking(GUILD, "prism", "1"))


async def test_old_games_are_measured_one_after_the_other_and_a_card_says_how_far(folder):
    job_presenter = RecordedJobs()
    async with running_app(folder, colours=ColourEmbedder(), job_presenter=job_presenter) as running:
        assert await lacking(running) == 4
        job = await over(running, await rescore(running))
        assert (job.state, job.measured, job.left_out) == (RescoreState.FINISHED, 4, 0)
        assert await lacking(running) == 0
        async with asyncio.timeout(LIMIT):
            while job_presenter.shown[-1][0] != "finished":
                await asyncio.sleep(0.02)
        assert job_presenter.shown[0] == ("queued", 0)
        assert job_presenter.shown[-1] == ("finished", 4)
        assert ("running", 2) in job_presenter.shown
        for game in await running.app.games.recent(GUILD):
            assert (game.embedder, all(turn.distance is not None for turn in game.turns)) == ("prism", True)


async def test_each_text_and_picture_is_embedded_once(folder):
    colours = ColourEmbedder()
    async with running_app(folder, colours=colours) as running:
        await over(running, await rescore(running))
        games = await running.app.games.recent(GUILD)
        texts = {"a fox mends a clock", *(turn.caption.text for game in games for turn in game.turns)}
        assert Counter(text for text in colours.read if text in texts) == dict.fromkeys(texts, 1)
        assert sorted(colours.seen) == sorted({turn.picture.image for game in games for turn in game.turns})


async def test_what_it_costs_at_most_is_told_reserved_and_let_go_of(folder):
    colours = ColourEmbedder()
    async with running_app(folder, colours=colours, text_usd=PRICE) as running:
        plan = await running.app.rescores.plan(GUILD, "prism", is_host=True)
        assert isinstance(plan, RescorePlan)
        # One prompt, four games of two captions and two pictures each; no text is longer than its head.
        assert (plan.games, plan.most_usd) == (4, pytest.approx((1 + 8 + 8) * PRICE))
        before = (await running.app.servers.budget(GUILD))["server"].taken_usd
        job = await rescore(running)
        assert job.reserved_usd == pytest.approx(plan.most_usd)
        done = await over(running, job)
        calls = sum(of_the_games(text) for text in colours.read) + len(colours.seen)
        assert done.spent_usd == pytest.approx(calls * PRICE)
        assert done.spent_usd <= plan.most_usd
        assert (await running.app.servers.budget(GUILD))["server"].taken_usd == pytest.approx(before + done.spent_usd)


async def test_the_scale_is_made_in_the_end_at_the_operators_expense(folder):
    colours = ColourEmbedder()
    async with running_app(folder, colours=colours, text_usd=PRICE) as running:
        plan = await running.app.rescores.plan(GUILD, "prism", is_host=True)
        calibrations = running.app.rescores.rescorer.calibrations
        assert await calibrations.of(GUILD, "prism") is None
        before = (await running.store.budgets.today(calibrations.caps))[None].taken_usd
        done = await over(running, await rescore(running))
        assert (await calibrations.of(GUILD, "prism")).embedder == "prism"
        made = sum(not of_the_games(text) for text in colours.read)
        assert plan.scale_usd == pytest.approx(made * PRICE)
        after = (await running.store.budgets.today(calibrations.caps))[None].taken_usd
        assert after - before == pytest.approx(done.spent_usd + made * PRICE)


async def test_a_plan_of_many_batches_counts_a_prompt_once(folder, monkeypatch):
    monkeypatch.setattr("telephone.measurement.rescoring.BATCH", 1)
    async with running_app(folder, colours=ColourEmbedder(), text_usd=PRICE) as running:
        plan = await running.app.rescores.plan(GUILD, "prism", is_host=True)
        assert (plan.games, plan.most_usd) == (4, pytest.approx((1 + 8 + 8) * PRICE))


async def test_one_that_does_not_fit_the_day_is_refused(folder):
    colours = ColourEmbedder()
    async with running_app(folder, colours=colours, text_usd=PRICE) as running:
        await running.app.servers.budget(GUILD, usd=0.001)
        with pytest.raises(OverBudget, match="more than"):
            await rescore(running)
        assert colours.read == []
        assert await running.store.rescores.unended() == []


async def test_a_second_one_says_that_one_is_running(folder):
    async with running_app(folder, colours=ColourEmbedder(delay=0.2)) as running:
        job = await rescore(running)
        with pytest.raises(NotAllowed) as refused:
            await rescore(running)
        assert refused.value.sentence.startswith(BUSY[:42].format(label="prism"))
        await over(running, job)
        with pytest.raises(BadInput, match="nothing to do"):
            await rescore(running)


async def test_only_who_may_manage_the_server_begins_one_and_only_with_an_embedder_that_is_ready(folder):
    async with running_app(folder, colours=ColourEmbedder()) as running:
        with pytest.raises(NotAllowed):
            await rescore(running, is_host=False)
        with pytest.raises(NotFound, match="abacus"):
            await running.app.rescores.plan(GUILD, "abacus", is_host=True)


async def test_it_is_stopped_at_once_and_another_goes_on_with_the_rest(folder):
    colours = ColourEmbedder(delay=0.3)
    async with running_app(folder, colours=colours) as running:
        job = await rescore(running)
        async with asyncio.timeout(LIMIT):
            while (await running.store.rescores.get(job.id)).measured == 0:
                await asyncio.sleep(0.02)
        colours.delay = 60
        with pytest.raises(NotAllowed):
            await running.app.rescores.stop(job.id, by=6, is_host=False, server=job.guild_id)
        stopped = await running.app.rescores.stop(job.id, by=5, is_host=False, server=job.guild_id)
        left = await lacking(running)
        assert (stopped.state, left) == (RescoreState.STOPPED, 4 - stopped.measured)
        with pytest.raises(BadInput, match="ended already"):
            await running.app.rescores.stop(job.id, by=5, is_host=False, server=job.guild_id)
        await asyncio.sleep(1.5)
        colours.delay = 0.0
        done = await over(running, await rescore(running))
        assert (done.games, done.measured) == (left, left)


async def test_a_game_of_which_the_embedder_makes_nothing_is_left_out_and_said(folder):
    colours = ColourEmbedder(faults=[BadOutput("prism answered nonsense.")])
    async with running_app(folder, colours=colours) as running:
        job = await over(running, await rescore(running))
        assert (job.state, job.measured, job.left_out) == (RescoreState.FINISHED, 3, 1)


async def test_an_embedder_that_stays_away_ends_it_with_the_reason(folder):
    colours = ColourEmbedder(faults=[Unavailable("prism sleeps")] * 1_000)
    async with running_app(folder, colours=colours, deadline=0.5) as running:
        job = await over(running, await rescore(running))
        assert job.state is RescoreState.FAILED
        assert "prism" in job.reason
        colours.faults = []
        assert (await over(running, await rescore(running))).measured == 4


async def test_a_pause_holds_it_and_the_end_of_the_pause_lets_it_go_on(folder):
    colours = ColourEmbedder(delay=0.1)
    async with running_app(folder, colours=colours) as running:
        job = await rescore(running)
        async with asyncio.timeout(LIMIT):
            while (await running.store.rescores.get(job.id)).measured == 0:
                await asyncio.sleep(0.02)
        await running.app.servers.pause(GUILD)
        await asyncio.sleep(1.5)
        read = len(colours.read)
        await asyncio.sleep(1.0)
        assert len(colours.read) == read
        await running.app.servers.resume(GUILD)
        assert (await over(running, job)).state is RescoreState.FINISHED


@pytest.mark.parametrize("down", ["rescores.count_game", "vectors.put"])
async def test_an_outage_of_the_store_ends_it_not_and_no_text_is_paid_for_twice(folder, monkeypatch, down):
    monkeypatch.setattr(outages, "LONGEST_PAUSE", 0.2)
    colours = ColourEmbedder()
    async with running_app(folder, colours=colours, text_usd=PRICE) as running:
        part, name = down.split(".")
        queries, times = type(getattr(running.store, part)), 3
        query = getattr(queries, name)

        async def failing(self, *arguments, **options):
            nonlocal times
            if times:
                times -= 1
                raise sa.exc.OperationalError("SELECT 1", {}, psycopg.errors.lookup("57P03")("starting up"))
            return await query(self, *arguments, **options)

        monkeypatch.setattr(queries, name, failing)
        done = await over(running, await rescore(running))
        assert (done.state, done.measured) == (RescoreState.FINISHED, 4)
        assert times == 0
        assert set(Counter(text for text in colours.read if of_the_games(text)).values()) == {1}


async def test_a_card_that_cannot_be_shown_stops_nothing(folder):
    job_presenter = RecordedJobs(faults=[ValueError("no such colour")] * 20)
    async with running_app(folder, colours=ColourEmbedder(), job_presenter=job_presenter) as running:
        assert (await over(running, await rescore(running))).state is RescoreState.FINISHED


async def test_a_bot_that_is_closed_in_between_goes_on_and_embeds_nothing_twice(folder):
    first, second, job_presenter = ColourEmbedder(delay=0.1), ColourEmbedder(), RecordedJobs()
    async with running_app(folder, colours=first, job_presenter=job_presenter) as running:
        job = await rescore(running)
        async with asyncio.timeout(LIMIT):
            while (await running.store.rescores.get(job.id)).measured == 0:
                await asyncio.sleep(0.02)
    async with running_app(folder, colours=second, job_presenter=job_presenter) as running:
        done = await over(running, job)
        assert (done.state, done.measured) == (RescoreState.FINISHED, 4)
    texts = Counter([text for text in first.read + second.read if "colour" in text])
    assert set(texts.values()) == {1}
    assert [state for state, _ in job_presenter.shown].count("queued") == 1, "one card"


async def test_a_terminal_beside_the_bot_works_on_it_alone_and_hands_it_over(folder):
    colours = ColourEmbedder(delay=0.1)
    async with running_app(folder, colours=colours) as running:
        rescorer: Rescorer = running.app.rescores.rescorer
        plan = await rescorer.plan(GUILD, "prism")
        job, mine = await rescorer.begin(plan)
        assert mine

        async def told(_: Rescore) -> None: ...

        task = asyncio.create_task(rescorer.work(job.id, "terminal", told))
        async with asyncio.timeout(LIMIT):
            while (await running.store.rescores.get(job.id)).measured == 0:
                await asyncio.sleep(0.02)
        with pytest.raises(NotAllowed, match="being measured with prism already"):
            await rescore(running)
        assert await rescorer.work(job.id, "another", told) is Outcome.HELD
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        gone_on = await rescore(running)
        assert (gone_on.id, gone_on.channel_id) == (job.id, CHANNEL)
        assert (await over(running, gone_on)).measured == 4


def kept(folder: Path) -> int:
    """How many vectors of prism's are in the store."""
    with closing(sqlite3.connect(folder / "telephone.sqlite", timeout=30)) as store:
        return int(store.execute("SELECT count(*) FROM vector WHERE embedder = 'prism'").fetchone()[0])


@pytest.mark.long
@pytest.mark.timeout(400)
async def test_a_bot_that_is_killed_in_the_middle_embeds_no_text_twice(folder):
    """It is killed during calls. One that was answered but not kept yet would be made again: nobody can know of it."""
    said = folder / "embedded.txt"
    said.touch()

    def lines() -> list[str]:
        return said.read_text().splitlines()

    async def run() -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.support.rescoring", str(folder), str(said)),
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
        )

    for kills in range(1, 4):
        process = await run()
        async with asyncio.timeout(LIMIT):
            while len(lines()) < 3 * kills or kept(folder) < len(lines()):
                await asyncio.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        await process.communicate()
        assert 3 * kills <= len(lines()) < 17
    out, _ = await asyncio.wait_for((await run()).communicate(), LIMIT)
    assert out.decode().split()[-2:] == ["finished", "4"]
    counts = Counter(lines())
    assert sum(map(of_the_games, counts)) == 1 + 8 + 8
    assert max(counts.values()) == 1

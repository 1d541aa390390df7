"""The three questions asked of a server's games: recovery of what is known, agreement, and what is too early."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text

from telephone.domain.games import Level, Pair, Prompt
from telephone.errors import NotFound
from telephone.leaderboards.board import Judge
from telephone.leaderboards.insight_results import InsightQuestion
from telephone.leaderboards.insights import InsightService
from telephone.leaderboards.service import LeaderboardService
from telephone.leaderboards.wording.insights import among, best, lacking, matters_more, more_games, notes, without_one
from telephone.prompts.catalog import curated
from telephone.store import Store
from tests.support.played import CRITICS_ADD, PAINTERS_ADD, article, asked, finished, once

GUILD = 78
MINILM = Judge("minilm", "1", "MiniLM (offline)")
IMAGEBIND = Judge("imagebind", "1", "ImageBind", frozenset({"clip-prefix", "vqgan-clip", "elsewhere"}))
PROMPTS = [prompt for prompt in curated() if str(prompt.slug).endswith(("1", "2", "3"))][:10]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with await Store.open(f"sqlite:///{tmp_path / 'telephone.sqlite'}") as opened:
        yield opened


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shelf")


@pytest.fixture
async def played(store, tmp_path, shelf):
    """12 pairs on 10 prompts over 10 turns, measured by both embedders: how hard every prompt is."""
    hard = {}

    async def play():
        hard.update(await article(store, GUILD, PROMPTS, embedders=("imagebind", "minilm")))
        (shelf / "hard.json").write_text(json.dumps(hard))

    await once(tmp_path / "telephone.sqlite", shelf / "played.sqlite", play)
    return json.loads((shelf / "hard.json").read_text())


def questions(store, *judges):
    return InsightService(LeaderboardService(store, judges or (MINILM,)))


async def ask(store, *judges, **more):
    return await questions(store, *judges).answer(InsightQuestion(GUILD, **more))


async def test_the_articles_design_gives_back_what_was_put_in(store, played):
    answer = await ask(store)
    found = answer.found
    assert (answer.turn, answer.asked.embedder, answer.unmeasured) == (10, "minilm", 0)
    assert (found.games, found.prompts, found.t2i.models, found.i2t.models) == (120, 10, 3, 4)
    assert (found.t2i.best, found.i2t.best, found.verdict) == ("dalle2", "blip", "t2i")
    for factor, truth in ((found.t2i, PAINTERS_ADD), (found.i2t, CRITICS_ADD)):
        for name, effect in factor.effects:
            assert effect.low - 0.01 < truth[name] < effect.high + 0.01
    theta2 = [np.var(list(added.values()), ddof=1) for added in (PAINTERS_ADD, CRITICS_ADD)]
    assert found.difference.low < theta2[0] - theta2[1] < found.difference.high
    rows = (await questions(store).difficulties(InsightQuestion(GUILD))).prompts
    assert [row.prompt for row in rows] == sorted(played, key=lambda slug: (list(Level).index(slug[1:-4]), slug))
    assert np.mean([row.measured.low < played[row.prompt] < row.measured.high for row in rows]) >= 0.7
    assert np.corrcoef([row.measured.estimate for row in rows], [played[row.prompt] for row in rows])[0, 1] > 0.8


@pytest.mark.usefixtures("played")
async def test_turn_by_turn_critics_matter_early_and_painters_late(store):
    course = await questions(store).course(InsightQuestion(GUILD))
    assert [moment.turn for moment in course.moments] == list(range(1, 11))
    first, last = course.moments[0], course.moments[-1]
    assert first.i2t.estimate > 0.1 > first.t2i.estimate
    assert last.t2i.estimate > 0.4 > last.i2t.estimate
    assert first.difference.high < 0 < last.difference.low
    assert (await ask(store, turn=1)).found.verdict == "i2t"
    short = await questions(store).course(InsightQuestion(GUILD, turn=4))
    assert short.moments == course.moments[:4]


@pytest.mark.usefixtures("played")
async def test_sentences_say_what_was_found(store):
    found = (await ask(store)).found
    assert among(found) == "Among these 3 T2I and 4 I2T, on 10 prompts, 120 games."
    assert best(found, "t2i").startswith("Best T2I: dalle2, 0.1")
    assert "closer than the average of 3 (0." in best(found, "t2i")
    assert best(found, "t2i", shown=lambda name: name.upper()).startswith("Best T2I: DALLE2, ")
    said = matters_more(found)
    assert said.startswith("Matters more: T2I, ")
    assert "% of variation (" in said
    assert "; I2T " in said
    assert without_one(found).startswith("T2I minus I2T, as variance: 0.0")
    assert lacking(found) is None


@pytest.mark.usefixtures("played")
async def test_a_level_has_its_own_answer_and_its_own_missing_games(store):
    found = (await ask(store, level=Level.EASY)).found
    assert (found.prompts, found.games, found.verdict, found.t2i.best) == (3, 36, None, None)
    assert "too early, with 3 of 10 prompts" in found.why
    assert more_games(found, found.more_prompts) == 12 * 7
    assert lacking(found) == "Missing: 7 games of every pair, each on a prompt that it has not played."
    assert (
        best(found, "t2i") == "Best T2I: too early, with 3 of 10 prompts; dalle2 is ahead so far; about 84 more games."
    )
    assert found.t2i.effects[0][0] == "dalle2"


async def test_pairs_that_lack_games_are_named_with_how_many(store):
    for n, prompt in enumerate(PROMPTS):
        for pair in (Pair("a", "x"), Pair("b", "x"), Pair("a", "y"), Pair("b", "y")):
            if n < 8 or pair == Pair("a", "x"):
                await finished(store, asked(GUILD, pair, prompt, 1, 2), [0.3, 0.4])
    found = (await ask(store)).found
    assert found.left_out == 2
    assert "2 prompts could not connect them." in among(found)
    said = "Missing: 2 games each of a × y, b × x, b × y; each on a prompt that its pair has not played."
    assert lacking(found) == said


@pytest.mark.usefixtures("played")
async def test_a_verdict_needs_both_embedders_and_their_heads(store):
    both = IMAGEBIND, MINILM
    answer = await ask(store, *both)
    assert (answer.judge, answer.found.verdict, answer.judges) == (IMAGEBIND, "t2i", ("ImageBind", "MiniLM (offline)"))
    assert answer.kin == ("clip-prefix", "vqgan-clip")
    await change(store, "UPDATE distance SET head = 1 - distance WHERE embedder = 'minilm'")
    answer = await ask(store, *both)
    assert [one.who for one in answer.told] == [
        *("ImageBind", "MiniLM (offline)", "MiniLM (offline) on the first 75 tokens")
    ]
    assert (answer.found.verdict, answer.found.t2i.best) == ("t2i", None)
    assert notes(answer)[:3] == [
        "ImageBind alone: best T2I dalle2, best I2T blip, T2I matters more.",
        "MiniLM, offline alone: best T2I dalle2, best I2T blip, T2I matters more.",
        "MiniLM, offline on the first 75 tokens alone: best T2I vqgan-clip, best I2T mplug-owl, T2I matters more.",
    ]
    assert answer.found.t2i.why == "ImageBind and MiniLM (offline) on the first 75 tokens do not agree"
    await change(store, "UPDATE distance SET head = NULL, distance = 0.5 WHERE embedder = 'minilm'")
    answer = await ask(store, *both)
    assert (answer.found.verdict, answer.found.t2i.best, answer.found.more_prompts) == (None, None, None)
    assert answer.found.why.startswith("ImageBind has an answer, but by MiniLM (offline) the difference could")
    assert answer.told[0].found.verdict == "t2i"


@pytest.mark.usefixtures("played")
async def test_a_verdict_waits_for_an_embedder_that_measured_nothing_yet(store):
    await change(store, "DELETE FROM distance WHERE embedder = 'imagebind'")
    answer = await ask(store, IMAGEBIND, MINILM)
    assert (answer.judge, answer.found.verdict) == (MINILM, None)
    assert answer.found.why.endswith("but ImageBind has to agree and measured no game here")
    assert answer.found.difference.low > 0


async def test_a_server_without_measured_games_has_no_answer(store):
    answer = await ask(store)
    assert (answer.found, answer.turn, answer.told) == (None, 10, ())
    assert (await questions(store).course(InsightQuestion(GUILD))).moments == ()
    assert (await questions(store).difficulties(InsightQuestion(GUILD))).prompts == ()


async def test_free_prompts_and_other_servers_are_not_asked(store):
    free = Prompt("my own words")
    await finished(store, asked(GUILD, Pair("a", "x"), free, 1, 2), [0.3, 0.4])
    await finished(store, asked(GUILD + 1, Pair("a", "x"), PROMPTS[0], 1, 2), [0.3, 0.4])
    assert (await ask(store)).found is None


async def test_an_embedder_that_measured_nothing_is_not_known(store):
    with pytest.raises(NotFound, match="No game here is measured with 'clip'"):
        await ask(store, embedder="clip")


async def test_answers_are_kept_until_games_change_them(store):
    await article(store, GUILD, PROMPTS[:2], turns=2)
    asking = questions(store)
    first = await asking.answer(InsightQuestion(GUILD))
    assert await asking.answer(InsightQuestion(GUILD)) is first
    await finished(store, asked(GUILD, Pair("dalle2", "blip"), PROMPTS[3], 1, 2), [0.3, 0.4])
    assert (await asking.answer(InsightQuestion(GUILD))).found.games == first.found.games + 1


async def change(store, sql):
    """Rewrites what was measured, and makes it look newly measured, as a rescore would."""
    async with store.scores._database.writing() as session:
        await session.execute(text(sql))

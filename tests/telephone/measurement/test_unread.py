"""Texts that the embedder cannot read have no distance, and their games are on no board by it."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from sqlalchemy import text as sql

from telephone.domain.calibration import Redrawn
from telephone.domain.games import GameRequest, GameState, Kind, Pair, Prompt, Step, StepKey
from telephone.exports.game_json import record
from telephone.leaderboards.board import BoardRequest, Judge
from telephone.leaderboards.insight_results import InsightQuestion
from telephone.leaderboards.insights import InsightService
from telephone.leaderboards.service import LeaderboardService
from telephone.leaderboards.wording.board import notes, nothing_here
from telephone.measurement.calibration import _near
from telephone.measurement.distances import GameMeasurer
from telephone.measurement.embedding_cache import CachedEmbedder
from telephone.media.images import Pictures
from telephone.models.minilm import MiniLM
from telephone.scoring.drift import drift_of
from telephone.store import Pool, Store

CONTRACT = json.loads((Path(__file__).parents[2] / "contracts" / "game.schema.json").read_text())
GUILD, PAIR = 7, Pair("doodles", "spotter-hazy")
FOXES, CARS = "🦊🕰️🧶", "🚗🌧️🏙️"


class Bench:
    def __init__(self, store: Store, folder: Path) -> None:
        self.store = store
        self.embedder = CachedEmbedder(store, Pictures.at(f"file://{folder}"), MiniLM())
        self.measure = GameMeasurer({"minilm": self.embedder})
        self.judge = Judge("minilm", MiniLM().version, "MiniLM (offline)")
        self.boards = LeaderboardService(store, (self.judge,))

    async def game(self, prompt, *captions, seed=1):
        """A finished game with these captions, measured."""
        request = GameRequest(Prompt(prompt), PAIR, turns=len(captions), seed=seed, guild_id=GUILD)
        game = await self.store.games.add(request)
        await self.store.games.move(game.id, GameState.PLAYING, only_from=(GameState.QUEUED,))
        for n, text in enumerate(captions, 1):
            await self.store.steps.keep(game.id, Step(StepKey(n, Kind.PICTURE), PAIR.t2i, seed=1, image="0" * 64))
            await self.store.steps.keep(game.id, Step(StepKey(n, Kind.CAPTION), PAIR.i2t, seed=1, text=text, raw=text))
        await self.store.games.move(game.id, GameState.FINISHED, only_from=(GameState.PLAYING,))
        found = await self.measure.measure(await self.store.games.get(game.id), "minilm")
        game = await self.store.games.get(game.id)
        assert drift_of(game) == found
        return game

    async def board(self):
        return await self.boards.board(BoardRequest(GUILD, embedder="minilm", prompts="free", turns=2))


@pytest.fixture
async def bench(tmp_path):
    async with await Store.open(f"sqlite:///{tmp_path / 'telephone.sqlite'}") as store:
        yield Bench(store, tmp_path / "pictures")


@pytest.mark.parametrize(("prompt", "caption"), [(FOXES, CARS), ("ក្រុងភ្នំពេញគឺស្អាត", "ឆ្មាកំពុងដេកលើគ្រែ")])
async def test_texts_without_known_words_are_not_the_same(bench, prompt, caption):
    game = await bench.game(prompt, caption, caption)
    found = drift_of(game)
    assert (found.distances, found.step_distances) == ((None, None), (None, None))
    assert (found.final_distance, found.mcd, found.biggest_jump, found.unread) == (None, None, None, (1, 2))
    assert game.embedder == "minilm"
    document = json.loads(json.dumps(record(game, found)))
    assert [turn["distance"] for turn in document["turns"]] == [None, None]
    assert document["summary"]["unread_turns"] == [1, 2]
    assert [row["text_after_dist"] for row in document["steps"]] == [None, None]
    assert list(Draft202012Validator(CONTRACT).iter_errors(document)) == []
    assert await bench.embedder.kept([prompt, caption]) == {}, "what cannot be read is not embedded"


@pytest.mark.parametrize(
    ("prompt", "caption"),
    [
        ("🦊 cat", "🚗 cat"),
        ("a fox 🦊🕰️🧶", "a fox 🚗🌧️🏙️"),
        ("red 猫", "red 车"),
        ("a photo of 猫 and 鴉", "a photo of 车 and 鷺"),
    ],
)
async def test_texts_that_differ_only_in_unknown_words_are_not_the_same(bench, prompt, caption):
    game = await bench.game(prompt, prompt, caption, caption)
    found = drift_of(game)
    assert found.distances == (pytest.approx(0, abs=1e-6), None, None)
    assert found.step_distances == (pytest.approx(0, abs=1e-6), None, pytest.approx(0, abs=1e-6))
    assert (found.final_distance, found.mcd, found.unread) == (None, None, (2, 3))
    async with bench.store._database.reading() as session:
        heads = [row.head for row in await session.execute(sql("SELECT head FROM distance ORDER BY turn"))]
    assert heads == [pytest.approx(0, abs=1e-6), None, None]
    assert (await bench.board()).is_empty
    assert list(Draft202012Validator(CONTRACT).iter_errors(json.loads(json.dumps(record(game, found))))) == []


async def test_one_text_between_others_leaves_a_gap_and_nothing_else(bench):
    found = drift_of(await bench.game("a fox mends a clock", "a fox and a clock", FOXES, "a fox", "two foxes"))
    assert [distance is None for distance in found.distances] == [False, True, False, False]
    assert [step is None for step in found.step_distances] == [False, True, True, False]
    whole = drift_of(await bench.game("a fox mends a clock", "a fox and a clock", "a cat", "a fox", "two foxes"))
    assert (found.distances[2], found.final_distance) == (whole.distances[2], whole.final_distance)
    assert (found.mcd, found.unread) == (None, (2,))
    assert found.biggest_jump[0] in (1, 4), "a rise over a gap is no turn's"


async def test_a_prompt_that_is_not_read_leaves_the_steps_between_captions(bench):
    found = drift_of(await bench.game(FOXES, "a fox", "two foxes"))
    assert found.distances == (None, None)
    assert [step is None for step in found.step_distances] == [True, False]


async def test_such_games_are_on_no_board_and_are_told_apart_from_unmeasured_ones(bench):
    for seed in (1, 2):
        await bench.game(FOXES, CARS, CARS, seed=seed)
    board = await bench.board()
    assert (board.is_empty, board.unmeasured, board.unread) == (True, 0, 2)
    assert nothing_here(board) == "This embedder cannot read the words of the games on a free prompt here."
    await bench.game("a fox", "a fox", "a clock")
    await bench.game("a dog", FOXES, "a dog")
    board = await bench.board()
    (row,) = board.rows
    assert (row.distance.games, board.unmeasured, board.unread) == (1, 0, 3)
    assert "3 games are left out: MiniLM (offline) cannot read the words." in notes(board)
    report = await bench.store.pairs.of(Pool(GUILD, free=True), PAIR, "minilm", MiniLM().version)
    assert [game.words for game in report] == ["a fox"]
    counts = bench.store.pairs.unread, bench.store.pairs.unmeasured
    assert [await count(Pool(GUILD, free=True), PAIR, "minilm", MiniLM().version) for count in counts] == [3, 0]


async def test_it_stays_off_the_board_whatever_is_decided_about_it_later(bench):
    game = await bench.game(FOXES, CARS, CARS)
    await bench.store.games.move(game.id, GameState.PAUSED, only_from=(GameState.FINISHED,))
    await bench.store.games.move(game.id, GameState.FINISHED, only_from=(GameState.PAUSED,))
    assert (await bench.board()).unread == 1
    assert await bench.store.scores.measured(Pool(GUILD, free=True), "minilm", MiniLM().version, 1) == []


async def test_insights_do_not_count_it_as_not_measured(bench):
    await bench.game(FOXES, CARS, CARS)
    answer = await InsightService(bench.boards).answer(InsightQuestion(GUILD, embedder="minilm", turn=2))
    assert answer.unmeasured == 0


async def test_it_is_measured_and_a_rescore_does_not_begin_anew(bench):
    await bench.game(FOXES, CARS, CARS)
    assert await bench.store.rescores.lacking(GUILD, "minilm", MiniLM().version) == []


async def test_captions_that_cannot_be_read_calibrate_nothing(bench):
    await bench.embedder.embed_texts([FOXES, CARS, "a fox", "a red fox"])  # as versions did that measured them
    for captions in ((FOXES, CARS), (FOXES, "a fox")):
        redrawn = [Redrawn(PAIR, f"prompt {n}", captions) for n in range(20)]
        assert await _near(bench.embedder, "", redrawn) is None
    redrawn = [Redrawn(PAIR, f"prompt {n}", ("a fox", FOXES, "a red fox")) for n in range(20)]
    found = await _near(bench.embedder, "", redrawn)
    assert found.spread.quartiles.median > 0.05


async def test_games_are_not_set_beside_one_whose_end_is_not_known(bench):
    known, unknown = await bench.game("a fox", "a fox"), await bench.game("a fox", FOXES)
    assert await bench.store.distances.ends([known.id, unknown.id]) == {}
    assert (await bench.store.distances.ends([known.id]))["minilm"].keys() == {known.id}


async def test_the_beginning_of_a_long_text_is_judged_by_itself(bench):
    game = await bench.game("a fox mends a clock", f"{FOXES} " * 80 + "a fox mends a clock " * 60)
    version = MiniLM().version
    assert game.turns[0].distance is not None
    async with bench.store._database.reading() as session:
        rows = list(await session.execute(sql("SELECT head, distance, version FROM distance")))
    assert [(row.head, row.version) for row in rows] == [(None, version)]

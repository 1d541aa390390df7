"""One pair on a server: what its games say together, and what is said where they do not suffice."""

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from telephone.cli.json_documents import pair_document
from telephone.domain.budgets import Caps
from telephone.domain.games import Game, GameRequest, GameState, Kind, Level, Pair, Prompt, Step, StepKey
from telephone.errors import NotFound
from telephone.leaderboards.pair_report import PairReports, PairRequest
from telephone.leaderboards.wording.pair import NONE_YET, sentences
from telephone.measurement.calibration import Calibrations
from telephone.measurement.distances import GameMeasurer
from telephone.measurement.embedding_cache import CachedEmbedder
from telephone.media.images import Pictures, verify
from telephone.models.registry import Registry
from telephone.scoring.attribution import Shares
from telephone.store import Store
from tests.support.embedders import LetterEmbedder
from tests.support.pictures import paint

pytestmark = pytest.mark.slow

GUILD, PAIR, TURNS, BOTH = 7, Pair("a", "b"), 10, ("mind", "letters")
SCHEMA = json.loads((Path(__file__).parents[2] / "contracts" / "pair.schema.json").read_text())


class Mind:
    """An embedder that is told what every text and picture means; what it was never told means what its letters say.

    `keeps` is how much of the prompt's meaning is left in each.
    """

    name, version, dimensions, window = "mind", "1", 1000, 500

    def __init__(self) -> None:
        self.meanings: dict[str, np.ndarray] = {}
        self.rng = np.random.default_rng(1)

    def tokens(self, text: str) -> int:
        return len(text.split())

    def fresh(self) -> np.ndarray:
        vector = self.rng.normal(0, 1, self.dimensions)
        return vector / np.linalg.norm(vector)

    def means(self, name: str, meaning: np.ndarray, keeps: float) -> np.ndarray:
        vector = keeps * meaning + np.sqrt(1 - keeps**2) * self.fresh()
        self.meanings[name] = vector / np.linalg.norm(vector)
        return self.meanings[name]

    async def embed_texts(self, texts):
        return np.array([self.meanings.setdefault(text, self.fresh()) for text in texts], np.float32)


class SeeingMind(Mind):
    async def embed_pictures(self, images):
        return np.array([self.meanings[image.sha256] for image in images], np.float32)


class Bench:
    def __init__(self, store: Store, pictures: Pictures, mind: Mind) -> None:
        self.store, self.pictures, self.mind = store, pictures, mind
        letters = LetterEmbedder()
        embedders = {"mind": CachedEmbedder(store, pictures, mind), "letters": CachedEmbedder(store, pictures, letters)}
        self.measure = GameMeasurer(embedders, "mind", "letters")
        self.calibrations = Calibrations(store, self.measure, Caps(), fresh_s=0)
        self.pairs = PairReports(store, self.measure, self.calibrations, Registry.load(["offline"]))

    async def game(
        self,
        prompt: Prompt,
        keeps,
        *,
        seed: int = 1,
        pair: Pair = PAIR,
        measured: tuple[str, ...] = BOTH,
    ) -> Game:
        """A game of whose prompt `keeps` is left, picture and caption in turn."""
        mind = self.mind
        meaning = mind.meanings.setdefault(prompt.text, mind.fresh())
        request = GameRequest(prompt, pair, turns=len(keeps) // 2, seed=seed, guild_id=GUILD)
        game = await self.store.games.add(request)
        for n, (drawn, said) in enumerate(zip(keeps[::2], keeps[1::2], strict=True), 1):
            image = verify(paint(f"{prompt.text}/{seed}/{n}"))
            text = f"{prompt.text} {seed} {n}"
            mind.means(image.sha256, meaning, drawn)
            mind.means(text, meaning, said)
            await self.pictures.put(image)
            await self.store.steps.keep(game.id, Step(StepKey(n, Kind.PICTURE), pair.t2i, seed=1, image=image.sha256))
            await self.store.steps.keep(game.id, Step(StepKey(n, Kind.CAPTION), pair.i2t, seed=1, text=text, raw=text))
        await self.store.games.move(game.id, GameState.FINISHED, only_from=[GameState.QUEUED])
        for name in measured:
            await self.measure.measure(await self.store.games.get(game.id), name)
        return await self.store.games.get(game.id)

    async def games(self, prompts: int, painter: float, teller: float, **more) -> None:
        """One game on each of some prompts, each step keeping these parts of what it was given."""
        for n in range(prompts):
            keeps, left = [], 0.9
            for part in (painter, teller) * TURNS:
                left *= part
                keeps.append(left)
            await self.game(Prompt(f"prompt number {n}", Level.EASY if n % 2 else Level.HARD, f"#p-{n}"), keeps, **more)

    async def drift(self, **changes):
        found = await self.pairs.drift(replace(PairRequest(PAIR, GUILD), **changes))
        document = json.loads(json.dumps(pair_document(found), allow_nan=False))
        jsonschema.validate(document, SCHEMA)
        return found


@pytest.fixture
async def bench(tmp_path, mind):
    async with await Store.open(f"sqlite:///{tmp_path / 'telephone.sqlite'}") as store:
        yield Bench(store, Pictures.at(f"file://{tmp_path / 'pictures'}"), mind())


seeing = pytest.mark.parametrize("mind", [SeeingMind], ids=["seeing"])
blind = pytest.mark.parametrize("mind", [Mind], ids=["blind"])


@seeing
async def test_all_that_is_known_of_a_pair_is_told(bench):
    await bench.games(12, painter=0.75, teller=0.97)
    found = await bench.drift()
    assert (found.games, found.course.prompts, found.course.turns, found.unmeasured) == (12, 12, TURNS, 0)
    truth = 1 - 0.9 * (0.75 * 0.97) ** np.arange(1, TURNS + 1)
    assert [one.value for one in found.course.curve] == pytest.approx(truth, abs=0.06)
    assert found.course.captions.value == pytest.approx(float(1 - truth.mean()), abs=0.03)
    assert found.course.pictures.value > found.course.captions.value
    assert found.course.decay.best.shape == "exponential"
    assert found.shares.t2i.low > found.shares.i2t.high, "the painter lost more"
    assert found.resting.games == 12
    told = sentences(found)
    assert told[0] == "12 games of 10 turns on 12 prompts."
    for beginning in ("At turn 10 its", "Mean Cumulative Drift, a", "Decay: exp", "Rest: ", "Blame: of what"):
        assert sum(sentence.startswith(beginning) for sentence in told) == 1


@blind
async def test_an_embedder_without_eyes_blames_nobody_and_says_why(bench):
    await bench.games(3, painter=0.8, teller=0.9)
    found = await bench.drift()
    assert found.course.pictures is None
    assert found.shares == Shares(None, None, 3, "mind sees no pictures, so it cannot tell which step lost the prompt")
    assert sentences(found)[-1] == f"Blame: {found.shares.why}."


@seeing
async def test_blame_is_refused_with_a_reason_where_prompts_are_few_or_pictures_are_gone(bench):
    await bench.games(4, painter=0.8, teller=0.9)
    assert "4 prompts are too few" in (await bench.drift()).shares.why
    lost = await bench.game(Prompt("lost", slug="#lost"), [0.9] * 4, pair=Pair("c", "d"), measured=("letters",))
    for turn in lost.turns:
        await bench.pictures.delete(turn.picture.image)
    await bench.measure.measure(lost, "mind")
    found = await bench.drift(pair=Pair("c", "d"))
    assert found.shares.why == "the pictures of these games are not all measured by mind yet"


@blind
async def test_games_that_rest_and_such_that_take_turns_are_counted_with_those_that_do_neither(bench):
    async def line(n: int, *meanings: np.ndarray) -> None:
        game = await bench.game(Prompt(f"p {n}", slug=f"#p-{n}"), [0.5] * 2 * len(meanings), measured=())
        for turn, meaning in zip(game.turns, meanings, strict=True):
            bench.mind.means(turn.caption.text, meaning, 0.995)
        await bench.measure.measure(game, "mind")

    one, other = bench.mind.fresh(), bench.mind.fresh()
    for n in range(3):
        await line(n, bench.mind.fresh(), *[one] * 6)
    await line(3, *[one, other] * 3, one)
    await line(4, *(bench.mind.fresh() for _ in range(7)))
    # What ships as redraws means nothing to this mind, so the scale is made of redraws of its own.
    for n in range(5):
        for seed in range(3):
            game = await bench.game(Prompt(f"again {n}"), [0.9, 0.9], seed=seed, measured=())
            bench.mind.means(game.turns[0].caption.text, bench.mind.meanings[f"again {n}"], 0.97)
            await bench.measure.measure(game, "mind")
    found = await bench.drift()
    assert (found.resting.games, found.resting.rested, found.resting.cycles) == (5, 4, 1)
    assert found.resting.median == 3
    (told,) = [sentence for sentence in sentences(found) if sentence.startswith("Rest")]
    assert told == (
        "Rest: 4 of 5 games came to rest, half of the 5 by turn 3; in 1 of them two captions take turns; "
        "1 had not by its last turn."
    )


@blind
async def test_levels_lengths_and_what_is_not_measured_are_kept_apart(bench):
    await bench.games(4, painter=0.9, teller=0.9)
    await bench.game(Prompt("short", Level.EASY, "#short"), [0.5, 0.5])
    await bench.game(Prompt("unmeasured", Level.EASY, "#new"), [0.5] * 2 * TURNS, measured=())
    await bench.game(Prompt("a free one"), [0.5] * 2 * TURNS)
    found = await bench.drift()
    assert (found.games, found.shorter, found.unmeasured) == (4, 1, 1)
    told = sentences(found)
    assert "1 shorter game is left out." in told
    assert "1 game is not measured by mind yet; /telephone-admin rescore does it." in told
    free = await bench.drift(free=True)
    assert sentences(free)[0] == "1 game of 10 turns on 1 free prompt, provisional."
    hard = await bench.drift(level=Level.HARD)
    assert (hard.games, hard.course.prompts) == (2, 2)
    assert sentences(hard)[0] == "2 games of 10 turns on 2 hard prompts, provisional."


@blind
async def test_a_pair_that_never_played_and_an_embedder_that_is_not_there(bench):
    found = await bench.drift()
    assert (found.course, sentences(found)) == (None, (NONE_YET.format(kind="curated"),))
    with pytest.raises(NotFound, match="abacus"):
        await bench.drift(embedder="abacus")


@blind
async def test_without_games_by_the_primary_the_other_embedder_answers(bench):
    await bench.game(Prompt("a", slug="#a"), [0.9] * 4, measured=("letters",))
    assert (await bench.drift()).embedder == "letters"
    asked = await bench.drift(embedder="mind")
    assert (asked.embedder, asked.course, asked.unmeasured) == ("mind", None, 1)
    assert sentences(asked)[1:] == ("1 game is not measured by mind yet; /telephone-admin rescore does it.",)

"""Cog containers: the same models on hardware of one's own, for nothing."""

import asyncio
from collections.abc import Iterator

import pytest

from telephone.domain.calls import Ask, Ticket
from telephone.errors import BadOutput, Misconfigured, Refused, Unavailable, Waking
from telephone.models.players import caption_of, picture_of
from telephone.providers.cog import Cog
from telephone.providers.rate_limit import Limit
from telephone.retry import with_patience
from tests.limits import LIMIT
from tests.standin_providers import says, slow
from tests.support.containers import needs_cog, running

PREDICT = "/predictions"


@pytest.fixture
def artist(apis, table):
    drawn = {"input": {"prompt": "$prompt", "seed": "$seed"}, "output": "uris"}
    return table(provider="cog", url=apis.url, **drawn)


async def play(adapter, model, ask):
    return await adapter.collect(model, ask, await adapter.submit(model, ask, "m"))


async def patiently(adapter, model, ask):
    """As a game asks: a container that is still busy, with its start perhaps, is asked again."""
    return await with_patience(lambda: play(adapter, model, ask), deadline=30, who=model.name)


async def test_a_row_of_replicate_plays_on_a_container_by_its_provider_and_url_alone(cog, apis, tables, words):
    row = tables.table("stable-diffusion")
    own = row.model_copy(update={"provider": "cog", "url": apis.url})
    answer = await play(cog, own, words)
    assert picture_of(answer, "painter").width == 64
    assert answer.cost_usd == 0
    assert apis.asked(PREDICT)[0].body["input"] == {"prompt": "a fox mends a clock", "seed": 7}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"status": "failed", "error": "Prediction failed: NSFW content detected."}, Refused),
        ({"status": "failed", "error": "CUDA out of memory"}, Unavailable),
        ({"status": "canceled"}, BadOutput),
        ({"status": "processing"}, BadOutput),
        ({"status": "succeeded"}, BadOutput),
        ({"status": "succeeded", "output": []}, Refused),
        ({"status": "succeeded", "output": None, "logs": "seed: 7\nNSFW content detected in image 0"}, Refused),
        ({"status": "succeeded", "output": ["file:///etc/passwd"]}, BadOutput),
        ({"status": "succeeded", "output": ["http://169.254.169.254/a.png"]}, BadOutput),
        ({"status": "succeeded", "output": ["data:image/png;base64,###"]}, BadOutput),
    ],
)
async def test_each_end_with_status_200_becomes_its_error(cog, apis, artist, words, answer, expected):
    apis.next(PREDICT, says(200, answer))
    with pytest.raises(expected):
        await play(cog, artist, words)


async def test_a_busy_container_is_asked_again_later(cog, apis, artist, words):
    apis.next(PREDICT, says(409, {"error": "At capacity - all prediction slots busy", "status": "failed"}))
    with pytest.raises(Unavailable, match="busy"):
        await play(cog, artist, words)


async def test_a_container_is_asked_for_one_thing_at_a_time(apis, artist):
    adapter = Cog(limit=Limit(1, 1_000))
    apis.next(PREDICT, *[slow(0.05)] * 4)
    await asyncio.gather(*(play(adapter, artist, Ask(seed=n, text="a fox")) for n in range(4)))
    await adapter.close()
    assert apis.most_running == 1


async def test_pictures_travel_as_data_and_never_as_a_path(cog, apis, table, picture):
    teller = table(kind="i2t", provider="cog", url=apis.url, input={"image": "$image"}, output="text")
    assert (await play(cog, teller, picture)).text
    assert apis.asked(PREDICT)[0].body["input"]["image"].startswith("data:image/png;base64,")


PREDICTORS = {
    "artist": """
import tempfile, time
from cog import BasePredictor, Input, Path
from PIL import Image

class Predictor(BasePredictor):
    def predict(self, prompt: str = Input(), seed: int = Input(default=0), pause: float = Input(default=0)) -> Path:
        if "nsfw" in prompt:
            raise Exception("NSFW content detected. Try a different prompt.")
        for _ in range(int(pause / 0.05)):
            time.sleep(0.05)  # a predictor is called off between two steps
        path = tempfile.mktemp(suffix=".png")
        Image.new("RGB", (64, 64), (seed % 256, len(prompt) % 256, 9)).save(path)
        return Path(path)
""",
    "teller": """
from cog import BasePredictor, Input, Path
from PIL import Image

class Predictor(BasePredictor):
    def predict(self, image: Path = Input(), task: str = Input(default="image_captioning")) -> str:
        with Image.open(str(image)) as picture:
            return f"Caption: a square of {picture.width} pixels in colour {picture.getpixel((0, 0))}"
""",
}


@pytest.fixture(scope="module")
def containers() -> Iterator[dict[str, str]]:
    """Two real Cog servers with tiny predictors, by name."""
    with running(PREDICTORS) as urls:
        yield urls


@needs_cog
@pytest.mark.long
async def test_a_real_cog_server_draws_and_describes(cog, containers, table, words):
    inputs = {"prompt": "$prompt", "seed": "$seed"}
    artist = table(provider="cog", url=containers["artist"], input=inputs, output="uri")
    teller = table(kind="i2t", provider="cog", url=containers["teller"], input={"image": "$image"}, output="text")
    assert await cog.exists(artist) is True
    drawn = picture_of(await patiently(cog, artist, words), "painter")
    assert drawn.width == 64
    told = caption_of(await patiently(cog, teller, Ask(seed=7, image=drawn)), "critic")
    assert told.text == "a square of 64 pixels in colour (7, 19, 9)"
    with pytest.raises(Refused):
        await patiently(cog, artist, Ask(seed=7, text="nsfw"))
    with pytest.raises(BadOutput):
        await patiently(cog, artist.model_copy(update={"input": {"promt": "$prompt"}}), words)


@needs_cog
@pytest.mark.long
async def test_a_real_cog_server_says_when_it_is_busy_and_can_be_called_off(containers, table, words):
    slow_one = table(provider="cog", url=containers["artist"], input={"prompt": "$prompt", "pause": 20.0}, output="uri")
    first, second = Cog(), Cog()
    ticket = await first.submit(slow_one, words, "m")
    drawing = asyncio.create_task(first.collect(slow_one, words, ticket))
    await asyncio.sleep(1)
    with pytest.raises(Unavailable, match="busy"):
        await play(second, slow_one, words)
    await second.cancel(slow_one, ticket)
    async with asyncio.timeout(LIMIT):
        with pytest.raises(BadOutput):
            await drawing
    await second.cancel(slow_one, Ticket("nobody"))
    await first.close()
    await second.close()


@pytest.mark.parametrize(
    ("health", "known"),
    [("READY", True), ("BUSY", True), ("STARTING", None), ("SETUP_FAILED", False), ("DEFUNCT", False)],
)
async def test_a_container_answers_200_and_exists_only_when_it_says_so(cog, apis, artist, health, known):
    apis.cog_health = health
    assert await cog.exists(artist) is known


async def test_a_container_that_cannot_start_is_the_operators_to_fix_at_once(cog, apis, artist, words):
    apis.cog_health = "SETUP_FAILED"
    with pytest.raises(Misconfigured) as caught:
        await play(cog, artist, words)
    assert "no torch" in caught.value.detail


async def test_a_container_that_is_still_being_started_is_waking_up(cog, apis, artist, words):
    apis.cog_health = "STARTING"
    with pytest.raises(Waking):
        await play(cog, artist, words)


async def test_a_prediction_may_take_as_long_as_the_deadline_lets_it(cog, apis, artist, words, monkeypatch):
    monkeypatch.setattr("telephone.providers.cog.ANSWER_SECONDS", 0.2)
    apis.next(PREDICT, slow(0.6))
    assert (await play(cog, artist, words)).data

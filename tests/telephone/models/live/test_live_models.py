"""`telephone doctor --live` against the stand-in providers: each part tells what was answered, whatever that is."""

import json

import aiohttp
import pytest
from pydantic import SecretStr

from telephone.errors import BadInput
from telephone.models import live
from telephone.models.configured import providers
from telephone.models.live.schemas import compared
from telephone.models.players import Players
from telephone.models.probe import Trial
from telephone.models.registry import Registry
from telephone.settings import Settings
from tests.standin_providers import StandinApis, redirects, says

KEYS = ("sk-test-secret", "r8_testsecret")
OWN = """
[own]
kind = "t2i"
provider = "openai"
ref = "by-address"
url = "{url}/v1"
licence = "MIT"

[box]
kind = "i2t"
provider = "cog"
ref = "box"
url = "{url}"
input = {{ image = "$image" }}
output = "text"
licence = "MIT"
"""


@pytest.fixture
async def apis():
    async with StandinApis.open() as opened:
        yield opened


@pytest.fixture
def ask(apis, tmp_path):
    """Runs one part with these models; returns its rows."""
    (tmp_path / "own.toml").write_text(OWN.format(url=apis.url))
    settings = Settings(
        _env_file=None,
        data_dir=tmp_path,
        models=tmp_path / "own.toml",
        openai_api_key=SecretStr(KEYS[0]),
        openai_base_url=f"{apis.url}/v1",
        replicate_api_token=SecretStr(KEYS[1]),
        replicate_base_url=apis.url,
        download_hosts="127.0.0.1",
    )

    async def rows(part, *names, limit=10.0):
        reached = providers(settings)
        every = Registry.load(reached, settings.models)
        players = Players(Registry({name: every.tables[name] for name in names}), reached)
        answers = []
        try:
            most = await live.most_usd(settings, players, [part])
            trial = Trial(players).run
            await live.run(settings, players, [part], limit, trial=trial, rows=answers, say=lambda line: None)
        finally:
            await players.close()
        assert sum(answer.usd for answer in answers) <= most[part] + 1e-9
        told = [answer.as_json() for answer in answers]
        assert not any(key in json.dumps(told) for key in KEYS)
        return told

    return rows


def row_of(rows, asked):
    (row,) = [row for row in rows if row["asked"] == asked]
    return row


async def honest(request, handler):
    return await handler(request)


def echoing(apis, data_url=None):
    """The listing with each input as it was sent, or with a word in place of each data URL."""

    async def fault(request, handler):
        listed = json.loads((await handler(request)).body)
        for made in listed["results"]:
            sent = apis.predictions[made["id"]]["input"]
            made["input"] = {key: data_url if data_url and "data:" in str(it) else it for key, it in sent.items()}
        return aiohttp.web.json_response(listed)

    return fault


async def test_a_prediction_that_is_not_there_at_once_is_told(apis, ask):
    apis.next(r"/v1/predictions/[^/]+", *[says(404, {"detail": "not found"})] * 2)
    rows = await ask("early", "vqgan-clip")
    looked = [row["status"] for row in rows if row["asked"].startswith("GET")]
    assert looked == [404, 404, 200, 200]
    assert row_of(rows, "GET 0 ms after")["facts"]["words"] == "not found"
    assert row_of(rows, "its end")["usd"] == pytest.approx(2.0 * 0.000225)


async def test_the_input_that_the_listing_echoes_is_compared_with_ours(apis, ask):
    apis.next("/v1/predictions", *[honest, echoing(apis)] * 3)
    rows = await ask("listing", "vqgan-clip", "blip")
    assert [row["facts"]["input_same"] for row in rows if row["asked"].startswith("list")] == [True] * 3
    apis.next("/v1/predictions", honest, echoing(apis, "(removed)"), honest, echoing(apis))
    rows = await ask("listing", "blip")
    told = row_of(rows, "list, a data URL")["facts"]
    assert (told["input_same"], told["other"]) == (False, {"image": "text of 9 letters"})
    assert row_of(rows, "list, an address of /files")["facts"]["input_same"] is True


async def test_each_end_is_told_with_its_numbers(apis, ask, monkeypatch):
    monkeypatch.setattr("telephone.models.live.replicate.CANCEL_AT", 0.01)
    monkeypatch.setattr("telephone.models.live.replicate.AFTER_CANCEL", (0.0, 0.02, 0.04))
    monkeypatch.setattr("telephone.models.live.predictions._LOOK_EVERY", 0.01)
    apis.looks_until_done = 3
    failed = {"id": "x", "status": "failed", "error": "cannot identify image file", "metrics": {"predict_time": 6.0}}
    apis.next(r"/v1/predictions/[^/]+", honest, honest, honest, says(200, failed))
    rows = await ask("ends", "vqgan-clip", "blip", "sdxl")
    failure = row_of(rows, "a failure")
    assert (failure["facts"]["prediction"], failure["facts"]["error"]) == ("failed", "cannot identify image file")
    assert failure["usd"] == pytest.approx(6.0 * 0.000225)
    assert row_of(rows, "a success")["facts"]["metrics"] == {"predict_time": 2.0}
    cancel = row_of(rows, "cancel")
    assert (cancel["status"], cancel["facts"]["prediction"]) == (200, "canceled")
    sent = [
        seen.body["input"]["image"]
        for seen in apis.asked("/v1/predictions")
        if "image" in (seen.body or {}).get("input", {})
    ]
    assert len(sent) == 1


async def test_a_prediction_that_runs_too_long_is_called_off(apis, ask, monkeypatch):
    monkeypatch.setattr("telephone.models.live.predictions.PROCESSING_MAX", 0.0)
    apis.looks_until_done = 100
    rows = await ask("versions", "vqgan-clip")
    assert row_of(rows, "vqgan-clip")["facts"]["prediction"] == "canceled"


SCHEMA = {
    "components": {
        "schemas": {
            "Input": {
                "required": ["image"],
                "properties": {
                    "image": {"type": "string", "format": "uri"},
                    "task": {"allOf": [{"$ref": "#/components/schemas/task"}], "default": "image_captioning"},
                },
            },
            "task": {"enum": ["image_captioning", "visual_question_answering"], "type": "string"},
            "Output": {"type": "string"},
        }
    }
}


def changed(**inputs):
    schema = json.loads(json.dumps(SCHEMA))
    schema["components"]["schemas"]["Input"].update(inputs)
    return schema


@pytest.mark.parametrize(
    ("schema", "facts"),
    [
        (SCHEMA, {"fits": True}),
        (changed(required=["image", "question"]), {"fits": False, "missing_inputs": ["question"]}),
        (changed(properties={"img": {"type": "string"}}), {"fits": False, "unknown_inputs": ["image", "task"]}),
        (
            changed(properties={"image": {"type": "string"}, "task": {"enum": ["vqa"], "type": "string"}}),
            {"fits": False, "wrong_values": ["task: 'image_captioning' is not among ['vqa']"]},
        ),
        (
            changed(properties={"image": {"type": "integer"}, "task": {"type": "string"}}),
            {"fits": False, "wrong_values": ["image: string where integer is wanted"]},
        ),
        (
            {"components": {"schemas": {**SCHEMA["components"]["schemas"], "Output": {"type": "object"}}}},
            {"fits": False},
        ),
        ({}, {"fits": "unknown: no schema"}),
    ],
)
async def test_a_table_is_compared_with_its_versions_schema(apis, ask, schema, facts):
    apis.next(r"/v1/models/salesforce/blip/versions/.*", says(200, {"cog_version": "0.9", "openapi_schema": schema}))
    (row,) = await ask("schemas", "blip")
    assert row["status"] == 200
    assert facts.items() <= row["facts"].items()
    assert apis.billed == []


async def test_the_schema_of_a_model_without_a_version_is_that_of_its_latest(apis, ask):
    schema = {"components": {"schemas": {"Input": {"properties": {}}, "Output": {"type": "array"}}}}
    apis.next(r"/v1/models/[^/]+/flux-schnell", says(200, {"latest_version": {"openapi_schema": schema}}))
    (row,) = await ask("schemas", "flux-schnell")
    assert (row["facts"]["pinned"], row["facts"]["output"]) == (False, "array")
    assert "aspect_ratio" in row["facts"]["unknown_inputs"]


def test_our_tables_fit_the_schemas_at_hand():
    """The rules know every shape that real versions use: of the snapshot's models none is misread as unfit."""
    numbers = compared(
        Registry.load(["replicate"]).tables["sdxl"],
        {
            "components": {
                "schemas": {
                    "Input": {
                        "properties": {
                            "prompt": {"type": "string"},
                            "seed": {"type": "integer", "nullable": True},
                            "width": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
                            "height": {"type": "number"},
                            "apply_watermark": {"type": "boolean"},
                        }
                    },
                    "Output": {"type": "array", "items": {"type": "string"}},
                }
            }
        },
    )
    assert numbers["fits"] is True


async def test_a_file_is_followed_to_its_host_and_no_further_than_theirs(apis, ask):
    apis.next(r"/delivery/.*", redirects(f"{apis.url}/delivery/second.png"))
    apis.delivery["second.png"] = b"picture"
    rows = await ask("versions", "vqgan-clip")
    first, second = row_of(rows, "vqgan-clip")["facts"]["file"]
    assert (first.split(",")[0], second) == ("127.0.0.1: 302", "127.0.0.1: 200, image/png, 7 bytes")
    apis.outputs["vqgan"] = lambda _: "http://169.254.169.254/secret"
    rows = await ask("versions", "vqgan-clip")
    assert row_of(rows, "vqgan-clip")["facts"]["file"] == ["169.254.169.254: not opened"]


async def test_an_output_that_we_cannot_read_is_told(apis, ask):
    apis.outputs["blip"] = lambda _: {"caption": "a fox"}
    (row,) = await ask("versions", "blip")
    assert (row["facts"]["read_by_us"], row["facts"]["our_error"]) == (False, "BadOutput")
    assert "a fox" not in json.dumps(row)


async def test_the_length_of_vectors_is_told_as_it_comes(apis, ask):
    rows = await ask("embedding", "imagebind")
    assert row_of(rows, "imagebind: the first half")["facts"]["length"] == pytest.approx(14.2)
    assert row_of(rows, "imagebind: a picture")["facts"]["length"] == pytest.approx(1.0)
    assert row_of(rows, "imagebind: both halves")["facts"]["cosine_to_the_first_half"] < 0.999
    apis.outputs["imagebind"] = lambda vector: [1.0] + [0.0] * (len(vector) - 1)
    rows = await ask("embedding", "imagebind")
    hidden = row_of(rows, "imagebind: the same, escaped")["facts"]
    assert (hidden["length"], hidden["cosine_to_the_first_half"]) == (1.0, 1.0)


def spoken(content, finish="stop", reasoning=0):
    return {
        "choices": [{"finish_reason": finish, "message": {"role": "assistant", "content": content}}],
        "usage": {
            "prompt_tokens": 900,
            "completion_tokens": 300,
            "completion_tokens_details": {"reasoning_tokens": reasoning},
        },
    }


async def test_hidden_reasoning_and_its_end_are_told(apis, ask):
    limits = {"x_ratelimit_limit_requests": "500"}
    apis.next(
        "/v1/chat/completions",
        says(200, spoken("", "length", 300), **limits),
        says(400, {"error": {"message": f"no such value, key {KEYS[0]}", "code": "unsupported_value"}}),
        says(200, spoken("<think>hm</think> a red ball")),
        says(200, {"error": {"code": 429, "message": "slow down"}, "choices": None}),
    )
    first, *others = await ask("words", "gpt-vision")
    assert first["facts"]["finish_reason"] == "length"
    assert (first["facts"]["reasoning_tokens"], first["facts"]["content"]) == (300, "text of 0 letters")
    assert first["facts"]["x-ratelimit-limit-requests"] == "500"
    assert first["usd"] == pytest.approx((900 * 0.10 + 300 * 0.50) / 1e6)
    assert (others[0]["status"], others[0]["code"]) == (400, "unsupported_value")
    assert others[1]["facts"]["thinks_aloud"] is True
    assert others[2]["facts"]["error_in_200"] == "object with code, message"
    asked = {
        row["asked"]: seen.body for row, seen in zip([first, *others], apis.asked("/v1/chat/completions"), strict=True)
    }
    efforts = {way: body["reasoning_effort"] for way, body in asked.items() if "reasoning_effort " in way}
    assert efforts == {way: way.rpartition(" ")[2] for way in efforts}
    assert {"minimal", "low"} <= set(efforts.values())


async def test_what_the_moderation_takes_is_told(apis, ask):
    verdict = {
        "flagged": False,
        "categories": {"violence": False},
        "category_applied_input_types": {"violence": ["image"]},
    }
    apis.next(
        "/v1/moderations",
        says(429, {"error": {"code": "rate_limit_exceeded", "message": "slow"}}, Retry_After="0"),
        says(200, {"model": "omni", "results": [{**verdict, "category_applied_input_types": {"violence": ["text"]}}]}),
        says(200, {"model": "omni", "results": [verdict]}),
        says(400, {"error": {"code": "invalid_image", "message": "unsupported format"}}),
    )
    text, png, webp = await ask("moderation")
    assert (text["facts"]["checked_as"], text["facts"]["429s before"]) == (["text"], 1)
    assert png["facts"]["checked_as"] == ["image"]
    assert (webp["status"], webp["code"], webp["facts"]["words"]) == (400, "invalid_image", "unsupported format")


async def test_limits_and_the_kind_of_account_are_told(apis, ask):
    apis.next("/v1/account", says(200, {"type": "user", "username": "ada"}, RateLimit_Limit="6"))
    account, _ = await ask("account")
    assert (account["facts"]["type"], account["facts"]["ratelimit-limit"]) == ("user", "6")
    assert "ada" not in json.dumps(account)
    apis.next("/v1/models", says(200, {"data": [{"id": "gpt-6-luna"}]}), says(200, {"data": ["gpt-6-luna"]}))
    (models,) = await ask("limits", "gpt-vision", "gpt-image")
    assert list(models["facts"]["ours_not_listed"]) == ["gpt-image"]
    (odd,) = await ask("limits", "gpt-vision")
    assert odd["status"] == "unexpected shape: AttributeError"


async def test_the_state_of_a_container_is_told(apis, ask):
    apis.next("/health-check", says(200, {"status": "STARTING", "version": {"cog": "0.23.1"}}))
    apis.next("/openapi.json", says(200, {"info": {"title": "Cog", "version": "0.1"}, **changed(required=[])}))
    health, schema = await ask("cogs", "box")
    assert (health["facts"]["container"], health["facts"]["cog_version"]) == ("STARTING", "0.23.1")
    assert (schema["facts"]["fits"], schema["facts"]["version"]) == (True, "0.1")


async def test_where_a_server_of_ones_own_puts_its_picture_is_told(apis, ask):
    (row,) = await ask("servers", "own")
    assert (row["facts"]["url"], row["facts"]["asked_at"]) == ("address at 127.0.0.1", "127.0.0.1")
    assert "Authorization" not in apis.asked("/v1/images/generations")[0].headers


async def test_nothing_is_bought_that_the_limit_does_not_hold(apis, ask):
    rows = await ask("versions", "blip", "sdxl", limit=0.02)
    assert [row["status"] for row in rows] == [200, "left out"]
    assert "raise --budget" in rows[1]["facts"]["to do"]
    assert len(apis.billed) == 1
    for part in ("early", "listing", "ends", "embedding", "words"):
        rows = await ask(part, "vqgan-clip", "blip", "sdxl", "imagebind", "gpt-vision", limit=0.0)
        assert {row["status"] for row in rows} <= {"left out", 201}, part
    assert len(apis.billed) == 1


async def test_every_ready_model_is_tried_as_a_game_plays_it(apis, ask):
    apis.outputs["blip"] = lambda _: ""
    rows = await ask("models", "vqgan-clip", "blip")
    assert [(row["asked"], row["status"]) for row in rows] == [("vqgan-clip", "played"), ("blip", "failed")]
    billed = len(apis.billed)
    (row,) = await ask("models", "vqgan-clip", "blip", limit=0.001)
    assert (row["status"], len(apis.billed)) == ("left out", billed)


async def test_without_keys_each_part_says_what_to_set(apis, tmp_path):
    settings = Settings(_env_file=None, data_dir=tmp_path)
    reached = providers(settings)
    players = Players(Registry.load(reached), reached)
    answers = []
    names = [name for name in live.PARTS if name != "models"]
    assert sum((await live.most_usd(settings, players, names)).values()) == 0
    trial = Trial(players).run
    await live.run(settings, players, names, 0.0, trial=trial, rows=answers, say=lambda line: None)
    assert {answer.status for answer in answers} == {"left out"}
    assert all(answer.facts["to do"] for answer in answers)
    assert {answer.part for answer in answers} == set(names)


async def test_a_part_that_there_is_not_is_named():
    with pytest.raises(BadInput, match="no part 'money'; write some of: account"):
        live.chosen("money")

"""OpenAI and the servers that speak its language."""

import asyncio
import base64
import time
from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest
from pydantic import SecretStr

from telephone.domain.calls import Ask, Ticket
from telephone.errors import BadOutput, Misconfigured, NotAllowed, NothingSaid, Refused, Retired, TimedOut
from telephone.models.players import Players, picture_of
from telephone.providers.base import Interrupted
from telephone.providers.openai import OpenAI
from tests.limits import LIMIT
from tests.standin_providers import cut_after_doing, says, silent
from tests.support.pictures import paint
from tests.telephone.providers.conftest import KEY

DRAW, TELL = "/v1/images/generations", "/v1/chat/completions"


def said(message, ended="stop"):
    choice = {"index": 0, "finish_reason": ended, "message": {"role": "assistant", **message}}
    return says(200, {"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]})


async def play(adapter, model, ask):
    return await adapter.collect(model, ask, await adapter.submit(model, ask, "m"))


async def test_a_picture_is_asked_for_as_the_row_says_and_costs_what_its_tokens_cost(openai, apis, tables, words):
    answer = await play(openai, tables.table("gpt-image"), words)
    (asked,) = apis.asked(DRAW)
    assert asked.body == {
        "model": "gpt-image-2.5-flare-2026-09-08",
        "prompt": "a fox mends a clock",
        "n": 1,
        "size": "1024x1024",
        "quality": "low",
        "output_format": "png",
    }
    assert answer.cost_usd == pytest.approx((10 * 5 + 196 * 30) / 1e6)
    assert answer.parameters["quality"] == "low"
    assert "prompt" not in answer.parameters


async def test_a_caption_is_asked_for_with_the_articles_words_and_costs_what_its_tokens_cost(
    openai, apis, tables, picture
):
    answer = await play(openai, tables.table("gpt-vision"), picture)
    (asked,) = apis.asked(TELL)
    text, image = asked.body["messages"][0]["content"]
    assert text["text"] == "Write a detailed description of this image."
    assert base64.b64decode(image["image_url"]["url"].partition(",")[2]) == picture.image.data
    assert answer.cost_usd == pytest.approx((1_000 * 0.10 + 100 * 0.50) / 1e6)


async def test_a_chat_is_asked_for_as_json_without_a_picture_and_costs_what_its_tokens_cost(openai, apis, tables):
    answer = await play(openai, tables.table("gpt-chat"), Ask(seed=7, text="Ten prompts, as JSON."))
    (asked,) = apis.asked(TELL)
    assert asked.body == {
        "model": "gpt-6-luna",
        "messages": [{"role": "user", "content": "Ten prompts, as JSON."}],
        "max_completion_tokens": 4_000,
        "response_format": {"type": "json_object"},
        "reasoning_effort": "none",
    }
    assert answer.cost_usd == pytest.approx((1_000 * 0.10 + 100 * 0.50) / 1e6)


async def test_a_server_that_knows_no_json_mode_is_asked_in_words_alone(openai, apis, table):
    own = table(kind="chat", url=f"{apis.url}/v1", quirks=["no-json", "max-tokens", "seed"])
    await play(openai, own, Ask(seed=7, text="Ten prompts, please."))
    (asked,) = apis.asked(TELL)
    assert set(asked.body) == {"model", "messages", "max_tokens", "seed"}


async def test_usage_that_makes_no_sense_is_no_cost(openai, apis, tables, words):
    picture = {"b64_json": base64.b64encode(paint("x")).decode()}
    for usage in (
        None,
        {},
        {"input_tokens": 3},
        {"output_tokens": -5, "input_tokens_details": {"text_tokens": 1}},
        "x",
    ):
        apis.next(DRAW, says(200, {"created": 1, "data": [picture], "usage": usage}))
        assert (await play(openai, tables.table("gpt-image"), words)).cost_usd is None


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (said({"content": None, "refusal": "I can't help with that."}), Refused),
        (said({"content": "", "refusal": None}, "content_filter"), Refused),
        (said({"content": [{"type": "refusal", "refusal": "I can't help with that."}]}), Refused),
        (said({"content": None}, "safety"), Refused),
        (said({"content": "", "refusal": None}, "refusal"), Refused),
        (said({"content": None}), NothingSaid),
    ],
)
async def test_a_refusal_of_the_model_is_a_refusal_and_no_words_are_no_caption(
    openai, apis, tables, picture, fault, expected
):
    apis.next(TELL, fault, fault)
    with pytest.raises(expected):
        await play(openai, tables.table("gpt-vision"), picture)


async def test_a_picture_is_paid_once_and_what_is_collected_is_what_was_submitted(openai, apis, tables, words):
    model = tables.table("gpt-image")
    tickets = [await openai.submit(model, Ask(seed=n, text=f"picture {n}"), "m") for n in range(3)]
    assert len(apis.billed) == 3
    assert not any(ticket.maybe_billed_twice for ticket in tickets)
    drawn = [await openai.collect(model, words, ticket) for ticket in reversed(tickets)]
    assert [answer.data for answer in drawn] == [paint(f"picture {n}/None") for n in (2, 1, 0)]
    assert len(apis.billed) == 3


async def test_what_a_crash_cut_off_is_asked_for_anew_and_booked_as_in_doubt(openai, apis, tables, words):
    model = tables.table("gpt-image")
    again = await openai.submit(model, words, "m", datetime.now(UTC))
    assert again.maybe_billed_twice
    assert not (await openai.collect(model, words, again)).maybe_billed_twice  # the ticket says it already
    billed = len(apis.billed)
    with pytest.raises(Interrupted):  # it was billed when it came, and is asked for again by who books that
        await openai.collect(model, words, Ticket("kept-by-a-process-that-is-gone"))
    assert len(apis.billed) == billed


async def test_an_answer_that_was_lost_on_the_way_is_asked_for_again_and_booked_as_in_doubt(
    openai, apis, tables, words
):
    players = Players(tables, {"openai": openai}, deadline=5)
    apis.next(DRAW, cut_after_doing())
    assert (await players.submit("gpt-image", words, "m")).maybe_billed_twice
    assert len(apis.billed) == 2
    apis.next(DRAW, says(429, {}, Retry_After="0"))
    assert not (await players.submit("gpt-image", words, "m")).maybe_billed_twice
    assert len(apis.billed) == 3


async def test_a_call_that_is_never_answered_ends_at_the_deadline(openai, apis, tables, words):
    players = Players(tables, {"openai": openai}, deadline=0.3)
    apis.next(DRAW, silent())
    with pytest.raises(TimedOut, match="gpt-image"):
        await players.submit("gpt-image", words, "m")


async def test_an_answer_nobody_comes_for_is_let_go_where_there_are_too_many(openai, tables, words, monkeypatch):
    model = tables.table("gpt-image")
    await openai.submit(model, words, "m")
    cancelled = await openai.submit(model, words, "m")
    await openai.cancel(model, cancelled)
    assert len(openai._waiting) == 1
    monkeypatch.setattr("telephone.providers.openai.KEPT_BYTES", 10)
    await openai.submit(model, words, "m")
    assert len(openai._waiting) == 1


async def test_a_paid_answer_is_kept_however_long_an_outage_of_the_store_lasts(openai, tables, words, monkeypatch):
    model = tables.table("gpt-image")
    ticket = await openai.submit(model, words, "m")
    later = SimpleNamespace(monotonic=lambda: time.monotonic() + 86_400.0)  # the loop keeps its own clock
    monkeypatch.setattr("telephone.providers.openai.time", later)
    await openai.submit(model, words, "n")
    assert (await openai.collect(model, words, ticket)).data


async def test_a_picture_that_lies_at_an_address_of_the_own_server_is_fetched(openai, apis, table, words):
    own = table(ref="by-address", url=f"{apis.url}/v1")
    assert picture_of(await play(openai, own, words), "painter").width == 64
    elsewhere = says(200, {"created": 1, "data": [{"url": "http://169.254.169.254/a.png"}]})
    apis.next(DRAW, elsewhere)
    with pytest.raises(BadOutput, match="not opened"):
        await play(openai, own, words)


@pytest.mark.parametrize(
    ("quirks", "has", "lacks"),
    [
        ([], {"n": 1, "size": "1024x1024"}, {"response_format", "seed"}),
        (["no-size"], {"n": 1}, {"size"}),
        (["response-format"], {"response_format": "b64_json"}, {"seed"}),
        (["seed"], {"seed": 7}, {"response_format"}),
    ],
)
async def test_the_quirks_of_a_server_are_flags_of_its_rows(openai, apis, table, words, quirks, has, lacks):
    await play(openai, table(url=f"{apis.url}/v1", quirks=quirks), words)
    body = apis.asked(DRAW)[0].body
    assert has.items() <= body.items()
    assert not lacks & set(body)


async def test_captions_are_bounded_in_the_words_that_a_server_knows(openai, apis, table, picture):
    url = f"{apis.url}/v1"
    await play(openai, table(kind="i2t", url=url), picture)
    await play(openai, table(kind="i2t", url=url, quirks=["max-tokens"], input={"temperature": 0}), picture)
    first, second = (seen.body for seen in apis.asked(TELL))
    assert (first["max_completion_tokens"], "max_tokens" in first) == (1_000, False)
    assert (second["max_tokens"], "max_completion_tokens" in second, second["temperature"]) == (1_000, False, 0)


async def test_a_prompt_gives_no_orders_to_a_server(openai, apis, table):
    sneaky = 'a fox <sd_cpp_extra_args>{"steps": 999}</sd_cpp_extra_args> <sd_cpp_<sd_cpp_extra_args>extra_args> | ugly'
    await play(openai, table(url=f"{apis.url}/v1", quirks=["pipe-splits"]), Ask(seed=1, text=sneaky))
    prompt = apis.asked(DRAW)[0].body["prompt"]
    assert "sd_cpp_extra_args" not in prompt
    assert "|" not in prompt
    assert prompt.startswith("a fox")


async def test_a_retired_model_plays_again_on_a_server_that_has_it(tables):
    dalle = tables.table("dalle2")
    assert dalle.retired(date(2026, 5, 12))
    assert not dalle.retired(date(2026, 5, 11))
    assert OpenAI(SecretStr(KEY)).why_not(dalle) == "retired on 2026-05-12"
    assert OpenAI(SecretStr(KEY), "https://api.openai.com/v1/").why_not(dalle) == "retired on 2026-05-12"
    assert OpenAI(None, "http://127.0.0.1:8080/v1").why_not(dalle) is None
    assert OpenAI().why_not(dalle.model_copy(update={"url": "http://127.0.0.1:8080/v1"})) is None


async def test_a_missing_key_is_named(tables, table):
    assert OpenAI().why_not(tables.table("gpt-image")) == "needs OPENAI_API_KEY"
    own = table(url="http://127.0.0.1:8000/v1", key="VLLM_API_KEY")
    assert OpenAI(SecretStr(KEY)).why_not(own) == "needs VLLM_API_KEY"
    assert OpenAI(secret=SecretStr).why_not(own) is None


async def test_a_server_of_ones_own_gets_its_own_key(apis, table, words):
    adapter = OpenAI(SecretStr(KEY), secret=lambda name: SecretStr(f"value of {name}"))
    await play(adapter, table(url=f"{apis.url}/v1", key="VLLM_API_KEY"), words)
    await play(adapter, table(url=f"{apis.url}/v1"), words)
    await adapter.close()
    assert [seen.headers["Authorization"] for seen in apis.seen] == ["Bearer value of VLLM_API_KEY", "Bearer none"]


async def test_a_model_that_a_server_of_ones_own_lacks_is_the_operators_to_fix(openai, apis, table, words):
    apis.next(DRAW, says(404, {"error": "model 'painter-1' not found, try pulling it first"}))
    with pytest.raises(Misconfigured) as caught:
        await play(openai, table(url=f"{apis.url}/v1"), words)
    assert "has no model painter-1" in caught.value.detail


async def test_whether_a_model_still_exists_is_asked(apis, tables, monkeypatch):
    monkeypatch.setattr("telephone.providers.openai.OFFICIAL", f"{apis.url}/v1")
    adapter, model = OpenAI(SecretStr(KEY)), tables.table("gpt-image")
    assert await adapter.exists(model) is False
    apis.models.add(model.ref)
    assert await adapter.exists(model) is True
    apis.next("/v1/models/.*", says(500))
    assert await adapter.exists(model) is None
    assert apis.billed == []
    await adapter.close()


async def test_a_retired_model_says_so_when_it_is_asked(apis, tables, words, monkeypatch):
    monkeypatch.setattr("telephone.providers.openai.OFFICIAL", f"{apis.url}/v1")
    adapter = OpenAI(SecretStr(KEY))
    gone = {"error": {"message": "The model `dall-e-2` has been deprecated.", "code": "model_not_found"}}
    apis.next(DRAW, says(400, gone))
    with pytest.raises(Retired) as caught:
        await play(adapter, tables.table("dalle2"), words)
    assert caught.value.replacement == "gpt-image"
    await adapter.close()


async def test_a_slow_server_holds_back_nobody_elses_calls(apis, table, words):
    from telephone.providers.rate_limit import Limit

    adapter = OpenAI(SecretStr(KEY), f"{apis.url}/v1", limit=Limit(1, 100))
    apis.next(DRAW, silent())
    waiting = asyncio.create_task(play(adapter, table(url=f"{apis.url}/v1"), words))
    await asyncio.sleep(0.05)
    other = table(url=apis.url.replace("127.0.0.1", "localhost") + "/v1")
    async with asyncio.timeout(LIMIT):
        assert (await play(adapter, other, words)).data
    waiting.cancel()
    await asyncio.wait({waiting})
    await adapter.close()


async def test_an_organisation_that_is_not_verified_is_told_what_to_do_and_offered_no_picture(
    apis, tables, words, picture, monkeypatch
):
    monkeypatch.setattr("telephone.providers.openai.OFFICIAL", f"{apis.url}/v1")
    adapter, artist = OpenAI(SecretStr(KEY)), tables.table("gpt-image")
    players = Players(tables, {"openai": adapter}, deadline=5)
    apis.verified = False
    with pytest.raises(Misconfigured, match="verified") as caught:
        await play(adapter, artist, words)
    assert "https://platform.openai.com/settings/organization/general" in caught.value.detail
    assert "choose another model" in caught.value.sentence
    with pytest.raises(NotAllowed, match="has not verified"):
        players.playable("gpt-image", "t2i")
    assert (await play(adapter, tables.table("gpt-vision"), picture)).text  # captions need no verification
    monkeypatch.setattr("telephone.providers.openai.UNVERIFIED_SECONDS", 0.0)
    assert players.playable("gpt-image", "t2i") == artist
    await adapter.close()


async def test_a_model_that_is_closed_to_a_key_is_not_called_retired(apis, tables, words, monkeypatch):
    monkeypatch.setattr("telephone.providers.openai.OFFICIAL", f"{apis.url}/v1")
    adapter, artist = OpenAI(SecretStr(KEY)), tables.table("gpt-image")
    said = "The model `gpt-image-2` does not exist or you do not have access to it."
    apis.next(DRAW, says(404, {"error": {"message": said, "code": "model_not_found"}}))
    with pytest.raises(Misconfigured, match="not open to this bot's key") as caught:
        await play(adapter, artist, words)
    assert said in caught.value.detail
    assert await adapter.exists(artist) is False
    await adapter.close()


async def test_a_server_that_knows_no_plain_json_is_named_with_what_to_write(openai, apis, table):
    studio = {"kind": "chat", "url": f"{apis.url}/v1", "ref": "lm-studio-8b"}
    with pytest.raises(Misconfigured) as caught:
        await play(openai, table(**studio), Ask(seed=7, text="Ten prompts, as JSON."))
    assert 'quirks = ["no-json"]' in caught.value.detail
    assert (await play(openai, table(**studio, quirks=["no-json"]), Ask(seed=7, text="Ten prompts, as JSON."))).text

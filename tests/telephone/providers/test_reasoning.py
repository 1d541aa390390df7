"""Models that reason before they answer: the answer alone counts, and what is hidden is paid for once more at most."""

import pytest

from telephone.domain.calls import Ask
from telephone.errors import Misconfigured, NothingSaid, Refused
from telephone.models.players import caption_of
from telephone.models.pricing import ATTEMPTS, most_usd
from telephone.providers.openai import OpenAI
from telephone.providers.reasoning import most_call_usd
from tests.standin_providers import says

TELL = "/v1/chat/completions"
FOX = "A fox mends a clock."


def said(content, ended="stop", hidden=0, **message):
    """An answer of a reasoning model; its hidden tokens are among those that are billed."""
    choice = {"index": 0, "finish_reason": ended, "message": {"role": "assistant", "content": content, **message}}
    usage = {
        "prompt_tokens": 1_000,
        "completion_tokens": 100 + hidden,
        "total_tokens": 1_100 + hidden,
        "completion_tokens_details": {"reasoning_tokens": hidden},
    }
    return says(
        200, {"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}
    )


def refuses_effort(status, message):
    return says(status, {"error": {"message": message, "type": "invalid_request_error", "param": "reasoning_effort"}})


async def tell(openai: OpenAI, model, picture):
    answer = await openai.collect(model, picture, await openai.submit(model, picture, "m"))
    return caption_of(answer, model.name), answer


@pytest.mark.parametrize(
    "content",
    [
        FOX,
        f"<think>A clock? A fox?</think>\n\n{FOX}",
        f"Let me look at it first.\n</think>\n{FOX}",
        f"{FOX}<|im_end|>",
        [{"type": "text", "text": FOX}],
        [{"type": "text", "text": "A fox"}, {"type": "text", "text": "mends a clock."}],
        [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"type": "text", "text": FOX}],
        [{"type": "reasoning", "text": "hm"}, {"type": "output_text", "text": FOX}],
        [FOX],
        {"type": "text", "text": FOX},
        [{"type": "text", "text": {"value": FOX}}],
    ],
)
async def test_the_answer_alone_is_the_caption(openai, apis, tables, picture, content):
    apis.next(TELL, said(content))
    caption, _ = await tell(openai, tables.table("gpt-vision"), picture)
    assert caption.text == FOX
    assert len(apis.asked(TELL)) == 1


@pytest.mark.parametrize(
    ("content", "ended"),
    [
        ("", "length"),
        (None, "length"),
        ("<think>It could be a fox, or", "length"),
        ("<think>It is a fox.</think>", "stop"),
        ("", "stop"),
        ([], "stop"),
        ([{"type": "thinking", "thinking": "hm"}], "length"),
        ("<|channel|>analysis<|message|>We need to", "length"),
        ("...", "stop"),
    ],
)
async def test_who_comes_to_no_word_is_asked_once_more_with_a_larger_budget(
    openai, apis, tables, picture, content, ended
):
    apis.next(TELL, said(content, ended, hidden=900), said(FOX, hidden=2_000))
    caption, answer = await tell(openai, tables.table("gpt-vision"), picture)
    assert caption.text == FOX
    first, second = (seen.body for seen in apis.asked(TELL))
    assert (first["max_completion_tokens"], second["max_completion_tokens"]) == (1_000, 4_000)
    assert answer.cost_usd == pytest.approx((2 * 1_000 * 0.10 + (1_000 + 2_100) * 0.50) / 1e6)


async def test_who_says_nothing_twice_is_one_clear_error_with_what_both_calls_cost(openai, apis, tables, picture):
    apis.next(TELL, said("<think>hm", "length", hidden=900), said("", "length", hidden=3_900))
    with pytest.raises(NothingSaid, match="gpt-vision spent its whole answer on thinking") as caught:
        await tell(openai, tables.table("gpt-vision"), picture)
    assert len(apis.asked(TELL)) == 2
    assert caught.value.cost_usd == pytest.approx((2 * 1_000 * 0.10 + 5_000 * 0.50) / 1e6)
    assert "reasoning_effort" in caught.value.detail


async def test_a_second_call_that_cannot_be_made_leaves_the_cost_of_the_first(openai, apis, tables, picture):
    apis.next(TELL, said("", "length", hidden=900), says(429, {"error": {"message": "slow down"}}))
    with pytest.raises(NothingSaid) as caught:
        await tell(openai, tables.table("gpt-vision"), picture)
    assert caught.value.cost_usd == pytest.approx((1_000 * 0.10 + 1_000 * 0.50) / 1e6)


async def test_a_refusal_after_much_thought_keeps_its_cost(openai, apis, tables, picture):
    apis.next(TELL, said(None, hidden=900, refusal="I can't help with that."))
    with pytest.raises(Refused) as caught:
        await tell(openai, tables.table("gpt-vision"), picture)
    assert caught.value.cost_usd == pytest.approx((1_000 * 0.10 + 1_000 * 0.50) / 1e6)


async def test_a_text_that_was_cut_is_a_caption(openai, apis, tables, picture):
    apis.next(TELL, said("A fox mends a", "length"))
    caption, _ = await tell(openai, tables.table("gpt-vision"), picture)
    assert caption.text == "A fox mends a"


@pytest.mark.parametrize(
    ("status", "message", "effort"),
    [
        (
            400,
            "Unsupported value: 'reasoning_effort' does not support 'none' with this model. "
            "Supported values are: 'minimal', 'low', 'medium', and 'high'.",
            "minimal",
        ),
        (422, "reasoning_effort: Input should be 'low', 'medium' or 'high' [input_value='none']", "low"),
        (400, "Unsupported parameter: 'reasoning_effort' is not supported with this model.", None),
        (400, "Unrecognized request argument supplied: reasoning_effort", None),
    ],
)
async def test_a_model_that_refuses_the_effort_of_its_row_gets_the_least_that_it_allows(
    openai, apis, tables, picture, status, message, effort
):
    apis.next(TELL, refuses_effort(status, message))
    for _ in range(2):
        await tell(openai, tables.table("gpt-vision"), picture)
    sent = [seen.body.get("reasoning_effort") for seen in apis.asked(TELL)]
    assert sent == ["none", effort, effort]  # the second caption is asked for rightly at once


async def test_another_refusal_is_not_taken_for_one_of_the_effort(openai, apis, tables, picture):
    apis.next(TELL, says(400, {"error": {"message": "Invalid value: 'user'."}}))
    with pytest.raises(Misconfigured):
        await tell(openai, tables.table("gpt-vision"), picture)
    assert len(apis.asked(TELL)) == 1


async def test_every_shipped_model_that_reasons_is_asked_for_the_least(tables):
    for table in tables.tables.values():
        if table.provider == "openai" and table.kind in ("i2t", "chat"):
            assert table.input["reasoning_effort"] == "none", table.name


@pytest.mark.parametrize("name", ["gpt-vision", "gpt-chat"])
async def test_what_a_call_may_cost_covers_hidden_tokens_and_the_second_call(openai, apis, tables, picture, name):
    table = tables.table(name)
    budget = 1_000 if name == "gpt-vision" else 4_000
    ask = picture if name == "gpt-vision" else Ask(seed=7, text="Ten prompts, as JSON.")
    apis.next(TELL, said("", "length", hidden=budget - 100), said("", "length", hidden=4 * budget - 100))
    with pytest.raises(NothingSaid) as caught:
        await openai.submit(table, ask, "m")
    assert caught.value.cost_usd <= most_call_usd(table)


def test_a_game_reserves_what_its_captions_may_cost(tables):
    sticker, teller = tables.table("stickers"), tables.table("gpt-vision")
    assert most_usd(10, sticker, teller) == pytest.approx(10 * ATTEMPTS * most_call_usd(teller))
    assert most_call_usd(teller) > teller.price_usd
    assert most_call_usd(tables.table("blip")) == tables.table("blip").price_usd

"""An error with status 200 is what it would have been with its own status."""

import pytest

from telephone.errors import BadOutput, Misconfigured, RateLimited, Refused, TelephoneError, Unavailable
from tests.standin_providers import answers, says

TELL, DRAW = "/v1/chat/completions", "/v1/images/generations"
ERRORS = [
    ({"error": {"code": 429, "message": "Rate limit exceeded"}}, RateLimited),
    ({"error": {"code": "429", "message": "slow"}}, RateLimited),
    ({"choices": None, "data": None, "error": {"code": 429, "message": "slow"}}, RateLimited),
    ({"error": {"code": "rate_limit_exceeded", "message": "slow"}}, RateLimited),
    ({"error": {"status": "RESOURCE_EXHAUSTED", "message": "slow"}}, RateLimited),
    ({"error": {"type": "insufficient_quota", "code": "insufficient_quota", "message": "no"}}, Misconfigured),
    ({"error": {"code": 402, "message": "This request requires more credits"}}, Misconfigured),
    ({"error": {"message": "Insufficient credits"}}, Misconfigured),
    ({"error": {"code": 401, "message": "No auth credentials found"}}, Misconfigured),
    ({"error": "invalid api key"}, Misconfigured),
    ({"error": {"code": 502, "message": "Provider returned error"}}, Unavailable),
    ({"error": {"code": 503, "message": "no available providers"}}, Unavailable),
    ({"error": {"type": "overloaded_error", "message": "Overloaded"}}, Unavailable),
    ({"error": {"message": "Internal server error"}}, Unavailable),
    ({"detail": "The model is currently loading, try again later"}, Unavailable),
    ({"object": "error", "message": "The engine is dead", "code": 500}, Unavailable),
    ([{"error": {"code": 503, "message": "UNAVAILABLE", "status": "UNAVAILABLE"}}], Unavailable),
    ({"success": False, "errors": [{"code": 7000, "message": "rate limited"}]}, RateLimited),
    ({"error": {"code": 400, "message": "Your request was rejected by the safety system."}}, Refused),
    ({"error": {"code": "moderation_blocked", "message": "no"}}, Refused),
    ({"error": {"message": "Your prompt was flagged for violence"}}, Refused),
    ({"error": {"code": 403, "message": "m", "metadata": {"reasons": ["flagged: sexual/minors"]}}}, Refused),
    ({"error": {"error": {"message": "rate limit"}}}, RateLimited),
    ({"error": {"code": 429, "error": {"message": "slow"}}}, RateLimited),
    ({"error": {"metadata": {"raw": "rate-limited upstream"}}}, RateLimited),
    ({"base_resp": {"status_code": 1027, "status_msg": "output content sensitive"}}, Refused),
    ({"base_resp": {"status_code": 1002, "status_msg": "rate limit"}}, RateLimited),
    ({"code": 1301, "msg": "sensitive"}, Refused),
    ({"code": "DataInspectionFailed", "message": "no"}, Refused),
    ({"error": {"code": "content_filter", "message": "no"}}, Refused),
    ({"error_code": 110, "error_msg": "Access token invalid or no longer valid"}, Misconfigured),
    ({"promptFeedback": {"blockReason": "SAFETY"}}, Refused),
    ({"promptFeedback": {"blockReason": "OTHER"}}, Refused),
    ({"error": {"code": 401, "message": "Your account has been flagged"}}, Misconfigured),
    ({"error": {"message": "Your account has been suspended for violating our policies"}}, Misconfigured),
    ({"error": {"message": "something odd"}}, BadOutput),
    ({"error": ["odd"]}, BadOutput),
]


async def failure_of(openai, apis, model, ask, path, body) -> TelephoneError:
    apis.next(path, says(200, body))
    with pytest.raises(TelephoneError) as caught:
        await openai.submit(model, ask, "m")
    return caught.value


@pytest.mark.parametrize(("body", "expected"), ERRORS)
async def test_an_error_with_status_200_is_that_error(openai, apis, table, words, picture, body, expected):
    own = {"url": f"{apis.url}/v1"}
    drawn = await failure_of(openai, apis, table(**own), words, DRAW, body)
    told = await failure_of(openai, apis, table(kind="i2t", name="critic", **own), picture, TELL, body)
    assert isinstance(drawn, expected)
    assert isinstance(told, expected)


async def test_a_choice_that_broke_off_with_an_error_is_that_error(openai, apis, table, picture):
    for message in ({}, {"message": {"role": "assistant", "content": ""}}):
        choice = {"index": 0, "finish_reason": "error", "error": {"code": 429, "message": "slow"}, **message}
        error = await failure_of(
            openai, apis, table(kind="i2t", url=f"{apis.url}/v1"), picture, TELL, {"choices": [choice]}
        )
        assert isinstance(error, RateLimited)


async def test_an_empty_error_beside_an_answer_is_none(openai, apis, table, picture):
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "A fox."}}
    apis.next(TELL, says(200, {"choices": [choice], "error": None}))
    model = table(kind="i2t", url=f"{apis.url}/v1")
    assert (await openai.collect(model, picture, await openai.submit(model, picture, "m"))).text == "A fox."


async def test_the_providers_words_are_kept_for_the_log_without_a_key(openai, apis, table, words):
    model = table(url=f"{apis.url}/v1")
    error = await failure_of(openai, apis, model, words, DRAW, {"error": {"message": "odd sk-abc123 thing"}})
    assert isinstance(error, BadOutput)
    assert "odd" in error.detail
    assert "abc123" not in error.detail


async def test_a_page_in_the_place_of_an_answer_names_the_address(openai, apis, table, words):
    apis.next(DRAW, answers(b"<html>Ollama is running</html>", "text/html"))
    with pytest.raises(BadOutput) as caught:
        await openai.submit(table(url=f"{apis.url}/v1"), words, "m")
    assert "Ollama is running" in caught.value.detail

"""Every status, code and wording of a provider becomes one class of the error tree."""

import json
import ssl
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import aiohttp
import httpx
import httpx2
import pytest
from aiohttp.client_reqrep import ConnectionKey
from openai._vendor.httpx_aiohttp.transport import map_aiohttp_exceptions

from telephone.errors import (
    BadInput,
    BadOutput,
    Misconfigured,
    RateLimited,
    Refused,
    Retired,
    TelephoneError,
    TimedOut,
    Unavailable,
    Unsent,
    Waking,
)
from telephone.providers import failures
from telephone.providers.base import Closed, Crowded, Interrupted, Lost, Unverified
from telephone.providers.http_errors import broken, failure
from telephone.providers.replicate import failed

SAFETY = "Your request was rejected by the safety system. safety_violations=[violence]."


def openai_error(code, message="no", kind="invalid_request_error", **more):
    return {"error": {"message": message, "type": kind, "param": None, "code": code, **more}}


def problem(status, detail):
    return {"title": "Problem", "detail": detail, "status": status}


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (400, openai_error("moderation_blocked", SAFETY, "image_generation_user_error"), Refused),
        (400, openai_error("content_policy_violation", "Your request was rejected."), Refused),
        (400, openai_error(None, SAFETY), Refused),
        (
            400,
            openai_error("invalid_prompt", "Invalid prompt: your prompt was flagged as potentially violating"),
            Refused,
        ),
        (400, openai_error("invalid_prompt", "Invalid prompt."), Refused),
        (400, {"error": {"code": "content_filter", "innererror": {"code": "ResponsibleAIPolicyViolation"}}}, Refused),
        (403, {"error": {"code": 403, "message": "m", "metadata": {"reasons": ["flagged for violence"]}}}, Refused),
        (422, problem(422, "NSFW content detected. Try running it again."), Refused),
        (403, openai_error(None, "Your request was blocked by our moderation system."), Refused),
        (403, openai_error(None, "Flagged for violence. If this goes on, your account may be suspended."), Refused),
        (451, problem(451, "Prompt contains sensitive content"), Refused),
        (400, [{"error": {"code": "content_filter", "message": "no"}}], Refused),
        (403, openai_error(None, "Your request was blocked."), Misconfigured),
        (403, "<html>Sorry, you have been blocked. You are unable to access this site.</html>", Misconfigured),
        (401, openai_error(None, "Your access was terminated due to violation of our policies."), Misconfigured),
        (
            403,
            openai_error(None, "This organization has been disabled for violating our usage policies"),
            Misconfigured,
        ),
        (400, openai_error(None, "This organization has been disabled."), Misconfigured),
        (401, openai_error(None, "Your account has been flagged for potential abuse"), Misconfigured),
        (403, problem(403, "Account suspended: violation of our terms"), Misconfigured),
        (402, problem(402, "Insufficient credit. See acceptable use policy"), Misconfigured),
        (422, problem(422, "case sensitive input name"), Misconfigured),
        (400, problem(400, "The file is flagged as corrupt"), Misconfigured),
        (400, problem(400, "image is blocked by robots.txt"), Misconfigured),
        (429, openai_error(None, "Rate limit reached. See our usage policies for more."), RateLimited),
        (400, openai_error("model_not_found", "The model `dall-e-2` has been deprecated."), Retired),
        (404, openai_error("model_not_found", "The model `x` does not exist or you do not have access to it."), Closed),
        (404, openai_error(None, "The model `dall-e-2` does not exist."), Closed),
        (403, openai_error("model_not_found", "Project `proj_1` does not have access to model `x`"), Closed),
        (404, {"error": "model 'llava' not found, try pulling it first"}, Closed),
        (422, problem(422, "This version has been disabled because it consistently fails to complete setup"), Retired),
        (422, problem(422, "The model has no enabled versions"), Retired),
        (404, problem(404, "No enabled versions found"), Retired),
        (422, problem(422, "The specified version does not exist"), Retired),
        (422, problem(422, "Invalid version or not permitted"), Retired),
        (410, problem(410, "This model is no longer available."), Retired),
        (401, openai_error("invalid_api_key", "Incorrect API key provided."), Misconfigured),
        (401, problem(401, "You did not pass a valid authentication token"), Misconfigured),
        (403, openai_error(None, "Your organization must be verified to use the model `gpt-image-2`."), Unverified),
        (400, openai_error(None, "Your organization must be verified to stream this model."), Unverified),
        (403, openai_error(None, "Please complete organization verification to use this model"), Unverified),
        (403, openai_error(None, "You must be verified to use this model"), Unverified),
        (403, openai_error(None, "Country, region, or territory not supported"), Misconfigured),
        (402, problem(402, "You have insufficient credit to run this model."), Misconfigured),
        (429, openai_error("insufficient_quota", "You exceeded your quota", "insufficient_quota"), Misconfigured),
        (429, openai_error("billing_hard_limit_reached", kind="billing_limit_user_error"), Misconfigured),
        (400, openai_error("billing_hard_limit_reached", "Billing hard limit has been reached"), Misconfigured),
        (429, openai_error("rate_limit_exceeded", "Rate limit reached", "requests"), RateLimited),
        (429, problem(429, "Request was throttled. Your rate limit resets in ~30s."), RateLimited),
        (429, "", RateLimited),
        (400, openai_error("string_above_max_length", "Invalid 'prompt': string too long."), BadInput),
        (413, "Request Entity Too Large: the body is too long", BadInput),
        (400, openai_error("unknown_parameter", "Unknown parameter: 'size'."), Misconfigured),
        (422, problem(422, "- input.width: must be a multiple of 8"), Misconfigured),
        (404, "<html>404 page not found</html>", Misconfigured),
        (302, "", Misconfigured),
        (408, "", Lost),
        (409, {"error": "At capacity - all prediction slots busy", "status": "failed"}, Lost),
        (425, "", Unavailable),
        (500, openai_error(None, "The server had an error", "server_error"), Lost),
        (500, openai_error(None, "our safety system is down", "server_error"), Lost),
        (502, "<html>Bad Gateway</html>", Lost),
        (503, "", Lost),
        (503, {"error": "Model painter is currently loading", "estimated_time": 20.0}, Waking),
        (502, {"error": "model is loading"}, Waking),
        (502, {"error": "error downloading the picture"}, Lost),
        (524, "<html>A timeout occurred</html>", Lost),
        (529, {"error": ["overloaded"]}, Lost),
        (400, "null", Misconfigured),
        (400, {"error": None}, Misconfigured),
        (400, ["?"], Misconfigured),
    ],
)
def test_each_answer_that_is_none_becomes_its_error(table, status, body, expected):
    for form in (body, body if isinstance(body, str) else json.dumps(body)):
        error = failure(table(replacement="crayon"), status, {}, form)
        assert type(error) is expected
        assert error.sentence.endswith(".")
        assert "painter" in error.sentence


def test_a_refusal_keeps_its_reason_and_a_retired_model_its_replacement(table):
    blocked = openai_error("moderation_blocked", SAFETY, moderation_details={"categories": ["violence", "gore"]})
    refused = failure(table(), 400, {}, blocked)
    assert isinstance(refused, Refused)
    assert refused.reason == "violence, gore"
    gone = table(replacement="crayon", retired_on="2026-05-12")
    retired = failure(gone, 404, {}, openai_error("model_not_found"))
    assert isinstance(retired, Retired)
    assert retired.replacement == "crayon"


@pytest.mark.parametrize(
    ("headers", "text", "seconds"),
    [
        ({"retry-after": "7"}, "", 7.0),
        ({"retry-after-ms": "1500", "retry-after": "2"}, "", 1.5),
        ({}, "Your rate limit resets in ~30s.", 30.0),
        ({}, "Please try again in 20ms.", 0.02),
        ({}, "Please try again in 2m.", 120.0),
        ({}, "Your limit resets in 6m0s.", 360.0),
        ({}, "Please try again in 1m12s. Visit our site", 72.0),
        ({}, "Please try again in 1m12.5s.", 72.5),
        ({}, "Please try again in 0s.", 0.0),
        ({}, "Request was throttled. Expected available in 7 seconds.", 7.0),
        ({}, "Request was throttled. Expected available in 1 second.", 1.0),
        ({}, "try again in 1h2m3s", 3_600.0),
        ({}, "Please wait 20 seconds and try again.", 20.0),
        ({}, "Please retry after 5 minutes.", 300.0),
        ({}, "Please retry your request after 3.2 secs", 3.2),
        ({}, "Quota will reset in 1 minute and 5 seconds", 65.0),
        ({}, "please retry in 41.6s", 41.6),
        ({}, "retry after: 12", 12.0),
        ({}, "Limit 5, Used 5, Requested 1. Please try again in 12s.", 12.0),
        ({}, "try again in 1,200 seconds", 1_200.0),
        ({}, "try again in 00:01:30", 90.0),
        ({}, "retry in 2 weeks", 3_600.0),
        ({}, "wait 5 months", None),
        ({}, "wait 120 months", None),
        ({}, "wait 5.5 months", None),
        ({}, "wait a few minutes", None),
        ({}, "wait a moment", None),
        ({}, "retry after 2094-11-06", None),
        ({}, "Limits reset 10:30:00 UTC", None),
        ({}, "maximum allowed: 100, available: 20", None),
        ({}, "Please try again within 10 seconds", 10.0),
        ({}, "try again later in 5 s", 5.0),
        ({}, '"retryDelay": "43s"', 43.0),
        ({}, "Please retry your requests after 17 seconds", 17.0),
        ({}, "next request allowed in 12s", 12.0),
        ({}, "wait up to 30 seconds", 30.0),
        ({}, "try again in one minute", 60.0),
        ({}, "wait a minute", 60.0),
        ({}, "wait an hour", 3_600.0),
        ({}, "retry in 5s a day at most", 5.0),
        ({}, "Retry-After: 5\nLimit: 3", 5.0),
        ({}, "wait a minute and 5 seconds", 65.0),
        ({"retry-after": "PT30S"}, "", 30.0),
        ({"retry-after": "PT1M30S"}, "", 90.0),
        ({"retry-after": "00:01:30"}, "", 90.0),
        ({"ratelimit-reset": "limit=10, t=30"}, "", 30.0),
        ({"retry-after": "1_000"}, "", None),
        ({"retry-after": "6m0s"}, "", 360.0),
        ({"retry-after": "7s"}, "", 7.0),
        ({"retry-after": " 7 "}, "", 7.0),
        ({"retry-after": "5, 5"}, "", 5.0),
        ({"retry-after": "soon"}, "resets in 4s", 4.0),
        ({"retry-after": "Fri, 31 Dec 2094 23:59:59 GMT"}, "", 3_600.0),
        ({"retry-after": "Sunday, 06-Nov-94 08:49:37 GMT"}, "", 0.0),
        ({"retry-after": "Sun Nov  6 08:49:37 1994"}, "", 0.0),
        ({"retry-after": "2094-11-06T08:49:37Z"}, "", 3_600.0),
        ({"retry-after": "1646409600"}, "", 0.0),
        ({"retry-after": "3946409600123"}, "", 3_600.0),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "12s"}, "", 12.0),
        ({"x-ratelimit-remaining-requests": "3", "x-ratelimit-reset-requests": "12s"}, "", None),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "6m0s"}, "", 360.0),
        ({"x-ratelimit-reset": "9"}, "", 9.0),
        ({"ratelimit-reset": "8"}, "", 8.0),
        ({}, "slow down", None),
        ({"retry-after": "soon"}, "", None),
        ({"retry-after": "-5"}, "", 0.0),
        ({"retry-after": "1e99"}, "", 3_600.0),
        ({}, "in 20 seconds something else happens", None),
        ({"retry-after": "nan"}, "", None),
    ],
)
def test_a_provider_says_how_long_to_wait(table, headers, text, seconds):
    error = failure(table(), 429, headers, {"detail": text})
    assert isinstance(error, RateLimited)
    assert error.retry_after == seconds


@pytest.mark.parametrize(
    ("body", "seconds", "per_minute", "short"),
    [
        (
            {
                "detail": "Request was throttled. Your rate limit for creating predictions is reduced to 6 requests "
                "per minute with a burst of 1 requests while you have less than $5.0 in credit. Your rate limit "
                "resets in ~5s.",
                "status": 429,
                "retry_after": 5,
            },
            5.0,
            6,
            True,
        ),
        ({"detail": "Request was throttled.", "retry_after": 5}, 5.0, None, False),
        (
            [{"error": {"code": 429, "message": "Quota.", "details": ["?", {"retryDelay": "43s"}]}}],
            43.0,
            None,
            False,
        ),
        ({"detail": "Request was throttled. Your rate limit is 600 requests per minute."}, None, 600, False),
        (
            openai_error(
                "rate_limit_exceeded",
                "Rate limit reached for gpt-image-1 on images per min (IPM): Limit 5, Used 5, Requested 1. Please try "
                "again in 12s.",
            ),
            12.0,
            5,
            False,
        ),
        (
            openai_error(
                "rate_limit_exceeded",
                "Rate limit reached for gpt-x on tokens per min (TPM): Limit 30000, Used 29000, Requested 4000. Please "
                "try again in 6s.",
            ),
            6.0,
            None,
            False,
        ),
    ],
)
def test_a_limit_that_a_provider_names_is_learnt(table, body, seconds, per_minute, short):
    for form in (body, json.dumps(body)):
        error = failure(table(), 429, {}, form)
        assert isinstance(error, RateLimited)
        assert (error.retry_after, error.per_minute, error.short_of_credit) == (seconds, per_minute, short)
        assert ("credit" in error.sentence) is short


def test_a_wait_until_a_moment_is_understood():
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=40), usegmt=True)
    assert 35 < (failures.retry_after({"retry-after": moment}) or 0) <= 40


@pytest.mark.parametrize(
    ("cause", "expected"),
    [
        (httpx.ConnectError("refused"), Unsent),
        (httpx.ConnectTimeout("slow"), Unsent),
        (httpx.PoolTimeout("full"), Unsent),
        (httpx.ReadTimeout("slow"), Lost),
        (httpx.ReadError("cut"), Lost),
        (httpx.RemoteProtocolError("cut"), Lost),
        (httpx.WriteError("cut"), Lost),
        (None, Lost),
        (BadOutput("too large"), BadOutput),
    ],
)
def test_a_line_that_breaks_before_anything_went_out_is_no_doubt_and_one_that_breaks_after_is(table, cause, expected):
    error = RuntimeError("Connection error.")
    error.__cause__ = cause
    assert type(broken(table(), error)) is expected


PEER = ConnectionKey("api.test", 443, True, True, None, None, None)


@pytest.mark.parametrize(
    ("below", "expected"),
    [
        (aiohttp.ClientConnectorError(PEER, OSError("refused")), Unsent),
        (aiohttp.ClientConnectorDNSError(PEER, OSError("no such name")), Unsent),
        (aiohttp.ClientConnectorCertificateError(PEER, ssl.CertificateError("another name")), Unsent),
        (aiohttp.ClientProxyConnectionError(PEER, OSError("refused")), Unsent),
        (aiohttp.ConnectionTimeoutError("slow"), Unsent),
        (aiohttp.SocketTimeoutError("slow"), Lost),
        (aiohttp.ServerTimeoutError("slow"), Lost),
        (aiohttp.ServerDisconnectedError(), Lost),
        (aiohttp.ClientOSError(104, "reset"), Lost),
        (aiohttp.ClientConnectionResetError("cut"), Lost),
        (aiohttp.ClientConnectionError("closed"), Lost),
        (aiohttp.ClientPayloadError("cut"), Lost),
    ],
    ids=lambda one: type(one).__name__ if isinstance(one, Exception) else one.__name__,
)
def test_over_aiohttp_only_a_line_that_never_stood_is_no_doubt(table, below, expected):
    """The SDK's own transport maps each of them; a line cut after sending, it calls a ConnectTimeout."""
    error = RuntimeError("Connection error.")
    with pytest.raises((httpx2.TransportError, aiohttp.ClientError)) as mapped, map_aiohttp_exceptions():
        raise below
    error.__cause__ = mapped.value
    assert type(broken(table(), error)) is expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("NSFW content detected. Try running it again, or try a different prompt.", Refused),
        ("The input or output was flagged as sensitive. (E005)", Refused),
        ("Prediction failed: Exception: NSFW content detected in all outputs", Refused),
        ("CUDA out of memory. Tried to allocate 2.00 GiB", Crowded),
        ("Director: unexpected error handling prediction (E9243)", Interrupted),
        ("Director: unexpected error handling prediction (E9828)", Interrupted),
        ("Director: unexpected error (E6716)", Interrupted),
        ("Prediction interrupted; please retry (code: PA)", Interrupted),
        ("Prediction was interrupted", Interrupted),
        ("an image of a director: unexpected error", BadOutput),
        (None, BadOutput),
        ({"odd": 1}, BadOutput),
    ],
)
def test_a_failed_prediction_is_a_refusal_or_has_to_be_made_anew(table, words, expected):
    assert type(failed(table(), words)) is expected


def test_no_key_survives_in_what_is_kept_of_a_providers_words(table):
    secret = "very-own-key-without-a-pattern"
    for said in (f"Incorrect API key provided: {secret}.", "key sk-proj-abc123**** is bad", "Bearer r8_abc123 expired"):
        error = failure(table(), 401, {}, {"error": {"message": said}}, secret)
        assert isinstance(error, Misconfigured)
        kept = error.detail + error.sentence
        assert secret not in kept
        assert "abc123" not in kept


def test_every_error_of_the_providers_is_one_sentence_for_players(table):
    model = table(retired_on="2026-05-12", replacement="crayon")
    made = [
        failures.refused(model, "violence"),
        failures.rate_limited(model, 3),
        failures.unavailable(model),
        failures.lost(model),
        failures.timed_out(model),
        failures.misconfigured(model, "401: bad key"),
        failures.too_long(model),
        failures.bad_output(model),
        failures.retired(model),
    ]
    assert {type(error) for error in made} >= {Refused, RateLimited, Lost, TimedOut, Misconfigured, BadOutput, Retired}
    for error in made:
        assert isinstance(error, TelephoneError)
        assert error.sentence.startswith(("painter", "The line to painter", "That text is too long for painter"))
        assert error.sentence.endswith(".")

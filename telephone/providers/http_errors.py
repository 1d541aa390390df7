"""From an API's error to ours: each status, code and wording becomes one class of the error tree."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from telephone.domain.calls import SAID_MAX
from telephone.errors import TelephoneError
from telephone.providers import failures
from telephone.providers.base import ModelTable

REFUSALS: Final = frozenset(
    {
        "moderation_blocked",
        "content_policy_violation",
        "content_filter",
        "content_filtered",
        "image_safety_violation",
        "invalid_prompt",  # what reasoning models say to a prompt that their rules do not allow
        "responsibleaipolicyviolation",
        "data_inspection_failed",
    }
)
"""Codes of an error that mean that safety rules declined."""
_JUDGED: Final = frozenset({400, 403, 422, 451})
"""The statuses of a refusal. With any other, words such as "usage policy" only say where the rules are written."""
_OUT: Final = r"(?:terminated|disabled|deactivated|suspended|flagged|banned|blocked|revoked)"
_BARRED: Final = re.compile(
    r"\b(?:(?:account|organi[sz]ation|project)(?: [\w'\"`-]+)?|access|api.key) (?:has been|have been|was|is|were|are)"
    rf" (?:\w+ )?{_OUT}\b|(?<!your )\b(?:account|organi[sz]ation) {_OUT}\b"
    r"|^\W*your request was blocked\W*$",
    re.IGNORECASE,
)
"""The operator is shut out, not the words: by the provider, or by the gate before it, which blocks without a reason."""
BALANCE: Final = frozenset(
    {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "billing_limit_user_error"}
)
_GONE: Final = re.compile(
    r"has been (?:deprecated|retired|removed|disabled|shut ?down|sunset|discontinued)|is (?:deprecated|disabled"
    r"|retired)"
    r"|no longer (?:available|supported|exists)|invalid version|no enabled versions?|versions? (?:is|are|was"
    r"|were) disabled"
    r"|specified version does not exist",
    re.IGNORECASE,
)
_NOT_THERE: Final = re.compile(
    r"does not exist|do(?:es)? not have access to (?:the )?(?:model|it)|model .{0,80}not found", re.IGNORECASE
)
"""A key that is restricted reads the same as a model that is gone; the model's table knows which it is."""
_UNVERIFIED: Final = re.compile(
    r"(?:organi[sz]ation|account|you) must be verified|verify (?:your )?organi[sz]ation"
    r"|organi[sz]ation (?:is )?(?:not|un) ?verified"
    r"|(?:complete|requires?|needs?) (?:\w+ )?organi[sz]ation verification",
    re.IGNORECASE,
)
_LONG: Final = re.compile(
    r"string too long|too long|maximum context length|context_length_exceeded|string_above_max", re.IGNORECASE
)
_LOST: Final = frozenset({408, 409})
"""Like 5xx, these may come from a gateway that does not know whether the service behind it has done the work."""
_TOO_EARLY: Final = 425
_WAKING: Final = re.compile(
    r"\b(?:(?<!error )(?<!while )loading|being loaded|warming|waking|cold start|booting)\b"
    r"|scaled to (?:zero|0)"
    r"|setup (?:has )?not (?:yet )?(?:finished|completed?)",
    re.IGNORECASE,
)
_TEXTS: Final = ("message", "title", "detail", "error", "msg", "status_msg", "error_msg")
"""Where servers put the message of an error."""
_BODY_MAX: Final = 10 * SAID_MAX
"""The longest body of an error that is read as JSON, in characters."""
_NOT_SENT: Final = frozenset({"ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError"})
"""The exceptions of httpx and its successor for a fault before anything was sent."""
_NOT_SENT_BY_AIOHTTP: Final = frozenset({"ClientConnectorError", "ConnectionTimeoutError", "ClientHttpProxyError"})
"""The same of aiohttp, on which the successor may stand: a line cut after sending is a ConnectTimeout to it too."""


def failure(
    model: ModelTable, status: int, headers: Mapping[str, str], body: object, secret: str = ""
) -> TelephoneError:
    """The error for an answer with this status and body. `secret` is starred out of its detail."""
    codes, text, categories = _said(body)
    detail = f"{status}: {failures.detail_of(text, secret)}"
    barred = status in _JUDGED and _BARRED.search(text) is not None
    unsafe = status in _JUDGED and not barred and any(map(failures.is_unsafe, (text, *codes)))
    if status < 500 and (codes & REFUSALS or unsafe):
        return failures.refused(model, ", ".join(categories) or min(codes & REFUSALS, default="safety"))
    if barred:
        return failures.misconfigured(model, detail)
    if status < 500 and _UNVERIFIED.search(text):
        return failures.unverified(model, detail)
    if status in (502, 503) and _WAKING.search(text):
        return failures.waking(model)
    if status == 402 or codes & BALANCE:
        return failures.misconfigured(model, detail)
    if status == 429:
        return failures.rate_limited(model, failures.retry_after(headers, text), text)
    if status >= 500 or status in _LOST:
        return failures.lost(model)
    if status == _TOO_EARLY:
        return failures.unavailable(model)
    if status in (400, 404, 410, 422) and _GONE.search(text):
        return failures.retired(model)
    if status in (400, 403, 404, 410, 422) and ("model_not_found" in codes or _NOT_THERE.search(text)):
        return failures.retired(model) if model.retired() else failures.closed(model, detail)
    if status in (400, 413, 422) and (
        codes & {"string_above_max_length", "context_length_exceeded"} or _LONG.search(text)
    ):
        return failures.too_long(model)
    return failures.misconfigured(model, detail)


def broken(model: ModelTable, error: Exception) -> TelephoneError:
    """The error for a call without an answer: not sent, or lost on the way."""
    cause = error.__cause__
    if isinstance(cause, TelephoneError):
        return cause
    return failures.unsent(model) if _before_sending(cause) else failures.lost(model)


def _before_sending(cause: BaseException | None) -> bool:
    """Whether a fault means that nothing was sent. What aiohttp said decides, where it said anything."""
    below = cause.__cause__ if cause is not None else None
    names = {one.__name__ for one in type(below).__mro__}
    return bool(names & _NOT_SENT_BY_AIOHTTP) if "ClientError" in names else type(cause).__name__ in _NOT_SENT


def codes_and_text(body: object) -> tuple[set[str], str]:
    """The codes and types of an error, and its message, from a body in any of the shapes that servers use."""
    codes, text, _ = _said(body)
    return codes, text


def innermost(body: object) -> object:
    """The error itself: the first of a list, out of what wraps it as "error". Fields beside it count as its own."""
    while True:
        error = body.get("error") if isinstance(body, Mapping) else None
        if isinstance(body, list) and body and isinstance(body[0], Mapping):
            body = body[0]
        elif isinstance(body, Mapping) and isinstance(error, Mapping):
            body = {name: value for name, value in body.items() if name != "error"} | dict(error)
        elif error and not isinstance(error, str):
            body = error
        else:
            return body


def _said(body: object) -> tuple[set[str], str, list[str]]:
    """Codes and types, the message, and the categories of a refusal, from the JSON shapes that servers use."""
    if isinstance(body, str):
        try:
            body = json.loads(body if len(body) <= _BODY_MAX else "")
        except (ValueError, RecursionError):
            return set(), str(body)[:SAID_MAX], []
    inner: Any = innermost(body)
    if not isinstance(inner, Mapping):
        return set(), str(inner or "")[:SAID_MAX], []
    below = inner.get("metadata", inner.get("innererror"))
    below = below if isinstance(below, Mapping) else {}
    named = (inner.get("code"), inner.get("type"), inner.get("status"), below.get("code"))
    codes = {code for code in named if isinstance(code, str)}
    codes |= {code.lower() for code in codes}
    said = [str(inner[key])[:SAID_MAX] for key in _TEXTS if inner.get(key)]
    said += [str(below[key]) for key in ("raw", "reasons") if below.get(key)]
    said += [f"{key}: {inner[key]}" for key in ("blockReason", "block_reason") if inner.get(key)]
    said += [f"retry_after: {wait}" for wait in _waits(inner)]
    details = inner.get("moderation_details")
    found = details.get("categories") if isinstance(details, Mapping) else None
    return codes, " ".join(said)[:SAID_MAX], [str(name)[:40] for name in found][:5] if isinstance(found, list) else []


def _waits(inner: Mapping[str, Any]) -> list[int | float | str]:
    """The waits in the fields of an error: Replicate's of its own, Google's among the details."""
    details = inner.get("details")
    found = [one.get("retryDelay") for one in details if isinstance(one, Mapping)] if isinstance(details, list) else []
    return [wait for wait in (inner.get("retry_after"), *found) if isinstance(wait, int | float | str)][:1]

"""Errors that come with status 200: in the place of an answer, or inside of it. They mean what their status would."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from telephone.errors import TelephoneError
from telephone.providers import failures
from telephone.providers.base import ModelTable
from telephone.providers.http_errors import REFUSALS, codes_and_text, failure, innermost

_FIELDS: Final = (
    *("error", "errors", "detail", "message", "base_resp", "fault", "msg", "error_msg"),
    *("promptFeedback", "prompt_feedback"),
)
"""Where servers put an error, in the order in which they are looked at."""
_CODES: Final = ("code", "status", "status_code", "statusCode", "http_code")
_BY_NAME: Final = (
    (402, r"payment required|insufficient (?:credit|balance|fund)|more credit"),
    (429, r"rate.?limit|too many requests|resource.?exhausted|insufficient.?quota|quota exceeded|throttl"),
    (
        503,
        r"overload|unavailable|at capacity|no (?:healthy|available) (?:upstream|provider|instance)|currently loading",
    ),
    (503, r"try again later|timed? ?out|out of memory|upstream|bad gateway|engine.{0,20}(?:dead|stopped)"),
    (500, r"server.?error|internal.?error|\binternal\b|provider returned error"),
    (
        401,
        r"unauthenticated|unauthori[sz]ed|authentication|(?:invalid|incorrect|missing|no).{0,12}\b(?:api.?key|token)"
        r"|(?:api.?key|token) (?:is |has )?(?:invalid|incorrect|missing|expired)",
    ),
    (403, r"permission.?denied|forbidden|access denied|not allowed"),
    (404, r"not.?found|does not exist|unknown model|no such model"),
    (400, r"invalid.?(?:request|argument|parameter|prompt|value)|bad.?request|validation|unsupported"),
)
"""The status that an error without one would have had, by its code, type or message; the first that fits counts."""
_STATUS_MIN, _STATUS_MAX = 400, 600


def failure_in(model: ModelTable, came: Any, secret: str = "") -> TelephoneError | None:
    """The error that an answer of status 200 carries, if it does.

    `came` is the value that an SDK made of the body. An error beside a usable answer is none.
    """
    if isinstance(came, str):
        return _no_json(model, came, secret)
    if isinstance(came, Sequence):
        came = came[0] if came else None
    found = _error_of(came)
    if found is None:
        return None
    body: Any = innermost(found)
    if not isinstance(body, Mapping):
        beside = {name: value for name, value in _extra(came).items() if name in ("code", "type", "status")}
        body = beside | {"message": str(body)}
    status = _status_of(body) or _status_of(_extra(came)) or _status_by_name(body)
    if status is None:
        return failures.bad_output(model, "an error instead of an answer", failures.detail_of(body, secret))
    return failure(model, status, {}, {"error": body}, secret)


def _error_of(came: Any) -> Any:
    """What stands in the place of an answer; None where there is an answer."""
    answers = getattr(came, "choices", None) or getattr(came, "data", None)
    if answers:
        first = answers[0] if isinstance(answers, Sequence) else None
        has_answer = any(getattr(first, name, None) for name in ("message", "b64_json", "url"))
        return None if has_answer and not _speaks_of_error(first) else _extra(first).get("error")
    fields = _extra(came)
    found = next((fields[name] for name in _FIELDS if fields.get(name)), None)
    while isinstance(found, Sequence) and not isinstance(found, str):
        found = found[0] if found else None
    return found


def _speaks_of_error(choice: Any) -> bool:
    """Whether a choice broke off with an error and without a text."""
    return bool(_extra(choice).get("error")) and not getattr(getattr(choice, "message", None), "content", None)


def _extra(came: Any) -> Mapping[str, Any]:
    """The fields that the SDK does not know."""
    found = came if isinstance(came, Mapping) else getattr(came, "model_extra", None)
    return found if isinstance(found, Mapping) else {}


def _status_of(body: Mapping[str, Any]) -> int | None:
    for name in _CODES:
        code = body.get(name)
        if isinstance(code, str) and code.isdecimal():
            code = int(code)
        if isinstance(code, int) and _STATUS_MIN <= code < _STATUS_MAX:
            return code
    return None


def _status_by_name(body: Mapping[str, Any]) -> int | None:
    codes, message = codes_and_text(body)
    if codes & REFUSALS:
        return 400
    named = [body[name] for name in ("code", "type", "status") if isinstance(body.get(name), str)]
    for text in (*named, message):
        if failures.is_unsafe(text):
            return 400
        for status, names in _BY_NAME:
            if re.search(names, text.replace("_", " "), re.IGNORECASE):
                return status
    return None


def _no_json(model: ModelTable, text: str, secret: str) -> TelephoneError:
    said = failures.detail_of(text, secret)[:120]
    return failures.bad_output(model, "a page and no answer", f"no JSON; is the address of its server right? {said}")

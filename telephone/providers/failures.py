"""The errors of providers, with sentences for players; details are for the operator and contain no secret."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Final

from telephone.domain.games import fold
from telephone.errors import (
    BadInput,
    BadOutput,
    Misconfigured,
    NothingSaid,
    RateLimited,
    Refused,
    Retired,
    TimedOut,
    Unavailable,
    Waking,
)
from telephone.providers import maker_words
from telephone.providers.base import Closed, Crowded, Lost, ModelTable, Unverified

DETAIL_MAX: Final = 300
"""The longest part of a provider's message that is kept as detail, in characters."""
VERIFY: Final = (
    "verify the organisation at https://platform.openai.com/settings/organization/general (OpenAI asks for an identity "
    "document; it counts after up to 15 minutes)"
)
"""What an operator does about an organisation that is not verified."""
WAIT_MAX: Final = 3_600.0
"""The longest wait that is taken from a provider, in seconds."""

_SECRETS: Final = re.compile(r"\b(?:sk|r8|hf|xai)[-_][\w*.-]+|\bBearer\s+\S+", re.IGNORECASE)
_RESETS: Final = re.compile(
    r"(?:resets|try again|retry)\s+(?:in|after)\s+~?\s*(\d+(?:\.\d+)?)\s*(ms|s|m)?\b", re.IGNORECASE
)


def detail_of(text: object, secret: str = "") -> str:
    """A provider's message on one line, shortened, with every key in it starred out."""
    line = fold(str(text))
    if secret:
        line = line.replace(secret, "***")
    return _SECRETS.sub("***", line)[:DETAIL_MAX]


def is_unsafe(text: str) -> bool:
    """Whether a provider's message says that its safety rules declined."""
    return maker_words.says_unsafe(text)


def retry_after(headers: Mapping[str, str], text: str = "") -> float | None:
    """How long a provider asks to wait, in seconds: from its headers, else its message; None where it does not say."""
    by_ms = _number(headers.get("retry-after-ms"))
    if by_ms is not None:
        return _bounded(by_ms / 1_000)
    said = headers.get("retry-after")
    seconds = _number(said)
    if seconds is not None:
        return _bounded(seconds)
    if said:
        return _until(said)
    match = _RESETS.search(text)
    if match is None:
        return None
    return _bounded(float(match[1]) * {"ms": 0.001, "m": 60.0}.get((match[2] or "s").lower(), 1.0))


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if isfinite(number) else None


def _until(moment: str) -> float | None:
    try:
        return _bounded((parsedate_to_datetime(moment).astimezone(UTC) - datetime.now(UTC)).total_seconds())
    except (ValueError, OverflowError):
        return None


def _bounded(seconds: float) -> float:
    return min(WAIT_MAX, max(0.0, seconds))


def refused(model: ModelTable, reason: str) -> Refused:
    return Refused(f"{model.name} declined: its safety rules do not allow this. Please try other words.", reason)


def rate_limited(model: ModelTable, after: float | None) -> RateLimited:
    return RateLimited(f"{model.name} is asked too often just now; please try again in a minute.", after)


def unavailable(model: ModelTable) -> Unavailable:
    return Unavailable(f"{model.name} cannot be reached just now; please try again in a minute.")


def waking(model: ModelTable) -> Waking:
    return Waking(f"{model.name} is still being started; please try again in a few minutes.")


def lost(model: ModelTable) -> Lost:
    return Lost(f"The line to {model.name} broke before it answered; please try again in a minute.")


def timed_out(model: ModelTable) -> TimedOut:
    return TimedOut(f"{model.name} did not answer in time; please try again later or choose another model.")


def misconfigured(model: ModelTable, detail: str) -> Misconfigured:
    return Misconfigured(f"{model.name} cannot play just now; the operator needs to look at its settings.", detail)


def unverified(model: ModelTable, detail: str) -> Unverified:
    return Unverified(
        f"{model.name} is open to verified organisations only, and the operator's is not verified yet; "
        "please choose another model or tell the operator.",
        f"{detail} | To do: {VERIFY}",
    )


def closed(model: ModelTable, detail: str) -> Closed:
    return Closed(
        f"{model.name} is not open to this bot's key; please choose another model or tell the operator.",
        f"{detail} | To do: allow the model in the settings of the key and its project, or correct ref in its table",
    )


def too_long(model: ModelTable) -> BadInput:
    return BadInput(f"That text is too long for {model.name}; please shorten it or choose another model.")


def bad_output(model: ModelTable, what: str = "something that is no answer", detail: str = "") -> BadOutput:
    then = "please tell the operator" if model.kind == "embedder" else "please start the game again"
    return BadOutput(f"{model.name} sent back {what}; {then}.", detail)


def crowded(model: ModelTable, detail: str) -> Crowded:
    error = Crowded(f"The machine that {model.name} runs on is full just now; please try again in a minute.")
    error.detail = detail
    return error


def nothing_said(model: ModelTable, *, cut: bool) -> NothingSaid:
    """`cut` says whether its answer ended because it was too long."""
    why = "spent its whole answer on thinking" if cut else "sent back no words"
    return NothingSaid(
        f"{model.name} {why}, twice; please choose another model, or tell the operator.",
        'finish_reason length: ask for less reasoning in its table, such as input = { reasoning_effort = "none" }'
        if cut
        else "no text outside of reasoning",
    )


def retired(model: ModelTable) -> Retired:
    since = f" on {model.retired_on}" if model.retired_on else ""
    instead = f"; please choose {model.replacement} instead" if model.replacement else "; please choose another model"
    return Retired(f"{model.name} was retired{since}{instead}.", model.replacement)

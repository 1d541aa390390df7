"""The errors of providers, with sentences for players; details are for the operator and contain no secret."""

import re
from collections.abc import Mapping
from typing import Final

from telephone.domain.calls import SAID_MAX
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
    Unsent,
    Waking,
)
from telephone.providers import durations, maker_words
from telephone.providers.base import Closed, Crowded, Interrupted, Lost, ModelTable, Unverified

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
_LEFT: Final = ("x-ratelimit-remaining-requests", "x-ratelimit-remaining-tokens")
_RESETS: Final = ("x-ratelimit-reset", "ratelimit-reset")
_PER_MINUTE: Final = re.compile(
    r"(\d{1,5})\s+requests?\s+per\s+minute|per min(?:ute)?\s*\((?:RPM|IPM)\):\s*limit\s+(\d{1,5})", re.IGNORECASE
)
_LITTLE_CREDIT: Final = re.compile(r"less than\s+\$?\s*\d+(?:\.\d+)?\s+(?:in|of)\s+credit", re.IGNORECASE)
_INTERRUPTED: Final = re.compile(
    r"prediction (?:was )?interrupted|\(code: ?[A-Z]{2}\)|please retry\b"
    r"|unexpected error handling prediction|\bDirector: .*\(E\d{4}\)|\(E9\d{3}\)",
    re.IGNORECASE,
)


def detail_of(text: object, secret: str = "") -> str:
    """A provider's message on one line, shortened, with every key in it starred out."""
    line = fold(str(text)[:SAID_MAX])
    if secret:
        line = line.replace(secret, "***")
    return _SECRETS.sub("***", line)[:DETAIL_MAX]


def is_unsafe(text: str) -> bool:
    """Whether a provider's message says that its safety rules declined."""
    return maker_words.says_unsafe(text)


def retry_after(headers: Mapping[str, str], text: str = "") -> float | None:
    """How long a provider asks to wait, in seconds: from its headers, else its message; None where it does not say."""
    by_ms = durations.number(headers.get("retry-after-ms"))
    waits = [None if by_ms is None else by_ms / 1_000, durations.header(headers.get("retry-after") or "")]
    waits += [durations.said(text)]
    waits += [durations.header(headers.get(name.replace("remaining", "reset")) or "") for name in _used_up(headers)]
    waits += [durations.header(headers.get(name) or "") for name in _RESETS]
    asked = next((wait for wait in waits if wait is not None), None)
    return None if asked is None else min(WAIT_MAX, max(0.0, asked))


def _used_up(headers: Mapping[str, str]) -> list[str]:
    return [name for name in _LEFT if durations.number(headers.get(name)) == 0]


def calls_a_minute(text: str) -> int | None:
    """The limit of calls a minute that a provider's message names; None where it names none."""
    match = _PER_MINUTE.search(text)
    return int(match[1] or match[2]) or None if match else None


def is_short_of_credit(text: str) -> bool:
    """Whether a provider's message says that it slows an account down for want of credit."""
    return _LITTLE_CREDIT.search(text) is not None


def is_interrupted(text: str) -> bool:
    """Whether a failed prediction's message says that the provider broke it off, through no fault of the input."""
    return _INTERRUPTED.search(text) is not None


def refused(model: ModelTable, reason: str) -> Refused:
    return Refused(f"{model.name} declined: its safety rules do not allow this. Please try other words.", reason)


def rate_limited(model: ModelTable, after: float | None, text: str = "") -> RateLimited:
    """The error for a call that came too often; `text` is the provider's message, which may name the limit."""
    limit = calls_a_minute(text)
    if limit is not None and is_short_of_credit(text):
        slow = f"{model.name} may be called {limit} times a minute until the operator adds credit; please wait a while."
        return RateLimited(slow, after, limit, short_of_credit=True)
    return RateLimited(f"{model.name} is asked too often just now; please try again in a minute.", after, limit)


def unavailable(model: ModelTable) -> Unavailable:
    return Unavailable(f"{model.name} cannot be reached just now; please try again in a minute.")


def unsent(model: ModelTable) -> Unsent:
    return Unsent(f"{model.name} cannot be reached just now; please try again in a minute.")


def waking(model: ModelTable) -> Waking:
    return Waking(f"{model.name} is still being started; please try again in a few minutes.")


def lost(model: ModelTable) -> Lost:
    return Lost(f"The line to {model.name} broke before it answered; please try again in a minute.")


def gone_with_its_process(model: ModelTable) -> Interrupted:
    return Interrupted(f"What {model.name} answered was lost when the bot was restarted; please start the game again.")


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


def interrupted(model: ModelTable, detail: str = "") -> Interrupted:
    error = Interrupted(f"{model.name} was interrupted again and again; please start the game again.")
    error.detail = detail
    return error


def expired(model: ModelTable) -> Interrupted:
    """The error for an answer that its provider has deleted before it was collected."""
    return Interrupted(
        f"What {model.name} answered was deleted before it was collected; please start the game again.", expired=True
    )


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

"""How much a model reasons before it answers: the least that it allows, and what the hidden tokens may cost.

A model's table says it, in the field that its server knows: `input = { reasoning_effort = "none" }`. Not every model
knows every value; one that refuses names those that it does know, and is asked again with the least of them.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from telephone.providers.base import ModelTable

EFFORT: Final = "reasoning_effort"
LIMITS: Final = ("max_completion_tokens", "max_tokens")
"""The fields that bound an answer, in tokens; hidden tokens of reasoning count too."""
TOKENS: Final = 1_000
"""The longest caption, in tokens."""
CHAT_TOKENS: Final = 4_000
"""The same for an answer without a picture, which holds several prompts."""
MORE: Final = 4
"""How many times as long an answer may be, where the first one ended before a word was said."""
ASKED_TOKENS: Final = 4_000
"""The longest question, in tokens: an instruction and a picture, or a question of ours."""
_EFFORTS: Final = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
_KNOWN: Final = re.compile(
    r"(?:supported values|input should be|must be|one of|expected|allowed|valid (?:values|options))(.*)",
    re.IGNORECASE | re.DOTALL,
)
_REFUSING: Final = (400, 404, 422)


def refuses_effort(status: int, message: str, sent: Mapping[str, Any]) -> bool:
    """Whether a server refused what was sent for its `reasoning_effort`."""
    return status in _REFUSING and EFFORT in sent and EFFORT in message.lower().replace(" ", "_").replace(".", "_")


def least_effort(message: str, sent: Mapping[str, Any]) -> str | None:
    """The least effort that a refusal names; None where it names no other: the model knows no such field."""
    listed = _KNOWN.search(message)
    return next((e for e in _EFFORTS if listed and e != sent[EFFORT] and re.search(rf"\b{e}\b", listed[1])), None)


def with_effort(sent: Mapping[str, Any], effort: str | None) -> dict[str, Any]:
    """The same fields with this effort, without any for None."""
    others = {key: value for key, value in sent.items() if key != EFFORT}
    return others if effort is None else others | {EFFORT: effort}


def larger(sent: Mapping[str, Any]) -> dict[str, Any]:
    """The same fields with MORE tokens for the answer."""
    return {key: value * MORE if key in LIMITS and isinstance(value, int) else value for key, value in sent.items()}


def most_call_usd(model: ModelTable) -> float:
    """The most that one call of a model can cost, in US dollars.

    A model that is paid by its words may reason up to its limit and say nothing, and is then asked once more with a
    larger one. Of other models the price in the table is all that is known.
    """
    price = model.tokens_usd
    if model.kind not in ("i2t", "chat") or not price.get("text_out"):
        return model.price_usd
    limit = next((model.input[name] for name in LIMITS if isinstance(model.input.get(name), int)), None)
    tokens = limit or (CHAT_TOKENS if model.kind == "chat" else TOKENS)
    twice = 2 * ASKED_TOKENS * price.get("text_in", 0.0) + tokens * (1 + MORE) * price["text_out"]
    return max(model.price_usd, twice / 1e6)

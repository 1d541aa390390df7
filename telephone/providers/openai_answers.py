"""Reading the answers of servers with OpenAI's API. Every field is checked, since an answer may contain anything."""

from typing import Any

from telephone.providers import failures
from telephone.providers.base import ModelTable, Token


def picture(model: ModelTable, came: Any) -> str:
    """Base64 or address of the first picture. Raises BadOutput without one."""
    try:
        first = came.data[0]
        found = first.b64_json or first.url
    except (AttributeError, TypeError, LookupError):
        found = None
    if not isinstance(found, str) or not found:
        raise failures.bad_output(model, "no picture")
    return found


def words(model: ModelTable, came: Any) -> str:
    """The text of the first choice. Raises Refused where the model or its provider declined, BadOutput without text."""
    try:
        choice = came.choices[0]
        refusal, text = choice.message.refusal, choice.message.content
        ended = choice.finish_reason
    except (AttributeError, TypeError, LookupError):
        raise failures.bad_output(model, _no_words(model)) from None
    if refusal:
        raise failures.refused(model, failures.detail_of(refusal))
    if ended == "content_filter":
        raise failures.refused(model, "content_filter")
    if not isinstance(text, str):
        raise failures.bad_output(model, _no_words(model))
    return text


def cost(model: ModelTable, came: Any) -> float | None:
    """The cost of a call in US dollars, by the tokens it reports; None without reported tokens or prices."""
    usage = getattr(came, "usage", None)
    if not model.tokens_usd or usage is None:
        return None
    try:
        counted = _of_picture(usage) if model.kind == "t2i" else _of_words(usage)
        total = sum(model.tokens_usd.get(token, 0.0) * amount for token, amount in counted.items())
    except (AttributeError, TypeError):
        return None
    return total / 1e6 if total >= 0 else None


def _no_words(model: ModelTable) -> str:
    return "no text" if model.kind == "chat" else "no caption"


def _of_picture(usage: Any) -> dict[Token, int]:
    details = usage.input_tokens_details
    return {
        "text_in": details.text_tokens or 0,
        "image_in": details.image_tokens or 0,
        "image_out": usage.output_tokens,
    }


def _of_words(usage: Any) -> dict[Token, int]:
    return {"text_in": usage.prompt_tokens, "text_out": usage.completion_tokens}

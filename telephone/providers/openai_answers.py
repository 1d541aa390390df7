"""Reading the answers of servers with OpenAI's API. Every field is checked, since an answer may contain anything."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic_core import from_json

from telephone.domain.calls import SAID_MAX
from telephone.domain.visible import says_something
from telephone.providers import failures
from telephone.providers.answer_text import spoken
from telephone.providers.base import ModelTable, Token

_REFUSED: Final = frozenset(
    {"safety", "refusal", "recitation", "prohibited_content", "blocklist", "spii", "image_safety"}
)
"""How servers name an end for reasons of safety, beside OpenAI's own content_filter."""
_CUT: Final = frozenset({"length", "max_tokens", "max_output_tokens", "model_length"})


def pictures(body: bytes) -> Any:
    """The value that the SDK makes of an answer with pictures; a text where it is no JSON."""
    from openai.types import ImagesResponse

    try:
        came = from_json(body)
    except ValueError:  # the strict reader, which is twice as fast, knows neither halves of surrogates nor UTF-16
        try:
            came = json.loads(body)
        except (ValueError, RecursionError):
            return body.decode("utf-8", "replace")
    return ImagesResponse.construct(**came) if isinstance(came, dict) else came


def picture(model: ModelTable, came: Any) -> tuple[str, bool]:
    """The first picture, and whether it is an address rather than base64. Raises BadOutput without one."""
    try:
        first = came.data[0]
        found, is_address = (first.b64_json, False) if first.b64_json else (first.url, True)
    except (AttributeError, TypeError, LookupError):
        found, is_address = None, False
    if not isinstance(found, str) or not found:
        raise failures.bad_output(model, "no picture", failures.detail_of(_shape_of(came)))
    named = found.startswith(("http://", "https://"))
    return found, (is_address and not found.startswith("data:")) or named


@dataclass(frozen=True, slots=True)
class Words:
    """The `text` of a choice as it came; `cut` says that it ended because it was too long."""

    text: str
    cut: bool

    @property
    def usable(self) -> bool:
        """Whether there is an answer in it, beside reasoning and control tokens."""
        return says_something(spoken(self.text))


def words(model: ModelTable, came: Any) -> Words:
    """The first choice. Raises Refused where the model or its provider declined, BadOutput where there is none.

    A model that said nothing has an empty text. Content may be a list of parts, of which those with text count.
    """
    try:
        choice = came.choices[0]
        refusal, content = choice.message.refusal, choice.message.content
        ended = str(choice.finish_reason or "").lower()
    except (AttributeError, TypeError, LookupError):
        raise failures.bad_output(model, _no_words(model), failures.detail_of(_shape_of(came))) from None
    refusal = refusal or _declined(content)
    if refusal:
        raise failures.refused(model, failures.detail_of(refusal))
    text = _text_of(content)[:SAID_MAX]
    if ended in _REFUSED and not says_something(text):
        raise failures.refused(model, ended)
    if ended == "content_filter":
        raise failures.refused(model, "content_filter")
    return Words(text, ended in _CUT)


def _text_of(content: Any) -> str:
    """The text of a content: a string, a part, or a list of both; parts of reasoning are none of it."""
    if isinstance(content, str):
        return content
    if isinstance(content, Mapping):
        is_text = content.get("type", "text") in ("text", "output_text")
        return _text_of(content.get("text", content.get("value"))) if is_text else ""
    if isinstance(content, Sequence):
        return _joined([_text_of(part) for part in content])
    return ""


def _joined(parts: list[str]) -> str:
    text = ""
    for part in filter(None, parts):
        between = "" if not text or text[-1].isspace() or part[0].isspace() else " "
        text += between + part
    return text


def _declined(content: Any) -> str:
    """The text of a part that refuses; empty where there is none."""
    parts = content if isinstance(content, list) else [content]
    return next((str(part["refusal"]) for part in parts if isinstance(part, Mapping) and part.get("refusal")), "")


def _shape_of(came: Any) -> str:
    """The names of an answer's fields, for the log: their values may be anybody's words."""
    fields = came.model_dump(warnings=False) if hasattr(came, "model_dump") else {}
    return f"fields: {', '.join(sorted(map(str, fields)))}" if fields else type(came).__name__


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

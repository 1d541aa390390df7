"""What only OpenAI, and servers with its API, can tell: hidden reasoning, moderation, limits."""

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from telephone.domain.live_answers import Reply
from telephone.models.live.asking import LiveModels, shape
from telephone.models.live.predictions import sample
from telephone.models.live.samples import drawn
from telephone.models.probe import PROMPT, QUESTION
from telephone.providers.base import ModelTable
from telephone.providers.mapping import TASK, data_uri
from telephone.providers.openai import OFFICIAL
from telephone.settings import secret_named

TOKENS: Final = 300
"""The longest answer, in tokens, hidden ones included; so few that a model that thinks is seen to run out."""
_TOKENS_IN: Final = 2_000
EFFORTS: Final = ("none", "minimal", "low")
MODERATION: Final = "omni-moderation-latest"
_THINKS: Final = re.compile(r"</?\s*(?:think|thinking|reasoning)\b|<\|channel\|>", re.IGNORECASE)
NEEDS: Final = "set OPENAI_API_KEY, or name a server with its API in TELEPHONE_MODELS"
NEEDS_KEY: Final = "set OPENAI_API_KEY"


async def words(live: LiveModels) -> None:
    """How each model that writes ends its answer, and how many of its tokens nobody sees."""
    tables = _speakers(live)
    if not tables:
        live.leave_out("answers in words", NEEDS)
    for table in tables:
        for how, settings in _ways(table):
            asked = f"{table.name}, {how}"
            if not live.affords(asked, _most(table)):
                continue
            reply = await live.ask(
                "POST", f"{_base(live, table)}/chat/completions", key=_key(live, table), body=_body(table, settings)
            )
            usd = _cost(table, reply)
            live.purse.spent += usd
            live.note(asked, reply, usd, **(_said(reply) if reply.ok else {}), **reply.limits)


def _speakers(live: LiveModels) -> list[ModelTable]:
    return live.ready("openai", "i2t", "chat")


def _ways(table: ModelTable) -> Iterator[tuple[str, dict[str, Any]]]:
    plain = {key: value for key, value in table.input.items() if key != "reasoning_effort"}
    yield "as its table asks", dict(table.input)
    if plain != dict(table.input):
        yield "without reasoning_effort", plain
    for effort in EFFORTS:
        if table.input.get("reasoning_effort") != effort:
            yield f"reasoning_effort {effort}", {**plain, "reasoning_effort": effort}


def _body(table: ModelTable, settings: Mapping[str, Any]) -> dict[str, Any]:
    picture = {"type": "image_url", "image_url": {"url": data_uri(sample())}}
    content: Any = QUESTION if table.kind == "chat" else [{"type": "text", "text": TASK}, picture]
    limit = "max_tokens" if "max-tokens" in table.quirks else "max_completion_tokens"
    return {"model": table.ref, "messages": [{"role": "user", "content": content}], limit: TOKENS, **settings}


def _said(reply: Reply) -> dict[str, Any]:
    """The end, the shape and the tokens of an answer; not its words."""
    choices = reply.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else {}
    message, usage = choice.get("message") or {}, reply.get("usage") or {}
    content = message.get("content")
    details = usage.get("completion_tokens_details") or {}
    return {
        "finish_reason": choice.get("finish_reason"),
        "content": shape(content),
        "thinks_aloud": isinstance(content, str) and _THINKS.search(content) is not None,
        "reasoning_tokens": details.get("reasoning_tokens"),
        "tokens_out": usage.get("completion_tokens"),
        "tokens_in": usage.get("prompt_tokens"),
        "keys_of_message": sorted(message),
        **({"error_in_200": shape(reply.get("error"))} if reply.get("error") else {}),
    }


def _cost(table: ModelTable, reply: Reply) -> float:
    usage, prices = reply.get("usage") or {}, table.tokens_usd
    if not reply.ok:
        return 0.0
    if not prices or not isinstance(usage.get("prompt_tokens"), int):
        return table.price_usd
    out = usage.get("completion_tokens") or 0
    return float(usage["prompt_tokens"] * prices.get("text_in", 0.0) + out * prices.get("text_out", 0.0)) / 1e6


def _most(table: ModelTable) -> float:
    prices = table.tokens_usd
    if not prices:
        return table.price_usd
    return (_TOKENS_IN * prices.get("text_in", 0.0) + TOKENS * prices.get("text_out", 0.0)) / 1e6


def most_words(live: LiveModels) -> float:
    return sum(_most(table) * len(list(_ways(table))) for table in _speakers(live))


async def servers(live: LiveModels) -> None:
    """Whether an operator's own server hands a picture over as data or by an address, and from which host."""
    tables = _servers(live)
    if not tables:
        live.leave_out("a picture of a server with OpenAI's API", "name one by its url in TELEPHONE_MODELS")
    for table in tables:
        if not live.affords(table.name, table.price_usd):
            continue
        body = {"model": table.ref, "prompt": PROMPT, "n": 1, **table.input}
        reply = await live.ask("POST", f"{_base(live, table)}/images/generations", key=_key(live, table), body=body)
        usd = table.price_usd if reply.ok else 0.0
        live.purse.spent += usd
        data = reply.get("data") or [{}]
        live.note(table.name, reply, usd, keys=sorted(data[0]), url=shape(data[0].get("url")), asked_at=_host(table))


def _servers(live: LiveModels) -> list[ModelTable]:
    return [table for table in live.ready("openai", "t2i") if table.url]


def _host(table: ModelTable) -> str | None:
    return urlsplit(table.url).hostname


def most_servers(live: LiveModels) -> float:
    return sum(table.price_usd for table in _servers(live))


def _base(live: LiveModels, table: ModelTable | None = None) -> str:
    own = table.url if table is not None else ""
    return (own or live.settings.openai_base_url or OFFICIAL).rstrip("/")


def _key(live: LiveModels, table: ModelTable | None = None) -> str:
    """The key of a model's own server, which is never ours; else ours."""
    if table is not None and table.url:
        key = secret_named(table.key) if table.key else None
    else:
        key = live.settings.openai_api_key
    return key.get_secret_value() if key is not None else ""


async def moderation(live: LiveModels) -> None:
    """Whether the moderation takes a text, a PNG and a WebP. Free."""
    if live.settings.openai_api_key is None:
        live.leave_out("the moderation", NEEDS_KEY)
        return
    png, webp = (base64.b64encode(drawn(form)).decode() for form in ("PNG", "WEBP"))
    for what, part in (
        ("a text", {"type": "text", "text": "a fox mends a clock"}),
        ("a PNG", {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{png}"}}),
        ("a WebP", {"type": "image_url", "image_url": {"url": f"data:image/webp;base64,{webp}"}}),
    ):
        body = {"model": MODERATION, "input": [part]}
        reply = await live.ask("POST", f"{_base(live)}/moderations", key=_key(live), body=body)
        live.note(f"moderate {what}", reply, **(_verdict(reply) if reply.ok else {}))


def _verdict(reply: Reply) -> dict[str, Any]:
    results = reply.get("results")
    first = results[0] if isinstance(results, list) and results else {}
    types = (first.get("category_applied_input_types") or {}).values()
    return {
        "model": reply.get("model"),
        "results": len(results or []),
        "flagged": first.get("flagged"),
        "categories": len(first.get("categories") or {}),
        "checked_as": sorted({str(name) for names in types for name in names}),
    }


async def limits(live: LiveModels) -> None:
    """What OpenAI's headers say of limits, and which of our models it lists. Free."""
    if live.settings.openai_api_key is None:
        live.leave_out("OpenAI's models and limits", NEEDS_KEY)
        return
    reply = await live.ask("GET", f"{_base(live)}/models", key=_key(live))
    known = {str(one.get("id")) for one in reply.get("data") or []}
    ours = [table for table in live.ready("openai") if not table.url]
    gone = {table.name: table.ref for table in ours if table.ref not in known}
    facts: dict[str, Any] = {"models": len(known), "ours_not_listed": gone} if reply.ok else {}
    live.note("OpenAI's models", reply, **facts, **reply.limits)

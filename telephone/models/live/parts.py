"""The parts of `telephone doctor --live`, what each can cost at most, and how they are run within a limit."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final

import aiohttp
import structlog

from telephone.domain.live_answers import LEFT_OUT, LiveAnswer
from telephone.errors import BadInput
from telephone.models.live import cogs, embedding, openai, replicate
from telephone.models.live.asking import PROCESSING_MAX, SECONDS, LiveModels, Purse, no_trial
from telephone.models.players import Players
from telephone.models.probe import MOST_USD, Tried
from telephone.settings import Settings

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Part:
    """One part: what it asks, how, and what it can cost at most in US dollars."""

    about: str
    run: Callable[[LiveModels], Awaitable[None]]
    most_usd: Callable[[LiveModels], float]


def _nothing(live: LiveModels) -> float:
    return 0.0


async def _models(live: LiveModels) -> None:
    """Every ready model as a game plays it, where the purse holds the most that can cost."""
    if not live.affords("one turn of every ready model", _most_models(live)):
        return
    async for tried in live.trial():
        live.purse.spent += tried.usd
        status = LEFT_OUT if tried.left_out else "played" if tried.played else "failed"
        live.rows.append(LiveAnswer(live.part, tried.name, status, None, {"said": tried.said}, tried.usd))


def _most_models(live: LiveModels) -> float:
    """A trial of every ready model by its table's price; an embedder is called with the words and the picture."""
    ready = [table for table in live.players.registry.tables.values() if live.players.why_not(table) is None]
    return min(MOST_USD, sum(table.price_usd * (2 if table.kind == "embedder" else 1) for table in ready))


PARTS: Final = {
    "account": Part("the account and its rate limit", replicate.account, _nothing),
    "limits": Part("OpenAI's models and limits", openai.limits, _nothing),
    "schemas": Part("whether our tables fit each version's schema", replicate.schemas, _nothing),
    "cogs": Part("state and version of each Cog container", cogs.cogs, _nothing),
    "moderation": Part("a text, a PNG and a WebP moderated", openai.moderation, _nothing),
    "early": Part("GET 0, 50, 200 ms and 1 s after a create", replicate.early, replicate.most_early),
    "listing": Part("whether and when the listing echoes our input", replicate.listing, replicate.most_listing),
    "ends": Part("status, metrics and cost of a success, a failure, a cancel", replicate.ends, replicate.most_ends),
    "embedding": Part("an embedder's norms and special tokens", embedding.embedding, embedding.most_embedding),
    "words": Part("finish reasons and reasoning tokens", openai.words, openai.most_words),
    "servers": Part("how servers with OpenAI's API hand over a picture", openai.servers, openai.most_servers),
    "versions": Part("each version once: output, host, redirects", replicate.versions, replicate.most_versions),
    "models": Part("one turn of every ready model, as a game plays it", _models, _most_models),
}
"""The free ones first, then the cheap ones: what a limit leaves out stands at the end."""


def chosen(only: str) -> list[str]:
    """The names of parts, in order; all where `only` is empty. Raises BadInput for one that there is not."""
    words = only.replace(",", " ").split()
    for word in words:
        if word not in PARTS:
            raise BadInput(f"There is no part {word!r}; write some of: {', '.join(PARTS)}.")
    return [name for name in PARTS if name in words or not words]


async def most_usd(settings: Settings, players: Players, names: list[str]) -> dict[str, float]:
    """What each part can cost at most, by our tables."""
    async with aiohttp.ClientSession() as http:
        live = LiveModels(settings, players, Purse(0.0), http, no_trial)
        return {name: PARTS[name].most_usd(live) for name in names}


async def run(
    settings: Settings,
    players: Players,
    names: list[str],
    limit: float,
    *,
    trial: Callable[[], AsyncIterator[Tried]],
    rows: list[LiveAnswer],
    say: Callable[[str], None],
) -> None:
    """Runs these parts within a limit in US dollars; each answer is appended to `rows` as it comes.

    `trial` tries every ready model, as a game plays it.
    """
    patient = replace(players, deadline=SECONDS + PROCESSING_MAX)
    timeout = aiohttp.ClientTimeout(total=SECONDS)
    async with aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False) as http:
        live = LiveModels(settings, patient, Purse(limit), http, trial, rows)
        for name in names:
            live.part = name
            say(f"{name}: {PARTS[name].about}")
            try:
                await PARTS[name].run(live)
            except (LookupError, TypeError, ValueError, AttributeError) as error:
                # What came was shaped otherwise than its provider documents: that is an answer too.
                live.tell("read what was answered", f"unexpected shape: {type(error).__name__}")
                _log.warning("an answer could not be read", part=name, exc_info=error)

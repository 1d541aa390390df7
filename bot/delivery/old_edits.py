"""The limit on edits of messages older than an hour, which discord.py takes for a rate limit and waits out."""

from types import SimpleNamespace
from typing import Any

import aiohttp
import discord

from bot.delivery import refusals


def never_wait_for_old_edits() -> aiohttp.TraceConfig:
    """The trace for discord.py's `http_trace` by which such an edit raises HTTPException at once.

    Discord answers it 429 with a code of its own. discord.py would sleep and ask five times, which holds up everything
    else that is edited in the channel.
    """
    trace = aiohttp.TraceConfig()
    trace.on_request_end.append(_raise)
    return trace


async def _raise(
    _session: aiohttp.ClientSession, _context: SimpleNamespace, made: aiohttp.TraceRequestEndParams
) -> None:
    if made.response.status != 429 or made.method != "PATCH":
        return
    if not made.response.content_type.startswith("application/json"):
        return
    said: Any = await made.response.json()
    if isinstance(said, dict) and said.get("code") == refusals.TOO_OLD_TO_EDIT:
        raise discord.HTTPException(made.response, said)

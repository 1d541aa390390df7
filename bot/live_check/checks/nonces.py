"""Nonces: for how long, and where, Discord answers a repeated post with the first message."""

import asyncio
import time
from typing import Any, Final
from uuid import uuid4

from bot.live_check.session import LiveCheck
from telephone.domain.live_answers import Reply

LONG: Final = "add --long: it takes ten minutes"


async def nonces(live: LiveCheck) -> None:
    """The same nonce again, at once and later, from another channel, twice at once, and after deletion."""
    first, began = await live.needed("post with a nonce", body := _body()), time.monotonic()
    live.note("post with a nonce", first, nonce_echoed=first.get("nonce") == body["nonce"])
    read = await live.rest.ask("GET", f"/channels/{live.channel}/messages/{first.id}")
    live.note("read that message", read, nonce_in_it="nonce" in (read.body or {}))
    _repeated(live, "the same again at once", await live.send(body), first)
    await _twice_at_once(live)
    await _elsewhere(live)
    await _after_deletion(live)
    waiting = [(after, await live.needed("post with a nonce", kept := _body()), kept) for after in _waits(live)]
    for after, posted, kept in waiting:
        await asyncio.sleep(max(0.0, began + after - time.monotonic()))
        _repeated(live, f"the same again after {after:g} s", await live.send(kept), posted)
    if not waiting:
        live.leave_out("the same again after 60, 180, 300 and 600 s", LONG)


def _waits(live: LiveCheck) -> tuple[float, ...]:
    return live.options.nonce_after if live.options.long else ()


def _body() -> dict[str, Any]:
    return {"content": "live-check: a nonce", "nonce": uuid4().hex[:25], "enforce_nonce": True}


def _repeated(live: LiveCheck, asked: str, reply: Reply, first: Reply) -> None:
    live.note(asked, reply, same_message=reply.id == first.id)


async def _twice_at_once(live: LiveCheck) -> None:
    body = _body()
    one, other = await asyncio.gather(live.send(body), live.send(body))
    live.note("twice at once, one answer", one)
    live.note("twice at once, the other answer", other, same_message=one.id == other.id)


async def _elsewhere(live: LiveCheck) -> None:
    thread = await live.thread("nonces")
    first = await live.needed("post with a nonce", body := _body())
    reply = await live.send(body, thread)
    channel = reply.get("channel_id")
    live.note(
        "the same again in a thread", reply, same_message=reply.id == first.id, in_the_thread=channel == str(thread)
    )


async def _after_deletion(live: LiveCheck) -> None:
    first = await live.needed("post with a nonce", body := _body())
    await live.ask("delete a message that had a nonce", "DELETE", f"/channels/{live.channel}/messages/{first.id}")
    _repeated(live, "the same nonce again", await live.send(body), first)

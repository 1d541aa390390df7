"""What shows only later: edits of a card older than an hour, and addresses of files after 25 hours."""

import asyncio
from typing import Final

from yarl import URL

from bot.live_check.pictures import picture
from bot.live_check.session import LiveCheck
from bot.live_check.state import Later
from telephone.domain.live_answers import Reply

AT_ONCE: Final = 4
LATER: Final = "add --long: it posts a card and a file, and stays to be looked at by a run an hour and a day later"


async def old_card(live: LiveCheck) -> None:
    """Edits a card older than an hour four times at once; without one, posts it where --long says so."""
    await _card(live)
    await addresses(live, "file", "a file of ours")


async def _card(live: LiveCheck) -> None:
    waiting = [item for item in live.state.later if item.what == "card" and item.channel == live.channel]
    for card in waiting:
        if card.due_in > 0:
            live.leave_out("edit a card older than an hour", f"run again {_in(card)}")
            continue
        path = f"/channels/{card.channel}/messages/{card.message}"
        asked = [
            live.rest.ask("PATCH", path, {"content": f"live-check: {n}"}, patient=False) for n in range(1, AT_ONCE + 1)
        ]
        for number, reply in enumerate(await asyncio.gather(*asked), 1):
            _edited(live, f"edit a card older than an hour, {number} of {AT_ONCE} at once", reply)
        live.state.later.remove(card)
        live.remember(card.channel, card.message)
    if not waiting and live.options.long:
        card_reply = await live.needed("post a card", {"content": "live-check: a card that grows old"})
        live.keep("card", card_reply)
        live.leave_out("edit a card older than an hour", "it is posted; run again in an hour")
        await _keep_a_file(live)
    elif not waiting:
        live.leave_out("edit a card older than an hour", LATER)


def _edited(live: LiveCheck, asked: str, reply: Reply) -> None:
    limits = {name: value for name, value in reply.limits.items() if name != "x-ratelimit-bucket"}
    wanted = {"retry_after": reply.get("retry_after"), "global": reply.get("global")} if reply.status == 429 else {}
    live.note(asked, reply, **wanted, **limits)


async def _keep_a_file(live: LiveCheck) -> None:
    if any(item.what == "file" for item in live.state.later):
        return
    reply = await live.needed("post a file", {"content": "live-check: a file"}, files=[picture("kept.png")])
    files = reply.get("attachments") or [{}]
    live.keep("file", reply, str(files[0].get("url", "")))


async def addresses(live: LiveCheck, what: str, named: str) -> None:
    """Fetches the addresses that have waited for 25 hours."""
    for kept in [item for item in live.state.later if item.what == what]:
        if kept.due_in > 0:
            live.leave_out(f"fetch {named} after 25 hours", f"run again {_in(kept)}")
            continue
        reply = await live.rest.fetch(kept.address)
        url = URL(kept.address)
        live.note(f"fetch {named} after 25 hours", reply, host=url.host, query=sorted(url.query), **_size(reply))
        live.state.later.remove(kept)
        live.remember(kept.channel, kept.message)
        live.state.save()


def _size(reply: Reply) -> dict[str, int]:
    return {"bytes": reply.get("bytes", 0)}


def _in(kept: Later) -> str:
    minutes = max(1, round(kept.due_in / 60))
    return f"in {minutes} min" if minutes < 120 else f"in {minutes // 60} h"

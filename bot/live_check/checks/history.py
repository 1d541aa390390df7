"""Paging through a channel's messages."""

from typing import Final

import discord

from bot.live_check.session import LiveCheck

COUNT: Final = 120


async def paging(live: LiveCheck) -> None:
    """Which messages `after` gives first, in which order, and whether our own paging finds all."""
    asked = f"{COUNT} messages of a thread, paged with after"
    if not live.options.long:
        live.leave_out(asked, "add --long: posting them takes minutes")
        return
    thread = await live.thread("paging")
    posted = [
        (await live.needed("post in the thread", {"content": f"live-check: {n}"}, thread)).id for n in range(COUNT)
    ]
    after = posted[0] - 1
    for page in ("first", "second"):
        reply = await live.rest.ask("GET", f"/channels/{thread}/messages?after={after}&limit=100")
        ids = [int(message["id"]) for message in reply.items]
        places = [posted.index(one) + 1 for one in ids if one in posted]
        live.note(
            f"{asked}, {page} page",
            reply,
            count=len(ids),
            first=places[0] if places else None,
            last=places[-1] if places else None,
            newest_first=ids == sorted(ids, reverse=True),
        )
        after = max(ids, default=after)
    await _ours(live, thread, posted)


async def _ours(live: LiveCheck, thread: int, posted: list[int]) -> None:
    channel = live.client.get_partial_messageable(thread)
    try:
        history = channel.history(limit=None, after=discord.Object(posted[0] - 1), oldest_first=True)
        found = [message.id async for message in history]
    except (discord.HTTPException, OSError) as error:
        live.stopped("our own paging", error)
        return
    live.tell("our own paging", "done", found=len(set(found) & set(posted)), in_order=found == sorted(found))

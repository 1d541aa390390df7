"""Threads: their first message and our sweep, and what may be done in archived and locked ones."""

from typing import Any, Final

import discord

from bot.live_check.people import Asker, Pressed
from bot.live_check.session import LiveCheck
from bot.privacy.cleanup import DiscordCleanup
from telephone.domain.deletions import Spot
from telephone.errors import TelephoneError

STARTER: Final = 21
LOCK: Final = "Moderator, please lock the thread <#{}>, leave it open, then press the button."
SHUT: Final = "Moderator, please close the thread <#{}>; it stays locked. Then press the button."


async def starter(live: LiveCheck) -> None:
    """The first message of a thread cannot be deleted, they say; then our sweep, which has to clear the thread."""
    since, thread = live.since, await live.thread("starter")
    listed = await live.rest.ask("GET", f"/channels/{thread}/messages?limit=5")
    first: dict[str, Any] = next((message for message in listed.items if message.get("type") == STARTER), {})
    live.note(
        "read a thread's first message",
        listed,
        types=[message.get("type") for message in listed.items],
        by_us=str(first.get("author", {}).get("id")) == str(live.me),
        content=first.get("content"),
        id_is_the_threads=str(first.get("id")) == str(thread),
    )
    if first:
        await live.ask("delete it", "DELETE", f"/channels/{thread}/messages/{first['id']}")
    for number in (1, 2):
        await live.needed("post in the thread", {"content": f"live-check: {number}"}, thread)
    await _sweep(live, Spot("live-check", live.channel, since, thread, (thread,)))
    left = await live.rest.ask("GET", f"/channels/{thread}/messages?limit=5")
    types = [message.get("type") for message in left.items]
    live.note("read what the sweep left in the thread", left, types=types)
    card = await live.rest.ask("GET", f"/channels/{live.channel}/messages/{thread}")
    live.note("read the thread's message in the channel", card)


async def _sweep(live: LiveCheck, spot: Spot) -> None:
    asked = "our sweep, as for “delete my data”"
    try:
        live.tell(asked, "done", reached_all=await DiscordCleanup(live.client).sweep(spot))
    except (discord.HTTPException, TelephoneError, OSError) as error:
        live.stopped(asked, error)


async def closed(live: LiveCheck) -> None:
    """What may be done in a thread that is archived, locked, or both."""
    await _archived(live)
    if await _lock_it_ourselves(live):
        return
    if not live.options.people:
        live.leave_out("a locked thread", "add --people: a moderator locks a thread of ours")
        return
    await _locked_by_a_moderator(live)


async def _archived(live: LiveCheck) -> None:
    thread = await live.thread("archived")
    at = f"/channels/{thread}"
    message = (await live.needed("post in the thread", {"content": "live-check: a"}, thread)).id
    other = (await live.needed("post in the thread", {"content": "live-check: b"}, thread)).id
    await live.ask("archive our thread", "PATCH", at, {"archived": True})
    await live.ask("archived: edit", "PATCH", f"{at}/messages/{message}", {"content": "live-check: edited"})
    await live.ask("archived: delete", "DELETE", f"{at}/messages/{message}")
    live.note("archived: post", await live.send({"content": "live-check: c"}, thread))
    await _stands(live, thread, "after the post")
    await live.rest.ask("PATCH", at, {"archived": True})
    await live.ask("archived: open it again", "PATCH", at, {"archived": False})
    await _stands(live, thread, "after that")
    await live.ask("open again: delete", "DELETE", f"{at}/messages/{other}")


async def _lock_it_ourselves(live: LiveCheck) -> bool:
    """Locks our own thread where we may, and does all of the rest there; False where that is refused."""
    thread = await live.thread("locked")
    kept = [(await live.needed("post in the thread", {"content": f"live-check: {n}"}, thread)).id for n in range(4)]
    at = f"/channels/{thread}"
    reply = await live.ask("lock our own thread", "PATCH", at, {"locked": True})
    if not reply.ok:
        return False
    await _in(live, thread, "locked", kept[:2])
    await live.rest.ask("PATCH", at, {"archived": True, "locked": True})
    await _in(live, thread, "locked and archived", kept[2:])
    await live.rest.ask("PATCH", at, {"archived": False, "locked": False})
    return True


async def _locked_by_a_moderator(live: LiveCheck) -> None:
    thread = await live.thread("locked by a moderator")
    kept = [(await live.needed("post in the thread", {"content": f"live-check: {n}"}, thread)).id for n in range(4)]
    async with Asker.listening(live) as asker:
        inside = await asker.button("Press me once the thread is locked, please.", "Here", thread)
        await asker.done(LOCK.format(thread), "It is locked", "a moderator locks a thread")
        live.say("Now press the button inside the thread as well.")
        await _private(live, await asker.pressed(inside, "a button in a locked thread is pressed"))
        await _in(live, thread, "locked", kept[:2])
        await asker.done(SHUT.format(thread), "It is closed", "a moderator closes a locked thread")
        await _in(live, thread, "locked and archived", kept[2:])


async def _private(live: LiveCheck, pressed: Pressed) -> None:
    answer = {"type": 4, "data": {"content": "live-check: a private answer", "flags": 64}}
    live.note("locked: a private answer", await pressed.answer(live.rest, answer))


async def _in(live: LiveCheck, thread: int, how: str, messages: list[int]) -> None:
    """Edits, deletes and posts there, and opens it again; each answer is written down."""
    at = f"/channels/{thread}"
    await live.ask(f"{how}: edit", "PATCH", f"{at}/messages/{messages[0]}", {"content": "live-check: edited"})
    await live.ask(f"{how}: delete", "DELETE", f"{at}/messages/{messages[1]}")
    live.note(f"{how}: post", await live.send({"content": "live-check: a post"}, thread))
    await live.ask(f"{how}: open it again", "PATCH", at, {"archived": False})


async def _stands(live: LiveCheck, thread: int, when: str) -> None:
    reply = await live.rest.ask("GET", f"/channels/{thread}")
    meta = reply.get("thread_metadata") or {}
    live.note(f"read the thread {when}", reply, archived=meta.get("archived"), locked=meta.get("locked"))

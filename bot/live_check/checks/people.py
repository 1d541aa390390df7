"""Checks that need somebody: tokens of interactions, uploads, and a permission that is taken away."""

import asyncio
import time
from typing import Any, Final
from uuid import uuid4

from yarl import URL

from bot.live_check.checks.later import addresses
from bot.live_check.people import Asker, Pressed
from bot.live_check.session import LiveCheck
from bot.live_check.state import Later

PRIVATE: Final = 1 << 6
PRESS: Final = "Somebody, please press this button once."
UPLOAD: Final = "Somebody, please press this button and upload any small picture."
TAKE: Final = "Admin, please take Read Message History from me in this channel, then press the button."
GIVE: Final = "Thank you. Please give Read Message History back, then press the button."


async def tokens(live: LiveCheck) -> None:
    """What an interaction's token is good for at once, shortly before its 15 minutes end, and after them."""
    asked = "an interaction's token at 14:30 and 15:30"
    if not (live.options.people and live.options.long):
        live.leave_out(asked, "add --people --long: somebody presses a button, then it waits for 16 minutes")
        return
    async with Asker.listening(live) as asker:
        pressed = await asker.pressed(await asker.button(PRESS, "Press me"), "a button is pressed")
        began, thinking = time.monotonic(), {"type": 5, "data": {"flags": PRIVATE}}
        live.note("acknowledge the press", await pressed.answer(live.rest, thinking))
        live.note("acknowledge it a second time", await pressed.answer(live.rest, thinking))
        await _use(live, pressed, "at once")
        for after in live.options.token_after:
            minutes, seconds = divmod(round(after), 60)
            live.say(f"Waiting until {minutes}:{seconds:02} after the press.")
            await asyncio.sleep(max(0.0, began + after - time.monotonic()))
            await _use(live, pressed, f"at {minutes}:{seconds:02}")


async def _use(live: LiveCheck, pressed: Pressed, when: str) -> None:
    application = live.client.application_id or live.me
    said: dict[str, Any] = {"content": f"live-check: {when}"}
    live.note(f"edit the answer {when}", await pressed.edit(live.rest, application, said))
    private = {**said, "flags": PRIVATE}
    live.note(f"a private follow-up {when}", await pressed.follow(live.rest, application, private))


async def uploads(live: LiveCheck) -> None:
    """What Discord tells of a file that a member sends in a form, and its address, today and after 25 hours."""
    await addresses(live, "upload", "an upload of a member")
    if not live.options.people:
        live.leave_out("an upload in a form", "add --people: somebody uploads a picture")
        return
    async with Asker.listening(live) as asker:
        pressed = await asker.pressed(await asker.button(UPLOAD, "Upload"), "a button is pressed")
        form = f"live-check:{uuid4().hex}"
        heard = asker.listener.expect(form)
        live.note("open a form with an upload", await pressed.answer(live.rest, {"type": 9, "data": _form(form)}))
        sent = await asker.pressed(form, "a form with an upload is sent")
        heard.cancel()
        thanks = {"type": 4, "data": {"content": "Thank you.", "flags": PRIVATE}}
        live.note("answer the form", await sent.answer(live.rest, thanks))
        await _resolved(live, sent)


async def _resolved(live: LiveCheck, sent: Pressed) -> None:
    resolved = sent.data.get("resolved") or {}
    for file in (resolved.get("attachments") or {}).values():
        url = URL(str(file.get("url", "")))
        live.tell(
            "the upload as it is told",
            "heard",
            resolved=sorted(resolved),
            keys=sorted(file),
            media_type=file.get("content_type"),
            host=url.host,
            path=url.path.split("/")[1] if url.path else None,
            query=sorted(url.query),
        )
        live.note("fetch its address", await live.rest.fetch(str(url)))
        live.state.later.append(Later("upload", time.time(), address=str(url)))
        live.state.save()
        live.leave_out("fetch an upload of a member after 25 hours", "run again in 25 h")


def _form(custom_id: str) -> dict[str, Any]:
    field = {"type": 19, "custom_id": "file", "min_values": 1, "max_values": 1}
    return {
        "custom_id": custom_id,
        "title": "live-check",
        "components": [{"type": 18, "label": "A small picture", "component": field}],
    }


async def history(live: LiveCheck) -> None:
    """What the bot may still do in a channel whose Read Message History was taken from it."""
    if not live.options.people:
        live.leave_out(
            "a channel without Read Message History", "add --people: an admin takes it away, and gives it back"
        )
        return
    card = await live.needed("post a message", {"content": "live-check: to be replied to"})
    async with Asker.listening(live) as asker:
        await asker.done(TAKE, "It is taken", "an admin takes Read Message History away")
        await _without_history(live, card.id)
        await asker.done(GIVE, "It is back", "an admin gives Read Message History back")


async def _without_history(live: LiveCheck, card: int) -> None:
    channel = f"/channels/{live.channel}"
    for strict in (True, False):
        reference = {"message_id": str(card), "channel_id": str(live.channel), "fail_if_not_exists": strict}
        reply = await live.send({"content": "live-check: a reply", "message_reference": reference})
        live.note(
            f"reply, fail_if_not_exists {str(strict).lower()}", reply, refers="message_reference" in (reply.body or {})
        )
    listed = await live.rest.ask("GET", f"{channel}/messages?limit=5")
    live.note("list the messages", listed, count=len(listed.items))
    await live.ask("read one message", "GET", f"{channel}/messages/{card}")
    await live.ask("edit it", "PATCH", f"{channel}/messages/{card}", {"content": "live-check: edited"})
    opened = await live.open_thread(card, "without history")
    live.note("open a thread on it", opened)
    await live.ask("delete it", "DELETE", f"{channel}/messages/{card}")

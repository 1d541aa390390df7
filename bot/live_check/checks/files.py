"""Files of messages made of Components V2, and the largest file."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final
from uuid import uuid4

import discord
from discord import ui
from yarl import URL

from bot.delivery.cards import Card, Cards
from bot.delivery.sender import MessageSender
from bot.live_check.pictures import picture
from bot.live_check.session import V2, LiveCheck, named
from bot.ui.posts import Attachment, Post, gallery, layout
from telephone.domain.live_answers import Reply
from telephone.ports.posting import Posting, nonce

ONE, TWO, THREE = "one.png", "two.png", "three.png"
SIZES: Final = (10 * 2**20, 10 * 2**20 + 1)


async def files(live: LiveCheck) -> None:
    """Components V2 without files, with two, edits of them, and what our own code makes of that."""
    bare = await live.send({"flags": V2, "components": [_text("live-check: no files")]})
    live.note("post Components V2 without files", bare, flags=bare.get("flags"), attachments=_count(bare))
    two = [picture(ONE, alt="a teal square"), picture(TWO, colour="coral")]
    first = {"flags": V2, "components": _tree(ONE, TWO)}
    posted = await live.needed("post Components V2 with two files", first, files=two)
    _note(live, "post Components V2 with two files", posted)
    path = f"/channels/{live.channel}/messages/{posted.id}"
    _note(live, "read it", await live.rest.ask("GET", path))
    ids = _ids(posted)
    kept = [{"id": ids[name], "filename": name} for name in (ONE, TWO) if name in ids]
    for asked, body, new in _edits(kept):
        _note(live, asked, await live.rest.ask("PATCH", path, body, new))
    await _our_sender(live)
    await _our_card(live)


def _edits(kept: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any], list[Attachment]]]:
    """What is asked, the body, and the files it brings."""
    new = [picture(THREE, colour="gold")]
    yield "edit the text, attachments not named", {"components": _tree(ONE, TWO, text="edited")}, []
    yield "keep both, by id and name", {"components": _tree(ONE, TWO), "attachments": kept}, []
    by_id = [{"id": file["id"]} for file in kept]
    yield "keep both, by id alone", {"components": _tree(ONE, TWO), "attachments": by_id}, []
    yield "keep the first, drop the second", {"components": _tree(ONE), "attachments": kept[:1]}, []
    both = [*named(new), *kept[:1]]
    yield "keep the first, bring a third", {"components": _tree(ONE, THREE), "attachments": both}, new
    yield "bring a third alone", {"components": _tree(THREE), "attachments": named(new)}, new
    yield "drop all files", {"components": [_text("no files")], "attachments": []}, []


async def _our_sender(live: LiveCheck) -> None:
    """Whether our sender recognises a message of its own that an interrupted attempt posted."""
    post, since = _card_post("live-check: our sender"), datetime.now(UTC)
    remember = partial(live.remember, live.channel)
    sender, once = MessageSender(live.client), Posting(nonce(uuid4().hex, "card"), since)
    try:
        first = await live.finished(sender.post(live.channel, [post], once), remember)
        again = replace(once, nonce=nonce(uuid4().hex, "card"), again=True)
        second = await live.finished(sender.post(live.channel, [post], again), remember)
    except (discord.HTTPException, OSError) as error:
        live.stopped("our sender posts Components V2 with files, twice", error)
        return
    live.tell(
        "our sender posts Components V2 with files, and again after a crash", "done", posted_twice=first != second
    )


async def _our_card(live: LiveCheck) -> None:
    """Whether an edit of our own card sends its files again."""
    posted = await live.send({"flags": V2, "components": [_text("live-check: our card")]})
    cards, owner = Cards(live.client), uuid4().hex
    for asked in ("our card is edited, with two files", "our card is edited again, with the same files"):
        card = Card(owner, live.channel, posted.id, "playing", at_once=True)
        before = live.uploaded()
        try:
            shown = await cards.edit(card, _card_post(f"live-check: {asked}"))
        except (discord.HTTPException, OSError) as error:
            live.stopped(asked, error)
            return
        live.tell(asked, "done", bytes_sent=live.uploaded() - before, same_message=shown == posted.id)


def _card_post(words: str) -> Post:
    two = (picture(ONE), picture(TWO, colour="coral"))
    return Post(view=layout([ui.TextDisplay(words), *map(gallery, [(two[0],), (two[1],)])], 0x5865F2), files=two)


async def sizes(live: LiveCheck) -> None:
    """The largest file of a server without boosts."""
    for size in SIZES:
        reply = await live.send({"content": "live-check: a large file"}, files=[Attachment("large.bin", bytes(size))])
        live.note(f"post a file of {size:,} bytes", reply)


def _note(live: LiveCheck, asked: str, reply: Reply) -> None:
    items = list(_media(reply.get("components", [])))
    live.note(
        asked,
        reply,
        attachments=_count(reply),
        media=[_name(item) for item in items],
        keys_of_media=sorted({key for item in items for key in item}),
        media_with_attachment_id=sum(bool(item.get("attachment_id")) for item in items),
    )


def _ids(posted: Reply) -> dict[str, str]:
    """The ids of a message's files by name, from its media items, else from its attachments."""
    listed = {str(file["filename"]): str(file["id"]) for file in posted.get("attachments", [])}
    items = list(_media(posted.get("components", [])))
    return listed | {_name(item): str(item["attachment_id"]) for item in items if item.get("attachment_id")}


def _media(components: Any) -> Iterator[dict[str, Any]]:
    """The `media` of every gallery item, in the order in which they are drawn."""
    for part in components if isinstance(components, list) else ():
        for item in part.get("items", ()):
            yield item.get("media") or {}
        yield from _media(part.get("components", []))


def _name(item: dict[str, Any]) -> str:
    return URL(str(item.get("url", ""))).name


def _count(reply: Reply) -> int | None:
    found = reply.get("attachments")
    return len(found) if isinstance(found, list) else None


def _tree(*names: str, text: str = "live-check: files") -> list[dict[str, Any]]:
    """A box with a text and a gallery of these files."""
    items = [{"media": {"url": f"attachment://{name}"}} for name in names]
    return [{"type": 17, "components": [_text(text), {"type": 12, "items": items}]}]


def _text(text: str) -> dict[str, Any]:
    return {"type": 10, "content": text}

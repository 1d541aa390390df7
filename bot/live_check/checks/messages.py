"""Messages: posts, replies, edits, alt texts, threads, odd characters, roles."""

from typing import Any, Final

from bot.live_check.pictures import picture
from bot.live_check.session import QUIET, V2, LiveCheck, named
from telephone.domain.live_answers import Reply

ALT_MAX: Final = 1024
TEXTS: Final = {
    "spaces around": "  a fox  ",
    "line ends": "a fox\r\nb\rc\n\n\n\nd\n",
    "tabs": "\ta fox\tb",
    "control characters": "a\x00b\x07c\x1bd\x7fe",
    "characters without width": "a\u200bb\u200cc\u200dd\u2060e\ufeff",
    "marks of direction": "a\u202eb\u202cc\u2066d\u2069",
    "separators of lines": "a\u2028b\u2029c\x85d",
    "spaces of other kinds": "a\u00a0b\u3000c\u2003d",
    "a letter in two parts": "cafe\u0301",
    "a soft hyphen": "a\u00adb",
    "half of a pair": "a\ud83db",
    "nothing that can be seen": "\u200b",
    "spaces alone": "   ",
    "2,000 emoji": "🦊" * 2_000,
    "2,001 letters": "a" * 2_001,
}


async def messages(live: LiveCheck) -> None:
    """A message, replies to it, edits, two files kept, dropped and replaced, alt texts, a thread opened twice."""
    card = live.note("post a message", await live.send({"content": "live-check: a message"}))
    if not card.id:
        return
    live.rows.pop()
    live.note("post a message", card, type=card.get("type"), keys=sorted(card.body))
    await _replies(live, card.id)
    path = f"/channels/{live.channel}/messages/{card.id}"
    edited = await live.rest.ask("PATCH", path, {"content": "live-check: edited"})
    live.note("edit it", edited, content=edited.get("content"), edited=edited.get("edited_timestamp") is not None)
    await _two_files(live)
    await _alts(live)
    for asked in ("open a thread on it", "open a second thread on it"):
        opened = await live.open_thread(card.id, "live-check")
        live.note(asked, opened, type=opened.get("type"), same_id=opened.id == card.id)
    await live.ask("rename the thread to 101 letters", "PATCH", f"/channels/{card.id}", {"name": "a" * 101})


async def _replies(live: LiveCheck, to: int) -> None:
    for asked, message, strict in (
        ("reply to it", to, True),
        ("reply to a message that does not exist", to - 1, True),
        ("the same, fail_if_not_exists false", to - 1, False),
    ):
        reference = {"message_id": str(message), "channel_id": str(live.channel), "fail_if_not_exists": strict}
        reply = await live.send({"content": "live-check: a reply", "message_reference": reference})
        live.note(asked, reply, type=reply.get("type"), refers="message_reference" in (reply.body or {}))


async def _two_files(live: LiveCheck) -> None:
    two = [picture("one.png"), picture("two.png")]
    posted = live.note("post two files", await live.send({"content": "live-check: files"}, files=two))
    if not posted.id:
        return
    kept = [{"id": file["id"]} for file in posted.get("attachments", [])]
    path = f"/channels/{live.channel}/messages/{posted.id}"
    await _edit(live, "keep the first by its id alone", path, {"attachments": kept[:1]})
    third = [picture("three.png")]
    await _edit(live, "keep it and bring another", path, {"attachments": [*named(third), *kept[:1]]}, third)
    await _edit(live, "edit the text, attachments not named", path, {"content": "live-check: the text"})
    await _edit(live, "take all files away", path, {"attachments": []})


async def _edit(live: LiveCheck, asked: str, path: str, body: dict[str, Any], files: Any = ()) -> Reply:
    reply = await live.rest.ask("PATCH", path, body, files)
    return live.note(asked, reply, files=[file.get("filename") for file in reply.get("attachments", [])])


async def _alts(live: LiveCheck) -> None:
    for length in (ALT_MAX, ALT_MAX + 1):
        reply = await live.send({"content": "live-check: alt text"}, files=[picture("alt.png", alt="a" * length)])
        came = [len(file.get("description") or "") for file in reply.get("attachments", [])]
        live.note(f"post a file with an alt text of {length:,} letters", reply, letters_kept=came)


async def texts(live: LiveCheck) -> None:
    """Texts as they come back: what is cut, folded or refused."""
    for what, text in TEXTS.items():
        reply = await live.send({"content": text})
        _compare(live, f"post {what}", text, reply, reply.get("content"))
    for length in (4_000, 4_001):
        reply = await live.send({"flags": V2, "components": [{"type": 10, "content": "a" * length}]})
        live.note(f"post a text of {length:,} letters in Components V2", reply)
    text = "  **a**\n\n\n  b \u200b"
    reply = await live.send({"flags": V2, "components": [{"type": 10, "content": text}]})
    _compare(live, "post spaces and line ends in Components V2", text, reply, _first(reply).get("content"))


def _compare(live: LiveCheck, asked: str, text: str, reply: Reply, came: Any) -> None:
    if not reply.ok:
        live.note(asked, reply)
        return
    same = came == text
    facts = {} if same else {"sent": ascii(text)[:80], "came": ascii(came)[:80]}
    live.note(asked, reply, same=same, **facts)


def _first(reply: Reply) -> dict[str, Any]:
    components = reply.get("components") or [{}]
    return components[0] if isinstance(components[0], dict) else {}


async def roles(live: LiveCheck) -> None:
    """The bot's own role, which nobody else has, in a text of Components V2: mentioned or only written."""
    member = await live.rest.ask("GET", f"/guilds/{live.guild}/members/{live.me}")
    listed = await live.rest.ask("GET", f"/guilds/{live.guild}/roles")
    own = [
        role
        for role in listed.items
        if str((role.get("tags") or {}).get("bot_id")) == str(live.me) or role["id"] in member.get("roles", [])
    ]
    if not own:
        live.note("look for the bot's own role", listed, member_status=member.status)
        return
    for asked, allowed in (
        ("mention the bot's own role, nobody allowed", QUIET),
        ("mention it, allowed", {"parse": [], "roles": [own[0]["id"]]}),
        ("mention it, allowed_mentions left out", None),
    ):
        text = [{"type": 10, "content": f"live-check <@&{own[0]['id']}>"}]
        body: dict[str, Any] = {"flags": V2, "components": text}
        if allowed is not None:
            body["allowed_mentions"] = allowed
        reply = await _with_mentions(live, body)
        live.note(asked, reply, mention_roles=len(reply.get("mention_roles") or []), mentionable=own[0]["mentionable"])


async def _with_mentions(live: LiveCheck, body: dict[str, Any]) -> Reply:
    path = f"/channels/{live.channel}/messages"
    return await live.finished(live.rest.ask("POST", path, body), lambda reply: live.remember(live.channel, reply.id))

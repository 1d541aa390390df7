"""Discord's rules, broken on purpose and without a bot: what is refused, what is complained about."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from simcord.builders import ChannelHandle

from tests.standin import SPEC_PATH, Guild, Member, Message, Spec, Standin

HAS_SPEC = pytest.mark.skipif(
    not SPEC_PATH.exists(), reason=f"Discord's OpenAPI file is not there: no {SPEC_PATH.name} beside the tree"
)
COMPONENTS_V2 = 1 << 15


@dataclass(frozen=True)
class Wire:
    """Requests as a bot would send them, on a server with one channel and one member."""

    discord: Standin
    http: aiohttp.ClientSession
    guild: Guild
    channel: ChannelHandle
    alice: Member

    async def send(self, method: str, path: str, body: Any = None, **files: bytes) -> tuple[int, Any]:
        """Status and JSON of the answer; `path` may name {channel}, {app}, {message}, {callback}."""
        data: Any = None
        if files:
            data = aiohttp.FormData()
            data.add_field("payload_json", json.dumps(body))
            for index, (name, blob) in enumerate(files.items()):
                data.add_field(f"files[{index}]", blob, filename=f"{name}.png")
        body = None if files else body
        address = self.discord.api_base + self.fill(path)
        async with self.http.request(method, address, json=body, data=data) as answer:
            return answer.status, await answer.json(content_type=None) if answer.status != 204 else None

    def fill(self, path: str) -> str:
        backend = self.discord.world.backend
        if "{callback}" in path:
            asked = backend.new_interaction(2, self.channel.id, self.alice.id, self.guild.id)
            path = path.replace("{callback}", f"/interactions/{asked.id}/{asked.token}/callback")
        if "{message}" in path:
            path = path.replace("{message}", str(self.discord.messages(self.channel)[0].id))
        return path.format(channel=self.channel.id, app=backend.application_id)

    async def post(self, body: dict[str, Any], channel: Any = None, **files: bytes) -> tuple[int, Any]:
        return await self.send("POST", f"/channels/{(channel or self.channel).id}/messages", body, **files)


@pytest.fixture
async def wire(standin: Standin) -> AsyncIterator[Wire]:
    guild = standin.create_guild("Players")
    channel, alice = guild.create_text_channel("telephone"), guild.add_member("alice")
    async with aiohttp.ClientSession(headers={"Authorization": f"Bot {standin.token}"}) as http:
        yield Wire(standin, http, guild, channel, alice)


@pytest.fixture
async def card(wire: Wire) -> Message:
    status, _ = await wire.post({"content": "a card"})
    assert status == 200
    return wire.discord.messages(wire.channel)[0]


def button(**fields: Any) -> dict[str, Any]:
    return {"components": [{"type": 1, "components": [{"type": 2, "style": 1, **fields}]}]}


def command(**fields: Any) -> list[dict[str, Any]]:
    return [{"name": "start", "description": "d", "type": 1, **fields}]


def modal(title: str = "t", **fields: Any) -> dict[str, Any]:
    control = {"type": 4, "custom_id": "b", "style": 1}
    return {"type": 9, "data": {"custom_id": "a", "title": title, "components": [
        {"type": 18, "label": "l", "component": control, **fields}
    ]}}  # fmt: skip


MESSAGES, CALLBACK, COMMANDS = "/channels/{channel}/messages", "{callback}", "/applications/{app}/commands"
THREADS = "/channels/{channel}/messages/{message}/threads"
CHOICES = [{"name": str(n), "value": str(n)} for n in range(26)]
TEXT = {"type": 10, "content": "x"}

# What is wrong, the request, whether the OpenAPI file sees it. What it misses is refused all the same.
MISTAKES: list[tuple[str, str, str, Any, bool]] = [
    ("content of 2,001 characters", "POST", MESSAGES, {"content": "x" * 2001}, False),
    ("content of 4,001 characters", "POST", MESSAGES, {"content": "x" * 4001}, True),
    ("an empty message", "POST", MESSAGES, {}, False),
    ("a misspelt key", "POST", MESSAGES, {"contents": "x"}, True),
    ("a misspelt key of a button", "POST", MESSAGES, button(label="x", custom_id="a", disable=True), True),
    ("a button without custom_id", "POST", MESSAGES, button(label="x"), False),
    ("a button label of 81 characters", "POST", MESSAGES, button(label="x" * 81, custom_id="a"), True),
    ("a custom_id of 101 characters", "POST", MESSAGES, button(label="x", custom_id="a" * 101), True),
    ("components V2 beside content", "POST", MESSAGES,
     {"content": "x", "flags": COMPONENTS_V2, "components": [TEXT]}, False),
    ("41 components", "POST", MESSAGES, {"flags": COMPONENTS_V2, "components": [TEXT] * 41}, True),
    ("a nonce of 26 characters", "POST", MESSAGES, {"content": "x", "nonce": "x" * 26}, True),
    ("an embed title of 257 characters", "POST", MESSAGES, {"embeds": [{"title": "x" * 257}]}, True),
    ("an alt text of 1,025 characters", "POST", MESSAGES,
     {"content": "x", "attachments": [{"id": 0, "filename": "a.png", "description": "x" * 1025}]}, True),
    ("a snowflake that is a word", "POST", MESSAGES,
     {"content": "x", "message_reference": {"message_id": "abc"}}, True),
    ("a thread name of 101 characters", "POST", THREADS, {"name": "x" * 101}, True),
    ("a thread without a name", "POST", THREADS, {}, True),
    ("a thread archived after 77 minutes", "POST", THREADS, {"name": "x", "auto_archive_duration": 77}, True),
    ("26 choices of autocomplete", "POST", CALLBACK, {"type": 8, "data": {"choices": CHOICES}}, True),
    ("an unknown kind of callback", "POST", CALLBACK, {"type": 99}, True),
    ("a form title of 46 characters", "POST", CALLBACK, modal("x" * 46), True),
    ("a form label of 46 characters", "POST", CALLBACK, modal(label="x" * 46), True),
    ("a command name with a space", "PUT", COMMANDS, command(name="bad name"), False),
    ("a command name in capitals", "PUT", COMMANDS, command(name="START"), False),
    ("a command without description", "PUT", COMMANDS, [{"name": "start", "type": 1}], False),
    ("26 choices of an option", "PUT", COMMANDS,
     command(options=[{"type": 3, "name": "o", "description": "d", "choices": CHOICES}]), True),
    ("an option description of 101 characters", "PUT", COMMANDS,
     command(options=[{"type": 3, "name": "o", "description": "d" * 101}]), True),
]  # fmt: skip
NAMES = [mistake[0] for mistake in MISTAKES]


@pytest.mark.parametrize(("_", "method", "path", "body", "seen"), MISTAKES, ids=NAMES)
async def test_a_mistake_is_refused(
    wire: Wire, card: Message, _: str, method: str, path: str, body: Any, seen: bool
) -> None:
    status, answer = await wire.send(method, path, body)
    assert (status, answer["code"]) == (400, 50035), answer
    wire.discord.complaints.clear()


@HAS_SPEC
@pytest.mark.parametrize(("_", "method", "path", "body", "seen"), MISTAKES, ids=NAMES)
async def test_the_file_sees_a_mistake_or_misses_it(
    wire: Wire, card: Message, _: str, method: str, path: str, body: Any, seen: bool
) -> None:
    spec = Spec.load()
    assert spec is not None
    assert bool(spec.check(method, wire.fill(path), (), body)) is seen


@HAS_SPEC
async def test_a_misspelt_key_that_nobody_refuses_is_a_complaint(wire: Wire) -> None:
    status, _ = await wire.post({"embeds": [{"titel": "x", "description": "y"}]})
    assert status == 200
    with pytest.raises(AssertionError, match="'titel' was unexpected"):
        wire.discord.check()
    wire.discord.complaints.clear()


async def test_what_simcord_cannot_do_is_a_complaint(wire: Wire) -> None:
    status, _ = await wire.send("GET", f"/guilds/{wire.guild.id}/onboarding")
    assert status == 501
    assert "does not implement" in wire.discord.complaints[-1]
    wire.discord.complaints.clear()


async def test_a_message_has_one_thread(wire: Wire, card: Message) -> None:
    assert (await wire.send("POST", THREADS, {"name": "one"}))[0] == 200
    status, answer = await wire.send("POST", THREADS, {"name": "two"})
    assert (status, answer["code"]) == (400, 160004)
    assert [thread.name for thread in wire.discord.threads(wire.channel)] == ["one"]


async def test_a_thread_on_a_message_leaves_no_line_in_the_channel(wire: Wire, card: Message) -> None:
    await wire.send("POST", THREADS, {"name": "one"})
    (thread,) = wire.discord.threads(wire.channel)
    assert [m.id for m in wire.discord.messages(wire.channel, system=True)] == [card.id]
    assert wire.discord.messages(thread) == []
    (starter,) = wire.discord.messages(thread, system=True)
    assert starter.type == 21


async def test_a_reply_stays_in_its_channel(wire: Wire, card: Message) -> None:
    await wire.send("POST", THREADS, {"name": "one"})
    (thread,) = wire.discord.threads(wire.channel)
    (starter,) = wire.discord.messages(thread, system=True)
    outside = {"channel_id": str(wire.channel.id), "message_id": str(card.id)}
    for reference in (outside, {"message_id": str(card.id)}, {"message_id": str(starter.id)}):
        status, answer = await wire.post({"content": "re", "message_reference": reference}, thread)
        assert (status, answer["code"]) == (400, 50035)
    assert (await wire.post({"content": "re", "message_reference": {"message_id": str(card.id)}}))[0] == 200


async def test_an_archived_thread_takes_posts_but_no_edits(wire: Wire, card: Message) -> None:
    await wire.send("POST", THREADS, {"name": "one"})
    (thread,) = wire.discord.threads(wire.channel)
    _, first = await wire.post({"content": "first"}, thread)
    edit = ("PATCH", f"/channels/{thread.id}/messages/{first['id']}", {"content": "edited"})
    wire.discord.archive(thread)
    status, answer = await wire.send(*edit)
    assert (status, answer["code"]) == (400, 50083)
    assert wire.discord.threads(wire.channel)[0].archived
    assert (await wire.post({"content": "second"}, thread))[0] == 200
    assert not wire.discord.threads(wire.channel)[0].archived
    assert (await wire.send(*edit))[0] == 200


async def test_only_its_author_edits_a_message(wire: Wire) -> None:
    message = await wire.alice.send(wire.channel, "mine")
    status, answer = await wire.send("PATCH", f"/channels/{wire.channel.id}/messages/{message.id}", {"content": "no"})
    assert (status, answer["code"]) == (403, 50005)


async def test_components_v2_cannot_be_taken_back(wire: Wire) -> None:
    await wire.post({"flags": COMPONENTS_V2, "components": [TEXT]})
    status, answer = await wire.send("PATCH", MESSAGES + "/{message}", {"flags": 0, "components": [], "content": "x"})
    assert (status, answer["code"]) == (400, 50035)


async def test_a_nonce_counts_once_for_an_author_anywhere(wire: Wire) -> None:
    other = wire.guild.create_text_channel("other")
    body = {"content": "once", "nonce": "n-1", "enforce_nonce": True}
    answers = [await wire.post(body), await wire.post(body), await wire.post(body, other)]
    assert len({answer["id"] for _, answer in answers}) == 1
    assert {answer["nonce"] for _, answer in answers} == {"n-1"}
    assert len(wire.discord.messages(wire.channel)) == 1
    assert wire.discord.messages(other) == []
    await wire.post({**body, "enforce_nonce": False})
    assert len(wire.discord.messages(wire.channel)) == 2


async def test_a_deleted_message_frees_its_nonce(wire: Wire) -> None:
    body = {"content": "once", "nonce": "n-1", "enforce_nonce": True}
    await wire.post(body)
    wire.discord.delete_message(wire.discord.messages(wire.channel)[0])
    await wire.post(body)
    assert len(wire.discord.messages(wire.channel)) == 1


async def test_files_keep_their_order_and_alt_texts(wire: Wire) -> None:
    about = [{"id": n, "filename": f"{n}.png", "description": f"picture {n}"} for n in range(2)]
    status, answer = await wire.post({"content": "x", "attachments": about}, a=b"first", b=b"second")
    assert status == 200
    (message,) = wire.discord.messages(wire.channel)
    assert [(a.name, a.alt, a.data) for a in message.attachments] == [
        ("0.png", "picture 0", b"first"),
        ("1.png", "picture 1", b"second"),
    ]
    async with wire.http.get(answer["attachments"][1]["url"]) as file:
        assert await file.read() == b"second"


async def test_an_answer_after_the_deadline_is_too_late(wire: Wire) -> None:
    path = wire.fill(CALLBACK)
    wire.discord.world.backend.advance_clock(3)
    status, answer = await wire.send("POST", path, {"type": 5})
    assert (status, answer["code"]) == (404, 10062)


async def test_an_interaction_is_answered_once(wire: Wire) -> None:
    path = wire.fill(CALLBACK)
    assert (await wire.send("POST", path, {"type": 5}))[0] == 200
    status, answer = await wire.send("POST", path, {"type": 5})
    assert (status, answer["code"]) == (400, 40060)


async def test_without_a_token_nothing_is_answered(wire: Wire) -> None:
    async with aiohttp.ClientSession() as stranger, stranger.get(wire.discord.api_base + "/users/@me") as answer:
        assert answer.status == 401


async def test_a_dropped_connection_does_no_work(wire: Wire) -> None:
    wire.discord.faults.add("POST", r"/messages$", status="drop")
    with pytest.raises(aiohttp.ClientConnectionError):
        await wire.post({"content": "x"})
    assert wire.discord.messages(wire.channel) == []
    assert (await wire.post({"content": "x"}))[0] == 200


async def test_a_fault_happens_as_often_as_it_was_told(wire: Wire) -> None:
    wire.discord.faults.add("POST", r"/messages$", status=503, times=2)
    assert [(await wire.post({"content": "x"}))[0] for _ in range(3)] == [503, 503, 200]
    with pytest.raises(ValueError, match="no such fault"):
        wire.discord.faults.add("POST", r"/messages$", status=200)

"""Discord's rules, kept without a bot: threads, replies, nonces, files, deadlines, permissions, faults."""

from __future__ import annotations

import asyncio

import aiohttp
import discord
import pytest

from tests.standin import Message, Standin
from tests.standin.wire import CALLBACK, COMPONENTS_V2, MESSAGES, TEXT, THREADS, Wire

JSON = {"Content-Type": "application/json"}


async def test_a_message_has_one_thread(wire: Wire, card: Message) -> None:
    assert (await wire.send("POST", THREADS, {"name": "one"}))[0] == 201
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


async def test_the_nonce_of_a_deleted_message_is_refused_while_it_is_remembered(wire: Wire) -> None:
    body = {"content": "once", "nonce": "n-1", "enforce_nonce": True}
    await wire.post(body)
    wire.discord.delete_message(wire.discord.messages(wire.channel)[0])
    status, answer = await wire.post(body)
    assert (status, answer["code"]) == (404, 10008)
    assert (await wire.post({**body, "nonce": "n-2"}))[0] == 200
    wire.discord.world.backend.advance_clock(181)
    assert (await wire.post(body))[0] == 200
    assert len(wire.discord.messages(wire.channel)) == 2


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


async def test_an_answer_after_discords_three_seconds_is_too_late() -> None:
    async with Standin.open(acknowledge_within=3) as strict, aiohttp.ClientSession() as http:
        guild = strict.create_guild()
        wire = Wire(strict, http, guild, guild.create_text_channel("telephone"), guild.add_member("alice"))
        path = wire.fill(CALLBACK)
        strict.world.backend.advance_clock(3)
        status, answer = await wire.send("POST", path, {"type": 5})
        assert (status, answer["code"]) == (404, 10062)


async def test_a_slow_machine_has_as_much_time_as_the_test(wire: Wire) -> None:
    path = wire.fill(CALLBACK)
    wire.discord.world.backend.advance_clock(wire.discord.patience / 2)
    assert (await wire.send("POST", path, {"type": 5}))[0] == 204


async def test_what_the_bot_was_not_invited_to_do_is_forbidden(wire: Wire) -> None:
    closed = discord.PermissionOverwrite(attach_files=False, read_message_history=False)
    gallery = wire.guild.create_text_channel("gallery", bot_may=closed)
    _, first = await wire.post({"content": "x"}, gallery)
    status, answer = await wire.post({"content": "x", "attachments": [{"id": 0, "filename": "a"}]}, gallery, a=b"a")
    assert (status, answer["code"]) == (403, 50013)
    status, answer = await wire.post({"content": "x", "message_reference": {"message_id": first["id"]}}, gallery)
    assert (status, answer["code"]) == (403, 160002)


async def test_a_bot_invited_without_permission_cannot_pin(wire: Wire) -> None:
    guild = wire.discord.create_guild("Strict", bot_permissions=discord.Permissions(send_messages=True))
    channel = guild.create_text_channel("telephone")
    answers = []
    for place in (wire.channel, channel):
        _, message = await wire.post({"content": "x"}, place)
        answers.append(await wire.send("PUT", f"/channels/{place.id}/messages/pins/{message['id']}"))
    assert [(status, answer and answer["code"]) for status, answer in answers] == [(204, None), (403, 50013)]


async def test_a_locked_thread_takes_no_posts(wire: Wire, card: Message) -> None:
    await wire.send("POST", THREADS, {"name": "one"})
    (thread,) = wire.discord.threads(wire.channel)
    wire.discord.archive(thread, locked=True)
    wire.discord.permit(wire.channel, discord.PermissionOverwrite(manage_threads=False))
    status, answer = await wire.post({"content": "x"}, thread)
    assert (status, answer["code"]) == (400, 50083)


async def test_answers_about_messages_do_not_name_the_server(wire: Wire) -> None:
    _, answer = await wire.post({"content": "x"})
    _, history = await wire.send("GET", MESSAGES)
    assert "guild_id" not in answer
    assert "guild_id" not in history[0]


async def test_an_interaction_is_answered_once(wire: Wire) -> None:
    path = wire.fill(CALLBACK)
    assert (await wire.send("POST", path, {"type": 5}))[0] == 204
    status, answer = await wire.send("POST", path, {"type": 5})
    assert (status, answer["code"]) == (400, 40060)


async def test_without_a_token_nothing_is_answered(wire: Wire) -> None:
    async with aiohttp.ClientSession() as stranger, stranger.get(wire.discord.api_base + "/users/@me") as answer:
        assert answer.status == 401


async def test_a_body_that_is_no_json_is_refused(wire: Wire) -> None:
    async with wire.http.post(wire.discord.api_base + wire.fill(MESSAGES), data=b"{", headers=JSON) as answer:
        assert (answer.status, (await answer.json())["code"]) == (400, 50109)


async def test_half_a_request_does_no_work(wire: Wire, caplog: pytest.LogCaptureFixture) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", wire.discord.port)
    lines = [
        f"POST /api/v10{wire.fill(MESSAGES)} HTTP/1.1",
        "Host: localhost",
        f"Authorization: Bot {wire.discord.token}",
        "Content-Type: multipart/form-data; boundary=x",
        "Content-Length: 1000",
        "",
        '--x\r\nContent-Disposition: form-data; name="payload_json"\r\n\r\n{"content": "half"}\r\n--x',
    ]
    writer.write("\r\n".join(lines).encode())
    await writer.drain()
    await asyncio.sleep(0.1)
    writer.transport.abort()
    await asyncio.sleep(0.1)
    assert wire.discord.messages(wire.channel) == []
    assert "Traceback" not in caplog.text


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

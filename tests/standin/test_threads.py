"""Discord's rules about closed threads, undeletable messages and what is too old, kept without a bot."""

from __future__ import annotations

from typing import Any

import discord
import pytest

from tests.standin import Message
from tests.standin.wire import CALLBACK, Wire

EVERYTHING = discord.Permissions.text()
BASIC = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    create_public_threads=True,
    attach_files=True,
    read_message_history=True,
)


async def _thread(wire: Wire, card: Message) -> Any:
    status, answer = await wire.send("POST", f"/channels/{wire.channel.id}/messages/{card.id}/threads", {"name": "t"})
    assert status in (200, 201)
    assert answer["id"] == str(card.id)
    (thread,) = wire.discord.threads(wire.channel)
    return thread


def _may(wire: Wire, **permissions: bool) -> None:
    wire.discord.permit(wire.channel, discord.PermissionOverwrite(**permissions))


async def test_a_threads_starter_is_empty_and_cannot_be_deleted(wire: Wire, card: Message) -> None:
    thread = await _thread(wire, card)
    (starter,) = wire.discord.messages(thread, system=True)
    assert (starter.type, starter.content) == (21, "")
    status, answer = await wire.send("DELETE", f"/channels/{thread.id}/messages/{starter.id}")
    assert (status, answer["code"]) == (403, 50021)


@pytest.mark.parametrize(
    ("locked", "archived", "code"), [(False, True, 50083), (True, False, 160005), (True, True, 50083)]
)
async def test_in_a_closed_thread_nothing_is_edited(wire: Wire, card: Message, locked, archived, code) -> None:
    thread = await _thread(wire, card)
    _, said = await wire.post({"content": "said"}, thread)
    _may(wire, manage_threads=False)
    wire.discord.close(thread, locked=locked, archived=archived)
    status, answer = await wire.send("PATCH", f"/channels/{thread.id}/messages/{said['id']}", {"content": "other"})
    assert (status, answer["code"]) == (400 if code == 50083 else 403, code)


async def test_a_moderator_edits_and_posts_in_a_locked_thread(wire: Wire, card: Message) -> None:
    thread = await _thread(wire, card)
    _, said = await wire.post({"content": "said"}, thread)
    wire.discord.close(thread, locked=True)
    status, _ = await wire.send("PATCH", f"/channels/{thread.id}/messages/{said['id']}", {"content": "other"})
    assert status == 200
    assert (await wire.post({"content": "more"}, thread))[0] == 200


@pytest.mark.parametrize(
    ("permission", "locked", "status"), [(False, False, 200), (False, True, 403), (True, True, 200)]
)
async def test_reopening_asks_for_manage_threads_only_where_the_thread_is_locked(
    wire: Wire, card: Message, permission, locked, status
) -> None:
    thread = await _thread(wire, card)
    _may(wire, manage_threads=permission, manage_channels=False)
    wire.discord.close(thread, locked=locked, archived=True)
    got, _ = await wire.send("PATCH", f"/channels/{thread.id}", {"archived": False})
    assert got == status
    assert wire.discord.threads(wire.channel)[0].archived is (status == 403)


@pytest.mark.parametrize("allowed", [True, False])
async def test_whether_an_archived_thread_lets_go_of_a_message_is_a_switch(wire: Wire, card: Message, allowed) -> None:
    thread = await _thread(wire, card)
    _, said = await wire.post({"content": "said"}, thread)
    wire.discord.close(thread, locked=False, archived=True)
    wire.discord.world.backend.archived_deletes = allowed
    status, _ = await wire.send("DELETE", f"/channels/{thread.id}/messages/{said['id']}")
    assert status == (204 if allowed else 400)


async def test_in_a_locked_and_archived_thread_nothing_is_answered(wire: Wire, card: Message) -> None:
    thread = await _thread(wire, card)
    _may(wire, manage_threads=False)
    wire.discord.close(thread, locked=True, archived=True)
    asked = wire.discord.world.backend.new_interaction(2, thread.id, wire.alice.id, wire.guild.id)
    path = CALLBACK.replace("{callback}", f"/interactions/{asked.id}/{asked.token}/callback")
    status, answer = await wire.send("POST", path, {"type": 5, "data": {"flags": 64}})
    assert (status, answer["code"]) == (400, 50083)


async def test_old_messages_take_three_edits_in_six_seconds_a_channel(wire: Wire, card: Message) -> None:
    backend = wire.discord.world.backend
    path = f"/channels/{wire.channel.id}/messages/{card.id}"
    for _ in range(4):
        assert (await wire.send("PATCH", path, {"content": "young"}))[0] == 200
    backend.advance_clock(3_601)
    got = [await wire.send("PATCH", path, {"content": "old"}) for _ in range(4)]
    assert [status for status, _ in got] == [200, 200, 200, 429]
    assert got[-1][1]["code"] == 30046
    assert 0 < got[-1][1]["retry_after"] <= 6
    backend.advance_clock(7)
    assert (await wire.send("PATCH", path, {"content": "older"}))[0] == 200


async def test_a_token_ends_after_a_quarter_of_an_hour(wire: Wire) -> None:
    backend = wire.discord.world.backend
    asked = backend.new_interaction(2, wire.channel.id, wire.alice.id, wire.guild.id)
    await wire.send("POST", f"/interactions/{asked.id}/{asked.token}/callback", {"type": 5, "data": {"flags": 64}})
    backend.advance_clock(901)
    for method, path in (("POST", ""), ("PATCH", "/messages/@original")):
        status, answer = await wire.send(
            method, f"/webhooks/{backend.application_id}/{asked.token}{path}", {"content": "late"}
        )
        assert (status, answer["code"]) == (401, 50027)

"""What members do, and what a test that waits for them is told."""

from __future__ import annotations

import pytest
from simcord.backend.errors import SetupError

from tests.standin import Message
from tests.standin.wire import Wire


@pytest.fixture
async def panel(wire: Wire) -> Message:
    buttons = [
        {"type": 2, "style": 1, "label": "Note", "custom_id": "note"},
        {"type": 2, "style": 4, "label": "Stop", "custom_id": "stop", "disabled": True},
    ]
    await wire.post({"content": "A panel", "components": [{"type": 1, "components": buttons}]})
    return wire.discord.messages(wire.channel)[0]


async def test_members_talk_among_themselves(wire: Wire) -> None:
    bob = wire.guild.add_member("bob")
    first = await wire.alice.send(wire.channel, "look", files=[("a.png", b"picture")])
    second = await bob.send(wire.channel, "nice", reply_to=first)
    assert wire.discord.messages(wire.channel) == [first, second]
    assert (first.author, first.attachments[0].data) == ("alice", b"picture")
    assert (second.author, second.reply_to) == ("bob", first.id)


async def test_a_member_cannot_press_what_is_not_there(wire: Wire, panel: Message) -> None:
    with pytest.raises(SetupError, match="No matching component"):
        await wire.alice.click(panel, label="Play")


async def test_a_member_cannot_press_what_is_disabled(wire: Wire, panel: Message) -> None:
    assert panel.buttons == {"Note": True, "Stop": False}
    with pytest.raises(SetupError, match="disabled"):
        await wire.alice.click(panel, label="Stop")


async def test_a_member_cannot_use_a_command_that_was_not_registered(wire: Wire) -> None:
    with pytest.raises(SetupError, match="No application command named 'start'"):
        await wire.alice.slash(wire.channel, "start")


async def test_waiting_in_vain_tells_the_story(wire: Wire, panel: Message) -> None:
    await wire.alice.send(wire.channel, "anyone?", reply_to=panel)
    with pytest.raises(AssertionError) as failure:
        await wire.discord.until(lambda: False, timeout=0.1)
    told = str(failure.value)
    assert told.startswith("still not so after 0.1 s")
    assert "channel 'telephone' of Players" in told
    assert "TestBot: A panel [Note] (Stop)" in told
    assert f"alice: anyone? re {panel.id % 10_000}" in told
    assert f"POST /channels/{wire.channel.id}/messages → 200" in told

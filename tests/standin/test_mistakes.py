"""Mistakes of a bot, made on purpose: each is refused, and it is known which of them Discord's own file sees."""

from __future__ import annotations

from typing import Any

import pytest

from tests.standin import SPEC_PATH, Message, Spec
from tests.standin.wire import CALLBACK, COMMANDS, COMPONENTS_V2, MESSAGES, TEXT, THREADS, Wire

HAS_SPEC = pytest.mark.skipif(
    not SPEC_PATH.exists(), reason=f"Discord's OpenAPI file is not there: no {SPEC_PATH.name} beside the tree"
)


def button(**fields: Any) -> dict[str, Any]:
    return {"components": [{"type": 1, "components": [{"type": 2, "style": 1, **fields}]}]}


def command(**fields: Any) -> list[dict[str, Any]]:
    return [{"name": "start", "description": "d", "type": 1, **fields}]


def modal(title: str = "t", **fields: Any) -> dict[str, Any]:
    control = {"type": 4, "custom_id": "b", "style": 1}
    return {"type": 9, "data": {"custom_id": "a", "title": title, "components": [
        {"type": 18, "label": "l", "component": control, **fields}
    ]}}  # fmt: skip


CHOICES = [{"name": str(n), "value": str(n)} for n in range(26)]

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

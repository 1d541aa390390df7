"""What the stand-in answers is held against Discord's own file, and it speaks as Discord does."""

from __future__ import annotations

import pytest

from tests.standin import SPEC_PATH, Message, Spec
from tests.standin.wire import CALLBACK, COMMANDS, COMPONENTS_V2, MESSAGES, TEXT, THREADS, Wire

GALLERY = {"type": 12, "items": [{"media": {"url": "attachment://a.png"}, "description": "a fox"}]}
BOX = {"type": 17, "components": [TEXT, GALLERY, {"type": 13, "file": {"url": "attachment://b.png"}}]}
TWO_FILES = [{"id": 0, "filename": "a.png", "description": "a fox"}, {"id": 1, "filename": "b.png"}]


async def two_files(wire: Wire) -> tuple[dict, Message]:
    """A message whose two files are shown by its components: as it was answered, and as it stands."""
    body = {"flags": COMPONENTS_V2, "components": [BOX], "attachments": TWO_FILES}
    status, answer = await wire.post(body, a=b"first", b=b"second")
    assert status == 200
    return answer, wire.discord.messages(wire.channel)[-1]


def media(answer: dict) -> list[dict]:
    _, gallery, file = answer["components"][0]["components"]
    return [gallery["items"][0]["media"], file["file"]]


async def test_files_that_components_show_are_not_listed_but_named_by_their_media(wire: Wire) -> None:
    answer, message = await two_files(wire)
    _, history = await wire.send("GET", MESSAGES)
    edited = await wire.send("PATCH", f"{MESSAGES}/{message.id}", {"flags": COMPONENTS_V2, "components": [TEXT]})
    assert [answer["attachments"], history[0]["attachments"]] == [[], []]
    assert [one["url"].rpartition("/")[2] for one in media(answer)] == ["a.png", "b.png"]
    assert all(one["url"].split("/")[-2] == one["attachment_id"] != one["id"] for one in media(answer))
    assert media(history[0]) == media(answer)
    assert [(file.name, file.data) for file in message.files] == [("a.png", b"first"), ("b.png", b"second")]
    assert message.attachments == ()
    assert [file["filename"] for file in edited[1]["attachments"]] == ["a.png", "b.png"], "nothing shows them now"


async def test_files_of_a_message_without_components_are_listed(wire: Wire) -> None:
    _, answer = await wire.post({"content": "x", "attachments": TWO_FILES}, a=b"first", b=b"second")
    assert [file["filename"] for file in answer["attachments"]] == ["a.png", "b.png"]
    assert wire.discord.messages(wire.channel)[-1].attachments == wire.discord.messages(wire.channel)[-1].files


async def test_a_file_that_an_embed_shows_is_not_listed(wire: Wire) -> None:
    embed = {"title": "x", "image": {"url": "attachment://a.png"}}
    _, answer = await wire.post({"embeds": [embed], "attachments": TWO_FILES}, a=b"first", b=b"second")
    assert [file["filename"] for file in answer["attachments"]] == ["b.png"]
    assert answer["embeds"][0]["image"]["url"].endswith("/a.png")


async def test_an_edit_keeps_a_file_by_its_id_and_its_name(wire: Wire) -> None:
    answer, message = await two_files(wire)
    ids = [one["attachment_id"] for one in media(answer)]
    path, shown = f"{MESSAGES}/{message.id}", {"flags": COMPONENTS_V2, "components": [BOX]}
    status, refused = await wire.send("PATCH", path, {**shown, "attachments": [{"id": one} for one in ids]})
    assert (status, refused["code"]) == (400, 50035)
    named = [{"id": one, "filename": name} for one, name in zip(ids, ("a.png", "b.png"), strict=True)]
    status, kept = await wire.send("PATCH", path, {**shown, "attachments": named})
    assert (status, [one["attachment_id"] for one in media(kept)]) == (200, ids)


async def test_a_nonce_is_answered_to_its_own_post_alone(wire: Wire) -> None:
    _, answer = await wire.post({"content": "x", "nonce": "one", "enforce_nonce": True})
    path = f"{MESSAGES}/{answer['id']}"
    _, edited = await wire.send("PATCH", path, {"content": "y"})
    _, read = await wire.send("GET", path)
    assert (answer["nonce"], "nonce" in edited, "nonce" in read) == ("one", False, False)


async def test_a_thread_on_a_message_is_created(wire: Wire, card: Message) -> None:
    status, thread = await wire.send("POST", THREADS, {"name": "one"})
    assert (status, thread["flags"], thread["id"]) == (201, 0, str(card.id))


async def test_a_channel_has_flags_and_says_whether_it_is_age_restricted(wire: Wire) -> None:
    _, channel = await wire.send("GET", "/channels/{channel}")
    assert (channel["flags"], channel["nsfw"]) == (0, False)


async def test_commands_are_answered_with_version_installs_and_permissions_as_text(wire: Wire) -> None:
    asked = {"name": "telephone", "description": "x", "default_member_permissions": 32}
    _, [command] = await wire.send("PUT", COMMANDS, [asked])
    assert (command["default_member_permissions"], command["integration_types"]) == ("32", [0])
    assert command["version"].isdigit()


@pytest.mark.parametrize(("query", "status"), [("", 204), ("?with_response=true", 200)])
async def test_a_callback_answers_with_its_message_where_it_was_asked_to(wire: Wire, query: str, status: int) -> None:
    answered, body = await wire.send("POST", CALLBACK + query, {"type": 4, "data": {"content": "x"}})
    assert answered == status
    if body is not None:
        message = body["resource"]["message"]
        assert body["interaction"]["response_message_id"] == message["id"]
        assert message["interaction_metadata"]["authorizing_integration_owners"] == {"0": str(wire.guild.id)}


async def test_a_form_that_opens_has_no_message(wire: Wire) -> None:
    part = {"type": 18, "label": "x", "component": {"type": 4, "style": 1, "custom_id": "x"}}
    form = {"type": 9, "data": {"title": "x", "custom_id": "x", "components": [part]}}
    _, body = await wire.send("POST", CALLBACK + "?with_response=true", form)
    assert "response_message_id" not in body["interaction"]


@pytest.mark.skipif(not SPEC_PATH.exists(), reason="Discord's OpenAPI file is not beside the tree")
@pytest.mark.parametrize(
    ("method", "path", "status", "body", "said"),
    [
        ("GET", "/gateway", 200, {"url": "ws://localhost"}, ""),
        ("GET", "/gateway", 200, {}, "'url' is a required property"),
        ("GET", "/gateway", 200, None, "a body of NoneType with 200"),
        ("POST", "/channels/1/messages/2/threads", 200, {}, "answered 200, Discord answers 201"),
        ("DELETE", "/channels/1/messages/2", 204, None, ""),
        ("DELETE", "/channels/1/messages/2", 204, {}, "a body of dict with 204"),
        ("GET", "/channels/1/messages/2", 404, {"code": 10008, "message": "Unknown Message"}, ""),
        ("GET", "/channels/1/messages/2", 404, {"message": "Unknown Message"}, "'code' is a required property"),
        ("GET", "/channels/1/messages/2", 429, {"code": 0, "message": "x", "retry_after": 1.0, "global": True}, ""),
        ("GET", "/channels/1/messages/2", 502, "anything", ""),
    ],
)
def test_the_file_sees_an_answer_that_discord_does_not_give(
    method: str, path: str, status: int, body: object, said: str
) -> None:
    spec = Spec.load()
    assert spec is not None
    wrong = spec.check_answer(method, path, status, body)
    assert said in " ".join(wrong)
    assert bool(wrong) == bool(said)


async def test_an_answer_of_the_stand_in_that_breaks_the_file_is_a_complaint(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not SPEC_PATH.exists():
        pytest.skip("Discord's OpenAPI file is not beside the tree")
    monkeypatch.setattr("tests.standin.answers.shape", lambda *_: {"id": "no snowflake"})
    await wire.send("GET", "/channels/{channel}")
    assert any("its answer" in one for one in wire.discord.complaints)
    wire.discord.complaints.clear()

"""/telephone me: a member's file, and how they are called."""

import json

import pytest

from bot.privacy import buttons as privacy_buttons
from bot.privacy import messages as privacy_messages
from telephone.media.images import Pictures
from telephone.ports.runners import LeftToSweeps
from telephone.privacy.service import PrivacyService
from telephone.store import Store, Wishes
from tests.cogs.fakes import MemoryApp, MemoryRuntime
from tests.support.orders import no_orders
from tests.telephone.store.lives import WORDS, live

PICTURES = Pictures.at("memory:///")


@pytest.fixture
async def store(tmp_path):
    async with await Store.open(f"sqlite:///{tmp_path / 'telephone.sqlite'}") as opened:
        yield opened


@pytest.fixture
async def runtime(store):
    return MemoryRuntime(MemoryApp(privacy=PrivacyService(store, PICTURES, LeftToSweeps(), no_orders())))


async def test_a_member_gets_their_file_where_only_they_see_it(server, store):
    await live(store, server.alice.id, WORDS)
    result = await server.alice.slash(server.channel, "telephone me export")
    assert result.response.ephemeral
    assert result.response.content == (
        "All that is kept of you, on every server this bot plays on: 4 games you started, 1 turn you took in "
        "games, 1 battle you started, 1 vote, 1 prompt you proposed, 2 reports of turns. "
        "What each part means stands in the privacy policy, which the bot's profile links; "
        "`/telephone me delete` deletes it."
    )
    (file,) = result.response.attachments
    assert file.filename == "ai-telephone.json"
    document = json.loads(await file.read())
    assert document["member"] == str(server.alice.id)
    again = await server.alice.slash(server.channel, "telephone me export")
    assert "another can be had in 10 minutes" in again.response.content
    assert server.refusals() == ["NotAllowed"]


async def test_of_whom_nothing_is_kept_no_file_is_made(server, store):
    await live(store, server.alice.id, WORDS)
    result = await server.bob.slash(server.channel, "telephone me export")
    assert result.response.content == privacy_messages.NOTHING
    assert not result.response.attachments


async def test_a_file_too_large_for_discord_is_the_operators_to_give(server, store, monkeypatch):
    await live(store, server.alice.id, WORDS)
    monkeypatch.setattr(privacy_messages, "UPLOAD_MAX", 100)
    result = await server.alice.slash(server.channel, "telephone me export")
    assert result.response.content == privacy_messages.TOO_LARGE
    assert not result.response.attachments


async def test_what_goes_and_what_stays_is_said_before_anything_is_deleted(server, store):
    await live(store, server.alice.id, WORDS)
    asked = await server.alice.slash(server.channel, "telephone me delete")
    assert asked.response.ephemeral
    assert asked.response.content.splitlines() == [
        "**Delete what is kept of you, on every server this bot plays on?** It cannot be undone.",
        "",
        "**It goes:**",
        "- 3 games that began with words of yours: whole, with messages, pictures and replays",
        "- the words of 1 game in which others took turns",
        "- 1 turn you took in games",
        "- 1 vote",
        "- 1 prompt you proposed",
        "- what you chose for yourself, and what admins decided about you",
        "",
        "**It stays, as nobody's:**",
        "- distances and costs, and reports of turns, so that these stay hidden",
        "- words of yours that somebody else began a game with, in their game",
        "",
        "4 games of yours under way will be stopped first. `/telephone me export` gives you a copy before.",
    ]
    kept = await server.alice.click(asked.response, label="Keep it")
    assert kept.response.content == privacy_messages.KEPT
    assert await store.erasures.unended() == []


async def test_deleting_is_ordered_by_who_presses_and_told_when_it_is_done(server, store, monkeypatch):
    monkeypatch.setattr(privacy_buttons, "_WAIT", 0.2)
    await live(store, server.alice.id, WORDS)
    asked = await server.alice.slash(server.channel, "telephone me delete")
    pressed = await server.alice.click(asked.response, label="Delete all of it")
    assert pressed.response.content == privacy_messages.DELETING
    (order,) = await store.erasures.unended()
    assert order.member_id == server.alice.id
    await store.erasures.erase(order.id)
    await store.erasures.forget(order.id)
    await store.erasures.end(order.id)
    nothing = await server.alice.slash(server.channel, "telephone me delete")
    assert nothing.response.content == "Nothing is kept of you on any server, so there is nothing to delete."
    assert server.refusals() == ["BadInput"]


@pytest.mark.parametrize("ended", [False, True])
async def test_who_has_something_out_of_reach_is_never_told_that_nothing_is_kept(server, store, ended):
    alice = server.alice.id
    await live(store, alice, WORDS)
    order = await store.erasures.order(alice)
    await store.erasures.erase(order.id)
    for number in range(7):
        await store.erasures.note(order.id, f"0f3c/{number + 1}c", 100 + number)
    if ended:
        await store.erasures.forget(order.id)
        await store.erasures.end(order.id)
    for name in ("delete", "export"):
        result = await server.alice.slash(server.channel, f"telephone me {name}")
        assert "still stands in <#100>, <#101>, <#102>, <#103>, <#104> and 2 more, out of my reach" in (
            result.response.content
        )
        assert not result.response.attachments or not ended
    for number in range(7):
        await store.erasures.note(order.id, f"0f3c/{number + 1}c", None)
    assert await store.erasures.out_of_reach(alice) == []


async def test_nobody_is_named_or_reminded_unless_they_say_so(server, store):
    guild, alice = server.guild.id, server.alice.id
    assert await store.members.wishes(guild, alice) == Wishes()
    named = await server.alice.slash(server.channel, "telephone me name", on=True)
    assert "is shown with your name" in named.response.content
    reminded = await server.alice.slash(server.channel, "telephone me reminders", on=True)
    assert "I remind you in a direct message" in reminded.response.content
    assert named.response.ephemeral
    assert reminded.response.ephemeral
    assert await store.members.wishes(guild, alice) == Wishes(by_name=True, reminders=True)
    unnamed = await server.alice.slash(server.channel, "telephone me name", on=False)
    assert "you are called *a member*" in unnamed.response.content
    await server.alice.slash(server.channel, "telephone me reminders", on=False)
    assert await store.members.wishes(guild, alice) == Wishes()

"""What a card shows in the end is what it was to show last, however soon after another edit that came."""

import asyncio
from dataclasses import dataclass, field
from types import SimpleNamespace

import discord
import pytest
from discord import ui

from bot.delivery import refusals
from bot.delivery.cards import EDIT_GAP, PUT_OFF, TRIES, Card, Cards
from bot.ui.posts import Attachment, Post
from tests.limits import LIMIT

CARD = Card("00ff", 1, discord.utils.time_snowflake(discord.utils.utcnow()), "playing")


def saying(words: str) -> Post:
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.TextDisplay(words))
    return Post(view=view)


def unanswered(status: int) -> discord.HTTPException:
    return discord.HTTPException(SimpleNamespace(status=status, reason="no"), "")


@dataclass
class Channel:
    """A channel whose card shows what it was edited to last; `faults` are raised by the next edits, in turn.

    It is its own client, clock and messageable: `sleep` lets time pass when a test says so.
    """

    shows: list[str] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)
    now: float = 0.0
    sleepers: list[tuple[float, asyncio.Event]] = field(default_factory=list)

    def get_partial_messageable(self, _: int):
        return self

    def get_partial_message(self, _: int):
        return self

    async def edit(self, *, view: ui.LayoutView, **_options):
        if self.faults:
            raise self.faults.pop(0)
        self.shows.append(view.children[0].content)
        return SimpleNamespace(attachments=[], components=[], flags=SimpleNamespace(components_v2=False))

    async def sleep(self, seconds: float) -> None:
        woken = asyncio.Event()
        self.sleepers.append((self.now + seconds, woken))
        await woken.wait()

    async def passes(self, seconds: float) -> None:
        for _ in range(10):  # who is to sleep begins to
            await asyncio.sleep(0)
        self.now += seconds
        for due, woken in self.sleepers:
            if due <= self.now:
                woken.set()
        for _ in range(50):
            await asyncio.sleep(0)

    async def showing(self, words: str) -> None:
        async with asyncio.timeout(LIMIT):
            while not self.shows or self.shows[-1] != words:
                await asyncio.sleep(0.01)


@pytest.fixture
def channel():
    return Channel()


@pytest.fixture
def cards(channel):
    return Cards(channel, clock=lambda: channel.now, sleep=channel.sleep)


async def test_what_comes_too_soon_after_another_edit_is_shown_later(channel, cards):
    for words in ("one", "two", "three"):
        await cards.edit(CARD, saying(words))
    assert channel.shows == ["one"]
    await channel.passes(EDIT_GAP + 0.1)
    await channel.showing("three")
    assert channel.shows == ["one", "three"], "of what was put off the last is shown, once"


async def test_what_was_put_off_is_dropped_where_something_newer_is_shown(channel, cards):
    await cards.edit(CARD, saying("one"))
    await cards.edit(CARD, saying("two"))
    await cards.edit(Card(CARD.owner_id, 1, CARD.message_id, "finished"), saying("the end"))
    await channel.passes(60)
    assert channel.shows == ["one", "the end"]


async def test_a_card_that_shows_already_what_it_is_to_show_is_not_edited_later(channel, cards):
    for words in ("one", "two", "one"):
        await cards.edit(CARD, saying(words))
    await channel.passes(60)
    assert channel.shows == ["one"]


async def test_where_others_edit_too_a_card_shows_at_once_what_it_is_to_show(channel):
    cards = Cards(channel, clock=lambda: channel.now, sleep=channel.sleep, alone=False)
    for words in ("one", "two", "two"):
        await cards.edit(CARD, saying(words))
    assert channel.shows == ["one", "two", "two"], "another process may have shown something else in between"
    await channel.passes(60)
    assert channel.shows == ["one", "two", "two"]


@pytest.mark.parametrize("fault", [unanswered(503), unanswered(429), OSError(111, "refused")], ids=repr)
async def test_an_edit_that_discord_does_not_answer_is_made_when_it_does(channel, cards, fault):
    channel.faults = [fault, fault, fault]
    with pytest.raises(type(fault)):
        await cards.edit(CARD, saying("the end"))
    for _ in range(4):
        await channel.passes(300)
    assert channel.shows == ["the end"]


async def test_an_edit_that_discord_refuses_is_not_made_again(channel, cards):
    channel.faults = [unanswered(403)]
    with pytest.raises(discord.HTTPException):
        await cards.edit(CARD, saying("the end"))
    await channel.passes(600)
    assert channel.shows == []


async def test_an_edit_is_given_up_in_the_end(channel, cards):
    channel.faults = [unanswered(503)] * 100
    with pytest.raises(discord.HTTPException):
        await cards.edit(CARD, saying("the end"))
    for _ in range(TRIES + 5):
        await channel.passes(300)
    assert len(channel.faults) == 100 - TRIES


async def test_no_more_cards_wait_than_there_is_room_for(channel, cards):
    for n in range(PUT_OFF + 5):
        card = Card(f"{n:04x}", 1, CARD.message_id, "playing")
        await cards.edit(card, saying("one"))
        await cards.edit(card, saying("two"))
    await channel.passes(60)
    await channel.showing("two")
    assert channel.shows.count("two") == PUT_OFF


class Album(Channel):
    """A channel whose card has files, which each upload replaces; Discord knows no others."""

    def __init__(self) -> None:
        super().__init__()
        self.stand: dict[int, SimpleNamespace] = {}
        self.uploads: list[bytes] = []
        self.ids = 100

    async def edit(self, *, view: ui.LayoutView, attachments, **_options):
        if self.faults:
            raise self.faults.pop(0)
        kept = {file.id for file in attachments if not isinstance(file, discord.File)}
        if kept - self.stand.keys():
            refused = SimpleNamespace(status=400, reason="Bad Request")
            raise discord.HTTPException(refused, {"code": refusals.MALFORMED, "message": "Invalid Form Body"})
        stand = {number: file for number, file in self.stand.items() if number in kept}
        for file in attachments:
            if isinstance(file, discord.File):
                self.ids += 1
                self.uploads.append(file.fp.read())
                stand[self.ids] = SimpleNamespace(id=self.ids, filename=file.filename, description=None)
        self.stand = stand
        self.shows.append(view.children[0].content)
        return await self.fetch()

    async def fetch(self):
        return SimpleNamespace(attachments=list(self.stand.values()), components=[])


def drawn(words: str, data: bytes, of: str | None = None) -> Post:
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.TextDisplay(words))
    return Post(view=view, files=(Attachment("a.png", data, of=of),))


def at(state: str) -> Card:
    return Card(CARD.owner_id, 1, CARD.message_id, state, at_once=True)


@pytest.mark.parametrize("bytes_known", [True, False])
async def test_a_card_whose_files_another_process_has_sent_anew_is_edited_all_the_same(bytes_known):
    album, of = Album(), "what it shows"
    ours, theirs = Cards(album), Cards(album)
    await ours.edit(at("playing"), drawn("one", b"a picture", of))
    await theirs.edit(at("playing"), drawn("two", b"a picture", of))
    await ours.edit(at("voting"), drawn("three", b"a picture" if bytes_known else b"", of))
    assert [file.filename for file in album.stand.values()] == ["a.png"]
    assert set(album.uploads) == {b"a picture"}, "no file is sent without its bytes"
    await ours.edit(at("closed"), drawn("four", b"", of))
    assert len(album.stand) == 1
    assert album.shows == ["one", "two", "three", "four"]


async def test_a_file_that_stands_on_a_card_is_not_sent_empty_after_discord_did_not_answer():
    album, of = Album(), "what it shows"
    cards = Cards(album, clock=lambda: album.now, sleep=album.sleep)
    await cards.edit(at("playing"), drawn("one", b"a picture", of))
    album.faults = [unanswered(503)]
    with pytest.raises(discord.HTTPException):
        await cards.edit(at("voting"), drawn("two", b"", of))
    await album.passes(300)
    assert album.uploads == [b"a picture"]
    assert len(album.stand) == 1

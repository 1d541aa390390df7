"""Cards in a channel: edited at intervals, and posted again where Discord refuses further edits."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from weakref import WeakValueDictionary

import discord
import structlog
from cachetools import LRUCache

from bot.delivery import errors, received, refusals
from bot.delivery.editor import NO_MENTIONS, sendable
from bot.delivery.received import StandingFile
from bot.delivery.sender import MessageSender
from bot.ui.posts import Attachment, Post
from telephone.ports.posting import Posting, nonce

EDIT_GAP: Final = 5.0
OLD_CARD_GAP: Final = 300.0
REMEMBERED: Final = 1_000
"""How many cards are remembered; a forgotten one costs one needless edit that sends its files again."""
OLD_CARD: Final = timedelta(hours=1)
"""Discord limits edits of messages older than this, by a number it does not publish."""
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Card:
    """The card to edit: the id of its owner (a game, battle, party or job), its message, and the owner's state.

    `must_show`: post the card again where it cannot be edited. `rests`: the card will not change soon, so it need not
    be remembered. `at_once`: edit now, however recent the last edit is.
    """

    owner_id: str
    channel_id: int
    message_id: int
    state: str
    must_show: bool = False
    rests: bool = False
    at_once: bool = False


@dataclass(frozen=True, slots=True)
class _Shown:
    """The last edit of a card: when, on which message, and its components."""

    at: float
    card: Card
    message_id: int | None
    tree: Any


_Files = dict[tuple[str, str], int]
"""The files that stand on a message, by their keys, with Discord's ids."""


class Cards:
    """Edits cards and remembers what each one shows. `clock` gives seconds."""

    def __init__(self, client: discord.Client, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._client, self._clock = client, clock
        self._sending = MessageSender(client)
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._shown: LRUCache[str, _Shown] = LRUCache(REMEMBERED)
        self._files: LRUCache[int, _Files] = LRUCache(REMEMBERED)

    async def edit(self, card: Card, post: Post) -> int | None:
        """Brings a card up to date; skips edits that follow the last one too soon, unless the state changed.

        Files that are on the message already are kept, not sent again. Returns the id of the message that is now the
        card, None where the card was deleted.
        """
        assert post.view is not None
        tree: Any = post.view.to_components()  # type: ignore[no-untyped-call]
        # One after another: of two first edits at once each would bring the files that the other brings.
        async with self._locks.setdefault(card.owner_id, asyncio.Lock()):
            last = self._last(card)
            if last is not None and self._may_skip(card, last, tree):
                return last.message_id
            message_id = await self._edit(card, post)
            self._shown[card.owner_id] = _Shown(self._clock(), card, message_id, tree)
            if card.rests:
                del self._shown[card.owner_id]
            return message_id

    def keeps(self, card: Card, files: Sequence[Attachment]) -> bool:
        """Whether these files stand on a card already, so that an edit need not bring their bytes."""
        standing = self._files.get(card.message_id, {})
        return all(file.key in standing for file in files)

    def _last(self, card: Card) -> _Shown | None:
        """The last edit of this message in this state, None where there was none."""
        last = self._shown.get(card.owner_id)
        if last is None or (last.card.state, last.card.message_id) != (card.state, card.message_id):
            return None
        return last

    def _may_skip(self, card: Card, last: _Shown, tree: Any) -> bool:
        if last.tree == tree:
            return True
        old = discord.utils.utcnow() - discord.utils.snowflake_time(card.message_id) > OLD_CARD
        return not card.at_once and self._clock() - last.at < (OLD_CARD_GAP if old else EDIT_GAP)

    async def _edit(self, card: Card, post: Post) -> int | None:
        message = self._client.get_partial_messageable(card.channel_id).get_partial_message(card.message_id)
        files: list[Any] = self._attachments(card, post)
        try:
            edited = await message.edit(view=sendable(post), attachments=files, allowed_mentions=NO_MENTIONS)
        except discord.HTTPException as error:
            self._files.pop(card.message_id, None)
            return await self._not_edited(card, post, error)
        ids = {file.name: file.id for file in received.files(edited)}
        self._files[card.message_id] = {file.key: ids[file.name] for file in post.files if file.name in ids}
        return card.message_id

    def _attachments(self, card: Card, post: Post) -> list[StandingFile | discord.File]:
        """The files of a post: those that stand on the card stay, with the alt texts that they have now."""
        standing = self._files.get(card.message_id, {})
        return [
            StandingFile(standing[file.key], file.name, file.alt) if file.key in standing else file.file()
            for file in post.files
        ]

    async def _not_edited(self, card: Card, post: Post, error: discord.HTTPException) -> int | None:
        if error.code == errors.UNKNOWN_MESSAGE:
            _log.info("card is gone", owner=card.owner_id)
            return None
        if error.code == errors.TOO_OLD_TO_EDIT:
            return await self._fresh(card, post)
        if error.code in refusals.OURS:
            _log.error("card refused", owner=card.owner_id, exc_info=error)
            return card.message_id
        raise error

    async def _fresh(self, card: Card, post: Post) -> int:
        """Posts the card again as a reply to its message, which is too old to edit, if it must be seen."""
        _log.info("card is too old to edit", owner=card.owner_id, state=card.state)
        if not card.must_show:
            return card.message_id
        once = Posting(nonce(card.owner_id, f"card/{card.state}"), datetime.now(UTC))
        return await self._sending.post(card.channel_id, [post], once, reply_to=card.message_id)

"""Cards in a channel: edited at intervals, and posted again where Discord refuses further edits.

What comes too soon after the last edit, or while Discord does not answer, is shown later, unless something newer is.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from weakref import WeakValueDictionary

import aiohttp
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
PUT_OFF: Final = 300
"""How many cards wait for a later edit; of more, what waits longest is not shown before the next change."""
TRIES: Final = 8
"""How often an edit is tried that Discord does not answer, with pauses that double up to OLD_CARD_GAP: 16 minutes."""
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


@dataclass(frozen=True, slots=True)
class _Later:
    """What a card is to show when `task` has slept; `tries` is how often that was tried."""

    card: Card
    post: Post
    tries: int
    task: asyncio.Task[None]


_Files = dict[tuple[str, str], int]
"""The files that stand on a message, by their keys, with Discord's ids."""


class Cards:
    """Edits cards and remembers what each one shows. `clock` gives seconds, and `sleep` waits for so many.

    Where this process is not `alone`, another may have edited a card since: nothing that is remembered is relied on,
    and nothing put off, which would come after what another process shows meanwhile.
    """

    def __init__(
        self,
        client: discord.Client,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        alone: bool = True,
    ) -> None:
        self._client, self._clock, self._sleep, self._alone = client, clock, sleep, alone
        self._later: dict[str, _Later] = {}
        self._sending = MessageSender(client)
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._shown: LRUCache[str, _Shown] = LRUCache(REMEMBERED)
        self._files: LRUCache[int, _Files] = LRUCache(REMEMBERED)

    async def edit(self, card: Card, post: Post) -> int | None:
        """Brings a card up to date; puts off what follows the last edit too soon, unless the state changed.

        Files that are on the message already are kept, not sent again. Returns the id of the message that is now the
        card, None where the card was deleted.
        """
        # One after another: of two first edits at once each would bring the files that the other brings.
        async with self._locks.setdefault(card.owner_id, asyncio.Lock()):
            self._drop(card.owner_id)
            if not self._alone:
                self._files.pop(card.message_id, None)
            last = self._last(card) if self._alone else None
            if last is not None and last.tree == _tree(post):
                return last.message_id
            if last is not None and (wait := self._too_soon(card, last)) > 0:
                self._put_off(card, post, wait)
                return last.message_id
            return await self._show(card, post)

    async def _show(self, card: Card, post: Post, tries: int = 1) -> int | None:
        """Edits a card now. Where Discord does not answer, that is tried again later, and the error is raised."""
        tree = _tree(post)
        try:
            message_id = await self._edit(card, post)
        except Exception as error:
            if _passes(error) and tries < TRIES:
                self._put_off(card, post, min(OLD_CARD_GAP, EDIT_GAP * 2**tries), tries)
            raise
        self._shown[card.owner_id] = _Shown(self._clock(), card, message_id, tree)
        if card.rests:
            del self._shown[card.owner_id]
        return message_id

    def _put_off(self, card: Card, post: Post, wait: float, tries: int = 0) -> None:
        while len(self._later) >= PUT_OFF:
            self._drop(next(iter(self._later)))
        # Begun in a context of its own: it outlives whoever wanted the edit.
        task = Context().run(asyncio.create_task, self._show_later(card.owner_id, wait))
        self._later[card.owner_id] = _Later(card, post, tries, task)

    async def _show_later(self, owner_id: str, wait: float) -> None:
        await self._sleep(wait)
        async with self._locks.setdefault(owner_id, asyncio.Lock()):
            later = self._later.pop(owner_id)
            try:
                await self._show(later.card, later.post, later.tries + 1)
            except Exception as error:
                _log.info("a card is not edited", owner=owner_id, error=type(error).__name__)

    def _drop(self, owner_id: str) -> None:
        """Forgets what a card was to show later: something newer is shown."""
        if (later := self._later.pop(owner_id, None)) is not None:
            later.task.cancel()

    def keeps(self, card: Card, files: Sequence[Attachment]) -> bool:
        """Whether these files stand on a card already, so that an edit need not bring their bytes."""
        standing = self._files.get(card.message_id, {}) if self._alone else {}
        return all(file.key in standing for file in files)

    def _last(self, card: Card) -> _Shown | None:
        """The last edit of this message in this state, None where there was none."""
        last = self._shown.get(card.owner_id)
        if last is None or (last.card.state, last.card.message_id) != (card.state, card.message_id):
            return None
        return last

    def _too_soon(self, card: Card, last: _Shown) -> float:
        """In how many seconds a card may be edited again."""
        old = discord.utils.utcnow() - discord.utils.snowflake_time(card.message_id) > OLD_CARD
        return 0.0 if card.at_once else last.at + (OLD_CARD_GAP if old else EDIT_GAP) - self._clock()

    async def _edit(self, card: Card, post: Post) -> int | None:
        message = self._client.get_partial_messageable(card.channel_id).get_partial_message(card.message_id)
        known = self._files.get(card.message_id, {})
        try:
            if any(not file.data and file.key not in known for file in post.files):
                known = await _standing(message, post)
            try:
                edited = await _edited(message, post, known)
            except discord.HTTPException as error:
                if not known or error.code != refusals.MALFORMED:
                    raise
                # Another process has sent the files anew, or an edit of ours did whose answer was lost.
                edited = await _edited(message, post, await _standing(message, post))
        except discord.HTTPException as error:
            return await self._not_edited(card, post, error)
        ids = {file.name: file.id for file in received.files(edited)}
        self._files[card.message_id] = {file.key: ids[file.name] for file in post.files if file.name in ids}
        return card.message_id

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


async def _edited(message: discord.PartialMessage, post: Post, standing: _Files) -> discord.Message:
    """Edits a message; the files that stand on it stay, with the alt texts that they have now."""
    files: list[Any] = [
        StandingFile(standing[file.key], file.name, file.alt) if file.key in standing else file.file()
        for file in post.files
        if file.data or file.key in standing
    ]
    return await message.edit(view=sendable(post), attachments=files, allowed_mentions=NO_MENTIONS)


async def _standing(message: discord.PartialMessage, post: Post) -> _Files:
    """Those files of a post, of which we have no bytes, that stand on a message as Discord has it, by their names."""
    ids = {file.name: file.id for file in received.files(await message.fetch())}
    return {file.key: ids[file.name] for file in post.files if not file.data and file.name in ids}


def _tree(post: Post) -> Any:
    """The components of a post, by which two of them are compared."""
    assert post.view is not None
    return post.view.to_components()  # type: ignore[no-untyped-call]


def _passes(error: Exception) -> bool:
    """Whether Discord did not answer, or asks to be left alone."""
    if isinstance(error, discord.HTTPException):
        return error.status >= 500 or error.status == 429
    return isinstance(error, aiohttp.ClientError | OSError | discord.RateLimited)

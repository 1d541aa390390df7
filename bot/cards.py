"""Cards in a channel: edited where they stand, not too often, and posted anew where Discord takes no more edits."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import discord
import structlog

from bot import gone
from bot.posted import NO_MENTIONS, files_of, sendable
from bot.render import Post
from bot.sending import Sending
from telephone.stage import Posting, nonce

EDIT_GAP: Final = 5.0
OLD_CARD_GAP: Final = 300.0
OLD_CARD: Final = timedelta(hours=1)
"""Discord limits edits of messages older than this, by a number it does not publish."""
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Card:
    """What an edit is for: whose card, where it stands, in which state it shows its game or battle.

    One that `must_show` is posted anew where it cannot be edited; one that `rests` will not change soon.
    """

    owner_id: str
    channel_id: int
    message_id: int
    state: str
    must_show: bool = False
    rests: bool = False


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a card was last made to show, when, and the files that stand on it."""

    at: float
    state: str
    tree: Any
    files: tuple[str, ...]
    attachments: tuple[discord.Attachment, ...]


class Cards:
    """Remembers what each card shows. `clock` counts seconds."""

    def __init__(self, client: discord.Client, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._client, self._clock = client, clock
        self._sending = Sending(client)
        self._shown: dict[str, _Shown] = {}

    async def edit(self, card: Card, post: Post) -> int | None:
        """Brings a card up to date; skips what follows too soon, never a change of state.

        Files that it shows already are kept, not sent again. Returns the id of the message that shows it now,
        None where the card is gone or refused.
        """
        assert post.view is not None
        tree: Any = post.view.to_components()  # type: ignore[no-untyped-call]
        if self._may_skip(card, tree):
            return card.message_id
        message_id, attachments = await self._edit(card, post)
        names = tuple(file.name for file in post.files)
        self._shown[card.owner_id] = _Shown(self._clock(), card.state, tree, names, attachments)
        if card.rests:
            del self._shown[card.owner_id]
        return message_id

    def is_due(self, card: Card) -> bool:
        """Whether an edit of a card, were it to show something new, would not follow another too soon."""
        last = self._shown.get(card.owner_id)
        if last is None or last.state != card.state:
            return True
        old = discord.utils.utcnow() - discord.utils.snowflake_time(card.message_id) > OLD_CARD
        return self._clock() - last.at >= (OLD_CARD_GAP if old else EDIT_GAP)

    def _may_skip(self, card: Card, tree: Any) -> bool:
        last = self._shown.get(card.owner_id)
        return last is not None and (last.tree == tree or not self.is_due(card))

    async def _edit(self, card: Card, post: Post) -> tuple[int | None, tuple[discord.Attachment, ...]]:
        message = self._client.get_partial_messageable(card.channel_id).get_partial_message(card.message_id)
        last, names = self._shown.get(card.owner_id), tuple(file.name for file in post.files)
        kept = list(last.attachments) if last is not None and last.state == card.state and last.files == names else None
        files: list[Any] = files_of(post) if kept is None else kept
        try:
            edited = await message.edit(view=sendable(post), attachments=files, allowed_mentions=NO_MENTIONS)
        except discord.HTTPException as error:
            return await self._not_edited(card, post, error), ()
        return card.message_id, tuple(edited.attachments)

    async def _not_edited(self, card: Card, post: Post, error: discord.HTTPException) -> int | None:
        if error.code == gone.UNKNOWN_MESSAGE:
            _log.info("card is gone", owner=card.owner_id)
            return None
        if error.code == gone.TOO_OLD_TO_EDIT:
            return await self._fresh(card, post)
        if error.status == 400:
            _log.error("card refused", owner=card.owner_id, exc_info=error)
            return None
        raise error

    async def _fresh(self, card: Card, post: Post) -> int:
        """Discord refuses more edits of an old message: what must be seen is posted as a reply to it."""
        _log.info("card is too old to edit", owner=card.owner_id, state=card.state)
        if not card.must_show:
            return card.message_id
        once = Posting(nonce(card.owner_id, f"card/{card.state}"), datetime.now(UTC))
        return await self._sending.post(card.channel_id, [post], once, reply_to=card.message_id)

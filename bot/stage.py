"""The Stage on Discord. Speaks REST only: a client that is logged in is enough, a gateway is not needed."""

import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import discord
import structlog

from bot import gone, render
from bot.posted import HISTORY, NO_MENTIONS, SIZES, UPLOAD_MAX, Posted, files_of, need, sendable, thread_of
from bot.render import Attachment, Post
from telephone.cpu import off_loop
from telephone.game import Game, GameState, Image, Step
from telephone.media.images import fit
from telephone.stage import Posting, Progress, StageGone, Summary, nonce

EDIT_GAP: Final = 5.0
OLD_CARD_GAP: Final = 300.0
OLD_CARD: Final = timedelta(hours=1)
"""Discord limits edits of messages older than this, by a number it does not publish."""

_LOOK_BACK: Final = timedelta(minutes=1)
_ARCHIVE_MINUTES: Final = 1440
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a card was last made to show, and when."""

    at: float
    state: GameState
    tree: Any


class DiscordStage:
    """Shows games in channels and threads. `clock` counts seconds."""

    def __init__(self, client: discord.Client, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._posted = Posted(client)
        self._clock = clock
        self._cards: dict[str, _Shown] = {}

    async def post_card(self, game: Game, progress: Progress, posting: Posting) -> int:
        """The card in the channel; returns its id. Raises StageGone or Unavailable, as all of these do."""
        with gone.told(game, "channel"):
            return await self._post(game.request.channel_id, [render.card(game, progress)], posting, game=game)

    async def open_thread(self, game: Game, posting: Posting) -> int:
        """The thread on the card; a message carries one thread, whose id is the message's own."""
        card_id = need(game.place.card_id, "card")
        with gone.told(game, "channel"):
            if posting.again and await self._exists(card_id):
                return card_id
            try:
                thread = await self._client.http.start_thread_with_message(
                    game.request.channel_id,
                    card_id,
                    name=render.thread_name(game),
                    auto_archive_duration=_ARCHIVE_MINUTES,
                )
            except discord.HTTPException as error:
                if error.code != gone.THREAD_EXISTS:
                    raise
                return card_id
            return int(thread["id"])

    async def post_opening(self, game: Game, posting: Posting) -> int:
        """The prompt, as the thread's first message."""
        with gone.told(game, "thread"):
            return await self._post(thread_of(game), [render.opening(game)], posting)

    async def post_step(self, game: Game, step: Step, image: Image | None, posting: Posting) -> int:
        """A picture or a caption, as a reply to the message before it."""
        at_most = _step_posts(game, step, image)
        with gone.told(game, "thread"):
            return await self._post_fitting(thread_of(game), at_most, posting, reply_to=_before(game, step))

    async def edit_step(self, game: Game, step: Step, image: Image | None) -> None:
        """Hides a step, or shows it again. A replay that shows what is hidden goes."""
        await self._posted.edit(game, step.message_id or 0, _step_posts(game, step, image))
        if step.hidden:
            await self._posted.withdraw_replay(game)

    async def edit_summary(self, game: Game, summary: Summary) -> None:
        """The summary, after a step was hidden or shown again."""

        async def at_most(size: int) -> list[Post]:
            return [render.summary(game, await _fitted(summary, size))]

        await self._posted.edit(game, game.place.summary_id or 0, at_most)

    async def post_summary(self, game: Game, summary: Summary, posting: Posting) -> int:
        """First and last picture, the drift chart and the distance."""

        async def at_most(size: int) -> list[Post]:
            return [render.summary(game, await _fitted(summary, size))]

        last = game.steps[-1].message_id if game.steps else None
        with gone.told(game, "thread"):
            return await self._post_fitting(thread_of(game), at_most, posting, reply_to=last, game=game)

    async def is_open(self, game: Game) -> bool:
        """Whether the thread of a game, or the card that has none yet, is still there."""
        with gone.told(game, "thread"):
            if game.place.thread_id is not None:
                return await self._exists(game.place.thread_id)
            try:
                await self._client.http.get_message(game.request.channel_id, game.place.card_id or 0)
            except discord.NotFound:
                return False
            return True

    async def post_replay(self, game: Game, replay: Attachment) -> int | None:
        """A game's moving picture in its thread, once; None where the thread is gone or closed to us."""
        if game.place.thread_id is None:
            return None
        hidden = "/".join(str(step.key) for step in game.steps if step.hidden)
        posting = Posting(nonce(game.id, f"replay/{len(game.steps)}/{hidden}"), game.created_at, again=True)
        try:
            with gone.told(game, "thread"):
                return await self._post(game.place.thread_id, [render.replay(game, replay)], posting)
        except StageGone:
            return None

    async def edit_card(self, game: Game, progress: Progress, summary: Summary | None = None) -> None:
        """Brings the card up to date; skips what follows too soon, never a change of state or the end."""
        if game.place.card_id is None:
            return
        shown = None if summary is None else await _fitted(summary, UPLOAD_MAX)
        post = render.card(game, progress, shown)
        assert post.view is not None
        tree: Any = post.view.to_components()  # type: ignore[no-untyped-call]
        if self._may_skip(game, tree):
            return
        with gone.told(game, "channel"):
            await self._edit(game, game.place.card_id, post)
        self._cards[game.id] = _Shown(self._clock(), game.state, tree)
        if game.state.is_final or game.state is GameState.PAUSED:
            del self._cards[game.id]

    async def _edit(self, game: Game, card_id: int, post: Post) -> None:
        card = self._channel(game.request.channel_id).get_partial_message(card_id)
        try:
            await card.edit(view=sendable(post), attachments=files_of(post), allowed_mentions=NO_MENTIONS)
        except discord.HTTPException as error:
            if error.code == gone.UNKNOWN_MESSAGE:
                _log.info("card is gone, the game goes on", game=game.id)
            elif error.code == gone.TOO_OLD_TO_EDIT:
                await self._fresh_card(game, card_id, post)
            elif error.status == 400:
                _log.error("card refused, the game goes on", game=game.id, exc_info=error)
            else:
                raise

    async def _fresh_card(self, game: Game, card_id: int, post: Post) -> None:
        """Discord refuses more edits of an old message: what must be seen is posted as a reply to it."""
        _log.info("card is too old to edit", game=game.id, state=game.state.value)
        if not game.state.is_final and game.state is not GameState.PAUSED:
            return
        once = Posting(nonce(game.id, f"card/{game.state.value}"), datetime.now(UTC))
        await self._post(game.request.channel_id, [post], once, reply_to=card_id)

    def _may_skip(self, game: Game, tree: Any) -> bool:
        last = self._cards.get(game.id)
        if last is None:
            return False
        if last.tree == tree:
            return True
        old = discord.utils.utcnow() - discord.utils.snowflake_time(game.place.card_id or 0) > OLD_CARD
        soon = self._clock() - last.at < (OLD_CARD_GAP if old else EDIT_GAP)
        return soon and last.state is game.state

    async def _post_fitting(
        self,
        channel_id: int,
        at_most: Callable[[int], Awaitable[list[Post]]],
        posting: Posting,
        *,
        reply_to: int | None,
        game: Game | None = None,
    ) -> int:
        """Posts with smaller and smaller pictures until Discord takes them."""
        for size in SIZES:
            try:
                return await self._post(channel_id, await at_most(size), posting, reply_to=reply_to, game=game)
            except discord.HTTPException as error:
                if (error.status != 413 and error.code != gone.TOO_LARGE) or size == SIZES[-1]:
                    raise
        raise AssertionError("unreachable: the last size returns or raises")

    async def _post(
        self,
        channel_id: int,
        posts: Sequence[Post],
        posting: Posting,
        *,
        reply_to: int | None = None,
        game: Game | None = None,
    ) -> int:
        """Sends the first of `posts`, unless one of them, or any card of `game`, was posted by an attempt before."""
        channel = self._channel(channel_id)
        if posting.again:
            found = await self._find(channel, posts, posting.since, game)
            if found is not None:
                return found
        options: dict[str, Any] = {"nonce": posting.nonce, "allowed_mentions": NO_MENTIONS, "files": files_of(posts[0])}
        if reply_to is not None:
            options["reference"] = discord.MessageReference(
                message_id=reply_to, channel_id=channel_id, fail_if_not_exists=False
            )
        if posts[0].view is not None:
            sent = await channel.send(view=sendable(posts[0]), **options)
        else:
            sent = await channel.send(posts[0].content, suppress_embeds=True, **options)
        return sent.id

    async def _find(
        self, channel: discord.PartialMessageable, posts: Sequence[Post], since: datetime, game: Game | None
    ) -> int | None:
        """Our own message of an earlier attempt: same words and files, or buttons that name the same game."""
        me = self._client.user
        after = since if since.tzinfo else since.replace(tzinfo=UTC)
        async for message in channel.history(limit=HISTORY, after=after - _LOOK_BACK, oldest_first=True):
            if me is not None and message.author.id == me.id and any(_same(message, post, game) for post in posts):
                return message.id
        return None

    async def _exists(self, thread_id: int) -> bool:
        try:
            await self._client.http.get_channel(thread_id)
        except discord.NotFound:
            return False
        return True

    def _channel(self, channel_id: int) -> discord.PartialMessageable:
        return self._client.get_partial_messageable(channel_id)


def _same(message: discord.Message, post: Post, game: Game | None) -> bool:
    if game is not None:
        return any(custom_id.endswith(f":{game.id}") for custom_id in _custom_ids(message.components))
    stems = tuple(sorted(file.filename.rpartition(".")[0] for file in message.attachments))
    return (message.content.strip(), stems) == ((post.content or "").strip(), post.stems)


def _custom_ids(parts: Iterable[Any]) -> Iterator[str]:
    """The ids of all buttons in a message's components."""
    for part in parts:
        if own := getattr(part, "custom_id", None):
            yield own
        yield from _custom_ids(getattr(part, "children", ()))


def _step_posts(game: Game, step: Step, image: Image | None) -> Callable[[int], Awaitable[list[Post]]]:
    """The messages that show a step with a picture of at most so many bytes: the first is to be sent."""

    async def at_most(size: int) -> list[Post]:
        if image is None:
            return [render.step(game, step)]
        fitted = await off_loop(fit, image, size)
        return [render.step(game, step, fitted, smaller) for smaller in (fitted is not image, True)]

    return at_most


async def _fitted(summary: Summary, size: int) -> Summary:
    first = None if summary.first is None else await off_loop(fit, summary.first, size)
    last = None if summary.last is None else await off_loop(fit, summary.last, size)
    return replace(summary, first=first, last=last)


def _before(game: Game, step: Step) -> int | None:
    """The message a step answers: the step before it, or the prompt."""
    posted = [one.message_id for one in game.steps if one.key.index < step.key.index and one.message_id is not None]
    return posted[-1] if posted else game.place.opening_id

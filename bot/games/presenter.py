"""Shows games in channels and threads, over REST alone: a client that is logged in is enough."""

import time
from collections.abc import Callable
from dataclasses import replace

import discord

from bot.delivery import errors as delivery_errors
from bot.delivery.cards import Card, Cards
from bot.delivery.editor import UPLOAD_MAX, MessageEditor, need, thread_of
from bot.delivery.places import CardPlaces
from bot.delivery.sender import AtMost, MessageSender
from bot.games import card as game_card
from bot.games import messages
from bot.ui.posts import Attachment, Post, turn_now
from telephone.concurrency import off_loop
from telephone.domain.games import Game, GameState, Image, Step
from telephone.errors import StageGone
from telephone.exports.artifacts import Replay
from telephone.media.images import fit
from telephone.ports.games import Progress, Summary
from telephone.ports.posting import Posting, nonce


class DiscordGamePresenter:
    """Shows games. `clock` gives seconds. Every method raises StageGone, Refused or Unavailable."""

    def __init__(
        self, client: discord.Client, *, clock: Callable[[], float] = time.monotonic, alone: bool = True
    ) -> None:
        self._sending = MessageSender(client)
        self._places = CardPlaces(client)
        self._posted = MessageEditor(client)
        self._cards = Cards(client, clock=clock, alone=alone)

    async def post_card(self, game: Game, progress: Progress, posting: Posting) -> int:
        """Posts the card in the channel; returns its id."""
        with delivery_errors.told(turn_now(game), "channel"):
            card = game_card.card(game, progress)
            name = messages.thread_name(game)
            return await self._places.post(game.request.channel_id, name, card, posting, game.id)

    async def open_thread(self, game: Game, posting: Posting) -> int:
        """Opens the thread on the card; returns its id, which is the card's own."""
        card_id = need(game.place.card_id, "card")
        with delivery_errors.told(turn_now(game), "channel"):
            name = messages.thread_name(game)
            return await self._places.open_thread(game.request.channel_id, card_id, name, again=posting.again)

    async def post_opening(self, game: Game, posting: Posting) -> int:
        """Posts the prompt as the thread's first message."""
        with delivery_errors.told(turn_now(game), "thread"):
            return await self._sending.post(thread_of(game), [messages.opening(game)], posting)

    async def post_step(self, game: Game, step: Step, image: Image | None, posting: Posting) -> int:
        """Posts a picture or a caption as a reply to the message before it."""
        at_most = _step_posts(game, step, image)
        with delivery_errors.told(turn_now(game), "thread"):
            return await self._sending.post_fitting(thread_of(game), at_most, posting, reply_to=_before(game, step))

    async def edit_opening(self, game: Game) -> None:
        """Edits the prompt after it was replaced, and deletes replays that show the old one."""

        async def at_most(_size: int) -> list[Post]:
            return [messages.opening(game)]

        await self._edit(game, game.place.opening_id, at_most)
        await self._posted.withdraw_replay(game)

    async def edit_step(self, game: Game, step: Step, image: Image | None) -> None:
        """Hides a step, or shows it again; deletes replays that show what is hidden now."""
        await self._edit(game, step.message_id, _step_posts(game, step, image))
        if step.hidden:
            await self._posted.withdraw_replay(game)

    async def edit_summary(self, game: Game, summary: Summary) -> None:
        """Edits the summary after a step was hidden or shown again."""

        async def at_most(size: int) -> list[Post]:
            return [messages.summary(game, await _fitted(summary, size))]

        await self._edit(game, game.place.summary_id, at_most)

    async def post_summary(self, game: Game, summary: Summary, posting: Posting) -> int:
        """Posts the summary: first and last picture, the drift chart and the distance."""

        async def at_most(size: int) -> list[Post]:
            return [messages.summary(game, await _fitted(summary, size))]

        last = game.steps[-1].message_id if game.steps else None
        with delivery_errors.told(turn_now(game), "thread"):
            return await self._sending.post_fitting(thread_of(game), at_most, posting, reply_to=last, owner_id=game.id)

    async def is_open(self, game: Game) -> bool:
        """Whether the game's thread still exists, or its card while there is no thread."""
        with delivery_errors.told(turn_now(game), "thread"):
            if game.place.thread_id is not None:
                return await self._sending.exists(game.place.thread_id)
            return await self._sending.stands(await self._home(game), game.place.card_id or 0)

    async def post_replay(self, game: Game, replay: Replay) -> int | None:
        """Posts a game's replay in its thread, once; returns None where the thread is gone or closed to us."""
        if game.place.thread_id is None:
            return None
        file = Attachment(replay.name, replay.data, replay.alt)
        hidden = "/".join(str(step.key) for step in game.steps if step.hidden)
        posting = Posting(nonce(game.id, f"replay/{len(game.steps)}/{hidden}"), game.created_at, again=True)
        try:
            with delivery_errors.told(turn_now(game), "thread"):
                return await self._sending.post(game.place.thread_id, [messages.replay(game, file)], posting)
        except StageGone:
            return None

    async def edit_card(self, game: Game, progress: Progress, summary: Summary | None = None) -> None:
        """Brings the card up to date; skips edits that follow the last one too soon, unless the state changed."""
        if game.place.card_id is None:
            return
        shown = None if summary is None else await _fitted(summary, UPLOAD_MAX)
        must_show = game.state.is_final or game.state is GameState.PAUSED
        rests = must_show or game.state is GameState.WAITING
        with delivery_errors.told(turn_now(game), "channel"):
            home = await self._home(game)
        with delivery_errors.told(turn_now(game), "channel" if home == game.request.channel_id else "thread"):
            place = Card(game.id, home, game.place.card_id, game.state.value, must_show, rests)
            await self._cards.edit(place, game_card.card(game, progress, shown))

    async def _home(self, game: Game) -> int:
        """The channel or thread where the card stands."""
        return await self._places.home(game.request.channel_id, game.place.thread_id or game.place.card_id)

    async def _edit(self, game: Game, message_id: int | None, at_most: AtMost) -> None:
        await self._posted.edit(turn_now(game), thread_of(game), message_id or 0, at_most)


def _step_posts(game: Game, step: Step, image: Image | None) -> AtMost:
    """The posts that show a step with a picture of at most so many bytes; the first is sent."""

    async def at_most(size: int) -> list[Post]:
        if image is None:
            return [messages.step(game, step)]
        fitted = await _fit(image, size)
        return [messages.step(game, step, fitted, smaller) for smaller in (fitted is not image, True)]

    return at_most


async def _fitted(summary: Summary, size: int) -> Summary:
    first = None if summary.first is None else await _fit(summary.first, size)
    last = None if summary.last is None else await _fit(summary.last, size)
    return replace(summary, first=first, last=last)


async def _fit(image: Image, size: int) -> Image:
    """The picture in at most `size` bytes; one that fits, as nearly all do, needs no thread."""
    return image if len(image.data) <= size else await off_loop(fit, image, size)


def _before(game: Game, step: Step) -> int | None:
    """The id of the message that a step replies to: the step before it, or the prompt."""
    posted = [one.message_id for one in game.steps if one.key.index < step.key.index and one.message_id is not None]
    return posted[-1] if posted else game.place.opening_id

"""Publishes a game: posts every message once and keeps its card up to date."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final
from weakref import WeakValueDictionary

from telephone.concurrency import off_loop
from telephone.domain.games import Game, GameState, Image, Kind, Step, StepKey
from telephone.domain.human_turns import Seat
from telephone.domain.messages import GameMessage, GameMessageKind
from telephone.games.card_pace import ShownCards, seconds_left
from telephone.measurement.calibration import Calibrations
from telephone.media.charts.game_chart import GameChart
from telephone.media.images import Pictures
from telephone.models.players import Players
from telephone.ports.games import Delay, GamePresenter, Progress, Summary
from telephone.ports.human_turns import TurnPresenter
from telephone.ports.posting import Posting
from telephone.publishing import each, patiently, post_once, send_begun, without_stopping
from telephone.scoring.drift import drift_of
from telephone.store import Store, StoredPost

OPENING: Final = tuple(map(GameMessage, (GameMessageKind.CARD, GameMessageKind.THREAD, GameMessageKind.OPENING)))
"""The messages of a game that come before its steps, in order."""


@dataclass(frozen=True, slots=True)
class GamePublisher:
    """Posts and edits a game's messages as stored. Raises StageGone, also where the presenter does not answer."""

    store: Store
    pictures: Pictures
    players: Players
    calibrations: Calibrations
    presenter: GamePresenter
    turn_presenter: TurnPresenter
    cards: ShownCards = field(default_factory=ShownCards)
    card_locks: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)

    async def open(self, game: Game) -> None:
        """Posts card, thread and opening message, those that a game has. Each is stored as soon as it is posted."""
        places = ("card_id", "thread_id", "opening_id")
        for message, place in zip(OPENING, places, strict=True):
            message_id = await self.post(game, message)
            game = replace(game, place=replace(game.place, **{place: message_id}))

    async def post(self, game: Game, message: GameMessage) -> int | None:
        """Posts one message of a game, and returns its id; `post_summary` posts the summary.

        A game that is a side of a battle has no messages of its own: the battle shows it. A sealed game shows no prompt
        and no step, and an album nothing at all, before the reveal.
        """
        if game.is_side or (game.is_sealed and (game.is_album or not _tells_nothing(message))):
            return None
        return await self._post(game, message, lambda posting: self._send(game.shown, message, posting))

    async def post_begun(self, game: Game, key: StepKey, post: StoredPost) -> int:
        """Posts a step whose message is stored as begun; returns the message's id, which is to be stored."""
        message = GameMessage.step(key)
        send = partial(self._send, game.shown, message)
        return await send_begun(game.id, post, send, self._scope(game, message))

    async def post_summary(self, game: Game, awaited: str = "") -> None:
        """Posts the summary of a finished game; `awaited` names the embedder still measuring it, "" without one."""
        if game.is_side or game.is_sealed:
            return

        async def send(posting: Posting) -> int:
            return await self.presenter.post_summary(game.shown, await self._summary(game.shown, awaited), posting)

        await self._post(game, GameMessage(GameMessageKind.SUMMARY), send)

    async def reveal(self, game: Game, message: GameMessage) -> None:
        """Posts one message of a sealed game after its last step is played."""
        await self._post(game, message, lambda posting: self._send(game.shown, message, posting))

    async def _post(self, game: Game, message: GameMessage, send: Callable[[Posting], Awaitable[int]]) -> int:
        return await post_once(
            self.store.posts, game.id, str(message), send, scope=lambda _: self._scope(game, message)
        )

    @staticmethod
    def _scope(game: Game, message: GameMessage) -> str:
        where = game.run if message.kind is GameMessageKind.CARD else game.place.card_id
        return f"{message}/{where}"

    async def reopen(self, game: Game) -> None:
        """Prepares a paused game to go on: if its thread is gone, forgets all messages, to post them in another."""
        if game.place.card_id is None or await patiently(lambda: self.presenter.is_open(game)):
            return
        steps = (GameMessage.step(step.key) for step in game.steps)
        invitations = (GameMessage.invitation(key) for key in game.request.human_steps)
        await self.store.posts.forget(game.id, *map(str, (*OPENING, *steps, *invitations)))

    async def realign(self, game: Game, key: StepKey, awaited: str = "") -> None:
        """Edits every message that shows or quotes a step, after the step was reported or shown again.

        `awaited` is what `edit_summary` takes. Edits all that can be reached; raises StageGone where a message is not.
        """
        meant = [key, *([StepKey(key.turn + 1, Kind.PICTURE)] if key.kind is Kind.CAPTION else [])]
        steps = [step for step in game.shown.steps if step.message_id is not None and step.key in meant]
        edits = [partial(self._edit_step, game.shown, step) for step in steps]
        await each(*edits, partial(self.edit_summary, game, awaited), partial(self._show_card, game))
        unposted = any(step.key in meant and step.message_id is None for step in game.steps)
        if unposted and game.shows_steps and game.state is GameState.PLAYING:
            return  # it is being posted just now; a later sweep edits it
        await self.store.posts.hide(game.id, str(GameMessage.step(key)), game.steps[key.index].hidden)

    async def show_prompt(self, game: Game, awaited: str = "") -> None:
        """Edits the opening to show the prompt as it is stored now, and every other message that quotes the prompt.

        `awaited` is what `edit_summary` takes. Edits all that can be reached; raises StageGone where a message is not.
        """
        steps = [step for step in game.shown.steps[:1] if step.message_id is not None]
        edits = [partial(self._edit_opening, game), *(partial(self._edit_step, game.shown, step) for step in steps)]
        await each(*edits, partial(self.edit_summary, game, awaited), partial(self._show_card, game))

    async def _edit_opening(self, game: Game) -> None:
        if game.place.opening_id is not None:
            await patiently(lambda: self.presenter.edit_opening(game.shown))

    async def _show_card(self, game: Game) -> None:
        """Edits a card that shows what must not be seen any more; raises what `edit_card` only logs."""
        if game.place.card_id is not None:
            async with self._card_of(game.id):
                await patiently(lambda: self._edit_card(game))

    async def edit_summary(self, game: Game, awaited: str = "") -> None:
        """Brings a posted summary up to date; it says that the embedder `awaited` is still measuring."""
        if game.place.summary_id is not None:
            summary = await self._summary(game.shown, awaited)
            await patiently(lambda: self.presenter.edit_summary(game.shown, summary))

    async def _edit_step(self, game: Game, step: Step) -> None:
        image = await self.pictures.get(step.image) if step.image else None
        await patiently(lambda: self.presenter.edit_step(game, step, image))

    async def edit_card(self, game: Game, *, delay: Delay | None = None) -> None:
        """Brings the card up to date; a card that cannot be edited never stops a game.

        `delay` says why the step takes longer; the next edit says so no more.
        """
        if game.place.card_id is not None:
            async with self._card_of(game.id):
                await without_stopping(self._edit_card(game, delay), "card", game=game.id)

    async def edit_card_of(self, game_id: str) -> None:
        """Brings the card of a game that waits in line or is played up to date with what is stored; never raises.

        A game that has ended or waits is left to whoever ended it or lets it wait.
        """

        async def edit() -> None:
            game = await self.store.games.get(game_id)
            if game.place.card_id is not None and game.state in (GameState.QUEUED, GameState.PLAYING):
                await self._edit_card(game)

        async with self._card_of(game_id):
            await without_stopping(edit(), "card", game=game_id)

    def _card_of(self, game_id: str) -> asyncio.Lock:
        """The lock of a card: an edit that was read before another is not to come after it."""
        return self.card_locks.setdefault(game_id, asyncio.Lock())

    async def _edit_card(self, game: Game, delay: Delay | None = None) -> None:
        summary = await self._end(game.shown) if game.state is GameState.FINISHED else None
        progress = replace(await self._progress(game), delay=delay)
        await self.presenter.edit_card(game.shown, progress, summary)
        self.cards.edited(game, slow=progress.per_minute is not None, passing=delay is not None)

    async def _post_card(self, game: Game, posting: Posting) -> int:
        """Posts a card; where a place is free for its game, one that need not be edited when the game begins."""
        progress = await self._progress(game)
        parallel = (await self.store.servers.settings(game.request.guild_id)).parallel
        playing = await self.store.games.count(game.request.guild_id, [GameState.PLAYING])
        begins = game.state is GameState.QUEUED and playing + progress.place <= parallel
        card_id = await self.presenter.post_card(game, replace(progress, begins=begins), posting)
        state = GameState.PLAYING if begins else game.state
        self.cards.posted(game.id, state, slow=progress.per_minute is not None)
        return card_id

    async def edit_invitation(self, game: Game, seat: Seat, *, patient: bool = False) -> None:
        """Brings an invitation up to date; a failed edit never stops a game. `patient`: it is tried for DEADLINE."""
        message_id = await self.store.posts.find(game.id, str(GameMessage.invitation(seat.key)))
        if message_id is not None:

            async def edit() -> None:  # reads the seat at each attempt: a member may have taken it since the last one
                now = await self.store.seats.get(game.id, seat.key) if patient else seat
                await self.turn_presenter.edit_invitation(game, now, message_id)

            await without_stopping(patiently(edit) if patient else edit(), "invitation", game=game.id)

    async def remind(self, game: Game, seat: Seat) -> None:
        """Tells the member who holds a seat that half of their time is over; a failed reminder never stops a game."""
        if seat.claim is None:
            return
        asked_for = await self.store.members.wants_reminders(game.request.guild_id, seat.claim.member_id)
        remind = self.turn_presenter.remind(game, seat, by_message=asked_for)
        await without_stopping(remind, "reminder", level=logging.INFO, game=game.id)

    async def _send(self, game: Game, message: GameMessage, posting: Posting) -> int:
        match message:
            case GameMessage(GameMessageKind.CARD):
                return await self._post_card(game, posting)
            case GameMessage(GameMessageKind.THREAD):
                return await self.presenter.open_thread(game, posting)
            case GameMessage(GameMessageKind.OPENING):
                return await self.presenter.post_opening(game, posting)
            case GameMessage(GameMessageKind.INVITATION, StepKey() as key):
                return await self._invite(game, key, posting)
            case GameMessage(GameMessageKind.STEP, StepKey() as key):
                step = game.steps[key.index]
                image = await self.pictures.get(step.image) if step.image else None
                return await self.presenter.post_step(game, step, image, posting)
        raise ValueError(f"{message} of a game is not posted so")

    async def _invite(self, game: Game, key: StepKey, posting: Posting) -> int:
        return await self.turn_presenter.invite(game, await self.store.seats.get(game.id, key), posting)

    async def _progress(self, game: Game) -> Progress:
        key, seat = game.next_key, None
        if game.state is GameState.WAITING and key is not None:
            seat = await self.store.seats.get(game.id, key)
        place = await self.store.games.place_in_queue(game.id) if game.state is GameState.QUEUED else 0
        return Progress(place, seconds_left(game), seat, self.per_minute(game))

    def per_minute(self, game: Game) -> int | None:
        """How many calls a minute the provider of a player takes for want of credit; None where none is that slow."""
        slow = self.players.slowness([game.pair.t2i, game.pair.i2t])
        return None if slow is None else slow.per_minute

    async def _end(self, game: Game) -> Summary:
        """What a card shows of a finished game: of the summary its pictures and the distance, without the chart."""
        first, last = await self._picture(game, 0), await self._picture(game, -1)
        return Summary(first, last, drift_of(game), embedder=self._label(game.embedder))

    async def _summary(self, game: Game, awaited: str = "") -> Summary:
        shown = replace(await self._end(game), awaited=self._label(awaited))
        if shown.drift is None:
            return shown
        bearings = await self.calibrations.bearings(game)
        drawn = GameChart(f"Game {game.number}: {game.pair}", shown.embedder, shown.drift, bearings)
        chart = await off_loop(drawn.chart) if shown.drift.is_known else None
        return replace(shown, chart=chart, bearings=bearings, chart_alt=drawn.alt)

    async def _picture(self, game: Game, which: int) -> Image | None:
        drawn = [turn.picture for turn in game.turns if turn.picture is not None]
        sha256 = drawn[which].image
        return None if sha256 is None else await self.pictures.get(sha256)

    def _label(self, embedder: str | None) -> str:
        return self.players.registry.label(embedder) if embedder else ""


def _tells_nothing(message: GameMessage) -> bool:
    """Whether a message shows nothing of what was played, not even the prompt."""
    return message.kind in (GameMessageKind.CARD, GameMessageKind.THREAD, GameMessageKind.INVITATION)

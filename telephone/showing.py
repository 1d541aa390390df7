"""Showing a game on its stage: every message once, and the card kept up to date."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final, TypeVar

import structlog

from telephone.awaiting import Awaiting
from telephone.cpu import off_loop
from telephone.errors import TelephoneError, TimedOut
from telephone.game import Drift, Game, GameState, Image, Kind, Step, StepKey
from telephone.lobby import Lobby
from telephone.media.images import Pictures
from telephone.models.players import Players
from telephone.providers.patience import with_patience
from telephone.scales import Drawing, Scales
from telephone.scoring.drift import summarise
from telephone.seat import Seat
from telephone.stage import Posting, Progress, Stage, StageGone, Summary, nonce
from telephone.store import Store

DEADLINE: Final = 900.0
"""How long one post may be tried again, in seconds."""
SILENT: Final = "Discord did not answer for a quarter of an hour, so I paused; press Continue to play on."
_INVITE: Final = "invite-"
T = TypeVar("T")
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Showing:
    """Posts what the store says of a game. Raises StageGone, or TimedOut when the stage does not answer."""

    store: Store
    pictures: Pictures
    players: Players
    scales: Scales
    awaiting: Awaiting
    stage: Stage
    lobby: Lobby

    async def post(self, game: Game, what: str) -> None:
        """One message of a game: `card`, `thread`, `opening`, a step as in `3p`, its `invite-3p`, or `summary`.

        A side of a battle has none of its own: its battle shows it. A sealed game shows nothing that was played, and an
        album nothing at all before its party reveals it.
        """
        if not (game.is_side or (game.is_sealed and (game.is_album or not _tells_nothing(what)))):
            await self._post(game, what)

    async def reveal(self, game: Game, what: str) -> None:
        """One message of a sealed game all of whose steps are played."""
        await self._post(game, what)

    async def _post(self, game: Game, what: str) -> None:
        post = await self.store.posts.begin(game.id, what)
        if post.message_id is not None:
            return
        scope = f"card/{game.run}" if what == "card" else f"{what}/{game.place.card_id}"
        posting = Posting(nonce=nonce(game.id, scope), since=post.began_at, again=post.again)
        message_id = await patiently(lambda: self._send(game, what, posting))
        await self.store.posts.done(game.id, what, message_id)

    async def reopen(self, game: Game) -> None:
        """Before a paused game goes on: where its thread is gone, all of it will be shown anew in another."""
        if game.place.card_id is None or await patiently(lambda: self.stage.is_open(game)):
            return
        steps = (str(step.key) for step in game.steps)
        invitations = (f"{_INVITE}{key}" for key in game.request.human_steps)
        await self.store.posts.forget(game.id, "card", "thread", "opening", *steps, *invitations)

    async def realign(self, game: Game, key: StepKey) -> None:
        """Makes the message of a step show what reports allow, and with it whatever else shows or quotes it."""
        quoting = [StepKey(key.turn + 1, Kind.PICTURE)] if key.kind is Kind.CAPTION else []
        for step in game.shown.steps:
            if step.message_id is not None and step.key in (key, *quoting):
                await self._edit_step(game.shown, step)
        await self.store.posts.hide(game.id, str(key), game.steps[key.index].hidden)
        await self.edit_summary(game)
        await self.edit_card(game)

    async def show_prompt(self, game: Game) -> None:
        """Makes the opening show the game's prompt as it is stored now, and with it whatever else quotes it."""
        if game.place.opening_id is not None:
            await patiently(lambda: self.stage.edit_opening(game.shown))
        for step in game.shown.steps[:1]:
            if step.message_id is not None:
                await self._edit_step(game.shown, step)
        await self.edit_summary(game)
        await self.edit_card(game)

    async def edit_summary(self, game: Game, *, awaiting: bool = True) -> None:
        """Brings a summary that is posted up to date; one that is not `awaiting` promises no other embedder."""
        if game.place.summary_id is not None:
            summary = await self._summary(game.shown)
            summary = summary if awaiting else replace(summary, awaited="")
            await patiently(lambda: self.stage.edit_summary(game.shown, summary))

    async def _edit_step(self, game: Game, step: Step) -> None:
        image = await self.pictures.get(step.image) if step.image else None
        await patiently(lambda: self.stage.edit_step(game, step, image))

    async def edit_card(self, game: Game) -> None:
        """Brings the card up to date; a card that cannot be edited never stops a game."""
        if game.place.card_id is None:
            return
        try:
            summary = await self._summary(game.shown) if game.state is GameState.FINISHED else None
            await self.stage.edit_card(game.shown, await self._progress(game), summary)
        except TelephoneError as error:
            _log.warning("card not edited", game=game.id, error=type(error).__name__)
        except Exception:
            _log.exception("a card broke, the game goes on", game=game.id)

    async def edit_invitation(self, game: Game, seat: Seat) -> None:
        """Brings an invitation up to date; one that cannot be edited never stops a game."""
        message_id = await self.store.posts.find(game.id, f"{_INVITE}{seat.key}")
        if message_id is None:
            return
        try:
            await self.lobby.edit_invitation(game, seat, message_id)
        except TelephoneError as error:
            _log.warning("invitation not edited", game=game.id, error=type(error).__name__)
        except Exception:
            _log.exception("an invitation broke, the game goes on", game=game.id)

    async def remind(self, game: Game, seat: Seat) -> None:
        """Tells who holds a seat that half of their time is over; that it cannot be told never stops a game."""
        if seat.claim is None:
            return
        asked_for = await self.store.members.wants_reminders(game.request.guild_id, seat.claim.member_id)
        try:
            await self.lobby.remind(game, seat, by_message=asked_for)
        except TelephoneError as error:
            _log.info("member not reminded", game=game.id, error=type(error).__name__)
        except Exception:
            _log.exception("a reminder broke, the game goes on", game=game.id)

    async def _send(self, game: Game, what: str, posting: Posting) -> int:
        game = game.shown
        if what.startswith(_INVITE):
            return await self._invite(game, StepKey.parse(what.removeprefix(_INVITE)), posting)
        match what:
            case "card":
                return await self.stage.post_card(game, await self._progress(game), posting)
            case "thread":
                return await self.stage.open_thread(game, posting)
            case "opening":
                return await self.stage.post_opening(game, posting)
            case "summary":
                return await self.stage.post_summary(game, await self._summary(game), posting)
        step = game.steps[StepKey.parse(what).index]
        image = await self.pictures.get(step.image) if step.image else None
        return await self.stage.post_step(game, step, image, posting)

    async def _invite(self, game: Game, key: StepKey, posting: Posting) -> int:
        return await self.lobby.invite(game, await self.store.seats.get(game.id, key), posting)

    async def _progress(self, game: Game) -> Progress:
        key, seat = game.next_key, None
        if game.state is GameState.WAITING and key is not None:
            seat = await self.store.seats.get(game.id, key)
        return Progress(await self.store.games.place_in_queue(game.id), seconds_left(game), seat)

    async def _summary(self, game: Game) -> Summary:
        first, last = await self._picture(game, 0), await self._picture(game, -1)
        found, embedder = drift_of(game), self._label(game.embedder)
        awaited = self._label(await self.awaiting.primary(game))
        if found is None:
            return Summary(first, last, embedder=embedder, awaited=awaited)
        bearings = await self.scales.bearings(game)
        drawn = Drawing(f"Game {game.number}: {game.pair}", embedder, found, bearings)
        chart = await off_loop(drawn.chart)
        return Summary(first, last, found, chart, embedder, bearings, drawn.alt, awaited)

    async def _picture(self, game: Game, which: int) -> Image | None:
        drawn = [turn.picture for turn in game.turns if turn.picture is not None]
        sha256 = drawn[which].image
        return None if sha256 is None else await self.pictures.get(sha256)

    def _label(self, embedder: str | None) -> str:
        return self.players.registry.label(embedder) if embedder else ""


async def patiently(call: Callable[[], Awaitable[T]]) -> T:
    """A call to the stage, tried again until DEADLINE. Raises StageGone then: what was paid for must not be lost."""
    try:
        return await with_patience(call, deadline=DEADLINE, who="This place")
    except TimedOut:
        raise StageGone(SILENT, "silent") from None


def _tells_nothing(what: str) -> bool:
    """Whether a message shows nothing of what was played, not even the prompt."""
    return what in ("card", "thread") or what.startswith(_INVITE)


def drift_of(game: Game) -> Drift | None:
    """The drift of a game by its stored distances, None before it was measured."""
    both = [(t.distance, t.step_distance) for t in game.turns if t.distance is not None and t.step_distance is not None]
    return summarise([far for far, _ in both], [step for _, step in both]) if both else None


def seconds_left(game: Game) -> float | None:
    """About how long the rest of a game takes, from the steps played so far; None before the first turn ended, and
    where members take turns."""
    played = game.steps
    if len(played) < 2 or game.request.human_steps:
        return None
    mean_ms = sum(step.latency_ms for step in played) / len(played)
    return mean_ms / 1_000 * (2 * game.request.turns - len(played))

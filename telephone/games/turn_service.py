"""Members' turns: claiming a step, answering it with a drawing or a caption, giving it back."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

import structlog

from telephone.concurrency import off_loop
from telephone.domain.calls import SAID_MAX
from telephone.domain.games import HUMAN, NO_GUILD, Game, Image, Kind, Step, StepKey, fold, step_seed
from telephone.domain.human_turns import Claim, Seat, SeatState
from telephone.domain.refusals import TurnLate, require_here
from telephone.domain.visible import says_something
from telephone.errors import BadInput, NotAllowed
from telephone.media.images import Pictures
from telephone.media.uploads import uploaded
from telephone.ports.runners import GameRunner
from telephone.safety import Guard
from telephone.store import Store

CAPTION_MIN: Final = 3
CAPTION_MAX: Final = 300
"""Shortest and longest caption of a member, in characters."""
HIDDEN: Final = "What this turn is about is hidden after a report; please wait until a moderator has decided."
OVER: Final = "You do not hold this turn any more; if it is still free, its invitation in the thread says so."
IN_ALREADY: Final = "Your drawing for this turn is in already; watch the game go on in its thread."
NOBODYS: Final = "Only who started this game, or a member who may manage the server, can have a model play this turn."
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ClaimedTurn:
    """What a member who holds a step is shown, and nothing else: words to draw, or a picture to describe."""

    game: Game
    seat: Seat
    words: str | None = None
    picture: Image | None = None


@dataclass(frozen=True, slots=True)
class DrawingTask:
    """What the page shows a member who draws: the caption to draw, and when their claim expires."""

    caption: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class TurnService:
    """Claims and answers of members. Raises TelephoneErrors whose sentence can be shown as it is.

    `server` is where a member asks for a step, by default the terminal. Raises NotHere on any other than the game's
    own. The page to draw on asks by a claim, which its link was signed for.
    """

    store: Store
    pictures: Pictures
    guard: Guard
    games: GameRunner

    async def claim(
        self, game_id: str, key: StepKey, member_id: int, *, token: str | None = None, server: int = NO_GUILD
    ) -> ClaimedTurn:
        """Gives a step to the first member who asks; the member who holds it is shown it again.

        Raises NotAllowed where another member was first, or the member has seen another step of a sealed game.
        """
        await self._check_shown(game_id, key, server)
        seat = await self.store.seats.claim(game_id, key, member_id, token=token)
        _log.info("turn taken", game=game_id, step=str(key))
        await self.games.seat_changed(game_id, key)
        return await self._turn(game_id, seat)

    async def check_here(self, game_id: str, server: int) -> None:
        """Raises NotHere for a game of another server."""
        require_here(await self.store.games.server_of(game_id), server)

    async def check_held(self, game_id: str, key: StepKey, member_id: int, *, server: int = NO_GUILD) -> None:
        """Raises NotAllowed where a member does not hold a step, or their claim has expired."""
        await self.check_here(game_id, server)
        claim = (await self.store.seats.get(game_id, key)).claim
        if claim is None or claim.member_id != member_id or not claim.holds(datetime.now(UTC)):
            raise NotAllowed(OVER)

    async def held(self, game_id: str, key: StepKey, member_id: int, *, server: int = NO_GUILD) -> ClaimedTurn:
        """The turn that a member holds. Raises NotAllowed where they do not hold it, or their claim has expired."""
        await self.check_here(game_id, server)
        return await self._held(game_id, key, member_id)

    async def _held(self, game_id: str, key: StepKey, member_id: int) -> ClaimedTurn:
        seat = await self.store.seats.get(game_id, key)
        _require_held(seat, member_id)
        return await self._turn(game_id, seat)

    async def caption(self, game_id: str, key: StepKey, member_id: int, text: str, *, server: int = NO_GUILD) -> None:
        """Stores a member's caption of the picture they hold.

        Raises BadInput and Refused, after which they still hold it.
        """
        turn = await self.held(game_id, key, member_id, server=server)
        if turn.picture is None:
            raise BadInput("This turn is to be drawn; please send a picture.")
        words = fold(text[:SAID_MAX])
        if not CAPTION_MIN <= len(words) <= CAPTION_MAX or not _has_words(words):
            raise BadInput(
                f"A caption has {CAPTION_MIN} to {CAPTION_MAX} characters; please say what you see in a sentence."
            )
        await self.guard.words(words, turn.picture, nsfw=await self._nsfw(turn.game))
        await self._answer(turn, member_id, Step(key, HUMAN, _seed(turn), text=words, raw=text))

    async def drawing(self, game_id: str, key: StepKey, member_id: int, data: bytes, *, server: int = NO_GUILD) -> None:
        """Stores a member's drawing of the words they hold.

        Raises BadInput and Refused, after which they still hold them.
        """
        await self._drawn(await self.held(game_id, key, member_id, server=server), member_id, data)

    async def _drawn(self, turn: ClaimedTurn, member_id: int, data: bytes) -> None:
        if turn.words is None:
            raise BadInput("This turn is to be described; please write what you see.")
        image = await off_loop(uploaded, data)
        await self.guard.drawing(image, turn.words, nsfw=await self._nsfw(turn.game))
        await self.store.images.put(image)
        step = Step(turn.seat.key, HUMAN, _seed(turn), image=await self.pictures.put(image))
        try:
            await self._answer(turn, member_id, step)
        except NotAllowed:
            # No step refers to the picture, so deleting the member's data would miss it later.
            if await self.store.images.forget(image.sha256):
                await self.pictures.delete(image.sha256)
            raise

    async def drawing_task(self, claim_id: str, member_id: int) -> DrawingTask:
        """The words that a member holds by a claim, for the page to draw on. Raises NotAllowed and NotFound."""
        turn = await self._claimed(claim_id, member_id, NotAllowed(OVER))
        if turn.words is None:
            raise NotAllowed("This turn is to be described; please write what you see.")
        return DrawingTask(turn.words, _require_held(turn.seat, member_id).expires_at)

    async def hand_in(self, claim_id: str, member_id: int, data: bytes) -> None:
        """Stores a drawing made on the page; the same bytes again are no error: the page may have lost our answer."""
        seat, claimer_id = await self.store.seats.of_claim(claim_id)
        if seat.state is SeatState.ANSWERED and claimer_id == member_id:
            game = await self.store.games.get(seat.game_id)
            if game.steps[seat.key.index].image == (await off_loop(uploaded, data)).sha256:
                return
        turn = await self._claimed(claim_id, member_id, TurnLate())
        await self._drawn(turn, member_id, data)

    async def _claimed(self, claim_id: str, member_id: int, ended: NotAllowed) -> ClaimedTurn:
        seat, claimer_id = await self.store.seats.of_claim(claim_id)
        if claimer_id != member_id:
            raise NotAllowed(OVER)
        if seat.claim is None:
            raise NotAllowed(IN_ALREADY) if seat.state is SeatState.ANSWERED else ended
        return await self._held(seat.game_id, seat.key, member_id)

    async def give_back(self, game_id: str, key: StepKey, member_id: int, *, server: int = NO_GUILD) -> None:
        """Opens a step again that a member holds. Raises NotAllowed where they do not hold it."""
        await self.check_here(game_id, server)
        if not await self.store.seats.release(game_id, key, member_id):
            raise NotAllowed(OVER)
        await self.games.seat_changed(game_id, key)

    async def let_ai_play(self, game_id: str, key: StepKey, *, by: int, is_host: bool, server: int = NO_GUILD) -> Seat:
        """Has a model play a step that no member holds. Raises NotAllowed where one does, and for all but hosts."""
        game = await self.store.games.get(game_id)
        require_here(game.request.guild_id, server)
        if not is_host and by != game.request.starter_id:
            raise NotAllowed(NOBODYS)
        await self.games.give_away(game, key)
        return await self.store.seats.get(game_id, key)

    async def _answer(self, turn: ClaimedTurn, member_id: int, step: Step) -> None:
        claim = _require_held(turn.seat, member_id)
        took = datetime.now(UTC) - claim.claimed_at
        timed = replace(step, latency_ms=round(took.total_seconds() * 1_000))
        await self.store.seats.answer(turn.game.id, timed, member_id)
        _log.info("step played", game=turn.game.id, step=str(step.key), player=HUMAN, ms=timed.latency_ms, usd=0.0)
        await self.games.seat_changed(turn.game.id, step.key)

    async def _turn(self, game_id: str, seat: Seat) -> ClaimedTurn:
        game = await self.store.games.get(game_id)
        if seat.key.kind is Kind.PICTURE:
            return ClaimedTurn(game, seat, words=game.text_before(seat.key))
        return ClaimedTurn(game, seat, picture=await self.pictures.get(game.steps[seat.key.index - 1].image or ""))

    async def _check_shown(self, game_id: str, key: StepKey, server: int) -> None:
        """Raises NotAllowed where the step before, which a member would be shown, is hidden, and NotHere."""
        game = await self.store.games.get(game_id)
        require_here(game.request.guild_id, server)
        before = game.steps[: key.index]
        if before and before[-1].hidden:
            raise NotAllowed(HIDDEN)

    async def _nsfw(self, game: Game) -> bool:
        return game.request.nsfw and (await self.store.servers.settings(game.request.guild_id)).nsfw != "block"


def _require_held(seat: Seat, member_id: int) -> Claim:
    claim = seat.claim
    if claim is None or claim.member_id != member_id or not claim.holds(datetime.now(UTC)):
        raise TurnLate
    return claim


def _has_words(text: str) -> bool:
    return says_something(text) and any(char.isalnum() for char in text)


def _seed(turn: ClaimedTurn) -> int:
    return step_seed(turn.game.request.seed, turn.seat.key)

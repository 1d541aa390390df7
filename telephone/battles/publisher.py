"""Publishes a battle: posts every message once, keeps its card up to date, and names no pair before it closes."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from telephone.concurrency import off_loop
from telephone.domain.battles import Battle, BattleState, Choice, Result, letter_of
from telephone.domain.games import Game, Image, Kind, Step, StepKey
from telephone.domain.messages import BattleMessage, BattleMessageKind, GameMessage
from telephone.leaderboards.rating_change import FREE, swings, told
from telephone.leaderboards.vote_flags import counted
from telephone.media.anonymise import alike
from telephone.media.images import Pictures
from telephone.models.players import Players
from telephone.ports.battles import BattlePresenter, Load
from telephone.ports.posting import Posting
from telephone.publishing import each, patiently, post_once, without_stopping
from telephone.scoring.drift import drift_of
from telephone.store import Store
from telephone.store.scores import Pool


@dataclass(frozen=True, slots=True)
class BattlePublisher:
    """Posts and edits a battle's messages as stored. Raises StageGone, also where the presenter does not answer."""

    store: Store
    pictures: Pictures
    players: Players
    presenter: BattlePresenter

    async def post(self, battle: Battle, message: BattleMessage) -> None:
        """Posts one message of a battle."""

        async def book(message_id: int) -> None:
            if message.kind is BattleMessageKind.ROUND and message.number is not None:
                await self._book_steps(battle, message.number, message_id)

        await post_once(
            self.store.battle_posts,
            battle.id,
            str(message),
            lambda posting: self._send(battle.shown, message, posting),
            # The time tells a message that is posted again from the earlier one, which is gone, by another nonce.
            scope=lambda post: f"{message}/{post.began_at.isoformat()}",
            book=book,
        )

    async def reopen(self, battle: Battle) -> None:
        """Prepares a paused battle to go on: if its thread is gone, forgets all messages, to post them in another."""
        if battle.card_id is None or await patiently(lambda: self.presenter.is_open(battle)):
            return
        await self.store.battle_posts.forget(battle.id, *battle.messages)

    async def edit_card(self, battle: Battle) -> None:
        """Brings the card up to date; a failed edit never stops a battle.

        A ballot whose message is gone is forgotten, so that it is posted again.
        """
        if battle.card_id is not None:
            await without_stopping(self._edit_card(battle), "card", battle=battle.id)

    async def edit_card_of(self, battle_id: str) -> None:
        """Brings the card up to date with what is stored; never raises an Exception."""

        async def edit() -> None:
            await self.edit_card(await self.store.battles.get(battle_id))

        await without_stopping(edit(), "card", battle=battle_id)

    async def tell_outage(self, battle: Battle) -> None:
        """Says on the card that an outage of ours holds the battle up; never raises an Exception."""
        await without_stopping(self.presenter.tell_outage(battle.shown), "card", battle=battle.id)

    async def realign(self, game: Game, key: StepKey) -> None:
        """Edits the rounds and the card of a side's battle, after a step of the side was hidden or shown again."""
        await self.redraw(game, key)
        await self.store.posts.hide(game.id, str(GameMessage.step(key)), game.steps[key.index].hidden)

    async def redraw(self, game: Game, key: StepKey) -> None:
        """Does the same for a finished game that has messages of its own and was set against another later."""
        battles = await self.store.battles.of_game(game.id)
        await each(*(partial(self._realign, battle, key) for battle in battles))

    async def result(self, battle: Battle) -> Result:
        """The tally, the change of the board, and the distances of the sides as far as they are measured."""
        tally, board = await self.store.votes.tally(battle.id), await self._swing(battle)
        drifts = {side.place: drift_of(side.game) for side in battle.standing}
        embedders = {side.game.embedder for side in battle.standing if side.game.embedder}
        if len(embedders) != 1:  # distances of two embedders are never set beside each other
            return await self._shared(battle, tally, board)
        ends = {place: drift.final_distance for place, drift in drifts.items() if drift is not None}
        found = {place: far for place, far in ends.items() if far is not None}
        unread = frozenset(ends.keys() - found.keys())
        return Result(tally, found, self.players.registry.label(embedders.pop()), board, unread)

    async def _swing(self, battle: Battle) -> str:
        """How a closed battle changed the board by votes, in sentences; "" before it is closed."""
        if battle.state is not BattleState.CLOSED:
            return ""
        if battle.request.prompt.slug is None:
            return FREE
        polls = await self.store.polls.of(Pool(battle.request.guild_id))
        decisions = await self.store.conduct.of(battle.request.guild_id)
        return told(await off_loop(lambda: swings(counted(polls, decisions), battle.id)))

    async def _shared(self, battle: Battle, tally: Mapping[Choice, int], board: str) -> Result:
        """The result by an embedder that has measured all sides, where the sides' games show different embedders."""
        ends = await self.store.distances.ends([side.game.id for side in battle.standing])
        for embedder, far in ends.items():
            found = {side.place: far[side.game.id] for side in battle.standing}
            return Result(tally, found, self.players.registry.label(embedder), board)
        return Result(tally, {}, board=board)

    async def _send(self, battle: Battle, message: BattleMessage, posting: Posting) -> int:
        match message:
            case BattleMessage(BattleMessageKind.CARD):
                return await self.presenter.post_card(battle, posting)
            case BattleMessage(BattleMessageKind.THREAD):
                return await self.presenter.open_thread(battle, posting)
            case BattleMessage(BattleMessageKind.OPENING):
                return await self.presenter.post_opening(battle, posting)
            case BattleMessage(BattleMessageKind.ROUND, int(turn)):
                return await self.presenter.post_round(battle, turn, await self._drawn(battle, turn), posting)
            case BattleMessage(BattleMessageKind.OUT, int(place)):
                return await self.presenter.post_dropped(battle, battle.sides[place], posting)
            case BattleMessage(BattleMessageKind.BALLOT):
                return await self.presenter.show_ballot(battle, self._load(battle), posting)
            case BattleMessage(BattleMessageKind.CALL):
                return await self.presenter.post_call(battle, posting)
            case BattleMessage(BattleMessageKind.VERDICT):
                shown = await self.presenter.edit_card(battle, self._load(battle), await self.result(battle))
                return shown or battle.card_id or 0
            case BattleMessage(BattleMessageKind.RESULT):
                return await self.presenter.post_result(battle, await self.result(battle), posting)
        raise ValueError(f"a battle has no message {message}")

    async def _realign(self, battle: Battle, key: StepKey) -> None:
        # The alt text of the next turn's picture quotes this turn's caption.
        rounds = [partial(self._edit_round, battle, turn) for turn in (key.turn, key.turn + 1)]
        await each(*rounds, partial(self._show_card, battle))

    async def _show_card(self, battle: Battle) -> None:
        if battle.card_id is not None:
            await patiently(lambda: self._edit_card(battle, at_once=True))

    async def _edit_card(self, battle: Battle, *, at_once: bool = False) -> None:
        result = await self.result(battle) if battle.state.is_final else None
        shown = await self.presenter.edit_card(battle.shown, self._load(battle), result, at_once=at_once)
        if battle.state is not BattleState.VOTING:
            return
        if shown is None:
            await self.store.battle_posts.forget(battle.id, BattleMessageKind.BALLOT.value)
        elif shown != battle.card_id:
            await self.store.battle_posts.done(battle.id, BattleMessageKind.BALLOT.value, shown)

    async def _edit_round(self, battle: Battle, turn: int) -> None:
        if str(BattleMessage.round(turn)) in battle.messages:
            shown = battle.shown
            drawn = await self._drawn(shown, turn)
            await patiently(lambda: self.presenter.edit_round(shown, turn, drawn))

    async def _book_steps(self, battle: Battle, turn: int, message_id: int) -> None:
        """Stores for every step of a round which message shows it, so that a report of the message finds the step."""
        for side in battle.sides_at(turn):
            for kind in Kind:
                await self.store.posts.done(side.game.id, str(GameMessage.step(StepKey(turn, kind))), message_id)

    def _load(self, battle: Battle) -> Load:
        last = {side.place: side.game.last_picture for side in battle.shown.standing}
        return lambda: self.alike(last)

    async def _drawn(self, battle: Battle, turn: int) -> Mapping[int, Image]:
        """The pictures of a turn, anonymised, by their sides' places."""
        return await self.alike({side.place: side.game.turns[turn - 1].picture for side in battle.sides_at(turn)})

    async def alike(self, steps: Mapping[int, Step | None]) -> Mapping[int, Image]:
        """The pictures of steps, anonymised, by their sides' places; hidden and missing pictures are absent."""
        found = {}
        for place, step in steps.items():
            if step is not None and step.image is not None:
                found[place] = await off_loop(alike, await self.pictures.get(step.image), letter_of(place))
        return found

"""Shows battles in channels and threads, over REST alone."""

import time
from collections.abc import Callable, Mapping

import discord

from bot.battles import messages
from bot.delivery import errors as delivery_errors
from bot.delivery.cards import Card, Cards
from bot.delivery.editor import MessageEditor, need
from bot.delivery.places import CardPlaces
from bot.delivery.sender import AtMost, MessageSender
from bot.ui.posts import Post
from telephone.domain.battles import Battle, BattleState, Result, Side
from telephone.domain.games import Image
from telephone.domain.messages import BattleMessage, BattleMessageKind
from telephone.ports.battles import Load
from telephone.ports.posting import Posting


class DiscordBattlePresenter:
    """Shows battles. `clock` gives seconds. Every method raises StageGone, Refused or Unavailable."""

    def __init__(
        self, client: discord.Client, *, clock: Callable[[], float] = time.monotonic, alone: bool = True
    ) -> None:
        self._sending = MessageSender(client)
        self._places = CardPlaces(client)
        self._posted = MessageEditor(client)
        self._cards = Cards(client, clock=clock, alone=alone)

    async def post_card(self, battle: Battle, posting: Posting) -> int:
        """Posts the card in the channel; returns its id."""
        with delivery_errors.told(battle.turn_now, "channel"):
            name, channel_id = messages.thread_name(battle), battle.request.channel_id
            return await self._places.post(channel_id, name, messages.card(battle), posting, battle.id)

    async def open_thread(self, battle: Battle, posting: Posting) -> int:
        """Opens the thread on the card, named after the battle's number alone; returns its id."""
        card_id, channel_id = need(battle.messages.get(BattleMessageKind.CARD), "card"), battle.request.channel_id
        with delivery_errors.told(battle.turn_now, "channel"):
            name = messages.thread_name(battle)
            return await self._places.open_thread(channel_id, card_id, name, again=posting.again)

    async def post_opening(self, battle: Battle, posting: Posting) -> int:
        """Posts the prompt as the thread's first message."""
        return await self._in_thread(battle, messages.opening(battle), posting)

    async def post_round(self, battle: Battle, turn: int, pictures: Mapping[int, Image], posting: Posting) -> int:
        """Posts a turn of all sides in one message, so that the order of messages tells nothing about them."""
        return await self._in_thread(battle, messages.round_(battle, turn, pictures), posting)

    async def edit_round(self, battle: Battle, turn: int, pictures: Mapping[int, Image]) -> None:
        """Edits a round after a step of it was hidden or shown again."""
        message_id = battle.messages.get(str(BattleMessage.round(turn)), 0)
        post = _always(messages.round_(battle, turn, pictures))
        await self._posted.edit(battle.turn_now, _thread_of(battle), message_id, post)

    async def post_dropped(self, battle: Battle, side: Side, posting: Posting) -> int:
        """Posts that a side is out."""
        return await self._in_thread(battle, messages.dropped(side), posting)

    async def show_ballot(self, battle: Battle, load: Load, posting: Posting) -> int:
        """Edits the card into the ballot, or posts a new card where it was deleted; returns its id."""
        shown = await self.edit_card(battle, load)
        if shown is not None:
            return shown
        return await self._in_channel(
            battle, messages.card(battle, messages.last_pictures(battle, await load())), posting
        )

    async def post_call(self, battle: Battle, posting: Posting) -> int:
        """Posts the invitation to vote in the thread, where those who follow the battle see it."""
        return await self._in_thread(battle, messages.call(battle, await self._home(battle)), posting)

    async def post_result(self, battle: Battle, result: Result, posting: Posting) -> int:
        """Posts in the thread how the battle ended."""
        return await self._in_thread(battle, messages.ended(battle, result, await self._home(battle)), posting)

    async def edit_card(
        self, battle: Battle, load: Load, result: Result | None = None, *, at_once: bool = False
    ) -> int | None:
        """Brings the card up to date; pictures that are on it are not sent again.

        Returns the id of the card's message, None where there is no card.
        """
        if battle.card_id is None:
            return None
        home = await self._home(battle)
        card = _card_of(battle, home, battle.card_id, at_once=at_once)
        files = messages.last_pictures(battle) if battle.state in (BattleState.VOTING, BattleState.CLOSED) else ()
        if files and not self._cards.keeps(card, files):
            files = messages.last_pictures(battle, await load())
        with delivery_errors.told(battle.turn_now, "channel" if home == battle.request.channel_id else "thread"):
            return await self._cards.edit(card, messages.card(battle, files, result))

    async def tell_outage(self, battle: Battle) -> None:
        """Says on the card of a battle that is played that an outage of ours holds it up."""
        if battle.card_id is None or battle.state is not BattleState.PLAYING:
            return
        home = await self._home(battle)
        card = _card_of(battle, home, battle.card_id, at_once=True)
        with delivery_errors.told(battle.turn_now, "channel" if home == battle.request.channel_id else "thread"):
            await self._cards.edit(card, messages.card(battle, held_up=True))

    async def is_open(self, battle: Battle) -> bool:
        """Whether the battle's thread still exists, or its card while there is no thread."""
        with delivery_errors.told(battle.turn_now, "thread"):
            if battle.thread_id is not None:
                return await self._sending.exists(battle.thread_id)
            return await self._sending.stands(await self._home(battle), battle.card_id or 0)

    async def _in_channel(self, battle: Battle, post: Post, posting: Posting) -> int:
        home = await self._home(battle)
        with delivery_errors.told(battle.turn_now, "channel" if home == battle.request.channel_id else "thread"):
            return await self._sending.post(home, [post], posting, owner_id=battle.id)

    async def _home(self, battle: Battle) -> int:
        """The channel or thread where the card stands."""
        post_id = battle.thread_id or battle.messages.get(BattleMessageKind.CARD)
        with delivery_errors.told(battle.turn_now, "channel"):
            return await self._places.home(battle.request.channel_id, post_id)

    async def _in_thread(self, battle: Battle, post: Post, posting: Posting) -> int:
        with delivery_errors.told(battle.turn_now, "thread"):
            return await self._sending.post(_thread_of(battle), [post], posting)


def _card_of(battle: Battle, home: int, card_id: int, *, at_once: bool) -> Card:
    rests = battle.state.is_final or battle.state is BattleState.PAUSED
    new = battle.state is BattleState.VOTING and BattleMessageKind.BALLOT not in battle.messages
    state = " ".join([battle.state.value, *(["waits"] if battle.waits else []), *(["queued"] if battle.queued else [])])
    return Card(battle.id, home, card_id, state, rests or new, rests, at_once)


def _thread_of(battle: Battle) -> int:
    return need(battle.thread_id, "thread")


def _always(post: Post) -> AtMost:
    async def at_most(size: int) -> list[Post]:
        return [post]

    return at_most

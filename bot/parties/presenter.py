"""Shows parties in channels and threads, over REST alone."""

import time
from collections.abc import Callable

import discord

from bot.delivery import errors as delivery_errors
from bot.delivery.cards import Card, Cards
from bot.delivery.editor import MessageEditor, need
from bot.delivery.places import CardPlaces
from bot.delivery.sender import MessageSender
from bot.parties import messages
from bot.ui.posts import Attachment, Post
from telephone.domain.games import Game
from telephone.domain.messages import PartyMessage, PartyMessageKind
from telephone.domain.parties import Awards, Party
from telephone.ports.posting import Posting

TOO_LARGE = "The replay of this album is too large for this server; its pictures are above."


class DiscordPartyPresenter:
    """Shows parties. `clock` gives seconds. Every method raises StageGone, Refused or Unavailable."""

    def __init__(
        self, client: discord.Client, *, clock: Callable[[], float] = time.monotonic, alone: bool = True
    ) -> None:
        self._sending = MessageSender(client)
        self._places = CardPlaces(client)
        self._posted = MessageEditor(client)
        self._cards = Cards(client, clock=clock, alone=alone)

    async def post_card(self, party: Party, posting: Posting) -> int:
        """Posts the card in the channel, where members join; returns its id."""
        with delivery_errors.told(party.round, "channel"):
            name, channel_id = messages.thread_name(party), party.request.channel_id
            return await self._places.post(channel_id, name, messages.card(party), posting, party.id)

    async def open_thread(self, party: Party, posting: Posting) -> int:
        """Opens the thread on the card, named after the party's number alone; returns its id."""
        card_id, channel_id = need(party.card_id, "card"), party.request.channel_id
        with delivery_errors.told(party.round, "channel"):
            name = messages.thread_name(party)
            return await self._places.open_thread(channel_id, card_id, name, again=posting.again)

    async def post_call(self, party: Party, call: PartyMessage, posting: Posting) -> int:
        """Posts what members are to do now."""
        return await self._in_thread(party, messages.call(party, call), posting)

    async def edit_call(self, party: Party, call: PartyMessage) -> None:
        """Brings a call up to date."""

        async def at_most(_size: int) -> list[Post]:
            return [messages.call(party, call)]

        await self._posted.edit(party.round, _thread_of(party), party.messages.get(str(call), 0), at_most)

    async def post_heading(self, party: Party, album: int, posting: Posting) -> int:
        """Posts the heading of an album."""
        return await self._in_thread(party, messages.heading(party, album), posting)

    async def post_replay(self, party: Party, game: Game, data: bytes, alt: str, posting: Posting) -> int:
        """Posts the replay of an album, or that it is too large."""
        post = messages.replay(party, game, Attachment(f"game-{game.number}.gif", data, alt))
        with delivery_errors.told(party.round, "thread"):
            try:
                return await self._sending.post(_thread_of(party), [post], posting)
            except discord.HTTPException as error:
                if not delivery_errors.too_large(error):
                    raise
                return await self._sending.post(_thread_of(party), [Post(TOO_LARGE)], posting)

    async def post_awards(self, party: Party, awards: Awards, posting: Posting) -> int:
        """Posts how far the albums drifted, and their awards."""
        return await self._in_thread(party, messages.ended(party, awards), posting)

    async def edit_awards(self, party: Party, awards: Awards) -> None:
        """Edits the awards."""

        async def at_most(_size: int) -> list[Post]:
            return [messages.ended(party, awards)]

        await self._posted.edit(party.round, _thread_of(party), party.messages.get(PartyMessageKind.AWARDS, 0), at_most)

    async def tell_outage(self, party: Party) -> None:
        """Says on the card that an outage of ours holds the party up."""
        await self._edit_card(party, messages.card(party, held_up=True), at_once=True)

    async def edit_card(self, party: Party) -> None:
        """Brings the card up to date."""
        await self._edit_card(party, messages.card(party))

    async def _edit_card(self, party: Party, post: Post, *, at_once: bool = False) -> None:
        if party.card_id is None:
            return
        state = f"{party.state.value} {party.round} {party.thread_id is not None}"
        with delivery_errors.told(party.round, "channel"):
            home = await self._places.home(party.request.channel_id, party.thread_id or party.card_id)
        with delivery_errors.told(party.round, "channel" if home == party.request.channel_id else "thread"):
            place = Card(party.id, home, party.card_id, state, rests=party.state.is_final, at_once=at_once)
            await self._cards.edit(place, post)

    async def _in_thread(self, party: Party, post: Post, posting: Posting) -> int:
        with delivery_errors.told(party.round, "thread"):
            return await self._sending.post(_thread_of(party), [post], posting)


def _thread_of(party: Party) -> int:
    return need(party.thread_id, "thread")

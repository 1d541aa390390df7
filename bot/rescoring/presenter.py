"""Shows the progress of rescoring jobs as cards in a channel, over REST alone."""

import time
from collections.abc import Callable

import discord

from bot.delivery import errors as delivery_errors
from bot.delivery.cards import Card, Cards
from bot.delivery.sender import MessageSender
from bot.rescoring import messages
from telephone.domain.rescores import Rescore
from telephone.ports.posting import Posting


class DiscordJobPresenter:
    """Shows rescoring jobs. `clock` gives seconds. Every method raises StageGone, Refused or Unavailable."""

    def __init__(
        self, client: discord.Client, *, clock: Callable[[], float] = time.monotonic, alone: bool = True
    ) -> None:
        self._sending = MessageSender(client)
        self._cards = Cards(client, clock=clock, alone=alone)

    async def post(self, job: Rescore, label: str, posting: Posting) -> int:
        """Posts the card in the channel; returns its id."""
        with delivery_errors.told(0, "channel"):
            return await self._sending.post(job.channel_id, [messages.card(job, label)], posting, owner_id=job.id)

    async def edit(self, job: Rescore, label: str) -> None:
        """Brings the card up to date; skips edits that follow the last one too soon, unless the state changed."""
        if job.message_id is None:
            return
        final = job.state.is_final
        card = Card(job.id, job.channel_id, job.message_id, job.state.value, must_show=final, rests=final)
        with delivery_errors.told(0, "channel"):
            await self._cards.edit(card, messages.card(job, label))

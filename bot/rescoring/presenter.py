"""The noticeboard on Discord: cards of long jobs in a channel. Speaks REST only, as the stage does."""

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
    """Shows rescores. `clock` counts seconds. Raises StageGone or Unavailable."""

    def __init__(self, client: discord.Client, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._sending = MessageSender(client)
        self._cards = Cards(client, clock=clock)

    async def post(self, job: Rescore, label: str, posting: Posting) -> int:
        """The card in the channel; returns its id."""
        with delivery_errors.told(0, "channel"):
            return await self._sending.post(job.channel_id, [messages.card(job, label)], posting, owner_id=job.id)

    async def edit(self, job: Rescore, label: str) -> None:
        """Brings the card up to date; skips what follows too soon, never a change of state."""
        if job.message_id is None:
            return
        final = job.state.is_final
        card = Card(job.id, job.channel_id, job.message_id, job.state.value, must_show=final, rests=final)
        with delivery_errors.told(0, "channel"):
            await self._cards.edit(card, messages.card(job, label))

"""Shows invitations to members' turns in a game's thread, and reminders that one member sees, over REST alone."""

from dataclasses import dataclass
from typing import Final

import discord
import structlog

from bot.delivery import errors as delivery_errors
from bot.delivery import refusals
from bot.delivery.editor import NO_MENTIONS, MessageEditor, thread_of
from bot.delivery.sender import MessageSender
from bot.turns import messages
from bot.ui.posts import Post, turn_now
from telephone.domain.games import Game
from telephone.domain.human_turns import Claim, Seat
from telephone.ports.posting import Posting

_EPHEMERAL: Final = 64
"""Discord's flag of a message that one member sees."""
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class DiscordTurnPresenter:
    """Shows members' turns. Every method raises StageGone, Refused or Unavailable."""

    client: discord.Client

    async def invite(self, game: Game, seat: Seat, posting: Posting) -> int:
        """Posts the invitation to a step in the game's thread; returns its id."""
        post = messages.invitation(game, seat)
        with delivery_errors.told(turn_now(game), "thread"):
            return await MessageSender(self.client).post(thread_of(game), [post], posting, owner_id=str(seat.key))

    async def edit_invitation(self, game: Game, seat: Seat, message_id: int) -> None:
        """Brings an invitation up to date; does nothing where it was deleted."""

        async def at_most(_size: int) -> list[Post]:
            return [messages.invitation(game, seat)]

        await MessageEditor(self.client).edit(turn_now(game), thread_of(game), message_id, at_most)

    async def remind(self, game: Game, seat: Seat, *, by_message: bool) -> None:
        """Reminds the member who holds the turn, where they see it alone.

        By a follow-up to the press that took the turn, which Discord accepts for a quarter of an hour, and, with
        `by_message`, by a direct message.
        """
        if seat.claim is None:
            return
        words = messages.half_over(game, seat)
        with delivery_errors.told(turn_now(game), "thread"):
            if by_message:
                await self._write_to(seat.claim.member_id, words)
            await self._follow_up(seat.claim, words)

    async def _write_to(self, member_id: int, words: str) -> None:
        """Sends a direct message; does nothing for a member who accepts none."""
        try:
            channel = await self.client.http.start_private_message(member_id)
            await self.client.get_partial_messageable(int(channel["id"])).send(words, allowed_mentions=NO_MENTIONS)
        except discord.HTTPException as error:
            refusal = refusals.PLACE.get(error.code)
            if not isinstance(error, discord.Forbidden) and (refusal is None or refusal.what != "member"):
                raise
            _log.info("member takes no direct messages", code=error.code)

    async def _follow_up(self, claim: Claim, words: str) -> None:
        application = self.client.application_id
        if claim.token is None or application is None:
            return
        route = discord.http.Route(
            "POST",
            "/webhooks/{webhook_id}/{webhook_token}",
            webhook_id=application,
            webhook_token=claim.token,
        )
        try:
            await self.client.http.request(route, json={"content": words, "flags": _EPHEMERAL})
        except discord.HTTPException as error:
            if error.code not in refusals.TOO_LATE:
                raise
            _log.info("a follow-up came too late", code=error.code)

"""Calls members into a game by mentions of them, and of nobody else."""

from collections.abc import Sequence
from typing import TypeAlias

import discord

from bot.delivery import errors as delivery_errors
from bot.interactions.checks import is_host
from bot.interactions.replies import Press, say
from bot.turns import messages
from bot.ui.posts import jump, turn_now
from telephone.domain.games import Game, GameState
from telephone.errors import BadInput, NotAllowed

Called: TypeAlias = discord.Member | discord.Role
"""A member, or all who have a role."""
NOT_HOST = "Only who started this game, or a member who may manage the server, can call others into it."
NOT_THIS_ROLE = "You may not mention {role} here, so I may not either; please name members, or ask an admin."


async def call(press: Press, game: Game, who: Sequence[Called]) -> None:
    """Mentions those named in the game's thread. Raises NotAllowed and BadInput before anything is posted."""
    if not is_host(press) and press.user.id != game.request.starter_id:
        raise NotAllowed(NOT_HOST)
    if game.state is not GameState.WAITING or game.next_key is None or game.place.thread_id is None:
        raise BadInput(
            f"Game #{game.number} waits for nobody just now; please call others when an invitation is there."
        )
    people = list(dict.fromkeys(one for one in who if isinstance(one, discord.Role) or not one.bot))
    if not people:
        raise BadInput("Bots take no turns; please name a member or a role.")
    for role in (one for one in people if isinstance(one, discord.Role)):
        if not (role.mentionable or press.permissions.mention_everyone):
            raise NotAllowed(NOT_THIS_ROLE.format(role=role.name))
    everyone = any(isinstance(one, discord.Role) and one.is_default() for one in people)
    mentions = discord.AllowedMentions(
        everyone=everyone,
        users=[one for one in people if isinstance(one, discord.Member)],
        roles=[one for one in people if isinstance(one, discord.Role)],
    )
    words = messages.called(game, game.next_key, [one.mention for one in people])
    thread = press.client.get_partial_messageable(game.place.thread_id)
    with delivery_errors.told(turn_now(game), "thread"):
        sent = await thread.send(words, allowed_mentions=mentions)
    await say(press, messages.called_here(jump(game, game.place.thread_id, sent.id)))

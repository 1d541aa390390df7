"""The persistent buttons under the help: they begin what it tells of, and turn to its other pages."""

import re
from collections.abc import Awaitable, Callable
from typing import Final

from bot.about import messages
from bot.battles.buttons import show_start as show_battle
from bot.games.start import begin
from bot.interactions.buttons import PersistentButton
from bot.interactions.checks import age_restricted, is_host, require_game_channel, server_of
from bot.interactions.replies import Press, acknowledge, acknowledge_in_place, say
from bot.parties.buttons import show_start as show_party
from telephone.battles.admission import BattleAsked
from telephone.domain.interactions import key_of
from telephone.games.admission import StartRequest
from telephone.parties.service import PLAYERS, PartyAsked

Verb = Callable[[Press, int], Awaitable[None]]


async def show_help(press: Press) -> None:
    """Shows the help in the place of the deferred answer, or of the page whose button was pressed."""
    await say(press, messages.help_(press.permissions), view=messages.buttons())


async def play(press: Press, _: int) -> None:
    """Starts a game as `/telephone start` does without options."""
    await acknowledge(press)
    asked = StartRequest(
        None,
        guild_id=server_of(press),
        channel_id=require_game_channel(press),
        starter_id=press.user.id,
        age_restricted=age_restricted(press),
        key=key_of(press.id),
    )
    await begin(press, asked)


async def party(press: Press, _: int) -> None:
    """Opens a party as `/telephone party` does without options."""
    await acknowledge(press)
    asked = PartyAsked(
        PLAYERS,
        guild_id=server_of(press),
        channel_id=require_game_channel(press),
        starter_id=press.user.id,
        age_restricted=age_restricted(press),
        key=key_of(press.id),
    )
    await show_party(press, await press.client.app.parties.start(asked))


async def battle(press: Press, _: int) -> None:
    """Starts a battle as `/telephone battle` does without options."""
    await acknowledge(press)
    asked = BattleAsked(
        guild_id=server_of(press),
        channel_id=require_game_channel(press),
        starter_id=press.user.id,
        age_restricted=age_restricted(press),
        key=key_of(press.id),
    )
    await show_battle(press, await press.client.app.battles.start(asked))


async def more(press: Press, page: int) -> None:
    """Lists the commands of members, and those of moderators and admins to these."""
    await acknowledge_in_place(press)
    bot, groups = press.client, [press.client.telephone]
    groups += [bot.moderate] if press.permissions.manage_messages else []
    groups += [bot.admin] if is_host(press) else []
    words, view = messages.more(groups, page)
    await say(press, words, view=view)


async def back(press: Press, _: int) -> None:
    await acknowledge_in_place(press)
    await show_help(press)


VERBS: Final[dict[str, Verb]] = {"play": play, "party": party, "battle": battle, "more": more, "back": back}


class HelpButton(PersistentButton, template=rf"at1:help:(?P<verb>{'|'.join(VERBS)})(?::(?P<page>\d{{1,3}}))?"):
    """Any button under the help: the verb in its id says what it does."""

    async def act(self, press: Press, said: re.Match[str]) -> None:
        await VERBS[said["verb"]](press, int(said["page"] or 1))

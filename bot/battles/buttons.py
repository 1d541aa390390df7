"""The persistent buttons of a battle: votes, stories, and what its host decides."""

import re
from collections.abc import Awaitable, Callable
from typing import Final

import discord
from discord import ui

from bot.battles import messages
from bot.interactions.buttons import PersistentButton, confirm
from bot.interactions.checks import is_host, server_of
from bot.interactions.replies import Press, acknowledge, acknowledge_in_place, say, show
from bot.ui.posts import Post
from telephone.app import App
from telephone.domain.battles import Battle, BattleState, Choice, Voter
from telephone.errors import BadInput

Verb = Callable[[Press, str, str], Awaitable[None]]
OLD: Final = "That button is of an older battle; please press one of a newer card."
_SIDE: Final = re.compile(r"([a-d])-(\d{1,2})")
"""A side and a page of its story, as an id's argument begins."""


async def vote(press: Press, battle_id: str, argument: str) -> None:
    await acknowledge(press)
    battles = press.client.app.battles
    cast = await battles.vote(
        battle_id, _voter(press), _choice(argument), is_bot=press.user.bot, server=server_of(press)
    )
    await say(press, messages.receipt(cast))
    await battles.show_count(battle_id)


async def story(press: Press, battle_id: str, argument: str) -> None:
    """Shows one side's turns: in a new answer after a press on the card, in its own place after one on an answer."""
    flags = press.message.flags if press.message is not None else discord.MessageFlags()
    if flags.ephemeral:
        await acknowledge_in_place(press)
    else:
        await acknowledge(press)
    side = _SIDE.match(argument)
    if side is None:
        raise BadInput(OLD)
    place, page, server = _choice(side[1]).place or 0, int(side[2]), server_of(press)
    shown = await press.client.app.battles.story(battle_id, place, page, server=server)
    view, files = messages.story(shown)
    await show(press, Post(view=view, files=files))


async def ask_to_close(press: Press, battle_id: str, _: str) -> None:
    await acknowledge(press)
    battle = await _hosted(press, battle_id)
    if battle.state is not BattleState.VOTING:
        raise BadInput(f"Battle {battle.number} takes no votes now; there is nothing to close.")
    await say(press, messages.close_question(battle), view=_confirmation(battle, "Close the vote", "close-yes"))


async def close(press: Press, battle_id: str, _: str) -> None:
    await acknowledge_in_place(press)
    battle = await press.client.app.battles.close(
        battle_id, by=press.user.id, is_host=is_host(press), server=server_of(press)
    )
    await say(press, messages.closed(battle))


async def ask_to_stop(press: Press, battle_id: str, _: str) -> None:
    await acknowledge(press)
    battle = await _hosted(press, battle_id)
    if battle.state not in (BattleState.PLAYING, BattleState.PAUSED):
        raise BadInput(f"Battle {battle.number} is not being played any more; there is nothing to stop.")
    await say(press, messages.stop_question(battle), view=_confirmation(battle, "Stop the battle", "stop-yes"))


async def stop(press: Press, battle_id: str, _: str) -> None:
    await acknowledge_in_place(press)
    battle = await press.client.app.battles.stop(
        battle_id, by=press.user.id, is_host=is_host(press), server=server_of(press)
    )
    await say(press, messages.stopped(battle))


async def keep(press: Press, battle_id: str, _: str) -> None:
    await acknowledge_in_place(press)
    await say(press, messages.kept(await press.client.app.battles.battle(battle_id, server=server_of(press))))


async def go_on(press: Press, battle_id: str, _: str) -> None:
    await acknowledge(press)
    battle = await press.client.app.battles.resume(
        battle_id, by=press.user.id, is_host=is_host(press), server=server_of(press)
    )
    await say(press, messages.continued(battle))


VERBS: Final[dict[str, Verb]] = {
    "vote": vote,
    "story": story,
    "close": ask_to_close,
    "close-yes": close,
    "stop": ask_to_stop,
    "stop-yes": stop,
    "keep": keep,
    "continue": go_on,
}


class BattleButton(
    PersistentButton,
    template=rf"at1b:(?P<verb>{'|'.join(VERBS)}):(?P<battle>\w{{1,64}})(?::(?P<argument>tie|bad|[a-d](?:-\d{{1,2}}(?:-[pn])?)?))?",
):
    """Any button of a battle: the verb in its id says what it does."""

    async def act(self, press: Press, said: re.Match[str]) -> None:
        await VERBS[said["verb"]](press, said["battle"], said["argument"] or "")


async def show_start(press: Press, battle: Battle) -> None:
    """Says where a battle that was just started is played."""
    await say(press, await told_start(press.client.app, battle.id))


async def told_start(app: App, battle_id: str) -> str:
    """Where a battle that was just started is played. Raises NotFound."""
    return messages.started(await app.battles.opened(battle_id))


def _voter(press: Press) -> Voter:
    """The voter, from the data of the interaction alone, without a request to Discord."""
    member = press.user
    return Voter(member.id, member.created_at, member.joined_at if isinstance(member, discord.Member) else None)


def _choice(argument: str) -> Choice:
    if argument not in tuple(Choice):
        raise BadInput(OLD)
    return Choice(argument)


async def _hosted(press: Press, battle_id: str) -> Battle:
    return await press.client.app.battles.hosted(
        battle_id, by=press.user.id, is_host=is_host(press), server=server_of(press)
    )


def _confirmation(battle: Battle, label: str, verb: str) -> ui.View:
    yes, no = messages.custom_id(verb, battle.id), messages.custom_id("keep", battle.id)
    return confirm((label, yes), ("Go on", no))

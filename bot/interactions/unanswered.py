"""Answers the interactions that a process acknowledged and then ended before it could answer them."""

import asyncio
import re
from typing import Any, Final

import aiohttp
import discord
import structlog
from discord.http import Route

from bot.client import TelephoneBot
from bot.delivery import refusals
from bot.ui import wording
from bot.ui.text import cut
from telephone.domain.interactions import Acknowledged
from telephone.errors import NotAllowed, NotFound

EVERY: Final = 5.0
"""The pause between two looks for interactions that were left behind, in seconds; tokens are deleted then too."""
_AT_ONCE: Final = 5
_ORIGINAL: Final = "/webhooks/{webhook_id}/{webhook_token}/messages/@original"
_FOLLOW_UP: Final = "/webhooks/{webhook_id}/{webhook_token}"
_STARTS: Final = frozenset(
    {*(f"telephone {name}" for name in ("start", "battle", "versus", "party")), "at1:again", "at1:help"}
)
"""What starts a game, a battle or a party and nothing else: where nothing is stored under its id, nothing was done."""
_TAKEN: Final = re.compile(r"at1t:take:([\w-]{1,64})")
"""The press that takes a turn, by the game's id."""
_GONE: Final = refusals.TOO_LATE | {refusals.UNKNOWN_MESSAGE}
_log = structlog.get_logger()


async def answer_left_behind(bot: TelephoneBot) -> None:
    """Answers what was left behind, now and whenever another process ends; deletes tokens. Runs until it is cancelled.

    A fault is logged, and the next look tries again.
    """
    while True:
        try:
            await _look(bot)
        except Exception as error:
            _log.warning("interactions left behind are looked for again", why=type(error).__name__)
        await asyncio.sleep(EVERY)


async def _look(bot: TelephoneBot) -> None:
    interactions, some = bot.app.interactions, asyncio.Semaphore(_AT_ONCE)

    async def one(left: Acknowledged) -> None:
        async with some:
            try:
                await _answer(bot, left)
            except discord.HTTPException as refused:
                if refused.status >= 500 or refused.status == 429:
                    raise
                if refused.code not in _GONE:
                    _log.info("an interaction left behind cannot be answered", command=left.command, code=refused.code)
        interactions.answered(left.id)

    left_behind = await interactions.left_behind()
    tasks = [asyncio.create_task(one(left)) for left in left_behind]
    try:
        if tasks:
            await asyncio.wait(tasks)
    finally:
        for left, task in zip(left_behind, tasks, strict=True):
            task.cancel()
            if not task.done() or task.cancelled():
                interactions.give_back(left.id)
            elif (fault := task.exception()) is not None:
                interactions.give_back(left.id)
                _log.warning("an interaction left behind is answered later", why=_why(fault), command=left.command)
    if tasks:
        _log.info("answered what was left behind", interactions=len(tasks))
    await interactions.tidy()


async def _answer(bot: TelephoneBot, left: Acknowledged) -> None:
    """Answers an interaction, unless its answer stands already.

    The answer is what the command would have said of the game, battle or party that it started, else that it has to be
    sent again; a turn that it took is open again.
    """
    original = await bot.http.request(_route("GET", _ORIGINAL, left))
    if left.in_place:
        if not _changed_since(original, left):
            flags = discord.MessageFlags(ephemeral=True).value
            said = {"content": wording.UNSURE, "flags": flags, "allowed_mentions": {"parse": []}}
            await bot.http.request(_route("POST", _FOLLOW_UP, left), json=said)
    elif _is_unanswered(original):
        said = {"content": cut(await _words(bot, left)), "allowed_mentions": {"parse": []}}
        await bot.http.request(_route("PATCH", _ORIGINAL, left), json=said)


def _is_unanswered(original: dict[str, Any]) -> bool:
    """Whether an answer still says "thinking", or that the store is slow."""
    loading = discord.MessageFlags._from_value(original.get("flags", 0)).loading
    return loading or original.get("content") == wording.SLOW_STORE


async def _words(bot: TelephoneBot, left: Acknowledged) -> str:
    for told in bot.starts:
        try:
            return await told(bot.app, left.key)
        except NotFound:
            """It started nothing of this kind."""
    if (taken := _TAKEN.fullmatch(left.command)) is not None:
        return await _open_again(bot, left, taken[1])
    return wording.NOT_DONE if left.command in _STARTS else wording.UNSURE


async def _open_again(bot: TelephoneBot, left: Acknowledged, game_id: str) -> str:
    """Opens a turn again that a member took and was never shown: its invitation has no button while they hold it."""
    turns, server = bot.app.turns, left.guild_id
    try:
        key = (await bot.app.games.get(game_id, server=server)).next_key
        if key is not None:
            await turns.give_back(game_id, key, left.member_id, server=server)
            return wording.TURN_OPEN
    except (NotAllowed, NotFound):
        """They do not hold it: it was not taken, or has been played since."""
    return wording.NOT_DONE


def _changed_since(message: dict[str, Any], left: Acknowledged) -> bool:
    """Whether a message was edited after its button was pressed, which is what its answer does."""
    edited = discord.utils.parse_time(message.get("edited_timestamp"))
    return edited is not None and edited >= discord.utils.snowflake_time(left.id)


def _route(method: str, path: str, left: Acknowledged) -> Route:
    return Route(method, path, webhook_id=left.application_id, webhook_token=left.token)


def _why(fault: BaseException) -> str:
    """The name of a fault and its status, never its address, which holds the token."""
    status = f" {fault.status}" if isinstance(fault, discord.HTTPException) else ""
    known = isinstance(fault, discord.HTTPException | aiohttp.ClientError | OSError)
    return f"{type(fault).__name__}{status}" + ("" if known else f": {fault}")

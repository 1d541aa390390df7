"""Error handling for commands, buttons, events and background tasks: tell the member, log for the operator."""

import asyncio
import functools
import secrets
import sys
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar, cast

import aiohttp
import discord
import structlog
from discord import app_commands

from bot.client import Closing
from bot.delivery import refusals
from bot.interactions.checks import Elsewhere
from bot.interactions.replies import Press, answered, name_of, say
from bot.ui import wording
from bot.ui.text import escape
from telephone.engine.outages import is_database_outage, said
from telephone.errors import Misconfigured, TelephoneError

Suggest = TypeVar("Suggest", bound=Callable[..., Coroutine[Any, Any, list[Any]]])

_REF_LETTERS: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_log = structlog.get_logger()


async def explain(press: Press, error: BaseException, typed: str = "") -> None:
    """Tells a member in one sentence what happened and what to do next. Never raises an Exception.

    What they `typed` into a form is given back where the database was down: Discord has closed the form.
    """
    try:
        await _explain(press, error, typed)
    finally:
        answered(press)


async def _explain(press: Press, error: BaseException, typed: str) -> None:
    cause = _cause(error)
    if isinstance(cause, discord.HTTPException) and cause.code in refusals.TOO_LATE:
        _log.info("interaction expired", command=name_of(press), code=cause.code)
        press.client.late[press.user.id] = True
        return
    if isinstance(cause, discord.HTTPException) and cause.code in refusals.UNANSWERABLE:
        _log.info("nothing can be answered here", command=name_of(press), code=cause.code)
        return
    if isinstance(cause, discord.HTTPException) and cause.code == refusals.ACKNOWLEDGED:
        _log.info("somebody else acknowledged it", command=name_of(press))
        return
    if press.client.has_closed and not isinstance(cause, Closing):
        _log.info("the bot closed meanwhile", command=name_of(press), error=type(cause).__name__)
        cause = Closing()
    if isinstance(cause, Closing) and press.response.is_done():
        return  # it was acknowledged, so the next process answers it
    try:
        await say(press, _words(press, cause, typed))
    except discord.HTTPException as unsaid:
        _log.info("answer not delivered", command=name_of(press), code=unsaid.code)
    except (aiohttp.ClientError, OSError) as unsaid:
        _log.info("answer not delivered", command=name_of(press), error=type(unsaid).__name__)


def offered(suggest: Suggest) -> Suggest:
    """Makes an autocomplete function offer nothing where it fails; the error is logged, not told to the member."""

    @functools.wraps(suggest)
    async def suggested(press: Press, typed: Any) -> list[Any]:
        try:
            return await suggest(press, typed)
        except Closing:
            return []
        except Exception as error:
            _report(error, command=name_of(press))
            return []

    return cast(Suggest, suggested)


def stray(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Logs errors of background tasks that nobody awaited; the event loop's exception handler."""
    error = context.get("exception")
    if isinstance(error, BaseException):
        _report(error, where=context.get("message"))
    else:
        loop.default_exception_handler(context)


def unheard(event: str) -> None:
    """Logs the current exception, raised while an event of Discord's was handled."""
    error = sys.exception()
    if error is not None and not isinstance(error, Closing):
        _report(error, during=event)


def _words(press: Press, cause: BaseException, typed: str) -> str:
    if is_database_outage(cause):
        _report(cause, command=name_of(press))
        return f"{wording.NO_DATABASE}\n{wording.YOUR_WORDS}\n>>> {escape(typed)}" if typed else wording.NO_DATABASE
    if isinstance(cause, Misconfigured):
        ref = _report(cause, command=name_of(press), detail=cause.detail)
        return f"{escape(cause.sentence)}\nRef {ref}"
    if isinstance(cause, Elsewhere) and cause.channel_id is not None:
        return f"{escape(cause.sentence)} <#{cause.channel_id}>"
    if isinstance(cause, TelephoneError):
        return escape(cause.sentence)
    if isinstance(cause, app_commands.CheckFailure):
        return "This command is not open to you on this server; please ask one of its admins."
    if isinstance(cause, app_commands.CommandNotFound | app_commands.CommandSignatureMismatch):
        _log.info("command out of date", command=name_of(press))
        return "This command has just changed; please reload Discord (Ctrl+R) and try again."
    if isinstance(cause, app_commands.TransformerError):
        return "One of the options cannot be read; please pick it from the list."
    return f"{wording.BROKEN}\nRef {_report(cause, command=name_of(press))}"


def _report(error: BaseException, **fields: Any) -> str:
    """Logs an error of ours under a short reference, which the member sees too; returns the reference.

    An outage of the database is logged on one line.
    """
    if is_database_outage(error):
        _log.warning("the database does not answer", error=type(error).__name__, why=said(error), **fields)
        return ""
    ref = "".join(secrets.choice(_REF_LETTERS) for _ in range(4))
    _log.error("something broke", ref=ref, exc_info=error, **fields)
    return ref


def _cause(error: BaseException) -> BaseException:
    while isinstance(error, app_commands.CommandInvokeError):
        error = error.original
    return error

"""Answers to interactions that Discord carries out without saying so: a lost answer to our answer.

Callbacks and follow-ups have no nonce. discord.py repeats both after a 5xx: a repeated callback is refused as
"already acknowledged" although the member sees the first one, and a repeated follow-up is said twice. After a lost
connection it repeats nothing, although an edited answer is the same however often it is edited. And it gives an answer
up that was limited or failed five times, although the member would read "thinking" for good.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, Final

import aiohttp
import discord
import structlog
from discord.http import Route
from discord.webhook.async_ import AsyncWebhookAdapter, async_context

from bot.delivery import refusals
from telephone.domain.interactions import TOKEN_LASTS

_PAUSES: Final = (0.2, 0.5, 1.0)
"""The pauses before a callback is repeated whose connection was lost, in seconds; Discord takes one for three."""
_FIRST_PAUSE: Final = 0.2
_LONGEST_PAUSE: Final = 30.0
"""The pauses before other requests are repeated begin and end with these, in seconds; each is twice the one before."""
_log = structlog.get_logger()


class _Session:
    """A session that notes whether a request may have been carried out although nothing says so.

    With `once` such a request is not made again.
    """

    def __init__(self, session: aiohttp.ClientSession, *, once: bool = False) -> None:
        self._session, self._once = session, once
        self._unsaid: discord.DiscordServerError | None = None
        self.in_doubt = False

    @asynccontextmanager
    async def request(self, method: str, url: str, **options: Any) -> AsyncIterator[aiohttp.ClientResponse]:
        if self._once and self._unsaid is not None:
            raise self._unsaid
        try:
            async with self._session.request(method, url, **options) as response:
                if response.status >= 500:
                    self.in_doubt = True
                    self._unsaid = discord.DiscordServerError(response, None)
                yield response
        except (aiohttp.ClientError, OSError):
            self.in_doubt = True
            raise


class AnswerOnce(AsyncWebhookAdapter):
    """discord.py's requests for interactions, of which none that may have been carried out is taken for refused."""

    async def request(self, route: Route, session: aiohttp.ClientSession, **options: Any) -> Any:
        """Makes a request until Discord has taken or refused it, for as long as the token of an interaction lasts.

        A POST is made again only where it was limited: otherwise it may have been carried out.
        """
        clock = asyncio.get_running_loop().time
        ends, pause = clock() + TOKEN_LASTS.total_seconds(), _FIRST_PAUSE
        while True:
            try:
                return await super().request(route, session, **options)
            except (discord.HTTPException, aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, OSError) as error:
                if not _passes(error, route.method) or clock() + pause > ends:
                    raise
            await asyncio.sleep(pause)
            pause = min(_LONGEST_PAUSE, pause * 2)
            for file in options.get("files") or ():
                file.reset(seek=True)

    async def create_interaction_response(
        self, interaction_id: int, token: str, *, session: aiohttp.ClientSession, params: Any, **options: Any
    ) -> Any:
        """Acknowledges an interaction, or finds that an earlier attempt of this call did.

        A lost connection is repeated too. Raises HTTPException with ACKNOWLEDGED only where somebody else did.
        """
        watched: Any = _Session(session)
        for pause in (*_PAUSES, None):
            try:
                return await super().create_interaction_response(
                    interaction_id, token, session=watched, params=params, **options
                )
            except discord.HTTPException as error:
                if error.code != refusals.ACKNOWLEDGED or not watched.in_doubt:
                    raise
                _log.info("acknowledged already, by an attempt whose answer was lost")
                return {"interaction": {"id": str(interaction_id)}}
            except (aiohttp.ClientError, OSError):
                if pause is None:
                    raise
                await asyncio.sleep(pause)
                for file in params.files or ():
                    file.reset(seek=True)
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def execute_webhook(
        self, webhook_id: int, token: str, *, session: aiohttp.ClientSession, **options: Any
    ) -> Any:
        """Sends a follow-up. Raises DiscordServerError where it may have been sent: it is not said twice."""
        watched: Any = _Session(session, once=True)
        return await super().execute_webhook(webhook_id, token, session=watched, **options)


def _passes(error: Exception, method: str) -> bool:
    """Whether a request is to be made again after this."""
    if isinstance(error, discord.HTTPException) and error.status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return error.status == HTTPStatus.TOO_MANY_REQUESTS
    return method != "POST"


def answer_once() -> None:
    """Makes discord.py answer by AnswerOnce, here and in every task that is started from here.

    Does nothing where something else, a simulated Discord, has taken the place of discord.py's requests.
    """
    if type(async_context.get()) is AsyncWebhookAdapter:
        async_context.set(AnswerOnce())  # type: ignore[no-untyped-call]

"""The server of the drawing page: checks who may see it, and takes the drawing."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Final

import aiohttp
import structlog
import yarl
from aiohttp import web

from telephone.concurrency import off_loop
from telephone.engine.outages import is_outage, said
from telephone.errors import (
    BadInput,
    NotAllowed,
    NotFound,
    RateLimited,
    Refused,
    TelephoneError,
    TimedOut,
    Unavailable,
)
from telephone.settings import HEALTHY
from telephone.web.drawing import pages
from telephone.web.drawing.assets import edition, statics
from telephone.web.drawing.connections import Connections, Limits
from telephone.web.drawing.headers import FORGET, KEEP, SHUT
from telephone.web.drawing.image import BYTES_MAX, HEAD, TOO_HEAVY, bytes_for, png_of
from telephone.web.drawing.links import PATH, Links, Pass
from telephone.web.drawing.port import DrawingPort
from telephone.web.drawing.rate_limit import Pace

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

TAKEN: Final = "Your drawing is in. The game goes on in Discord, and you can close this page."
LOST: Final = "There is nothing at this address; please press the button in Discord again."
ELSEWHERE: Final = "A drawing is only taken from its own page; please open the link from Discord and draw there."
BROKEN: Final = "Something broke on our side; your drawing is still in your browser, please try again in a minute."
OUTAGE: Final = (
    "The database does not answer just now; nothing was lost: your drawing is kept in your browser, please try again "
    "in a minute."
)
ARRIVING: Final = "Your drawing is on its way already; please wait a moment."
SLOW: Final = "The drawing took too long to arrive; please try again where the connection is better."
BUSY: Final = "Too much is asked for from your address at once; please wait a few seconds and try again."
CUT: Final = "The drawing arrived cut short; please hand it in again."
_CHUNK: Final = 64 * 1024
_STATUSES: Final[tuple[tuple[type[TelephoneError], int], ...]] = (
    (RateLimited, 429),
    (NotAllowed, 403),
    (NotFound, 404),
    (BadInput, 422),
    (Refused, 422),
    (TimedOut, 503),
    (Unavailable, 503),
)
"""How a page's script tells what to do with a drawing that was not taken: 403 and 404 end it, 422 asks for another,
anything else is tried again."""
_log = structlog.get_logger()


def drawing_app(
    public_url: str, links: Links, drawings: DrawingPort, connections: Connections | None = None
) -> web.Application:
    """The application behind `public_url`, whose path a proxy has taken off before it asks."""
    return _Server(public_url, links, drawings, connections or Connections(Limits())).app()


class _Server:
    def __init__(self, public_url: str, links: Links, drawings: DrawingPort, connections: Connections) -> None:
        address = yarl.URL(public_url)
        self._origin = str(address.origin())
        self._base = address.raw_path.rstrip("/")
        self._links, self._drawings, self._pace = links, drawings, Pace()
        self._arriving: set[str] = set()
        self._connections = connections

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self._guarded], client_max_size=BYTES_MAX)
        app.add_routes(
            [
                web.get("/health", self._health),
                web.get("/easel/{edition}/{name:.+}", self._static),
                web.get(PATH + "{token}", self._show),
                web.post(PATH + "{token}", self._take),
            ]
        )
        return app

    @web.middleware
    async def _guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answers every error with a sentence, and sets the headers SHUT and, by default, FORGET. Never logs a link."""
        try:
            with self._connections.answering(request) as may:
                if not may:
                    raise RateLimited(BUSY, 5)
                answer = await handler(request)
        except TelephoneError as error:
            answer = self._declined(request, error)
        except web.HTTPRequestEntityTooLarge:
            answer = self._said(request, TOO_HEAVY, 413)
        except web.HTTPException as error:
            answer = self._said(request, LOST, error.status)
        except Exception as error:
            if is_outage(error):
                _log.warning("drawing page waits for an outage to end", error=type(error).__name__, why=said(error))
                answer = self._said(request, OUTAGE, 503)
            else:
                _log.error("drawing page broke", method=request.method, exc_info=error)
                answer = self._said(request, BROKEN, 500)
        answer.headers.update(SHUT)
        answer.headers.setdefault("Cache-Control", FORGET)
        return answer

    async def _health(self, request: web.Request) -> web.Response:
        return web.Response(text=HEALTHY)

    async def _static(self, request: web.Request) -> web.Response:
        static = statics().get(request.match_info["name"])
        if static is None or request.match_info["edition"] != edition():
            raise web.HTTPNotFound
        headers = {"Cache-Control": KEEP}
        return web.Response(body=static.data, content_type=static.media_type, charset="utf-8", headers=headers)

    async def _show(self, request: web.Request) -> web.Response:
        asked = self._admit(request)
        sheet = await self._drawings.drawing_task(asked.claim_id, asked.member_id)
        html = pages.drawing_page(self._base, request.match_info["token"], sheet)
        return web.Response(text=html, content_type="text/html")

    async def _take(self, request: web.Request) -> web.Response:
        if request.headers.get("Origin", "").lower() != self._origin:
            raise NotAllowed(ELSEWHERE)
        asked = self._admit(request)
        with self._alone(asked.claim_id):
            data = await _read(request, self._connections.body_within)
            await self._drawings.hand_in(asked.claim_id, asked.member_id, await off_loop(png_of, data))
        _log.info("drawing handed in", claim=asked.claim_id)
        return web.json_response({"sentence": TAKEN})

    @contextmanager
    def _alone(self, claim_id: str) -> Iterator[None]:
        """One drawing at a time is read for a claim, however often it is sent. Raises RateLimited."""
        if claim_id in self._arriving:
            raise RateLimited(ARRIVING, 2)
        self._arriving.add(claim_id)
        try:
            yield
        finally:
            self._arriving.remove(claim_id)

    def _admit(self, request: web.Request) -> Pass:
        asked = self._links.read(request.match_info["token"])
        self._pace.ask((asked.claim_id, asked.member_id))
        return asked

    def _declined(self, request: web.Request, error: TelephoneError) -> web.Response:
        status = next((status for kind, status in _STATUSES if isinstance(error, kind)), 500)
        if status == 500:
            _log.error("drawing page broke", method=request.method, exc_info=error)
        answer = self._said(request, error.sentence, status)
        if isinstance(error, RateLimited) and error.retry_after is not None:
            answer.headers["Retry-After"] = str(round(error.retry_after))
        return answer

    def _said(self, request: web.Request, sentence: str, status: int) -> web.Response:
        """One sentence, as a page for people and as JSON for the page's script."""
        if request.method == "POST":
            return web.json_response({"sentence": sentence}, status=status)
        html = pages.note(self._base, sentence, request.match_info.get("token"))
        return web.Response(text=html, content_type="text/html", status=status)


async def _read(request: web.Request, within: float) -> bytes:
    """The body, no more of it than a drawing of the size that its head says can need. Raises BadInput and TimedOut."""
    data, most = bytearray(), BYTES_MAX
    try:
        async with asyncio.timeout(within):
            async for piece in request.content.iter_chunked(_CHUNK):
                if len(data) < HEAD:
                    most = bytes_for(bytes(data) + piece[:HEAD])
                data += piece
                if len(data) > most:
                    raise web.HTTPRequestEntityTooLarge(most, len(data))
    except TimeoutError as error:
        raise TimedOut(SLOW) from error
    except (ConnectionError, aiohttp.ClientError, web.RequestPayloadError) as error:
        raise BadInput(CUT) from error  # the browser has hung up, or sent no HTTP: nothing broke here
    return bytes(data)

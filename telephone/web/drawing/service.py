"""The drawing page as part of a running bot: opened where a public address is set, and never in the bot's way."""

import logging

import structlog
from aiohttp import web

from telephone.settings import Settings
from telephone.web.drawing.connections import Connections, Limits, Listener
from telephone.web.drawing.links import Links
from telephone.web.drawing.port import DrawingPort
from telephone.web.drawing.server import drawing_app

_log = structlog.get_logger()
_wire = logging.getLogger("telephone.web.drawing.wire")
# What is no HTTP at all is refused without a word in the log: anybody may send as much of it as they like.
_wire.setLevel(logging.CRITICAL)


class DrawingPage:
    """Serves the page from `open` until `close`. `links` is None while the page is not served.

    With `elsewhere`, another process serves it: then the links are made here, and no port is opened.
    """

    def __init__(self, settings: Settings, limits: Limits | None = None, *, elsewhere: bool = False) -> None:
        self._settings, self._elsewhere = settings, elsewhere
        self._limits = limits or Limits(proxies=tuple(settings.proxies.split()))
        self._listener: Listener | None = None
        self._runner: web.AppRunner | None = None
        self.links: Links | None = None

    async def open(self, drawings: DrawingPort) -> None:
        """Opens the port if a public address is set; logs once where it cannot be opened."""
        settings = self._settings
        if settings.public_url is None:
            return
        links = Links(settings.public_url, settings.signing_key())
        if self._elsewhere:
            self.links = links
            return
        connections = Connections(self._limits)
        app = drawing_app(settings.public_url, links, drawings, connections)
        runner = web.AppRunner(
            app,
            access_log=None,
            logger=_wire,
            shutdown_timeout=5.0,
            keepalive_timeout=self._limits.keep_alive,
            lingering_time=self._limits.lingering,
        )
        await runner.setup()
        assert runner.server is not None
        listener = Listener(runner.server, connections)
        try:
            await listener.open(settings.http_host, settings.http_port)
        except OSError as error:
            await runner.cleanup()
            _log.error(
                "no page to draw on",
                address=f"{settings.http_host}:{settings.http_port}",
                reason=error.strerror or str(error),
                remedy="set TELEPHONE_HTTP_PORT to a free port and start the bot again",
            )
            return
        self._runner, self._listener, self.links = runner, listener, links
        _log.info("page to draw on opened", port=settings.http_port, public=settings.public_url)

    async def close(self) -> None:
        """Lets drawings that are on their way arrive, for some seconds."""
        runner, self._runner, self.links = self._runner, None, None
        if runner is not None and self._listener is not None:
            await self._listener.close()
            await runner.cleanup()

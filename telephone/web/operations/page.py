"""The operations page: /healthz, /readyz and /metrics on a port of its own, which is not for members."""

import asyncio
import time
from collections.abc import Mapping
from typing import Final, Protocol

import structlog
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from telephone import metrics
from telephone.domain.operations import Figures
from telephone.errors import Misconfigured
from telephone.settings import HEALTHY, Settings

ANSWER_WITHIN: Final = 3.0
"""How long the database may take to answer before the process counts as not ready, in seconds."""
LOOK_EVERY: Final = 0.5
"""How often the lateness of the event loop is measured, in seconds."""
STARTING: Final = "the bot is still starting"
SILENT: Final = "the database did not answer"
_log = structlog.get_logger()


class Readiness(Protocol):
    """What a running process tells of itself."""

    def missing(self) -> Mapping[str, str]:
        """What keeps it from working, each with a few words; empty where nothing does."""

    async def figures(self) -> Figures:
        """The figures of its database. Raises an error where that does not answer."""


class OperationsPage:
    """Serves the page from `open` until `close`; it is not ready before `watch` was called."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._runner: web.AppRunner | None = None
        self._looking: asyncio.Task[None] | None = None
        self._process: Readiness | None = None

    async def open(self) -> None:
        """Opens the port, if there is a setting for it. Raises Misconfigured where it cannot be had."""
        host, port = self._settings.http_host, self._settings.operations_port
        if port is None:
            return
        app = web.Application()
        app.add_routes(
            [
                web.get("/healthz", self._healthz),
                web.get("/readyz", self._readyz),
                web.get("/metrics", self._metrics),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, host, port).start()
        except OSError as error:
            await self.close()
            raise Misconfigured(
                f"The port {port} of TELEPHONE_OPERATIONS_PORT cannot be opened on {host} "
                f"({error.strerror or error}); choose a free one."
            ) from error
        self._looking = asyncio.create_task(_look(), name="lateness")
        _log.info("operations page opened", port=port)

    def watch(self, process: Readiness) -> None:
        """Answers for this process from now on."""
        self._process = process

    async def close(self) -> None:
        """Closes the port."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.wait({self._looking})
        if self._runner is not None:
            await self._runner.cleanup()
        self._looking = self._runner = None

    async def _healthz(self, _request: web.Request) -> web.Response:
        return web.Response(text=HEALTHY)

    async def _readyz(self, _request: web.Request) -> web.Response:
        missing = {"process": STARTING} if self._process is None else dict(self._process.missing())
        if self._process is not None and await self._figures() is None:
            missing["database"] = SILENT
        return web.json_response({"ready": not missing, "missing": missing}, status=503 if missing else 200)

    async def _metrics(self, _request: web.Request) -> web.Response:
        metrics.STORE_UP.set(int(await self._refresh()))
        text = await asyncio.to_thread(generate_latest)
        return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _refresh(self) -> bool:
        """Brings the figures of the database up to date; False, and they stay as they were, where it is silent."""
        figures = await self._figures()
        if figures is None:
            return False
        for state, games in figures.games.items():
            metrics.GAMES.labels(state).set(games)
        metrics.TAKEN_TODAY.set(figures.taken_usd)
        metrics.CAP.set(figures.cap_usd)
        return True

    async def _figures(self) -> Figures | None:
        if self._process is None:
            return None
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                return await self._process.figures()
        except Exception as error:
            _log.warning("the operations page has no figures", error=type(error).__name__)
            return None


async def _look() -> None:
    """Measures how late the loop is, until it is cancelled."""
    while True:
        due = time.perf_counter() + LOOK_EVERY
        await asyncio.sleep(LOOK_EVERY)
        metrics.LATE.observe(max(0.0, time.perf_counter() - due))

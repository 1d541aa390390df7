"""Counts Discord's answers for the operator's figures."""

from types import SimpleNamespace

import aiohttp
from discord.http import Route

from telephone import metrics


def counted(trace: aiohttp.TraceConfig) -> aiohttp.TraceConfig:
    """Has every answer of Discord that a trace sees counted by method and status; returns the trace."""
    trace.on_request_end.insert(0, _count)  # before those that raise
    return trace


async def _count(
    _session: aiohttp.ClientSession, _context: SimpleNamespace, made: aiohttp.TraceRequestEndParams
) -> None:
    if str(made.url).startswith(Route.BASE):
        metrics.REQUESTS.labels(made.method, made.response.status).inc()

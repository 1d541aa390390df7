"""Fixtures for every test."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import structlog

from tests.limits import LIMIT, MARGIN
from tests.support import discord_payloads

if TYPE_CHECKING:
    from tests.standin import Standin


discord_payloads.install()
# Two at once must not meet in hypothesis' database.
if worker := os.environ.get("PYTEST_XDIST_WORKER"):
    os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = f".hypothesis/{worker}"
# Run in the background of a shell, pytest and all its children would be deaf to Ctrl-C, which tests press.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begins with what may take longest, where several processes share the tests: none is left with it at the end."""
    if worker:
        items.sort(key=lambda item: (-limit_of(item), item.get_closest_marker("slow") is None))


def limit_of(item: pytest.Item) -> float:
    """Seconds that a test may take."""
    own = item.get_closest_marker("timeout")
    return LIMIT + MARGIN if own is None else float(own.args[0])


@pytest.fixture(autouse=True)
def logs_as_they_were() -> Iterator[None]:
    """A test that sets logging up in this process, on a stream that closes with it, does so for itself alone."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    for handler in set(root.handlers) - set(handlers):
        root.removeHandler(handler)
    for handler in handlers:
        if handler not in root.handlers:
            root.addHandler(handler)
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
async def standin(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Standin]:
    """A Discord of the test's own, whose members wait as long as the test may last.

    The test fails if complaints are left at its end (clear those you expect).
    """
    # Imported here, so that tests which need no Discord do not wait for it.
    from tests.standin import Standin

    async with Standin.open(logs=tmp_path, acknowledge_within=limit_of(request.node) - MARGIN) as discord:
        yield discord
        discord.check()

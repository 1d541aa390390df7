"""Fixtures that open a stand-in for a test and hold the bot's requests against Discord's rules."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.standin.loopback import Standin


@pytest.fixture
async def standin(tmp_path: Path) -> AsyncIterator[Standin]:
    """A Discord of the test's own; the test fails if complaints are left at its end (clear those you expect)."""
    async with Standin.open(logs=tmp_path) as discord:
        yield discord
        discord.check()

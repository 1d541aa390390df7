"""Fixtures for every test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.standin import Standin


@pytest.fixture
async def standin(tmp_path: Path) -> AsyncIterator[Standin]:
    """A Discord of the test's own; the test fails if complaints are left at its end (clear those you expect)."""
    # Imported here, so that tests which need no Discord do not wait for it.
    from tests.standin import Standin

    async with Standin.open(logs=tmp_path) as discord:
        yield discord
        discord.check()

"""How long a test waits for the state it needs: as long as it may last, and no shorter on a busy machine."""

from typing import Final

MARGIN: Final = 10.0
"""Seconds before a test's own limit, so that it is told what was waited for, and not only that time is up."""
LIMIT: Final = 120.0 - MARGIN
"""Seconds that a test waits which has no limit of its own; `timeout` in pyproject.toml is the 120."""

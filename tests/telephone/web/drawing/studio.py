"""An easel that is open on this machine, with claims in memory in the place of a game's."""

import asyncio
import socket
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from telephone.errors import NotAllowed, NotFound, TelephoneError
from telephone.settings import Settings
from telephone.web.drawing import DrawingPage, Links
from tests.telephone.web.drawing.proxy import proxy

ALICE, BO = 101, 102
USED = "Your drawing was handed in already; enjoy the rest of the game."
ELSE = "Someone took this turn just before you; watch for the next invitation."
LATE = "Your time for this turn is over; watch for the next invitation."
NONE = "There is no such turn; watch for the next invitation."


@dataclass(frozen=True)
class Claim:
    """A claim and what came of it: it is its own drawing task."""

    caption: str
    member_id: int
    expires_at: datetime
    drawing: bytes | None = None


@dataclass
class ClaimsInMemory:
    """A desk that keeps a desk's promises. `fails` is raised by the next calls, one after the other."""

    claims: dict[str, Claim] = field(default_factory=dict)
    fails: list[TelephoneError] = field(default_factory=list)
    asked: int = 0

    def open(self, claim_id: str, caption: str, member_id: int = ALICE, seconds: float = 600) -> Claim:
        self.claims[claim_id] = Claim(caption, member_id, datetime.now(UTC) + timedelta(seconds=seconds))
        return self.claims[claim_id]

    async def drawing_task(self, claim_id: str, member_id: int) -> Claim:
        claim = self._held(claim_id, member_id)
        if claim.drawing is not None:
            raise NotAllowed(USED)
        return claim

    async def hand_in(self, claim_id: str, member_id: int, data: bytes) -> None:
        claim = self._held(claim_id, member_id)
        if claim.drawing not in (None, data):
            raise NotAllowed(USED)
        self.claims[claim_id] = replace(claim, drawing=data)

    def _held(self, claim_id: str, member_id: int) -> Claim:
        self.asked += 1
        if self.fails:
            raise self.fails.pop(0)
        if claim_id not in self.claims:
            raise NotFound(NONE)
        if self.claims[claim_id].member_id != member_id:
            raise NotAllowed(ELSE)
        if self.claims[claim_id].expires_at <= datetime.now(UTC):
            raise NotAllowed(LATE)
        return self.claims[claim_id]


@dataclass(frozen=True)
class Studio:
    """An open easel: its desk, its links, its origin."""

    desk: ClaimsInMemory
    links: Links
    origin: str

    def link(self, caption: str, claim_id: str = "claim", seconds: float = 600) -> str:
        """A link for Alice to a claim of hers."""
        claim = self.desk.open(claim_id, caption, seconds=seconds)
        return self.links.to(claim_id, claim.member_id, claim.expires_at)


def free_port() -> int:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        return int(other.getsockname()[1])


def settings(folder: Path, port: int, public: str | None = None) -> Settings:
    """Settings of an easel on that port, reached there or at the address `public`."""
    address = public or f"http://127.0.0.1:{port}"
    return Settings(_env_file=None, data_dir=folder, http_port=port, public_url=address, secret="k" * 32)


@contextmanager
def studio(folder: Path, path: str = "") -> Iterator[Studio]:
    """An easel on a thread of its own, for tests that wait for a browser; with a path, behind a proxy that has it."""
    port, public, desk, loop = free_port(), free_port(), ClaimsInMemory(), asyncio.new_event_loop()
    easel = DrawingPage(
        settings(folder, port) if not path else settings(folder, port, f"http://127.0.0.1:{public}{path}")
    )
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def wait_for(work: Coroutine[Any, Any, Any]) -> None:
        asyncio.run_coroutine_threadsafe(work, loop).result(10)

    wait_for(easel.open(desk))
    assert easel.links is not None
    between = proxy(public, path, port)
    if path:
        wait_for(between.__aenter__())
    try:
        yield Studio(desk, easel.links, f"http://127.0.0.1:{port}")
    finally:
        if path:
            wait_for(between.__aexit__(None, None, None))
        wait_for(easel.close())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()

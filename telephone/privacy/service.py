"""Members' own data: a copy of it, its deletion, and whether they are named or reminded."""

import io
import json
import time
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import structlog
from cachetools import LRUCache

from telephone.concurrency import off_loop
from telephone.domain.deletions import Erasure, Footprint
from telephone.domain.refusals import OutOfReach
from telephone.engine.waiting import look_until
from telephone.errors import BadInput, NotAllowed, NotFound
from telephone.media.images import Pictures
from telephone.ports.runners import DeletionRunner
from telephone.privacy.orders import DeletionOrders
from telephone.store import Store, Wishes
from telephone.store.member_data import ANSWERS, Found

FORMAT: Final = 1
"""The version of the exported file's format; fields are added, never changed."""
KEPT_ORDERS: Final = "deletions_kept_for_backups"
"""The section of a member's file with the deletions that they ordered, as far as backups may still need them."""
NOTHING: Final = "Nothing is kept of you on any server, so there is nothing to delete."
EXPORT_EVERY: Final = 600.0
"""How long a member waits before another export or another deletion, in seconds."""
REMEMBERED: Final = 10_000
"""How many members' last exports, and how many members' last deletions, are remembered."""
_NAME: Final = "ai-telephone"
_ENDINGS: Final = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}
_LOOK_EVERY: Final = 0.1
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class MemberFile:
    """A member's exported file: JSON, or a ZIP of it and the pictures they drew. `rows` counts each section's rows.

    `out_of_reach` are the channels and threads where something that was to be deleted still stands.
    """

    name: str
    data: bytes
    rows: Mapping[str, int]
    out_of_reach: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class PrivacyService:
    """Exports and deletions as cogs and the command line use them. Raises TelephoneErrors to be shown as they are."""

    store: Store
    pictures: Pictures
    runner: DeletionRunner
    orders: DeletionOrders
    every: float = EXPORT_EVERY
    """How long a member waits before another export or another deletion, in seconds."""
    _given: LRUCache[int, float] = field(default_factory=lambda: LRUCache(REMEMBERED), repr=False)
    _ordered: LRUCache[int, float] = field(default_factory=lambda: LRUCache(REMEMBERED), repr=False)

    async def wishes(
        self, guild_id: int, member_id: int, *, by_name: bool | None = None, reminders: bool | None = None
    ) -> Wishes:
        """A member's settings on a server, after those that are not None were changed."""
        if by_name is None and reminders is None:
            return await self.store.members.wishes(guild_id, member_id)
        return await self.store.members.change(guild_id, member_id, by_name=by_name, reminders=reminders)

    async def export(self, member_id: int) -> MemberFile:
        """A file of all data that is kept of a member on every server, with the pictures that they drew.

        Raises NotAllowed within `every` seconds of the last export.
        """
        if (left := self._wait(self._given, member_id)) > 0:
            raise NotAllowed(f"You were given your file a moment ago; another can be had in {_minutes(left)}.")
        self._given[member_id] = time.monotonic()
        try:
            return await self.file_of(member_id)
        except BaseException:
            self._given.pop(member_id, None)
            raise

    async def file_of(self, member_id: int) -> MemberFile:
        """The same file without the wait between exports, for the operator."""
        found = await self.store.traces.of(member_id)
        found[KEPT_ORDERS] = [{"ordered_at": one.ordered_at.isoformat()} for one in await self.orders.of(member_id)]
        document: dict[str, Any] = {
            "format": FORMAT,
            "member": str(member_id),
            "made_at": datetime.now(UTC).isoformat(),
        }
        data = json.dumps(document | found, ensure_ascii=False, indent=1).encode()
        rows = {section: len(listed) for section, listed in found.items()}
        _log.info("a member's file was made", rows=sum(rows.values()))
        drawn = await self._drawn(found)
        left = await self.out_of_reach(member_id)
        if not drawn:
            return MemberFile(f"{_NAME}.json", data, rows, left)
        return MemberFile(f"{_NAME}.zip", await off_loop(_packed, {f"{_NAME}.json": data} | drawn), rows, left)

    async def _drawn(self, found: Found) -> dict[str, bytes]:
        """The pictures that the member drew, by their names in the ZIP, as far as they are still stored."""
        files = {}
        for sha256 in dict.fromkeys(step["image"] for step in found[ANSWERS] if step["image"]):
            with suppress(NotFound):
                image = await self.pictures.get(sha256)
                files[f"pictures/{sha256}.{_ENDINGS.get(image.media_type, 'png')}"] = image.data
        return files

    async def footprint(self, member_id: int) -> Footprint:
        """What a deletion would delete. Raises BadInput where nothing is kept of a member, OutOfReach where only what
        an earlier deletion could not reach is."""
        found = await self.store.erasures.footprint(member_id)
        orders = sum(one.member_id == member_id for one in await self.store.erasures.unended())
        if found.rows <= orders and (places := await self.out_of_reach(member_id)):
            raise OutOfReach(places)
        if found.is_empty:
            raise BadInput(NOTHING)
        return found

    async def out_of_reach(self, member_id: int) -> list[int]:
        """The channels and threads where something of a member stands that a deletion could not take back so far."""
        return await self.store.erasures.out_of_reach(member_id)

    async def erase(self, member_id: int) -> Erasure:
        """Orders the deletion of all data that is kept of a member on every server; it is carried out whatever happens.

        Raises BadInput where nothing is kept, and NotAllowed within `every` seconds of the last deletion, since each
        rewrites the whole database.
        """
        await self.footprint(member_id)
        under_way = member_id in {one.member_id for one in await self.store.erasures.unended()}
        if not under_way and (left := self._wait(self._ordered, member_id)) > 0:
            raise NotAllowed(f"Your data was deleted a moment ago; what is new can be deleted in {_minutes(left)}.")
        erasure = await self.store.erasures.order(member_id)
        self._ordered[member_id] = time.monotonic()
        _log.info("a deletion is ordered", erasure=erasure.id)
        await self.runner.begin(erasure)
        return erasure

    def _wait(self, last: Mapping[int, float], member_id: int) -> float:
        return last.get(member_id, -self.every) + self.every - time.monotonic()

    async def erased(self, erasure_id: str, timeout: float) -> bool:
        """Whether a deletion is done; waits for it up to `timeout` seconds."""
        found = await look_until(
            lambda: self.store.erasures.get(erasure_id),
            lambda erasure: erasure.ended_at is not None,
            every=_LOOK_EVERY,
            within=timeout,
        )
        return found.ended_at is not None

    async def tried(self, erasure_id: str, timeout: float) -> bool:
        """Whether a deletion is done or met something out of reach; waits for either up to `timeout` seconds."""
        found = await look_until(
            lambda: self.store.erasures.get(erasure_id),
            lambda erasure: erasure.ended_at is not None or bool(erasure.left),
            every=_LOOK_EVERY,
            within=timeout,
        )
        return found.ended_at is not None or bool(found.left)


def _packed(files: Mapping[str, bytes]) -> bytes:
    """A ZIP of files by their names."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def _minutes(seconds: float) -> str:
    whole = max(1, round(seconds / 60))
    return "1 minute" if whole == 1 else f"{whole} minutes"

"""What members may ask about themselves: what is kept of them, and whether they are named or reminded."""

import io
import json
import time
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import structlog
from cachetools import LRUCache

from telephone.concurrency import off_loop
from telephone.domain.deletions import Erasure, Footprint
from telephone.engine.waiting import look_until
from telephone.errors import BadInput, NotAllowed, NotFound
from telephone.media.images import Pictures
from telephone.ports.runners import DeletionRunner
from telephone.store import Store, Wishes
from telephone.store.member_data import ANSWERS, Found

FORMAT: Final = 1
"""Of the file that a member is given; fields are added, never changed."""
NOTHING: Final = "Nothing is kept of you on any server, so there is nothing to delete."
EXPORT_EVERY: Final = 600.0
"""How long a member waits for another file of theirs, or another deletion, in seconds."""
REMEMBERED: Final = 10_000
"""Members who are remembered as waiting, for a file and for a deletion."""
_NAME: Final = "ai-telephone"
_ENDINGS: Final = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}
_LOOK_EVERY: Final = 0.1
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Parcel:
    """A member's file: JSON, or where they drew pictures a ZIP with these beside it. `rows` counts each section's."""

    name: str
    data: bytes
    rows: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class PrivacyService:
    """Every function raises TelephoneErrors whose sentence can be shown as it is."""

    store: Store
    pictures: Pictures
    runner: DeletionRunner
    every: float = EXPORT_EVERY
    """How long a member waits for another file or another deletion, in seconds."""
    _given: LRUCache[int, float] = field(default_factory=lambda: LRUCache(REMEMBERED), repr=False)
    _ordered: LRUCache[int, float] = field(default_factory=lambda: LRUCache(REMEMBERED), repr=False)

    async def wishes(
        self, guild_id: int, member_id: int, *, by_name: bool | None = None, reminders: bool | None = None
    ) -> Wishes:
        """What a member wishes on a server, after changing what is not None."""
        if by_name is None and reminders is None:
            return await self.store.members.wishes(guild_id, member_id)
        return await self.store.members.change(guild_id, member_id, by_name=by_name, reminders=reminders)

    async def export(self, member_id: int) -> Parcel:
        """All that is kept of a member on every server, pictures that they drew too.

        Raises NotAllowed where they were given it a moment ago.
        """
        if (left := self._wait(self._given, member_id)) > 0:
            raise NotAllowed(f"You were given your file a moment ago; another can be had in {_minutes(left)}.")
        self._given[member_id] = time.monotonic()
        try:
            return await self.file_of(member_id)
        except BaseException:
            self._given.pop(member_id, None)
            raise

    async def file_of(self, member_id: int) -> Parcel:
        """The same as often as it is asked for, for the operator."""
        found = await self.store.traces.of(member_id)
        document: dict[str, Any] = {
            "format": FORMAT,
            "member": str(member_id),
            "made_at": datetime.now(UTC).isoformat(),
        }
        data = json.dumps(document | found, ensure_ascii=False, indent=1).encode()
        rows = {section: len(listed) for section, listed in found.items()}
        _log.info("a member's file was made", rows=sum(rows.values()))
        drawn = await self._drawn(found)
        if not drawn:
            return Parcel(f"{_NAME}.json", data, rows)
        return Parcel(f"{_NAME}.zip", await off_loop(_packed, {f"{_NAME}.json": data} | drawn), rows)

    async def _drawn(self, found: Found) -> dict[str, bytes]:
        """The pictures that the member drew, by their names in the file; one that is no longer kept is left out."""
        files = {}
        for sha256 in dict.fromkeys(step["image"] for step in found[ANSWERS] if step["image"]):
            with suppress(NotFound):
                image = await self.pictures.get(sha256)
                files[f"pictures/{sha256}.{_ENDINGS.get(image.media_type, 'png')}"] = image.data
        return files

    async def footprint(self, member_id: int) -> Footprint:
        """What deleting would find. Raises BadInput where nothing is kept of a member."""
        found = await self.store.erasures.footprint(member_id)
        if found.is_empty:
            raise BadInput(NOTHING)
        return found

    async def erase(self, member_id: int) -> Erasure:
        """Orders that all is deleted which is kept of a member, on every server; it is carried out whatever happens.

        Raises BadInput where nothing is kept, and NotAllowed soon after the last time: each deletion rewrites a whole
        database.
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
        """Whether an order is carried out, at the latest after `timeout` seconds."""
        found = await look_until(
            lambda: self.store.erasures.get(erasure_id),
            lambda erasure: erasure.ended_at is not None,
            every=_LOOK_EVERY,
            within=timeout,
        )
        return found.ended_at is not None


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

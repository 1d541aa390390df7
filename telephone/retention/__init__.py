"""Retention: what is deleted when it has been kept for long enough, by the operator's settings."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, NamedTuple

import structlog

from telephone.domain.deletions import Pruned
from telephone.measurement.distances import GameMeasurer
from telephone.media.images import Pictures
from telephone.privacy.orders import DeletionOrders
from telephone.store import Store
from telephone.store.tables.columns import now

_log: Final = structlog.get_logger()


class Keep(NamedTuple):
    """How many days is kept what may be deleted then."""

    pictures: int
    servers: int
    backups: int


@dataclass(frozen=True, slots=True)
class Retention:
    """Deletes what has been kept for long enough. Repeated, or broken off, it finds its work done or goes on."""

    store: Store
    pictures: Pictures
    measure: GameMeasurer
    orders: DeletionOrders
    keep: Keep

    async def prune(self, *, dry: bool = False) -> Pruned:
        """Deletes it, or with `dry` only tells what would be deleted. Raises Outage where a storage does not answer."""
        games, servers = 0, 0
        before = now() - timedelta(days=self.keep.servers)
        for guild_id, played in (await self.store.leavings.before(before)).items():
            if dry or await self._delete_server(guild_id):
                servers, games = servers + 1, games + played
        unused = await self._unused()
        orders = await self.orders.older_than(self.keep.backups)
        if not dry:
            for sha256 in unused:
                await self._delete_picture(sha256)
            await self.orders.forget(orders)
        done = Pruned(servers, games, len(unused), len(orders))
        if servers and not dry:
            await self.store.compact()
        if any(done) and not dry:
            _log.info("pruned", **done._asdict())
        return done

    async def _delete_server(self, guild_id: int) -> bool:
        """Deletes all that is stored of a server; False where it has invited the bot again meanwhile."""
        texts = await self.store.leavings.texts(guild_id)
        hashes = {key for embedder in self.measure.embedders.values() for key in await embedder.keys(texts)}
        # Before the texts, without which nobody would know these any more.
        await self.store.vectors.forget(sorted(hashes))
        gone = await self.store.leavings.delete(guild_id, now() - timedelta(days=self.keep.servers))
        for sha256 in gone or ():
            await self._delete_picture(sha256)
        return gone is not None

    async def _unused(self) -> list[str]:
        """The stored pictures that no step shows and that were written long enough ago."""
        shown, before = await self.store.faults.pictures(), now() - timedelta(days=self.keep.pictures)
        return sorted(one for one, at in (await self.pictures.stored()).items() if not shown.get(one) and at < before)

    async def _delete_picture(self, sha256: str) -> None:
        """Deletes a picture, unless a step shows it by now."""
        await self.store.images.forget(sha256)
        if not await self.store.erasures.is_needed(sha256):
            await self.pictures.delete(sha256)
            await self.store.vectors.forget([sha256])

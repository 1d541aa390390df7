"""Looking for what does not agree: games, messages, pictures, money and members who had their data deleted."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from telephone.concurrency import off_loop
from telephone.domain.faults import Fault, FaultKind
from telephone.domain.games import GameState
from telephone.engine import workflow_ids
from telephone.engine.standing import owner_of, under_way
from telephone.errors import NotFound
from telephone.media.images import Pictures
from telephone.privacy.orders import DeletionOrders, Pseudonyms
from telephone.store import Store
from telephone.store.tables.columns import now

YOUNG: Final = timedelta(days=1)
"""A picture that is not older may be about to be referred to: it is stored before its step is."""


@dataclass(frozen=True, slots=True)
class Audit:
    """Looks for faults in the store, the pictures' storage, the journal at `engine_url` and the ledger of orders."""

    store: Store
    pictures: Pictures
    orders: DeletionOrders
    engine_url: str

    async def faults(self) -> list[Fault]:
        """Everything that does not agree. Raises Outage where a storage does not answer."""
        return [
            *await self._games(),
            *await self.store.faults.found(),
            *await self._pictures(),
            *await self._members(),
        ]

    async def _games(self) -> list[Fault]:
        going = await off_loop(under_way, self.engine_url)
        games = await self.store.games.unfinished(states=(GameState.PLAYING,))
        idle = [one for one in games if workflow_ids.playing(one.id, one.run) not in going]
        found = [
            Fault(
                FaultKind.GAME_IDLE,
                f"game {one.id}",
                f"#{one.number} of server {one.request.guild_id} is played by nobody",
            )
            for one in idle
        ]
        owners = await self.store.faults.owners()
        lost = sorted(name for name in going if (owner := owner_of(name)) is not None and owner not in owners)
        return found + [
            Fault(FaultKind.WORKFLOW_LOST, f"workflow {name}", "what it is of is not stored") for name in lost
        ]

    async def _pictures(self) -> list[Fault]:
        shown = await self.store.faults.pictures()
        there = await self.pictures.stored()
        found = []
        for sha256, steps in sorted(shown.items()):
            for step in steps:
                if sha256 not in there:
                    found.append(Fault(FaultKind.PICTURE_MISSING, f"picture {sha256}", f"{step} shows it"))
                elif await self._is_damaged(sha256):
                    found.append(Fault(FaultKind.PICTURE_DAMAGED, f"picture {sha256}", f"{step} shows it"))
        unused = sorted(one for one, at in there.items() if not shown.get(one) and at < now() - YOUNG)
        return found + [Fault(FaultKind.PICTURE_UNUSED, f"picture {one}", "no step shows it") for one in unused]

    async def _is_damaged(self, sha256: str) -> bool:
        try:
            data = await self.pictures.bytes_of(sha256)
        except NotFound:
            return True
        return hashlib.sha256(data).hexdigest() != sha256

    async def _members(self) -> list[Fault]:
        """Members of whom something is stored from before a deletion that has ended."""
        going = {one.id for one in await self.store.erasures.unended()}
        orders = [one for one in await self.orders.all() if one.id not in going]
        if not orders:
            return []
        found = Pseudonyms(self.orders.secret()).among(orders, await self.store.traces.members())
        return await self.store.faults.back_since({member: order.ordered_at for member, order in found.items()})

"""The ledger of deletion orders: an object for each, outside the database, so that a restored backup can obey them.

An order names no member: it holds a hash of their id, keyed with the secret that signs links. Whoever has the secret
and a member's id can tell that this member ordered a deletion, and when; nothing else is in it.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from telephone.errors import Misconfigured, Outage
from telephone.settings.checks import folder_of
from telephone.store.tables.columns import now

_NAME: Final = re.compile(r"[0-9a-f]{16}\.json")
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class DeletionOrder:
    """A deletion that a member ordered. `key` tells with which secret `member`, the hash of their id, was made."""

    id: str
    member: str
    key: str
    ordered_at: datetime

    def as_json(self) -> bytes:
        """The order as it is kept."""
        return json.dumps({"member": self.member, "key": self.key, "ordered_at": self.ordered_at.isoformat()}).encode()

    @classmethod
    def of_json(cls, order_id: str, data: bytes) -> "DeletionOrder":
        """Reads what `as_json` returned. Raises ValueError."""
        stored: dict[str, Any] = json.loads(data)
        try:
            moment = datetime.fromisoformat(stored["ordered_at"])
            return cls(order_id, str(stored["member"]), str(stored["key"]), moment)
        except (KeyError, TypeError) as error:
            raise ValueError("it is no order of deletion") from error


class Pseudonyms:
    """What stands for members in orders, made with one secret."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self.key: Final = self._keyed("orders")[:16]

    def of(self, member_id: int) -> str:
        """The hash that stands for a member."""
        return self._keyed(f"order of {member_id}")

    def _keyed(self, text: str) -> str:
        return hmac.new(self._secret, text.encode(), hashlib.sha256).hexdigest()

    def among(self, orders: Iterable[DeletionOrder], members: Collection[int]) -> dict[int, DeletionOrder]:
        """The last order of each of these members."""
        known = {one.member: one for one in sorted(orders, key=lambda one: one.ordered_at) if one.key == self.key}
        named = {self.of(member_id): member_id for member_id in members}
        return {named[member]: order for member, order in known.items() if member in named}


@dataclass(frozen=True, slots=True)
class DeletionOrders:
    """Orders in object storage. Each call raises Outage where that does not answer."""

    store: ObjectStore
    place: str
    secret: Callable[[], bytes]

    @classmethod
    def at(cls, url: str, secret: Callable[[], bytes]) -> "DeletionOrders":
        """Opens a place by its address; a folder is made where it is missing. Raises Misconfigured."""
        try:
            if url.startswith("file:"):
                folder = folder_of(url)
                return cls(LocalStore(folder, mkdir=True), str(folder), secret)
            return cls(from_url(url), url, secret)
        except (BaseError, OSError, ValueError) as error:
            raise Misconfigured(
                f"The place {url}, where orders of deletion are kept, cannot be opened "
                f"({str(error).partition(chr(10))[0]}); let this user write there, or name another by "
                "TELEPHONE_ORDERS_URL."
            ) from error

    async def keep(self, order_id: str, member_id: int, ordered_at: datetime) -> None:
        """Keeps an order. Keeping it again changes nothing."""
        names = Pseudonyms(self.secret())
        await self.put(DeletionOrder(order_id, names.of(member_id), names.key, ordered_at))

    async def put(self, order: DeletionOrder) -> None:
        """Keeps an order as it stands."""
        try:
            await self.store.put_async(f"{order.id}.json", order.as_json())
        except (BaseError, OSError) as error:
            raise self._down(error) from error

    async def all(self) -> list[DeletionOrder]:
        """Every order, oldest first. One that cannot be read is logged and left out."""
        found = []
        try:
            for name in await self._names():
                data = bytes(await (await self.store.get_async(name)).bytes_async())
                try:
                    found.append(DeletionOrder.of_json(name.removesuffix(".json"), data))
                except ValueError as error:
                    _log.error("an order of deletion cannot be read", name=name, place=self.place, why=str(error))
        except (BaseError, OSError) as error:
            raise self._down(error) from error
        return sorted(found, key=lambda one: one.ordered_at)

    async def of(self, member_id: int) -> list[DeletionOrder]:
        """The orders of one member, oldest first."""
        names = Pseudonyms(self.secret())
        return [one for one in await self.all() if (one.key, one.member) == (names.key, names.of(member_id))]

    async def older_than(self, days: int) -> list[DeletionOrder]:
        """The orders that were given longer ago than so many days."""
        return [one for one in await self.all() if one.ordered_at < now() - timedelta(days=days)]

    async def forget(self, orders: Iterable[DeletionOrder]) -> None:
        """Deletes orders."""
        try:
            for one in orders:
                await self.store.delete_async(f"{one.id}.json")
        except FileNotFoundError:
            """Another process deleted it."""
        except (BaseError, OSError) as error:
            raise self._down(error) from error

    async def _names(self) -> list[str]:
        listed = await self.store.list().collect_async()
        return [one["path"] for one in listed if _NAME.fullmatch(one["path"])]

    def _down(self, error: Exception) -> Outage:
        why = str(error).partition("\n")[0]
        _log.error("orders of deletion cannot be reached", place=self.place, why=why)
        return Outage(
            f"The orders of deletion in {self.place} cannot be reached just now; see that it is there, and try again.",
            why,
        )

"""Which pairs meet in a battle where nobody named them."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from telephone.errors import BadInput, NotAllowed
from telephone.game import Pair
from telephone.models.players import Players
from telephone.sides import SIDES_MAX, SIDES_MIN
from telephone.store import Store


@dataclass(frozen=True, slots=True)
class Chosen:
    """The pairs of a battle, those that were named first, and why the others are among them."""

    pairs: tuple[Pair, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Pairing:
    """Chooses among the pairs whose models can play now."""

    store: Store
    players: Players

    def ready(self) -> list[Pair]:
        """Every pair that can play now."""
        of = self.players.registry.of_kind
        able = [[table.name for table in of(kind) if self.players.why_not(table) is None] for kind in ("t2i", "i2t")]
        return [Pair(t2i, i2t) for t2i in able[0] for i2t in able[1]]

    def seat(self, pair: Pair) -> Pair:
        """The pair, if both of its models can play. Raises the reason why not."""
        return Pair(self.players.seat(pair.t2i, "t2i").name, self.players.seat(pair.i2t, "i2t").name)

    async def choose(
        self, guild_id: int, named: Sequence[Pair], count: int | None = None, chance: random.Random | None = None
    ) -> Chosen:
        """As many different pairs as are wanted, `named` among them. Raises BadInput and NotAllowed."""
        count = count or max(SIDES_MIN, len(named))
        if not SIDES_MIN <= count <= SIDES_MAX:
            raise BadInput(f"A battle has {SIDES_MIN} to {SIDES_MAX} sides; please choose a number between them.")
        if len(named) > count:
            raise BadInput(
                f"You named {len(named)} pairs for {count} sides; please leave some out, or ask for more sides."
            )
        seated = tuple(self.seat(pair) for pair in named)
        if len(set(seated)) < len(seated):
            raise BadInput("A pair cannot battle itself; please name each pair once.")
        free = [pair for pair in self.ready() if pair not in seated]
        if len(free) < count - len(seated):
            raise NotAllowed(f"Only {len(free) + len(seated)} pairs can play now; please choose fewer sides.")
        if len(seated) == count:
            return Chosen(seated, "all were named")
        return await self._fill(guild_id, seated, free, count, chance or random.SystemRandom())

    async def _fill(
        self, guild_id: int, seated: tuple[Pair, ...], free: list[Pair], count: int, chance: random.Random
    ) -> Chosen:
        met = await self.store.battles.met(guild_id)
        chance.shuffle(free)
        rarest = sorted(free, key=lambda pair: met.get(pair, 0))[: count - len(seated)]
        fewest = ", ".join(f"{pair} in {met.get(pair, 0)} battles so far" for pair in rarest)
        return Chosen((*seated, *rarest), f"met least here, by chance among equals: {fewest}")


def read_pair(typed: str) -> Pair:
    """A pair as a member types it: two names with × or x between them. Raises BadInput."""
    names = typed.replace("×", " ").replace("+", " ").replace(",", " ").split()
    names = [name for name in names if name.casefold() != "x"]
    if len(names) != 2:
        raise BadInput("A pair is two models, as in stickers × spotter-sharp; please pick one from the list.")
    return Pair(*names)

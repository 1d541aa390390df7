"""Operations: what an operator watches of the games and the money of all servers together."""

from dataclasses import dataclass

from telephone.domain.budgets import Caps
from telephone.domain.games import GameState
from telephone.domain.operations import Figures
from telephone.store import Store


@dataclass(frozen=True, slots=True)
class Operations:
    """The figures of the whole database."""

    store: Store
    caps: Caps

    async def figures(self) -> Figures:
        """The figures of this moment: two queries, whose cost does not grow with the games that have ended."""
        counted = await self.store.games.by_state([state for state in GameState if not state.is_final])
        taken = (await self.store.budgets.today(self.caps, servers=0))[None]
        return Figures({state.value: games for state, games in counted.items()}, taken.taken_usd, taken.cap_usd)

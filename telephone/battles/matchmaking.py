"""Matchmaking: chooses the pairs and the prompt of a battle, as far as its host did not name them."""

from collections.abc import Sequence
from dataclasses import dataclass

from telephone.concurrency import off_loop
from telephone.domain.battles import SIDES_MAX, SIDES_MIN
from telephone.domain.games import Pair
from telephone.errors import BadInput, NotAllowed
from telephone.leaderboards.ballot_source import BallotSource
from telephone.models.players import Players
from telephone.scoring.pair_selection import NextPairs, next_pairs
from telephone.store import Store
from telephone.store.scores import Pool


@dataclass(frozen=True, slots=True)
class Matchmaking:
    """Chooses among the pairs whose models can play now."""

    store: Store
    players: Players
    ballot_source: BallotSource

    def ready(self) -> list[Pair]:
        """Every pair whose models can play now."""
        of = self.players.registry.of_kind
        able = [[table.name for table in of(kind) if self.players.why_not(table) is None] for kind in ("t2i", "i2t")]
        return [Pair(t2i, i2t) for t2i in able[0] for i2t in able[1]]

    def seat(self, pair: Pair) -> Pair:
        """The pair, if both of its models can play. Raises the reason why not."""
        return Pair(self.players.playable(pair.t2i, "t2i").name, self.players.playable(pair.i2t, "i2t").name)

    async def choose(
        self, guild_id: int, named: Sequence[Pair], count: int | None, prompts: Sequence[str], seed: int
    ) -> NextPairs:
        """`count` different pairs, `named` among them, and one of `prompts` (slugs) if there are any.

        The pairs that were not named are those whose differences the server's votes leave most uncertain. Raises
        BadInput and NotAllowed.
        """
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
        able = {*self.ready(), *seated}
        if len(able) < count:
            raise NotAllowed(f"Only {len(able)} pairs can play now; please choose fewer sides.")
        ballots, met = await self.ballot_source.ballots(Pool(guild_id)), await self.store.battles.met(guild_id)
        return await off_loop(lambda: next_pairs(ballots, list(able), prompts, count, named=seated, met=met, seed=seed))


def read_pair(typed: str) -> Pair:
    """A pair as a member types it: two names with × or x between them. Raises BadInput."""
    names = typed.replace("×", " ").replace("+", " ").replace(",", " ").split()
    names = [name for name in names if name.casefold() != "x"]
    if len(names) != 2:
        raise BadInput("A pair is two models, as in stickers × spotter-sharp; please pick one from the list.")
    return Pair(*names)

"""What may have happened between a backup and its restore, without the restored store knowing."""

from datetime import datetime

from telephone.domain.games import HUMAN, step_seed
from telephone.models.registry import Registry
from telephone.store import Store


async def suspect(store: Store, registry: Registry, since: datetime) -> int:
    """Has every game that has not ended look for its next step before it is asked for, and before it is posted.

    Where a provider can find that call, it is not paid for again; where it cannot, it is booked as in doubt. Returns
    how many games that were.
    """
    games = await store.games.unfinished()
    for game in games:
        key = game.next_key
        if key is None or (player := game.player(key)) == HUMAN:
            continue
        table, seed = registry.tables.get(player), step_seed(game.request.seed, key)
        # Who plays on this machine is simply asked again.
        stake = None if table is None or table.provider == "offline" else table.price_usd
        await store.steps.suspect(game.id, key, player, seed=seed, stake=stake, at=since, shown=game.shows_steps)
    return len(games)

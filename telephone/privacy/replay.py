"""Carrying out deletions again on a restored store, before a bot plays on it.

What lies in the store, and the pictures, go at once. The order stays open, so that the bot, once it is started, takes
back what a restored game still shows on Discord, and ends it.
"""

from collections.abc import Iterable
from typing import Final

from telephone.domain.battles import BattleState
from telephone.domain.deletions import UnderWay
from telephone.domain.games import GameState, StepKey
from telephone.domain.parties import PartyState
from telephone.measurement.distances import GameMeasurer
from telephone.privacy.deletion_workflow import STOPPED
from telephone.privacy.orders import DeletionOrder, Pseudonyms
from telephone.store import Store

_GAMES: Final = tuple(state for state in GameState if not state.is_final)
_BATTLES: Final = tuple(state for state in BattleState if not state.is_final)
_PARTIES: Final = tuple(state for state in PartyState if not state.is_final)


async def replay(store: Store, measure: GameMeasurer, orders: Iterable[DeletionOrder], names: Pseudonyms) -> int:
    """Deletes all that a store nobody plays on holds of those who ordered it; returns how many members that were.

    Orders made with another secret than that of `names` are passed over. Carrying one out again changes nothing.
    """
    found = names.among(orders, await store.traces.members())
    for member_id in found:
        erasure = await store.erasures.order(member_id)
        await _stop(store, member_id, await store.erasures.under_way(erasure.id))
        texts, pictures = await store.erasures.words(erasure.id)
        hashes = {key for embedder in measure.embedders.values() for key in await embedder.keys(texts)}
        await store.vectors.forget([*sorted(hashes), *pictures])
        await store.erasures.erase(erasure.id)
    if found:
        await store.compact()
    return len(found)


async def _stop(store: Store, member_id: int, found: UnderWay) -> None:
    """Stores that the member's games, battles and parties have ended; the bot shows it when it starts."""
    for party_id in found.gathering:
        await store.parties.leave(party_id, member_id)
    for party_id in found.parties:
        await store.parties.move(party_id, PartyState.STOPPED, only_from=_PARTIES, reason=STOPPED)
    for battle_id in found.battles:
        await store.battles.move(battle_id, BattleState.VOID, only_from=_BATTLES, reason=STOPPED)
    for game_id in found.games:
        await store.games.move(game_id, GameState.STOPPED, only_from=_GAMES, reason=STOPPED)
    for seat in found.seats:
        game_id, _, step = seat.partition("/")
        await store.seats.release(game_id, StepKey.parse(step), member_id)

"""Which servers have something under way."""

from dataclasses import replace

import pytest

from telephone.domain.battles import BattleState
from telephone.domain.games import GameState
from telephone.store import Store
from tests.telephone.store.samples import request
from tests.telephone.store.test_battles import voting
from tests.telephone.store.test_parties import dealt

GOING = [state for state in GameState if not state.is_final]


@pytest.mark.parametrize("state", list(GameState))
async def test_a_server_is_busy_while_a_game_of_it_has_not_ended(store: Store, state: GameState) -> None:
    game = await store.games.add(replace(request(), guild_id=7 << 22))
    await store.games.move(game.id, state, only_from=GOING)
    assert await store.servers.busy() == ({7 << 22} if state in GOING else set())


async def test_the_terminals_own_games_make_no_server_busy(store: Store) -> None:
    await store.games.add(replace(request(), guild_id=0))
    assert await store.servers.busy() == frozenset()


async def test_a_server_is_busy_while_a_battle_of_it_takes_votes(store: Store) -> None:
    battle = await voting(store)
    await finish_the_games(store, battle.request.guild_id)
    assert await store.servers.busy() == {battle.request.guild_id}
    await store.battles.move(battle.id, BattleState.VOID, only_from=(BattleState.VOTING,))
    assert await store.servers.busy() == frozenset()


async def test_a_server_is_busy_while_a_party_of_it_goes_on(store: Store) -> None:
    party = await dealt(store)
    await finish_the_games(store, party.request.guild_id)
    assert await store.servers.busy() == {party.request.guild_id}


async def finish_the_games(store: Store, guild_id: int) -> None:
    for game in await store.games.unfinished(guild_id):
        await store.games.move(game.id, GameState.FINISHED, only_from=GOING)

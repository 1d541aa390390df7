"""What leaves with an export: no game that boards may not show, and no distance of a voided one."""

from telephone.domain.battles import BattleRequest
from telephone.domain.games import GameState, Kind, Level, Pair, Prompt, StepKey
from telephone.store import Pool, Store
from telephone.store.scored_games import TurnScore
from tests.support.played import asked, begun, finished
from tests.telephone.store.samples import GUILD, OTHER_GUILD

MODELS, OTHERS, HUMAN = Pair("doodles", "hazy"), Pair("doodles", "sharp"), Pair("stickers", "human")
APPLE, STREET = Prompt("an apple", Level.EASY, "#easy-001"), Prompt("a street", Level.MEDIUM, "#medium-001")
HERE = Pool(GUILD)


def request(pair: Pair = MODELS, prompt: Prompt = APPLE, guild_id: int = GUILD, **more):
    return asked(guild_id, pair, prompt, 1, 2, **more)


async def test_the_games_of_a_pool_are_read_with_every_distance(store: Store) -> None:
    await finished(store, request(), {"minilm": [0.25, 0.5], "use": [0.75]})
    await finished(store, request(prompt=STREET, design="tournament"), [0.1, 0.2], version="2")
    await finished(store, request(prompt=Prompt("my own words")), [0.3, 0.3])
    await finished(store, request(guild_id=OTHER_GUILD), [0.3, 0.3])
    await store.games.add(request())
    first, second = await store.scored.of(HERE)
    assert (first.pair, first.prompt, first.level, first.seed, first.turns) == (MODELS, "#easy-001", Level.EASY, 1, 2)
    assert (first.state, first.designed, first.free, first.open) == ("finished", False, False, False)
    assert first.scores == (
        TurnScore("minilm", "1", 1, 0.25, 0.1, None, False),
        TurnScore("minilm", "1", 2, 0.5, 0.1, None, False),
        TurnScore("use", "1", 1, 0.75, 0.1, None, False),
    )
    assert (second.prompt, second.designed) == ("#medium-001", True)
    assert await store.scored.of(Pool(GUILD, designed=True)) == [second]
    assert await store.scored.of(Pool(GUILD, level=Level.MEDIUM)) == [second]
    (free,) = await store.scored.of(Pool(GUILD, free=True))
    assert (free.prompt, free.free) == ("my own words", True)


async def test_a_voided_game_has_no_distances(store: Store) -> None:
    voided = await finished(store, request(), [0.25, 0.5])
    await store.games.void(voided.id)
    (game,) = await store.scored.of(HERE)
    assert (game.state, game.scores) == ("voided", ())


async def test_blind_battles_and_what_is_sealed_or_mixed_are_not_there(store: Store) -> None:
    asked_for = BattleRequest(APPLE, (MODELS, OTHERS), guild_id=GUILD, turns=2, seed=7)
    battle = await store.battles.add(asked_for, [1, 0])
    for side in battle.sides:
        await store.games.move(side.game.id, GameState.PLAYING, only_from=[GameState.QUEUED])
        await store.games.move(side.game.id, GameState.FINISHED, only_from=[GameState.PLAYING])
        await store.distances.put(side.game.id, "minilm", "1", [(1, 0.5, 0.1)])
    sealed = await begun(store, request(HUMAN, sealed=True))
    await finished(store, request(sealed=True, human_step=StepKey(1, Kind.CAPTION)), [0.5, 0.5])
    assert await store.scored.of(HERE) == []
    await store.battles.open_voting(battle.id)
    assert await store.scored.of(HERE) == []
    await store.battles.close(battle.id, early=True)
    await store.games.move(sealed.id, GameState.FINISHED, only_from=[GameState.PLAYING])
    assert [game.pair for game in await store.scored.of(HERE)] == [MODELS, OTHERS, HUMAN]


async def test_members_open_games_are_a_pool_of_their_own(store: Store) -> None:
    await finished(store, request(HUMAN), [0.5, 0.5])
    await finished(store, request(), [0.5, 0.5])
    assert [game.open for game in await store.scored.of(HERE)] == [False]
    assert [(game.pair, game.open) for game in await store.scored.of(Pool(GUILD, live=True))] == [(HUMAN, True)]

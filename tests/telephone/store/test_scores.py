"""What boards are made of: the database adds up the same as pencil and paper."""

import itertools

import numpy as np
import pytest
from sqlalchemy import text

from telephone.domain.battles import BattleRequest, BattleState
from telephone.domain.games import GameState, Kind, Level, Pair, Prompt, Step, StepKey
from telephone.errors import NotFound
from telephone.scoring.distance_model import Score, merge
from telephone.store import Pool, Store
from telephone.store.database import read_url
from telephone.store.migrate import configured, upgrade
from telephone.store.scores import Begun, Completion, EmbedderUse, Sums
from tests.support.played import asked, begun, finished
from tests.telephone.store.samples import GUILD, OTHER_GUILD

PAIRS = [Pair(t2i, i2t) for t2i in ("doodles", "stickers") for i2t in ("hazy", "sharp")]
PROMPTS = [
    Prompt("an apple", Level.EASY, "#easy-001"),
    Prompt("a street", Level.MEDIUM, "#medium-001"),
    Prompt("a hall", Level.HARD, "#hard-001"),
]
FREE = Prompt("what somebody typed")
HERE = Pool(GUILD)


def request(pair=PAIRS[0], prompt=PROMPTS[0], seed=1, turns=3, guild_id=GUILD, **more):
    return asked(guild_id, pair, prompt, seed, turns, **more)


async def test_cells_are_what_merging_every_game_by_hand_gives(store: Store) -> None:
    rng = np.random.default_rng(3)
    scores = []
    for pair, prompt, seed in itertools.product(PAIRS, PROMPTS, (1, 2, 2, 3)):
        values = rng.uniform(0, 2, 3)
        await finished(store, request(pair, prompt, seed), list(values))
        scores.append(Score(pair, prompt.slug, seed, values[-1]))
    found = await store.scores.measured(HERE, "minilm", "1", 3)
    expected = merge(scores)
    assert [(row.pair, row.prompt, row.games, row.plays) for row in found] == [
        (cell.pair, cell.prompt, 3, 4) for cell in expected
    ]
    for row, cell in zip(found, expected, strict=True):
        assert (row.distance.mean, row.distance.squares) == pytest.approx((cell.mean, cell.squares), abs=1e-12)
        assert row.head == row.distance
        assert row.level == row.prompt[1:-4]


async def test_only_finished_games_count_and_a_voided_one_counts_no_more(store: Store) -> None:
    for state in (GameState.PLAYING, GameState.STOPPED, GameState.FAILED):
        game = await begun(store, request(), state)
        await store.distances.put(game.id, "minilm", "1", [(1, 1.5, 0.1)])
    await finished(store, request(seed=1), [0.25])
    voided = await finished(store, request(seed=2), [0.75])
    (row,) = await store.scores.measured(HERE, "minilm", "1", 1)
    assert (row.games, row.distance) == (2, Sums(0.5, 0.125))
    await store.games.move(voided.id, GameState.FAILED, only_from=tuple(GameState))
    await store.games.void(voided.id)
    (row,) = await store.scores.measured(HERE, "minilm", "1", 1)
    assert (row.games, row.distance) == (1, Sums(0.25, 0.0))


async def test_a_game_counts_from_when_it_finishes_even_if_it_was_measured_before(store: Store) -> None:
    game = await begun(store, request())
    await store.distances.put(game.id, "minilm", "1", [(1, 0.5, 0.1)])
    assert await store.scores.measured(HERE, "minilm", "1", 1) == []
    await store.games.move(game.id, GameState.FINISHED, only_from=[GameState.PLAYING])
    assert len(await store.scores.measured(HERE, "minilm", "1", 1)) == 1


async def test_servers_embedders_versions_and_turns_are_never_mixed(store: Store) -> None:
    await finished(store, request(), {"minilm": [0.1, 0.2], "imagebind": [0.3]})
    await finished(store, request(seed=2), [0.9], version="2")
    await finished(store, request(guild_id=OTHER_GUILD), [1.9])

    async def mean(embedder, version, turn):
        return [row.distance.mean for row in await store.scores.measured(HERE, embedder, version, turn)]

    assert await mean("minilm", "1", 1) == [0.1]
    assert await mean("minilm", "1", 2) == [0.2]
    assert await mean("minilm", "2", 1) == [0.9]
    assert await mean("imagebind", "1", 1) == [0.3]
    assert await mean("imagebind", "1", 2) == []


async def test_free_prompts_are_apart_and_levels_and_designs_are_picked_out(store: Store) -> None:
    for n, prompt in enumerate((*PROMPTS, FREE)):
        await finished(store, request(prompt=prompt), [0.1 * n])
    await finished(store, request(prompt=PROMPTS[0], seed=9, design="battle"), [0.5])

    async def prompts(**pool):
        rows = await store.scores.measured(Pool(GUILD, **pool), "minilm", "1", 1)
        return [(row.prompt, row.games) for row in rows]

    assert await prompts() == [("#easy-001", 2), ("#hard-001", 1), ("#medium-001", 1)]
    assert await prompts(level=Level.HARD) == [("#hard-001", 1)]
    assert await prompts(designed=True) == [("#easy-001", 1)]
    assert await prompts(free=True) == [(FREE.text, 1)]
    assert await prompts(level=Level.EASY, free=True) == []


async def test_a_prompt_whose_level_was_changed_is_one_prompt(store: Store) -> None:
    values = [0.1, 0.2, 0.9]
    for seed, value in enumerate(values):
        level = Level.EASY if seed < 2 else Level.HARD
        await finished(store, request(prompt=Prompt("a boat", level, "#ours-001"), seed=seed), [value])
    (row,) = await store.scores.measured(HERE, "minilm", "1", 1)
    assert (row.games, row.plays) == (3, 3)
    assert (row.distance.mean, row.distance.squares) == pytest.approx((np.mean(values), np.var(values) * 3))


async def test_heads_stand_beside_whole_captions_where_they_differ(store: Store) -> None:
    game = await finished(store, request(), [0.5])
    await finished(store, request(seed=2), [0.7])
    async with store._database.writing() as session:
        await session.execute(text("UPDATE distance SET head = 0.3 WHERE game_id = :id"), {"id": game.id})
    (row,) = await store.scores.measured(HERE, "minilm", "1", 1)
    assert row.distance.mean == pytest.approx(0.6)
    assert row.head.mean == pytest.approx(0.5)
    assert row.head.squares == pytest.approx(0.08)


async def test_curves_are_the_same_turn_by_turn(store: Store) -> None:
    for seed in (1, 2):
        await finished(store, request(seed=seed), [0.1 * seed, 0.2 * seed, 0.4 * seed])
    curves = await store.scores.curves(HERE, "minilm", "1", range(1, 5))
    assert [len(curves[turn]) for turn in (1, 2, 3, 4)] == [1, 1, 1, 0]
    for turn in (1, 2, 3, 4):
        assert curves[turn] == await store.scores.measured(HERE, "minilm", "1", turn)


async def test_what_became_of_games_is_counted_by_pair_and_length(store: Store) -> None:
    ends = (GameState.FINISHED, GameState.FINISHED, GameState.STOPPED, GameState.FAILED, GameState.PLAYING)
    for state in ends:
        await begun(store, request(), state)
    await begun(store, request(turns=5), GameState.FINISHED)
    await begun(store, request(PAIRS[1], FREE), GameState.FAILED)
    await store.games.add(request(PAIRS[2]))
    voided = await begun(store, request(), GameState.FAILED)
    await store.games.void(voided.id)
    assert await store.scores.begun(HERE) == [
        Begun(PAIRS[0], 3, Completion(5, 2, 1, 1, 1)),
        Begun(PAIRS[0], 5, Completion(1, 1, 0, 0, 0)),
    ]
    assert await store.scores.begun(Pool(GUILD, free=True)) == [Begun(PAIRS[1], 3, Completion(1, 0, 0, 1))]
    assert await store.scores.begun(Pool(GUILD, level=Level.HARD)) == []


async def test_the_rulers_of_a_server_are_found_with_how_many_games_count(store: Store) -> None:
    assert await store.scores.embedders(GUILD) == []
    for seed in (1, 2):
        await finished(store, request(seed=seed), {"minilm": [0.1], "imagebind": [0.2]})
    await finished(store, request(seed=3), [0.1], version="2")
    await finished(store, request(guild_id=OTHER_GUILD), {"letters": [0.1]})
    assert await store.scores.embedders(GUILD) == [
        EmbedderUse("imagebind", "1", 2),
        EmbedderUse("minilm", "1", 2),
        EmbedderUse("minilm", "2", 1),
    ]


async def test_states_and_rulers_move_with_whatever_a_board_would_show(store: Store) -> None:
    seen = [await marker(store)]

    async def moved() -> bool:
        seen.append(await marker(store))
        return len(set(seen)) == len(seen)

    game = await store.games.add(request())
    assert await moved()
    await store.games.move(game.id, GameState.PLAYING, only_from=[GameState.QUEUED])
    assert await moved()
    await store.games.move(game.id, GameState.FINISHED, only_from=[GameState.PLAYING])
    assert await moved()
    await store.distances.put(game.id, "minilm", "1", [(1, 0.5, 0.5)])
    assert await moved()
    await store.distances.put(game.id, "minilm", "2", [(1, 0.5, 0.5)])
    assert await moved()
    await store.games.move(game.id, GameState.FAILED, only_from=[GameState.FINISHED])
    assert await moved()
    await finished(store, request(guild_id=OTHER_GUILD), [0.5])
    assert not await moved()


async def marker(store: Store) -> tuple:
    return await store.scores.states(GUILD), tuple(await store.scores.embedders(GUILD))


@pytest.mark.parametrize("ends", ["closed", "void"])
async def test_games_of_a_blind_battle_are_on_no_board_until_it_ends(store: Store, ends: str) -> None:
    asked_for = BattleRequest(PROMPTS[0], (PAIRS[0], PAIRS[1]), guild_id=GUILD, turns=3, seed=7)
    battle = await store.battles.add(asked_for, [1, 0])
    for side in battle.sides:
        await store.games.move(side.game.id, GameState.PLAYING, only_from=[GameState.QUEUED])
        await store.games.move(side.game.id, GameState.FINISHED, only_from=[GameState.PLAYING])
        await store.distances.put(side.game.id, "minilm", "1", [(1, 0.5, 0.1)])
    designed = Pool(GUILD, designed=True)
    blind = await marker(store)
    for pool in (HERE, designed):
        assert await store.scores.measured(pool, "minilm", "1", 1) == []
        assert await store.scores.begun(pool) == []
    if ends == "void":
        assert await store.battles.move(battle.id, BattleState.VOID, only_from=[BattleState.PLAYING])
    else:
        assert await store.battles.open_voting(battle.id)
        assert await store.scores.measured(designed, "minilm", "1", 1) == []
        assert await store.battles.close(battle.id, early=True)
    assert await marker(store) != blind
    for pool in (HERE, designed):
        assert [row.pair for row in await store.scores.measured(pool, "minilm", "1", 1)] == PAIRS[:2]
        assert [row.completion for row in await store.scores.begun(pool)] == [Completion(1, 1)] * 2


async def test_distances_of_an_older_database_count_as_if_they_were_measured_today(url: str) -> None:
    async with await Store.open(url) as store:
        for pair, prompt, design in zip(PAIRS, (*PROMPTS, FREE), (None, "battle", None, None), strict=True):
            await finished(store, request(pair, prompt, design=design), [0.25])
        pools = [HERE, Pool(GUILD, free=True), Pool(GUILD, designed=True)]
        before = [await store.scores.measured(pool, "minilm", "1", 1) for pool in pools]
    await _down_and_up(url)
    async with await Store.open(url) as store:
        assert [await store.scores.measured(pool, "minilm", "1", 1) for pool in pools] == before
        assert [len(rows) for rows in before] == [3, 1, 1]


async def test_what_was_measured_of_unreadable_texts_before_is_forgotten_and_all_else_stays(url: str) -> None:
    """Captions by game; in brackets the distances that stay."""
    foxes, khmer = "🦊🕰️🧶", "ឆ្មាកំពុងដេក"
    games = {
        "a fox": (["a fox", "naïve café"], [0.25, 0.5], [0.1, 0.1]),
        "a dog": (["a dog", foxes, "a dog", "a cat"], [0.25, None, 0.25, 0.5], [0.1, None, None, 0.1]),
        foxes: ([khmer, "a fox"], [None, None], [None, None]),
        "🚗🌧️🏙️": (["a car", "a car"], [None, None], [None, 0.1]),
    }
    async with await Store.open(url) as store:
        ids = {}
        for prompt, (captions, _, _) in games.items():
            far = [0.25 if n % 2 == 0 else 0.5 for n in range(len(captions))]
            game = await finished(store, request(prompt=Prompt(prompt), turns=len(captions)), {"minilm": far, "x": far})
            for n, caption in enumerate(captions, 1):
                for kind, said in ((Kind.PICTURE, {"image": "0" * 64}), (Kind.CAPTION, {"text": caption})):
                    await store.steps.keep(game.id, Step(StepKey(n, kind), "a", seed=1, **said))
            ids[prompt] = game.id
    await _down_and_up(url, "0018")
    async with await Store.open(url) as store:
        for prompt, (_, distances, steps) in games.items():
            await store.games.measured_with(ids[prompt], "minilm")
            turns = (await store.games.get(ids[prompt])).turns
            assert [turn.distance for turn in turns] == distances
            assert [turn.step_distance for turn in turns] == steps
        counted = await store.scores.embedders(GUILD)
        assert {(use.embedder, use.games) for use in counted} == {("minilm", 1), ("x", 4)}


async def _down_and_up(url: str, to: str = "0006") -> None:
    from alembic import command
    from sqlalchemy import NullPool, create_engine

    parsed = read_url(url)
    engine = create_engine(parsed.set(drivername="sqlite") if "sqlite" in url else parsed, poolclass=NullPool)
    with engine.begin() as connection:
        command.downgrade(configured(connection), to)
        columns = [row[0] for row in connection.execute(text("SELECT * FROM distance")).cursor.description]
        assert ("cell" in columns) == (to > "0006")
    engine.dispose()
    upgrade(parsed)


async def test_members_open_games_are_a_view_of_their_own_and_what_is_mixed_counts_nowhere(store: Store) -> None:
    human, models = Pair("stickers", "human"), PAIRS[0]
    await finished(store, request(models), [0.5])
    await finished(store, request(human), [0.25])
    await finished(store, request(human, sealed=True), [0.75])
    await finished(store, request(models, sealed=True, human_step=StepKey(1, Kind.CAPTION)), [1.5])
    helped = await begun(store, request(human, sealed=True))
    await store.seats.open(helped.id, StepKey(1, Kind.CAPTION), "spotter-sharp", 0)
    await store.seats.stand_in(helped.id, StepKey(1, Kind.CAPTION), "spotter-sharp")
    await store.games.move(helped.id, GameState.FINISHED, only_from=[GameState.PLAYING])
    await store.distances.put(helped.id, "minilm", "1", [(1, 1.75, 0.1)])

    async def told(pool: Pool) -> list[tuple[Pair, float]]:
        return [(row.pair, row.distance.mean) for row in await store.scores.measured(pool, "minilm", "1", 1)]

    live = Pool(GUILD, live=True)
    assert await told(HERE) == [(models, 0.5), (human, 0.75)]
    assert await told(live) == [(human, 0.25)]
    for pool, pairs in ((HERE, [models, human]), (live, [human])):
        assert [(row.pair, row.completion.finished) for row in await store.scores.begun(pool)] == [
            (p, 1) for p in pairs
        ]
    assert [game.distances for game in await store.pairs.of(live, human, "minilm", "1")] == [(0.25,)]
    assert [game.distances for game in await store.pairs.of(HERE, human, "minilm", "1")] == [(0.75,)]


async def test_a_sealed_game_is_on_no_list_until_it_has_ended(store: Store) -> None:
    game = await begun(store, request(Pair("stickers", "human"), sealed=True))
    await store.distances.put(game.id, "minilm", "1", [(1, 0.5, 0.1)])
    assert await store.games.recent(GUILD) == []
    assert await store.scores.begun(HERE) == []
    with pytest.raises(NotFound):
        await store.games.by_number(GUILD, game.number)
    await store.games.move(game.id, GameState.FINISHED, only_from=[GameState.PLAYING])
    assert [one.id for one in await store.games.recent(GUILD)] == [game.id]
    assert len(await store.scores.measured(HERE, "minilm", "1", 1)) == 1

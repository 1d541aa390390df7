"""One member's data is deleted from every table of both databases, and everybody else's stays as it was."""

import json

import numpy as np
import pytest
from sqlalchemy import select, update

from telephone.domain.battles import Choice, Voter
from telephone.domain.games import ERASED, HUMAN, GameRequest, GameState, Kind, Pair, Prompt, StepKey
from telephone.errors import NotFound
from telephone.leaderboards.ballot_source import gather
from telephone.store import Measurement, Store
from telephone.store.scores import Pool
from telephone.store.tables.games import GameRow, Row, VectorRow
from tests.telephone.store.lives import ADMIN, ANN, BEN, WORDS, live, take
from tests.telephone.store.samples import GUILD, OTHER_GUILD, caption, picture, request
from tests.telephone.store.test_battles import SHARP, battle_request
from tests.telephone.store.test_votes import JOINED, MADE

STICKERS = Pair("stickers", "spotter-sharp")


async def everything(store: Store) -> str:
    """Every value of every table, as text."""
    async with store._database.reading() as session:
        rows = [row for table in Row.metadata.sorted_tables for row in await session.execute(select(table))]
    return json.dumps([[str(value) for value in row] for row in rows], ensure_ascii=False)


async def erased(store: Store, member: int):
    """Carries an order out as far as the store goes; what it reached."""
    order = await store.erasures.order(member)
    reach = await store.erasures.erase(order.id)
    await store.erasures.forget(order.id)
    await store.erasures.end(order.id)
    return reach


async def measured(store: Store, words: str, starter: int, distance: float, guild_id: int = GUILD) -> str:
    asked = GameRequest(Prompt(words), STICKERS, 1, seed=int(distance * 100), guild_id=guild_id, starter_id=starter)
    game = await store.games.add(asked)
    await store.steps.keep(game.id, picture(digest=f"{int(distance * 100):02}" * 32))
    await store.steps.keep(game.id, caption(text=f"{words} at {distance}"))
    await store.games.move(game.id, GameState.PLAYING, only_from=[GameState.QUEUED])
    await store.games.move(game.id, GameState.FINISHED, only_from=[GameState.PLAYING])
    await store.distances.put(game.id, "letters", "1", [Measurement(1, distance, distance)])
    return game.id


async def test_nothing_is_left_of_a_member_in_any_table(store: Store):
    await live(store, ANN, WORDS)
    await live(store, BEN, "a cow on the moon", number=2)
    assert str(ANN) in await everything(store)
    bens = await store.traces.of(BEN)
    reach = await erased(store, ANN)
    left = await everything(store)
    assert str(ANN) not in left
    assert WORDS not in left
    assert not any((await store.traces.of(ANN)).values())
    assert await store.traces.of(BEN) == bens
    assert len(reach.games) == 3, "a game and the two sides of a battle"
    assert len(reach.battles) == len(reach.steps) == 1
    assert set(reach.pictures) == {"01" * 32}


async def test_who_comes_back_is_deleted_again(store: Store):
    await live(store, ANN, WORDS)
    first = await store.erasures.order(ANN)
    assert (await store.erasures.order(ANN)).id == first.id
    assert [one.id for one in await store.erasures.unended()] == [first.id]
    await store.erasures.erase(first.id)
    await store.erasures.forget(first.id)
    await store.erasures.end(first.id)
    assert await store.erasures.unended() == []
    await store.members.change(GUILD, ANN, reminders=True)
    second = await store.erasures.order(ANN)
    assert second.id != first.id
    await store.erasures.erase(second.id)
    await store.erasures.forget(second.id)
    await store.erasures.end(second.id)
    assert str(ANN) not in await everything(store)


async def test_an_order_that_is_carried_out_twice_reaches_the_same(store: Store):
    await live(store, ANN, WORDS)
    order = await store.erasures.order(ANN)
    first = await store.erasures.erase(order.id)
    state = await everything(store)
    assert await store.erasures.erase(order.id) == first
    assert await everything(store) == state
    assert await store.erasures.words(order.id) == ([], [])
    await store.erasures.forget(order.id)
    await store.erasures.end(order.id)
    ended = await everything(store)
    await store.erasures.forget(order.id)
    await store.erasures.end(order.id)
    assert await everything(store) == ended


async def test_a_game_of_ones_own_words_is_gone_for_everybody_and_takes_nothing_in(store: Store):
    game_id = await measured(store, WORDS, ANN, 0.5)
    number = (await store.games.get(game_id)).number
    await erased(store, ANN)
    with pytest.raises(NotFound):
        await store.games.get(game_id)
    with pytest.raises(NotFound):
        await store.games.by_number(GUILD, number)
    assert await store.games.recent(GUILD) == []
    with pytest.raises(NotFound):
        await store.steps.keep(game_id, caption(turn=2))
    with pytest.raises(NotFound):
        await store.posts.begin(game_id, "summary")
    await store.budgets.charge(game_id, "late", "scoring", 0.01)
    assert await store.rescores.lacking(GUILD, "prism", "1") == []


async def test_boards_are_as_they_were(store: Store):
    await measured(store, WORDS, ANN, 0.5)
    await measured(store, WORDS, ANN, 0.7)
    await measured(store, f"{WORDS} at night", ANN, 0.9)
    await measured(store, "a cow on the moon", BEN, 0.2)
    pool = Pool(GUILD, free=True)
    before, begun = await store.scores.measured(pool, "letters", "1", 1), await store.scores.begun(pool)
    await erased(store, ANN)
    after = await store.scores.measured(pool, "letters", "1", 1)

    def figures(cells):
        return sorted((str(cell.pair), cell.games, cell.plays, cell.distance.mean, cell.head.squares) for cell in cells)

    assert figures(after) == figures(before)
    assert await store.scores.begun(pool) == begun
    assert [cell.prompt for cell in after if "deleted" not in cell.prompt] == ["a cow on the moon"]
    assert len({cell.prompt for cell in after}) == 3, "words that differed still differ"


async def test_words_that_somebody_else_played_too_stay_theirs(store: Store):
    await measured(store, WORDS, ANN, 0.5)
    theirs = await measured(store, WORDS, BEN, 0.2)
    elsewhere = await measured(store, WORDS, ANN, 0.6, OTHER_GUILD)
    before = await store.scores.measured(Pool(GUILD, free=True), "letters", "1", 1)
    texts, _ = await store.erasures.words((await store.erasures.order(ANN)).id)
    assert set(texts) == {f"{WORDS} at 0.5", f"{WORDS} at 0.6"}
    await erased(store, ANN)
    assert (await store.games.get(theirs)).request.prompt.text == WORDS
    assert await store.scores.measured(Pool(GUILD, free=True), "letters", "1", 1) == before
    (other,) = await store.scores.measured(Pool(OTHER_GUILD, free=True), "letters", "1", 1)
    assert other.prompt.startswith("(deleted ")
    with pytest.raises(NotFound):
        await store.games.get(elsewhere)


async def test_a_game_from_a_listed_prompt_stays_and_is_nobodys(store: Store):
    asked = GameRequest(Prompt("a fox", slug="#easy-001"), STICKERS, 1, guild_id=GUILD, starter_id=ANN)
    game = await store.games.add(asked)
    await erased(store, ANN)
    kept = await store.games.get(game.id)
    assert (kept.request.prompt, kept.request.starter_id) == (asked.prompt, 0)


async def test_a_game_from_a_prompt_of_ones_own_on_the_list_goes_whole(store: Store):
    await live(store, ANN, WORDS)
    (mine,) = await store.prompts.of_state(OTHER_GUILD, "waiting")
    asked = GameRequest(Prompt(mine.text, slug=mine.slug), STICKERS, 1, guild_id=OTHER_GUILD, starter_id=ANN)
    game = await store.games.add(asked)
    assert game.id in (await erased(store, ANN)).games
    assert WORDS not in await everything(store)


async def test_a_turn_taken_in_anothers_game_is_empty_and_the_game_stays(store: Store):
    game_id = await take(store, ANN, WORDS, starter=BEN)
    before = await store.games.get(game_id)
    reach = await erased(store, ANN)
    assert (reach.games, reach.steps) == ((), (f"{game_id}/1c",))
    game = await store.games.get(game_id)
    assert game.turns[0].picture == before.turns[0].picture
    gone = game.turns[0].caption
    assert (gone.text, gone.raw, gone.hidden, gone.erased) == (ERASED, ERASED, True, True)
    assert game.shown.turns[0].caption.text == ERASED
    await store.games.move(game_id, GameState.FINISHED, only_from=tuple(GameState))
    assert await store.rescores.lacking(GUILD, "prism", "1") == [], "there is nothing to measure any more"


async def test_a_game_in_which_others_took_turns_keeps_these_and_loses_its_words(store: Store):
    game_id = await take(store, BEN, "what ben saw", starter=ANN)
    before = await store.games.get(game_id)
    reach = await erased(store, ANN)
    assert (reach.games, reach.prompts, reach.steps, reach.pictures) == ((), (game_id,), (), ())
    game = await store.games.get(game_id)
    assert game.turns == before.turns
    assert game.request.starter_id == 0
    assert game.request.prompt.text.startswith("(deleted by who wrote it, ")
    assert before.request.prompt.text not in await everything(store)


async def test_an_album_of_a_party_is_everybodys_and_loses_only_its_words(store: Store):
    asked = GameRequest(Prompt(WORDS), Pair(HUMAN, HUMAN), 1, guild_id=GUILD, starter_id=ANN)
    game = await store.games.add(asked)
    async with store._database.writing() as session:
        await session.execute(update(GameRow).where(GameRow.id == game.id).values(design="party"))
    assert (await erased(store, ANN)).prompts == (game.id,)
    assert WORDS not in await everything(store)


async def test_a_picture_goes_when_no_step_shows_it_any_more(store: Store):
    shared, own = "aa" * 32, "bb" * 32
    for starter, digests in ((ANN, (shared, own)), (BEN, (shared,))):
        game = await store.games.add(request(prompt=f"by {starter}", starter_id=starter))
        for turn, digest in enumerate(digests, 1):
            await store.steps.keep(game.id, picture(turn, digest))
    reach = await erased(store, ANN)
    assert set(reach.pictures) == {shared, own}
    assert [await store.erasures.is_needed(digest) for digest in (shared, own)] == [True, False]


async def test_votes_go_and_those_of_others_are_counted_anew(store: Store):
    battle = await store.battles.add(battle_request(starter_id=ADMIN), [0, 1])
    await store.battles.open_voting(battle.id)
    for member, choice in ((ANN, Choice.A), (BEN, Choice.A), (ADMIN, Choice.B)):
        await store.votes.cast(battle.id, Voter(member, MADE, JOINED), choice)
    await store.battles.close(battle.id, early=True)
    before = gather(await store.polls.of(Pool(GUILD)))
    await erased(store, ANN)
    assert await store.votes.tally(battle.id) == {Choice.A: 1, Choice.B: 1}
    (poll,) = await store.polls.of(Pool(GUILD))
    assert sorted(int(member) for member in poll.votes["member"]) == [BEN, ADMIN]
    after = gather([poll])
    assert (len(before.choice), len(after.choice)) == (3, 2)
    assert (await store.battles.get(battle.id)).votes == 2


async def test_a_battle_over_ones_games_goes_with_them_and_its_votes_count_on(store: Store):
    games = [await measured(store, WORDS, ANN, 0.5), await measured(store, WORDS, ANN, 0.6)]
    asked = battle_request(starter_id=BEN, designed=False)
    battle = await store.battles.set_against(asked, [0, 1], [await store.games.get(game) for game in games])
    await store.battles.open_voting(battle.id)
    await store.votes.cast(battle.id, Voter(BEN, MADE, JOINED), Choice.A)
    await store.battles.close(battle.id, early=True)
    votes = gather(await store.polls.of(Pool(GUILD))).choice.tolist()
    assert (await erased(store, ANN)).battles == (battle.id,)
    with pytest.raises(NotFound):
        await store.battles.get(battle.id)
    assert await store.battles.recent(GUILD) == []
    assert gather(await store.polls.of(Pool(GUILD))).choice.tolist() == votes


async def test_a_reported_turn_stays_hidden(store: Store):
    game = await store.games.add(request(prompt="a cow on the moon", starter_id=BEN))
    await store.steps.keep(game.id, picture())
    await store.reports.add(game.id, picture().key, ANN, "other")
    await erased(store, ANN)
    assert (await store.games.get(game.id)).steps[0].hidden
    (report,) = await store.reports.open_on(GUILD)
    assert report.reporter_id < 0
    await store.reports.add(game.id, picture().key, ANN, "other")


async def test_what_is_under_way_is_known_before_it_is_deleted(store: Store):
    going = await store.games.add(request(starter_id=ANN))
    listed = GameRequest(Prompt("a fox", slug="#easy-001"), STICKERS, 1, guild_id=GUILD, starter_id=ANN)
    curated = await store.games.add(listed)
    taken = await take(store, ANN, WORDS, starter=BEN)
    held = await store.games.add(
        GameRequest(Prompt("a train"), Pair("stickers", HUMAN), guild_id=GUILD, starter_id=BEN)
    )
    key = StepKey(1, Kind.CAPTION)
    await store.games.move(held.id, GameState.PLAYING, only_from=[GameState.QUEUED])
    await store.seats.open(held.id, key, None, 60, 60)
    await store.seats.claim(held.id, key, ANN)
    voting = await store.battles.add(battle_request(SHARP, STICKERS, starter_id=ANN), [0, 1])
    order = await store.erasures.order(ANN)
    found = await store.erasures.under_way(order.id)
    sides = [side.game.id for side in voting.sides]
    assert set(found.games) == {going.id, curated.id, taken, *sides}
    assert found.battles == (voting.id,)
    assert found.seats == (f"{held.id}/1c",)
    await store.battles.open_voting(voting.id)
    assert (await store.erasures.under_way(order.id)).battles == (), "others' votes on a listed prompt are not lost"


async def test_vectors_are_forgotten_by_what_they_stand_for(store: Store):
    vector = np.ones(3, np.float32)
    await store.vectors.put("letters", "1", {"a": vector, "b": vector})
    await store.vectors.put("prism", "2", {"a": vector})
    await store.vectors.forget(["a", "c"])
    async with store._database.reading() as session:
        assert [(row.embedder, row.hash) for row in await session.scalars(select(VectorRow))] == [("letters", "b")]


async def test_no_byte_of_it_is_left_in_the_file(tmp_path):
    async with await Store.open(f"sqlite:///{tmp_path / 'telephone.sqlite'}") as store:
        await live(store, ANN, WORDS)
        await store.compact()
        assert WORDS.encode() in _bytes(tmp_path)
        await erased(store, ANN)
        await store.compact()
        assert WORDS.encode() not in _bytes(tmp_path)
        await live(store, BEN, "a cow on the moon", number=2)


def _bytes(folder) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())

"""Finished games set against each other: voted on like any battle, at no cost, and refused where it says nothing."""

import asyncio
from dataclasses import replace

import pytest

from telephone.battles.versus import VersusAsked, match
from telephone.battles.workflow import TAKEN_OUT
from telephone.domain.battles import BattleState, Choice
from telephone.domain.games import Game, GameState, Kind, StepKey
from telephone.errors import BadInput, NotAllowed, NotFound
from telephone.games.admission import StartRequest
from tests.limits import LIMIT
from tests.support.app import RunningApp, running_app
from tests.telephone.battles.test_workflow import GUILD, HOST, fought, reaches, shows, vote

pytestmark = pytest.mark.slow

ASKED = StartRequest("a fox mends a clock", "painter", "critic", 2, 7, guild_id=GUILD, starter_id=3)
VERSUS = VersusAsked(1, 2, guild_id=GUILD, starter_id=HOST, vote_seconds=60)


@pytest.fixture
async def running(tmp_path):
    async with running_app(tmp_path) as opened:
        yield opened


async def played(running: RunningApp, **changes) -> Game:
    game = await running.app.games.start(replace(ASKED, **changes))
    return await running.app.games.closed(game.id, timeout=LIMIT)


async def two(running: RunningApp) -> tuple[Game, Game]:
    return await played(running), await played(running, t2i="stickers")


async def test_two_games_are_voted_on_as_they_were_played_and_nothing_is_spent(running):
    games = await two(running)
    calls, posts = len(running.provider.submitted), len(running.game_presenter.posts)
    battle = await running.app.battles.versus(VERSUS)
    now = await shows(running, battle, "call")
    assert running.battle_presenter.of(battle) == ["card", "thread", "opening", "ballot", "call"]
    assert now.state is BattleState.VOTING
    assert not now.request.designed
    assert {side.game.id for side in now.sides} == {game.id for game in games}
    page = await running.app.battles.story(battle.id, 0, server=GUILD)
    assert [turn.n for turn in page.turns] == [1, 2]
    sharp = next(side.choice for side in now.sides if side.game.id == games[0].id)
    await vote(running, battle, 1, sharp)
    await running.app.battles.close(battle.id, by=HOST, is_host=False, server=GUILD)
    await shows(running, battle, "result")
    (result,) = running.battle_presenter.results
    assert result.tally == {sharp: 1}
    assert sorted(result.distances) == [0, 1]
    assert (len(running.provider.submitted), len(running.game_presenter.posts)) == (calls, posts)
    for game in games:
        after = await running.app.games.get(game.id, server=GUILD)
        assert (after.steps, after.state, after.place) == (game.steps, game.state, game.place)


@pytest.mark.parametrize(
    ("change", "asked", "words"),
    [
        ({}, {"game_b": 1}, "A game cannot be set against itself"),
        ({"t2i": "painter"}, {}, "Games #1 and #2 were played by the same pair, painter × critic"),
        ({"prompt": "two hats"}, {}, "Games #1 and #2 began with different prompts"),
        ({"turns": 1}, {}, "Games #1 and #2 have 2 and 1 turns"),
    ],
)
async def test_games_that_say_nothing_of_each_other_do_not_meet(running, change, asked, words):
    await played(running)
    await played(running, **{"t2i": "stickers", **change})
    with pytest.raises(BadInput, match=words):
        await running.app.battles.versus(replace(VERSUS, **asked))
    assert await running.app.battles.unfinished(GUILD) == []


async def test_games_that_are_unfinished_hidden_or_voided_do_not_meet(running):
    first, _ = await two(running)
    running.provider.delay = 5
    third = await running.app.games.start(replace(ASKED, t2i="doodles"))
    with pytest.raises(BadInput, match="Game #3 was not played to its end"):
        await running.app.battles.versus(replace(VERSUS, game_b=3))
    await running.app.games.stop(third.id, by=3, is_host=True, server=GUILD)
    await running.app.moderation.report(first.id, StepKey(1, Kind.CAPTION), by=9, reason="violence", server=GUILD)
    with pytest.raises(BadInput, match="A turn of game #1 is hidden"):
        await running.app.battles.versus(VERSUS)
    await running.app.moderation.void(first.id, by=9, is_moderator=True, server=GUILD)
    with pytest.raises(BadInput, match="A moderator voided game #1"):
        await running.app.battles.versus(VERSUS)
    with pytest.raises(NotFound, match="no game number 9 here"):
        await running.app.battles.versus(replace(VERSUS, game_b=9))


async def test_sides_of_an_open_battle_are_not_to_be_found(running):
    await fought(running)
    with pytest.raises(NotFound, match="no game number 1 here"):
        await running.app.battles.versus(VERSUS)


async def test_the_same_games_meet_once_unless_it_came_to_nothing(running):
    await two(running)
    battle = await running.app.battles.versus(VERSUS)
    with pytest.raises(BadInput, match="Games #2 and #1 have met already, in battle 1"):
        await running.app.battles.versus(replace(VERSUS, game_a=2, game_b=1))
    await running.battling.void(battle.id, "It came to nothing.")
    assert (await running.app.battles.versus(VERSUS)).number == 2


async def test_what_was_played_for_adults_is_shown_to_adults_alone(running):
    await running.app.servers.allow_nsfw(GUILD, "age-restricted-only")
    await played(running)
    await played(running, t2i="stickers", age_restricted=True)
    with pytest.raises(NotAllowed, match="age-restricted channel"):
        await match(running.store, VERSUS)
    assert (await match(running.store, replace(VERSUS, age_restricted=True))).request.nsfw
    await running.app.servers.allow_nsfw(GUILD, "block")
    with pytest.raises(NotAllowed, match="age-restricted channel"):
        await match(running.store, replace(VERSUS, age_restricted=True))


async def test_a_turn_that_is_reported_later_goes_from_the_ballot_and_a_voided_game_ends_it(running):
    first, _ = await two(running)
    battle = await shows(running, await running.app.battles.versus(VERSUS), "call")
    letter = next(side.letter for side in battle.sides if side.game.id == first.id)
    assert letter in running.battle_presenter.pictures
    await running.app.moderation.report(first.id, StepKey(2, Kind.PICTURE), by=9, reason="violence", server=GUILD)
    async with asyncio.timeout(LIMIT):
        while letter in running.battle_presenter.pictures:
            await asyncio.sleep(0.02)
    await running.app.moderation.void(first.id, by=9, is_moderator=True, server=GUILD)
    await running.battling.recover()
    assert (await reaches(running, battle, BattleState.VOID)).reason == TAKEN_OUT


async def test_places_are_drawn_by_lot(running):
    await two(running)
    assert {(await match(running.store, VERSUS)).places for _ in range(40)} == {(0, 1), (1, 0)}
    assert Choice.TIE in (await shows(running, await running.app.battles.versus(VERSUS), "call")).choices


async def test_members_open_games_and_mixed_ones_meet_no_other(running):
    await played(running)
    for number, more in enumerate(({"i2t": "human"}, {"t2i": "stickers", "human_step": "1c"}), 2):
        game = await running.app.games.start(replace(ASKED, **more))
        for turn in range(1, game.request.turns + 1):
            key = StepKey(turn, Kind.CAPTION)
            if key in game.request.human_steps:
                await _takes(running, game, key, 100 + turn)
        await running.app.games.closed(game.id, timeout=LIMIT)
        with pytest.raises(BadInput, match="please choose another"):
            await running.app.battles.versus(replace(VERSUS, game_b=number))


async def _takes(running, game, key, member_id):
    async with asyncio.timeout(LIMIT):
        while (
            now := await running.app.games.get(game.id, server=GUILD)
        ).state is not GameState.WAITING or now.next_key != key:
            await asyncio.sleep(0.02)
    await running.app.turns.claim(game.id, key, member_id, server=GUILD)
    await running.app.turns.caption(game.id, key, member_id, "what a member saw", server=GUILD)

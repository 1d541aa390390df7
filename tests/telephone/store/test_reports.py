"""Reports hide a step for every reader, one open at a time for each member and game."""

import asyncio
from datetime import timedelta

import pytest

from telephone.domain.games import HIDDEN, GameState
from telephone.errors import BadInput
from telephone.store import Store
from telephone.store import reports as aggregate
from tests.telephone.store.samples import CAPTION, GUILD, OTHER_GUILD, PICTURE, caption, picture, request


async def played(store: Store, guild_id: int = GUILD):
    game = await store.games.add(request(guild_id))
    await store.steps.keep(game.id, picture())
    await store.steps.keep(game.id, caption())
    for number, what in enumerate(("1p", "1c"), start=1):
        await store.posts.done(game.id, what, number)
    return await store.games.get(game.id)


async def test_a_reported_step_is_hidden_until_it_is_dismissed(store):
    game = await played(store)
    await store.reports.add(game.id, CAPTION, 5, "hate")
    hidden = await store.games.get(game.id)
    assert [step.hidden for step in hidden.steps] == [False, True]
    assert hidden.turns[0].caption.text == "a fox"
    assert (hidden.shown.turns[0].caption.text, hidden.shown.turns[0].caption.raw) == (HIDDEN, HIDDEN)
    assert await store.reports.dismiss(game.id, CAPTION, by=9) == 1
    assert (await store.games.get(game.id)).shown == game


async def test_a_hidden_picture_has_no_address(store):
    game = await played(store)
    await store.reports.add(game.id, PICTURE, 5, "sexual")
    assert (await store.games.get(game.id)).shown.turns[0].picture.image is None


async def test_two_reports_hide_until_both_are_settled_at_once(store):
    game = await played(store)
    for member in (5, 6):
        await store.reports.add(game.id, PICTURE, member, "other")
    assert len(await store.reports.open_on(GUILD)) == 2
    assert await store.reports.dismiss(game.id, PICTURE, by=9) == 2
    assert await store.reports.dismiss(game.id, PICTURE, by=9) == 0
    assert await store.reports.open_on(GUILD) == []


async def test_what_is_upheld_stays_hidden(store):
    game = await played(store)
    await store.reports.add(game.id, PICTURE, 5, "other")
    assert await store.reports.uphold(game.id, by=9) == 1
    assert (await store.games.get(game.id)).steps[0].hidden


async def test_a_member_has_one_open_report_in_a_game_and_never_two_on_a_step(store):
    game, other = await played(store), await played(store)
    await store.reports.add(game.id, PICTURE, 5, "hate")
    with pytest.raises(BadInput, match="already"):
        await store.reports.add(game.id, CAPTION, 5, "hate")
    await store.reports.add(other.id, PICTURE, 5, "hate")
    await store.reports.dismiss(game.id, PICTURE, by=9)
    with pytest.raises(BadInput, match="decided"):
        await store.reports.add(game.id, PICTURE, 5, "hate")
    await store.reports.add(game.id, CAPTION, 5, "hate")


async def test_of_many_reports_at_once_one_is_opened(store):
    game = await played(store)
    both = [store.reports.add(game.id, key, 5, "hate") for key in (PICTURE, CAPTION) * 5]
    results = await asyncio.gather(*both, return_exceptions=True)
    assert sum(result is None for result in results) == 1
    assert sum(isinstance(result, BadInput) for result in results) == 9


async def test_reports_belong_to_their_server(store):
    game = await played(store, OTHER_GUILD)
    await store.reports.add(game.id, PICTURE, 5, "hate")
    assert await store.reports.open_on(GUILD) == []
    assert [report.game_id for report in await store.reports.open_on(OTHER_GUILD)] == [game.id]
    assert await store.posts.at(OTHER_GUILD, 1) == (game.id, "1p")
    assert await store.posts.at(GUILD, 1) is None


async def test_a_message_that_shows_something_else_than_it_should_is_found(store, monkeypatch):
    game = await played(store)
    assert await store.reports.stale() == []
    await store.reports.add(game.id, PICTURE, 5, "hate")
    (first,) = await store.reports.stale(game.id)
    assert (first.game_id, first.key) == (game.id, PICTURE)
    await store.posts.hide(game.id, "1p", True)
    assert await store.reports.stale() == []
    await store.reports.dismiss(game.id, PICTURE, by=9)
    (second,) = await store.reports.stale()
    assert second.version > first.version
    assert second.is_new
    monkeypatch.setattr(aggregate, "NEW_FOR", timedelta(0))
    (old,) = await store.reports.stale()
    assert not old.is_new, "it is tried again, but less often"
    monkeypatch.setattr(aggregate, "STALE_FOR", timedelta(0))
    assert await store.reports.stale() == []


async def test_a_voided_game_says_so_and_its_request_keeps_what_was_allowed(store):
    game = await store.games.add(request(nsfw=True))
    await store.games.move(game.id, GameState.FAILED, only_from=tuple(GameState), reason="voided")
    await store.games.void(game.id)
    voided = await store.games.get(game.id)
    assert (voided.state, voided.voided, voided.request.nsfw) == (GameState.FAILED, True, True)


async def test_the_policy_of_a_server_is_kept(store):
    assert (await store.servers.settings(GUILD)).nsfw == "block"
    assert (await store.servers.change(GUILD, nsfw="age-restricted-only")).nsfw == "age-restricted-only"
    assert (await store.servers.settings(OTHER_GUILD)).nsfw == "block"

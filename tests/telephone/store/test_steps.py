"""Steps: asked once, submitted once, kept once."""

from dataclasses import replace

import pytest

from telephone.domain.budgets import Caps
from telephone.domain.calls import Ticket
from telephone.domain.games import GameState, Image, Step
from telephone.errors import NotFound
from telephone.store import Asked, Order, Store
from telephone.store.steps import Posted
from tests.telephone.store.samples import CAPTION, GUILD, PICTURE, caption, picture, request


async def test_only_the_first_to_ask_is_told_so(store: Store) -> None:
    game = await store.games.add(request())
    first = await store.steps.ask(game.id, PICTURE, "stickers", 11)
    assert (first.first, first.ticket, first.step) == (True, None, None)
    again = await store.steps.ask(game.id, PICTURE, "stickers", 11)
    assert (again.first, again.ticket, again.step) == (False, None, None)
    assert again.asked_at == first.asked_at
    assert (await store.steps.ask(game.id, CAPTION, "spotter-sharp", 12)).first


async def test_a_ticket_is_there_after_a_crash_and_a_later_one_takes_its_place(store: Store) -> None:
    game = await store.games.add(request())
    await store.steps.ask(game.id, PICTURE, "stickers", 11)
    for ticket in (Ticket("pred-1"), Ticket(None, found=True), Ticket(None, maybe_billed_twice=True)):
        await store.steps.keep_ticket(game.id, PICTURE, ticket)
        assert (await store.steps.ask(game.id, PICTURE, "stickers", 11)).ticket == ticket


async def test_after_a_cancelled_submission_the_step_is_asked_anew(store: Store) -> None:
    game = await store.games.add(request())
    await store.steps.ask(game.id, PICTURE, "stickers", 11)
    await store.steps.keep_ticket(game.id, PICTURE, Ticket("pred-1"))
    await store.steps.drop_ticket(game.id, PICTURE)
    anew = await store.steps.ask(game.id, PICTURE, "doodles", 13)
    assert (anew.first, anew.ticket) == (True, None)


async def test_dropping_a_ticket_never_drops_a_kept_step(store: Store) -> None:
    game = await store.games.add(request())
    kept = await store.steps.keep(game.id, picture())
    await store.steps.drop_ticket(game.id, PICTURE)
    assert (await store.steps.ask(game.id, PICTURE, "stickers", 11)).step == kept


async def test_a_step_comes_back_with_all_that_is_known_of_it(store: Store) -> None:
    game = await store.games.add(request())
    step = Step(
        CAPTION,
        "moondream2",
        seed=2**31 - 1,
        text="a fox",
        raw="Caption: a fox",
        reference="pred-9",
        parameters={"temperature": 0.2, "stop": ["."], "nested": {"é": None}},
        latency_ms=1_234,
        cost_usd=0.0006,
        cost_estimated=True,
    )
    assert await store.steps.keep(game.id, step) == step
    assert (await store.games.get(game.id)).turns[0].caption == step


async def test_the_first_kept_step_wins(store: Store) -> None:
    game = await store.games.add(request())
    await store.steps.ask(game.id, CAPTION, "spotter-sharp", 12)
    await store.steps.keep_ticket(game.id, CAPTION, Ticket("pred-1"))
    assert await store.steps.keep(game.id, caption(text="a fox")) == caption(text="a fox")
    assert await store.steps.keep(game.id, caption(text="a wolf")) == caption(text="a fox")
    asked = await store.steps.ask(game.id, CAPTION, "spotter-sharp", 12)
    assert (asked.first, asked.ticket, asked.step) == (False, Ticket("pred-1"), caption(text="a fox"))


async def test_a_kept_step_knows_the_message_that_shows_it(store: Store) -> None:
    game = await store.games.add(request())
    await store.steps.keep(game.id, picture())
    await store.posts.done(game.id, "1p", 4711)
    assert (await store.steps.keep(game.id, picture())).message_id == 4711


async def test_a_step_belongs_to_a_game(store: Store) -> None:
    game = await store.games.add(request())
    for call in (
        store.steps.ask("feedbeef", PICTURE, "stickers", 1),
        store.steps.keep("feedbeef", picture()),
        store.steps.keep_ticket("feedbeef", PICTURE, Ticket()),
        store.steps.keep_ticket(game.id, PICTURE, Ticket()),  # nobody was asked
    ):
        with pytest.raises(NotFound):
            await call


async def test_a_run_asks_only_while_it_may_go_on(store: Store) -> None:
    game = await store.games.add(request())

    async def ask(run: int = 0) -> Asked | None:
        return await store.steps.ask_in_run(game.id, run, PICTURE, "stickers", seed=11, stake=0.0)

    assert await ask() is None, "it is queued"
    await store.games.move(game.id, GameState.PLAYING, only_from=[GameState.QUEUED])
    assert await ask(run=1) is None
    await store.servers.pause_everywhere(True)
    assert await ask() is None
    await store.servers.pause_everywhere(False)
    await store.servers.change(GUILD, paused=True)
    assert await ask() is None
    await store.servers.change(GUILD, paused=False)
    first = await ask()
    assert first is not None
    assert first.first
    again = await ask()
    assert again is not None
    assert (again.first, again.asked_at) == (False, first.asked_at)


async def test_what_belongs_to_a_step_is_stored_with_it(store: Store) -> None:
    game = await store.games.add(request())
    image = Image(b"a picture", "image/png", 8, 6)
    step = replace(picture(), image=image.sha256)
    kept = await store.steps.keep_and_begin(game.id, step, image, "1p")
    assert (kept.step, kept.post.message_id, kept.post.again) == (step, None, False)
    again = await store.steps.keep_and_begin(game.id, replace(step, image="cd" * 32), None, "1p")
    assert (again.step, again.post.began_at, again.post.again) == (step, kept.post.began_at, True)
    unseen = await store.steps.keep_and_begin(game.id, caption(), None, None)
    assert unseen.post is None
    assert await store.posts.find(game.id, "1c") is None
    assert (await store.images.get(image.sha256)).size == len(image.data)


async def test_the_message_before_is_stored_with_the_next_question(store: Store) -> None:
    game = await store.games.add(request())
    await store.games.move(game.id, GameState.PLAYING, only_from=[GameState.QUEUED])
    await store.steps.keep_and_begin(game.id, picture(), None, "1p")
    await store.steps.ask_in_run(game.id, 0, CAPTION, "spotter-sharp", seed=12, stake=0.0, posted=Posted("1p", 4711))
    assert (await store.games.get(game.id)).steps[0].message_id == 4711
    await store.posts.forget(game.id, "1p")
    await store.steps.posted(game.id, Posted("1p", 4711))
    assert await store.posts.find(game.id, "1p") is None, "its thread is gone, and it is to be posted anew"


async def test_a_dropped_call_is_off_the_books_and_one_more_is_counted_only_where_it_is_covered(store):
    game = await store.games.add(request(), Order(0.05, Caps(1.0, 1.0, 1.0)))
    await store.games.move(game.id, GameState.PLAYING, only_from=[GameState.QUEUED])

    async def asked():
        return await store.steps.ask_in_run(game.id, 0, PICTURE, "painter", seed=11, stake=0.02)

    assert [one.overdrawn for one in (await asked(), await asked(), await asked())] == [False, False, True]
    assert (await store.games.get(game.id)).costs.doubted == pytest.approx(0.02)  # one of the two is under way
    await store.steps.drop_ticket(game.id, PICTURE)
    assert (await store.games.get(game.id)).costs.doubted == 0
    assert (await asked()).times == 1

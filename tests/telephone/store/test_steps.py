"""Steps: asked once, submitted once, kept once."""

import pytest

from telephone.domain.calls import Ticket
from telephone.domain.games import Step
from telephone.errors import NotFound
from telephone.store import Store
from tests.telephone.store.samples import CAPTION, PICTURE, caption, picture, request


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

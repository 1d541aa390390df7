"""A server's own prompts: proposed once, within bounds, under numbers that are never given twice."""

import asyncio
from itertools import cycle, islice

import pytest
from sqlalchemy.exc import IntegrityError

from telephone.domain.games import Level, Prompt
from telephone.errors import BadInput, NotFound, OverBudget
from telephone.store import Bounds, Store
from telephone.store.prompts import hash_of
from tests.telephone.store.samples import GUILD, OTHER_GUILD

BOUNDS = Bounds(member=3, server=5)


async def propose(store: Store, text: str = "a fox in the snow", guild_id: int = GUILD, *, by: int | None = 5, **more):
    return await store.prompts.propose(guild_id, text, more.pop("level", None), BOUNDS, author_id=by, **more)


async def test_a_proposal_is_kept_with_its_author_and_waits(store):
    made = await propose(store, level=Level.HARD)
    assert await store.prompts.get(GUILD, 1) == made
    assert (made.number, made.slug, made.state, made.author_id, made.writer) == (1, "#ours-001", "waiting", 5, None)
    assert made.prompt == Prompt("a fox in the snow", Level.HARD, "#ours-001")
    assert await store.prompts.of_state(GUILD, "waiting") == [made]
    assert await store.prompts.of_state(GUILD, "accepted") == []
    written = await propose(store, "a tin robot", by=None, writer="gpt-chat")
    assert (await store.prompts.get(GUILD, 2)).writer == written.writer == "gpt-chat"


async def test_a_proposal_is_settled_once(store):
    await propose(store)
    assert await store.prompts.settle(GUILD, 1, "accepted", only_from="waiting", level=Level.EASY)
    assert not await store.prompts.settle(GUILD, 1, "declined", only_from="waiting")
    assert (await store.prompts.get(GUILD, 1)).prompt == Prompt("a fox in the snow", Level.EASY, "#ours-001")
    assert await store.prompts.settle(GUILD, 1, "removed", only_from="accepted")
    assert await store.prompts.of_state(GUILD, "accepted") == []
    assert (await store.prompts.get(GUILD, 1)).level is Level.EASY
    with pytest.raises(NotFound):
        await store.prompts.settle(GUILD, 2, "accepted", only_from="waiting", level=Level.EASY)


async def test_an_accepted_prompt_has_a_level(store):
    await propose(store)
    with pytest.raises(IntegrityError):
        await store.prompts.settle(GUILD, 1, "accepted", only_from="waiting")
    await propose(store, "a tin robot", level=Level.MEDIUM)
    assert await store.prompts.settle(GUILD, 2, "accepted", only_from="waiting")


@pytest.mark.parametrize("twin", ["A fox, in the SNOW!", "  a fox in\nthe snow. ", "a fox in the snow"])
async def test_words_that_wait_or_are_accepted_are_not_taken_again(store, twin):
    await propose(store)
    with pytest.raises(BadInput, match="wait for a moderator already, as #ours-001"):
        await propose(store, twin, by=6)
    await store.prompts.settle(GUILD, 1, "accepted", only_from="waiting", level=Level.EASY)
    with pytest.raises(BadInput, match="on the list already, as #ours-001"):
        await propose(store, twin, by=6)


@pytest.mark.parametrize("end", ["declined", "removed"])
async def test_words_that_were_declined_or_removed_may_come_again_under_a_number_of_their_own(store, end):
    await propose(store, level=Level.EASY)
    if end == "removed":
        await store.prompts.settle(GUILD, 1, "accepted", only_from="waiting")
    await store.prompts.settle(GUILD, 1, end, only_from="waiting" if end == "declined" else "accepted")
    assert (await propose(store)).number == 2


async def test_a_number_is_given_back_by_what_is_refused_and_never_by_what_is_gone(store):
    await propose(store)
    with pytest.raises(BadInput):
        await propose(store)
    assert (await propose(store, "a tin robot")).number == 2
    await store.prompts.settle(GUILD, 2, "declined", only_from="waiting")
    assert (await propose(store, "a wet dog")).number == 3


async def test_so_many_wait_of_one_member_and_so_many_of_all(store):
    for n in range(3):
        await propose(store, f"scene {n}")
    with pytest.raises(OverBudget, match="3 of your prompts"):
        await propose(store, "scene 3")
    await propose(store, "scene 3", by=6)
    await propose(store, "scene 4", by=None, writer="gpt-chat")
    with pytest.raises(OverBudget, match="5 prompts wait for this server"):
        await propose(store, "scene 5", by=7)
    await store.prompts.settle(GUILD, 1, "declined", only_from="waiting")
    assert (await propose(store, "scene 5")).number == 6


async def test_servers_have_prompts_of_their_own(store):
    await propose(store)
    await propose(store, guild_id=OTHER_GUILD)
    assert [one.number for one in await store.prompts.of_state(OTHER_GUILD, "waiting")] == [1]
    await store.prompts.settle(GUILD, 1, "declined", only_from="waiting")
    assert (await store.prompts.get(OTHER_GUILD, 1)).state == "waiting"


async def test_of_twenty_who_propose_the_same_at_once_one_is_heard(url: str) -> None:
    async with await Store.open(url) as one, await Store.open(url) as two:
        stores = list(islice(cycle((one, two)), 20))
        same = [propose(store, by=n) for n, store in enumerate(stores)]
        results = await asyncio.gather(*same, return_exceptions=True)
        assert sum(isinstance(result, BadInput) for result in results) == 19
        others = [propose(store, f"scene {n}", by=n) for n, store in enumerate(stores)]
        results = await asyncio.gather(*others, return_exceptions=True)
        assert sum(isinstance(result, OverBudget) for result in results) == 16
        assert [proposal.number for proposal in await one.prompts.of_state(GUILD, "waiting")] == [1, 2, 3, 4, 5]


def test_texts_without_letters_are_told_apart():
    assert hash_of("🦊🕰️🔧") != hash_of("🦊🕰️")
    assert hash_of("狐が時計を直す") != hash_of("狐が本を直す")
    assert hash_of("a fox") == hash_of("A  fox!")

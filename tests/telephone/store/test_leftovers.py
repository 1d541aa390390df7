"""What a deletion could not take back stays with its order, and with whose it is, until nothing of it stands."""

from telephone.domain.deletions import Erasure
from tests.telephone.store.lives import WORDS, live

ANN = 1_100_000_000_000_000_001


async def test_what_is_out_of_reach_is_kept_through_the_end_and_no_longer(store):
    await live(store, ANN, WORDS)
    order = await store.erasures.order(ANN)
    reach = await store.erasures.erase(order.id)
    game, other = reach.games[:2]
    await store.erasures.note(order.id, game, 71)
    await store.erasures.note(order.id, other, 72)
    await store.erasures.note(order.id, other, None)
    assert await store.erasures.out_of_reach(ANN) == [71]
    assert await store.erasures.leftovers() == [], "it has not ended"
    await store.erasures.forget(order.id)
    await store.erasures.end(order.id)
    assert await store.erasures.unended() == []
    (left,) = await store.erasures.leftovers()
    assert isinstance(left, Erasure)
    assert (left.id, left.member_id, left.left, left.reach.entries) == (order.id, ANN, {game: 71}, [game])
    assert (await store.erasures.erase(order.id)).entries == [game], "a later attempt finds what is left"
    assert (await store.erasures.order(ANN)).id != order.id, "a new order is another"
    await store.erasures.note(order.id, game, None)
    await store.erasures.forget(order.id)
    assert await store.erasures.out_of_reach(ANN) == []
    assert (await store.erasures.get(order.id)).member_id is None

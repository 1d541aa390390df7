"""What a battle did to the board: its own pairs, before and after, whatever happens later."""

from datetime import UTC, datetime, timedelta

from telephone.domain.battles import Choice
from telephone.domain.games import Pair
from telephone.domain.polls import CHOICES, Poll
from telephone.leaderboards.rating_change import swings, told
from tests.support.polled import packed

SHARP, HAZY, THIRD = (
    Pair("stickers", "spotter-sharp"),
    Pair("stickers", "spotter-hazy"),
    Pair("doodles", "spotter-hazy"),
)
MOMENT = datetime(2026, 11, 1, tzinfo=UTC)


def poll(number: int, chosen: str, *pairs: Pair) -> Poll:
    votes = [(member, CHOICES.index(Choice(letter))) for member, letter in enumerate(chosen, start=1)]
    sides = tuple(enumerate(pairs or (SHARP, HAZY)))
    closed = MOMENT + timedelta(hours=number)
    return Poll(f"b{number}", closed, f"#easy-{number:03}", sides, packed(votes))


def test_the_first_battle_puts_its_pairs_on_the_board_and_leaves_them_provisional():
    first, second = swings([poll(1, "a" * 28 + "bb")], "b1")
    assert (first.pair, second.pair) == (SHARP, HAZY)
    assert first.before is None
    assert first.after.rating.estimate > 1000 > second.after.rating.estimate
    assert first.after.provisional
    assert second.after.provisional
    words = told([first, second])
    assert words.startswith("On the board by votes: stickers × spotter-sharp new at 1")
    assert "provisional" in words
    assert "all votes of one battle judged the same pictures" in words


def test_a_later_battle_tells_where_its_pairs_stood_and_names_no_others():
    polls = [poll(1, "aaab"), poll(2, "bbba", SHARP, THIRD), poll(3, "aabb")]
    found = swings(polls, "b2")
    assert {swing.pair for swing in found} == {SHARP, THIRD}
    by_pair = {swing.pair: swing for swing in found}
    assert by_pair[THIRD].before is None
    assert by_pair[SHARP].before is not None
    assert by_pair[SHARP].before.battles == 1
    assert by_pair[SHARP].after.battles == 2
    assert f"{by_pair[SHARP].before.rating.estimate:.0f} → {by_pair[SHARP].after.rating.estimate:.0f}" in told(found)


def test_what_a_battle_did_does_not_change_with_battles_that_close_later():
    then = swings([poll(1, "aaab"), poll(2, "abbb")], "b2")
    now = swings([poll(1, "aaab"), poll(2, "abbb"), poll(3, "b" * 20)], "b2")
    assert told(then) == told(now)


def test_a_battle_without_votes_did_nothing():
    assert swings([poll(1, "aaab"), poll(2, "")], "b2") == ()
    assert told(()) == ""

"""Who has which album in which round, how many rounds there are, and what albums are awarded for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephone.domain.parties import (
    GUESTS_MAX,
    GUESTS_MIN,
    Award,
    album_before,
    awards,
    key_of_round,
    player_of,
    rounds_for,
)

guests = st.integers(GUESTS_MIN, GUESTS_MAX)
far = st.floats(0, 2, allow_nan=False)


@st.composite
def tables(draw):
    """How many chairs and rounds a party has, as it is asked for."""
    chairs = draw(guests)
    return chairs, rounds_for(chairs, draw(st.none() | st.integers(2, GUESTS_MAX)))


@given(tables())
def test_in_every_round_each_member_has_one_album_and_each_album_one_member(table):
    chairs, rounds = table
    for round_ in range(1, rounds + 1):
        players = [player_of(album, round_, chairs, rounds) for album in range(chairs)]
        assert sorted(players) == list(range(chairs))


@given(tables())
def test_nobody_meets_an_album_twice(table):
    chairs, rounds = table
    for album in range(chairs):
        players = [player_of(album, round_, chairs, rounds) for round_ in range(1, rounds + 1)]
        assert len(set(players)) == rounds


@given(tables())
def test_nobody_meets_their_own_but_with_as_many_rounds_as_members_where_they_begin_with_it(table):
    chairs, rounds = table
    for album in range(chairs):
        own = [round_ for round_ in range(1, rounds + 1) if player_of(album, round_, chairs, rounds) == album]
        assert own == ([1] if rounds == chairs else [])


@given(tables(), st.data())
def test_the_album_before_a_chair_is_the_one_whose_player_sits_there(table, data):
    chairs, rounds = table
    album, round_ = data.draw(st.integers(0, chairs - 1)), data.draw(st.integers(1, rounds))
    assert album_before(player_of(album, round_, chairs, rounds), round_, chairs, rounds) == album


@pytest.mark.parametrize(
    ("members", "asked", "rounds"), [(4, None, 4), (4, 2, 2), (4, 12, 4), (5, None, 4), (3, None, 2), (12, 7, 6)]
)
def test_rounds_are_whole_turns_and_not_more_than_members(members, asked, rounds):
    assert rounds_for(members, asked) == rounds


def test_rounds_draw_and_describe_in_turn():
    assert [str(key_of_round(round_)) for round_ in range(1, 5)] == ["1p", "1c", "2p", "2c"]


def test_the_album_that_ends_furthest_and_the_one_that_ends_nearest_are_awarded():
    found = awards({1: [0.2, 0.71], 2: [0.9, 0.4], 3: [0.1, 0.31]}, "MiniLM")
    assert found.furthest == Award((1,), 0.71)
    assert found.faithful == Award((3,), 0.31)
    assert (found.embedder, found.all_tie, found.distances[2]) == ("MiniLM", False, (0.9, 0.4))


def test_albums_that_are_equal_to_the_decimals_shown_share_an_award():
    found = awards({1: [0.501], 2: [0.499], 4: [0.1]})
    assert found.furthest == Award((1, 2), 0.5)
    assert awards({1: [0.301], 2: [0.299]}).all_tie


def test_nothing_is_awarded_to_one_album_or_to_none():
    assert awards({}).furthest is None
    assert awards({1: [0.3], 2: []}).faithful is None


@given(st.dictionaries(st.integers(1, 12), st.lists(far, min_size=1, max_size=6), min_size=2))
def test_no_album_ends_further_than_the_furthest_or_nearer_than_the_most_faithful(distances):
    found = awards(distances)
    for ends in (round(line[-1], 2) for line in distances.values()):
        assert found.faithful.distance <= ends <= found.furthest.distance


def test_an_album_whose_end_is_not_known_gets_no_award():
    found = awards({1: [0.2, None], 2: [None, 0.4], 3: [0.1, 0.31]}, "MiniLM")
    assert (found.furthest, found.faithful) == (Award((2,), 0.4), Award((3,), 0.31))
    assert found.distances[1] == (0.2, None)
    assert awards({1: [None], 2: [0.3]}).furthest is None

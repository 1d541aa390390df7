"""How curves are told apart by those who see no colours, and on both grounds."""

from itertools import product

import pytest

from telephone.media.charts.strokes import factors, strokes
from telephone.media.charts.style import INKS
from tests.telephone.media.charts.geometry import contrast

INK = INKS["light"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_colour_stands_out_from_its_ground(theme: str) -> None:
    ink = INKS[theme]  # type: ignore[index]
    assert all(contrast(colour, ink.ground) >= 3 for colour in (*ink.series, ink.line, ink.jump, ink.rest))
    assert all(contrast(colour, ink.ground) >= 4.5 for colour in (ink.text, ink.quiet))


@pytest.mark.parametrize(("t2i", "i2t"), [(3, 4), (5, 7), (1, 12), (12, 1), (7, 5), (1, 1)])
def test_no_two_pairs_look_the_same(t2i: int, i2t: int) -> None:
    looks = strokes([f"t{a} × i{b}" for a, b in product(range(t2i), range(i2t))], INK)
    assert len(looks) == len(set(looks.values())) == t2i * i2t


def test_a_painter_is_a_colour_and_a_teller_a_marker_where_several_meet() -> None:
    looks = strokes(["b × y", "a × x", "a × y", "b × x"], INK)
    assert looks["a × x"].colour == looks["a × y"].colour != looks["b × x"].colour
    assert looks["a × x"].marker == looks["b × x"].marker != looks["a × y"].marker
    assert looks["a × x"].dashes != looks["a × y"].dashes


def test_pairs_with_one_painter_differ_in_colour_too() -> None:
    looks = strokes(["a × x", "a × y"], INK)
    assert len({look.colour for look in looks.values()}) == 2


@pytest.mark.parametrize(
    "names", [["a × x", "a × y"], ["a × x", "b"], ["a × b × c", "d × e"], [f"{k} × {k}" for k in range(9)]]
)
def test_names_without_two_models_of_each_kind_have_no_factors(names: list[str]) -> None:
    assert factors(names, INK) is None

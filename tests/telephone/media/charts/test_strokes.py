"""How curves are told apart by those who see no colours, and on both grounds."""

from itertools import combinations, product

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from telephone.media.charts.strokes import factors, strokes
from telephone.media.charts.style import INKS
from tests.telephone.media.charts.geometry import contrast

pytestmark = pytest.mark.slow

INK = INKS["light"]
DEFICIENCIES = {
    "all cones": np.eye(3),
    "no red cones": np.array([[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]]),
    "no green cones": np.array([[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]]),
    "no blue cones": np.array([[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]]),
}
"""What is left of linear RGB (Machado, Oliveira and Fernandes 2009, IEEE TVCG 15:1291-1298, severity 1)."""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_colour_stands_out_from_its_ground(theme: str) -> None:
    ink = INKS[theme]  # type: ignore[index]
    assert all(contrast(colour, ink.ground) >= 3 for colour in (*ink.series, ink.line, ink.jump, ink.rest))
    assert all(contrast(colour, ink.ground) >= 4.5 for colour in (ink.text, ink.quiet))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("seen", DEFICIENCIES.values(), ids=DEFICIENCIES.keys())
def test_colours_stay_apart_for_those_who_see_fewer(seen: np.ndarray, theme: str) -> None:
    colours = [_lab(seen @ _linear(colour)) for colour in INKS[theme].series]  # type: ignore[index]
    assert min(np.linalg.norm(one - other) for one, other in combinations(colours, 2)) > 15


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


def _linear(colour: str) -> np.ndarray:
    return np.array([c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)])


def _lab(linear: np.ndarray) -> np.ndarray:
    """CIE 1976 L*a*b* of linear sRGB under D65."""
    to_xyz = np.array([[0.4125, 0.3576, 0.1804], [0.2127, 0.7152, 0.0722], [0.0193, 0.1192, 0.9503]])
    xyz = to_xyz @ np.clip(linear, 0, 1) / np.array([0.9505, 1.0, 1.0888])
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])

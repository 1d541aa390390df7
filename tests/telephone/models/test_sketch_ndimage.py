"""The offline players' image functions give exactly what scipy.ndimage gives, without importing it."""

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from scipy import ndimage as theirs

from telephone.models.sketch import ndimage as ours

SHAPES = ((1, 1), (1, 9), (7, 1), (3, 5), (64, 64), (117, 203))


def masks() -> list[Any]:
    """Shapes of every density, with noise, blocks, and everything or nothing."""
    rng = np.random.default_rng(3)
    noise = [rng.uniform(size=shape) < share for shape in SHAPES for share in (0.0, 0.1, 0.4, 0.6, 0.95, 1.0)]
    blocks = np.kron(rng.uniform(size=(16, 20)) < 0.5, np.ones((9, 7), bool)).astype(bool)
    return [*noise, blocks, blocks[3:-2, 5:-9], blocks.T]


@pytest.mark.parametrize("times", [1, 2, 3, 8, 12])
def test_shapes_grow_and_shrink_as_scipys_do(times: int) -> None:
    full = np.ones((3, 3), bool)
    for mask in masks():
        for name in ("binary_dilation", "binary_erosion", "binary_closing"):
            own, other = getattr(ours, name), getattr(theirs, name)
            assert np.array_equal(own(mask, iterations=times), other(mask, iterations=times))
            expected = other(mask, structure=full, iterations=times)
            assert np.array_equal(own(mask, iterations=times, square=True), expected)
        opened = theirs.binary_opening(mask, iterations=times)
        assert np.array_equal(ours.binary_opening(mask, iterations=times), opened)


def test_parts_are_numbered_as_scipy_numbers_them() -> None:
    for mask in masks():
        assert np.array_equal(ours.binary_fill_holes(mask), theirs.binary_fill_holes(mask))
        for square, structure in ((False, None), (True, np.ones((3, 3), bool))):
            labels, count = ours.label(mask, square=square)
            expected, other_count = theirs.label(mask, structure=structure)
            assert (count, labels.dtype) == (other_count, expected.dtype)
            assert np.array_equal(labels, expected)
            assert ours.find_objects(labels) == theirs.find_objects(expected)


def test_distances_are_those_of_scipy() -> None:
    for mask in masks():
        assert np.array_equal(ours.distance_transform_edt(mask), theirs.distance_transform_edt(mask))


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_blurred_and_enlarged_values_are_those_of_scipy(kind: Any) -> None:
    rng = np.random.default_rng(5)
    for shape in ((34, 34), (64, 64), (65, 120)):
        values = rng.normal(0, 1, shape).astype(kind)
        for sigma in (0.7, 3, 7):
            assert np.array_equal(ours.gaussian_filter(values, sigma), theirs.gaussian_filter(values, sigma))
            expected = theirs.gaussian_filter1d(values, sigma, axis=0, mode="nearest")
            assert np.array_equal(ours.gaussian_filter1d(values, sigma, axis=0, mode="nearest"), expected)
        for factor in (8, 512 / 34):
            assert np.array_equal(ours.zoom(values, factor), theirs.zoom(values, factor, order=1))


def test_the_players_do_not_import_what_scipy_brings_along() -> None:
    heavy = ("scipy.ndimage", "scipy.special", "numpy.f2py", "numpy.testing", "unittest")
    code = (
        "import sys; from telephone.models.sketch import SketchArtist, Spotter\n"
        "picture = SketchArtist('stickers').draw('a fox on a hill', 3); Spotter('sharp').describe(picture)\n"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"

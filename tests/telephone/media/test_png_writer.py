"""A PNG that is written here is what any reader of PNGs takes it for."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import Image as pil

from telephone.media.images import verify
from telephone.media.png_writer import png_of

SIDES = st.tuples(st.integers(1, 40), st.integers(1, 40), st.just(3))


@given(arrays(np.uint8, SIDES))
def test_a_reader_finds_the_same_pixels(pixels: np.ndarray) -> None:
    with pil.open(io.BytesIO(png_of(pixels))) as opened:
        opened.load()
        assert (opened.format, opened.mode) == ("PNG", "RGB")
        assert np.array_equal(np.asarray(opened), pixels)


def test_it_is_a_sound_file_and_always_the_same_one() -> None:
    pixels = np.random.default_rng(7).integers(0, 255, (33, 65, 3), np.uint8)
    data = png_of(pixels)
    assert data == png_of(pixels[:, :])
    assert (verify(data).width, verify(data).height) == (65, 33)


@given(array_shapes(min_dims=1, max_dims=4, max_side=5).filter(lambda shape: len(shape) != 3 or shape[2] != 3))
def test_what_is_not_rgb_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  numpy's own words
        png_of(np.zeros(shape, np.uint8))

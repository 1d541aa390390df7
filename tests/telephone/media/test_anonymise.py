"""Pictures of a battle: whatever came, what goes out tells nothing but what it shows."""

import io

import numpy as np
import pytest
from PIL import Image as pil
from PIL.PngImagePlugin import PngInfo

from telephone.domain.games import Image
from telephone.errors import BadOutput
from telephone.media.anonymise import SIDE, alike
from telephone.media.images import verify


def file(size: tuple[int, int], format_: str, **options: object) -> Image:
    pixels = pil.new("RGB", size, (200, 30, 30))
    out = io.BytesIO()
    pixels.save(out, format_, **options)
    return verify(out.getvalue())


def secret() -> PngInfo:
    info = PngInfo()
    info.add_text("Software", "dalle2")
    return info


@pytest.mark.parametrize(
    ("size", "format_", "options"),
    [
        ((512, 512), "PNG", {"pnginfo": secret()}),
        ((1024, 768), "JPEG", {"quality": 40, "comment": b"dalle2"}),
        ((300, 900), "WEBP", {"exif": b"Exif\x00\x00dalle2"}),
        ((64, 64), "GIF", {"comment": b"dalle2"}),
        ((1, 2_000), "PNG", {}),
    ],
)
def test_every_picture_becomes_a_bare_square_png_of_one_size(size, format_, options):
    made = alike(file(size, format_, **options))
    assert (made.media_type, made.width, made.height) == ("image/png", SIDE, SIDE)
    with pil.open(io.BytesIO(made.data)) as opened:
        assert (opened.format, opened.mode, opened.size, opened.info) == ("PNG", "RGB", (SIDE, SIDE), {})
    assert b"dalle2" not in made.data
    kinds = [made.data[at + 4 : at + 8] for at in _chunks(made.data)]
    assert set(kinds) == {b"IHDR", b"IDAT", b"IEND"}


def _chunks(png: bytes) -> list[int]:
    at, found = 8, []
    while at < len(png):
        found.append(at)
        at += 12 + int.from_bytes(png[at : at + 4], "big")
    return found


def test_the_whole_picture_is_there_in_the_middle_and_nothing_is_bent():
    made = alike(file((400, 200), "PNG"), side=400)
    pixels = np.asarray(pil.open(io.BytesIO(made.data)))
    assert (pixels[100:300] == (200, 30, 30)).all()
    assert (pixels[:99] == (43, 45, 49)).all()
    assert (pixels[301:] == (43, 45, 49)).all()


def test_the_same_picture_is_the_same_file():
    assert alike(file((64, 64), "PNG")).data == alike(file((64, 64), "PNG")).data


def test_what_is_no_picture_is_refused():
    with pytest.raises(BadOutput):
        alike(Image(b"not a picture"))


def test_a_letter_stands_above_the_picture_and_covers_nothing_of_it():
    a, b = (np.asarray(pil.open(io.BytesIO(alike(file((64, 64), "PNG"), mark).data))) for mark in ("A", "B"))
    rows, columns = np.nonzero((a != b).any(axis=2))
    red = np.nonzero((a == (200, 30, 30)).all(axis=2))
    assert rows.max() < red[0].min()
    assert SIDE * 0.4 < columns.min() < columns.max() < SIDE * 0.6
    assert len(red[0]) == (SIDE - red[0].min()) ** 2

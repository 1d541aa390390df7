"""Plain PNGs are taken without a full decode exactly where a full decode would take them."""

import io
import random
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as pil
from PIL.PngImagePlugin import PngImageFile

from telephone.errors import BadOutput
from telephone.media import images
from telephone.media.containers import Broken
from telephone.media.images import verify
from telephone.media.png_pixels import size_of_plain

ENOUGH = 10**6


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def rows_of(width: int, height: int, seed: int = 1) -> bytes:
    """Rows of noise, each with one of the five filters."""
    dice = random.Random(seed)
    return b"".join(bytes([row % 5]) + dice.randbytes(3 * width) for row in range(height))


def png(
    rows: bytes,
    size: tuple[int, int] = (40, 30),
    form: tuple[int, ...] = (8, 2, 0, 0, 0),
    *,
    pieces: int = 3,
    packed: bytes | None = None,
    between: bytes = b"",
) -> bytes:
    """A PNG of these rows in so many IDAT chunks; `packed` stands for the compressed rows, `between` before them."""
    body = zlib.compress(rows) if packed is None else packed
    cut = -(-len(body) // pieces)
    parts = (chunk(b"IDAT", body[at : at + cut]) for at in range(0, len(body), cut))
    head = chunk(b"IHDR", struct.pack(">2I5B", *size, *form))
    return b"\x89PNG\r\n\x1a\n" + head + between + b"".join(parts) + chunk(b"IEND", b"")


def with_broken(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0x5A]) + data[at + 1 :]


@pytest.mark.parametrize("pieces", [1, 2, 7, 500])
@pytest.mark.parametrize("size", [(40, 30), (1, 1), (1, 200), (333, 2), (200, 111)])
def test_a_plain_png_is_taken_however_its_rows_are_packed(size: tuple[int, int], pieces: int) -> None:
    data = png(rows_of(*size), size, pieces=pieces)
    assert size_of_plain(data, ENOUGH) == size
    image = verify(data)
    assert (image.data, image.width, image.height, image.media_type) == (data, *size, "image/png")


def test_a_plain_png_is_taken_without_a_full_decode(monkeypatch: pytest.MonkeyPatch) -> None:
    def decode(*_: object) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr(images, "_decode", decode)
    out = io.BytesIO()
    noise = np.random.default_rng(5).integers(0, 256, (300, 200, 3), dtype=np.uint8)
    pil.fromarray(noise).save(out, "PNG", optimize=True)
    assert verify(out.getvalue()).data == out.getvalue()


ROWS = rows_of(40, 30)
HEAD = 8  # where the first chunk begins
BROKEN = {
    "a byte short": png(ROWS[:-1]),
    "a row too many": png(ROWS + ROWS[:121]),
    "no filter of that number": png(ROWS[: 121 * 7] + b"\x05" + ROWS[121 * 7 + 1 :]),
    "a sum that differs": png(ROWS, packed=with_broken(zlib.compress(ROWS), -2)),
    "cut short": png(ROWS, packed=zlib.compress(ROWS)[:-5]),
    "bytes after the rows": png(ROWS, packed=zlib.compress(ROWS) + b"tail"),
    "not compressed": png(ROWS, packed=ROWS),
    "a damaged head": with_broken(png(ROWS), HEAD + 8 + 13),
    "no width": png(ROWS, (0, 30)),
    "rows of another width": png(ROWS, (39, 30)),
    "a bomb": png(ROWS, packed=zlib.compress(bytes(50 * 10**6))),
    "cut off": png(ROWS)[:-20],
    "only a head": png(ROWS)[:HEAD],
}
OTHERS = {
    "grey": png(rows_of(40, 30)[: 41 * 30], form=(8, 0, 0, 0, 0)),
    "alpha": png(ROWS, form=(8, 6, 0, 0, 0)),
    "16 bits": png(ROWS, form=(16, 2, 0, 0, 0)),
    "interlaced": png(ROWS, form=(8, 2, 0, 0, 1)),
    "a transparent colour": png(ROWS, between=chunk(b"tRNS", bytes(6))),
    "a palette beside": png(ROWS, between=chunk(b"PLTE", bytes(9))),
    "two heads": png(ROWS, between=chunk(b"IHDR", struct.pack(">2I5B", 40, 30, 8, 2, 0, 0, 0))),
}


@pytest.mark.parametrize("what", [*BROKEN, *OTHERS])
def test_anything_else_is_left_to_a_decoder(what: str) -> None:
    assert size_of_plain((BROKEN | OTHERS)[what], ENOUGH) is None


def test_more_pixels_than_allowed_are_left_to_whoever_says_so() -> None:
    assert size_of_plain(png(ROWS), 1200) == (40, 30)
    assert size_of_plain(png(ROWS), 1199) is None


@pytest.mark.parametrize("rows", [1, 29])
def test_a_png_without_its_last_rows_is_refused(rows: int) -> None:
    with pytest.raises(BadOutput):
        verify(png(ROWS[: 121 * rows]))


@pytest.mark.parametrize("what", ["a byte short", "no filter of that number", "cut off", "no width"])
def test_a_png_without_all_its_pixels_is_refused(what: str) -> None:
    with pytest.raises(BadOutput):
        verify(BROKEN[what])


def test_a_transparent_colour_still_becomes_white() -> None:
    black = bytes(121 * 30)
    image = verify(png(black, between=chunk(b"tRNS", bytes(6))))
    assert images.opened(image).getpixel((5, 5)) == (255, 255, 255)


@settings(max_examples=400, deadline=None)
@given(st.integers(8, len(png(ROWS)) - 1), st.integers(1, 255))
def test_what_is_taken_with_a_damaged_byte_has_all_its_pixels(at: int, by: int) -> None:
    data = png(ROWS)
    damaged = data[:at] + bytes([data[at] ^ by]) + data[at + 1 :]
    try:
        size = size_of_plain(damaged, ENOUGH)
    except Broken:
        size = None
    if size is not None:
        with PngImageFile(io.BytesIO(damaged)) as pixels:
            pixels.load()
            assert (pixels.size, pixels.mode) == (size, "RGB")
            assert pixels.tobytes() == images.opened(verify(data)).tobytes()

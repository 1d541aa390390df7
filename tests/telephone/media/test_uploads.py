"""Files as members send them: each that cannot be taken is refused in a sentence that says what to send."""

import io
import struct
import zlib

import pytest
from PIL import Image as pil

from telephone.errors import BadInput
from telephone.media.uploads import DAMAGED, EMPTY, UNREADABLE, UPLOAD_MAX, uploaded


def saved(format_: str, size: tuple[int, int] = (64, 64), mode: str = "RGB") -> bytes:
    out = io.BytesIO()
    pil.new(mode, size, 90).save(out, format_)
    return out.getvalue()


def tall_png(width: int, height: int) -> bytes:
    """A PNG whose header says so many pixels; its few bytes are never decoded."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


@pytest.mark.parametrize("format_", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_picture_is_taken(format_):
    assert (uploaded(saved(format_)).width, uploaded(saved(format_)).height) == (64, 64)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", EMPTY),
        (b"no picture", UNREADABLE),
        (b"\0" * 100, UNREADABLE),
        (saved("PNG")[:-20], DAMAGED),
        (saved("JPEG")[:200], DAMAGED),
        (saved("WEBP")[:40], DAMAGED),
        (b"\x89PNG\r\n\x1a\n", DAMAGED),
        (b"GIF89a", DAMAGED),
    ],
    ids=["empty", "text", "zeros", "cut PNG", "cut JPEG", "cut WebP", "a head alone", "a GIF's head alone"],
)
def test_what_is_no_whole_picture_is_refused(data, sentence):
    with pytest.raises(BadInput) as refused:
        uploaded(data)
    assert refused.value.sentence == sentence


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "a HEIC photo"),
        (b"\0\0\0\x1cftypavif\0\0\0\0", "an AVIF picture"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0", "a video"),
        (b"%PDF-1.7\n", "a PDF"),
        (saved("BMP"), "a BMP picture"),
        (saved("TIFF"), "a TIFF picture"),
        (saved("ICO"), "an icon"),
        (b"8BPS\0\1", "a Photoshop file"),
        (b"PK\x03\x04word/document.xml", "an archive or a document"),
        (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "an SVG drawing"),
        (b"<svg/>", "an SVG drawing"),
        (b"<!DOCTYPE html><p>Not found", "a web page"),
    ],
)
def test_a_file_of_another_kind_is_called_by_its_name(data, kind):
    with pytest.raises(BadInput, match=f"^That is {kind}, and not a picture that I can read; please send a PNG"):
        uploaded(data)


@pytest.mark.parametrize("data", [tall_png(8_000, 6_250), saved("JPEG", (8_000, 6_250), "L")], ids=["PNG", "JPEG"])
def test_a_picture_of_50_megapixels_is_told_its_limit(data):
    with pytest.raises(BadInput) as refused:
        uploaded(data)
    assert refused.value.sentence == (
        "Your picture has 8,000 × 6,250 pixels, 50.0 megapixels, and up to 25 can be taken; please send a smaller one."
    )


def test_a_file_of_too_many_bytes_is_told_its_limit():
    with pytest.raises(BadInput, match=r"Your file has 12\.0 MiB, and up to 10 MiB can be taken"):
        uploaded(saved("PNG") + b"\0" * (UPLOAD_MAX + 2 * 2**20))

"""Pictures from elsewhere: what is taken, what it becomes, what is refused."""

import io
import struct
import warnings
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as pil

from telephone.domain.games import Image
from telephone.errors import BadOutput
from telephone.media.images import fit, opened, verify

RED, BLUE = (220, 40, 30), (20, 40, 200)


def picture(mode: str = "RGB", size: tuple[int, int] = (40, 30)) -> pil.Image:
    """Left half red, right half blue."""
    drawn = pil.new("RGB", size, RED)
    drawn.paste(BLUE, (size[0] // 2, 0, size[0], size[1]))
    return drawn.convert(mode)


def saved(drawn: pil.Image, format_: str, **options: object) -> bytes:
    out = io.BytesIO()
    drawn.save(out, format_, **options)
    return out.getvalue()


def pixel(image: Image, x: int, y: int) -> tuple[int, int, int]:
    found = opened(image).getpixel((x, y))
    assert isinstance(found, tuple)
    return found[0], found[1], found[2]


def near(found: tuple[int, int, int], wanted: tuple[int, int, int], by: int = 40) -> bool:
    return all(abs(a - b) <= by for a, b in zip(found, wanted, strict=True))


def noise(width: int, height: int) -> pil.Image:
    rng = np.random.default_rng(5)
    return pil.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8))


def huge_png(width: int, height: int) -> bytes:
    """A PNG of a few bytes that claims many pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize("format_", ["PNG", "JPEG", "WEBP"])
def test_a_clean_picture_keeps_its_bytes(format_: str) -> None:
    data = saved(picture(), format_)
    image = verify(data)
    assert image.data == data
    assert (image.width, image.height) == (40, 30)
    assert image.media_type == f"image/{format_.lower()}"


@pytest.mark.parametrize("format_", ["PNG", "JPEG", "WEBP"])
def test_verifying_twice_changes_nothing(format_: str) -> None:
    once = verify(saved(picture("CMYK" if format_ == "JPEG" else "RGBA"), format_))
    assert verify(once.data) == once


@pytest.mark.parametrize("format_", ["PNG", "JPEG", "WEBP"])
def test_metadata_is_dropped_and_the_pixels_stay(format_: str) -> None:
    exif = pil.Exif()
    exif[0x010E] = "taken at home"
    clean = saved(picture(), format_)
    image = verify(saved(picture(), format_, exif=exif))
    assert b"taken at home" not in image.data
    assert opened(image).tobytes() == opened(verify(clean)).tobytes()
    assert b"Exif" not in image.data
    assert b"eXIf" not in image.data


def test_text_hidden_in_a_png_and_bytes_after_its_end_are_dropped() -> None:
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("Comment", "a secret")
    clean = saved(picture(), "PNG")
    assert verify(saved(picture(), "PNG", pnginfo=info) + b"<script>").data == clean


def test_comments_and_profiles_of_a_jpeg_are_dropped() -> None:
    clean = saved(picture(), "JPEG")
    assert verify(saved(picture(), "JPEG", comment=b"a secret", icc_profile=b"x" * 300) + b"tail").data == clean


@pytest.mark.parametrize("progressive", [False, True])
def test_a_large_jpeg_with_many_scans_keeps_its_bytes(progressive: bool) -> None:
    data = saved(noise(300, 200), "JPEG", progressive=progressive, restart_marker_blocks=4)
    assert verify(data).data == data


@pytest.mark.parametrize("format_", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize(("orientation", "red_at"), [(1, (2, 15)), (3, (37, 15)), (6, (15, 2)), (8, (15, 37))])
def test_a_picture_taken_sideways_stands_upright(format_: str, orientation: int, red_at: tuple[int, int]) -> None:
    exif = pil.Exif()
    exif[0x0112] = orientation
    image = verify(saved(picture(), format_, exif=exif))
    assert (image.width, image.height) == ((30, 40) if orientation > 4 else (40, 30))
    assert near(pixel(image, *red_at), RED)


@pytest.mark.parametrize(
    ("mode", "format_"),
    [("CMYK", "JPEG"), ("L", "JPEG"), ("P", "PNG"), ("1", "PNG"), ("L", "PNG"), ("LA", "PNG"), ("RGBA", "WEBP")],
)
def test_any_mode_becomes_rgb(mode: str, format_: str) -> None:
    image = verify(saved(picture(mode), format_))
    with pil.open(io.BytesIO(image.data)) as reread:
        assert reread.mode == "RGB"
    red, _, blue = pixel(image, 2, 15)
    assert red >= blue


@pytest.mark.parametrize("format_", ["PNG", "WEBP"])
def test_what_is_transparent_becomes_white(format_: str) -> None:
    clear = picture("RGBA")
    clear.putalpha(0)
    assert pixel(verify(saved(clear, format_, exact=True)), 5, 5) == (255, 255, 255)


def test_a_transparent_palette_colour_becomes_white() -> None:
    flat = pil.new("P", (8, 8), 1)
    flat.putpalette([0, 0, 0, 10, 200, 10])
    assert pixel(verify(saved(flat, "PNG", transparency=bytes([255, 0]))), 3, 3) == (255, 255, 255)


def test_sixteen_bits_become_eight() -> None:
    grey = pil.fromarray(np.full((6, 6), 0x8080, dtype=np.uint16))
    assert pixel(verify(saved(grey, "PNG")), 1, 1) == (128, 128, 128)


def test_the_first_frame_of_a_gif_is_taken() -> None:
    data = saved(picture(), "GIF", save_all=True, append_images=[pil.new("RGB", (40, 30), "lime")], duration=50)
    image = verify(data)
    assert image.media_type == "image/png"
    assert near(pixel(image, 2, 15), RED)
    assert near(pixel(image, 37, 15), BLUE)


def test_the_first_frame_of_an_animated_webp_and_png_is_taken() -> None:
    for format_ in ("WEBP", "PNG"):
        image = verify(saved(picture(), format_, save_all=True, append_images=[pil.new("RGB", (40, 30), "lime")]))
        assert near(pixel(image, 2, 15), RED)
        with pil.open(io.BytesIO(image.data)) as reread:
            assert not getattr(reread, "is_animated", False)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "Nothing"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "An SVG"),
        (b"<?xml version='1.0'?>\n<svg width='1'></svg>", "An SVG"),
        (b"\n<!DOCTYPE html><html></html>", "A web page"),
        (b'{"detail": "no credit"}', "JSON"),
        (b"I cannot draw that.", "Text"),
        (bytes(range(256)), "A file of an unknown kind"),
        (b"BM" + bytes(60), "A file of an unknown kind"),
    ],
)
def test_what_is_no_picture_is_refused_by_name(data: bytes, what: str) -> None:
    with pytest.raises(BadOutput, match=f"^{what}.*please try again"):
        verify(data)


@pytest.mark.parametrize("format_", ["PNG", "JPEG", "WEBP", "GIF"])
@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.99])
def test_a_picture_cut_short_is_refused(format_: str, kept: float) -> None:
    data = saved(noise(120, 90), format_)
    with pytest.raises(BadOutput, match="damaged or cut short"):
        verify(data[: int(len(data) * kept)])


@pytest.mark.parametrize(("width", "height"), [(5_001, 5_000), (30_000, 30_000), (2**31 - 1, 1)])
def test_too_many_pixels_are_refused_before_they_are_decoded(width: int, height: int) -> None:
    with pytest.raises(BadOutput, match="25 megapixels fit"):
        verify(huge_png(width, height))


def test_a_picture_without_pixels_is_refused() -> None:
    with pytest.raises(BadOutput):
        verify(huge_png(0, 10))


def test_a_palette_picture_without_its_palette_is_refused() -> None:
    flat = saved(picture("P"), "PNG")
    at = flat.index(b"PLTE") - 4
    (length,) = struct.unpack_from(">I", flat, at)
    with pytest.raises(BadOutput, match="damaged"):
        verify(flat[:at] + flat[at + 12 + length :])


def test_too_many_bytes_are_refused() -> None:
    with pytest.raises(BadOutput, match="26 MB and 25 MB fit"):
        verify(saved(picture(), "PNG") + bytes(26_000_000))


def test_a_gif_with_a_frame_far_outside_is_refused() -> None:
    data = bytearray(saved(picture(), "GIF"))
    at = data.index(b"\x2c\x00\x00\x00\x00")
    data[at + 5 : at + 9] = b"\xff\xff\xff\xff"
    with pytest.raises(BadOutput):
        verify(bytes(data))


@given(st.binary(max_size=200), st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"RIFF"]))
def test_no_bytes_bring_anything_but_a_refusal(tail: bytes, head: bytes) -> None:
    with pytest.raises(BadOutput):
        verify(head + tail)


@settings(deadline=None)
@given(st.data(), st.sampled_from(["PNG", "JPEG", "WEBP", "GIF"]))
def test_a_damaged_picture_is_a_picture_or_refused(draw: st.DataObject, format_: str) -> None:
    exif = pil.Exif()
    exif[0x0112], exif[0x010E] = 6, "x" * 40
    data = bytearray(saved(picture(), format_, **({} if format_ == "GIF" else {"exif": exif})))
    for _ in range(draw.draw(st.integers(1, 4))):
        data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            image = verify(bytes(data))
        except BadOutput:
            return
    assert image.width * image.height > 0


def test_a_picture_that_fits_is_left_alone() -> None:
    image = verify(saved(picture(), "PNG"))
    assert fit(image, len(image.data)) is image


def test_a_picture_too_large_becomes_webp_first() -> None:
    image = verify(saved(noise(400, 300), "PNG"))
    fitted = fit(image, 200_000)
    assert fitted.media_type == "image/webp"
    assert (fitted.width, fitted.height) == (400, 300)
    assert len(fitted.data) <= 200_000


def test_a_picture_far_too_large_loses_pixels_and_keeps_its_shape() -> None:
    image = verify(saved(noise(2400, 1200), "JPEG"))
    fitted = fit(image, 600_000)
    assert max(fitted.width, fitted.height) in (2048, 1024)
    assert fitted.width == 2 * fitted.height
    assert len(fitted.data) <= 600_000
    assert verify(fitted.data) == fitted


def test_a_limit_nothing_fits_into_is_said() -> None:
    with pytest.raises(BadOutput, match="raise the upload limit"):
        fit(verify(saved(noise(64, 64), "PNG")), 20)

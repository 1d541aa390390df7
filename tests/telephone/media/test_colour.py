"""Colours of other profiles become sRGB, whatever the file; a broken profile does no harm."""

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as pil
from PIL import ImageCms

from telephone.media.images import opened, verify

P3_RED = (234, 51, 35)
"""Display P3's numbers of sRGB's red, and so what anybody sees who drops the profile."""
P3 = ((0.3127, 0.3290), (0.68, 0.32), (0.265, 0.69), (0.15, 0.06))
ADOBE = ((0.3127, 0.3290), (0.64, 0.33), (0.21, 0.71), (0.15, 0.06))
SRGB = ((0.3127, 0.3290), (0.64, 0.33), (0.30, 0.60), (0.15, 0.06))


def icc(space: bytes, class_: bytes, pcs: bytes, tags: dict[bytes, bytes]) -> bytes:
    """A profile of version 2, by the layout in ICC.1:2001-04."""
    at, table, bodies = 132 + 12 * len(tags), b"", b""
    for name, body in tags.items():
        table += name + struct.pack(">2I", at + len(bodies), len(body))
        bodies += body + bytes(-len(body) % 4)
    head = struct.pack(">I4sI4s4s4s", at + len(bodies), bytes(4), 0x02400000, class_, space, pcs)
    head += bytes(12) + b"acsp" + bytes(28) + struct.pack(">3i", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + bodies


def curve(gamma: float) -> bytes:
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256))


def xyz(values: np.ndarray) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(value * 65536) for value in values))


def display(primaries: tuple[tuple[float, float], ...], gamma: float | None = None) -> bytes:
    """A display's profile; without gamma with sRGB's curve, sampled."""
    white, *corners = (np.array([x / y, 1, (1 - x - y) / y]) for x, y in primaries)
    cones = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
    d50 = np.array([0.9642, 1, 0.8249])
    adapt = np.linalg.inv(cones) @ np.diag((cones @ d50) / (cones @ white)) @ cones
    columns = np.stack(corners, 1)
    matrix = adapt @ (columns * np.linalg.solve(columns, white))
    steps = np.linspace(0, 1, 1024)
    linear = np.where(steps <= 0.04045, steps / 12.92, ((steps + 0.055) / 1.055) ** 2.4)
    tone = b"curv" + bytes(4) + struct.pack(">I1024H", 1024, *np.rint(linear * 65535).astype(int))
    tone = tone if gamma is None else curve(gamma)
    tags = {b"wtpt": xyz(d50)}
    for n, name in enumerate((b"r", b"g", b"b")):
        tags |= {name + b"XYZ": xyz(matrix[:, n]), name + b"TRC": tone}
    return icc(b"RGB ", b"mntr", b"XYZ ", tags)


def press() -> bytes:
    """A printer whose full cyan, magenta, yellow and black have the Lab values of a press, mixed by multiplication."""
    inks = np.array([[55.0, -37, -50], [48, 74, -3], [89, -5, 93], [16, 0, 0]])
    grid = []
    for n in range(16):
        used = [ink for bit, ink in zip((8, 4, 2, 1), inks, strict=True) if n & bit]
        lab = np.array([95.0, 0, 0]) if not used else np.mean(used, 0) * [0.6 ** (len(used) - 1), 1, 1]
        grid += [lab[0] * 255 / 100, lab[1] + 128, lab[2] + 128]
    body = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + struct.pack(">9i", *(65536 * int(n) for n in np.eye(3).ravel()))
    body += bytes(range(256)) * 4 + bytes(np.clip(np.rint(grid), 0, 255).astype(np.uint8)) + bytes(range(256)) * 3
    return icc(b"CMYK", b"prtr", b"Lab ", {b"A2B0": body, b"wtpt": xyz(np.array([0.9642, 1, 0.8249]))})


def srgb_of(lab: tuple[float, float, float]) -> tuple[int, ...]:
    """CIE L*a*b* under D50 as sRGB, by the formulas."""
    f = np.array([(lab[0] + 16) / 116 + lab[1] / 500, (lab[0] + 16) / 116, (lab[0] + 16) / 116 - lab[2] / 200])
    white = np.where(f > 6 / 29, f**3, (f - 4 / 29) * 3 * (6 / 29) ** 2) * [0.9642, 1, 0.8249]
    linear = np.array([[3.1339, -1.6169, -0.4906], [-0.9788, 1.9161, 0.0335], [0.0719, -0.2290, 1.4052]]) @ white
    clipped = np.clip(linear, 0, 1)
    coded = np.where(clipped <= 0.0031308, 12.92 * clipped, 1.055 * clipped ** (1 / 2.4) - 0.055)
    return tuple(round(255 * one) for one in coded)


def saved(drawn: pil.Image, format_: str, **options: object) -> bytes:
    out = io.BytesIO()
    drawn.save(out, format_, **({"quality": 100} if format_ == "JPEG" else {}), **options)
    return out.getvalue()


def middle(data: bytes) -> tuple[int, ...]:
    """The colour in the middle of a picture that was taken, whose file has no profile any more."""
    image = verify(data)
    with pil.open(io.BytesIO(image.data)) as reread:
        assert "icc_profile" not in reread.info
        assert not {"gamma", "chromaticity", "srgb"} & reread.info.keys()
    found = opened(image).getpixel((8, 8))
    assert isinstance(found, tuple)
    return found


def close(found: tuple[int, ...], wanted: tuple[int, ...], by: int = 5) -> bool:
    return all(abs(a - b) <= by for a, b in zip(found, wanted, strict=True))


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(colour: tuple[int, ...] | int, *chunks: tuple[bytes, bytes], mode: str = "RGB") -> bytes:
    """A PNG in one colour with more chunks after its head."""
    data = saved(pil.new(mode, (16, 16), colour), "PNG")
    return data[:33] + b"".join(chunk(*one) for one in chunks) + data[33:]


def lossless(format_: str) -> dict[str, object]:
    return {"lossless": True} if format_ == "WEBP" else {}


@pytest.mark.parametrize("format_", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize(
    ("profile", "stored", "meant"),
    [
        (display(P3), P3_RED, (255, 0, 0)),
        (display(P3), (117, 251, 76), (0, 255, 0)),
        (display(P3), (128, 128, 128), (128, 128, 128)),
        (display(P3), (255, 0, 0), (255, 0, 0)),
        (display(ADOBE, 2.19921875), (219, 0, 0), (255, 0, 0)),
        (display(SRGB, 1.0), (55, 55, 55), (128, 128, 128)),
    ],
    ids=["p3-red", "p3-green", "p3-grey", "p3-beyond", "adobe-red", "linear-grey"],
)
def test_colours_of_another_profile_become_srgb(format_, profile, stored, meant):
    drawn = pil.new("RGB", (16, 16), stored)
    assert close(middle(saved(drawn, format_, icc_profile=profile, **lossless(format_))), meant)


@pytest.mark.parametrize("format_", ["PNG", "WEBP"])
def test_a_transparent_picture_is_converted_and_then_laid_on_white(format_):
    drawn = pil.new("RGBA", (16, 16), (*P3_RED, 255))
    drawn.paste((0, 0, 0, 0), (0, 0, 4, 4))
    data = saved(drawn, format_, icc_profile=display(P3), **lossless(format_))
    assert close(middle(data), (255, 0, 0))
    assert opened(verify(data)).getpixel((1, 1)) == (255, 255, 255)


def test_a_palette_with_a_profile_is_converted():
    drawn = pil.new("P", (16, 16), 1)
    drawn.putpalette([0, 0, 0, *P3_RED])
    assert close(middle(saved(drawn, "PNG", icc_profile=display(P3))), (255, 0, 0))


@pytest.mark.parametrize("mode", ["L", "LA", "I;16"])
def test_grey_with_a_profile_of_its_own_is_converted(mode):
    linear = icc(b"GRAY", b"mntr", b"XYZ ", {b"wtpt": xyz(np.array([0.9642, 1, 0.8249])), b"kTRC": curve(1.0)})
    drawn = {
        "L": pil.new("L", (16, 16), 55),
        "LA": pil.new("LA", (16, 16), (55, 255)),
        "I;16": pil.fromarray(np.full((16, 16), 55 * 257, np.uint16)),
    }[mode]
    assert close(middle(saved(drawn, "PNG", icc_profile=linear)), (128, 128, 128))
    if mode == "L":
        assert close(middle(saved(drawn, "JPEG", icc_profile=linear)), (128, 128, 128))


@pytest.mark.parametrize(
    ("ink", "lab"),
    [((255, 0, 0, 0), (55, -37, -50)), ((0, 0, 255, 0), (89, -5, 93)), ((0, 255, 0, 0), (48, 74, -3))],
    ids=["cyan", "yellow", "magenta"],
)
def test_ink_with_a_profile_looks_as_printed(ink, lab):
    found = middle(saved(pil.new("CMYK", (16, 16), ink), "JPEG", icc_profile=press()))
    assert close(found, srgb_of(lab), by=16), "black is mapped to black, which makes the others a little lighter"


def test_a_jpeg_that_says_srgb_keeps_its_bytes_but_for_the_profile():
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    drawn = pil.effect_noise((64, 64), 80).convert("RGB")
    assert verify(saved(drawn, "JPEG", icc_profile=srgb)).data == saved(drawn, "JPEG")
    assert verify(saved(drawn, "JPEG", icc_profile=display(SRGB))).data == saved(drawn, "JPEG")


def test_a_profile_longer_than_one_segment_is_read_whole_and_in_order():
    profile = display(P3)
    long = icc(b"RGB ", b"mntr", b"XYZ ", {**_tags(profile), b"priv": b"data" + bytes(150_000)})
    assert close(middle(saved(pil.new("RGB", (16, 16), P3_RED), "JPEG", icc_profile=long)), (255, 0, 0))


def _tags(profile: bytes) -> dict[bytes, bytes]:
    (count,) = struct.unpack_from(">I", profile, 128)
    entries = (struct.unpack_from(">4sII", profile, 132 + 12 * n) for n in range(count))
    return {name: profile[at : at + size] for name, at, size in entries}


def chrm(primaries: tuple[tuple[float, float], ...]) -> bytes:
    return struct.pack(">8I", *(round(value * 1e5) for pair in primaries for value in pair))


@pytest.mark.parametrize(
    ("chunks", "stored", "meant"),
    [
        ([(b"cICP", bytes([12, 13, 0, 1]))], P3_RED, (255, 0, 0)),
        ([(b"cICP", bytes([12, 13, 0, 1])), (b"sRGB", b"\0")], P3_RED, (255, 0, 0)),
        ([(b"cICP", bytes([9, 13, 0, 1]))], (127, 127, 127), (127, 127, 127)),
        ([(b"gAMA", struct.pack(">I", 100_000))], (55, 55, 55), (128, 128, 128)),
        ([(b"gAMA", struct.pack(">I", 45_455)), (b"cHRM", chrm(P3))], P3_RED, (255, 0, 0)),
        ([(b"cHRM", chrm(P3))], P3_RED, (255, 0, 0)),
    ],
    ids=["cicp-p3", "cicp-before-srgb", "rec2020", "linear", "gamma-and-primaries", "primaries"],
)
def test_a_png_says_its_colours_in_other_chunks_too(chunks, stored, meant):
    assert close(middle(png(stored, *chunks)), meant)


GREYS = {
    "1": (pil.new("1", (16, 16), 1), 255),
    "L": (pil.new("L", (16, 16), 55), 128),
    "LA": (pil.new("LA", (16, 16), (55, 255)), 128),
    "I;16": (pil.fromarray(np.full((16, 16), 55 * 257, np.uint16)), 128),
    "P": (pil.new("L", (16, 16), 55).convert("P"), 128),
    "RGB": (pil.new("RGB", (16, 16), (55, 55, 55)), 128),
    "RGBA": (pil.new("RGBA", (16, 16), (55, 55, 55, 255)), 128),
}


@pytest.mark.parametrize("mode", GREYS)
@pytest.mark.parametrize(
    "one",
    [(b"gAMA", struct.pack(">I", 100_000)), (b"cICP", bytes([1, 8, 0, 1])), (b"cICP", bytes([9, 8, 0, 1]))],
    ids=["gamma", "cicp", "cicp-rec2020"],
)
def test_grey_is_as_light_as_the_chunks_say_in_every_mode(mode, one):
    drawn, meant = GREYS[mode]
    data = saved(drawn, "PNG")
    assert close(middle(data[:33] + chunk(*one) + data[33:]), (meant,) * 3, by=1)


@pytest.mark.parametrize(
    "one",
    [
        (b"gAMA", struct.pack(">I", 45_455)),
        (b"cHRM", chrm(P3)),
        (b"cICP", bytes([12, 13, 0, 1])),
        (b"iCCP", b"name\0\0" + zlib.compress(display(SRGB, 1.0))),
    ],
    ids=["gamma", "primaries", "cicp-p3", "profile-of-rgb"],
)
def test_grey_stays_where_its_curve_is_srgb_or_its_profile_is_of_other_pixels(one):
    assert close(middle(png(55, one, mode="L")), (55, 55, 55), by=0)


@pytest.mark.parametrize(
    "chunks",
    [
        [(b"sRGB", b"\0"), (b"gAMA", struct.pack(">I", 100_000))],
        [(b"gAMA", struct.pack(">I", 45_455))],
        [(b"gAMA", struct.pack(">I", 45_455)), (b"cHRM", chrm(SRGB))],
        [(b"cICP", bytes([1, 13, 0, 1]))],
        [(b"cICP", bytes([9, 16, 0, 1]))],
        [(b"gAMA", b"\0\0\0\0")],
        [(b"gAMA", b"\1")],
        [(b"cHRM", bytes(32))],
        [(b"cHRM", b"\xff" * 32), (b"gAMA", b"\xff" * 4)],
        [(b"cHRM", chrm(((0.3, 0.3),) * 4))],
        [(b"cICP", b"")],
        [(b"iCCP", b"")],
        [(b"iCCP", b"name\0\0not compressed")],
        [(b"iCCP", b"name\0\0" + zlib.compress(b"no profile"))],
        [(b"iCCP", b"name\0\0" + zlib.compress(bytes(40 * 2**20)))],
        [(b"iCCP", b"name\0\0" + zlib.compress(display(P3))[:-40])],
    ],
)
def test_what_is_srgb_or_broken_leaves_the_pixels_alone(chunks):
    assert verify(png((200, 100, 50), *chunks)).data == png((200, 100, 50))


@pytest.mark.parametrize("format_", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize(
    "profile",
    [
        b"x" * 300,
        display(P3)[:200],
        display(P3)[:-900],
        icc(b"RGB ", b"mntr", b"XYZ ", {}),
        icc(b"RGB ", b"link", b"RGB ", _tags(display(P3))),
        press(),
        icc(b"GRAY", b"mntr", b"XYZ ", {b"kTRC": curve(1.0)}),
    ],
    ids=["noise", "head", "cut", "empty", "link", "another-space", "grey"],
)
def test_a_profile_that_is_broken_or_of_other_pixels_is_dropped(format_, profile):
    drawn = pil.new("RGB", (16, 16), (200, 100, 50))
    clean = saved(drawn, format_, **lossless(format_))
    assert verify(saved(drawn, format_, icc_profile=profile, **lossless(format_))).data == clean


def test_ink_without_its_profile_is_converted_as_before():
    assert close(middle(saved(pil.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG")), (255, 0, 0), by=6)


@settings(deadline=None)
@given(st.data(), st.sampled_from([display(P3), press()]))
def test_no_damaged_profile_stops_a_picture(draw, profile):
    data = bytearray(profile)
    for _ in range(draw.draw(st.integers(1, 6))):
        data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    mode = "CMYK" if profile[16:20] == b"CMYK" else "RGB"
    drawn = pil.new(mode, (16, 16), (200, 100, 50, 0)[: len(mode)])
    assert verify(saved(drawn, "JPEG", icc_profile=bytes(data))).width == 16

"""The containers of picture files: their format by content, and the same picture without metadata.

Only the outer structure is read here (PNG chunks, JPEG segments, RIFF chunks); Pillow decodes. This happens before
Pillow sees the bytes, because Pillow warns of odd metadata through the process-wide warning filters, which no thread
can silence for itself.
"""

import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from telephone.media.png_colours import PNG_COLOURS, png_profile

PNG_HEAD: Final = b"\x89PNG\r\n\x1a\n"
_EXIF_HEAD: Final = b"Exif\x00\x00"
_ICC_HEAD: Final = b"ICC_PROFILE\x00"
_ORIENTATION_TAG: Final = 0x0112


@dataclass(frozen=True, slots=True)
class Bare:
    """A picture file without metadata. `orientation` is EXIF's, 1 (upright) to 8.

    `profile` is the ICC profile that the file had, or one that says what its other chunks said of its colours; None
    where the file said nothing, or that it is sRGB.
    """

    data: bytes
    orientation: int = 1
    profile: bytes | None = None


class Broken(ValueError):
    """The container is damaged: cut short, or never a picture."""


def sniff(data: bytes) -> str | None:
    """The format by content: PNG, JPEG, WEBP or GIF, None for anything else."""
    if data.startswith(PNG_HEAD):
        return "PNG"
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    return "GIF" if data[:6] in (b"GIF87a", b"GIF89a") else None


def strip(data: bytes, format_: str) -> Bare:
    """The same pixels without metadata, later frames or trailing bytes; unchanged where there are none.

    A WebP that is animated or has alpha comes back as it is. Raises Broken.
    """
    try:
        return _STRIPPERS[format_](data)
    except (struct.error, IndexError) as error:
        raise Broken("cut short") from error


def _strip_png(data: bytes) -> Bare:
    kept, orientation, colours = [memoryview(PNG_HEAD)], 1, dict[bytes, bytes]()
    for kind, chunk in png_chunks(memoryview(data)):
        if kind in (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"):
            kept.append(chunk)
        elif kind == b"eXIf":
            orientation = _orientation(bytes(chunk[8:-4]))
        elif kind in PNG_COLOURS:
            colours.setdefault(kind, bytes(chunk[8:-4]))
    bare = data if sum(map(len, kept)) == len(data) else b"".join(kept)
    return Bare(bare, orientation, png_profile(colours))


def png_chunks(data: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """The chunks of a PNG to its end: their kind, and all their bytes. Raises Broken or struct.error if cut short."""
    at = len(PNG_HEAD)
    while True:
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if end > len(data):
            raise Broken("cut short")
        yield kind, data[at:end]
        if kind == b"IEND":
            return
        at = end


def _strip_jpeg(data: bytes) -> Bare:
    kept, profile, orientation, at = [data[:2]], dict[int, bytes](), 1, 2
    while True:
        marker, start, end = _jpeg_segment(data, at)
        body = data[start + 3 : end]
        if marker == 0xE1 and body.startswith(_EXIF_HEAD):
            orientation = _orientation(body)
        if marker == 0xE2 and body.startswith(_ICC_HEAD):
            profile.setdefault(body[len(_ICC_HEAD)], body[len(_ICC_HEAD) + 2 :])
        if _jpeg_keeps(marker, body):
            kept.append(b"\xff" + data[start:end])
        if marker == 0xD9:
            return Bare(b"".join(kept), orientation, b"".join(profile[n] for n in sorted(profile)) or None)
        at = end
        if marker == 0xDA:
            at = _scan_end(data, end)
            kept.append(data[end:at])


def _jpeg_segment(data: bytes, at: int) -> tuple[int, int, int]:
    """The marker of the segment at `at`, where its code stands, and where the segment ends."""
    if data[at] != 0xFF:
        raise Broken("no marker where one must be")
    while data[at] == 0xFF:
        at += 1
    if data[at] == 0xD9:
        return 0xD9, at, at + 1
    (length,) = struct.unpack_from(">H", data, at + 1)
    end = at + 1 + length
    if length < 2 or end > len(data):
        raise Broken("cut short")
    return data[at], at, end


def _jpeg_keeps(marker: int, body: bytes) -> bool:
    """Whether to keep a segment: tables, frames, scans, the JFIF head and Adobe's colour transform, but no other
    application data and no comments."""
    if marker == 0xE0:
        return body.startswith(b"JFIF\x00")
    if marker == 0xEE:
        return body.startswith(b"Adobe")
    return not (0xE0 <= marker <= 0xEF or marker == 0xFE)


def _scan_end(data: bytes, at: int) -> int:
    """The end of the coded pixels that begin at `at`: the next marker that is neither stuffing nor a restart."""
    match = _MARKER.search(data, at)
    if match is None:
        raise Broken("cut short")
    return match.start()


_MARKER: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)


def _strip_webp(data: bytes) -> Bare:
    chunks = dict(_riff_chunks(data))
    pixels = next((kind for kind in (b"VP8 ", b"VP8L") if kind in chunks), None)
    orientation = _orientation(chunks.get(b"EXIF", b"        ")[8:])
    profile = _body(chunks.get(b"ICCP", b""))
    if pixels is None or b"ALPH" in chunks or b"ANIM" in chunks:
        return Bare(data, orientation, profile)
    body = b"WEBP" + chunks[pixels]
    return Bare(b"RIFF" + struct.pack("<I", len(body)) + body, orientation, profile)


def _body(chunk: bytes) -> bytes | None:
    """What a RIFF chunk holds, without its padding; None for no chunk."""
    return chunk[8 : 8 + struct.unpack_from("<I", chunk, 4)[0]] if chunk else None


def _riff_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    (length,) = struct.unpack_from("<I", data, 4)
    stop = 8 + length
    if stop > len(data) + (length % 2):
        raise Broken("cut short")
    at = 12
    while at + 8 <= stop:
        kind, size = struct.unpack_from("<4sI", data, at)
        end = at + 8 + size + size % 2
        if at + 8 + size > len(data):
            raise Broken("cut short")
        yield kind, data[at:end]
        at = end


def _strip_gif(data: bytes) -> Bare:
    """Keeps the screen, the first frame and its transparency; Pillow would read later frames too."""
    at = 13 + _colours(data[10])
    kept = [data[:at]]
    while data[at] != 0x2C:
        if data[at] != 0x21:
            raise Broken("no frame")
        end = _sub_blocks_end(data, at + 2)
        if data[at + 1] == 0xF9:
            kept.append(data[at:end])
        at = end
    left, top, width, height, flags = struct.unpack_from("<4HB", data, at + 1)
    if (left + width) * (top + height) > _GIF_FRAME_MAX:
        raise Broken("a frame far outside the picture")
    end = _sub_blocks_end(data, at + 11 + _colours(flags))
    return Bare(b"".join([*kept, data[at:end], b";"]))


_GIF_FRAME_MAX: Final = 50 * 10**6
"""Pixels; over this a frame can only be meant to exhaust memory."""


def _colours(flags: int) -> int:
    """The size in bytes of the colour table that these flags announce."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _sub_blocks_end(data: bytes, at: int) -> int:
    while data[at]:
        at += 1 + data[at]
    return at + 1


def _orientation(exif: bytes) -> int:
    """EXIF's orientation, 1 where it is missing or makes no sense."""
    tiff = exif.removeprefix(_EXIF_HEAD)
    order = {b"II*\x00": "<", b"MM\x00*": ">"}.get(tiff[:4])
    if order is None:
        return 1
    try:
        (at,) = struct.unpack_from(order + "I", tiff, 4)
        (count,) = struct.unpack_from(order + "H", tiff, at)
        for entry in range(at + 2, at + 2 + 12 * count, 12):
            tag, _, _, value = struct.unpack_from(order + "HHIH", tiff, entry)
            if tag == _ORIENTATION_TAG:
                return value if 1 <= value <= 8 else 1
    except struct.error:
        return 1
    return 1


_STRIPPERS: Final[dict[str, Callable[[bytes], Bare]]] = {
    "PNG": _strip_png,
    "JPEG": _strip_jpeg,
    "WEBP": _strip_webp,
    "GIF": _strip_gif,
}

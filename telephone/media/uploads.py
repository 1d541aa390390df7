"""Pictures that members send: verified like all others, and refused in a sentence that says what to send instead."""

import re
from typing import Final

from telephone.domain.games import Image
from telephone.errors import BadInput, BadOutput
from telephone.media.containers import Broken, sniff, strip
from telephone.media.images import PIXELS_MAX, size_of, verify

UPLOAD_MAX: Final = 10 * 2**20
"""Bytes of a picture that a member may send."""
UNREADABLE: Final = "I could not read that file; please send a PNG, JPEG or WebP up to 10 MiB."
EMPTY: Final = "That file is empty; please save your picture again and send that."
DAMAGED: Final = "Your picture is damaged or came only in part; please save it again and send that."
WRONG_KIND: Final = "That is {}, and not a picture that I can read; please send a PNG, JPEG or WebP up to 10 MiB."
_KINDS: Final = (
    (re.compile(rb"....ftyp(?:hei|hev|mif1|msf1)", re.DOTALL), "a HEIC photo"),
    (re.compile(rb"....ftypavi[fs]", re.DOTALL), "an AVIF picture"),
    (re.compile(rb"....ftyp", re.DOTALL), "a video"),
    (re.compile(rb"\x1aE\xdf\xa3"), "a video"),
    (re.compile(rb"%PDF"), "a PDF"),
    (re.compile(rb"8BPS"), "a Photoshop file"),
    (re.compile(rb"BM....\x00{4}", re.DOTALL), "a BMP picture"),
    (re.compile(rb"II\*\x00|MM\x00\*"), "a TIFF picture"),
    (re.compile(rb"\x00\x00\x01\x00"), "an icon"),
    (re.compile(rb"\xff\x0a|\x00{3}\x0cJXL "), "a JPEG XL picture"),
    (re.compile(rb"\x00{3}\x0cjP  "), "a JPEG 2000 picture"),
    (re.compile(rb"PK\x03\x04"), "an archive or a document"),
    (re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml.{0,2000}?)?<svg[\s/>]", re.DOTALL | re.IGNORECASE), "an SVG drawing"),
    (re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html)", re.IGNORECASE), "a web page"),
)
"""How files of other kinds begin, and what they are called."""


def too_large(size: int) -> str:
    """The refusal of a file of so many bytes."""
    return f"Your file has {size / 2**20:.1f} MiB, and up to 10 MiB can be taken; please send a smaller one."


def uploaded(data: bytes) -> Image:
    """The picture that a member sent. Raises BadInput, which says what is wrong with it."""
    if len(data) > UPLOAD_MAX:
        raise BadInput(too_large(len(data)))
    if not data:
        raise BadInput(EMPTY)
    format_ = sniff(data)
    if format_ is None:
        kind = next((name for begins, name in _KINDS if begins.match(data)), None)
        raise BadInput(UNREADABLE if kind is None else WRONG_KIND.format(kind))
    try:
        width, height = size_of(strip(data, format_).data, format_)
        if width * height > PIXELS_MAX:
            raise BadInput(_too_many(width, height))
        return verify(data)
    except (Broken, BadOutput):
        raise BadInput(DAMAGED) from None


def _too_many(width: int, height: int) -> str:
    has = f"{width:,} × {height:,} pixels, {width * height / 1e6:,.1f} megapixels"
    return f"Your picture has {has}, and up to {PIXELS_MAX / 1e6:.0f} can be taken; please send a smaller one."

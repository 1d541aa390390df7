"""Every entry of the vocabulary in four styles, cut out and fitted into a square."""

import io
from pathlib import Path

import numpy as np
import resvg_py
from PIL import Image, ImageDraw, ImageFont

from telephone.models.sketch import colours

STRIKE = 109
"""The only size in which Noto's bitmap font can be drawn."""

WOOD = {
    "fluent": ((176, 116, 68), (150, 96, 54), (120, 74, 40)),
    "noto": ((141, 95, 60), (121, 85, 72), (93, 64, 55)),
    "twemoji": ((193, 105, 79), (161, 88, 66), (138, 75, 56)),
    "flat": ((206, 138, 84), (170, 108, 62), (140, 86, 48)),
}
"""Top, edge and legs of the table: no emoji shows one, so it is drawn here, in each style's browns."""


def fitted(picture: Image.Image, side: int) -> Image.Image | None:
    """The visible part, scaled to fit a square and centred in it; None when nothing is visible."""
    box = picture.getchannel("A").point(lambda v: 255 if v > 20 else 0).getbbox()
    if box is None:
        return None
    cut = picture.crop(box)
    scale = side / max(cut.size)
    cut = cut.resize((max(1, round(cut.width * scale)), max(1, round(cut.height * scale))), Image.Resampling.LANCZOS)
    square = Image.new("RGBA", (side, side))
    square.paste(cut, ((side - cut.width) // 2, (side - cut.height) // 2))
    return square


def table(style: str) -> Image.Image:
    """A wooden table."""
    top, edge, legs = WOOD[style]
    picture = Image.new("RGBA", (512, 512))
    draw = ImageDraw.Draw(picture)
    for x in (24, 434):
        draw.rectangle((x, 250, x + 54, 470), fill=(*legs, 255))
    for x in (96, 380):
        draw.rectangle((x, 250, x + 36, 400), fill=(*(int(v * 0.85) for v in legs), 255))
    draw.polygon([(70, 130), (442, 130), (508, 226), (4, 226)], fill=(*top, 255))
    if style in ("fluent", "noto"):
        for i in range(1, 4):
            y = 130 + 24 * i
            draw.line((70 - 66 * i // 4, y, 442 + 66 * i // 4, y), fill=(*edge, 255), width=3)
    draw.rectangle((4, 226, 508, 264), fill=(*edge, 255))
    return picture


class Sources:
    """The unpacked packages, and how to find a code point's picture in each."""

    def __init__(self, packages: Path, noto: Path) -> None:
        self.fluent = packages / "fluent-emoji-3d" / "assets"
        self.flat = packages / "fluent-emoji-flat" / "assets"
        self.twemoji = packages / "svg"
        self.noto = ImageFont.truetype(str(noto), STRIKE)

    def picture(self, style: str, code: str) -> Image.Image | None:
        """A code point's picture (`1F436`, `1F9D1-200D-1F373`), None when the style has none."""
        if code == "TABLE":
            return table(style)
        if style == "noto":
            return self._from_font(code)
        folder, suffix = {
            "fluent": (self.fluent, ".webp"),
            "flat": (self.flat, ".svg"),
            "twemoji": (self.twemoji, ".svg"),
        }[style]
        low = code.lower()
        for name in (low, low.replace("-fe0f", ""), f"{low}-fe0f"):
            path = folder / f"{name}{suffix}"
            if path.exists():
                return _open(path)
        return None

    def _from_font(self, code: str) -> Image.Image:
        text = "".join(chr(int(part, 16)) for part in code.split("-"))
        picture = Image.new("RGBA", (280, 160))
        shown = text if "\ufe0f" in text else text + "\ufe0f"
        ImageDraw.Draw(picture).text((8, 8), shown, font=self.noto, embedded_color=True)
        return picture


def _open(path: Path) -> Image.Image:
    if path.suffix == ".svg":
        data = bytes(resvg_py.svg_to_bytes(svg_path=str(path), width=256, height=256))
        return Image.open(io.BytesIO(data)).convert("RGBA")
    return Image.open(path).convert("RGBA")


def pack(pictures: list[Image.Image], quality: int) -> dict[str, np.ndarray]:
    """Pictures as one run of WebP bytes and where each begins: `data` (bytes,) and `ends` (n,)."""
    blobs = []
    for picture in pictures:
        buffer = io.BytesIO()
        picture.save(buffer, "WEBP", quality=quality, alpha_quality=90, method=6)
        blobs.append(buffer.getvalue())
    ends = np.cumsum([len(blob) for blob in blobs])
    return {"data": np.frombuffer(b"".join(blobs), np.uint8), "ends": ends.astype(np.int64)}


def colour_of(picture: Image.Image) -> str:
    """The colour one would name first, as the spotters name colours."""
    pixels = np.asarray(picture, np.float32)
    seen = pixels[..., 3] > 128
    return colours.name_of(colours.dominant(pixels[..., :3][seen]))

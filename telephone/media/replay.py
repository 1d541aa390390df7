"""A game as an animated GIF: every picture with the text it was drawn from and its caption."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image as pil
from PIL import ImageDraw

from telephone.domain.games import Image, fold
from telephone.errors import BadOutput
from telephone.media.images import opened
from telephone.media.typography import Face, baseline, draw, font, wrap

WIDTH, HEIGHT = 640, 880
_EDGE: Final = 36
_SIDE: Final = 480
_SHORTEST_MS, _LONGEST_MS = 1_500, 4_000
_MS_PER_CHARACTER: Final = 30
"""About 33 characters a second, besides 0.8 s for the picture: fast reading."""

_BACKGROUND, _INK, _QUIET, _BLUE, _ORANGE = "#FBF8F2", "#1F2328", "#6A6F76", "#0072B2", "#D55E00"
_TYPE_COLOURS: Final = 12
"""Palette entries kept for each colour of type, so that its edges stay smooth and the background stays plain."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One turn to show: its number, its picture, the text the picture was drawn from, and its caption."""

    n: int
    image: Image
    text_before: str
    caption: str


@dataclass(frozen=True, slots=True)
class _Card:
    pixels: pil.Image
    milliseconds: int


def replay_gif(frames: Sequence[Frame], *, pair: str, prompt: str, limit_bytes: int = 10 * 2**20) -> bytes:
    """A GIF of a title card, every frame, and first beside last, in at most `limit_bytes`; it repeats for ever.

    Each card stays 1.5 to 4 seconds, by the length of its words. It shrinks until it fits. Raises
    ValueError without frames, BadOutput for an invalid picture or a limit that nothing fits.
    """
    if not frames:
        raise ValueError("a replay needs at least one frame")
    cards = list(_cards(frames, pair, prompt))
    scale = 1.0
    while scale > 0.1:
        data = _gif(cards, scale)
        if len(data) <= limit_bytes:
            return data
        scale *= min(0.85, (limit_bytes / len(data)) ** 0.5)
    raise BadOutput(f"The replay cannot be made to fit into {limit_bytes:,} bytes; please raise the upload limit.")


def _cards(frames: Sequence[Frame], pair: str, prompt: str) -> Iterator[_Card]:
    yield _title_card(len(frames), pair, prompt)
    for frame in frames:
        yield _turn_card(frame, frames[-1].n, pair)
    if len(frames) > 1:
        yield _closing_card(frames, pair, prompt)


def _title_card(turns: int, pair: str, prompt: str) -> _Card:
    card, pen = _blank()
    face = font(40, bold=True) if len(fold(prompt)) <= 150 else font(30, bold=True)
    height = _line_height(face) * len(wrap(prompt, face, WIDTH - 2 * _EDGE, 11))
    top = max(96, (HEIGHT - height - 240) // 2)
    _write(card, "AI TELEPHONE", font(22, bold=True), (_EDGE, top), _ORANGE)
    below = _write(card, prompt, face, (_EDGE, top + 54), _INK, lines=11)
    pen.line((_EDGE, below + 40, _EDGE + 120, below + 40), fill=_BLUE, width=6)
    below = _write(card, pair, font(28), (_EDGE, below + 64), _INK, lines=2)
    _write(card, "1 turn" if turns == 1 else f"{turns} turns", font(24), (_EDGE, below + 10), _QUIET)
    return _Card(card, _reading_time(prompt))


def _turn_card(frame: Frame, turns: int, pair: str) -> _Card:
    card, pen = _blank()
    _head(card, f"Turn {frame.n} of {turns}", pair)
    _progress(pen, frame.n, turns)
    _write(card, "DRAWN FROM", font(17, bold=True), (_EDGE, 92), _BLUE)
    _write(card, frame.text_before, font(23), (_EDGE, 116), _INK, lines=3)
    left = (WIDTH - _SIDE) // 2
    _place(card, frame.image, (left, 220, left + _SIDE, 220 + _SIDE))
    _write(card, "SEEN AS", font(17, bold=True), (_EDGE, 720), _ORANGE)
    _write(card, frame.caption, font(24, bold=True), (_EDGE, 744), _INK, lines=4)
    return _Card(card, _reading_time(frame.caption))


def _closing_card(frames: Sequence[Frame], pair: str, prompt: str) -> _Card:
    card, _ = _blank()
    _head(card, "From first to last", pair)
    side = (WIDTH - 2 * _EDGE - 16) // 2
    middle = _EDGE + side + 16
    for left, frame in ((_EDGE, frames[0]), (middle, frames[-1])):
        _write(card, f"Turn {frame.n}", font(22, bold=True), (left, 112), _QUIET)
        _place(card, frame.image, (left, 146, left + side, 146 + side))
    _write(card, "IT BEGAN AS", font(17, bold=True), (_EDGE, 466), _BLUE)
    below = _write(card, prompt, font(24), (_EDGE, 492), _INK, lines=5)
    _write(card, "IT ENDED AS", font(17, bold=True), (_EDGE, below + 22), _ORANGE)
    _write(card, frames[-1].caption, font(24, bold=True), (_EDGE, below + 48), _INK, lines=5)
    return _Card(card, _LONGEST_MS)


def _blank() -> tuple[pil.Image, ImageDraw.ImageDraw]:
    card = pil.new("RGB", (WIDTH, HEIGHT), _BACKGROUND)
    return card, ImageDraw.Draw(card)


def _head(card: pil.Image, left: str, right: str) -> None:
    bold, face = font(26, bold=True), font(20)
    draw(card, left, bold, (_EDGE, 50), _INK)
    room = WIDTH - 3 * _EDGE - round(bold.getlength(left))
    draw(card, "".join(wrap(right, face, room, 1)), face, (WIDTH - _EDGE, 50), _QUIET, anchor="right")


def _progress(pen: ImageDraw.ImageDraw, n: int, turns: int) -> None:
    width = (WIDTH - 2 * _EDGE) / turns
    for turn in range(turns):
        left = _EDGE + turn * width
        pen.rectangle((left, 66, left + width - 4, 71), fill=_BLUE if turn < n else "#DDD8CE")


def _write(
    card: pil.Image,
    text: str,
    face: Face,
    at: tuple[int, int],
    colour: str,
    *,
    lines: int = 1,
) -> int:
    """Writes text from its top left corner down and returns the y where it ends."""
    left, top = at
    height = _line_height(face)
    for line in wrap(text, face, WIDTH - _EDGE - left, lines):
        draw(card, line, face, (left, baseline(top, face)), colour)
        top += height
    return top


def _line_height(face: Face) -> int:
    return round(face.size * 1.32)


def _place(card: pil.Image, image: Image, box: tuple[int, int, int, int]) -> None:
    """The whole picture, centred in a box, enlarged or reduced to touch its sides."""
    left, top, right, bottom = box
    pixels = opened(image)
    scale = min((right - left) / pixels.width, (bottom - top) / pixels.height)
    size = max(1, round(pixels.width * scale)), max(1, round(pixels.height * scale))
    fitted = pixels.resize(size, pil.Resampling.LANCZOS)
    card.paste("#EFEAE0", box)
    card.paste(fitted, ((left + right - size[0]) // 2, (top + bottom - size[1]) // 2))


def _reading_time(new_words: str) -> int:
    characters = len(fold(new_words))
    return min(_LONGEST_MS, max(_SHORTEST_MS, 800 + _MS_PER_CHARACTER * characters)) // 10 * 10


def _gif(cards: Sequence[_Card], scale: float) -> bytes:
    size = round(WIDTH * scale), round(HEIGHT * scale)
    first, *others = [_with_palette(card.pixels.resize(size, pil.Resampling.LANCZOS)) for card in cards]
    out = io.BytesIO()
    first.save(
        out,
        "GIF",
        save_all=True,
        append_images=others,
        duration=[card.milliseconds for card in cards],
        loop=0,
        optimize=False,
    )
    return out.getvalue()


def _with_palette(pixels: pil.Image) -> pil.Image:
    """At most 256 colours: those of the type exactly, the others chosen for this card."""
    ramps = _type_ramps()
    sample = pixels.resize((WIDTH // 3, HEIGHT // 3), pil.Resampling.NEAREST)  # noisy photographs take 0.5 s whole
    chosen = sample.quantize(256 - len(ramps), pil.Quantize.MEDIANCUT).getpalette() or []
    palette = pil.new("P", (1, 1))
    palette.putpalette((ramps.ravel().tolist() + chosen)[: 3 * 256])
    dithered = pixels.quantize(palette=palette, dither=pil.Dither.FLOYDSTEINBERG)
    ground = (np.asarray(pixels) == ramps[0]).all(axis=2)
    # Pillow approximates colours: without this the background would be speckled.
    dithered.paste(0, mask=pil.fromarray(ground.astype(np.uint8) * 255))
    return dithered


def _type_ramps() -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """Colours from the background to each colour of type, in even steps."""
    steps = np.linspace(0, 1, _TYPE_COLOURS)[:, None]
    background = _rgb(_BACKGROUND)
    ramps = [background + steps * (_rgb(colour) - background) for colour in (_INK, _QUIET, _BLUE, _ORANGE)]
    rows: np.ndarray[tuple[int, int], np.dtype[np.uint8]] = np.rint(np.concatenate(ramps)).astype(np.uint8)
    return rows


def _rgb(colour: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)], dtype=np.float64)

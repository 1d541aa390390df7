"""Teaches the spotters: glyphs are drawn as the artists draw, found as the spotters find, and told apart.

Linear discriminants: within-entry scatter of many drawings is whitened, an entry is the mean of its own.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from telephone.models.sketch import colours, eye, hands, segment
from telephone.models.sketch.settings import PAPERS


@dataclass(frozen=True)
class Lesson:
    """What to learn from: pairs of a style and the hand that draws it, how often, and how many axes to keep.

    `weights` say how much each pair counts towards the one memory of an entry; without them each pair
    leaves a memory of its own. `shrink` steadies the whitening, `covered` is the share partly covered.
    """

    shown: tuple[tuple[str, str], ...]
    weights: tuple[float, ...]
    times: int
    axes: int
    shrink: float
    covered: float


LESSONS = {
    "sharp": Lesson((("fluent", "stickers"), ("noto", "doodles")), (), 12, 320, 0.06, 0.5),
    "hazy": Lesson(
        (("twemoji", "stickers"), ("twemoji", "doodles"), ("flat", "stickers"), ("flat", "doodles")),
        (0.35, 0.35, 0.15, 0.15),
        times=3,
        axes=256,
        shrink=0.1,
        covered=0.3,
    ),
}
"""Sharp knows the styles the artists draw in; hazy learnt two others, and blurs them into one memory."""
BACKDROPS = ((70, 152, 234), (128, 190, 88), (60, 50, 70), (222, 190, 130))


def learn(lesson: Lesson, styles: dict[str, list[Image.Image]]) -> dict[str, np.ndarray]:
    """The arrays of a telephone.models.sketch.eye.Lesson, as they are stored."""
    rng = np.random.default_rng(7)
    rows, owners, marks = [], [], []
    tints = np.zeros((len(styles["fluent"]), 3), np.float32)
    for number, (style, hand) in enumerate(lesson.shown):
        for entry, picture in enumerate(styles[style]):
            glyph = np.asarray(picture)
            crops = [_seen(glyph, hand, rng, lesson.covered * (i % 2)) for i in range(lesson.times)]
            rows.append(eye.features(crops))
            owners += [entry] * len(crops)
            marks += [number * len(tints) + entry] * len(crops)
            tints[entry] += colours.dominant(_visible(glyph)) / len(lesson.shown)
        print(f"{style} by {hand}: {len(owners)} seen")
    return _discriminants(lesson, np.concatenate(rows), np.array(owners), np.array(marks), tints)


def _visible(glyph: np.ndarray) -> np.ndarray:
    return glyph[..., :3][glyph[..., 3] > 128].astype(np.float32)


def _seen(glyph: np.ndarray, hand: str, rng: np.random.Generator, covered: float) -> np.ndarray:
    """One drawing of a glyph, found again and cut out."""
    if hand == "stickers":
        canvas = np.full((240, 240, 3), BACKDROPS[int(rng.integers(len(BACKDROPS)))], np.float32)
        paint = list(colours.PAINTS)[int(rng.integers(len(colours.PAINTS)))] if rng.uniform() < 0.15 else None
        angle = float(np.clip(rng.normal(0, 7), -15, 15))
        cut = hands.sticker(glyph, int(rng.integers(56, 170)), angle, paint)
    else:
        paper = PAPERS[int(rng.integers(len(PAPERS)))]
        canvas = np.full((240, 240, 3), paper.sheet, np.float32)
        cut = hands.doodle(
            glyph, int(rng.integers(100, 180)), float(np.clip(rng.normal(0, 8), -18, 18)), paper.ink, rng
        )
    cut.lay(canvas, (canvas.shape[1] - cut.width) // 2, (canvas.shape[0] - cut.height) // 2)
    if covered and hand == "stickers" and rng.uniform() < covered:
        _cover(canvas, cut, rng)
    view = segment.segment(np.clip(canvas, 0, 255).astype(np.uint8))
    middle = np.array(canvas.shape[:2]) / 2
    if not view.pieces:
        raise SystemExit("A drawing was not found again: the glyph must be taken out of the vocabulary.")
    piece = max(
        view.pieces,
        key=lambda p: (
            p.area - 40 * np.hypot(*(np.array([(p.box[0] + p.box[1]) / 2, (p.box[2] + p.box[3]) / 2]) - middle))
        ),
    )
    return eye.crop(view.pixels, piece)


def _cover(canvas: np.ndarray, cut: hands.Cutout, rng: np.random.Generator) -> None:
    """Another sticker over a part of it: a plain disc stands for any."""
    side = int(0.8 * min(cut.width, cut.height))
    disc = np.zeros((96, 96, 4), np.uint8)
    rows, cols = np.ogrid[:96, :96]
    disc[(rows - 48) ** 2 + (cols - 48) ** 2 < 46**2] = (*rng.integers(20, 220, 3), 255)
    lid = hands.sticker(disc, max(side, 40), 0.0)
    x, y = ((0.0, -0.62), (0.5, 0.5), (-0.5, 0.5), (0.0, -0.66))[int(rng.integers(4))]
    centre = np.array(canvas.shape[:2]) / 2
    lid.lay(canvas, int(centre[1] + x * cut.width - lid.width / 2), int(centre[0] + y * cut.height - lid.height / 2))


def _discriminants(
    lesson: Lesson, rows: np.ndarray, owners: np.ndarray, marks: np.ndarray, tints: np.ndarray
) -> dict[str, np.ndarray]:
    mean = rows.mean(axis=0)
    centred = rows - mean
    kinds = np.unique(marks)
    centres = np.stack([centred[marks == kind].mean(axis=0) for kind in kinds])
    within = centred - centres[np.searchsorted(kinds, marks)]
    scatter = within.T @ within / len(within)
    values, vectors = np.linalg.eigh(scatter.astype(np.float64))
    white = vectors / np.sqrt(values + lesson.shrink * values.mean())
    _, turn = np.linalg.eigh((centres @ white).T @ (centres @ white))
    axes = white @ turn[:, ::-1][:, : lesson.axes]
    placed = eye.unit(np.asarray(centres @ axes, np.float32))
    whose = np.array([owners[marks == kind][0] for kind in kinds])
    if lesson.weights:
        count = len(tints)
        memories = placed.reshape(len(lesson.weights), count, -1)
        placed = eye.unit(np.tensordot(np.array(lesson.weights), memories, 1))
        whose = np.arange(count)
    seen = eye.unit(np.asarray(centred @ axes, np.float32))
    right = (whose[(seen @ placed.T).argmax(axis=1)] == owners).mean()
    print(f"right on what was learnt from: {right:.3f}")
    return {
        "mean": mean.astype(np.float32),
        "axes": axes.astype(np.float16),
        "marks": placed.astype(np.float16),
        "owners": whose.astype(np.int16),
        "colours": tints.astype(np.float16),
    }

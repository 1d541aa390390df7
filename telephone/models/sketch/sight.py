"""Interprets a segmented picture: which things, in which colours, where, and in what setting."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from telephone.models.sketch import colours, eye, lexicon, ndimage
from telephone.models.sketch.segment import Piece, View
from telephone.models.sketch.settings import GROUNDS, PAPERS, SKIES, Backdrop, DrawingPaper
from telephone.models.sketch.vocabulary import entries


@dataclass(frozen=True, slots=True)
class SightParameters:
    """The parameters of a sight: `noise` is added to likeness, `context` weighs what goes with the other things,
    `blur` is added to the distance of colours, `misses` is the share of small things that are overlooked."""

    noise: float
    context: float
    blur: float
    misses: float


PARAMETERS: Final[dict[eye.Sight, SightParameters]] = {
    "sharp": SightParameters(noise=0.0, context=0.0, blur=0.0, misses=0.0),
    "hazy": SightParameters(noise=0.095, context=0.2, blur=50.0, misses=0.04),
}
_NOT_HUMAN: Final = frozenset(("alien", "robot"))
_BENEFIT: Final = 0.08
"""How much less likely than the best answer a person may be and still be named as one."""
_RIVALS: Final = 6
"""How many answers are compared for one thing."""


@dataclass(frozen=True, slots=True)
class SeenThing:
    """One thing that was recognised. `where` is `near`, `far` or `high`; `relation` is to the thing `to`.

    `doubt` says how close the second answer came, from 0 (far behind) to 1 (as good).
    """

    entry: int
    paint: str | None
    where: str
    box: tuple[int, int, int, int]
    doubt: float = 0.0
    relation: str = ""
    to: int | None = None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The recognised setting: sky and ground, or a sheet of paper, or only a colour."""

    sky: Backdrop | None = None
    ground: Backdrop | None = None
    paper: DrawingPaper | None = None
    colour: str = "plain"


def recognised(view: View, sight: eye.Sight, rng: np.random.Generator) -> list[SeenThing]:
    """All things in the view, from left to right."""
    known, parameters = eye.lesson(sight), PARAMETERS[sight]
    pieces = [p for p in view.pieces if p.area > 5200 or rng.uniform() >= parameters.misses] or list(view.pieces)
    like = eye.scores(known, eye.features([eye.crop(view.pixels, piece) for piece in pieces]))
    like = _with_noise(_people_first(like), parameters.noise, rng)
    chosen = _in_context(like, parameters.context)
    height = view.pixels.shape[0]
    things = [
        SeenThing(int(i), _paint(view, piece, known.colours[i]), _where(piece, height), piece.box, _doubt(row, int(i)))
        for piece, i, row in zip(pieces, chosen, like, strict=True)
    ]
    return _related(things, pieces)


def _people_first(like: NDArray[np.float32]) -> NDArray[np.float32]:
    """Lowers the likeness of all other entries where a person is likely: no person is named as an animal or a thing."""
    people = np.array([entry.kind == "person" and entry.name not in _NOT_HUMAN for entry in entries()])
    best = like.max(axis=1)
    is_person = like[:, people].max(axis=1) >= best - _BENEFIT
    return np.where(is_person[:, None] & ~people, like - 1, like)


def _with_noise(like: NDArray[np.float32], noise: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Likeness with noise: only the _RIVALS best answers can change places."""
    if not noise:
        return like
    shaken = like + noise * rng.gumbel(size=like.shape).astype(np.float32)
    best = np.sort(like, axis=1)[:, -_RIVALS][:, None]
    return np.where(like >= best, shaken, like - 1)


def _in_context(like: NDArray[np.float32], weight: float) -> list[int]:
    """The best answer for each row; with a weight, answers that go with each other are preferred."""
    chosen = [int(i) for i in like.argmax(axis=1)]
    if not weight or len(chosen) < 2:
        return chosen
    meanings = lexicon.meanings()
    for k, row in enumerate(like):
        others = np.mean([meanings[c] for j, c in enumerate(chosen) if j != k], axis=0)
        rivals = np.argsort(-row, kind="stable")[:_RIVALS]
        chosen[k] = int(rivals[int((row[rivals] + weight * (meanings[rivals] @ others)).argmax())])
    return chosen


def _doubt(row: NDArray[np.float32], chosen: int) -> float:
    others = np.delete(row, chosen)
    return float(np.clip(1 - (row[chosen] - others.max()) / 0.25, 0, 1))


def _where(piece: Piece, height: int) -> str:
    top, bottom, left, right = (side / height for side in piece.box)
    if bottom < 0.4:
        return "high"
    return "far" if bottom < 0.66 and max(bottom - top, right - left) < 0.205 else "near"


def _paint(view: View, piece: Piece, learnt: NDArray[np.float32]) -> str | None:
    """The colour to mention; None where the thing has its usual colour."""
    top, bottom, left, right = piece.box
    shown = view.pixels[top:bottom, left:right][piece.mask].astype(np.float32)
    if not view.has_edges or len(shown) < 50:
        return None
    middle = colours.dominant(shown)
    name, usual = colours.name_of(middle), colours.name_of(learnt)
    if name in (usual, "white", "gray", "black") or np.linalg.norm(middle - learnt) < 110 or _evenness(shown) < 0.9:
        return None
    return name


def _evenness(shown: NDArray[np.float32]) -> float:
    """The share of pixels whose hue is close to the commonest: painted things have one hue."""
    high, low = shown.max(axis=1), shown.min(axis=1)
    centred = shown - shown.mean(axis=1, keepdims=True)
    middle = np.median(centred, axis=0)
    if float((high - low).mean()) < 22:
        return 1.0
    lengths = np.linalg.norm(centred, axis=1) * float(np.linalg.norm(middle)) + 1e-6
    return float(((centred @ middle) / lengths > 0.82).mean())


def _related(things: Sequence[SeenThing], pieces: Sequence[Piece]) -> list[SeenThing]:
    """The same things with their relations: on or behind each other."""
    related = list(things)
    for i, thing in enumerate(things):
        for j, other in enumerate(things):
            if i != j and related[j].to != i and not related[i].relation:
                relation = _relation(thing.box, other.box, pieces[i].is_whole, pieces[j].is_whole)
                if relation:
                    related[i] = replace(thing, relation=relation, to=j, where="near")
    return related


def _relation(a: tuple[int, int, int, int], b: tuple[int, int, int, int], a_whole: bool, b_whole: bool) -> str:
    """`on` when the foot of `a` stands a little below the top of `b`; `behind` when `b` covers the foot of `a`.

    Things that have nothing to do with each other are drawn apart, so overlapping boxes mean something.
    """
    wide = min(a[3], b[3]) - max(a[2], b[2])
    high = min(a[1], b[1]) - max(a[0], b[0])
    if wide < 8 or high < 4 or a[0] >= b[0] or a[1] >= b[1] - 8:
        return ""
    depth = (a[1] - b[0]) / (b[1] - b[0])
    if a_whole and (depth < 0.4 or not b_whole):
        return "on" if b[2] - 10 < (a[2] + a[3]) / 2 < b[3] + 10 else ""
    return "behind" if b_whole and high > 8 else ""


def surroundings(view: View, sight: eye.Sight, rng: np.random.Generator) -> Surroundings:
    """The setting, read from the colours that no thing covers."""
    free = ~ndimage.binary_dilation(view.foreground, iterations=12)
    if free.mean() < 0.05:
        free = np.ones_like(free)
    blur = PARAMETERS[sight].blur
    if not view.has_edges:
        ground = np.median(view.pixels[free].astype(np.float32), axis=0)
        evenness = np.abs(view.pixels[free] - ground).max(axis=1)
        colour = colours.name_of(ground)
        if np.quantile(evenness, 0.8) < 18:
            paper = min(PAPERS, key=lambda p: _apart(ground, p.sheet) + blur * rng.uniform(-0.5, 0.5))
            return Surroundings(paper=paper if _apart(ground, paper.sheet) < 20 + blur / 2 else None, colour=colour)
    return _sky_and_ground(view, free, blur, rng)


def _sky_and_ground(view: View, free: NDArray[np.bool_], blur: float, rng: np.random.Generator) -> Surroundings:
    bands = [_band(view, free, *rows) for rows in ((0.02, 0.16), (0.3, 0.42), (0.84, 0.99))]
    sky = min(SKIES, key=lambda s: _sky_distance(s, bands) + blur * rng.uniform(-1, 1))
    lit = [np.array(g.far) * 0.2 + np.array(g.near) * 0.8 for g in GROUNDS]
    light = np.array(sky.light)
    distances = [_apart(bands[2], colour * light) + blur * rng.uniform(-0.5, 0.5) for colour in lit]
    ground = GROUNDS[int(np.argmin(distances))]
    if _sky_distance(sky, bands) > 130 and not view.has_edges:
        return Surroundings(colour=colours.name_of(np.mean(bands, axis=0)))
    return Surroundings(sky, ground)


def _band(view: View, free: NDArray[np.bool_], first: float, last: float) -> NDArray[np.float32]:
    """The median colour of some rows, where no thing is."""
    rows = slice(int(first * len(free)), max(int(last * len(free)), int(first * len(free)) + 1))
    chosen = view.pixels[rows][free[rows]]
    if not len(chosen):
        chosen = view.pixels[rows].reshape(-1, 3)
    return np.asarray(np.median(chosen.astype(np.float32), axis=0), np.float32)


def _sky_distance(sky: Backdrop, bands: Sequence[NDArray[np.float32]]) -> float:
    far, near = np.array(sky.far, np.float32), np.array(sky.near, np.float32)
    return _apart(bands[0], far + 0.15 * (near - far)) + _apart(bands[1], far + 0.6 * (near - far))


def _apart(a: NDArray[np.float32], b: object) -> float:
    return float(np.linalg.norm(a - np.asarray(b, np.float32)))

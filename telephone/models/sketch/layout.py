"""Places the things of a scene: in the sky, far away, or near in one row or two; on and behind each other."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from telephone.models.sketch.parse import Thing
from telephone.models.sketch.vocabulary import entries

SIDE: Final = 512
MARGIN: Final = 14
GAP: Final = 12
"""The least gap between unrelated things, in pixels."""

MOST_UPON: Final = 3
"""The most things that can stand on another."""

MOST_HIGH: Final = 4
"""The most flying things in the air; further ones stay on the ground."""

_SIZES: Final = {
    "place": 1.2,
    "vehicle": 1.12,
    "person": 1.05,
    "plant": 1.0,
    "animal": 1.0,
    "food": 0.86,
    "thing": 0.92,
    "air": 0.95,
    "sky": 1.0,
}
_LARGEST: Final = 214.0
_SMALLEST: Final = 64.0


@dataclass(frozen=True, slots=True)
class StickerSpot:
    """One sticker's place: the middle of its foot, its size, and the spot that it partly covers, if any.

    A covering sticker stands either on the other, at a height known only when that is drawn, or in front of it.
    """

    thing: Thing
    x: float
    foot: float
    size: float
    over: int | None = None
    is_in_front: bool = False

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of the square it fits in."""
        return self.x - self.size / 2, self.foot - self.size, self.x + self.size / 2, self.foot


@dataclass(frozen=True, slots=True)
class _Slot:
    """One place in a row: a thing with the things on it, or with the one behind it."""

    base: Thing
    tops: tuple[Thing, ...] = ()
    behind: Thing | None = None

    @property
    def width(self) -> float:
        own = _SIZES[entries()[self.base.entry].kind]
        if self.tops:
            return max(1.3 * own, 0.62 * len(self.tops) + 0.35)
        return own * (1.45 if self.behind else 1.0)


def arrange(things: Sequence[Thing], horizon: int, rng: np.random.Generator) -> list[StickerSpot]:
    """A spot for every single thing, in drawing order: partly covered things first."""
    slots, high, far = _groups(things)
    spots = [*_in_the_sky(high, rng), *_far_away(far, horizon, rng)]
    rows = _rows(slots)
    for depth, row in enumerate(rows):
        front = depth == len(rows) - 1
        foot = SIDE - 34 if front else horizon + 62
        tallest = SIDE - 34 - horizon + 100 if len(rows) == 1 else 150 if front else 128
        spots += _in_a_row(row, foot, min(_LARGEST, tallest), len(spots), rng)
    return _apart(spots)


def _groups(things: Sequence[Thing]) -> tuple[list[_Slot], list[Thing], list[Thing]]:
    """The slots on the ground, the things in the sky and the things far away."""
    slots: list[_Slot] = []
    high: list[Thing] = []
    far: list[Thing] = []
    waiting: list[Thing] = []
    for i, thing in enumerate(things):
        following = things[i + 1] if i + 1 < len(things) else None
        kind = entries()[thing.entry].kind
        singles = [replace(thing, count=1)] * thing.count
        if _is_up(thing, kind) or (_may_fly(thing, kind) and not waiting and len(high) + thing.count <= MOST_HIGH):
            high += singles
        elif thing.is_far:
            far += singles
        elif thing.relation == "on" and _bears(_base(things, i), thing) and len(waiting) + thing.count <= MOST_UPON:
            waiting += singles
        elif thing.relation == "behind" and following and thing.count == 1 and _bears(following, thing):
            waiting = [replace(thing, is_far=True)]
        elif thing.relation == "on" and waiting:
            slots += [_Slot(single) for single in singles]
        else:
            slots.append(_slot(singles[0], waiting))
            slots += [_Slot(single) for single in singles[1:]]
            waiting = []
    slots += [_Slot(replace(thing, is_far=False)) for thing in waiting]
    return slots, high, far


def _is_up(thing: Thing, kind: str) -> bool:
    """Whether a thing belongs in the sky, not on the ground with the thing it is on or behind."""
    return kind == "sky" or thing.is_high or thing.relation == "above"


def _may_fly(thing: Thing, kind: str) -> bool:
    """Whether a thing is in the air unless the text says otherwise."""
    return kind == "air" and not thing.relation and not thing.is_far


def _slot(base: Thing, waiting: list[Thing]) -> _Slot:
    if waiting and waiting[0].is_far:
        return _Slot(base, behind=replace(waiting[0], is_far=False))
    return _Slot(base, tops=tuple(waiting))


def _base(things: Sequence[Thing], i: int) -> Thing | None:
    """The thing that the thing at `i` is on: the next one that is itself on nothing."""
    return next((thing for thing in things[i + 1 :] if thing.relation != "on"), None)


def _bears(base: Thing | None, other: Thing) -> bool:
    """Whether something can be on or behind `base`: not in the sky, and not a castle on a plate."""
    if base is None:
        return False
    under, over = entries()[base.entry].kind, entries()[other.entry].kind
    if base.is_far or base.is_high or under == "sky":
        return False
    return _SIZES[over] <= _SIZES[under] + 0.2


def _in_the_sky(things: Sequence[Thing], rng: np.random.Generator) -> list[StickerSpot]:
    n = len(things)
    size = min(112.0, (SIDE - 2 * MARGIN) / max(n, 1) - GAP)
    order = rng.permutation(n) if n < 3 else np.arange(n)
    free = (SIDE - 2 * MARGIN) / max(n, 1)
    spots = []
    for place, i in enumerate(order):
        own = size * rng.uniform(0.88, 1.0)
        slack = max(0.0, free - own - GAP) / 2
        x = MARGIN + free * (place + 0.5) + rng.uniform(-slack, slack) * 0.7
        spots.append(StickerSpot(things[int(i)], x, own + rng.uniform(14, 40), own))
    return spots


def _far_away(things: Sequence[Thing], horizon: int, rng: np.random.Generator) -> list[StickerSpot]:
    n = len(things)
    free = (SIDE - 2 * MARGIN) / max(n, 1)
    size = min(84.0, free - GAP)
    slack = max(0.0, free - size - GAP) / 2
    xs = [MARGIN + free * (i + 0.5) + rng.uniform(-slack, slack) * 0.6 for i in range(n)]
    return [StickerSpot(thing, x, horizon + 6, size) for thing, x in zip(things, xs, strict=True)]


def _rows(slots: Sequence[_Slot]) -> list[list[_Slot]]:
    """One row, or a back and a front row where one would be crowded; things that carry others stand at the back, where
    they may rise over the horizon."""
    half = max(sum(slot.width for slot in slots) / 2, 1.0)
    if half <= 2.2:
        return [list(slots)] if slots else []
    order = sorted(range(len(slots)), key=lambda i: not (slots[i].tops or slots[i].behind))
    back = {i for n, i in enumerate(order) if sum(slots[k].width for k in order[: n + 1]) <= half} or {order[0]}
    rows = [[slot for i, slot in enumerate(slots) if (i in back) == is_back] for is_back in (True, False)]
    return [row for row in rows if row]


def _in_a_row(
    row: Sequence[_Slot], foot: float, tallest: float, first: int, rng: np.random.Generator
) -> list[StickerSpot]:
    total = sum(slot.width for slot in row)
    free = SIDE - 2 * MARGIN
    unit = min(tallest, (free - GAP * len(row)) / max(total, 0.01))
    spare = free - unit * total - GAP * len(row)
    spots: list[StickerSpot] = []
    x = float(MARGIN)
    for slot in row:
        width = unit * slot.width + GAP + spare / len(row)
        centre = x + width / 2 + rng.uniform(-0.25, 0.25) * spare / len(row)
        low = foot + rng.uniform(-12, 6)
        spots += _stacked(slot, centre, low, unit, index=first + len(spots), rng=rng)
        x += width
    return spots


def _stacked(
    slot: _Slot, x: float, foot: float, unit: float, *, index: int, rng: np.random.Generator
) -> list[StickerSpot]:
    share = max(_SIZES[entries()[slot.base.entry].kind], 0.5 * len(slot.tops))
    own = float(np.clip(unit * share, _SMALLEST, _LARGEST))
    if slot.behind is not None:
        other = 0.9 * own
        side = float(rng.choice([-1, 1]))
        back = StickerSpot(slot.behind, x + side * 0.26 * own, foot - 0.5 * own, other)
        return [back, StickerSpot(slot.base, x - side * 0.12 * own, foot, own, over=index, is_in_front=True)]
    if not slot.tops:
        return [StickerSpot(slot.base, x, foot, own)]
    n = len(slot.tops)
    base = StickerSpot(slot.base, x, foot, own)
    size = float(np.clip(min(0.8 * own, 1.25 * own / n - 4), 0.55 * _SMALLEST, 150))
    step = size + 4
    xs = [x + (i - (n - 1) / 2) * step for i in range(n)]
    return [
        base,
        *(StickerSpot(top, at, foot - 0.74 * own, size, over=index) for top, at in zip(slot.tops, xs, strict=True)),
    ]


def _apart(spots: list[StickerSpot]) -> list[StickerSpot]:
    """The same spots inside the picture, shrunk or moved until none covers an unrelated one."""
    spots = [_inside(spot) for spot in spots]
    for _ in range(14):
        clashes = [(i, j) for i in range(len(spots)) for j in range(i) if _clash(spots, i, j)]
        if not clashes:
            break
        for i, j in clashes:
            smaller = max((i, j), key=lambda k: spots[k].size)
            spots[smaller] = _inside(replace(spots[smaller], size=max(54.0, spots[smaller].size * 0.92)))
            push = 3.0 if spots[i].x >= spots[j].x else -3.0
            spots[i], spots[j] = (_inside(replace(spots[k], x=spots[k].x + d)) for k, d in ((i, push), (j, -push)))
    return spots


def _clash(spots: Sequence[StickerSpot], i: int, j: int) -> bool:
    if spots[i].over == j or spots[j].over == i:
        return False
    a, b = spots[i].box, spots[j].box
    wide = min(a[2], b[2]) - max(a[0], b[0])
    high = min(a[3], b[3]) - max(a[1], b[1])
    return wide > -GAP / 2 and high > -GAP / 2


def _inside(spot: StickerSpot) -> StickerSpot:
    half = spot.size / 2
    x = float(np.clip(spot.x, MARGIN + half, SIDE - MARGIN - half))
    return replace(spot, x=x, foot=float(np.clip(spot.foot, spot.size + 8, SIDE - 12)))

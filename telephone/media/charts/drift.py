"""The drift of one game: how far the caption of every turn is from the prompt."""

from collections.abc import Sequence
from math import isnan, nan
from typing import TYPE_CHECKING, Final

from telephone.domain.games import worth_telling
from telephone.media.charts.labels import beside
from telephone.media.charts.scale import draw_scale, scale_in_words, scale_labels, top_of
from telephone.media.charts.style import (
    DPI,
    HEIGHT,
    INKS,
    LARGE,
    TYPE,
    WIDTH,
    Ink,
    Note,
    Theme,
    canvas,
    footing,
    heading,
    panel,
    png,
    write,
)
from telephone.media.charts.ticks import framed
from telephone.media.charts.values import ChartScale
from telephone.media.charts.words import signed, told, turns_in_words
from telephone.scoring.drift import biggest_jump

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text
    from matplotlib.transforms import Bbox

_PITCH: Final = 76
"""From so many pixels a turn, every point is labelled with its number; below, only the most important ones."""


def drift_chart(
    distances: Sequence[float | None],
    *,
    title: str,
    embedder: str,
    scale: ChartScale | None = None,
    rest: int | None = None,
    theme: Theme = "light",
) -> bytes:
    """A PNG, 1200 × 675: distance from the prompt after each turn, the biggest jump marked, embedder named.

    `distances` are in [0, 2], one a turn, None where the embedder cannot read the words; at least one is known. With
    `scale`, the medians of unrelated prompts and of redraws are drawn too; `rest` is the turn, from 1, from which the
    game is at rest. ValueError otherwise.
    """
    return png(drift_figure(distances, title=title, embedder=embedder, scale=scale, rest=rest, theme=theme))


def drift_figure(
    distances: Sequence[float | None],
    *,
    title: str,
    embedder: str,
    scale: ChartScale | None,
    rest: int | None,
    theme: Theme,
) -> "Figure":
    """The figure that `drift_chart` saves."""
    known = [distance for distance in distances if distance is not None]
    if not known or not all(0 <= distance <= 2 for distance in known):
        raise ValueError("a chart needs at least one distance, and distances lie in [0, 2]")
    if rest is not None and not 1 <= rest <= len(distances):
        raise ValueError(f"a game of {len(distances)} turns is not at rest from turn {rest}")
    ink = INKS[theme]
    figure = canvas(ink)
    axes = panel(figure, ink, (98, 179, 1152, 594) if scale is None else (98, 179, 975, 582))
    _set_axes(axes, distances, scale)
    framed(figure, axes, ink)
    if scale is not None:
        draw_scale(axes, ink, scale)
        beside(figure, axes, ink, scale_labels(ink, scale), left=990, room=(165, 610))
        footing(figure, ink, f"Scale: {scale.source}")
    _draw_rest(axes, ink, rest, len(distances))
    line = [nan if distance is None else distance for distance in distances]
    _draw_line(axes, line, ink)
    _draw_labels(figure, axes, line, ink)
    _draw_gaps(figure, axes, line, ink)
    notes = _notes(ink, line, rest)
    heading(figure, ink, title, f"Distance from the prompt, {embedder}. Lower is closer.", notes)
    return figure


def describe_drift(
    distances: Sequence[float | None],
    jump: tuple[int, float] | None,
    *,
    scale: ChartScale | None = None,
    rest: int | None = None,
) -> str:
    """The chart in words: start, end and the biggest jump, `(turn, increase)`, then rest and scale where known."""
    known = [(turn, distance) for turn, distance in enumerate(distances, 1) if distance is not None]
    lacking = [turn for turn, distance in enumerate(distances, 1) if distance is None]
    if not known:
        return "No distance from the prompt is known: the embedder cannot read the words."
    if len(distances) == 1:
        course = f"Line chart: after its one turn the game is {known[0][1]:.2f} away from the prompt."
    else:
        (first, start), (last, end) = known[0], known[-1]
        starts = f"{start:.2f}" if first == 1 else f"{start:.2f} in turn {first}"
        ends = f"{end:.2f}" if last == len(distances) else f"{end:.2f} in turn {last}"
        far = worth_telling(jump)
        stayed = "no turn after the first went farther away" if jump else "no jump is known"
        moved = f"the biggest jump is turn {far[0]}, {signed(far[1])}" if far else stayed
        course = (
            f"Line chart of the distance from the prompt over {len(distances)} turns: it starts at "
            f"{starts}, ends at {ends}; {moved}."
        )
    gaps = f"Not known, since the embedder cannot read the words: {turns_in_words(lacking)}." if lacking else ""
    return told(course, gaps, "" if rest is None else f"It is at rest from turn {rest}.", scale_in_words(scale))


def _notes(ink: Ink, distances: Sequence[float], rest: int | None) -> list[Note]:
    notes, jump = [], _marked_jump(distances)
    if jump is not None:
        notes.append(Note(f"◆ Biggest jump: turn {jump[0]}, {signed(jump[1])}", ink.jump, bold=True))
    if rest is not None:
        notes.append(Note(f"▬ At rest from turn {rest}", ink.rest, bold=True))
    lacking = sum(map(isnan, distances))
    if lacking:
        notes.append(Note(f"? Not read: {lacking} of {len(distances)} turns", ink.quiet))
    return notes


def _draw_gaps(figure: "Figure", axes: "Axes", distances: Sequence[float], ink: Ink) -> None:
    """Draws a question mark above the axis at every turn without a distance."""
    for turn, distance in enumerate(distances, 1):
        if isnan(distance):
            x, y = _pixels(axes, turn, 0.0, (0.0, 5.0))
            write(figure, (x, y), "?", ink.quiet, align="center", upright="bottom")


def _draw_rest(axes: "Axes", ink: Ink, rest: int | None, turns: int) -> None:
    """Draws a bar along the top over the turns at rest, and from its start a line down to the axis."""
    if rest is not None:
        top, end = axes.get_ylim()[1], min(turns + 0.5, axes.get_xlim()[1])
        axes.plot([rest - 0.5, end], [top, top], color=ink.rest, linewidth=7, solid_capstyle="butt",
                  clip_on=False, zorder=2)  # fmt: skip
        axes.axvline(rest - 0.5, color=ink.rest, linewidth=1.5, linestyle=(0, (4, 2)), zorder=1)


def _set_axes(axes: "Axes", distances: Sequence[float | None], scale: ChartScale | None) -> None:
    from matplotlib.ticker import MultipleLocator

    turns, known = len(distances), [distance for distance in distances if distance is not None]
    axes.set_xlim(-0.35, turns + 0.35 + 0.03 * turns)
    axes.set_ylim(0, top_of(scale, [max(known) * 1.24], least=0.25))
    axes.xaxis.set_major_locator(MultipleLocator(1 if _roomy(axes) else 2 if _roomy(axes, 0.8) else 5))
    axes.xaxis.set_major_formatter(lambda x, _: "prompt" if round(x) == 0 else f"{x:.0f}" if 0 < x <= turns else "")


def _roomy(axes: "Axes", share: float = 1.0) -> bool:
    """Whether a number, or this share of its width, fits between two turns."""
    (left, _), (right, _) = axes.transData.transform([(0.0, 0.0), (1.0, 0.0)])
    return bool(right - left >= share * _PITCH)


def _draw_line(axes: "Axes", distances: Sequence[float], ink: Ink) -> None:
    line = [0.0, *distances]
    size = 10 if _roomy(axes, 0.8) else 7
    axes.fill_between(range(len(line)), line, color=ink.line, alpha=0.10, linewidth=0)
    axes.plot(line, color=ink.line, linewidth=3, solid_capstyle="round", zorder=3)
    axes.plot(range(1, len(line)), line[1:], "o", color=ink.line, markersize=size, markeredgecolor=ink.ground,
              markeredgewidth=1.5, zorder=4, clip_on=False)  # fmt: skip
    axes.plot([0], [0], "o", color=ink.ground, markersize=size, markeredgecolor=ink.line, markeredgewidth=2.5,
              zorder=4, clip_on=False)  # fmt: skip
    jump = _marked_jump(distances)
    if jump is None:
        return
    turn, rise = jump[0], line[jump[0] - 1 : jump[0] + 1]
    axes.plot([turn - 1, turn], rise, color=ink.ground, linewidth=5, zorder=3)
    axes.plot([turn - 1, turn], rise, color=ink.jump, linewidth=4, linestyle=(0, (1.6, 1)), zorder=3)
    axes.plot([turn], rise[1:], "D", color=ink.jump, markersize=size + 2, markeredgecolor=ink.ground,
              markeredgewidth=1.5, zorder=5)  # fmt: skip


def _draw_labels(figure: "Figure", axes: "Axes", distances: Sequence[float], ink: Ink) -> None:
    from matplotlib.patheffects import withStroke

    turns, jump = len(distances), _marked_jump(distances)
    jumped = jump[0] if jump else 0
    known = [turn for turn in range(1, turns + 1) if not isnan(distances[turn - 1])]
    named = known if _roomy(axes) else sorted({known[0], jumped or known[0], known[-1]})
    before: Bbox | None = None
    for n in named:
        weighty = n in (jumped, known[-1])
        text = write(
            figure,
            (0.0, 0.0),
            f"{distances[n - 1]:.2f}",
            ink.jump if n == jumped else ink.text,
            points=LARGE if weighty else TYPE,
            bold=weighty,
            align="center",
        )
        text.set_path_effects([withStroke(linewidth=4, foreground=ink.ground)])
        places = _places(axes, distances, n)
        before = _settle(text, [(*_pixels(axes, n, distances[n - 1], place), place[1] > 0) for place in places], before)


def _settle(text: "Text", places: Sequence[tuple[float, float, bool]], before: "Bbox | None") -> "Bbox":
    """Moves a number to the first place where it does not touch the number before it, else to the first place.

    Places are pixels from the left and the top, and whether the number stands above.
    """
    boxes = []
    for place in places:
        boxes.append(_put(text, place))
        if before is None or not boxes[-1].padded(2).overlaps(before):
            return boxes[-1]
    return _put(text, places[0])


def _put(text: "Text", place: tuple[float, float, bool]) -> "Bbox":
    x, y, above = place
    text.set(position=(x / WIDTH, 1 - y / HEIGHT), va="bottom" if above else "top")
    return text.get_window_extent()


def _pixels(axes: "Axes", turn: int, distance: float, offset: tuple[float, float]) -> tuple[float, float]:
    """A place so many typographic points to the right of and above a point of the line."""
    x, y = axes.transData.transform((turn, distance))
    return float(x) + offset[0] * DPI / 72, HEIGHT - float(y) - offset[1] * DPI / 72


def _marked_jump(distances: Sequence[float]) -> tuple[int, float] | None:
    """The jump worth marking: none where there is one turn only, or no later one went farther away."""
    return worth_telling(biggest_jump(distances))


def _places(axes: "Axes", distances: Sequence[float], n: int) -> list[tuple[float, float]]:
    """Offsets for the number of point `n`, the best first, in typographic points from it.

    Above, and out of the way of a line that rises; below in a valley with room for it.
    """
    before = distances[n - 2] if n > 1 else 0.0
    here = distances[n - 1]
    after = distances[n] if n < len(distances) else here
    before, after = (here if isnan(beside) else beside for beside in (before, after))
    above, aside, below = (0.0, 12.0), (-9.0, 12.0), (0.0, -12.0)
    if here <= 0.2 * axes.get_ylim()[1]:
        return [aside, above] if after > here else [above]
    if here < before and here < after + 1e-9:
        return [below, above]
    return [aside, above, below] if after > here else [above, below]

"""Which of the two matters more, turn by turn: the shares of T2I and I2T, and the difference of their θ²."""

from collections.abc import Callable, Sequence
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Final

from telephone.media.charts.labels import SWATCH, Label, beside
from telephone.media.charts.strokes import Stroke, marked, stroke
from telephone.media.charts.style import INKS, TYPE, Box, Ink, Note, Theme, canvas, footing, heading, length, panel, png
from telephone.media.charts.ticks import framed
from telephone.media.charts.values import Span
from telephone.media.charts.words import counted, form_of, number, spoken, told, turns_in_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Spans = Sequence[Span | None]
Points = list[tuple[int, Span]]

_PERCENT: Final = ".0%"
_FARTHEST: Final = 0.5
"""How far beyond 0% and 100% the intervals of shares are drawn."""
_ROOM: Final = (165.0, 612.0)


def shares_chart(
    turns: Sequence[int], t2i: Spans, i2t: Spans, *, title: str, embedder: str, theme: Theme = "light"
) -> bytes:
    """A PNG, 1200 × 675: the θ² of T2I and of I2T as shares of all variation, by turn, with 95% intervals.

    Spans are None at a turn without a verdict: there the curves break, the panel is shaded and the heading says so.
    Points are hollow where the interval includes 0%. `turns` count from 1 and ascend; shares may leave [0, 1].
    Raises ValueError where spans and turns do not match, or all spans are None.
    """
    return png(shares_figure(turns, t2i, i2t, title=title, embedder=embedder, theme=theme))


def difference_chart(turns: Sequence[int], spans: Spans, *, title: str, embedder: str, theme: Theme = "light") -> bytes:
    """A PNG, 1200 × 675: θ² of T2I less θ² of I2T by turn, above 0 where T2I matters more, with 95% intervals.

    Turns without a verdict as in `shares_chart`; points are hollow where the interval includes 0.
    """
    return png(difference_figure(turns, spans, title=title, embedder=embedder, theme=theme))


def describe_shares(turns: Sequence[int], t2i: Spans, i2t: Spans) -> str:
    """The chart in words: where both shares start and end, the biggest change, and at which turns either may be 0%."""
    _check(turns, t2i, i2t)
    t2i_points, i2t_points = _points(turns, t2i), _points(turns, i2t)
    return told(
        f"Line chart of the shares of T2I and I2T in all variation, {counted(len(turns), 'turn')}.",
        f"T2I: {_course(t2i_points, _PERCENT)}; I2T: {_course(i2t_points, _PERCENT)}.",
        _change_in_words("share of T2I", t2i_points, lambda change: f"{number(100 * change, '+.0f')} points"),
        _side_in_words("T2I's interval includes 0%", [turn for turn, span in t2i_points if _even(span, 0)]),
        _side_in_words("I2T's interval includes 0%", [turn for turn, span in i2t_points if _even(span, 0)]),
        _side_in_words("No verdict", _gaps(turns, t2i)),
    )


def describe_difference(turns: Sequence[int], spans: Spans) -> str:
    """The chart in words: where the difference starts and ends, its biggest change, and when it is surely not 0."""
    _check(turns, spans)
    points = _points(turns, spans)
    form = form_of([span for _, span in points])
    return told(
        f"Line chart of θ² of T2I less θ² of I2T, {counted(len(turns), 'turn')}; above 0 T2I matters more.",
        f"It {'is' if len(points) == 1 else 'goes'} {_course(points, form)}.",
        _change_in_words("difference", points, lambda change: number(change, f"+{form}")),
        _side_in_words("Its interval is above 0", [turn for turn, span in points if span.low > 0]),
        _side_in_words("Its interval is below 0", [turn for turn, span in points if span.high < 0]),
        _side_in_words("No verdict", _gaps(turns, spans)),
    )


def shares_figure(turns: Sequence[int], t2i: Spans, i2t: Spans, *, title: str, embedder: str, theme: Theme) -> "Figure":
    """The figure that `shares_chart` saves."""
    _check(turns, t2i, i2t)
    ink = INKS[theme]
    figure = canvas(ink)
    both = {"T2I": _points(turns, t2i), "I2T": _points(turns, i2t)}
    names = [f"{name} {number(points[-1][1].middle, _PERCENT)}" for name, points in both.items()]
    left = 1176 - SWATCH - max(length(name, TYPE) for name in names)
    axes = _panel(figure, ink, turns, t2i, (118, 182, left - 40, 582))
    _fit_shares(axes, [span for points in both.values() for _, span in points])
    framed(figure, axes, ink, base=False)
    axes.axhline(0, color=ink.quiet, linewidth=2, zorder=0.7)
    labels = []
    for k, (name, points) in enumerate(zip(names, both.values(), strict=True)):
        look = stroke(ink, k, k)
        _draw(axes, ink, points, turns, look, even=0)
        turn, span = points[-1]
        start = float(axes.transData.transform((turn, 0))[0]) + 12
        labels.append(Label((name,), span.middle, ink.text, look, _even(span, 0), start))
    beside(figure, axes, ink, labels, left=left, room=_ROOM)
    notes = _notes(ink, "0%", both["T2I"] + both["I2T"], 0)
    heading(figure, ink, title, f"Share of all variation, by turn, {embedder}.", notes)
    return figure


def difference_figure(turns: Sequence[int], spans: Spans, *, title: str, embedder: str, theme: Theme) -> "Figure":
    """What `difference_chart` draws, before it is a file."""
    from matplotlib.ticker import FixedFormatter, FixedLocator

    _check(turns, spans)
    ink = INKS[theme]
    figure = canvas(ink)
    points = _points(turns, spans)
    most = 1.08 * max(abs(end) for _, span in points for end in (span.low, span.high)) or 0.01
    zones = [Label((f"{kind} matters", "more"), end / 2, ink.quiet) for kind, end in (("T2I", most), ("I2T", -most))]
    right = 1160 - max(length(label.lines[0], TYPE) for label in zones)
    ticks = _ticks(most)
    room = 34 + max(length(text, TYPE) for text in ticks.values())
    axes = _panel(figure, ink, turns, spans, (max(118, room), 182, right - 16, 582))
    axes.set_ylim(-most, most)
    axes.yaxis.set_major_locator(FixedLocator(list(ticks)))
    axes.yaxis.set_major_formatter(FixedFormatter(list(ticks.values())))
    framed(figure, axes, ink, base=False)
    axes.axhline(0, color=ink.quiet, linewidth=2, zorder=0.7)
    _draw(axes, ink, points, turns, stroke(ink, 0, 0), even=0)
    beside(figure, axes, ink, zones, left=right, room=_ROOM)
    heading(figure, ink, title, f"θ² of T2I less θ² of I2T by turn, {embedder}.", _notes(ink, "0", points, 0))
    return figure


def _check(turns: Sequence[int], spans: Spans, *others: Spans) -> None:
    if any(len(each) != len(turns) for each in (spans, *others)):
        raise ValueError(f"{len(turns)} turns need as many spans, None where there is no verdict")
    if any(turn < 1 for turn in turns) or any(after <= before for before, after in pairwise(turns)):
        raise ValueError("turns count from 1 and ascend")
    if all(span is None for span in spans):
        raise ValueError("there is no verdict at any turn, so there is nothing to draw")
    if any(_gaps(turns, each) != _gaps(turns, spans) for each in others):
        raise ValueError("a turn with a share of T2I has one of I2T, and the other way round")


def _points(turns: Sequence[int], spans: Spans) -> Points:
    return [(turn, span) for turn, span in zip(turns, spans, strict=True) if span is not None]


def _gaps(turns: Sequence[int], spans: Spans) -> list[int]:
    return [turn for turn, span in zip(turns, spans, strict=True) if span is None]


def _even(span: Span, even: float) -> bool:
    return span.low <= even <= span.high


def _panel(figure: "Figure", ink: Ink, turns: Sequence[int], spans: Spans, box: Box) -> "Axes":
    """A panel from the first to the last turn, shaded where there is no verdict."""
    from matplotlib.ticker import MultipleLocator

    axes = panel(figure, ink, box)
    axes.set_xlim(turns[0] - 0.4, turns[-1] + 0.4)
    axes.xaxis.set_major_locator(MultipleLocator(1 if turns[-1] - turns[0] < 12 else 5))
    gaps = _gaps(turns, spans)
    for turn in gaps:
        axes.axvspan(turn - 0.5, turn + 0.5, color=ink.quiet, alpha=0.16, linewidth=0, zorder=0.5)
    if gaps:
        footing(figure, ink, f"Shaded: no verdict at {turns_in_words(gaps)}")
    return axes


def _fit_shares(axes: "Axes", spans: Sequence[Span]) -> None:
    """Sets the y-axis from 0% to 100%, extended to all estimates and, up to _FARTHEST, to their intervals."""
    from matplotlib.ticker import MaxNLocator, MultipleLocator

    low = min(0.0, *(min(span.middle, max(span.low, -_FARTHEST)) for span in spans))
    high = max(1.0, *(max(span.middle, min(span.high, 1 + _FARTHEST)) for span in spans))
    axes.set_ylim(low - 0.04, high + 0.04)
    axes.yaxis.set_major_locator(MultipleLocator(0.25) if high - low < 1.5 else MaxNLocator(nbins=4))
    axes.yaxis.set_major_formatter(lambda y, _: number(y, _PERCENT))


def _ticks(most: float) -> dict[float, str]:
    """Round numbers between -most and most, written with as many decimals as they need."""
    from matplotlib.ticker import MaxNLocator

    found = MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10]).tick_values(-most, most)
    kept = [float(tick) for tick in found if abs(tick) <= most]
    decimals = next((d for d in range(15) if all(abs(round(tick, d) - tick) < 1e-6 * most for tick in kept)), 15)
    return {tick: number(round(tick, decimals) + 0.0, f".{decimals}f") for tick in kept}


def _draw(axes: "Axes", ink: Ink, points: Points, turns: Sequence[int], look: Stroke, *, even: float) -> None:
    """Draws the curve in pieces between turns without a verdict, each with its band; a single point gets a bar."""
    place = {turn: k for k, turn in enumerate(turns)}
    for _, piece in groupby(enumerate(points), key=lambda at: place[at[1][0]] - at[0]):
        part = [point for _, point in piece]
        where, spans = [turn for turn, _ in part], [span for _, span in part]
        lows, highs = [span.low for span in spans], [span.high for span in spans]
        if len(part) == 1:
            axes.vlines(where, lows, highs, color=look.colour, linewidth=3, alpha=0.5)
        axes.fill_between(where, lows, highs, color=look.colour, alpha=0.18, linewidth=0, zorder=1)
        axes.plot(where, [span.middle for span in spans], color=look.colour, linewidth=3, linestyle=look.dashes)
    for turn, span in points:
        axes.plot([turn], [span.middle], linestyle="none", marker=look.marker, color=look.colour, zorder=4,
                  **marked(ink, look, hollow=_even(span, even), size=9))  # fmt: skip


def _notes(ink: Ink, even: str, points: Points, value: float) -> list[Note]:
    """How intervals are drawn, and what hollow points mean where there are any."""
    hollow = any(_even(span, value) for _, span in points)
    said = ["Bands: 95% intervals", *([f"Hollow: the interval includes {even}"] if hollow else [])]
    return [Note(text, ink.quiet) for text in said]


def _course(points: Points, form: str) -> str:
    (first, start), (last, end) = points[0], points[-1]
    if first == last:
        return f"{spoken(start, form)} at turn {first}"
    return f"from {spoken(start, form)} at turn {first} to {spoken(end, form)} at turn {last}"


def _change_in_words(what: str, points: Points, say: Callable[[float], str]) -> str:
    steps = [(after.middle - before.middle, turn) for (_, before), (turn, after) in pairwise(points)]
    change, turn = max(steps, key=lambda step: abs(step[0]), default=(0.0, 0))
    return f"Biggest change of the {what}: turn {turn}, {say(change)}." if change else ""


def _side_in_words(what: str, turns: Sequence[int]) -> str:
    return f"{what} at {turns_in_words(turns)}." if turns else ""

"""Charts are drawn with what was found out for those before, and look as matplotlib would draw them."""

import numpy as np
import pytest
from matplotlib.axis import Tick
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from telephone.media.charts import rendering
from telephone.media.charts.drift import drift_figure
from telephone.media.charts.style import HEIGHT, INKS, WIDTH, canvas, png, write
from telephone.media.typography import families, families_of
from tests.telephone.media.charts.curves import SCALE

pytestmark = pytest.mark.slow


def figure(distances: tuple[float, ...] = (0.2, 0.5, 0.4)) -> Figure:
    return drift_figure(distances, title="Game 7: a × b", embedder="MiniLM", scale=SCALE, rest=2, theme="light")


def test_type_that_was_set_before_is_neither_measured_nor_drawn_again() -> None:
    png(figure())
    before = rendering._measured.cache_info(), rendering._drawn.cache_info()
    png(figure())
    after = rendering._measured.cache_info(), rendering._drawn.cache_info()
    for one, other in zip(before, after, strict=True):
        assert other.misses == one.misses
        assert other.hits > one.hits


def test_no_tick_of_matplotlib_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []
    monkeypatch.setattr(Tick, "draw", lambda self, renderer: drawn.append(self))
    png(figure())
    assert drawn == []


@pytest.mark.parametrize("text", ["0.43", "Biggest jump: turn 3, +0.19", "狐 × gjpq", "ثعلب"])
@pytest.mark.parametrize("align", ["left", "center", "right"])
def test_a_line_of_type_stands_where_matplotlib_draws_it(text: str, align: str) -> None:
    def drawn(own: bool) -> np.ndarray:
        made = canvas(INKS["light"])
        write(made, (600.3, 300.7), text, "#000000", align=align)  # type: ignore[arg-type]
        if not own:
            FigureCanvasAgg(made)
        made.canvas.draw()
        return 255.0 - np.asarray(made.canvas.buffer_rgba())[:, :, 0]  # type: ignore[attr-defined]

    def middle(ink: np.ndarray) -> np.ndarray:
        rows, columns = np.mgrid[:HEIGHT, :WIDTH]
        return np.array([(rows * ink).sum(), (columns * ink).sum()]) / ink.sum()

    ours, theirs = drawn(True), drawn(False)
    assert ours.sum() == pytest.approx(theirs.sum(), rel=0.03)
    assert np.abs(middle(ours) - middle(theirs)).max() < 1


@pytest.mark.parametrize(("text", "bold"), [("0.43 × θ² − … ◆ ▬", False), ("◆ Biggest jump", True), ("", False)])
def test_a_text_that_the_first_font_has_is_set_in_it_alone(text: str, bold: bool) -> None:
    assert families_of(text, bold=bold) == ("DejaVu Sans",)


@pytest.mark.parametrize("text", ["狐", "a 🦊", "नमस्ते"])
def test_any_other_text_has_the_whole_chain(text: str) -> None:
    assert families_of(text) == families()

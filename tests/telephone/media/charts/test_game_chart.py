"""The chart of one game is drawn once, however many messages and files show it."""

import gc
import weakref
from dataclasses import replace

from telephone.domain.calibration import Bearings
from telephone.media import charts
from telephone.media.charts import style
from telephone.media.charts.game_chart import GameChart
from telephone.scoring.drift import summarise


def test_the_same_chart_is_drawn_once_and_another_one_anew(monkeypatch):
    drawn, draw = [], charts.drift_chart

    def counted(distances, **rest):
        drawn.append(rest["theme"])
        return draw(distances, **rest)

    monkeypatch.setattr(charts, "drift_chart", counted)
    one = GameChart("Game 1: a × b", "MiniLM", summarise([0.2, 0.4], [0.2, 0.3]), Bearings())
    again = replace(one, drift=summarise([0.2, 0.4], [0.2, 0.3]))
    assert one.chart() == again.chart()
    assert drawn == ["light"]
    assert one.chart("dark") != one.chart()
    assert replace(one, title="Game 2: a × b").chart() != one.chart()
    assert drawn == ["light", "dark", "light"]


def test_a_drawn_chart_lets_its_pixels_go_before_the_collector_comes():
    figure = style.canvas(style.INKS["light"])
    style.write(figure, (100, 100), "A line of type", "#000000")
    pixels = weakref.ref(figure.canvas.get_renderer()._renderer)
    gc.disable()
    try:
        assert style.png(figure)
        assert pixels() is None
    finally:
        gc.enable()

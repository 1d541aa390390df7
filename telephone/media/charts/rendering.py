"""The canvas that a chart is drawn on: matplotlib's, which measures and draws a line of type once for all charts.

Imports matplotlib; imported by what draws, when it draws.
"""

from functools import lru_cache
from typing import Any, Final, Literal

import numpy as np
from matplotlib.backend_bases import GraphicsContextBase
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg, get_hinting_flag
from matplotlib.font_manager import FontProperties, fontManager, get_font
from numpy.typing import NDArray

_KEPT: Final = 4096
"""How many measures are kept; most lines of type are numbers, and words that every chart has."""
_DRAWN: Final = 512
"""How many lines of type are kept as they were drawn: some 2 MB."""


class Renderer(RendererAgg):
    """Draws as matplotlib does, but a level line of type at whole pixels and all at once."""

    def draw_text(  # noqa: PLR0917  # matplotlib's own
        self,
        gc: GraphicsContextBase,
        x: float,
        y: float,
        s: str,
        prop: FontProperties,
        angle: float,
        ismath: bool | Literal["TeX"] = False,
        mtext: Any = None,
    ) -> None:
        if ismath or angle:
            RendererAgg.draw_text(self, gc, x, y, s, prop, angle, ismath, mtext)
            return
        drawn, left, below = _drawn(s, prop.copy(), self.dpi)
        self._renderer.draw_text_image(drawn, round(x + left), round(y + below) + 1, 0, gc)

    def get_text_width_height_descent(
        self, s: str, prop: FontProperties, ismath: bool | Literal["TeX"]
    ) -> tuple[float, float, float]:
        if not ismath:
            return _measured(s, prop, self.dpi)
        width, height, descent = RendererAgg.get_text_width_height_descent(self, s, prop, ismath)
        return width, height, descent


class Canvas(FigureCanvasAgg):
    """A canvas with that renderer."""

    _renderer: Renderer | None = None

    def get_renderer(self) -> Renderer:
        if self._renderer is None:
            width, height = self.get_width_height(physical=True)
            self.renderer = self._renderer = Renderer(width, height, self.figure.dpi)  # type: ignore[no-untyped-call]
        return self._renderer


@lru_cache(_KEPT)
def _measured(text: str, font: FontProperties, dpi: float) -> tuple[float, float, float]:
    """Width, height and descent in pixels. Matplotlib hands over a copy of the font that nobody changes."""
    width, height, descent = RendererAgg(1, 1, dpi).get_text_width_height_descent(text, font, False)
    return width, height, descent


@lru_cache(_DRAWN)
def _drawn(text: str, font: FontProperties, dpi: float) -> tuple[NDArray[np.uint8], float, float]:
    """A line of type as a mask, and where its left and its lower edge lie from where its baseline begins."""
    found = get_font(fontManager._find_fonts_by_props(font))
    found.set_size(font.get_size_in_points(), dpi)
    found.set_text(text, 0, flags=get_hinting_flag())
    found.draw_glyphs_to_bitmap(antialiased=True)
    left, above = found.get_bitmap_offset()
    return np.array(found.get_image()), left / 64, (above + found.get_descent()) / 64

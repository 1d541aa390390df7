"""Draw in the browser: a page for one drawing of one member, opened from a signed link.

The page shows the caption to draw and nothing else of the game. A `DrawingPort` decides who may draw what and takes the
drawing; `DrawingPage` serves the page while the bot runs; `Links` makes the addresses that lead there.
"""

from telephone.web.drawing.links import Links
from telephone.web.drawing.port import DrawingPort, DrawingSheet
from telephone.web.drawing.service import DrawingPage

__all__ = ["DrawingPage", "DrawingPort", "DrawingSheet", "Links"]

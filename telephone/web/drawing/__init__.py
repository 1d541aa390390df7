"""Draw in the browser: a page for one drawing of one member, opened from a signed link.

The page shows the caption to draw and nothing else of the game. A `Desk` decides who may draw what and takes the
drawing; `Easel` serves the page while the bot runs; `Links` makes the addresses that lead there.
"""

from telephone.web.drawing.links import Links
from telephone.web.drawing.port import Desk, Paper
from telephone.web.drawing.service import Easel

__all__ = ["Desk", "Easel", "Links", "Paper"]

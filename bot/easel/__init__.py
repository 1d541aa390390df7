"""Draw in the browser: a page for one drawing of one member, opened from a signed link.

The page shows the caption to draw and nothing else of the game. A `Desk` decides who may draw what and takes the
drawing; `Easel` serves the page while the bot runs; `Links` makes the addresses that lead there.
"""

from bot.easel.desk import Desk, Paper
from bot.easel.links import Links
from bot.easel.opening import Easel

__all__ = ["Desk", "Easel", "Links", "Paper"]

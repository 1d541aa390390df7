"""Charts as PNG files, 1200 × 675, and their descriptions in words for those who cannot see them.

Pure, CPU-bound functions: call them through `off_loop` of `telephone/concurrency.py`.
"""

from telephone.media.charts.board import board_chart, describe_board
from telephone.media.charts.difficulty import describe_difficulty, difficulty_chart
from telephone.media.charts.drift import describe_drift, drift_chart
from telephone.media.charts.levels import describe_levels, levels_chart
from telephone.media.charts.pairs import describe_pairs, pairs_chart
from telephone.media.charts.shares import describe_difference, describe_shares, difference_chart, shares_chart
from telephone.media.charts.style import Theme
from telephone.media.charts.values import Bar, ChartCurve, ChartScale, Span
from telephone.media.charts.words import signed

__all__ = [
    "Bar",
    "ChartCurve",
    "ChartScale",
    "Span",
    "Theme",
    "board_chart",
    "describe_board",
    "describe_difference",
    "describe_difficulty",
    "describe_drift",
    "describe_levels",
    "describe_pairs",
    "describe_shares",
    "difference_chart",
    "difficulty_chart",
    "drift_chart",
    "levels_chart",
    "pairs_chart",
    "shares_chart",
    "signed",
]

"""Charts as PNG files, 1200 × 675, and the same in words for those who cannot see them.

Pure functions that keep a core busy: call them through `off_loop` of `telephone/cpu.py`.
"""

from telephone.media.charts.drift import describe_drift, drift_chart, signed
from telephone.media.charts.style import Theme
from telephone.media.charts.values import Scale, Span

__all__ = ["Scale", "Span", "Theme", "describe_drift", "drift_chart", "signed"]

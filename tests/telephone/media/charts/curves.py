"""Curves that a chart of pairs may meet, the ordinary and the awkward ones."""

from telephone.media.charts import ChartCurve, ChartScale, Span

SCALE = ChartScale(Span(0.75, 0.85, 0.90), Span(0.09, 0.15, 0.36), "45 pairs of prompts, 240 redraws")
"""As measured by MiniLM among the article's prompts."""
T2I, I2T = ("dalle2", "stable-diffusion", "vqgan-clip"), ("blip", "clip-prefix", "mplug-owl", "minigpt4")
_LONG = "gpt-image-2.6-sunburst-preview-$x_1^2$ × qwen2-vl-72b-instruct_\\frac{1}{2} 狐"


def curve(
    name: str, start: float, step: float, turns: int, half: float = 0.05, provisional: bool = False
) -> ChartCurve:
    """A curve that rises evenly, with intervals of this half width."""
    middle = tuple(start + step * k for k in range(turns))
    return ChartCurve(name, middle, tuple(y - half for y in middle), tuple(y + half for y in middle), provisional)


def crossed(turns: int = 10, half: float = 0.05) -> list[ChartCurve]:
    """The article's twelve pairs, the closest first; two of them provisional."""
    return [
        curve(f"{t2i} × {i2t}", 0.30 + 0.08 * i + 0.02 * j, 0.02, turns, half, provisional=(i, j) in ((1, 1), (2, 3)))
        for i, t2i in enumerate(T2I)
        for j, i2t in enumerate(I2T)
    ]


AWKWARD = {
    "one pair and one turn": [ChartCurve("stickers × spotter-sharp", (0.4,))],
    "twelve pairs": crossed(),
    "one turn": crossed(turns=1),
    "thirty turns": crossed(turns=30),
    "no intervals": [ChartCurve(one.name, one.middle) for one in crossed()],
    "more pairs than fit": [
        curve(f"model-{k} × blip", 0.2 + 0.01 * k, 0.01, 10, provisional=k % 2 == 0) for k in range(20)
    ],
    "long names with mark-up": [curve(f"{_LONG}{k}", 0.4, 0.1, 3) for k in range(12)],
    "all the same": [ChartCurve(one.name, (0.4,) * 10, (0.4,) * 10, (0.4,) * 10) for one in crossed()],
    "very wide intervals": crossed(half=9.0)[:5],
    "from one end to the other": [ChartCurve("a × b", (0.0,) * 10), ChartCurve("a × c", (2.0,) * 3)],
    "names that are no pairs": [curve(name, 0.5, 0.02, 4) for name in ("humans", "a × b × c", "", "$")],
}

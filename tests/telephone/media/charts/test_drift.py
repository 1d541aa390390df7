"""The drift chart, and what it says to those who cannot see it."""

import io
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from matplotlib.text import Text
from PIL import Image as pil

from telephone.media.charts import ChartScale, Span, describe_drift, drift_chart
from telephone.media.charts.drift import drift_figure
from telephone.scoring.drift import biggest_jump
from tests.telephone.media.charts.curves import SCALE
from tests.telephone.media.charts.geometry import flaws, type_of

pytestmark = pytest.mark.slow

TEN = (0.18, 0.22, 0.41, 0.44, 0.43, 0.52, 0.50, 0.61, 0.58, 0.63)
ORANGE, BLUE = (213, 94, 0), (0, 114, 178)


def chart(distances: tuple[float, ...] = TEN, title: str = "stickers × spotter-sharp", **options: str) -> np.ndarray:
    data = drift_chart(distances, title=title, embedder="MiniLM (offline)", **options)  # type: ignore[arg-type]
    with pil.open(io.BytesIO(data)) as opened:
        assert opened.format == "PNG"
        return np.asarray(opened.convert("RGB")).astype(int)


def where(pixels: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    return np.argwhere(np.abs(pixels - np.array(colour)).max(axis=2) < 12)


@pytest.mark.parametrize("turns", [1, 2, 12, 13, 30])
def test_a_chart_of_any_length_has_its_size_and_its_line(turns: int) -> None:
    pixels = chart(tuple(0.02 * n for n in range(1, turns + 1)))
    assert pixels.shape == (675, 1200, 3)
    assert len(where(pixels, BLUE)) > 500


def test_a_greater_distance_stands_higher() -> None:
    def last_point(distance: float) -> float:
        rows, columns = where(chart((0.5, 0.9, distance)), BLUE).T
        return float(rows[columns > columns.max() - 10].mean())

    assert last_point(0.85) + 120 < last_point(0.45) < last_point(0.05) - 120


def test_the_biggest_jump_is_marked_and_a_game_that_stayed_has_none() -> None:
    assert len(where(chart()[170:], ORANGE)) > 200
    assert len(where(chart((0.0, 0.0, 0.0)), ORANGE)) == 0


def test_the_first_turn_is_the_translation_and_never_the_jump() -> None:
    columns = where(chart((0.7, 0.6, 0.65))[170:], ORANGE)[:, 1]
    assert columns.min() > (98 + 1152) / 2, "it is on the way to turn 3 of 3"
    said = [text.get_text() for text in figure((0.7, 0.6, 0.65)).findobj(Text)]
    assert "◆ Biggest jump: turn 3, +0.05" in said
    assert len(where(chart((0.7, 0.6)), ORANGE)) == 0


def test_the_jump_that_is_marked_is_the_one_that_is_measured() -> None:
    distances = (0.3, 0.2, 0.9, 0.1)
    turn, _ = biggest_jump(distances)
    columns = where(chart(distances)[170:], ORANGE)[:, 1]
    one_turn = (1152 - 98) / (len(distances) + 0.35 * 2 + 0.03 * len(distances))
    assert columns.max() == pytest.approx(98 + (turn + 0.35) * one_turn, abs=40)


def test_dark_is_dark() -> None:
    assert chart(theme="dark").mean() < 60 < 200 < chart(theme="light").mean()


@pytest.mark.parametrize(
    "title", ["$x_1$ costs $5 \\frac{", "\U0001f98a 狐が時計を直す", "ثعلب", "x" * 4000, "", "a\x00\ud800b"]
)
def test_a_title_in_any_script_is_drawn_without_a_warning(title: str) -> None:
    assert chart(title=title).shape == (675, 1200, 3)


def test_the_same_game_gives_the_same_bytes_on_many_threads() -> None:
    with ThreadPoolExecutor(4) as pool:
        charts = set(pool.map(lambda _: drift_chart(TEN, title="a", embedder="b"), range(8)))
    assert len(charts) == 1


@pytest.mark.parametrize("distances", [(), (0.1, 2.5), (-0.1,), (float("nan"),)])
def test_distances_that_cannot_be_are_an_error(distances: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="distance"):
        drift_chart(distances, title="a", embedder="b")


def test_the_chart_in_words_names_start_end_and_jump() -> None:
    assert describe_drift(TEN, biggest_jump(TEN)) == (
        "Line chart of the distance from the prompt over 10 turns: it starts at 0.18, ends at 0.63; "
        "the biggest jump is turn 3, +0.19."
    )
    assert describe_drift((0.4,), None) == "Line chart: after its one turn the game is 0.40 away from the prompt."
    assert "no turn after the first went farther away" in describe_drift((0.0, 0.0), (2, 0.0))


def figure(distances: tuple[float, ...] = TEN, **changes: object):  # type: ignore[no-untyped-def]
    options = {"title": "stickers × spotter-sharp", "embedder": "MiniLM (offline)", "scale": SCALE, "rest": None}
    return drift_figure(distances, **{**options, "theme": "light", **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("scale", "theme"),
    [(None, "light"), (SCALE, "dark"), (ChartScale(Span(0, 0, 2), Span(0.2, 0.2, 0.2), "x" * 300), "light")],
)
@pytest.mark.parametrize(
    "distances",
    [
        (0.3,),
        (0.0,) * 5,
        (1.9,) * 11,
        (0.76, 0.87, 0.93, *(1.9,) * 9),
        (2.0,) * 13,
        tuple(0.03 * n for n in range(1, 31)),
        (0.40, 0.53, 0.56, 0.63, 0.64, 0.61, 0.61, 0.73, 0.75, 0.72),
    ],
)
def test_nothing_on_the_chart_overlaps_or_leaves_it(distances, scale, theme) -> None:  # type: ignore[no-untyped-def]
    assert flaws(figure(distances, scale=scale, rest=len(distances), theme=theme)) == []


@pytest.mark.parametrize(
    "distances",
    [
        (0.75, 0.64, 0.58, 0.58, 0.60, 0.60, 0.83, 0.88, 0.84, 0.84),
        (0.10, 0.05, 0.10, 0.04, 0.05, 0.05, 0.05, 0.06),
        (0.20, 0.20, 0.20, 0.20, 0.20, 0.20, 0.20, 0.20, 0.60, 0.60),
        (0.60, 0.59, 0.61, 0.59, 0.61, 0.59, 0.61, 0.59, 0.61, 0.62),
        *(tuple(np.random.default_rng(k).uniform(0.5, 0.6, 10)) for k in range(6)),
        *(tuple(np.random.default_rng(k).uniform(0, 1.2, 10)) for k in range(6)),
    ],
)
def test_numbers_stand_apart_however_a_game_goes(distances: tuple[float, ...]) -> None:
    assert flaws(figure(distances)) == []


def test_the_scale_is_named_and_inside_the_chart() -> None:
    drawn = figure((0.1, 0.12, 0.11))
    (axes,) = drawn.axes
    assert axes.get_ylim()[1] > SCALE.floor.high
    words = {piece.text: piece.box for piece in type_of(drawn)}
    unrelated, floor = words["unrelated"], axes.transData.transform((0, SCALE.floor.middle))[1]
    assert unrelated.y0 < floor < unrelated.y1
    assert words["as near as"].y0 > words["a redraw"].y1 - 2
    assert "Scale: 45 pairs of prompts, 240 redraws" in words


def test_without_a_scale_nothing_speaks_of_one() -> None:
    assert not any("unrelated" in piece.text or "Scale" in piece.text for piece in type_of(figure(scale=None)))


def test_rest_is_marked_from_its_turn_on() -> None:
    assert "▬ At rest from turn 8" in [piece.text for piece in type_of(figure(rest=8))]
    (axes,) = figure(rest=8).axes
    bars = [line for line in axes.lines if list(line.get_xdata()) == [7.5, 10.5]]
    assert len(bars) == 1


@pytest.mark.parametrize("rest", [0, 11])
def test_a_game_cannot_rest_from_a_turn_it_did_not_play(rest: int) -> None:
    with pytest.raises(ValueError, match="at rest"):
        drift_chart(TEN, title="a", embedder="b", rest=rest)


def test_rest_and_scale_are_told_in_words() -> None:
    said = describe_drift(TEN, biggest_jump(TEN), scale=SCALE, rest=8)
    assert said.endswith(
        "turn 3, +0.19. It is at rest from turn 8. Unrelated prompts are 0.85 (0.75 to 0.90) apart, "
        "captions of redraws 0.15 (0.09 to 0.36)."
    )
    assert len(said) <= 600


GAPS = (None, 0.2, 0.25, None, None, 0.7, 0.72, None)


def test_a_turn_without_a_distance_is_a_gap_and_is_told() -> None:
    figure = drift_figure(GAPS, title="a", embedder="b", scale=None, rest=None, theme="light")
    texts = figure.findobj(Text)
    said = [text.get_text() for text in texts]
    assert said.count("?") == 4
    assert "? Not read: 4 of 8 turns" in said
    points = [text.get_text() for text in texts if text.get_path_effects()]
    assert points == ["0.20", "0.25", "0.70", "0.72"]
    assert describe_drift(GAPS, biggest_jump(GAPS)) == (
        "Line chart of the distance from the prompt over 8 turns: it starts at 0.20 in turn 2, ends at 0.72 in turn 7; "
        "the biggest jump is turn 3, +0.05. Not known, since the embedder cannot read the words: turns 1, 4, 5 and 8."
    )


@pytest.mark.parametrize("distances", [(0.4, None), (None, 0.4), (None, 0.0, None), (0.3, None, 0.2)])
def test_any_gap_can_be_drawn(distances: tuple[float | None, ...]) -> None:
    assert drift_chart(distances, title="a", embedder="b", scale=SCALE).startswith(b"\x89PNG")
    assert describe_drift(distances, biggest_jump(distances), scale=SCALE)


def test_nothing_known_is_no_chart_and_is_told() -> None:
    with pytest.raises(ValueError, match="at least one distance"):
        drift_chart((None, None), title="a", embedder="b")
    assert describe_drift((None, None), None).startswith("No distance from the prompt is known")

"""The drift chart, and what it says to those who cannot see it."""

import io
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image as pil

from telephone.media.charts import describe_drift, drift_chart
from telephone.scoring.drift import biggest_jump

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
    assert describe_drift((0.4,), (1, 0.4)) == "Line chart: after its one turn the game is 0.40 away from the prompt."
    assert "never moved away" in describe_drift((0.0, 0.0), (1, 0.0))

"""The replay: its cards, their time, and that it fits."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image as pil

from telephone.domain.games import Image
from telephone.errors import BadOutput
from telephone.media.replay import Frame, replay_gif

Draw = Callable[..., Image]


def replayed(frames: list[Frame], **options: int) -> tuple[list[pil.Image], list[int], int]:
    """The cards as pictures, their milliseconds, and the size of the file."""
    data = replay_gif(frames, pair="stickers × spotter-sharp", prompt="a fox mends a clock", **options)
    cards, times = [], []
    with pil.open(io.BytesIO(data)) as opened:
        assert opened.format == "GIF"
        assert opened.info["loop"] == 0
        for n in range(getattr(opened, "n_frames", 1)):
            opened.seek(n)
            cards.append(opened.convert("RGB"))
            times.append(int(opened.info["duration"]))
    return cards, times, len(data)


def frames(picture: Draw, count: int, caption: str = "a fox") -> list[Frame]:
    return [Frame(n, picture(n), f"words {n}", f"{caption} {n}") for n in range(1, count + 1)]


def test_title_turns_and_first_beside_last_are_shown_in_order(picture: Draw) -> None:
    cards, _, _ = replayed(frames(picture, 3))
    assert len(cards) == 1 + 3 + 1
    assert {card.size for card in cards} == {(640, 880)}
    middle = [card.getpixel((320, 460)) for card in cards]
    wanted = [np.asarray(pil.open(io.BytesIO(picture(n).data)).convert("RGB"))[256, 256] for n in (1, 2, 3)]
    for found, colour in zip(middle[1:4], wanted, strict=True):
        assert np.abs(np.array(found) - colour.astype(int)).max() < 12


def test_one_turn_has_nothing_to_compare(picture: Draw) -> None:
    assert len(replayed(frames(picture, 1))[0]) == 2


def test_cards_stay_long_enough_to_read_and_no_longer_than_four_seconds(picture: Draw) -> None:
    _, short, _ = replayed(frames(picture, 2, "fox"))
    _, long, _ = replayed(frames(picture, 2, "a fox that mends a clock " * 20))
    assert all(1_500 <= time <= 4_000 for time in short + long)
    assert short[1] == 1_500
    assert long[1] == 4_000


def test_the_ground_is_one_flat_colour(picture: Draw) -> None:
    cards, _, _ = replayed(frames(picture, 2))
    for card in cards:
        edge = np.asarray(card)[:, :20].reshape(-1, 3)
        assert len(np.unique(edge, axis=0)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "x" * 4000,
        "狐が時計を直す" * 200,
        "ثعلب يصلح ساعة",
        "नमस्ते दुनिया",
        "\U0001f98a\U0001f3fd\u200d\U0001f527",
        "a\x00\ud800\n\tb",
        "",
        "e\u0301" * 50,
    ],
)
def test_words_in_any_script_and_of_any_length_are_set(picture: Draw, text: str) -> None:
    data = replay_gif([Frame(1, picture(1), text, text), Frame(2, picture(2), text, text)], pair=text, prompt=text)
    assert data.startswith(b"GIF89a")


@pytest.mark.parametrize("size", [(900, 30), (30, 900), (1, 1)])
def test_pictures_of_any_shape_are_shown_whole(size: tuple[int, int]) -> None:
    out = io.BytesIO()
    pil.new("RGB", size, (200, 10, 120)).save(out, "PNG")
    cards, _, _ = replayed([Frame(1, Image(out.getvalue(), "image/png", *size), "a", "b")])
    found = np.argwhere(np.abs(np.asarray(cards[1]).astype(int) - (200, 10, 120)).max(axis=2) < 6)
    height, width = found.max(axis=0) - found.min(axis=0) + 1
    assert max(width, height) == pytest.approx(480, abs=2)
    assert width / height == pytest.approx(size[0] / size[1], rel=0.1)


def test_it_shrinks_until_it_fits(picture: Draw) -> None:
    _, _, full = replayed(frames(picture, 3))
    cards, times, smaller = replayed(frames(picture, 3), limit_bytes=full // 3)
    assert smaller <= full // 3
    assert len(cards) == len(times) == 5
    assert cards[0].width < 640
    assert cards[0].width / cards[0].height == pytest.approx(640 / 880, rel=0.01)


def test_a_limit_nothing_fits_into_is_said(picture: Draw) -> None:
    with pytest.raises(BadOutput, match="raise the upload limit"):
        replayed(frames(picture, 2), limit_bytes=500)


def test_a_replay_of_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least one frame"):
        replay_gif([], pair="a × b", prompt="c")

"""The album: complete, alone, and safe against whatever was typed."""

import base64
import dataclasses
import hashlib
import io
import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from PIL import Image as pil

from telephone.domain.calibration import Bearings, Calibration, Quartiles, Rest
from telephone.domain.games import Game, GameState, Image
from telephone.media.album import album
from telephone.media.charts import drift_chart
from telephone.scoring.drift import summarise

DRIFT = summarise((0.1, 0.2, 0.6, 0.5), (0.1, 0.15, 0.55, 0.2))
CHART = drift_chart(DRIFT.distances, title="a × b", embedder="c")
EVIL = "</style><script>alert(1)</script> <img src=x onerror=alert(2)> {{ 7 * 7 }} \"'&"

Played = Callable[..., Game]
Draw = Callable[..., Image]


class Page(HTMLParser):
    """The elements of a page with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture
def pictures(picture: Draw) -> dict[str, Image]:
    return {picture(n).sha256: picture(n) for n in range(1, 5)}


def test_everything_about_the_game_is_told(played: Played, pictures: dict[str, Image]) -> None:
    html = album(played(), pictures, chart=CHART, drift=DRIFT, embedder="MiniLM (offline)")
    words = " ".join(Page(html).words.split())
    for told in (
        played().request.prompt.text,
        "stickers draws, spotter-sharp says",
        "easy",
        *(turn.caption.text for turn in played().turns if turn.caption),
        "0.60 from the prompt, 0.55 from the words before",
        "biggest jump +0.40",
        "MiniLM (offline)",
        "180 ms, $0.02, seed",
        "95 ms, $0.0006, seed",
        "22 November 2026",
        "Fluent Emoji",
        "0.65",
    ):
        assert str(told) in words


def test_each_picture_says_in_words_what_it_was_drawn_from(played: Played, pictures: dict[str, Image]) -> None:
    images = Page(album(played(), pictures, chart=CHART, chart_alt="Line chart, in words", drift=DRIFT)).all("img")
    assert len(images) == 2 + 4 + 1
    assert all(image["alt"] for image in images)
    assert images[3]["alt"] == "Drawn from: a red apple on a wooden table beside a window"
    assert images[-1]["alt"] == "Line chart, in words"


def test_where_the_end_lies_on_the_scale_is_told(played: Played, pictures: dict[str, Image]) -> None:
    scale = Calibration(
        "minilm", Quartiles(0.8, 0.9, 1.0), Quartiles(0.05, 0.1, 0.2), 0.25, "redraws by others", 10, 60
    )
    html = album(played(), pictures, drift=DRIFT, bearings=Bearings(scale, Rest(None, 4, cycle=False)))
    words = " ".join(Page(html).words.split())
    assert "The last caption is 0.50 away. That is about half-way from a redraw (0.10) to an unrelated prompt" in words
    assert "It had not come to rest by turn 4." in words
    assert "The scale is of 60 captions: redraws by others." in words
    assert "redraw" not in Page(album(played(), pictures, drift=DRIFT)).words


def test_pictures_are_inside_the_page(played: Played, pictures: dict[str, Image], picture: Draw) -> None:
    images = Page(album(played(), pictures, drift=DRIFT)).all("img")
    kind, _, data = str(images[2]["src"]).partition(";base64,")
    assert kind == "data:image/png"
    assert base64.b64decode(data) == picture(1).data


def test_nothing_is_loaded_from_anywhere_and_nothing_runs(played: Played, pictures: dict[str, Image]) -> None:
    html = album(played(), pictures, chart=CHART, chart_dark=CHART, drift=DRIFT)
    page = Page(html)
    addresses = [
        value
        for _, attributes in page.elements
        for name, value in attributes.items()
        if name in ("src", "srcset", "href", "action", "data", "poster")
    ]
    assert addresses
    assert all(str(address).startswith("data:image/") for address in addresses)
    assert not page.all("script")
    assert not re.search(r"url\(|@import", html)
    assert not [name for _, attributes in page.elements for name in attributes if name == "style" or name[:2] == "on"]


def test_the_policy_allows_our_style_alone(played: Played, pictures: dict[str, Image]) -> None:
    html = album(played(), pictures)
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policy = str(Page(html).all("meta")[1]["content"])
    assert policy.startswith("default-src 'none'; img-src data:;")
    assert f"style-src 'sha256-{digest}'" in policy


def test_whatever_was_typed_is_shown_as_text(played: Played, pictures: dict[str, Image]) -> None:
    page = Page(album(played((EVIL,) * 4, EVIL), pictures, chart=CHART, drift=DRIFT, embedder=EVIL))
    assert not page.all("script")
    assert len(page.all("img")) == 7
    assert page.words.count(EVIL) >= 5
    assert page.all("img")[2]["alt"] == f"Drawn from: {EVIL}"


def test_a_game_that_was_not_measured_has_an_album_too(played: Played, pictures: dict[str, Image]) -> None:
    words = Page(album(played(), pictures)).words
    assert words.count("Not measured.") == 4
    assert "Final distance" not in words


def test_a_game_cut_short_says_so(played: Played, pictures: dict[str, Image]) -> None:
    game = dataclasses.replace(played(halfway=True), state=GameState.FAILED, reason="stickers declined twice.")
    words = " ".join(Page(album(game, pictures)).words.split())
    assert "This game ended before its last turn. stickers declined twice." in words
    assert "This picture got no caption." in words


def test_a_game_that_never_began_and_pictures_that_are_gone_make_a_page(played: Played) -> None:
    assert "The line" in album(played(()), {})
    assert Page(album(played(), {})).words.count("This picture is no longer kept.") == 6


def test_large_pictures_are_made_smaller(played: Played, picture: Draw) -> None:
    game = played(("a fox",))
    out = io.BytesIO()
    pil.effect_noise((1200, 1200), 90).convert("RGB").save(out, "PNG")
    assert len(out.getvalue()) > 1_000_000
    address = game.turns[0].picture
    assert address is not None
    html = album(game, {str(address.image): Image(out.getvalue(), "image/png", 1200, 1200)})
    assert len(html) < 600_000
    assert str(Page(html).all("img")[0]["src"]).startswith("data:image/webp")


def test_long_words_are_told_in_full_once_and_shortened_where_they_head_the_page(played: Played) -> None:
    prompt, caption = "a very long prompt " * 200, "a very long caption " * 190
    words = Page(album(played((caption, "a fox"), prompt), {})).words
    assert words.count(prompt) == words.count(caption) == 1
    assert words.count("…") == 2 + 1  # the heading, the first caption, the page's title


def test_a_game_that_came_closer_after_its_first_turn_has_no_jump(played: Played, pictures: dict[str, Image]) -> None:
    html = album(played(), pictures, drift=summarise((0.6, 0.5, 0.5, 0.4), (0.6, 0.1, 0.1, 0.1)))
    assert "biggest jump" not in Page(html).words.lower()


def test_other_artists_owe_no_credit(played: Played, pictures: dict[str, Image]) -> None:
    game = played()
    other = dataclasses.replace(game.pair, t2i="flux-schnell")
    game = dataclasses.replace(game, request=dataclasses.replace(game.request, pair=other))
    assert "Emoji" not in album(game, pictures)


def test_turns_without_a_distance_say_so(played: Played, pictures: dict[str, Image]) -> None:
    some = Page(album(played(), pictures, drift=summarise((0.1, None, 0.6, 0.5), (0.1, None, None, 0.2)))).words
    assert some.count("No distance.") == 1
    assert "Turn 2 has no distance: MiniLM (offline) cannot read the words, so the game counts on no board" in some
    assert "The mean similarity" not in some
    none = Page(album(played(), pictures, drift=summarise((None,) * 4, (None,) * 4))).words
    assert none.count("No distance.") == 4
    assert "No distance: MiniLM (offline) cannot read these words" in none
    assert "Biggest jump" not in none
    assert "unknown" in none

"""The offline players keep their promises: any text is drawn, any picture is described, from pixels alone."""

import hashlib
import io
import random
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, PngImagePlugin

from telephone.models.sketch import SketchArtist, Spotter, compose, segment
from telephone.models.sketch.artist import Hand
from telephone.models.sketch.eye import Sight
from telephone.models.sketch.parse import Scene, Thing
from telephone.models.sketch.settings import GROUNDS, SKIES
from telephone.models.sketch.vocabulary import ASSETS, entries

pytestmark = pytest.mark.slow

PROMPT = "Two wolves and a castle in the snow at night, with a full moon."
WEIRD = [
    "x",
    "!!!",
    "a dog " * 666,
    "🐶🍕🚀",
    "一只狗在公园里玩",
    "\x00\x07\x1b[31m",
    "half \ud83d a pair",
    "１２ 99999999999999999999 dogs",
    "on on on behind behind",
    "é́́́́",
    "A" * 4000,
]


def drawn(png: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(png))
    picture.load()
    return picture


def file_of(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("hand", ["stickers", "doodles"])
def test_the_same_text_and_seed_give_the_same_bytes(hand: Hand) -> None:
    first, second = SketchArtist(hand), SketchArtist(hand)
    assert first.draw(PROMPT, 7) == second.draw(PROMPT, 7)


@pytest.mark.parametrize("hand", ["stickers", "doodles"])
def test_another_seed_gives_another_picture(hand: Hand) -> None:
    artist = SketchArtist(hand)
    assert len({artist.draw(PROMPT, seed) for seed in range(4)}) == 4


def test_the_two_hands_differ() -> None:
    assert SketchArtist("stickers").draw(PROMPT, 1) != SketchArtist("doodles").draw(PROMPT, 1)


@pytest.mark.parametrize("hand", ["stickers", "doodles"])
@pytest.mark.parametrize("text", WEIRD, ids=range(len(WEIRD)))
def test_any_text_is_drawn(hand: Hand, text: str) -> None:
    picture = drawn(SketchArtist(hand).draw(text, 3))
    assert (picture.format, picture.size, picture.mode) == ("PNG", (512, 512), "RGB")
    assert SketchArtist(hand).compose(text, 3).drawn


def test_doodles_shows_four_things_at_most() -> None:
    things = SketchArtist("doodles").compose("six dogs, a cat, two cars, a house and ten apples", 1).drawn
    assert len(things) == 4


def test_as_many_as_are_told_are_drawn() -> None:
    names = [
        entries()[d.entry].name for d in SketchArtist("stickers").compose("Three dogs, two apples and a taxi.", 5).drawn
    ]
    assert sorted(names) == ["dog", "dog", "dog", "red apple", "red apple", "taxi"]


def test_what_is_on_a_table_stands_on_it() -> None:
    picture = SketchArtist("stickers").compose("A cup of coffee on a wooden table.", 5)
    boxes = {entries()[d.entry].name: d.box for d in picture.drawn}
    cup, table = boxes["cup of coffee"], boxes["wooden table"]
    assert cup[1] < table[1] < cup[3] < table[3]


def test_a_colour_is_painted() -> None:
    plain, blue = (SketchArtist("stickers").compose(f"a {word} dog", 5) for word in ("", "blue"))
    assert plain.drawn[0].paint is None
    assert blue.drawn[0].paint == "blue"
    left, top, right, bottom = blue.drawn[0].box
    red, _, blueness = blue.pixels[top:bottom, left:right].reshape(-1, 3).mean(axis=0)
    assert blueness > red


@pytest.mark.parametrize("sight", ["sharp", "hazy"])
@pytest.mark.parametrize("hand", ["stickers", "doodles"])
def test_a_caption_survives_another_png(hand: Hand, sight: Sight) -> None:
    png = SketchArtist(hand).draw(PROMPT, 2)
    again = file_of(drawn(png), optimize=True, compress_level=1)
    assert again != png
    assert Spotter(sight).describe(again) == Spotter(sight).describe(png)


def test_only_pixels_are_read() -> None:
    """The same name and metadata on another picture change nothing: the caption follows the pixels."""
    info = PngImagePlugin.PngInfo()
    info.add_text("Description", "Two wolves and a castle")
    dogs, boats = (
        drawn(SketchArtist("stickers").draw(text, 1)) for text in ("a dog and a banana", "a sailboat and an owl")
    )
    spotter = Spotter("sharp")
    labelled = [spotter.describe(file_of(picture, pnginfo=info)) for picture in (dogs, boats)]
    assert labelled == [spotter.describe(file_of(picture)) for picture in (dogs, boats)]
    assert "dog" in labelled[0]
    assert "dog" not in labelled[1]
    assert "sailboat" in labelled[1]
    assert all("wol" not in caption for caption in labelled)


def test_sharp_tells_numbers_and_relations() -> None:
    artist, spotter = SketchArtist("stickers"), Spotter("sharp")
    assert "three dogs" in spotter.describe(artist.draw("three dogs on green grass", 4)).lower()
    assert "cherry on a wooden table" in spotter.describe(artist.draw("a cherry on a wooden table", 4))
    assert "bear behind a tree" in spotter.describe(artist.draw("a bear behind a tree", 4)).lower()
    assert "in the sky" in spotter.describe(
        artist.draw("a cow, and a balloon in the sky", 4)
    ) or "air" in spotter.describe(artist.draw("a cow, and a balloon in the sky", 4))


def odd_pictures() -> dict[str, bytes]:
    noise = np.random.default_rng(1).integers(0, 256, (300, 400, 3), np.uint8)
    person = Image.new("RGB", (600, 400), "white")
    pen = ImageDraw.Draw(person)
    pen.ellipse((250, 60, 330, 140), outline="black", width=5)
    pen.line((290, 140, 290, 280), fill="black", width=5)
    pen.line((290, 280, 240, 370), fill="black", width=5)
    pen.line((290, 280, 340, 370), fill="black", width=5)
    clear = Image.new("RGBA", (64, 64), (255, 0, 0, 0))
    return {
        "one pixel": file_of(Image.new("RGB", (1, 1), "red")),
        "a line": file_of(Image.new("RGB", (900, 1), "blue")),
        "a column": file_of(Image.new("L", (1, 700), 7)),
        "black": file_of(Image.new("RGB", (512, 512))),
        "white": file_of(Image.new("RGB", (512, 512), "white")),
        "grey": file_of(Image.new("L", (333, 222), 90)),
        "cmyk": file_of(Image.new("CMYK", (200, 300), (0, 200, 30, 10)), "JPEG"),
        "transparent": file_of(clear),
        "palette": file_of(Image.fromarray(noise).quantize(8)),
        "sixteen bits": file_of(Image.fromarray(np.arange(65536, dtype=np.uint16).reshape(256, 256))),
        "bilevel": file_of(Image.new("1", (50, 80), 1)),
        "noise": file_of(Image.fromarray(noise)),
        "jpeg": file_of(drawn(SketchArtist("stickers").draw(PROMPT, 1)), "JPEG", quality=60),
        "gif": file_of(drawn(SketchArtist("doodles").draw(PROMPT, 1)), "GIF"),
        "small": file_of(drawn(SketchArtist("stickers").draw(PROMPT, 1)).resize((90, 60))),
        "a stick figure": file_of(person),
    }


@pytest.mark.parametrize("sight", ["sharp", "hazy"])
def test_any_picture_is_described(sight: Sight) -> None:
    spotter = Spotter(sight)
    for name, data in odd_pictures().items():
        caption = spotter.describe(data)
        assert caption == spotter.describe(data), name
        assert 8 < len(caption) < 600, name
        assert caption[0].isupper(), name
        assert caption.endswith("."), name


def test_a_drawing_on_white_is_no_sticker() -> None:
    caption = Spotter("sharp").describe(odd_pictures()["a stick figure"])
    assert caption.endswith("on a white background.")
    assert "empty" not in caption
    assert Spotter("sharp").describe(odd_pictures()["white"]) == "Nothing but empty space on a white background."


def test_stickers_are_found_in_a_jpeg_too() -> None:
    png = SketchArtist("stickers").draw("a wolf and a castle in the snow", 1)
    for quality in (95, 80):
        caption = Spotter("sharp").describe(file_of(drawn(png), "JPEG", quality=quality))
        assert "wolf" in caption
        assert "castle" in caption


def test_two_threads_draw_and_see_what_one_does() -> None:
    texts = [f"{word} and a boat by the sea" for word in ("a dog", "two cats", "a house", "an owl")]
    alone = [Spotter("sharp").describe(SketchArtist("stickers").draw(text, 1)) for text in texts]
    together: dict[int, list[str]] = {}

    def work(number: int) -> None:
        artist, spotter = SketchArtist("stickers"), Spotter("sharp")
        together[number] = [spotter.describe(artist.draw(text, 1)) for text in texts]

    threads = [threading.Thread(target=work, args=(n,)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == {0: alone, 1: alone}


def named(hand: Hand, sight: Sight, sample: list[int]) -> float:
    """The share of a sample of entries that is called by its name when drawn alone."""
    rng, right = np.random.default_rng(5), 0
    for entry in sample:
        scene = Scene((Thing(entry),), SKIES[entry % len(SKIES)], GROUNDS[entry % len(GROUNDS)])
        picture = compose.stickers(scene, rng) if hand == "stickers" else compose.doodles(scene, "a walk", rng)
        things, _, _ = Spotter(sight).look(picture.pixels)
        right += [thing.entry for thing in things] == [entry]
    return right / len(sample)


@pytest.mark.parametrize("hand", ["stickers", "doodles"])
def test_sharp_knows_both_artists(hand: Hand) -> None:
    sample = random.Random(3).sample(range(len(entries())), 36)
    assert named(hand, "sharp", sample) >= 0.93


def test_hazy_sees_something_and_not_all() -> None:
    sample = random.Random(4).sample(range(len(entries())), 36)
    assert 0.35 < named("stickers", "hazy", sample) < 0.8


def test_overlapping_stickers_are_told_apart() -> None:
    rng = np.random.default_rng(2)
    names = {entry.name: i for i, entry in enumerate(entries())}
    for top, relation, base in (
        ("duck", "on", "truck"),
        ("fox", "behind", "car"),
        ("banana", "on", "bed"),
        ("owl", "on", "bathtub"),
    ):
        things = (Thing(names[top], relation=relation), Thing(names[base]))
        view = segment.segment(compose.stickers(Scene(things, SKIES[0], GROUNDS[0]), rng).pixels)
        assert len(view.pieces) == 2
        assert [piece.is_whole for piece in view.pieces].count(False) == 1


def test_the_assets_are_those_that_were_built() -> None:
    sums = (ASSETS / "SHA256SUMS").read_text("utf-8").splitlines()
    listed = {Path(line.split("  ")[1]) for line in sums}
    home = ASSETS.parent.parent
    for line in sums:
        digest, name = line.split("  ")
        assert hashlib.sha256((home / name).read_bytes()).hexdigest() == digest, name
    present = {f.relative_to(home) for f in ASSETS.iterdir() if f.name != "SHA256SUMS"}
    assert present <= listed
    assert sum((home / name).stat().st_size for name in listed) < 45e6


def test_every_asset_has_a_licence_and_none_is_share_alike() -> None:
    licences = (ASSETS / "LICENSES.txt").read_text("utf-8")
    notice = (ASSETS.parents[3] / "NOTICE").read_text("utf-8")
    for file in ASSETS.iterdir():
        if file.name not in ("SHA256SUMS", "LICENSES.txt"):
            assert file.name in licences
    for text in (licences, notice):
        assert "CC-BY-SA" not in text
        assert "BY-NC" not in text
    for work in ("Fluent Emoji", "Noto Color Emoji", "Twemoji", "emojibase-data", "EfficientNet", "MiniLM", "CLIP"):
        assert work in notice

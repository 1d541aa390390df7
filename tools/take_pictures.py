"""Takes the README's pictures: plays in the demo with a browser, as a newcomer would, and crops what is seen.

`python tools/take_pictures.py` from the repository's root; needs Chromium. The games are seeded, so that the
pictures change only when the bot does.
"""

import io
import math
import re
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import FrameLocator, Locator, expect

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.bot.demo.visitor import Visitor, demo, messages, visit  # noqa: E402

OUT = ROOT / "docs" / "pictures"
BYTES_MAX = 150_000
WAIT = 60_000
PROMPT = "A fox mends a clock on a hill under the full moon"
PAIRS = ("stickers × spotter-sharp", "doodles × spotter-hazy")

HEAD = [(330 + 110 * math.cos(turn / 8), 470 + 100 * math.sin(turn / 8)) for turn in range(52)]
SCENE = [
    ("Rectangle", "Dark blue", 1, (0, 0), (1024, 1024)),
    ("Fill", "Dark blue", 1, (600, 60)),
    ("Ellipse", "Yellow", 2, (90, 70), (250, 230)),
    ("Fill", "Yellow", 2, (170, 150)),
    ("Pen", "Dark green", 4, (0, 860), (120, 850), (300, 800), (520, 770), (760, 800), (900, 850), (1024, 870)),
    ("Fill", "Dark green", 4, (500, 980)),
    ("Rectangle", "Brown", 3, (640, 330), (840, 810)),
    ("Fill", "Light skin", 3, (740, 600)),
    ("Fill", "Light skin", 3, (700, 796)),
    ("Ellipse", "Brown", 3, (675, 365), (805, 495)),
    ("Fill", "White", 3, (740, 460)),
    ("Line", "Black", 2, (740, 430), (740, 385)),
    ("Line", "Black", 2, (740, 430), (775, 445)),
    ("Pen", "Orange", 4, (225, 430), (220, 320), (300, 375)),
    ("Pen", "Orange", 4, (360, 375), (440, 320), (435, 430)),
    ("Pen", "Orange", 3, (280, 560), (245, 820), (415, 820), (380, 560)),
    ("Pen", "Orange", 3, *HEAD),
    ("Fill", "Orange", 3, (330, 470)),
    ("Fill", "Light green", 3, (330, 700)),
    ("Fill", "Light green", 3, (330, 808)),
    ("Pen", "Black", 3, (290, 455), (291, 455)),
    ("Pen", "Black", 3, (370, 455), (371, 455)),
    ("Pen", "Black", 2, (300, 520), (330, 535), (360, 520)),
    ("Pen", "Orange", 3, (400, 640), (500, 600), (560, 560)),
    ("Line", "Light grey", 3, (545, 585), (680, 440)),
    ("Pen", "Orange", 4, (240, 800), (150, 780), (110, 690), (130, 640)),
    ("Pen", "White", 3, (126, 650), (134, 630)),
]
"""What is drawn for the picture of the page: a tool, a colour, a size, and where the mouse goes, of 1024."""


def main() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, demo(Path(folder)) as shown:
        with visit(shown.url, width=1240, height=800) as visitor:
            start(visitor, "1")
            expect(messages(visitor.channel, re.compile(r"#1 turn [5-8]"))).to_be_visible(timeout=WAIT)
            keep("playing", whole(visitor))
        with visit(shown.url, width=1100, height=2600) as visitor:
            expect(messages(visitor.channel, "#1 finished")).to_be_visible(timeout=WAIT)
            # A server's first summary gets its scale a moment later.
            expect(messages(visitor.thread, "#1: from", "redraw")).to_be_visible(timeout=WAIT)
            wait_for_pictures(visitor.channel)
            wait_for_pictures(visitor.thread)
            keep("card", element(messages(visitor.channel, "#1 finished")))
            keep("summary", element(messages(visitor.thread, "#1: from", "redraw")))
            keep("thread", both(messages(visitor.thread, "Turn 10 of 10"), 2))
        with visit(shown.url, width=1100, height=560) as visitor:
            visitor.write(visitor.channel, "telephone start", prompt="e")
            visitor.channel.locator(".command-popup", has_text="#easy-001").wait_for()
            keep("command", visitor.page.locator("#channel").screenshot())
        with visit(shown.url, width=1100, height=2600) as visitor:
            battle(visitor)
        with visit(shown.url, width=1100, height=1200) as visitor:
            turn(visitor)
        shown.end()


def battle(visitor: Visitor) -> None:
    """Two pairs play one prompt, three members vote, and the board says how little that is."""
    options = {"prompt": "#medium-004", "turns": "4", "pair_a": PAIRS[0], "pair_b": PAIRS[1]}
    visitor.type(visitor.channel, "telephone battle", **options)
    call = messages(visitor.channel, "which side degraded least?")
    for name, side in (("Bo", "A"), ("Cleo", "A"), ("Ada", "B")):
        visitor.become(name)
        call.get_by_role("button", name=side, exact=True).click(timeout=WAIT)
        expect(messages(visitor.channel, "Only you can see this", f"You chose {side}")).to_be_visible(timeout=WAIT)
    wait_for_pictures(visitor.channel)
    keep("battle", element(call))
    call.get_by_role("button", name="Close", exact=True).click()
    visitor.channel.get_by_role("button", name="Close the vote").click(timeout=WAIT)
    result = messages(visitor.channel, "degraded least", "Distances:")
    expect(result).to_be_visible(timeout=WAIT)
    visitor.type(visitor.channel, "telephone leaderboard")
    board = messages(visitor.channel, "Only you can see this", "stickers × spotter-sharp").last
    expect(board).to_be_visible(timeout=WAIT)
    wait_for_pictures(visitor.channel)
    keep("board", element(board))


def turn(visitor: Visitor) -> None:
    """A member takes a turn and draws it in the browser."""
    visitor.type(visitor.channel, "telephone start", prompt=PROMPT, t2i="human", i2t="spotter-hazy", turns="2")
    visitor.thread.get_by_role("button", name="Take this turn").click(timeout=WAIT)
    link = visitor.thread.get_by_role("link", name="Draw in browser")
    with visitor.page.context.expect_page() as opened:
        link.click(timeout=WAIT)
    page = opened.value
    page.set_viewport_size({"width": 960, "height": 720})
    page.locator("#clock:not(:empty)").wait_for()
    box = page.locator("#paper").bounding_box()
    for tool, colour, size, *points in SCENE:
        for name in (tool, colour, f"Size {size} of 5"):
            page.get_by_label(name, exact=True).check()
        seen = [(box["x"] + x * box["width"] / 1024, box["y"] + y * box["height"] / 1024) for x, y in points]
        page.mouse.move(*seen[0])
        page.mouse.down()
        for point in seen[1:]:
            page.mouse.move(*point, steps=6)
        page.mouse.up()
    page.mouse.move(0, 0)
    keep("drawing", page.screenshot())


def start(visitor: Visitor, seed: str) -> None:
    options = {"prompt": PROMPT, "i2t": "spotter-hazy", "turns": "10", "seed": seed}
    visitor.type(visitor.channel, "telephone start", **options)


def wait_for_pictures(frame: FrameLocator) -> None:
    frame.locator("body").evaluate(
        """async body => {
            const loaded = () => [...body.querySelectorAll(".channel-message img")].every(image => image.naturalWidth);
            while (!loaded()) await new Promise(done => setTimeout(done, 100));
        }"""
    )


def whole(visitor: Visitor) -> bytes:
    """The window, at a moment when no picture is on its way."""
    while True:
        wait_for_pictures(visitor.thread)
        count = messages(visitor.thread).count()
        seen = visitor.page.screenshot()
        if messages(visitor.thread).count() == count:
            return seen


def element(found: Locator) -> bytes:
    found.scroll_into_view_if_needed()
    return found.screenshot()


def both(found: Locator, count: int) -> bytes:
    """Messages that follow one another, as one picture."""
    pictures = [Image.open(io.BytesIO(found.nth(at).screenshot())) for at in range(count)]
    whole = Image.new("RGB", (pictures[0].width, sum(picture.height for picture in pictures)))
    top = 0
    for picture in pictures:
        whole.paste(picture, (0, top))
        top += picture.height
    buffer = io.BytesIO()
    whole.save(buffer, "PNG")
    return buffer.getvalue()


def keep(name: str, png: bytes) -> None:
    """Writes a picture with a palette, light on bytes."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    path = OUT / f"{name}.png"
    for colours in (256, 192, 128, 96, 64):
        palette = picture.quantize(colours)
        picture.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG).save(path, "PNG", optimize=True)
        if path.stat().st_size < BYTES_MAX:
            break
    else:
        raise SystemExit(f"{path.name} takes {path.stat().st_size} bytes; crop it closer.")
    print(f"{path.relative_to(ROOT)}: {picture.width} × {picture.height}, {path.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()

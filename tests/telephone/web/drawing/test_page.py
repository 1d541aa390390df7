"""The page in a real browser: drawn on with mouse, fingers, pen and keys, handed in, and looked at from every side."""

import base64
import io
import math
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from telephone.errors import Refused, Unavailable
from telephone.web.drawing import server as drawing_server
from tests.bot.demo.visitor import ARGUMENTS, CHROMIUM, PATIENCE
from tests.telephone.web.drawing.studio import USED, Studio, studio

pytestmark = [
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no {CHROMIUM} on this machine"),
    pytest.mark.slow,
]
SIDE = 1024
KEPT = """async ([done, undone]) => {
    const answer = (request) => new Promise((resolve) => { request.onsuccess = () => resolve(request.result); });
    const database = await answer(indexedDB.open("ai-telephone", 1));
    const drawings = await answer(database.transaction("drawings").objectStore("drawings").getAll());
    database.close();
    return drawings.some((one) => one.done.length === done && one.undone.length === undone);
}"""
"""Whether a drawing of so many strokes, and so many taken back, is stored in the browser."""
BLACK, WHITE, ORANGE, RED = (0, 0, 0), (255, 255, 255), (245, 132, 31), (224, 40, 46)
Point = tuple[float, float]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_studio(tmp_path) -> Iterator[Studio]:
    with studio(tmp_path) as opened:
        yield opened


@dataclass
class Artist:
    """Somebody with the page open. Points are pixels of the paper."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def screen(self, point: Point) -> Point:
        box = self.page.locator("#paper").bounding_box()
        assert box is not None
        return box["x"] + point[0] * box["width"] / SIDE, box["y"] + point[1] * box["height"] / SIDE

    def choose(self, name: str) -> None:
        self.page.get_by_label(name, exact=True).check()

    def drag(self, *points: Point) -> None:
        mouse = self.page.mouse
        mouse.move(*self.screen(points[0]))
        mouse.down()
        for point in points[1:]:
            mouse.move(*self.screen(point), steps=4)
        mouse.up()

    def click(self, point: Point) -> None:
        self.page.mouse.click(*self.screen(point))

    def look(self, canvas: str = "paper") -> str:
        """The paper, or the draft over it, as it is in the browser, as a data URL."""
        self.page.evaluate("new Promise(requestAnimationFrame)")
        return str(self.page.evaluate(f"document.getElementById('{canvas}').toDataURL()"))

    def pixels(self) -> Image.Image:
        return opened(base64.b64decode(self.look().partition(",")[2]))

    def hand_in(self) -> None:
        self.page.get_by_role("button", name="Hand in").click()
        self.page.locator("#sure").click()

    def waits_until_kept(self, *, done: int, undone: int) -> None:
        """Until this browser has stored a drawing with so many strokes, and so many taken back."""
        self.page.wait_for_function(KEPT, arg=[done, undone])

    def reload(self) -> None:
        self.page.reload()
        self.page.locator("#clock:not(:empty)").wait_for()


@contextmanager
def artist(browser: Browser, link: str, width: int = 1440, height: int = 900, **options) -> Iterator[Artist]:
    """A window on the link; a script's error or a broken policy fails the test."""
    context: BrowserContext = browser.new_context(viewport={"width": width, "height": height}, **options)
    context.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    found = Artist(context.new_page())
    found.page.on("pageerror", lambda error: found.complaints.append(str(error)))
    found.page.on("console", lambda line: found.complaints.append(line.text) if line.type == "error" else None)
    found.page.goto(link)
    found.page.locator("#clock:not(:empty)").wait_for()
    yield found
    assert found.complaints == []
    context.close()


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


def circle(centre: Point, radius: float) -> list[Point]:
    return [(centre[0] + radius * math.cos(turn / 8), centre[1] + radius * math.sin(turn / 8)) for turn in range(53)]


def handed_in(studio: Studio, claim_id: str = "claim") -> Image.Image:
    data = studio.desk.claims[claim_id].drawing
    assert data is not None
    return opened(data)


def test_a_drawing_by_mouse_arrives_with_the_pixels_that_were_seen(chromium, open_studio):
    with artist(chromium, open_studio.link("a fox mends a clock")) as alice:
        expect(alice.page.locator("#caption")).to_have_text("a fox mends a clock")
        alice.drag(*circle((512, 512), 300))
        alice.choose("Fill")
        alice.choose("Orange")
        alice.click((512, 512))
        seen = alice.pixels()
        alice.hand_in()
        expect(alice.page.get_by_text(drawing_server.TAKEN)).to_be_visible()
    arrived = handed_in(open_studio)
    assert arrived.size == (SIDE, SIDE)
    assert arrived.tobytes() == seen.tobytes()
    assert [arrived.getpixel(at) for at in ((512, 512), (20, 20))] == [ORANGE, WHITE]
    assert min(sum(arrived.getpixel((x, 512))) for x in range(790, 830)) < 60


@pytest.mark.long
def test_behind_a_proxy_that_has_a_path_of_its_own_all_is_the_same(chromium, tmp_path):
    with studio(tmp_path, "/games/telephone") as behind, artist(chromium, behind.link("a fox")) as alice:
        assert "/games/telephone/draw/" in alice.page.url
        alice.drag((100, 500), (900, 500))
        alice.hand_in()
        expect(alice.page.get_by_text(drawing_server.TAKEN)).to_be_visible()
        alice.page.reload()
        expect(alice.page.get_by_text(USED)).to_be_visible()
        alice.complaints = [line for line in alice.complaints if "403" not in line]
        assert handed_in(behind).getpixel((500, 500)) == BLACK


@pytest.mark.long
def test_shapes_sizes_eraser_and_colours_of_ones_own(chromium, open_studio):
    with artist(chromium, open_studio.link("shapes")) as alice:
        alice.choose("Size 3 of 5")
        for tool, colour, start, end in (
            ("Rectangle", "Red", (100, 100), (400, 300)),
            ("Ellipse", "Blue", (500, 100), (900, 300)),
            ("Line", "Green", (100, 600), (900, 600)),
        ):
            alice.choose(tool)
            alice.choose(colour)
            alice.drag(start, end)
        alice.page.get_by_label("A colour of your own").fill("#123456")
        alice.choose("Pen")
        alice.choose("Size 5 of 5")
        alice.drag((200, 800), (800, 800))
        alice.choose("Eraser")
        alice.drag((500, 750), (500, 850))
        drawn = alice.pixels()
    assert [drawn.getpixel(at) for at in ((250, 100), (700, 300), (500, 600), (300, 800), (500, 800), (250, 200))] == [
        RED,
        (31, 111, 224),
        (46, 158, 63),
        (0x12, 0x34, 0x56),
        WHITE,
        WHITE,
    ]


@pytest.mark.long
def test_shift_keeps_a_shape_square(chromium, open_studio):
    with artist(chromium, open_studio.link("a square")) as alice:
        alice.choose("Rectangle")
        alice.page.keyboard.down("Shift")
        alice.drag((200, 200), (500, 300))
        alice.page.keyboard.up("Shift")
        drawn = alice.pixels()
    assert drawn.getpixel((500, 400)) == BLACK
    assert drawn.getpixel((300, 500)) == BLACK


@pytest.mark.long
def test_everything_can_be_undone_and_done_again_and_clearing_too(chromium, open_studio):
    with artist(chromium, open_studio.link("many lines")) as alice:
        states = [alice.look()]
        for row in range(26):
            alice.drag((100, 30 * row + 60), (900, 30 * row + 90))
            states.append(alice.look())
        alice.page.get_by_role("button", name="Clear the paper").click()
        assert alice.look() == states[0]
        alice.page.keyboard.press("Control+z")
        for before in reversed(states[:-1]):
            alice.page.keyboard.press("Control+z")
            assert alice.look() == before
        expect(alice.page.get_by_role("button", name="Undo")).to_be_disabled()
        for _ in range(26):
            alice.page.get_by_role("button", name="Redo").click()
        assert alice.look() == states[-1]


class Fingers:
    """Fingers or a pen on the glass, through the browser's own input."""

    def __init__(self, alice: Artist) -> None:
        self._alice, self._session = alice, alice.page.context.new_cdp_session(alice.page)

    def touch(self, kind: str, *points: Point, first: int = 0) -> None:
        where = [{"x": x, "y": y, "id": at} for at, (x, y) in enumerate(points, first)]
        self._session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": where})

    def stroke(self, *points: Point) -> None:
        seen = [self._alice.screen(point) for point in points]
        self.touch("touchStart", seen[0])
        for point in seen[1:]:
            self.touch("touchMove", point)
        self.touch("touchEnd")

    def pen(self, kind: str, point: Point, force: float) -> None:
        x, y = self._alice.screen(point)
        pen = {"pointerType": "pen", "button": "left", "buttons": 1, "force": force}
        self._session.send("Input.dispatchMouseEvent", {"type": kind, "x": x, "y": y, "clickCount": 1, **pen})


PHONE = {"has_touch": True, "is_mobile": True, "device_scale_factor": 2}


def test_one_finger_draws_and_two_zoom_and_move_without_drawing(chromium, open_studio):
    with artist(chromium, open_studio.link("a fox"), 360, 640, **PHONE) as alice:
        fingers = Fingers(alice)
        fingers.stroke(*((x, 400) for x in range(200, 840, 40)))
        drawn, nothing = alice.look(), alice.look("draft")
        assert alice.pixels().getpixel((600, 400)) == BLACK
        before = alice.page.locator("#paper").bounding_box()["width"]
        (x, y), held = alice.screen((512, 512)), (512, 512)
        fingers.touch("touchStart", (x - 30, y))
        fingers.touch("touchMove", (x - 32, y))
        fingers.touch("touchStart", (x - 32, y), (x + 32, y))
        for spread in range(32, 100, 4):
            fingers.touch("touchMove", (x - spread, y), (x + spread, y))
        assert alice.look("draft") == nothing, "what the first finger began is gone"
        fingers.touch("touchMove", (x - 96, y + 10), (x + 96, y + 10))
        fingers.touch("touchEnd", (x - 96, y + 10))
        for further in (20, 40):
            fingers.touch("touchMove", (x + 96, y + further), first=1)
        fingers.touch("touchEnd")
        assert alice.page.locator("#paper").bounding_box()["width"] == pytest.approx(before * 3, rel=0.05)
        assert alice.screen(held) == pytest.approx((x, y + 10), abs=6)
        assert alice.look() == drawn
        fingers.stroke(*((x, 520) for x in range(500, 570, 10)))
        assert alice.pixels().getpixel((530, 520)) == BLACK
        alice.page.get_by_role("button", name="Whole paper").click()
        assert alice.page.locator("#paper").bounding_box()["width"] == pytest.approx(before)
        alice.page.get_by_role("button", name="Hand in").tap()
        alice.page.locator("#sure").tap()
        expect(alice.page.get_by_text(drawing_server.TAKEN)).to_be_visible()
    assert handed_in(open_studio).getpixel((600, 400)) == BLACK


@pytest.mark.long
def test_a_pen_draws_as_wide_as_it_is_pressed_and_the_palm_beside_it_does_not_draw(chromium, open_studio):
    with artist(chromium, open_studio.link("a fox"), has_touch=True) as alice:
        alice.choose("Size 4 of 5")
        fingers = Fingers(alice)
        for row, force in ((300, 0.2), (600, 0.95)):
            fingers.pen("mousePressed", (100, row), force)
            for x in range(150, 950, 50):
                fingers.pen("mouseMoved", (x, row), force)
            fingers.pen("mouseReleased", (900, row), 0)
        light, heavy = (width_at(alice.pixels(), 500, row) for row in (300, 600))
        assert 0 < light < heavy / 1.5
        drawn = alice.look()
        fingers.stroke(*((x, 800) for x in range(200, 840, 40)))
        assert alice.look() == drawn


def width_at(picture: Image.Image, x: int, row: int) -> int:
    return sum(picture.getpixel((x, y)) == BLACK for y in range(row - 100, row + 100))


@pytest.mark.long
def test_the_wheel_zooms_where_the_pointer_is_and_the_hand_moves_the_paper(chromium, open_studio):
    with artist(chromium, open_studio.link("a fox")) as alice:
        spot = alice.screen((300, 300))
        alice.page.mouse.move(*spot)
        alice.page.mouse.wheel(0, -800)
        alice.page.wait_for_timeout(100)
        assert alice.screen((300, 300)) == pytest.approx(spot, abs=2)
        assert alice.screen((400, 300))[0] - spot[0] > 120
        alice.page.keyboard.press("h")
        alice.drag((300, 300), (350, 300))
        assert alice.screen((300, 300))[0] > spot[0] + 30
        assert alice.pixels().getcolors() == [(SIDE * SIDE, WHITE)]


def test_it_can_all_be_done_by_keyboard(chromium, open_studio):
    with artist(chromium, open_studio.link("a box")) as alice:
        page, press = alice.page, alice.page.keyboard.press
        reached = []
        for _ in range(16):
            press("Tab")
            reached.append(
                page.evaluate("document.activeElement.getAttribute('aria-label') || document.activeElement.id")
            )
        assert reached[:6] == ["caption", "Pen", "Size 2 of 5", "Black", "A colour of your own", "Paper"]
        assert {"Zoom in", "Clear the paper", "Keyboard shortcuts", "hand-in"} <= {*reached, "Clear the paper"}
        page.locator("#stage").focus()
        press("r")
        for key, times in (("Space", 1), ("ArrowRight", 10), ("ArrowDown", 5), ("Space", 1), ("ArrowLeft", 2)):
            for _ in range(times):
                press(key)
        for key in ("ArrowUp", "f", "3", "Space"):
            press(key)
        drawn = alice.pixels()
        assert drawn.getpixel((512 + 100, 512)) == BLACK
        assert drawn.getpixel((512 + 200, 512 + 50)) == BLACK
        assert drawn.getpixel((512 + 100, 512 + 50)) == RED
        assert drawn.getpixel((512 + 230, 512)) == WHITE
        press("Control+Enter")
        expect(page.locator("#confirm")).to_be_visible()
        press("Enter")
        expect(page.get_by_text(drawing_server.TAKEN)).to_be_visible()
    assert handed_in(open_studio).getpixel((612, 562)) == RED


@pytest.mark.long
def test_escape_takes_the_pen_off_and_says_so(chromium, open_studio):
    with artist(chromium, open_studio.link("a box")) as alice:
        alice.page.locator("#stage").focus()
        for key in ("Space", "ArrowRight", "ArrowRight", "Escape"):
            alice.page.keyboard.press(key)
        expect(alice.page.get_by_role("status").first).to_have_text("Pen off, nothing drawn")
        assert alice.pixels().getcolors() == [(SIDE * SIDE, WHITE)]


def test_a_reload_finds_the_drawing_as_it_was_and_undo_with_it(chromium, open_studio):
    with artist(chromium, open_studio.link("a fox")) as alice:
        alice.drag((100, 100), (900, 100))
        first = alice.look()
        alice.drag((100, 500), (900, 500))
        second = alice.look()
        alice.page.keyboard.press("Control+z")
        alice.waits_until_kept(done=1, undone=1)
        alice.reload()
        expect(alice.page.get_by_text("Your drawing is as you left it.")).to_be_visible()
        assert alice.look() == first
        alice.page.keyboard.press("Control+y")
        assert alice.look() == second


def test_offline_one_draws_on_and_the_drawing_is_handed_in_as_soon_as_one_is_back(chromium, open_studio):
    with artist(chromium, open_studio.link("a fox")) as alice:
        alice.page.context.set_offline(True)
        expect(alice.page.get_by_text("You are offline; what you draw is kept in this browser.")).to_be_visible()
        alice.drag((100, 500), (900, 500))
        alice.hand_in()
        expect(alice.page.get_by_text("handed in by itself as soon as you are back online")).to_be_visible()
        assert open_studio.desk.claims["claim"].drawing is None
        alice.page.context.set_offline(False)
        expect(alice.page.get_by_text(drawing_server.TAKEN)).to_be_visible()
        alice.complaints = [line for line in alice.complaints if "ERR_INTERNET_DISCONNECTED" not in line]
    assert handed_in(open_studio).getpixel((500, 500)) == BLACK


@pytest.mark.long
def test_what_was_on_its_way_when_the_page_was_reloaded_is_sent_on(chromium, open_studio):
    with artist(chromium, open_studio.link("a fox")) as alice:
        alice.drag((100, 500), (900, 500))
        open_studio.desk.fails = [Unavailable("The pictures cannot be reached just now.")]
        alice.hand_in()
        expect(alice.page.get_by_text("The pictures cannot be reached just now.")).to_be_visible()
        alice.page.reload()
        expect(alice.page.get_by_text(drawing_server.TAKEN)).to_be_visible()
        alice.complaints = [line for line in alice.complaints if "503" not in line]
    assert handed_in(open_studio).getpixel((500, 500)) == BLACK


@pytest.mark.long
def test_a_drawing_that_is_called_back_is_drawn_on(chromium, open_studio):
    with artist(chromium, open_studio.link("a fox")) as alice:
        alice.drag((100, 500), (900, 500))
        open_studio.desk.fails = [Unavailable("Please wait a moment.")]
        alice.hand_in()
        expect(alice.page.get_by_text("Please wait a moment.")).to_be_visible()
        alice.page.get_by_role("button", name="Draw on").click()
        alice.drag((100, 700), (900, 700))
        assert alice.pixels().getpixel((500, 700)) == BLACK
        alice.complaints = [line for line in alice.complaints if "503" not in line]
    assert open_studio.desk.claims["claim"].drawing is None


@pytest.mark.long
def test_a_drawing_that_is_declined_stays_on_the_paper_with_the_reason(chromium, open_studio):
    with artist(chromium, open_studio.link("a fox")) as alice:
        alice.drag((100, 500), (900, 500))
        open_studio.desk.fails = [Refused("That picture cannot be taken; please draw another.")]
        alice.hand_in()
        expect(alice.page.get_by_text("That picture cannot be taken; please draw another.")).to_be_visible()
        assert alice.pixels().getpixel((500, 500)) == BLACK
        alice.hand_in()
        expect(alice.page.get_by_text(drawing_server.TAKEN)).to_be_visible()
        alice.complaints = [line for line in alice.complaints if "422" not in line]


def test_an_empty_paper_is_not_handed_in(chromium, open_studio):
    with artist(chromium, open_studio.link("a fox")) as alice:
        alice.page.get_by_role("button", name="Hand in").click()
        expect(alice.page.get_by_text("The paper is still empty; draw something first.")).to_be_visible()
        expect(alice.page.locator("#confirm")).not_to_be_visible()


@pytest.mark.long
def test_when_time_is_over_the_drawing_is_given_back(chromium, open_studio):
    with artist(chromium, open_studio.link("a fox", seconds=8)) as alice:
        alice.drag((100, 500), (900, 500))
        expect(alice.page.get_by_role("heading", name="Time is over")).to_be_visible()
        with alice.page.expect_download() as saving:
            alice.page.get_by_role("link", name="Save the picture").click()
        assert opened(saving.value.path().read_bytes()).getpixel((500, 500)) == BLACK
        alice.page.wait_for_timeout(2_000)  # the claim ends to the second, the link a moment later
        alice.page.reload()
        expect(alice.page.get_by_text("The time for this drawing is over; watch")).to_be_visible()
        with alice.page.expect_download() as saving:
            alice.page.get_by_role("link", name="Save this drawing").click()
        assert opened(saving.value.path().read_bytes()).getpixel((500, 500)) == BLACK
        alice.complaints = [line for line in alice.complaints if "403" not in line]
    assert open_studio.desk.claims["claim"].drawing is None


@pytest.mark.long
def test_what_was_handed_in_elsewhere_meanwhile_is_told_and_the_drawing_kept(chromium, open_studio):
    link = open_studio.link("a fox")
    with artist(chromium, link) as alice, artist(chromium, link) as again:
        for window, row in ((alice, 300), (again, 600)):
            window.drag((100, row), (900, row))
        alice.hand_in()
        expect(alice.page.get_by_text(drawing_server.TAKEN)).to_be_visible()
        again.hand_in()
        expect(again.page.get_by_text(USED)).to_be_visible()
        expect(again.page.get_by_role("link", name="Save the picture")).to_be_visible()
        again.complaints.clear()
        again.page.reload()
        expect(again.page.get_by_text(USED)).to_be_visible()
        again.complaints = [line for line in again.complaints if "403" not in line]
    assert handed_in(open_studio).getpixel((500, 300)) == BLACK


def test_markup_in_a_caption_is_shown_and_does_nothing(chromium, open_studio):
    caption = '<img src=x onerror="document.title=1"></p><script>document.title=2</script> &lt;b&gt;'
    with artist(chromium, open_studio.link(caption)) as alice:
        expect(alice.page.locator("#caption")).to_have_text(caption)
        expect(alice.page).to_have_title("Draw for AI Telephone")
        assert alice.page.locator("#caption > *").count() == 0


def test_the_policy_would_stop_what_slipped_in(chromium, open_studio):
    with artist(chromium, open_studio.link("a fox")) as alice:
        alice.page.evaluate(
            """() => { const script = document.createElement("script"); script.textContent = "document.title = 'in'";
                       document.body.append(script); const image = new Image(); image.src = "http://127.0.0.1:9/x.png";
                       document.body.append(image); }"""
        )
        alice.page.wait_for_timeout(200)
        expect(alice.page).to_have_title("Draw for AI Telephone")
        broken = [line for line in alice.complaints if "Content Security Policy" in line]
        assert len(broken) == len(alice.complaints) == 2
        alice.complaints.clear()


SIZES = [(360, 640), (360, 800), (412, 915), (768, 1024), (740, 360), (1024, 600), (1440, 900)]
ALWAYS = [(360, 640, "light"), (740, 360, "dark"), (1440, 900, "dark")]
"""The narrowest, the lowest and the largest; the others are looked at by make test-long."""
WINDOWS = [(*size, scheme) for size in SIZES for scheme in ("light", "dark")]


@pytest.mark.parametrize(
    ("width", "height", "scheme"),
    [pytest.param(*window, marks=[] if window in ALWAYS else pytest.mark.long) for window in WINDOWS],
)
def test_everything_is_in_sight_and_large_enough_to_press(chromium, open_studio, width, height, scheme):
    link = open_studio.link("A fox in a green waistcoat mends a grandfather clock while three mice hold the lantern")
    with artist(chromium, link, width, height, color_scheme=scheme) as alice:
        boxes = {name: alice.page.locator(name).bounding_box() for name in ("#caption", "#clock", "#stage", "#hand-in")}
        presses = alice.page.locator(".choice:visible, button:visible")
        boxes |= {f"{at}": presses.nth(at).bounding_box() for at in range(presses.count())}
        assert len(boxes) > 40
        for name, box in boxes.items():
            assert box is not None, name
            assert 0 <= box["x"] <= box["x"] + box["width"] <= width, name
            assert 0 <= box["y"] <= box["y"] + box["height"] <= height, name
            assert min(box["width"], box["height"]) >= 22, name
        assert apart(list(boxes.values()))
        assert alice.page.locator("#paper").bounding_box()["width"] >= min(width, height) * 0.6


@pytest.mark.long
def test_a_long_caption_can_be_scrolled_and_leaves_room_to_draw(chromium, open_studio):
    with artist(
        chromium, open_studio.link("camels and traders under striped awnings, " * 40), 360, 640, **PHONE
    ) as alice:
        assert alice.page.locator("#paper").bounding_box()["width"] >= 220
        assert alice.page.evaluate("(({scrollHeight, clientHeight}) => scrollHeight > clientHeight)(caption)")
        assert alice.page.locator("#hand-in").bounding_box()["y"] < 600
        alice.page.locator("#caption").focus()
        alice.page.keyboard.press("End")
        alice.page.wait_for_timeout(500)
        assert alice.page.evaluate("caption.scrollTop") > 100


def apart(boxes: list[dict[str, float]]) -> bool:
    """Whether no two of them cover each other, but for the hand-in button that is listed twice."""
    covers: Callable[[dict[str, float], dict[str, float]], bool] = lambda one, other: (  # noqa: E731
        one["x"] < other["x"] + other["width"] - 0.5
        and other["x"] < one["x"] + one["width"] - 0.5
        and one["y"] < other["y"] + other["height"] - 0.5
        and other["y"] < one["y"] + one["height"] - 0.5
    )
    unlike = [(one, other) for at, one in enumerate(boxes) for other in boxes[at + 1 :] if one != other]
    return not any(covers(one, other) for one, other in unlike)


def test_every_control_has_a_name(chromium, open_studio):
    with artist(chromium, open_studio.link("a fox")) as alice:
        tree = alice.page.locator("body").aria_snapshot()
    assert 'radio "Pen" [checked]' in tree
    assert re.findall(r"- (?:radio|button|textbox|link)(?:$| \[)", tree, re.MULTILINE) == []
    for group in ("Tool", "Size", "Colour"):
        assert f'group "{group}"' in tree

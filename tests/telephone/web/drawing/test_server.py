"""The server of the page, asked as browsers, proxies and people who try things ask it."""

import asyncio
import io
import re
import socket
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import aiohttp
import psycopg
import pytest
import sqlalchemy as sa
import structlog
import yarl
from aiohttp.test_utils import TestServer
from PIL import Image, PngImagePlugin

from telephone.cli.doctor import _drawing_page
from telephone.errors import Misconfigured, NotAllowed, RateLimited, Refused, Unavailable
from telephone.settings import Settings
from telephone.web.drawing import DrawingPage, Links
from telephone.web.drawing import server as drawing_server
from telephone.web.drawing.assets import edition
from telephone.web.drawing.image import BYTES_MAX, DAMAGED, NO_PNG, TOO_HEAVY, TOO_LARGE
from telephone.web.drawing.links import CHANGED, OVER
from telephone.web.drawing.rate_limit import A_SECOND, AT_ONCE, Pace
from tests.telephone.web.drawing.studio import ALICE, BO, ELSE, NONE, USED, ClaimsInMemory, Studio, free_port, settings


@pytest.fixture
async def studio(tmp_path):
    port, desk = free_port(), ClaimsInMemory()
    easel = DrawingPage(settings(tmp_path, port))
    await easel.open(desk)
    yield Studio(desk, easel.links, f"http://127.0.0.1:{port}")
    await easel.close()


@pytest.fixture
async def browser():
    async with aiohttp.ClientSession() as session:
        yield session


def drawing(side=64, mode="RGBA", **options) -> bytes:
    out = io.BytesIO()
    Image.new(mode, (side, side), "red").save(out, "PNG", **options)
    return out.getvalue()


async def get(browser, link) -> tuple[int, str]:
    async with browser.get(link) as answer:
        return answer.status, await answer.text()


async def hand_in(browser, link, data, origin=None) -> tuple[int, str]:
    """Status and sentence; `origin` is the page's own where it is None."""
    headers = {"Origin": link.partition("/draw/")[0] if origin is None else origin, "Content-Type": "image/png"}
    async with browser.post(link, data=data, headers=headers) as answer:
        return answer.status, (await answer.json())["sentence"]


async def test_a_drawing_in_an_outage_of_the_database_is_asked_for_again_in_one_line_of_log(
    studio, browser, monkeypatch
):
    down, hand_in_now = True, studio.desk.hand_in
    link = studio.link("a fox mends a clock")

    async def refused(*arguments):
        if down:
            raise sa.exc.OperationalError("UPDATE", {}, psycopg.errors.lookup("57P03")("starting up"))
        await hand_in_now(*arguments)

    monkeypatch.setattr(studio.desk, "hand_in", refused)
    with structlog.testing.capture_logs() as logs:
        assert await hand_in(browser, link, drawing()) == (503, drawing_server.OUTAGE)
    assert [entry["log_level"] for entry in logs] == ["warning"]
    assert not any("exc_info" in entry for entry in logs)
    down = False
    assert (await hand_in(browser, link, drawing()))[0] == 200


async def test_a_link_shows_the_caption_and_nothing_else_of_the_game(studio, browser):
    status, page = await get(browser, studio.link("a fox mends a clock"))
    assert status == 200
    assert re.search(r'<p id="caption"[^>]*>a fox mends a clock</p>', page)
    assert 'data-left="600"' in page or 'data-left="599"' in page
    assert "claim" not in page
    assert str(ALICE) not in page


async def test_looking_takes_nothing_so_that_a_page_can_be_reloaded(studio, browser):
    link = studio.link("a fox")
    for _ in range(3):
        assert (await get(browser, link))[0] == 200
    assert (await hand_in(browser, link, drawing()))[0] == 200


async def test_markup_in_a_caption_stays_text(studio, browser):
    _, page = await get(browser, studio.link('<script>alert(1)</script><b onclick="x">&amp;'))
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&lt;b onclick=&#34;x&#34;&gt;&amp;amp;" in page
    assert "alert(1)</script>" not in page


@pytest.mark.parametrize("path", ["/health", "/draw/nothing", "/nowhere", "/easel/0/app.js", "static"])
async def test_every_answer_is_shut_to_everything_from_elsewhere(studio, browser, path):
    address = f"/easel/{edition()}/app.js" if path == "static" else path
    async with browser.get(studio.origin + address) as answer:
        policy = dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))
        assert policy == {
            "default-src": "'none'",
            "script-src": "'self'",
            "style-src": "'self'",
            "img-src": "'self' blob: data:",
            "connect-src": "'self'",
            "form-action": "'none'",
            "frame-ancestors": "'none'",
            "base-uri": "'none'",
        }
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert ("no-store" in answer.headers["Cache-Control"]) is (path != "static")


async def test_doctor_finds_the_page_well(studio):
    port = int(studio.origin.rpartition(":")[2])
    (found,) = await _drawing_page(Settings(_env_file=None, http_port=port, public_url=studio.origin))
    assert (found.health, found.stands) == ("good", f"served at {studio.origin}")


async def test_scripts_are_found_under_their_edition_alone(studio, browser):
    link = f"{studio.origin}/easel/{edition()}/"
    async with browser.get(link + "vendor/perfect-freehand.mjs") as answer:
        assert (answer.status, answer.content_type) == (200, "text/javascript")
    for address in (link + "../server.py", link + "vendor/LICENSE", link.replace(edition(), "0" * 16) + "app.js"):
        assert (await get(browser, address))[0] == 404


async def test_the_page_has_no_script_and_no_style_of_its_own(studio, browser):
    _, page = await get(browser, studio.link("a fox"))
    assert not re.search(r"\son\w+=|style=|<style|<script>|javascript:", page)
    assert re.findall(r'(?:src|href)="([^"]+)"', page)
    assert all(address.startswith(f"/easel/{edition()}/") for address in re.findall(r'(?:src|href)="([^"]+)"', page))


async def test_a_drawing_arrives_as_a_picture_of_ours_without_what_was_hidden_in_it(studio, browser):
    link, hidden = studio.link("a fox"), PngImagePlugin.PngInfo()
    hidden.add_text("Author", "Alice of Wonderland")
    assert await hand_in(browser, link, drawing(pnginfo=hidden) + b"trailer") == (200, drawing_server.TAKEN)
    kept = studio.desk.claims["claim"].drawing
    assert b"Alice" not in kept
    assert b"trailer" not in kept
    with Image.open(io.BytesIO(kept)) as picture:
        assert (picture.format, picture.mode, picture.size) == ("PNG", "RGB", (64, 64))
        assert picture.getpixel((5, 5)) == (255, 0, 0)


async def test_a_link_is_good_for_one_drawing_and_a_receipt_that_was_lost_can_be_had_again(studio, browser):
    link = studio.link("a fox")
    assert (await hand_in(browser, link, drawing()))[0] == 200
    assert await hand_in(browser, link, drawing(side=32)) == (403, USED)
    assert (await hand_in(browser, link, drawing()))[0] == 200
    status, page = await get(browser, link)
    assert status == 403
    assert USED in page
    assert "You can close this page" in page


async def test_of_drawings_sent_at_once_one_is_taken_and_the_others_are_not_even_read(studio, browser):
    link, refused = studio.link("a fox"), asyncio.Event()

    async def slowly(side):
        yield drawing(side)[:30]
        await refused.wait()
        yield drawing(side)[30:]

    sending = [asyncio.create_task(hand_in(browser, link, slowly(side))) for side in (32, 48, 64)]
    while sum(one.done() for one in sending) < 2:
        await asyncio.wait(sending, return_when=asyncio.FIRST_COMPLETED, timeout=0.1)
    refused.set()
    answers = await asyncio.gather(*sending)
    assert sorted(status for status, _ in answers) == [200, 429, 429]
    assert studio.desk.asked == 1
    assert await hand_in(browser, link, drawing(side=16)) == (403, USED)


async def test_a_browser_that_leaves_in_the_middle_leaves_the_link_free(studio, browser):
    link = studio.link("a fox")
    leaving = asyncio.create_task(hand_in(browser, link, halting()))
    await asyncio.sleep(0.2)
    leaving.cancel()
    await asyncio.wait({leaving})
    assert leaving.cancelled()
    await asyncio.sleep(0.1)
    assert (await hand_in(browser, link, drawing()))[0] == 200


async def halting():
    yield drawing()[:20]
    await asyncio.sleep(60)


async def test_another_members_link_is_refused_whoever_signed_it(studio, browser):
    claim = studio.desk.open("claim", "a fox", member_id=ALICE)
    link = studio.links.to("claim", BO, claim.expires_at)
    assert await hand_in(browser, link, drawing()) == (403, ELSE)
    status, page = await get(browser, link)
    assert (status, ELSE in page, "a fox" in page) == (403, True, False)


async def test_a_link_ends_with_its_claim(studio, browser):
    late = studio.links.to("claim", ALICE, datetime.now(UTC) - timedelta(seconds=2))
    studio.desk.open("claim", "a fox")
    status, page = await get(browser, late)
    assert (status, OVER.replace("'", "&#39;") in page) == (403, True)
    assert await hand_in(browser, late, drawing()) == (403, OVER)
    assert studio.desk.asked == 0


async def test_a_link_that_was_changed_is_refused_before_anybody_is_asked(studio, browser, tmp_path):
    link = studio.link("a fox")
    head, _, token = link.rpartition("/")
    forged = Links(studio.origin, b"another key").to("claim", ALICE, datetime.now(UTC) + timedelta(minutes=9))
    for wrong in (token[:-1], token[:-3] + "abc", "A" + token, token.partition(".")[0], forged.rpartition("/")[2]):
        status, page = await get(browser, f"{head}/{wrong}")
        assert (status, CHANGED in page) == (403, True)
        assert await hand_in(browser, f"{head}/{wrong}", drawing()) == (403, CHANGED)
    assert studio.desk.asked == 0


async def test_a_claim_that_is_gone_is_told_kindly(studio, browser):
    link = studio.links.to("gone", ALICE, datetime.now(UTC) + timedelta(minutes=5))
    status, page = await get(browser, link)
    assert (status, NONE in page) == (404, True)


@pytest.mark.parametrize("origin", ["", "null", "http://elsewhere.test", "https://127.0.0.1:1"])
async def test_a_drawing_from_another_page_is_refused(studio, browser, origin):
    assert await hand_in(browser, studio.link("a fox"), drawing(), origin) == (403, drawing_server.ELSEWHERE)
    assert studio.desk.asked == 0


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", NO_PNG),
        (b"<svg onload=alert(1)>", NO_PNG),
        (b"\xff\xd8\xff\xe0 a JPEG", NO_PNG),
        (b"\x89PNG\r\n\x1a\n", DAMAGED),
        (drawing()[:-30], DAMAGED),
        (drawing(side=2049, mode="1"), TOO_LARGE),
    ],
)
async def test_what_is_no_drawing_is_declined_and_the_claim_stays_open(studio, browser, data, sentence):
    link = studio.link("a fox")
    assert await hand_in(browser, link, data) == (422, sentence)
    assert studio.desk.claims["claim"].drawing is None
    assert (await hand_in(browser, link, drawing(side=2048)))[0] == 200


async def test_what_is_too_heavy_is_not_read_to_its_end(studio, browser):
    heavy = io.BytesIO(b"\x89PNG\r\n\x1a\n" + bytes(BYTES_MAX))
    assert await hand_in(browser, studio.link("a fox"), heavy) == (413, TOO_HEAVY)


@pytest.mark.parametrize(
    ("error", "status"),
    [(Refused("Not this one; please draw another."), 422), (Unavailable("Please wait a minute."), 503)],
)
async def test_what_the_desk_says_is_told_as_it_is(studio, browser, error, status):
    link = studio.link("a fox")
    studio.desk.fails = [error]
    assert await hand_in(browser, link, drawing()) == (status, error.sentence)


@pytest.mark.parametrize("error", [Misconfigured("The operator must mend something.", "a secret"), KeyError("secret")])
async def test_what_breaks_is_told_without_its_inside_and_logged_without_the_link(studio, browser, error):
    link = studio.link("a secret fox")
    studio.desk.fails = [error]
    with structlog.testing.capture_logs() as logs:
        status, page = await get(browser, link)
    assert status == 500
    assert "secret" not in page
    assert [log["event"] for log in logs] == ["drawing page broke"]
    assert link.rpartition("/")[2] not in str(logs)


@pytest.mark.parametrize("sent", [b"GARBAGE\r\n\r\n", b"GET /draw/secret b%0d HTTP/1.1\r\nHost: x\r\n\r\n"])
async def test_what_is_no_request_at_all_is_refused_and_fills_no_log(studio, caplog, sent):
    reader, writer = await asyncio.open_connection("127.0.0.1", int(studio.origin.rpartition(":")[2]))
    writer.write(sent)
    assert (await reader.readline()).split()[1] == b"400"
    writer.close()
    await writer.wait_closed()
    assert caplog.records == []


@pytest.mark.parametrize("token", ["%ED%A0%80", "%FF", "%00", "a" * 7000, "%2e%2e%2f", "%F0%9F%A6%8A"])
async def test_a_token_of_any_letters_is_no_more_than_refused(studio, browser, token):
    async with browser.get(yarl.URL(f"{studio.origin}/draw/{token}", encoded=True)) as answer:
        assert answer.status in {403, 404}
        assert "Content-Security-Policy" in answer.headers


async def test_one_link_is_asked_so_often_and_another_goes_on(studio, browser):
    link, other = studio.link("a fox", "one"), studio.link("a cat", "other")
    statuses = [(await get(browser, link))[0] for _ in range(AT_ONCE + 1)]
    assert statuses[-1] == 429
    assert set(statuses[:-1]) == {200}
    async with browser.get(link) as answer:
        assert int(answer.headers["Retry-After"]) >= 1
    assert (await get(browser, other))[0] == 200


def test_a_link_may_be_asked_again_as_time_passes():
    now = 0.0
    pace = Pace(lambda: now)
    for _ in range(AT_ONCE):
        pace.ask("link")
    with pytest.raises(RateLimited):
        pace.ask("link")
    now += 1 / A_SECOND
    pace.ask("link")
    with pytest.raises(RateLimited) as told:
        pace.ask("link")
    assert told.value.retry_after == 1 / A_SECOND


def test_links_that_nobody_asks_any_more_are_forgotten():
    now = 0.0
    pace = Pace(lambda: now)
    for link in range(10_000):
        pace.ask(link)
    now += AT_ONCE / A_SECOND
    pace.ask("another")
    assert len(pace._buckets) == 1


def test_links_are_remembered_up_to_a_bound_and_one_that_goes_on_asking_is_never_forgotten():
    now = 0.0
    pace = Pace(lambda: now)
    for link in range(12_000):
        pace.ask(link)
    assert len(pace._buckets) == 10_000
    for _ in range(AT_ONCE):
        pace.ask("link")
    for _ in range(90):
        now += 1
        with suppress(RateLimited):
            pace.ask("link")
    with pytest.raises(RateLimited):
        pace.ask("link")


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://Draw.Example.org:443/a/", "https://draw.example.org"),
        ("http://draw.example.org:80", "http://draw.example.org"),
        ("https://dräw.example", "https://xn--drw-rla.example"),
    ],
)
async def test_a_page_knows_its_own_drawings_however_the_address_is_written(browser, address, origin):
    desk, links = ClaimsInMemory(), Links(address, b"key")
    claim = desk.open("claim", "a fox")
    token = links.to("claim", ALICE, claim.expires_at).rpartition("/")[2]
    async with TestServer(drawing_server.drawing_app(address, links, desk), host="127.0.0.1") as served:
        assert (await hand_in(browser, str(served.make_url(f"/draw/{token}")), drawing(), origin))[0] == 200


async def test_the_page_lies_under_any_path_that_a_proxy_takes_off(tmp_path, browser):
    port, desk = free_port(), ClaimsInMemory()
    easel = DrawingPage(settings(tmp_path, port, f"http://127.0.0.1:{port}/games/telephone/"))
    await easel.open(desk)
    claim = desk.open("claim", "a fox")
    link = easel.links.to("claim", ALICE, claim.expires_at)
    assert link.startswith(f"http://127.0.0.1:{port}/games/telephone/draw/")
    _, page = await get(browser, link.replace("/games/telephone", ""))
    assert f'src="/games/telephone/easel/{edition()}/app.js"' in page
    await easel.close()


async def test_without_a_public_address_there_is_no_server_and_no_link(tmp_path):
    easel = DrawingPage(Settings(_env_file=None, data_dir=tmp_path, http_port=free_port()))
    await easel.open(ClaimsInMemory())
    assert easel.links is None
    await easel.close()
    assert not (tmp_path / "secret").exists()


async def test_a_port_that_is_taken_costs_the_page_and_not_the_bot(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        easel = DrawingPage(settings(tmp_path, port))
        with structlog.testing.capture_logs() as logs:
            await easel.open(ClaimsInMemory())
        assert easel.links is None
    (line,) = logs
    assert (line["event"], line["log_level"]) == ("no page to draw on", "error")
    assert str(port) in line["address"]
    assert "TELEPHONE_HTTP_PORT" in line["remedy"]
    await easel.close()


async def test_links_are_short_enough_for_a_button_and_read_back_as_they_were():
    links, end = Links("https://draw.example.org/", b"key"), datetime.now(UTC) + timedelta(minutes=10)
    link = links.to("0123456789abcdef0123456789abcdef", 2**63, end)
    assert link.startswith("https://draw.example.org/draw/")
    assert len(link) <= 512
    found = links.read(link.rpartition("/")[2])
    assert (found.claim_id, found.member_id) == ("0123456789abcdef0123456789abcdef", 2**63)
    assert timedelta(0) <= found.expires_at - end <= timedelta(seconds=1)


def test_a_token_that_is_none_is_never_more_than_refused():
    links = Links("https://draw.example.org", b"key")
    for wrong in ("", ".", "a.b", "ö", "." * 5000):
        with pytest.raises(NotAllowed, match="cut short"):
            links.read(wrong)


@pytest.mark.parametrize("address", ["draw.example.org", "ftp://x", "https://", "https://x?y", "https://x y"])
def test_an_address_that_is_none_is_named_at_the_start(monkeypatch, address):
    monkeypatch.setenv("TELEPHONE_PUBLIC_URL", address)
    with pytest.raises(Misconfigured, match=r"TELEPHONE_PUBLIC_URL.*https://draw\.example\.org"):
        Settings.load()

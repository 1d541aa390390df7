"""A member's file, fetched from a CDN that fails as Discord's does: one sentence each, and the turn stays theirs."""

import asyncio
import io
import sys
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from discord.http import HTTPClient
from PIL import Image as pil

from bot.turns import uploads
from bot.turns.uploads import NO_ANSWER, NONE_CAME, NOT_FETCHED, uploaded_file
from telephone.errors import BadInput
from telephone.media.uploads import DAMAGED, EMPTY, UNREADABLE
from tests.standin.loopback import Standin

BOT = [sys.executable, "-m", "bot"]


def form(url: str, size: int = 4, *, files: int = 1) -> dict:
    ids = [str(n) for n in range(files)]
    sent = {one: {"id": one, "filename": "mine.png", "size": size, "url": url} for one in ids}
    field = {"custom_id": "drawing", "type": 19, "values": ids}
    return {"components": [{"type": 18, "component": field}], "resolved": {"attachments": sent}}


@pytest.fixture
async def cdn():
    """The address of a CDN that answers as the path says, and discord.py's way to fetch from it."""

    async def answer(request: web.Request) -> web.StreamResponse:
        what = request.match_info["what"]
        if what == "hangs":
            await asyncio.sleep(60)
        if what == "cut":
            response = web.StreamResponse(headers={"Content-Length": "8"})
            await response.prepare(request)
            await response.write(b"1234")
            request.transport.close()
            return response
        if what == "dropped":
            request.transport.abort()
            return web.Response()
        return web.Response(status=int(what), body=b"data" if what == "200" else b"<Error>AccessDenied</Error>")

    app = web.Application()
    app.router.add_get("/{what}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    client = HTTPClient(asyncio.get_running_loop())
    async with aiohttp.ClientSession() as session:
        client._HTTPClient__session = session
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/", client.get_from_cdn
    await runner.cleanup()


@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        *((str(status), NOT_FETCHED) for status in (400, 401, 403, 404, 410, 415)),
        *((str(status), NO_ANSWER) for status in (429, 500, 502, 503, 504)),
        ("dropped", NO_ANSWER),
        ("hangs", NO_ANSWER),
        ("cut", DAMAGED),
    ],
)
async def test_a_file_that_cannot_be_fetched_is_told_in_a_sentence(cdn, monkeypatch, what, sentence):
    base, get = cdn
    monkeypatch.setattr(uploads, "FETCH_S", 1.0)
    with pytest.raises(BadInput) as refused:
        await uploaded_file(form(base + what), "drawing", get)
    assert refused.value.sentence == sentence


async def test_a_file_is_fetched(cdn):
    base, get = cdn
    file = await uploaded_file(form(base + "200"), "drawing", get)
    assert (file.name, file.data) == ("mine.png", b"data")


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"size": 5}, DAMAGED),
        ({"files": 0}, NONE_CAME),
        ({"files": 2}, "Please send one file; 2 came with the form."),
        (
            {"size": 52_000_000},
            "Your file has 49.6 MiB, and up to 10 MiB can be taken; please send a smaller one.",
        ),
    ],
)
async def test_what_discord_says_of_the_files_is_looked_at_first(cdn, sent, sentence):
    base, get = cdn
    with pytest.raises(BadInput) as refused:
        await uploaded_file(form(base + "200", **sent), "drawing", get)
    assert refused.value.sentence == sentence


@pytest.mark.slow
async def test_a_turn_stays_with_its_member_through_every_upload_that_fails(standin: Standin, tmp_path: Path):
    guild = standin.create_guild("Players")
    channel, ada = guild.create_text_channel("telephone"), guild.add_member("ada")
    await standin.run_bot(BOT, env={"TELEPHONE_DATA_DIR": str(tmp_path)})
    asked = await ada.slash(channel, "telephone start", prompt="a fox", t2i="human", i2t="spotter-sharp", turns=1)
    await standin.until(lambda: asked.response and not asked.response.loading)
    thread = standin.threads(channel)[0].id
    invitation = await standin.until(lambda: _saying(standin, thread, "### Turn 1: draw a picture"))
    claim = await _answered(standin, await ada.click(invitation, label="Take this turn"))

    async def sent(content: bytes, name: str = "mine.png") -> str:
        opened = await ada.click(claim.response, label="Upload")
        told = await _answered(standin, await ada.submit(opened, {"drawing": [(name, content)]}))
        return told.response.text.replace("\\", "")

    for status, times, sentence in (
        *((status, 1, NOT_FETCHED) for status in (403, 404)),
        (503, 1, NO_ANSWER),
        ("drop", 2, NO_ANSWER),  # aiohttp itself tries again on a new connection
        ("cut short", 1, DAMAGED),
    ):
        standin.faults.add("GET", "^/cdn/", status=status, times=times)
        assert await sent(_picture((64, 64))) == sentence
        assert standin.faults.left == 0
    assert await sent(b"") == EMPTY
    assert await sent(b"a poem", "poem.png") == UNREADABLE
    assert "8,000 × 6,250 pixels, 50.0 megapixels, and up to 25" in await sent(_picture((8_000, 6_250), "JPEG"))
    assert await sent(_picture((64, 64))) == "Thank you, your picture is in; the game goes on."
    await standin.until(lambda: _saying(standin, thread, "**Turn 1 of 1, picture** by a member"))


def _picture(size: tuple[int, int], format_: str = "PNG") -> bytes:
    out = io.BytesIO()
    pil.new("RGB", size, (200, 90, 40)).save(out, format_, quality=30)
    return out.getvalue()


def _saying(standin: Standin, channel: int, words: str):
    return next((one for one in standin.messages(channel) if words in one.text), None)


async def _answered(standin: Standin, asked):
    await standin.until(lambda: asked.response and not asked.response.loading)
    return asked

"""The drawing page under people who hold its connections: it goes on answering, and so does the bot's loop."""

import asyncio
import errno
import io
import resource
import struct
import zlib
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import aiohttp
import pytest
import structlog
from PIL import Image

from telephone.settings import Settings
from telephone.web.drawing import DrawingPage
from telephone.web.drawing import connections as drawing_connections
from telephone.web.drawing.connections import Limits
from telephone.web.drawing.image import DAMAGED, TOO_HEAVY, bytes_for
from telephone.web.drawing.server import BUSY, SLOW, TAKEN
from tests.telephone.web.drawing.studio import ClaimsInMemory, Studio, free_port, settings

HALF = b"GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: "


@asynccontextmanager
async def page(folder: Path, limits: Limits | None = None, **changes):
    """A page that is served with limits of the test's own."""
    port, desk = free_port(), ClaimsInMemory()
    served = DrawingPage(settings(folder, port).model_copy(update=changes), limits)
    await served.open(desk)
    try:
        yield Studio(desk, served.links, f"http://127.0.0.1:{port}")
    finally:
        await served.close()


async def connect(studio, sent: bytes = HALF):
    reader, writer = await asyncio.open_connection("127.0.0.1", int(studio.origin.rpartition(":")[2]))
    writer.write(sent)
    return reader, writer


async def well(studio) -> bool:
    async with aiohttp.ClientSession() as session, session.get(f"{studio.origin}/health") as answer:
        return answer.status == 200


def drawing(side: int = 64) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (side, side), "red").save(out, "PNG")
    return out.getvalue()


async def hand_in(studio, link, data, session, **headers):
    headers |= {"Origin": studio.origin, "Content-Type": "image/png"}
    async with session.post(link, data=data, headers=headers) as answer:
        return answer.status, (await answer.json())["sentence"]


async def test_six_hundred_half_sent_requests_leave_the_page_and_the_loop_answering(tmp_path):
    before = len(list(Path("/proc/self/fd").iterdir()))
    async with page(tmp_path) as studio, AsyncExitStack() as stack:
        with structlog.testing.capture_logs() as logs:
            writers = [(await connect(studio))[1] for _ in range(600)]
            for writer in writers:
                stack.callback(writer.close)
            assert await well(studio)
            ours = len(list(Path("/proc/self/fd").iterdir())) - before - len(writers)
            assert ours <= Limits().per_address + 20, "the page holds no more of them than one address may"
            session = await stack.enter_async_context(aiohttp.ClientSession())
            assert await hand_in(studio, studio.link("a fox"), drawing(), session) == (200, TAKEN)
        assert [line for line in logs if line["log_level"] != "info"] == []


async def test_a_head_that_does_not_come_to_its_end_is_not_waited_for(tmp_path):
    async with page(tmp_path, Limits(headers=0.2)) as studio:
        reader, writer = await connect(studio)
        with suppress(ConnectionError):
            assert await reader.read() == b""
        writer.close()
        reader, writer = await connect(studio, b"")
        with suppress(ConnectionError):
            assert await reader.read() == b"", "nothing at all is no more than a half"
        writer.close()


async def test_a_connection_that_asks_no_more_is_closed_whether_it_says_nothing_or_a_half(tmp_path):
    async with page(tmp_path, Limits(keep_alive=0.2)) as studio:
        for more in (b"", HALF):
            reader, writer = await connect(studio, b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
            await reader.readuntil(b"AI Telephone is well")
            writer.write(more)
            with suppress(ConnectionError):
                assert await reader.read() == b""
            writer.close()


async def test_a_drawing_that_comes_byte_by_byte_is_not_waited_for(tmp_path):
    async def dripping():
        for byte in drawing():
            yield bytes([byte])
            await asyncio.sleep(0.05)

    async with page(tmp_path, Limits(body=0.3)) as studio, aiohttp.ClientSession() as session:
        link = studio.link("a fox")
        assert await hand_in(studio, link, dripping(), session) == (503, SLOW)
        assert await hand_in(studio, link, drawing(), session) == (200, TAKEN)


async def test_what_is_being_answered_never_gives_way_and_the_rest_does(tmp_path):
    going = asyncio.Event()

    async def waiting():
        yield drawing()[:40]
        await going.wait()
        yield drawing()[40:]

    async with page(tmp_path, Limits(connections=3)) as studio, aiohttp.ClientSession() as session:
        sending = asyncio.create_task(hand_in(studio, studio.link("a fox"), waiting(), session))
        await asyncio.sleep(0.2)
        halves = [await connect(studio) for _ in range(6)]
        assert await well(studio)
        going.set()
        assert await sending == (200, TAKEN)
        for _, writer in halves:
            writer.close()


async def test_visitors_of_a_proxy_are_told_apart_and_only_of_one_that_is_ours(tmp_path):
    async def forever():
        yield drawing()[:40]
        await asyncio.sleep(60)

    limits = Limits(per_address=1, proxies=("127.0.0.0/8",))
    for trusted, status in ((limits, 200), (Limits(per_address=1), 429)):
        async with page(tmp_path, trusted) as studio, aiohttp.ClientSession() as session:
            link = studio.link("a fox")
            slow = asyncio.create_task(
                hand_in(studio, link, forever(), session, **{"X-Forwarded-For": "9.9.9.9, 1.2.3.4"})
            )
            await asyncio.sleep(0.2)
            if status == 200:
                for said, found in (("5.6.7.8", 200), ("1.2.3.4", 429), ("5.6.7.8, 1.2.3.4", 429), ("nonsense", 200)):
                    async with session.get(f"{studio.origin}/health", headers={"X-Forwarded-For": said}) as answer:
                        assert answer.status == found, said
                        assert found == 200 or BUSY in await answer.text()
            else:
                with pytest.raises(aiohttp.ClientError):
                    await session.get(f"{studio.origin}/health", headers={"X-Forwarded-For": "5.6.7.8"})
            slow.cancel()
            await asyncio.wait({slow})


def bomb(megabytes: int, side: int = 2048) -> bytes:
    """A PNG whose head says `side` and whose packed stream goes on for so many megabytes after its pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(9)
    packed = [packer.compress(b"\0" + b"\xff" * (3 * side)) for _ in range(side)]
    packed += [packer.compress(bytes(2**20)) for _ in range(megabytes)]
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", b"".join([*packed, packer.flush()])) + chunk(b"IEND", b"")


async def test_a_stream_of_300_mb_behind_a_head_is_cut_at_what_such_a_picture_can_need(tmp_path):
    read = 0

    async def stream(side: int):
        nonlocal read
        read = 0
        yield drawing(side)[:33]
        for _ in range(300):
            read += 2**20
            yield bytes(2**20)

    async with page(tmp_path) as studio:
        for side, most in ((2048, 40), (16, 30)):
            async with aiohttp.ClientSession() as session:
                with suppress(aiohttp.ClientError):
                    assert await hand_in(studio, studio.link("a fox"), stream(side), session) == (413, TOO_HEAVY)
                assert read <= most * 2**20
        assert bytes_for(drawing(16)[:33]) < 70_000 < bytes_for(drawing(2048)[:33])
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        async with aiohttp.ClientSession() as session:
            status, said = await hand_in(studio, studio.link("a fox"), bomb(300), session)
        assert (status, said) in [(200, TAKEN), (422, DAMAGED)]
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak
        assert grown < 150 * 1024, "what follows the pixels is not unpacked"


async def test_a_client_that_hangs_up_is_no_error(tmp_path, caplog):
    async with page(tmp_path) as studio:
        with structlog.testing.capture_logs() as logs:
            path = studio.link("a fox").removeprefix(studio.origin)
            head = f"POST {path} HTTP/1.1\r\nHost: x\r\nOrigin: {studio.origin}\r\nContent-Length: 5000\r\n\r\n"
            for sent in (head.encode(), head.encode() + drawing()[:40], HALF, b""):
                _, writer = await connect(studio, sent)
                await writer.drain()
                await asyncio.sleep(0.05)
                writer.transport.abort()
            garbled = head.replace("Content-Length: 5000", "Transfer-Encoding: chunked") + "zz\r\n"
            reader, writer = await connect(studio, garbled.encode())
            await reader.read(1)
            writer.close()
            await asyncio.sleep(0.2)
            assert await well(studio)
        assert logs == []
    assert caplog.records == []


async def test_where_file_descriptors_are_short_it_is_said_and_tried_again_after_a_pause(tmp_path, monkeypatch):
    monkeypatch.setattr(drawing_connections, "ACCEPT_AGAIN", 0.1)
    loop, tries = asyncio.get_running_loop(), 0
    accept = loop.sock_accept

    async def short(listening):
        nonlocal tries
        tries += 1
        if tries <= 3:
            raise OSError(errno.EMFILE, "Too many open files")
        return await accept(listening)

    monkeypatch.setattr(loop, "sock_accept", short)
    with structlog.testing.capture_logs() as logs:
        async with page(tmp_path) as studio:
            assert await well(studio)
    lines = [line for line in logs if line["event"] == "no connection could be taken"]
    assert [line["reason"] for line in lines] == ["Too many open files"] * 3
    assert tries <= 6


def test_proxies_are_addresses_or_networks(monkeypatch):
    monkeypatch.setenv("TELEPHONE_PROXIES", "127.0.0.1, 10.0.0.0/8 fd00::/8")
    assert Settings.load().proxies == "127.0.0.1/32 10.0.0.0/8 fd00::/8"
    monkeypatch.setenv("TELEPHONE_PROXIES", "proxy.example.org")
    with pytest.raises(Exception, match=r"TELEPHONE_PROXIES.*write one or a network, such as 10\.0\.0\.0/8"):
        Settings.load()

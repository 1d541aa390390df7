"""Downloads: what is opened, what is not, and how much."""

import asyncio
import io
import ipaddress
import socket
from collections import deque

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver
from PIL import Image as pil

from telephone.domain.calls import Answer
from telephone.errors import BadOutput, RateLimited, TelephoneError, Unavailable
from telephone.models.players import picture_of
from telephone.providers.downloads import Downloads, is_public
from tests.limits import LIMIT
from tests.standin_providers import answers, cut, floods, half, redirects, says, silent, slow
from tests.support.pictures import paint

PUBLIC = "93.184.215.14"


class Names(AbstractResolver):
    """A directory of our own; a name with several lists answers with the next one each time."""

    def __init__(self, **known):
        self.known = {name.replace("_", "."): deque(lists) for name, lists in known.items()}

    async def resolve(self, host, port=0, family=socket.AF_INET):
        lists = self.known.get(host)
        if not lists:
            raise OSError(f"no such host: {host}")
        found = lists.popleft() if len(lists) > 1 else lists[0]
        return [
            {"hostname": host, "host": address, "port": port, "family": family, "proto": 0, "flags": 0}
            for address in found
        ]

    async def close(self):
        pass


class Recording(aiohttp.TCPConnector):
    """Writes down which addresses would have been connected to, and opens none of them."""

    def __init__(self, resolver, attempts, **kwargs):
        super().__init__(resolver=resolver, use_dns_cache=False, **kwargs)
        self.attempts = attempts

    async def _wrap_create_connection(self, *args, addr_infos, req, **kwargs):
        self.attempts.extend(info[4][0] for info in addr_infos)
        raise aiohttp.ClientConnectorError(req.connection_key, OSError("the test opens nothing"))


@pytest.fixture
async def opened(apis):
    downloads = Downloads(["127.0.0.1"])
    yield downloads
    await downloads.close()


async def attempted(url, hosts=("pictures.example", "*.cdn.example"), **names):
    """The addresses that a download tries to connect to, and the error it ends with."""
    attempts = []
    downloads = Downloads(hosts, resolver=Names(**names), connector=lambda names: Recording(names, attempts))
    try:
        with pytest.raises(TelephoneError) as caught:
            await downloads.get(url)
    finally:
        await downloads.close()
    return attempts, type(caught.value)


async def test_a_listed_host_at_a_public_address_is_opened_and_only_there():
    assert await attempted("https://pictures.example/a.png", pictures_example=[[PUBLIC]]) == ([PUBLIC], Unavailable)
    assert await attempted("https://a.b.cdn.example/a.png", a_b_cdn_example=[[PUBLIC]]) == ([PUBLIC], Unavailable)


@pytest.mark.parametrize(
    "url",
    [
        "http://pictures.example/a.png",  # not encrypted
        "https://other.example/a.png",
        "https://cdn.example/a.png",  # *.cdn.example is below it
        "https://evilcdn.example/a.png",
        "https://pictures.example.evil.example/a.png",
        "https://user@pictures.example/a.png",
        "https://user:pass@pictures.example/a.png",
        "https://pictures.example@evil.example/a.png",
        "https://evil.example#@pictures.example/a.png",
        "https://evil.example\\@pictures.example/a.png",
        "https://127.0.0.1/a.png",
        "https://2130706433/a.png",
        "https://[::1]/a.png",
        "https://169.254.169.254/latest/meta-data",
        "ftp://pictures.example/a.png",
        "file:///etc/passwd",
        "data:image/png;base64,AAAA",
        "//pictures.example/a.png",
        "https://",
        "https:///a.png",
        "http://[::1",
        "https://pictures.example:99999/a.png",
        "",
        "a.png",
    ],
)
async def test_any_other_address_is_refused_before_anything_is_looked_up(url):
    every = {name: [[PUBLIC]] for name in ("pictures_example", "other_example", "evil_example", "cdn_example")}
    assert await attempted(url, **every) == ([], BadOutput)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.8",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fd00::1",
        "ff02::1",
        "::ffff:10.0.0.8",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::",
        "2002:a9fe:a9fe::",
    ],
)
async def test_a_listed_name_that_points_inwards_is_refused_before_any_connection(address):
    assert await attempted("https://pictures.example/a.png", pictures_example=[[address]]) == ([], BadOutput)
    mixed = [[PUBLIC, address]]
    assert await attempted("https://pictures.example/a.png", pictures_example=mixed) == ([], BadOutput)
    plain = address.partition("%")[0]
    assert not is_public(ipaddress.ip_address(plain))
    if not ipaddress.ip_address(plain).is_loopback:
        literal = f"[{plain}]" if ":" in plain else plain
        assert await attempted(f"https://{literal}/a.png", hosts=[plain]) == ([], BadOutput)


async def test_the_connection_goes_to_the_address_that_was_checked():
    """A name that answers otherwise when asked again is not asked again."""
    rebinding = [[PUBLIC], ["127.0.0.1"]]
    assert await attempted("https://pictures.example/a.png", pictures_example=rebinding) == ([PUBLIC], Unavailable)


async def test_localhost_is_opened_only_where_it_is_listed_and_lies_here():
    assert await attempted("http://localhost:1/a", localhost=[["127.0.0.1"]]) == ([], BadOutput)
    listed = {"hosts": ["localhost"]}
    assert await attempted("http://localhost:1/a", **listed, localhost=[["127.0.0.1"]]) == (["127.0.0.1"], Unavailable)
    assert await attempted("http://localhost:1/a", **listed, localhost=[["10.0.0.8"]]) == ([], BadOutput)


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest/meta-data",
        "https://10.0.0.8/a.png",
        "http://[::1]/a.png",
        "https://other.example/a.png",
        "file:///etc/passwd",
        "//169.254.169.254/a.png",
        "gopher://127.0.0.1/",
    ],
)
async def test_a_redirect_elsewhere_is_refused_before_any_connection(apis, target):
    attempts = []

    class Watching(aiohttp.TCPConnector):
        async def _wrap_create_connection(self, *args, addr_infos, **kwargs):
            attempts.extend(info[4][0] for info in addr_infos)
            return await super()._wrap_create_connection(*args, addr_infos=addr_infos, **kwargs)

    downloads = Downloads(["127.0.0.1"], connector=lambda names: Watching(resolver=names, use_dns_cache=False))
    for status in (301, 302, 303, 307, 308):
        apis.next("/delivery/.*", redirects(target, status))
        with pytest.raises(BadOutput):
            await downloads.get(f"{apis.url}/delivery/a.png")
    await downloads.close()
    assert set(attempts) == {"127.0.0.1"}
    assert len(apis.seen) == 5


async def test_a_redirect_to_an_allowed_place_is_followed_a_few_times(apis, opened):
    apis.delivery["b.png"] = paint("b")
    apis.next("/delivery/a.png", redirects("/delivery/b.png"))
    assert await opened.get(f"{apis.url}/delivery/a.png") == paint("b")
    apis.next("/delivery/a.png", *[redirects(f"{apis.url}/delivery/a.png")] * 9)
    with pytest.raises(BadOutput, match="from one place to the next"):
        await opened.get(f"{apis.url}/delivery/a.png")
    assert len(apis.asked("/delivery/a.png")) == 5


async def test_an_operators_own_server_may_lie_anywhere_and_nothing_else_may(apis):
    apis.delivery["a.png"] = paint("a")
    downloads = Downloads()
    assert await downloads.get(f"{apis.url}/delivery/a.png", apis.url + "/v1") == paint("a")
    for server in ("", "http://127.0.0.1:1", "https" + apis.url[4:]):
        with pytest.raises(BadOutput):
            await downloads.get(f"{apis.url}/delivery/a.png", server)
    await downloads.close()


async def test_no_credential_or_cookie_goes_along(apis, opened, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    apis.delivery["a.png"] = paint("a")
    apis.next("/delivery/a.png", says(500, Set_Cookie="session=1"))
    with pytest.raises(Unavailable):
        await opened.get(f"{apis.url}/delivery/a.png")
    await opened.get(f"{apis.url}/delivery/a.png")
    for seen in apis.seen:
        assert not {"authorization", "cookie", "referer"} & {name.lower() for name in seen.headers}


@pytest.mark.parametrize("announced", [True, False])
async def test_a_hundred_megabytes_are_left_after_twenty_five(apis, opened, announced):
    apis.next("/delivery/a.png", floods(100 * 10**6, announced=announced))
    with pytest.raises(BadOutput, match="25 MB"):
        await opened.get(f"{apis.url}/delivery/a.png")


async def test_a_place_that_never_answers_or_dribbles_is_given_up(apis):
    downloads = Downloads(["127.0.0.1"], seconds=0.3)
    apis.next("/delivery/a.png", silent(), slow(5))
    for _ in range(2):
        async with asyncio.timeout(LIMIT):
            with pytest.raises(Unavailable):
                await downloads.get(f"{apis.url}/delivery/a.png")
    await downloads.close()


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (cut(), Unavailable),
        (half(paint("a")), Unavailable),
        (says(500), Unavailable),
        (says(503), Unavailable),
        (says(429, Retry_After="3"), RateLimited),
        (says(404), BadOutput),
        (says(403), BadOutput),
        (says(204), BadOutput),
        (answers(b"\x1f\x8b" + bytes(50), Content_Encoding="gzip"), BadOutput),
    ],
)
async def test_each_fault_of_a_place_becomes_its_error(apis, opened, fault, expected):
    apis.next("/delivery/a.png", fault, fault)  # aiohttp asks again where a line is cut
    with pytest.raises(expected) as caught:
        await opened.get(f"{apis.url}/delivery/a.png")
    if isinstance(caught.value, RateLimited):
        assert caught.value.retry_after == 3


def _bomb():
    buffer = io.BytesIO()
    pil.new("L", (20_000, 20_000)).save(buffer, "PNG")
    return buffer.getvalue()


def _animated():
    buffer = io.BytesIO()
    frames = [pil.new("RGB", (64, 64), colour) for colour in ("red", "green")]
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    return buffer.getvalue()


def _saved(mode, format_):
    buffer = io.BytesIO()
    pil.new(mode, (64, 64)).save(buffer, format_)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("made", "comes"),
    [
        (lambda: b"<!DOCTYPE html><title>sign in</title>", None),
        (lambda: b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', None),
        (lambda: b'{"detail": "not found"}', None),
        (lambda: b"", None),
        (lambda: paint("a")[:-20], None),
        (lambda: b"\x89PNG\r\n\x1a\n" + bytes(500), None),
        (_bomb, None),
        (_animated, "image/png"),
        (lambda: _saved("CMYK", "JPEG"), "image/jpeg"),
        (lambda: _saved("I;16", "PNG"), "image/png"),
        (lambda: _saved("RGBA", "PNG"), "image/png"),
    ],
)
async def test_what_came_is_a_clean_picture_or_refused(apis, opened, made, comes):
    apis.delivery["a.png"] = made()
    answer = Answer(data=await opened.get(f"{apis.url}/delivery/a.png"))
    if comes is None:
        with pytest.raises(BadOutput):
            picture_of(answer, "painter")
        return
    image = picture_of(answer, "painter")
    assert (image.media_type, image.width, image.height) == (comes, 64, 64)
    with pil.open(io.BytesIO(image.data)) as pixels:
        assert (pixels.mode, getattr(pixels, "n_frames", 1)) == ("RGB", 1)

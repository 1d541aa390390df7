"""A server of one's own names itself otherwise than we do; its pictures are fetched all the same, and no others."""

import base64

import pytest

from telephone.errors import BadOutput
from telephone.models.players import picture_of
from telephone.providers.cog import Cog
from telephone.providers.downloads import Downloads
from telephone.providers.openai import OpenAI
from telephone.providers.picture_addresses import resolved
from tests.standin_providers import says
from tests.support.pictures import paint

HERE = "http://127.0.0.1:8080"
DRAW = "/v1/images/generations"


@pytest.mark.parametrize(
    ("address", "server", "fetched"),
    [
        ("http://localhost:8080/a.png", f"{HERE}/v1", f"{HERE}/a.png"),
        ("http://0.0.0.0:8080/a.png", f"{HERE}/v1", f"{HERE}/a.png"),
        ("http://[::1]:8080/a.png", f"{HERE}/v1", f"{HERE}/a.png"),
        ("http://[::]:8080/a.png", f"{HERE}/v1", f"{HERE}/a.png"),
        ("http://127.0.0.1:8080/a.png", "http://localhost:8080/v1", "http://localhost:8080/a.png"),
        ("http://LOCALHOST:8080/a.png", f"{HERE}/v1", f"{HERE}/a.png"),
        ("http://localhost/a.png", f"{HERE}/v1", f"{HERE}/a.png"),
        ("http://localhost:8080/a.png", "http://192.168.1.5:8080/v1", "http://192.168.1.5:8080/a.png"),
        ("http://localhost:8080/a.png", "https://draw.example:8080/v1", "https://draw.example:8080/a.png"),
        ("http://draw.example/a.png", "https://draw.example/v1", "https://draw.example/a.png"),
        ("http://draw.example/a.png", "https://draw.example:8443/v1", "https://draw.example:8443/a.png"),
        ("/images/a.png", f"{HERE}/v1", f"{HERE}/images/a.png"),
        ("images/a.png?x=1", f"{HERE}/v1", f"{HERE}/images/a.png?x=1"),
        ("//localhost:8080/a.png", f"{HERE}/v1", f"{HERE}/a.png"),
        ("localhost:8080/a.png", f"{HERE}/v1", f"{HERE}/a.png"),
        ("0.0.0.0:8080/a.png?sig=ab", f"{HERE}/v1", f"{HERE}/a.png?sig=ab"),
        ("http://localhost:9000/a.png", f"{HERE}/v1", "http://localhost:9000/a.png"),
        ("http://169.254.169.254/a.png", f"{HERE}/v1", "http://169.254.169.254/a.png"),
        ("http://192.168.1.6:8080/a.png", f"{HERE}/v1", "http://192.168.1.6:8080/a.png"),
        ("https://elsewhere.example/a.png", f"{HERE}/v1", "https://elsewhere.example/a.png"),
        ("file:///etc/passwd", f"{HERE}/v1", "file:///etc/passwd"),
        ("http://[bad/a.png", f"{HERE}/v1", "http://[bad/a.png"),
    ],
)
def test_an_address_is_that_of_the_server_or_stays_as_it_is(address, server, fetched):
    assert resolved(address, server) == fetched


def drawn_at(address):
    return says(200, {"created": 1, "data": [{"url": address}]})


@pytest.mark.parametrize("named", ["http://localhost:{port}/delivery/a.png", "http://0.0.0.0:{port}/delivery/a.png",
                                   "/delivery/a.png", "delivery/a.png", "localhost:{port}/delivery/a.png"])  # fmt: skip
async def test_a_picture_of_a_server_of_ones_own_is_fetched_however_it_names_itself(openai, apis, table, words, named):
    apis.delivery["a.png"] = paint("a fox")
    apis.next(DRAW, drawn_at(named.format(port=apis.url.rpartition(":")[2])))
    own = table(url=f"{apis.url}/v1")
    answer = await openai.collect(own, words, await openai.submit(own, words, "m"))
    assert picture_of(answer, "painter").width == 64


async def test_base64_that_looks_like_a_path_is_a_picture(openai, apis, table, words):
    """A JPEG in base64 begins with a slash; a server may put a data URI where an address belongs."""
    uri = "data:image/png;base64," + base64.b64encode(paint("a fox")).decode()
    apis.next(DRAW, drawn_at(uri))
    own = table(url=f"{apis.url}/v1")
    assert (await openai.collect(own, words, await openai.submit(own, words, "m"))).data == paint("a fox")
    apis.next(DRAW, says(200, {"created": 1, "data": [{"b64_json": "/9j/4AAQSkZJRgABAQ=="}]}))
    assert (await openai.collect(own, words, await openai.submit(own, words, "m"))).data.startswith(b"\xff\xd8")


async def test_a_container_names_itself_otherwise_too(cog: Cog, apis, table, words):
    apis.delivery["a.png"] = paint("a fox")
    named = f"http://localhost:{apis.url.rpartition(':')[2]}/delivery/a.png"
    apis.next("/predictions", says(200, {"status": "succeeded", "output": [named]}))
    model = table(provider="cog", url=apis.url, input={"prompt": "$prompt"}, output="uris")
    assert (await cog.collect(model, words, await cog.submit(model, words, "m"))).data == paint("a fox")


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://cdn.example/a.png", "cdn.example"),
        ("http://localhost:9/a.png", "localhost"),
        ("https://[2606:4700::1]/a.png", "2606:4700::1"),
    ],
)
async def test_any_other_place_is_named_with_what_to_allow(openai: OpenAI, apis, table, words, address, host):
    apis.next(DRAW, drawn_at(address))
    with pytest.raises(BadOutput, match="not opened here") as caught:
        await openai.submit(table(url=f"{apis.url}/v1"), words, "m")
    assert f"TELEPHONE_DOWNLOAD_HOSTS={host}" in caught.value.sentence


async def test_what_cannot_be_allowed_is_not_advised():
    downloads = Downloads()
    for address in (
        "http://169.254.169.254/a.png",
        "file:///etc/passwd",
        "http://cdn.example/a.png",
        "nowhere",
        "https://u:p@x/",
    ):
        with pytest.raises(BadOutput, match="not opened here") as caught:
            await downloads.get(address)
        assert "TELEPHONE_DOWNLOAD_HOSTS" not in caught.value.sentence
    await downloads.close()

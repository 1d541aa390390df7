"""Pictures in storage."""

import io
from pathlib import Path

import pytest
import structlog
from aiohttp import web
from aiohttp.test_utils import TestServer
from obstore.store import S3Store
from PIL import Image as pil

from telephone.domain.games import Image
from telephone.errors import Barred, Misconfigured, NotFound, Outage, Unavailable
from telephone.media.images import RECENT_BYTES, Pictures, verify


def drawn(colour: str = "teal") -> Image:
    out = io.BytesIO()
    pil.new("RGB", (12, 8), colour).save(out, "PNG")
    return verify(out.getvalue())


@pytest.fixture(params=["file", "memory"])
def pictures(request: pytest.FixtureRequest, tmp_path: Path) -> Pictures:
    return Pictures.at((tmp_path / "a new folder").as_uri() if request.param == "file" else "memory:///")


async def test_a_stored_picture_comes_back_as_it_was(pictures: Pictures) -> None:
    image = drawn()
    assert await pictures.put(image) == image.sha256
    assert await pictures.get(image.sha256) == image


async def test_storing_a_picture_again_changes_nothing(pictures: Pictures) -> None:
    assert await pictures.put(drawn()) == await pictures.put(drawn())
    assert (await pictures.get(drawn().sha256)).data == drawn().data


async def test_a_deleted_picture_is_not_found_and_the_others_stay(pictures: Pictures) -> None:
    gone, kept = drawn("red"), drawn("blue")
    await pictures.put(gone)
    await pictures.put(kept)
    await pictures.delete(gone.sha256)
    await pictures.delete(gone.sha256)
    with pytest.raises(NotFound):
        await pictures.get(gone.sha256)
    assert await pictures.get(kept.sha256) == kept


@pytest.mark.parametrize("address", ["0" * 64, "", "../../etc/passwd", "A" * 64])
async def test_an_unknown_address_is_not_found(pictures: Pictures, address: str) -> None:
    with pytest.raises(NotFound):
        await pictures.get(address)


async def test_a_picture_damaged_on_disk_is_not_given_out_and_can_be_stored_anew(tmp_path: Path) -> None:
    pictures, image = Pictures.at(tmp_path.as_uri()), drawn()
    await pictures.put(image)
    (stored,) = [path for path in tmp_path.rglob("*") if path.is_file()]
    stored.write_bytes(image.data[:-1] + b"x")
    with pytest.raises(NotFound, match="damaged"):
        await Pictures.at(tmp_path.as_uri()).get(image.sha256)
    await pictures.put(image)
    assert await Pictures.at(tmp_path.as_uri()).get(image.sha256) == image


async def test_a_picture_is_read_once_by_those_who_show_it_next(tmp_path: Path) -> None:
    pictures, image = Pictures.at(tmp_path.as_uri()), drawn()
    await pictures.put(image)
    assert await pictures.get(image.sha256) is image
    others = Pictures.at(tmp_path.as_uri())
    assert await others.get(image.sha256) == image


async def test_the_pictures_in_memory_never_take_more_than_their_bytes() -> None:
    pictures = Pictures.at("memory:///")
    large = [Image(bytes([n]) * (RECENT_BYTES // 5)) for n in range(8)]
    huge = Image(b"x" * (RECENT_BYTES // 2))
    for image in (*large, huge):
        await pictures.put(image)
        assert pictures._recent.currsize <= RECENT_BYTES
    assert [image.sha256 in pictures._recent for image in (large[0], large[-1], huge)] == [False, True, False]
    assert (await pictures.get(huge.sha256)).data == huge.data


@pytest.mark.parametrize("url", ["nonsense", "ftp://somewhere/pictures", ""])
def test_an_address_that_is_no_storage_is_told_to_the_operator(url: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        Pictures.at(url)
    assert "TELEPHONE_STORAGE_URL" in caught.value.detail


async def test_a_disk_that_is_full_is_named_to_the_operator_and_not_to_players(tmp_path: Path) -> None:
    pictures = Pictures.at((tmp_path / "kept #1").as_uri())
    image = drawn()
    (tmp_path / "kept #1" / image.sha256[:2]).write_text("no folder")
    with structlog.testing.capture_logs() as logs, pytest.raises(Unavailable) as told:
        await pictures.put(image)
    assert str(tmp_path) not in told.value.sentence
    assert logs[0]["place"] == str(tmp_path / "kept #1")
    assert logs[0]["reason"]


NO_BUCKET = "<Error><Code>NoSuchBucket</Code><Message>The specified bucket does not exist</Message></Error>"
NO_KEY = "<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>"
DENIED = "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"


@pytest.mark.parametrize(
    ("status", "says", "put", "get"),
    [
        (403, DENIED, Barred, Barred),
        (401, DENIED, Barred, Barred),
        (404, NO_BUCKET, Barred, Barred),
        (404, NO_KEY, Barred, NotFound),
        (400, "<Error><Code>RequestTimeout</Code></Error>", Outage, Outage),
    ],
)
async def test_storage_that_lets_nobody_in_or_is_not_there_is_told_from_one_that_is_down(status, says, put, get):
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=status, text=says, content_type="application/xml")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    async with TestServer(app) as server:
        endpoint = str(server.make_url("/"))
        keys = {"access_key_id": "k", "secret_access_key": "s3cret", "region": "r"}
        store = S3Store("pictures", endpoint=endpoint, client_options={"allow_http": True}, **keys)
        pictures = Pictures(store, "s3://pictures")
        for call, wanted in ((pictures.put(drawn()), put), (pictures.get(drawn().sha256), get)):
            with structlog.testing.capture_logs() as logs, pytest.raises(wanted) as raised:
                await call
            assert type(raised.value) is wanted
            if wanted is not NotFound:
                [told] = logs
                assert ("to_do" in told) is (wanted is Barred)
                assert "s3cret" not in str(told)

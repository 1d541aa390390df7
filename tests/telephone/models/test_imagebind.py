"""ImageBind over Replicate and over a container: placed at length one, and never handed a text that is too long."""

import re
from pathlib import Path

import numpy as np
import pytest
from pydantic import SecretStr

from telephone.domain.games import Image
from telephone.errors import BadInput, BadOutput, TimedOut, Unavailable
from telephone.measurement.embedding_cache import CachedEmbedder
from telephone.media.images import Pictures
from telephone.models import clip
from telephone.models.base import SeeingEmbedder
from telephone.models.chunking import mean, parts
from telephone.models.imagebind import ImageBind
from telephone.models.players import Players
from telephone.models.registry import Registry
from telephone.providers.cog import Cog
from telephone.providers.downloads import Downloads
from telephone.providers.replicate import Replicate, Waits
from telephone.scoring.drift import cosine_distance
from telephone.store import Store
from tests.standin_providers import StandinApis, says
from tests.standin_providers.eyes import caption
from tests.support.containers import IMAGEBIND, needs_cog, running
from tests.support.pictures import paint

LONG = "The fox is red, quick and rather curious about clocks. " * 20
OVER = "clock " * 76


@pytest.fixture
async def apis():
    async with StandinApis.open() as opened:
        yield opened


@pytest.fixture
async def imagebind(apis):
    waits = Waits(listing=(0.05,), ending=(0.01,))
    adapter = Replicate(SecretStr("r8_test"), apis.url, Downloads(["127.0.0.1"]), waits=waits)
    short = {"lost_pauses": (0.0, 0.0), "again_pauses": (0.0, 0.0, 0.0)}
    players = Players(Registry.load(["replicate"]), {"replicate": adapter}, deadline=4, **short)
    yield ImageBind(players.registry.table("imagebind"), players)
    await adapter.close()


def sent(apis) -> list[str]:
    return [one.body["input"]["text_input"] for one in apis.asked("/v1/predictions") if "input" in (one.body or {})]


async def test_texts_come_scaled_and_leave_at_length_one(imagebind, apis):
    assert isinstance(imagebind, SeeingEmbedder)
    rows = await imagebind.embed_texts(["a fox mends a clock", "a fox mends a watch", "tax law"])
    assert rows.shape == (3, imagebind.dimensions) == (3, 1024)
    assert rows.dtype == np.float32
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-6)
    assert cosine_distance(rows[0], rows[1]) < 0.5 < cosine_distance(rows[0], rows[2])


async def test_a_picture_lies_near_words_that_say_what_is_in_it(imagebind):
    data = paint("a fox")
    (seen,) = await imagebind.embed_pictures([Image(data, "image/png", 64, 64)])
    right, wrong = await imagebind.embed_texts([caption(data), "tax law"])
    assert cosine_distance(seen, right) < 0.1 < cosine_distance(seen, wrong)


async def test_pictures_go_through_replicates_storage(imagebind, apis):
    noise = paint("a fox") + bytes(200_000)
    (seen,) = await imagebind.embed_pictures([Image(noise, "image/png", 64, 64)])
    assert len(apis.files) == 1
    assert np.array_equal(seen, (await imagebind.embed_pictures([Image(paint("a fox"), "image/png", 64, 64)]))[0])
    assert len(apis.files) == 2


async def test_nothing_gives_no_rows(imagebind):
    assert (await imagebind.embed_texts([])).shape == (await imagebind.embed_pictures([])).shape == (0, 1024)


async def test_a_text_that_is_too_long_is_never_sent(imagebind, apis):
    assert imagebind.tokens(OVER) == 76
    with pytest.raises(BadInput, match="75 tokens"):
        await imagebind.embed_texts(["a fox", OVER])
    assert apis.seen == []


async def test_a_long_text_is_sent_in_parts_that_fit_and_averaged(imagebind, apis, tmp_path):
    async with await Store.open(f"sqlite:///{tmp_path / 'telephone.sqlite'}") as store:
        embedder = CachedEmbedder(store, Pictures.at(f"file://{tmp_path / 'pictures'}"), imagebind)
        whole, over = await embedder.embed_texts([LONG, OVER])
        assert await embedder.approximate([LONG, OVER, "a fox"]) == [True, True, False]
    pieces = parts(LONG, clip.tokens, 75)
    assert set(sent(apis)) == {*pieces, *parts(OVER, clip.tokens, 75)}
    assert max(clip.tokens(text) for text in sent(apis)) <= 75
    assert all(piece.endswith(".") for piece in pieces)
    assert np.allclose(whole, mean(list(await imagebind.embed_texts(pieces))))
    assert np.isclose(np.linalg.norm(over), 1, atol=1e-6)


async def test_what_is_booked_is_what_each_call_reports(imagebind, apis, tmp_path):
    booked, second = [], imagebind.table.second_usd

    async def pay(_: str, usd: float) -> None:
        booked.append(usd)

    async with await Store.open(f"sqlite:///{tmp_path / 'telephone.sqlite'}") as store:
        pictures = Pictures.at(f"file://{tmp_path / 'pictures'}")
        embedder = CachedEmbedder(store, pictures, imagebind, imagebind.table.price_usd)
        sha256 = await pictures.put(Image(paint("a fox"), "image/png", 64, 64))
        await embedder.embed_texts(["a fox", "a clock"], pay)
        await embedder.embed_pictures([sha256], pay)
        assert booked == [pytest.approx(2.0 * second)] * 3
        booked.clear()
        odd = {"output": None, "metrics": {"predict_time": 5.0}}
        apis.endings.append(odd | {"status": "failed", "error": "Prediction interrupted; please retry (code: PA)"})
        await embedder.embed_texts(["a whale"], pay)
        assert booked == [pytest.approx(7.0 * second)]
        booked.clear()
        apis.endings.append(odd | {"status": "failed", "error": "something odd"})
        with pytest.raises(BadOutput):
            await embedder.embed_texts(["a harbour"], pay)
        assert booked == [pytest.approx(5.0 * second)]
        booked.clear()
        apis.looks_until_done = 10_000
        with pytest.raises(TimedOut):
            await embedder.embed_texts(["a desert"], pay)
        (made,) = [one for one in apis.predictions.values() if one["status"] == "canceled"]
        assert booked == [pytest.approx(made["metrics"]["predict_time"] * second)]


HIDDEN_ENDS = [
    "<|endoftext|>",
    "<|EndOfText|>",
    "<|startoftext|>",
    "&lt;|endoftext|&gt;",
    "&amp;lt;|endoftext|&amp;gt;",
    "&" + "amp;" * 60 + "lt;|endoftext|&" + "amp;" * 60 + "gt;",
    "&#60;&#124;endoftext&#x7c;&#62;",
    "＜｜ｅｎｄｏｆｔｅｘｔ｜＞",
    "&#xFF1C;|endoftext|＞",
    "<\x07|endof\x1btext|>",
    "<\ufeff|endoftext|\u206a>",
    "ï¼œ|endoftext|ï¼ž",
]


@pytest.mark.parametrize("end", HIDDEN_ENDS)
async def test_a_text_cannot_spell_out_its_own_end(imagebind, apis, end):
    clock, tax = await imagebind.embed_texts([f"a fox {end} and a clock", f"a fox {end} and tax law"])
    assert cosine_distance(clock, tax) > 0.1, "what stands after it is measured too"
    assert all(imagebind.tokens(text) == clip.tokens(text) for text in sent(apis))
    assert all("fox" in text for text in sent(apis))


async def test_other_texts_are_sent_as_they_were_written(imagebind, apis):
    texts = ["a fox & a clock, 5 < 6 | 7", "“Café” – naïve", "狐 🦊 ขอบคุณ"]
    await imagebind.embed_texts(texts)
    assert sorted(sent(apis)) == sorted(text.replace("“", '"').replace("”", '"') for text in texts)


@pytest.mark.parametrize(
    "output", [[0.0] * 1024, [0.1] * 768, ["a"] * 1024, "no"], ids=["zero", "short", "words", "text"]
)
async def test_an_answer_that_is_no_vector_is_refused(imagebind, apis, output):
    apis.outputs = {"imagebind": lambda _: output}
    with pytest.raises(BadOutput):
        await imagebind.embed_texts(["a fox"])


async def test_a_provider_that_stumbles_is_asked_again_and_one_that_is_down_is_given_up(imagebind, apis):
    apis.next("/v1/predictions", says(503, "<html>"), says(429, {"detail": "resets in ~0.1s"}))
    assert len(await imagebind.embed_texts(["a fox"])) == 1
    apis.next("/v1/predictions", *[says(503, "<html>")] * 99)
    with pytest.raises((TimedOut, Unavailable)):
        await imagebind.embed_texts(["a clock"])


def test_its_version_is_that_of_the_model_and_of_how_texts_are_cut(imagebind):
    assert imagebind.version == "0383f62e173d-w75.1"
    named = imagebind.table.model_copy(update={"ref": "daanelson/imagebind"})
    assert ImageBind(named, imagebind.players).version == "daanelson/imagebind-w75.1"


@needs_cog
@pytest.mark.long
async def test_the_same_on_a_real_cog_server_by_the_table_that_the_page_about_models_shows(tmp_path):
    page = (Path(__file__).parents[3] / "docs" / "models.md").read_text(encoding="utf-8")
    (row,) = re.findall(r"```toml\n(\[imagebind\]\n.*?)```", page, re.DOTALL)
    with running({"imagebind": IMAGEBIND}) as urls:
        own = tmp_path / "own.toml"
        own.write_text(row.replace("http://127.0.0.1:5000", urls["imagebind"]), encoding="utf-8")
        players = Players(Registry.load(["cog"], own), {"cog": Cog()}, deadline=60)
        imagebind = ImageBind(players.registry.table("imagebind"), players)
        texts = ["a red fox mends a clock", "a red fox mends a watch", "tax law"]
        rows = await imagebind.embed_texts(texts)
        again = await imagebind.embed_texts(texts[:1])
        red, same, blue = await imagebind.embed_pictures(
            [Image(paint(words), "image/png", 64, 64) for words in ("a fox", "a fox", "the sea")]
        )
        await players.close()
    assert rows.shape == (3, 1024)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-6)
    assert np.array_equal(rows[0], again[0])
    assert cosine_distance(rows[0], rows[1]) < 0.6 < cosine_distance(rows[0], rows[2])
    assert cosine_distance(red, same) < 1e-6 < cosine_distance(red, blue)
    assert imagebind.version == "0383f62e173d-w75.1", "a container of the same version measures the same"

"""The adapters with the real SDKs against the official documents of both APIs, served by Prism.

A request that breaks the document is answered 422, which an adapter turns into Misconfigured. What is a maker's own is
the shape of every request, and of the answers 200, 201 and 202; the bodies of all others are ours (prism.OURS), and the
tests of them are named so.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr

from telephone.domain.calls import Ask, Ticket
from telephone.errors import (
    Misconfigured,
    RateLimited,
    Refused,
    Retired,
    TelephoneError,
    TimedOut,
)
from telephone.models.players import caption_of, picture_of
from telephone.providers.base import Lost
from telephone.providers.openai import OpenAI
from telephone.providers.replicate import Replicate, Waits
from tests.contracts import prism

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def openai_at() -> Iterator[str]:
    with prism.serving("openai.json") as url:
        yield url


@pytest.fixture(scope="module")
def replicate_at() -> Iterator[str]:
    with prism.serving("replicate.json") as url:
        yield url


@pytest.fixture
async def openai(openai_at: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Taken for the official one, so that what is retired there counts."""
    monkeypatch.setattr("telephone.providers.openai.OFFICIAL", openai_at)
    adapter = OpenAI(SecretStr("sk-test"))
    yield adapter
    await adapter.close()


@pytest.fixture
async def replicate(replicate_at: str) -> Any:
    adapter = Replicate(SecretStr("r8_test"), replicate_at, waits=Waits(listing=(0.01,)))
    yield adapter
    await adapter.close()


async def play(adapter: Any, model: Any, ask: Ask) -> Any:
    return await adapter.collect(model, ask, await adapter.submit(model, ask, "m"))


def told(adapter: Any, model: Any, **more: Any) -> None:
    """Every further request of the adapter carries a header or query that picks Prism's answer."""
    client = adapter._client(model) if isinstance(adapter, OpenAI) else adapter._client()
    client._custom_headers = dict(client._custom_headers) | more.get("headers", {})
    client._custom_query = dict(client._custom_query) | more.get("query", {})


@pytest.mark.parametrize("name", ["gpt-image", "dalle2"])
async def test_openai_draws_by_its_contract(openai, tables, words, name):
    answer = await play(openai, tables.table(name), words)
    assert picture_of(answer, name).width == 64
    assert (answer.cost_usd or 0) > 0 or name == "dalle2"


async def test_openai_describes_by_its_contract(openai, tables, picture):
    answer = await play(openai, tables.table("gpt-vision"), picture)
    assert caption_of(answer, "gpt-vision").text == "A blue square."
    assert answer.cost_usd is not None


async def test_openai_chats_by_its_contract(openai, tables):
    answer = await play(openai, tables.table("gpt-chat"), Ask(seed=7, text="A scene, as JSON."))
    assert answer.text == "A blue square."
    assert answer.cost_usd is not None


async def test_openai_says_whether_it_has_a_model(openai, tables):
    assert await openai.exists(tables.table("gpt-image")) is True


async def test_a_row_that_breaks_openais_contract_is_the_operators_to_fix(openai, tables, words):
    wrong = tables.table("gpt-image").model_copy(update={"input": {"quality": "superb"}})
    with pytest.raises(Misconfigured, match="gpt-image") as caught:
        await play(openai, wrong, words)
    assert "422" in caught.value.detail


@pytest.mark.parametrize(
    ("pick", "expected"),
    [
        ("400, example=moderation_blocked", Refused),
        ("400, example=content_policy_violation", Refused),
        ("400, example=deprecated_model", Retired),
        ("404, example=model_not_found", Retired),
        ("401, example=invalid_api_key", Misconfigured),
        ("429, example=insufficient_quota", Misconfigured),
        ("429, example=billing", Misconfigured),
        ("429, example=rate_limit", RateLimited),
        ("500, example=server_error", Lost),
    ],
)
async def test_each_body_of_ours_in_openais_contract_becomes_its_error(openai, tables, words, pick, expected):
    assert pick[:3] in prism.OURS["openai.json"]
    model = tables.table("dalle2")
    told(openai, model, headers={"Prefer": f"code={pick}"})
    with pytest.raises(TelephoneError) as caught:
        await play(openai, model, words)
    assert type(caught.value) is expected


async def test_a_refusal_of_openais_contract_is_no_caption(openai, tables, picture):
    model = tables.table("gpt-vision")
    told(openai, model, headers={"Prefer": "example=refusal"})
    with pytest.raises(Refused) as caught:
        await play(openai, model, picture)
    assert caught.value.reason == "I can't help with that."


async def test_every_row_of_replicate_is_asked_for_by_its_contract(replicate, tables, words, picture):
    rows = [model for model in tables.tables.values() if model.provider == "replicate"]
    assert len(rows) > 15
    for model in rows:
        ticket = await replicate.submit(model, words if model.kind == "t2i" else picture, "m")
        assert ticket.reference == "gm3qorzdhgbfurvjtvhg6dckhu"


async def test_a_large_picture_is_uploaded_by_replicates_contract(replicate, tables, large_picture):
    assert (await replicate.submit(tables.table("blip"), large_picture, "m")).reference


async def test_the_listings_are_read_by_replicates_contract(replicate, tables, large_picture, words):
    for name, ask in (("blip", large_picture), ("stable-diffusion", words)):
        ticket = await replicate.submit(tables.table(name), ask, "m", datetime.now(UTC))
        assert ticket.maybe_billed_twice


async def test_replicate_answers_cancels_and_says_what_it_has_by_its_contract(replicate, tables, words):
    model = tables.table("stable-diffusion")
    assert (await replicate.collect(model, words, Ticket("abc"))).data.startswith(b"\x89PNG")
    await replicate.cancel(model, Ticket("abc"))
    assert await replicate.exists(model) is True
    assert await replicate.exists(tables.table("flux-schnell")) is True


@pytest.mark.parametrize(("pick", "expected"), [("aborted", TimedOut), ("canceled", TimedOut), ("failed", Refused)])
async def test_each_end_in_replicates_contract_becomes_its_error(replicate, tables, words, pick, expected):
    model = tables.table("stable-diffusion")
    told(replicate, model, query={"__example": pick})
    with pytest.raises(TelephoneError) as caught:
        await replicate.collect(model, words, Ticket("abc"))
    assert type(caught.value) is expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [(401, Misconfigured), (402, Misconfigured), (404, Retired), (422, Misconfigured), (429, RateLimited)],
)
async def test_each_body_of_ours_in_replicates_contract_becomes_its_error(replicate, tables, words, code, expected):
    assert str(code) in prism.OURS["replicate.json"]
    model = tables.table("stable-diffusion")
    told(replicate, model, query={"__code": str(code)})
    with pytest.raises(TelephoneError) as caught:
        await replicate.submit(model, words, "m")
    assert type(caught.value) is expected
    if isinstance(caught.value, RateLimited):
        assert caught.value.retry_after == 30

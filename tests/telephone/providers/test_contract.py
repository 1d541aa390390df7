"""What every adapter promises: one suite over OpenAI, a compatible server, Replicate, Cog and the offline players."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from telephone.domain.calls import Ask, Ticket
from telephone.errors import BadInput, BadOutput, Misconfigured, RateLimited, TelephoneError, Unavailable
from telephone.models.offline import Offline
from telephone.models.players import caption_of, picture_of
from telephone.providers.base import ModelTable, Provider
from tests.standin_providers import StandinApis, answers, cut, floods, redirects, says, slow
from tests.telephone.providers.conftest import KEY, TOKEN

ADAPTERS = ("openai", "compatible", "replicate", "cog", "offline")
REMOTE = ADAPTERS[:-1]
PLACING = ("replicate", "cog")
QUESTION = Ask(seed=7, text="Write about a fox, as JSON.")
CALLS = r"/v1/images/generations|/v1/chat/completions|/v1/predictions|/predictions"


@dataclass
class Party:
    """An adapter with a player of each kind, and an embedder that it reaches or says that it does not."""

    name: str
    provider: Provider
    artist: ModelTable
    teller: ModelTable
    embedder: ModelTable
    writer: ModelTable | None = None
    """A chat model, where the adapter reaches any."""

    def asks(self, words: Ask, picture: Ask) -> list[tuple[ModelTable, Ask]]:
        """Each of its models with what it is asked."""
        chat = [] if self.writer is None else [(self.writer, QUESTION)]
        embedding = [(self.embedder, words)] if self.name in PLACING else []
        return [(self.artist, words), (self.teller, picture), *chat, *embedding]

    async def play(self, model: ModelTable, ask: Ask) -> Any:
        return await self.provider.collect(model, ask, await self.provider.submit(model, ask, "marker"))


@pytest.fixture
def party(request, apis: StandinApis, table: Callable[..., ModelTable], openai, replicate, cog) -> Party:
    name = request.param
    t2i = {"name": "painter", "kind": "t2i", "price_usd": 0.01}
    i2t = {"name": "critic", "kind": "i2t", "price_usd": 0.01}
    embedder = {"name": "bind", "kind": "embedder", "price_usd": 0.01}
    if name in ("openai", "compatible"):
        own = {"url": f"{apis.url}/v1", "quirks": ["seed", "max-tokens"]} if name == "compatible" else {}
        refs = ("by-address" if name == "compatible" else "painter-1", "critic-1", "bind-1")
        sides = [table(**kind, ref=ref, **own) for kind, ref in zip((t2i, i2t, embedder), refs, strict=True)]
        chat = table(name="poet", kind="chat", price_usd=0.01, ref="poet-1", **own)
        return Party(name, openai, *sides, chat)
    if name == "offline":
        sides = [{**t2i, "ref": "doodles"}, {**i2t, "ref": "hazy"}, {**embedder, "ref": "abacus"}]
        return Party(name, Offline(), *(table(**side, provider="offline") for side in sides))
    mapped = {"provider": name, "url": apis.url if name == "cog" else ""}
    drawn = {"input": {"prompt": "$prompt", "seed": "$seed"}, "output": "uris", "ref": "studio/painter:" + "0" * 64}
    told = {"input": {"image": "$image"}, "output": "text", "ref": "studio/critic:" + "1" * 64}
    placed = {"modality": "$modality", "text_input": "$text", "input": "$image"}
    vector = {"input": placed, "output": "vector", "dimensions": 1024, "ref": "studio/bind:" + "2" * 64}
    sides = [table(**t2i, **mapped, **drawn), table(**i2t, **mapped, **told), table(**embedder, **mapped, **vector)]
    return Party(name, replicate if name == "replicate" else cog, *sides)


every = pytest.mark.parametrize("party", ADAPTERS, indirect=True)
remote = pytest.mark.parametrize("party", REMOTE, indirect=True)
placing = pytest.mark.parametrize("party", PLACING, indirect=True)


@every
async def test_an_artist_draws_a_picture_of_the_words(party, words):
    assert party.provider.why_not(party.artist) is None
    first = picture_of(await party.play(party.artist, words), "painter")
    other = picture_of(await party.play(party.artist, Ask(seed=7, text="two whales at dawn")), "painter")
    assert first.width > 0
    assert first.sha256 != other.sha256


@every
async def test_a_teller_says_what_is_in_the_picture(party, words):
    picture = picture_of(await party.play(party.artist, words), "painter")
    caption = caption_of(await party.play(party.teller, Ask(seed=7, image=picture)), "critic")
    assert len(caption.text) > 5


@every
async def test_a_chat_model_answers_in_words_and_who_does_not_chat_says_so(party):
    if party.writer is None:
        assert "chat" in party.provider.why_not(party.artist.model_copy(update={"kind": "chat"}))
        return
    assert party.provider.why_not(party.writer) is None
    answer = await party.play(party.writer, QUESTION)
    assert (set(json.loads(answer.text)), answer.data) == ({"easy", "medium", "hard", "impossible"}, None)
    again = await party.play(party.writer, QUESTION)
    assert (again.text == answer.text) is ("seed" in party.writer.quirks)


@every
async def test_costs_are_none_or_an_amount(party, words, picture):
    for model, ask in party.asks(words, picture):
        cost = (await party.play(model, ask)).cost_usd
        assert cost is None or cost >= 0


@every
async def test_an_artist_without_words_and_a_teller_without_a_picture_are_told_so(party, words, picture):
    for model, ask in zip((party.artist, party.teller, party.writer), (picture, words, picture), strict=True):
        if model is not None:
            with pytest.raises(BadInput):
                await party.play(model, ask)


@every
async def test_whether_a_model_exists_is_answered_or_left_open(party):
    assert await party.provider.exists(party.artist) in (True, False, None)


@every
async def test_cancelling_what_is_not_there_does_no_harm(party):
    await party.provider.cancel(party.artist, Ticket())


@every
async def test_whoever_does_not_embed_says_so(party):
    assert (party.provider.why_not(party.embedder) is None) == (party.name in PLACING)


@placing
async def test_an_embedder_places_words_and_pictures_in_one_space(party, words, picture):
    near = [await party.play(party.embedder, ask) for ask in (words, words, picture)]
    assert [len(answer.vector) for answer in near] == [1024] * 3
    assert near[0].vector == near[1].vector != near[2].vector
    assert all(answer.text is None and answer.data is None for answer in near)


@placing
async def test_an_embedder_is_handed_words_or_a_picture_under_its_own_names(party, apis, words, picture):
    await party.play(party.embedder, words)
    await party.play(party.embedder, picture)
    text, seen = (one.body["input"] for one in apis.asked(CALLS) if one.method == "POST")
    assert text == {"modality": "text", "text_input": words.text}
    assert seen.keys() == {"modality", "input"}
    assert seen["modality"] == "vision"
    with pytest.raises(BadInput):
        await party.play(party.embedder, Ask(seed=0))


@placing
@pytest.mark.parametrize(
    "output",
    [
        [0.5] * 1023,
        [0.5] * 1025,
        [],
        [0.0] * 1024,
        [0.5] * 1023 + [None],
        [0.5] * 1023 + ["0.5"],
        [0.5] * 1023 + [True],
        [0.5] * 1023 + [float("nan")],
        [0.5] * 1023 + [float("inf")],
        [0.5] * 1023 + [10**400],
        [[0.5] * 1024],
        "0.5",
        {"embedding": [0.5] * 1024},
        None,
    ],
    ids=lambda output: str(output)[-24:],
)
async def test_what_is_no_vector_of_its_length_is_refused(party, apis, words, output):
    body = {"status": "succeeded", "output": output}
    if party.name == "replicate":
        apis.outputs = {"bind": lambda _: output}
    else:
        apis.next("/predictions", answers(json.dumps(body).encode(), "application/json"))
    with pytest.raises(BadOutput):
        await party.play(party.embedder, words)


@remote
async def test_many_ask_at_once_and_each_gets_its_own_answer(party):
    asks = [Ask(seed=n, text=f"picture number {n}") for n in range(12)]
    pictures = await asyncio.gather(*(party.play(party.artist, ask) for ask in asks))
    assert len({answer.data for answer in pictures}) == 12
    alone = await party.play(party.artist, asks[5])
    assert alone.data == pictures[5].data


@remote
@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (cut(), Unavailable),
        (says(500), Unavailable),
        (says(503, "<html>"), Unavailable),
        (says(429, {"detail": "resets in ~0.1s"}), RateLimited),
        (says(401, {"detail": f"bad key {KEY} or {TOKEN}"}), Misconfigured),
        (says(402, {"detail": "insufficient credit"}), Misconfigured),
        (answers(b"<html>Welcome</html>", "text/html"), BadOutput),
        (answers(b"{", "application/json"), BadOutput),
        (answers(b"[]", "application/json"), BadOutput),
        (answers(b'"x"', "application/json"), BadOutput),
        (answers(b"null", "application/json"), BadOutput),
        (answers(b"{}", "application/json"), BadOutput),
        (answers(b"", "application/json"), BadOutput),
        (answers(b"\xff\xfe\x00", "application/json"), BadOutput),
        (answers(b'{"data": [{"b64_json": 3, "url": []}], "choices": [{}], "id": 3}', "application/json"), BadOutput),
        (answers(b'{"data": {}, "choices": "x", "id": "../../x", "status": []}', "application/json"), BadOutput),
        (answers(b'{"data": [], "choices": [], "id": null}', "application/json"), BadOutput),
        (floods(100 * 10**6, "application/json"), BadOutput),
    ],
)
async def test_each_misbehaviour_becomes_one_error_of_the_tree(party, apis, words, picture, fault, expected, caplog):
    for model, ask in party.asks(words, picture):
        apis.next(CALLS, fault)
        with pytest.raises(expected) as caught:
            await party.play(model, ask)
        assert isinstance(caught.value, TelephoneError)
        assert model.name in caught.value.sentence or expected is BadOutput
        told = repr(caught.value) + caught.value.sentence + str(vars(caught.value)) + caplog.text
        assert KEY not in told
        assert TOKEN not in told
        assert "fox" not in told
    assert (await party.play(party.artist, words)).data


@remote
async def test_an_answer_without_an_end_is_left_early(party, apis, words):
    apis.next(CALLS, floods(100 * 10**6, "application/json"))
    with pytest.raises(BadOutput, match="far too large"):
        await party.play(party.artist, words)


@remote
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_call_follows_a_redirect(party, apis, words, status):
    """It would carry our key to wherever it points."""
    apis.next(CALLS, redirects(f"{apis.url.replace('127.0.0.1', 'localhost')}/elsewhere", status))
    with pytest.raises(Misconfigured):
        await party.play(party.artist, words)
    assert apis.asked("/elsewhere") == []


@remote
async def test_a_wait_that_was_asked_for_is_passed_on(party, apis, words):
    apis.next(CALLS, says(429, {"detail": "slow down"}, Retry_After="0.2"))
    with pytest.raises(RateLimited) as caught:
        await party.play(party.artist, words)
    assert caught.value.retry_after == 0.2


@remote
async def test_a_slow_provider_can_be_given_up(party, apis, words):
    apis.next(CALLS, slow(5))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await party.play(party.artist, words)
    assert (await party.play(party.artist, words)).data


@remote
async def test_the_key_goes_to_its_provider_alone(party, apis, words, picture):
    for model, ask in party.asks(words, picture):
        await party.play(model, ask)
    for seen in apis.seen:
        key = seen.headers.get("Authorization", "")
        ours = {"openai": f"Bearer {KEY}", "replicate": f"Bearer {TOKEN}"}.get(party.name, "")
        if seen.path.startswith("/delivery") or party.name in ("cog", "compatible"):
            assert KEY not in key
            assert TOKEN not in key
        else:
            assert key == ours
    assert KEY not in repr(party.provider)
    assert TOKEN not in repr(party.provider)


@remote
async def test_no_log_holds_a_key_a_prompt_or_a_picture_however_much_is_logged(party, apis, words, picture, caplog):
    caplog.set_level("DEBUG")
    for model, ask in party.asks(words, picture):
        await party.play(model, ask)
    apis.next(CALLS, says(401, {"detail": f"{KEY} {TOKEN}"}))
    with pytest.raises(Misconfigured):
        await party.play(party.artist, words)
    for secret in (KEY, TOKEN, words.text, QUESTION.text, "base64,"):
        assert secret not in caplog.text


@remote
async def test_no_server_on_the_way_is_a_passing_fault_and_no_doubt(party, words):
    from telephone.providers.base import Lost

    nowhere = "http://127.0.0.1:9"
    if party.name in ("compatible", "cog"):
        party.artist = party.artist.model_copy(update={"url": nowhere})
    else:
        party.provider.base_url = nowhere
    with pytest.raises(Unavailable) as caught:
        await party.play(party.artist, words)
    assert not isinstance(caught.value, Lost)

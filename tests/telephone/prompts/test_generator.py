"""A chat model that writes prompts: its question, how strictly its answer is read, and that every call is booked."""

import asyncio
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from telephone.bootstrap import open_without_engine
from telephone.domain.budgets import Caps
from telephone.domain.calls import Answer, Ticket
from telephone.domain.games import Level
from telephone.errors import (
    BadOutput,
    Misconfigured,
    NotAllowed,
    NothingSaid,
    OverBudget,
    RateLimited,
    Refused,
    TimedOut,
    Unavailable,
)
from telephone.prompts.generator import WANTED, Draft, PromptGenerator, chosen, question, read
from telephone.providers.base import Lost
from telephone.settings import Settings
from telephone.store import Store
from tests.limits import LIMIT
from tests.standin_providers import StandinApis
from tests.support.app import prompts_of
from tests.support.checker import FakeChecker
from tests.support.provider import FakeProvider

HERE = 11
GOOD = json.dumps({level: ["a scene"] * count for level, count in WANTED.items()})


@pytest.fixture
def provider():
    return FakeProvider(writes=GOOD)


@pytest.fixture
def checker():
    return FakeChecker()


@pytest.fixture
async def writer(tmp_path, provider, checker):
    async with await Store.open(f"sqlite:///{tmp_path / 'telephone.sqlite'}") as store:
        yield prompts_of(tmp_path, store, provider, checker).writer


async def taken(writer: PromptGenerator) -> float:
    """What today's budget of the server holds, spent or reserved."""
    return (await writer.store.budgets.allowances(HERE, writer.caps))["server"].taken_usd


def test_the_question_asks_for_the_articles_numbers_as_json_and_is_not_always_the_same():
    asked = question(7)
    assert "3 easy, 3 medium, 3 hard, 1 impossible" in asked
    assert "JSON" in asked
    assert question(7) == asked
    assert len({question(seed) for seed in range(20)}) == 20
    assert read(asked.splitlines()[-1], "poet").missing == {}


def test_an_answer_is_read_by_level():
    written = read('{"easy": ["a", "b", "c"], "impossible": ["z"]}', "poet")
    assert written.drafts == (*(Draft(text, Level.EASY) for text in "abc"), Draft("z", Level.IMPOSSIBLE))
    assert (written.writer, written.extra, written.missing) == ("poet", 0, {Level.MEDIUM: 3, Level.HARD: 3})


def test_a_fence_around_the_whole_answer_is_taken_away():
    assert read(f"```json\n{GOOD}\n```\n", "poet") == read(GOOD, "poet")


def test_more_than_was_asked_for_is_counted_and_not_taken():
    written = read(json.dumps({"easy": list("abcdef"), "impossible": ["y", "z"]}), "poet")
    assert (len(written.drafts), written.extra) == (4, 4)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Sure! Here are your prompts:",
        GOOD[:-5],
        f"Sure!\n```json\n{GOOD}\n```",
        "[]",
        '["a scene"]',
        '"easy"',
        "null",
        "{}",
        '{"easy": []}',
        '{"easy": "a scene"}',
        '{"easy": [["a scene"]]}',
        '{"easy": [{"text": "a scene"}]}',
        '{"easy": ["a scene"], "medium": [3]}',
        '{"easy": ["a scene"], "trivial": ["another"]}',
        '{"prompts": {"easy": ["a scene"]}}',
        "[" * 100_000,
    ],
)
def test_anything_else_is_told_in_one_sentence(text):
    with pytest.raises(
        BadOutput, match=r"^What poet sent back cannot be read as a list of prompts; please try again\.$"
    ):
        read(text, "poet")


@given(st.text() | st.dictionaries(st.sampled_from([*Level, "other"]), st.lists(st.text())).map(json.dumps))
def test_whatever_comes_is_read_or_told(text):
    try:
        written = read(text, "poet")
    except BadOutput:
        return
    assert len(written.drafts) + written.extra > 0
    assert all(len([one for one in written.drafts if one.level is level]) <= WANTED[level] for level in Level)


async def test_what_was_spent_is_booked_and_the_rest_of_the_reservation_let_go(writer):
    written = await writer.write(HERE)
    assert (written.usd, await taken(writer)) == (0.0006, 0.0006)


async def test_prompts_after_much_thought_are_read(writer, provider):
    for said in (f"<think>ten scenes, hm</think>\n{GOOD}", f"hm</think>```json\n{GOOD}\n```", f"{GOOD}<|im_end|>"):
        provider.writes = said
        assert len((await writer.write(HERE)).drafts) == sum(WANTED.values())


async def test_a_model_that_says_nothing_is_told_so_and_booked_at_what_it_cost(writer, provider):
    error = NothingSaid("poet spent its whole answer on thinking, twice; please choose another model.")
    error.cost_usd = 0.0007
    provider.faults = [error]
    with pytest.raises(NothingSaid, match="thinking"):
        await writer.write(HERE)
    assert await taken(writer) == pytest.approx(0.0007)


async def test_a_call_of_unknown_cost_counts_as_its_table_says(writer, provider):
    async def collect(model, ask, ticket):
        return Answer(text=GOOD)

    provider.collect = collect
    assert (await writer.write(HERE)).usd == await taken(writer) == 0.002


async def test_a_call_that_may_have_been_paid_twice_counts_twice(writer, provider):
    async def submit(model, ask, marker, since=None):
        if since is None:
            raise Lost("The line broke.")
        return Ticket("again", maybe_billed_twice=True)

    provider.submit = submit
    assert (await writer.write(HERE)).usd == await taken(writer) == 0.0012


@pytest.mark.parametrize(
    ("fault", "expected", "words", "usd"),
    [
        (Refused("No.", "policy"), Refused, "poet declined to write prompts", 0.002),
        (BadOutput("no text; please start the game again"), BadOutput, "What poet sent back", 0.002),
        (TimedOut("poet did not answer in time."), TimedOut, "poet did not answer", 0.002),
        (Misconfigured("poet cannot play just now."), Misconfigured, "poet cannot play", 0.0),
    ],
)
async def test_a_call_that_came_to_nothing_is_booked_where_it_may_have_been_paid(
    writer, provider, fault, expected, words, usd
):
    provider.faults = [fault]
    with pytest.raises(expected, match=words):
        await writer.write(HERE)
    assert await taken(writer) == usd


async def test_a_passing_fault_is_tried_again(writer, provider):
    provider.faults = [Unavailable("busy"), RateLimited("slow down", 0.01)]
    assert len((await writer.write(HERE)).drafts) == 10
    assert await taken(writer) == 0.0006


async def test_a_call_that_is_cancelled_in_the_middle_is_booked(writer, provider):
    provider.delay = 30
    writing = asyncio.create_task(writer.write(HERE))
    async with asyncio.timeout(LIMIT):
        while not provider.submitted:
            await asyncio.sleep(0.01)
    assert await taken(writer) == 0.002  # reserved
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert await taken(writer) == 0.002  # and spent
    assert [room.taken_usd for room in (await writer.store.budgets.today(writer.caps)).values()] == [0.002, 0.002]


async def test_no_call_goes_out_beyond_the_daily_cap(writer, provider):
    poor = replace(writer, caps=Caps(operator_usd=0.003))
    await poor.write(HERE)
    await poor.write(HERE)
    with pytest.raises(OverBudget, match="Today's budget is used up"):
        await poor.write(HERE)
    assert len(provider.questions) == 2


async def test_the_shipped_chat_model_writes_through_openais_adapter(tmp_path):
    async with StandinApis.open() as apis:
        reached = {"openai_api_key": SecretStr("sk-test"), "openai_base_url": f"{apis.url}/v1"}
        runtime = await open_without_engine(Settings(_env_file=None, data_dir=tmp_path, **reached))
        try:
            made = await runtime.app.prompts.generate(HERE, is_moderator=True)
        finally:
            await runtime.close()
    assert (made.writer, len(made.kept), made.left_out, made.missing) == ("gpt-chat", 10, {}, {})
    assert made.usd == pytest.approx((1_000 * 0.10 + 100 * 0.50) / 1e6)
    (asked,) = apis.asked("/v1/chat/completions")
    assert asked.body["response_format"] == {"type": "json_object"}


async def test_the_operator_names_the_chat_model(tmp_path, monkeypatch):
    own = tmp_path / "own.toml"
    own.write_text(
        '[poet]\nkind = "chat"\nprovider = "openai"\nurl = "http://127.0.0.1:9/v1"\nref = "x"\nlicence = "y"\n'
    )
    monkeypatch.setenv("TELEPHONE_CHAT", "poet")
    monkeypatch.setenv("TELEPHONE_MODELS", str(own))
    monkeypatch.setenv("TELEPHONE_DATA_DIR", str(tmp_path))
    runtime = await open_without_engine(Settings(_env_file=None, openai_api_key=SecretStr("sk-test")))
    writer = runtime.app.prompts.writer
    assert chosen(writer.players, writer.named).name == "poet"
    assert chosen(writer.players).name == "gpt-chat"
    await runtime.close()
    monkeypatch.setenv("TELEPHONE_CHAT", "stickers")
    with pytest.raises(Misconfigured, match=r"TELEPHONE_CHAT names 'stickers'; write one of: gpt-chat, poet\."):
        await open_without_engine(Settings(_env_file=None))


async def test_without_a_chat_model_one_sentence_says_what_to_set(writer, checker):
    assert chosen(writer.players).name == "poet"
    checker.broken = "the safety check needs OPENAI_API_KEY"
    with pytest.raises(NotAllowed, match=r"poet: the safety check needs OPENAI_API_KEY.*TELEPHONE_CHAT") as caught:
        chosen(writer.players)
    assert caught.value.sentence.count(".") == 1
    bare = replace(writer.players, registry=replace(writer.players.registry, tables={}))
    with pytest.raises(NotAllowed, match="none is listed"):
        chosen(bare)


async def test_every_call_that_was_lost_counts(writer, provider):
    losses = [Lost("The line broke."), Lost("The line broke.")]

    async def submit(model, ask, marker, since=None):
        if losses:
            raise losses.pop()
        return Ticket("again", maybe_billed_twice=True)

    provider.submit = submit
    assert (await writer.write(HERE)).usd == pytest.approx(3 * 0.0006) == await taken(writer)

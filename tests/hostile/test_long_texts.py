"""Texts of megabytes are cut before anybody looks at them; what is looked at is counted, not timed."""

import threading

import pytest

from telephone.domain.calls import LONG, SAID_MAX, Answer
from telephone.domain.games import GameState, clean_prompt
from telephone.errors import BadInput, Misconfigured, TelephoneError
from telephone.games import steps
from telephone.games.admission import StartRequest
from telephone.models import players
from telephone.models.registry import OWN_MAX, Registry
from telephone.providers import http_errors
from telephone.providers.base import ModelTable
from telephone.settings import dotenv_file
from tests.support.app import running_app
from tests.support.provider import FakeProvider

MEGABYTES = "a red fox " * 10**6
TABLE = ModelTable(name="critic", kind="i2t", provider="openai", ref="critic", price_usd=0.0, licence="test")


@pytest.fixture
def looked_at(monkeypatch):
    """The longest text that is folded, normalised or searched, by where that is."""
    longest = {}

    def count(module, name):
        known = getattr(module, name)

        def counted(text, *more):
            longest[name] = max(longest.get(name, 0), len(text))
            return known(text, *more)

        monkeypatch.setattr(module, name, counted)

    for module, name in ((players, "spoken"), (players, "fold"), (players, "is_refusal")):
        count(module, name)
    return longest


@pytest.mark.parametrize("said", [MEGABYTES, "\u0300" * 10**7, "<think>" * 10**6, "(" * 10**7, "e\u0301" * 10**6])
def test_what_a_model_says_is_cut_before_it_is_looked_at(looked_at, said):
    try:
        caption = players.caption_of(Answer(text=said), "critic")
    except TelephoneError:
        pass
    else:
        assert len(caption.raw) <= SAID_MAX
    assert looked_at["spoken"] == SAID_MAX
    assert max(looked_at.values()) <= SAID_MAX


async def test_a_game_ends_well_whose_model_says_ten_megabytes_and_the_check_sees_a_part(tmp_path, monkeypatch):
    checked, threads = [], []
    caption_of = steps.caption_of

    def noting(answer, who):
        threads.append(threading.current_thread() is threading.main_thread())
        return caption_of(answer, who)

    monkeypatch.setattr(steps, "caption_of", noting)
    provider = FakeProvider()
    collect = provider.collect

    async def much(model, ask, ticket):
        answer = await collect(model, ask, ticket)
        return answer if answer.text is None else Answer(text=MEGABYTES, cost_usd=0.0)

    monkeypatch.setattr(provider, "collect", much)
    async with running_app(tmp_path, provider=provider) as running:
        check = running.checker.check_text

        async def counted(text):
            checked.append(len(text))
            return await check(text)

        monkeypatch.setattr(running.checker, "check_text", counted)
        game = await running.app.games.start(StartRequest("a fox mends a clock", "painter", "critic", 1))
        game = await running.app.games.closed(game.id, timeout=60)
        assert game.state is GameState.FINISHED
        assert max(checked) <= 2 * SAID_MAX
        assert len(game.steps[1].raw) <= SAID_MAX
    assert threads == [False], f"texts over {LONG} characters are looked at off the loop"


def test_a_prompt_of_megabytes_is_refused_unread():
    with pytest.raises(BadInput, match="10,000,000 characters and 4,000 fit"):
        clean_prompt(MEGABYTES)


@pytest.mark.parametrize(
    "body",
    [MEGABYTES, '{"error": ' * 10**6, {"error": {"message": MEGABYTES}}, [MEGABYTES], {"detail": {"x": MEGABYTES}}],
    ids=["text", "nested", "message", "list", "mapping"],
)
def test_an_error_of_megabytes_is_cut_before_it_is_searched(monkeypatch, body):
    longest = 0

    def counted(text):
        nonlocal longest
        longest = max(longest, len(text))
        return False

    monkeypatch.setattr(http_errors.failures, "is_unsafe", counted)
    error = http_errors.failure(TABLE, 422, {}, body)
    assert longest <= SAID_MAX
    assert len(error.sentence) < 500


def test_tables_and_settings_of_megabytes_are_refused_unread(tmp_path):
    own, env = tmp_path / "models.toml", tmp_path / ".env"
    own.write_text("# " + "x" * OWN_MAX)
    with pytest.raises(Misconfigured, match="over 1 MB"):
        Registry.load(["offline"], own)
    env.write_text("A=" + "x" * dotenv_file.SIZE_MAX)
    with pytest.raises(Misconfigured, match="over 1 MB"):
        dotenv_file.read(env)

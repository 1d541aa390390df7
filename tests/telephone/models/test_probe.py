"""Trying every model, and asking which still exist."""

import re

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from telephone.errors import Unavailable
from telephone.models.offline import Offline
from telephone.models.players import Players
from telephone.models.probe import Trial, existing_models, report_missing
from telephone.models.registry import Registry
from telephone.providers.replicate import Replicate
from tests.standin_providers import StandinApis
from tests.support.provider import MODELS, FakeProvider


@pytest.fixture
def provider():
    return FakeProvider()


@pytest.fixture
def players(provider, tmp_path):
    own = tmp_path / "own.toml"
    own.write_text(MODELS, encoding="utf-8")
    return Players(Registry.load(["studio"], own), {"studio": provider}, deadline=1)


async def tried(players, **options):
    return {one.name: one async for one in Trial(players, **options).run()}


async def test_each_ready_model_plays_one_turn_artists_first(players, provider):
    found = await tried(players)
    assert list(found) == ["painter", "critic", "poet"]
    assert all(one.played for one in found.values())
    assert "64 × 64" in found["painter"].said
    assert "a wall of colour" in found["critic"].said
    assert found["poet"].said.endswith("s: {}")
    assert "JSON" in provider.questions[0]
    assert [one.usd for one in found.values()] == [0.02, 0.01, 0.0006]


async def test_what_no_longer_fits_the_dollar_is_left_out_and_said_to_be(players):
    found = await tried(players, most_usd=0.01)
    assert found["painter"].left_out
    assert "left out: $0.020 more would pass $0.01" in found["painter"].said
    assert "no artist drew" in found["critic"].said


async def test_a_chat_model_without_a_word_has_not_answered(players, provider):
    provider.writes = " \n"
    found = await tried(players)
    assert (found["poet"].played, found["poet"].said) == (False, "poet answered without a word.")


async def test_a_model_that_fails_says_why_and_stops_nobody_else(players, provider):
    provider.faults = [Unavailable("The studio is closed.")] * 99
    found = await tried(players)
    assert not found["painter"].played
    assert "painter did not answer" in found["painter"].said


async def test_models_that_are_gone_are_told_in_the_log_and_silence_is_no_verdict(players, provider):
    async def exists(model):
        if model.name == "critic":
            raise Unavailable("The studio is closed.")
        return model.name == "poet"

    provider.exists = exists
    assert await existing_models(players) == {"painter": False, "poet": True}
    with capture_logs() as logs:
        await report_missing(players)
    assert [(entry["event"], entry["model"]) for entry in logs] == [("a model is gone from its provider", "painter")]


async def test_embedders_are_tried_last_with_the_words_and_where_they_see_with_the_picture(tmp_path, provider):
    async with StandinApis.open() as apis:
        bind = Replicate(SecretStr("r8_test"), apis.url)
        reached = {"studio": provider, "offline": Offline(), "replicate": bind}
        own = tmp_path / "own.toml"
        own.write_text(MODELS, encoding="utf-8")
        registry = Registry.load(["studio", "offline", "replicate"], own)
        chosen = {name: registry.tables[name] for name in ("imagebind", "minilm", "painter", "critic")}
        players = Players(Registry(chosen), reached, deadline=5)
        found = await tried(players)
        assert list(found) == ["painter", "critic", "imagebind", "minilm"]
        assert found["minilm"].said.endswith("384 numbers")
        assert re.search(r": 1024 numbers, and the picture [01]\.\d\d from its words$", found["imagebind"].said)
        assert (found["imagebind"].usd, found["minilm"].usd) == (2 * 0.0003, 0)
        apis.outputs = {"imagebind": lambda _: [0.5]}
        failed = (await tried(players))["imagebind"]
        assert not failed.played
        assert "no vector of its length" in failed.said
        assert (await tried(players, most_usd=0.0301))["imagebind"].left_out
        await bind.close()

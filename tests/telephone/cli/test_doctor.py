"""What an operator is told of the embedders before any game is measured."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from telephone.cli.doctor import Diagnosis, _role, _verified, examine, try_models
from telephone.errors import Barred, Misconfigured
from telephone.media.images import Pictures
from telephone.settings import HEALTHY, Settings
from tests.standin_providers import StandinApis


async def found_of(what: str, settings: Settings) -> Diagnosis:
    (found,) = [finding for finding in await examine(settings) if finding.what == what]
    return found


async def embedder(settings: Settings) -> Diagnosis:
    return await found_of("Embedder", settings)


async def test_without_a_provider_games_are_measured_offline_and_nothing_needs_doing(tmp_path):
    found = await embedder(Settings(_env_file=None, data_dir=tmp_path))
    assert (found.health, found.remedy) == ("good", "")
    assert found.stands == "games are measured by MiniLM (offline); English only"


async def test_a_licence_for_research_only_is_said_before_it_is_used_and_nothing_is_sent_to_find_out(tmp_path):
    async with StandinApis.open() as apis:
        keys = {"replicate_api_token": SecretStr("r8_test"), "replicate_base_url": apis.url}
        found = await embedder(Settings(_env_file=None, data_dir=tmp_path, **keys))
        declined = await embedder(Settings(_env_file=None, data_dir=tmp_path, embedder="minilm", **keys))
        assert apis.predictions == {}
    assert found.stands == "games are measured by ImageBind and MiniLM (offline); English only"
    assert "CC-BY-NC-SA 4.0; for research only" in found.remedy
    assert "TELEPHONE_EMBEDDER=minilm" in found.remedy
    assert declined.stands == "games are measured by MiniLM (offline); English only"


@pytest.mark.parametrize(("name", "said"), [("imagebind", "REPLICATE_API_TOKEN"), ("abacus", "write one of: minilm")])
async def test_an_embedder_that_cannot_measure_is_a_finding(tmp_path, name, said):
    found = await embedder(Settings(_env_file=None, data_dir=tmp_path, embedder=name))
    assert found.health == "broken"
    assert said in found.stands


@asynccontextmanager
async def saying(words: str) -> AsyncIterator[int]:
    """A server whose health route says so; its port."""

    async def health(_: web.Request) -> web.Response:
        return web.Response(text=words)

    app = web.Application()
    app.router.add_get("/health", health)
    async with TestServer(app, host="127.0.0.1") as server:
        yield server.port


async def page(folder, port: int, public: str | None) -> tuple[str, str]:
    found = await found_of("Drawing page", Settings(_env_file=None, data_dir=folder, http_port=port, public_url=public))
    return found.health, found.stands


async def test_the_drawing_page_is_looked_at_from_here_and_from_where_its_links_lead(tmp_path):
    assert await page(tmp_path, 1, None) == ("missing", "no public address")
    async with saying(HEALTHY) as port, saying("hello") as other:
        at = f"http://127.0.0.1:{port}"
        assert await page(tmp_path, port, at) == ("good", f"served at {at}")
        away = f"http://127.0.0.1:{other}"
        assert await page(tmp_path, port, away) == (
            "broken",
            f"served on port {port}, but {away} does not lead there",
        )
        assert await page(tmp_path, other, at) == ("broken", f"another program listens on port {other}")
    assert await page(tmp_path, port, at) == ("missing", f"nobody listens on port {port}")


async def test_an_account_with_little_credit_is_told_what_that_means_and_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr("telephone.providers.replicate.FIRST_LOOK", 0.01)
    async with StandinApis.open() as apis:
        keys = {"replicate_api_token": SecretStr("r8_test"), "replicate_base_url": apis.url}
        settings = Settings(_env_file=None, data_dir=tmp_path, download_hosts="127.0.0.1", moderation="off", **keys)
        hint = await found_of("Replicate", settings)
        assert "replicate.com/account/billing" in hint.remedy
        apis.creates_a_minute = 600
        tried = {one.name: one async for one in try_models(settings)}
    assert tried["flux-schnell"].played
    said = tried["replicate"].said
    assert said.startswith("takes 600 calls a minute from this account.")
    assert "Add credit at https://replicate.com/account/billing" in said
    assert tried["replicate"].usd == 0


async def test_without_a_token_nothing_is_said_of_replicate(tmp_path):
    findings = await examine(Settings(_env_file=None, data_dir=tmp_path))
    assert "Replicate" not in {finding.what for finding in findings}


async def test_image_models_that_want_a_verified_organisation_are_named_with_what_to_do(tmp_path):
    def settings(**values):
        return Settings(_env_file=None, data_dir=tmp_path, moderation="off", **values)

    key = SecretStr("sk-1")
    (finding,) = await _verified(settings(openai_api_key=key))
    assert "gpt-image" in finding.stands
    assert "https://platform.openai.com/settings/organization/general" in finding.remedy
    assert await _verified(settings()) == []
    assert await _verified(settings(openai_api_key=key, openai_base_url="http://127.0.0.1:8080/v1")) == []


async def test_a_place_of_pictures_that_lets_nobody_in_is_told_with_what_to_do(tmp_path, monkeypatch):
    async def refused(self, image):
        raise Barred("The pictures cannot be reached just now; please try again in a minute.", "403 Forbidden")

    monkeypatch.setattr(Pictures, "put", refused)
    found = await found_of("Pictures", Settings(_env_file=None, data_dir=tmp_path))
    assert found.health == "broken"
    assert found.stands.endswith("cannot be written (403 Forbidden)")
    assert "TELEPHONE_STORAGE_URL" in found.remedy


async def test_what_a_role_needs_is_said():
    with pytest.raises(Misconfigured, match="a SQLite file has one"):
        await _role(Settings(_env_file=None, role="page"))
    assert await _role(Settings(_env_file=None)) == []

"""What doctor hears from each configured server of models, as servers that are wrong in every way answer."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from telephone.cli import server_checks
from telephone.cli.doctor import Diagnosis, examine
from telephone.settings import Settings
from tests.standin_providers import StandinApis

KEY = "sk-hush"
doctor: Any = import_module("telephone.cli.doctor")


async def found_of(what: str, settings: Settings) -> list[Diagnosis]:
    return [finding for finding in await examine(settings) if finding.what == what]


@asynccontextmanager
async def server(path: str, **answer) -> AsyncIterator[str]:
    """A server that answers one path so; its address."""

    async def say(_: web.Request) -> web.Response:
        return web.json_response(**answer) if "data" in answer else web.Response(**answer)

    app = web.Application()
    app.router.add_get(path, say)
    async with TestServer(app, host="127.0.0.1") as one:
        yield f"http://127.0.0.1:{one.port}"


@pytest.fixture
def only_servers(monkeypatch):
    monkeypatch.setattr(doctor, "_CHECKS", {"Servers": doctor._servers, "Discord": doctor._discord})


async def openai(folder: Path, base: str) -> tuple[str, str, str]:
    settings = Settings(_env_file=None, data_dir=folder, openai_base_url=base, openai_api_key=SecretStr(KEY))
    (found,) = await found_of("Servers", settings)
    return found.health, found.stands, found.remedy


async def test_what_answers_is_good_and_nothing_is_billed(tmp_path, only_servers):
    own = tmp_path / "own.toml"
    async with StandinApis.open() as apis:
        apis.models.add("llava")
        own.write_text(
            f"""[mine]\nkind = "t2i"\nprovider = "cog"\nref = "x"\nlicence = "MIT"\noutput = "uris"
input = {{ prompt = "$prompt" }}\nurl = "{apis.url}"\n"""
        )
        settings = Settings(
            _env_file=None,
            data_dir=tmp_path,
            models=own,
            openai_base_url=f"{apis.url}/v1",
            replicate_api_token=SecretStr("r8_x"),
            replicate_base_url=apis.url,
        )
        found = await found_of("Servers", settings)
        assert apis.billed == []
    assert {one.health for one in found} == {"good"}
    said = (f"{apis.url}/v1 answers, 1 models", f"{apis.url} answers to acme", f"{apis.url} answers: READY")
    assert tuple(one.stands for one in found) == said


async def test_without_a_key_or_an_address_nobody_is_asked(tmp_path, only_servers):
    assert await found_of("Servers", Settings(_env_file=None, data_dir=tmp_path)) == []


@pytest.mark.parametrize(
    ("answer", "stands", "remedy"),
    [
        (
            {"data": {"error": {"message": f"Incorrect API key provided: {KEY}."}}, "status": 401},
            "answered 401: Incorrect API key provided: ***.",
            "Copy OPENAI_API_KEY again.",
        ),
        ({"data": {"detail": "Not found"}, "status": 404}, "answered 404: Not found", "look at the server's log"),
        ({"text": "<html>", "content_type": "text/html"}, "answered 200 with what is no JSON", "Mend OPENAI_BASE_URL"),
        ({"text": "bad gateway", "status": 502}, "answered 502", "look at the server's log"),
        ({"data": {}, "status": 307, "headers": {"Location": "http://192.0.2.1/"}}, "answered 307", "OPENAI_BASE_URL"),
    ],
)
async def test_what_a_server_answers_is_said_without_the_key(tmp_path, only_servers, answer, stands, remedy):
    async with server("/v1/models", **answer) as base:
        health, said, do = await openai(tmp_path, f"{base}/v1")
    assert (health, said) == ("broken", f"{base}/v1 {stands}")
    assert remedy in do
    assert KEY not in said + do


async def test_a_forgotten_v1_is_guessed(tmp_path, only_servers):
    async with server("/v1/models", data={"data": []}) as base:
        assert await openai(tmp_path, f"{base}/v1") == ("good", f"{base}/v1 answers, 0 models", "")
        health, said, do = await openai(tmp_path, base)
    assert (health, said) == ("broken", f"{base} answered 404")
    assert "/v1 at its end" in do


async def test_a_server_that_is_not_there_and_one_that_never_answers(tmp_path, only_servers, monkeypatch):
    monkeypatch.setattr(server_checks, "WITHIN", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        base = f"http://127.0.0.1:{mute.getsockname()[1]}/v1"
        health, said, do = await openai(tmp_path, base)
        assert (health, said) == ("broken", f"{base} did not answer within 0.5 seconds")
        assert do == "Start it, or mend OPENAI_BASE_URL."
    health, said, do = await openai(tmp_path, base)
    assert (health, said) == ("broken", f"{base} cannot be reached (Connection refused)")


async def test_a_container_that_cannot_start_is_not_well(tmp_path, only_servers):
    own = tmp_path / "own.toml"
    async with server("/health-check", data={"status": "SETUP_FAILED"}) as base:
        own.write_text(
            f"""[mine]\nkind = "t2i"\nprovider = "cog"\nref = "x"\nlicence = "MIT"\noutput = "uris"
input = {{ prompt = "$prompt" }}\nurl = "{base}"\n"""
        )
        (found,) = await found_of("Servers", Settings(_env_file=None, data_dir=tmp_path, models=own))
    assert (found.health, found.stands) == ("broken", f"{base} answers: SETUP_FAILED")
    assert found.remedy == "Look at its log, and at the url of mine."


async def test_a_discord_that_answers_anything_else_is_not_taken_for_signed_in(tmp_path, only_servers):
    for answer in (
        {"text": "oops", "status": 502},
        {"data": ["no", "member"]},
        {"data": {"message": "no"}, "status": 404},
    ):
        async with server("/api/v10/users/@me", **answer) as base:
            settings = Settings(
                _env_file=None,
                data_dir=tmp_path,
                discord_token=SecretStr("token"),
                discord_api_base=f"{base}/api/v10",
            )
            (found,) = await found_of("Discord", settings)
        assert (found.health, found.stands) == ("broken", f"it answered {answer.get('status', 200)}")


async def test_no_check_holds_the_others_up(tmp_path, monkeypatch):
    async def for_ever(_: Settings) -> list[Diagnosis]:
        await asyncio.Event().wait()
        return []

    monkeypatch.setattr(doctor, "_CHECKS", {"Pictures": for_ever, "Discord": doctor._discord})
    monkeypatch.setattr(doctor, "_CHECK_WITHIN", 0.2)
    found = await examine(Settings(_env_file=None, data_dir=tmp_path))
    assert [one.what for one in found] == ["Python", "Pictures", "Discord"]
    assert (found[1].health, found[1].stands) == ("broken", "no answer within 0.2 seconds")


async def test_a_name_that_is_no_setting_is_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TELEPHONE_DATADIR", "x")
    (found,) = await found_of("Settings", Settings(_env_file=None, data_dir=tmp_path))
    assert (found.health, found.stands) == ("missing", "there is no setting TELEPHONE_DATADIR")
    assert found.remedy == "Write TELEPHONE_DATA_DIR instead."

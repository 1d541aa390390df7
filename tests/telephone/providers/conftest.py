"""The stand-in APIs, the tables, and adapters that talk to the stand-in APIs."""

import io
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from PIL import Image as pil
from pydantic import SecretStr

from telephone.domain.calls import Ask
from telephone.domain.games import Image
from telephone.models.registry import Registry
from telephone.providers.base import ModelTable
from telephone.providers.cog import Cog
from telephone.providers.downloads import Downloads
from telephone.providers.openai import OpenAI
from telephone.providers.replicate import Replicate, Waits
from tests.standin_providers import StandinApis
from tests.support.pictures import paint

KEY = "sk-studio-secret-0123456789"
TOKEN = "r8_studiosecret0123456789"
QUICK = Waits(unseen=5.0, listing=(0.05, 0.1, 0.2, 0.4), ending=(0.01, 0.05))


@pytest.fixture(scope="session")
def tables() -> Registry:
    return Registry.load(["offline", "openai", "replicate", "cog"])


@pytest.fixture
async def apis() -> AsyncIterator[StandinApis]:
    async with StandinApis.open() as opened:
        yield opened


@pytest.fixture
async def openai(apis: StandinApis) -> AsyncIterator[OpenAI]:
    adapter = OpenAI(SecretStr(KEY), f"{apis.url}/v1")
    yield adapter
    await adapter.close()


@pytest.fixture
async def replicate(apis: StandinApis) -> AsyncIterator[Replicate]:
    adapter = Replicate(SecretStr(TOKEN), apis.url, Downloads(["127.0.0.1"]), waits=QUICK)
    yield adapter
    await adapter.close()


@pytest.fixture
async def cog() -> AsyncIterator[Cog]:
    adapter = Cog()
    yield adapter
    await adapter.close()


@pytest.fixture
def table() -> Callable[..., ModelTable]:
    """A table with what a test needs of it."""

    def make(**fields: Any) -> ModelTable:
        plain = {"name": "painter", "kind": "t2i", "provider": "openai", "ref": "painter-1", "licence": "test"}
        return ModelTable(**plain | fields)

    return make


@pytest.fixture
def words() -> Ask:
    return Ask(seed=7, text="a fox mends a clock")


@pytest.fixture
def picture() -> Ask:
    return Ask(seed=7, image=Image(paint("a fox"), "image/png", 64, 64))


@pytest.fixture
def large_picture() -> Ask:
    """Too large to travel inside a prediction."""
    buffer = io.BytesIO()
    pil.effect_noise((640, 640), 90).convert("RGB").save(buffer, "PNG")
    return Ask(seed=7, image=Image(buffer.getvalue(), "image/png", 640, 640))

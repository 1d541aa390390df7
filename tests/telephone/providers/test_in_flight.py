"""How many calls run at once is for the limit of their provider alone to say, and for no pool of connections."""

import asyncio

import pytest
from pydantic import SecretStr

from telephone.providers.cog import Cog
from telephone.providers.openai import OpenAI
from telephone.providers.rate_limit import Gate, Limit
from telephone.providers.replicate import Replicate
from tests.limits import LIMIT
from tests.telephone.providers.conftest import KEY, TOKEN

MANY = 130
"""More than the hundred connections that the HTTP libraries open by default."""
WIDE = Limit(MANY, 10_000)


@pytest.mark.parametrize(
    ("make", "fields", "path"),
    [
        (lambda url: OpenAI(SecretStr(KEY), f"{url}/v1", limit=WIDE), {}, r"/v1/images/generations"),
        (
            lambda url: Replicate(SecretStr(TOKEN), url, gate=Gate(WIDE)),
            {"provider": "replicate", "input": {"prompt": "$prompt"}, "output": "uris", "ref": "studio/painter"},
            r"/v1/predictions",
        ),
        (
            lambda url: Cog(limit=WIDE),
            {"provider": "cog", "input": {"prompt": "$prompt"}, "output": "uris"},
            r"/predictions",
        ),
    ],
    ids=["openai", "replicate", "cog"],
)
async def test_as_many_calls_run_at_once_as_the_limit_says(make, fields, path, apis, table, words):
    all_are_here = asyncio.Event()

    async def hold(request, honest):
        if apis.running >= MANY:
            all_are_here.set()
        async with asyncio.timeout(LIMIT):
            await all_are_here.wait()
        return await honest(request)

    provider, url = make(apis.url), {"url": apis.url} if fields.get("provider") == "cog" else {}
    model = table(**fields, **url)
    apis.next(path, *[hold] * MANY)
    try:
        async with asyncio.timeout(LIMIT), asyncio.TaskGroup() as calls:
            for _ in range(MANY):
                calls.create_task(_called(provider, model, words))
    finally:
        await provider.close()
    assert apis.most_running == MANY


async def _called(provider, model, ask):
    ticket = await provider.submit(model, ask, "marker")
    if isinstance(provider, Cog):
        await provider.collect(model, ask, ticket)

"""What an operator is told of the embedders before any game is measured."""

import pytest
from pydantic import SecretStr

from telephone.doctor import Finding, examine
from telephone.settings import Settings
from tests.standin_providers import Studios


async def embedder(settings: Settings) -> Finding:
    (found,) = [finding for finding in await examine(settings) if finding.what == "Embedder"]
    return found


async def test_without_a_provider_games_are_measured_offline_and_nothing_needs_doing(tmp_path):
    found = await embedder(Settings(_env_file=None, data_dir=tmp_path))
    assert (found.health, found.remedy) == ("good", "")
    assert found.stands == "games are measured by MiniLM (offline); English only"


async def test_a_licence_for_research_only_is_said_before_it_is_used_and_nothing_is_sent_to_find_out(tmp_path):
    async with Studios.open() as studios:
        keys = {"replicate_api_token": SecretStr("r8_test"), "replicate_base_url": studios.url}
        found = await embedder(Settings(_env_file=None, data_dir=tmp_path, **keys))
        declined = await embedder(Settings(_env_file=None, data_dir=tmp_path, embedder="minilm", **keys))
        assert studios.predictions == {}
    assert found.stands == "games are measured by ImageBind and MiniLM (offline); English only"
    assert "CC-BY-NC-SA 4.0; for research only" in found.remedy
    assert "TELEPHONE_EMBEDDER=minilm" in found.remedy
    assert declined.stands == "games are measured by MiniLM (offline); English only"


@pytest.mark.parametrize(("name", "said"), [("imagebind", "REPLICATE_API_TOKEN"), ("abacus", "write one of: minilm")])
async def test_an_embedder_that_cannot_measure_is_a_finding(tmp_path, name, said):
    found = await embedder(Settings(_env_file=None, data_dir=tmp_path, embedder=name))
    assert found.health == "broken"
    assert said in found.stands

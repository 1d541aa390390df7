"""/telephone-admin votes: counts and reasons, decisions, and never what somebody chose."""

import pytest

from telephone.integrity import Integrity
from telephone.scoring.flags import Flag
from telephone.sides import Choice, Decision, Voter
from telephone.store import Store
from tests.cogs.fakes import MemoryHouse, MemoryService
from tests.telephone.store.test_battles import voting
from tests.telephone.store.test_votes import JOINED, MADE

VOTES = "telephone-admin votes"


@pytest.fixture
async def store(tmp_path):
    async with await Store.open(f"sqlite:///{tmp_path / 'telephone.sqlite'}") as opened:
        yield opened


@pytest.fixture
async def house(store):
    return MemoryHouse(MemoryService(integrity=Integrity(store)))


async def flagged(server, store):
    """One closed battle that bob started and voted on, with two others."""
    battle = await voting(store, guild_id=server.guild.id, starter_id=server.bob.id)
    for member, choice in ((server.bob.id, Choice.A), (1, Choice.B), (2, Choice.B)):
        await store.votes.cast(battle.id, Voter(member, MADE, JOINED), choice)
    await store.battles.close(battle.id, early=True)


async def test_without_flags_the_list_says_so(server):
    result = await server.admin.slash(server.channel, VOTES)
    assert "No vote is flagged." in result.response.content
    assert result.response.ephemeral


async def test_an_admin_sees_why_and_decides(server, store):
    await flagged(server, store)
    seen = (await server.admin.slash(server.channel, VOTES)).response.content
    assert f"<@{server.bob.id}>: 1 of 1 vote flagged (1 on a battle they started)." in seen
    assert "3 votes by 3 members in 1 closed battle." in seen
    struck = await server.admin.slash(server.channel, VOTES, member=server.bob.user, decision="strike")
    assert "Struck: none of them counts." in struck.response.content
    assert await store.conduct.of(server.guild.id) == {server.bob.id: Decision.STRUCK}
    undone = await server.admin.slash(server.channel, VOTES, member=server.bob.user, decision="undo")
    assert "Struck" not in undone.response.content
    assert await store.conduct.of(server.guild.id) == {}


async def test_a_decision_needs_a_member(server, store):
    await flagged(server, store)
    result = await server.admin.slash(server.channel, VOTES, decision="clear")
    assert "both a member and a decision" in result.response.content
    assert server.refusals() == ["BadInput"]


async def test_the_age_is_a_setting(server, store):
    await server.admin.slash(server.channel, VOTES, least_days=30)
    assert (await store.servers.settings(server.guild.id)).voter_days == 30


def test_every_flag_has_its_words():
    from bot.integrity import _REASONS

    assert set(_REASONS) == set(Flag)

"""/telephone-admin votes: counts and reasons, decisions, and never what somebody chose."""

import csv

import pytest

from bot.moderation import vote_messages
from telephone.domain.battles import Choice, Decision, Voter
from telephone.exports import FORMATS, Export, Exporter
from telephone.leaderboards.ballot_source import BallotSource
from telephone.leaderboards.vote_flags import Flag
from telephone.leaderboards.vote_review import VoteReview
from telephone.store import Store
from tests.cogs.fakes import MemoryApp, MemoryRuntime
from tests.telephone.store.test_battles import voting
from tests.telephone.store.test_votes import JOINED, MADE

VOTES = "telephone-admin votes"


@pytest.fixture
async def store(tmp_path):
    async with await Store.open(f"sqlite:///{tmp_path / 'telephone.sqlite'}") as opened:
        yield opened


@pytest.fixture
async def runtime(store):
    return MemoryRuntime(
        MemoryApp(vote_review=VoteReview(store), exports=Exporter(BallotSource(store), lambda: b"key"))
    )


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
    from bot.moderation.vote_messages import _REASONS

    assert set(_REASONS) == set(Flag)


EXPORT = "telephone-admin export"


async def test_an_admin_gets_the_votes_as_a_file_that_only_they_see(server, store):
    await flagged(server, store)
    result = await server.admin.slash(server.channel, EXPORT)
    assert result.ephemeral
    [file] = result.response.attachments
    assert file.filename == "votes.csv"
    said = result.response.content
    assert said.startswith("3 votes of 3 voters in 1 battle; voters go by pseudonyms. No two pairs")
    assert said.endswith("`telephone leaderboard --votes votes.csv` makes a board of it.")
    rows = list(csv.DictReader(server.env.backend.cdn.get(file.url).decode().splitlines()))
    assert sorted(row["outcome"] for row in rows) == ["a", "b", "b"]
    assert str(server.bob.id) not in str(rows)


async def test_no_decision_of_an_admin_changes_the_file_and_so_tells_what_somebody_chose(server, store):
    await flagged(server, store)
    files = []
    for decision in ("clear", "strike"):
        await server.admin.slash(server.channel, VOTES, member=server.bob.user, decision=decision)
        result = await server.admin.slash(server.channel, EXPORT)
        files.append(server.env.backend.cdn.get(result.response.attachments[0].url))
    assert files[0] == files[1]


@pytest.fixture
def votes_alone(monkeypatch):
    for name in FORMATS.keys() - {"votes"}:
        monkeypatch.delitem(FORMATS, name)


async def test_one_format_is_no_choice(votes_alone, server):
    (only,) = server.env.bot.admin.get_command("export").parameters
    assert (only.name, only.description) == (
        "prompts",
        "The prompts of the list, or those that members typed themselves",
    )
    assert not only.required


async def test_without_votes_there_is_nothing_to_export(server):
    result = await server.admin.slash(server.channel, EXPORT, prompts="free")
    assert "No vote of a closed battle is here to export" in result.response.content
    assert server.refusals() == ["NotFound"]


def test_a_file_that_discord_would_not_take_is_not_sent():
    large = Export(b"x" * (10 * 2**20 + 1), "200,000 votes.")
    assert vote_messages.sheet(FORMATS["votes"], large) is None
    assert vote_messages.exported(FORMATS["votes"], large).endswith(
        "The file is too large for Discord; whoever runs this bot can write it with `telephone export votes`."
    )

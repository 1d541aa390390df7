"""A party on a simulated Discord: from joining to the awards, and what is refused on the way."""

import pytest
import simcord

from bot.app import TelephoneApp
from telephone.domain.refusals import STRANGER
from telephone.parties.service import DONE
from tests.cogs.test_games import LiveRuntime, LiveServer, live_server
from tests.cogs.test_turns import everything, labels_of, shown, words_of
from tests.support.pictures import paint

pytestmark = pytest.mark.slow


@pytest.fixture
async def runtime(tmp_path):
    opened = LiveRuntime(tmp_path)
    yield opened
    await opened.close()


@pytest.fixture
def bot(runtime):
    return TelephoneApp(runtime.open, shard_count=1)


def guests(env, server: LiveServer, count: int = 2):
    return [server.alice, *(server.guild.add_member(env.create_user(f"guest{n}")) for n in range(count))]


async def joined(env, server: LiveServer, **options):
    """A party of alice and two others whose prompts are collected; the members."""
    members = guests(env, server)
    await server.alice.slash(server.channel, "telephone party", **({"players": 3} | options))
    card = await shown(server, "### Party 1: who joins in?")
    for member in members[1:]:
        await member.click(card, label="Join")
    return members


async def brings(member, call, text: str):
    form = await member.click(call, label="Bring a prompt")
    return await member.submit_modal(form, {"prompt": text})


async def plays(member, call, said: str):
    turn = await member.click(call, label="Show me mine")
    assert turn.ephemeral
    if "Upload" in labels_of(turn.response):
        form = await member.click(turn.response, label="Upload")
        return turn, await member.submit_modal(form, {"drawing": [("me.png", paint(said))]})
    form = await member.click(turn.response, label="Write caption")
    return turn, await member.submit_modal(form, {"caption": said})


async def test_three_members_have_a_party_to_the_awards(runtime, bot):
    async with simcord.run(bot) as env:
        server = live_server(env, runtime, bot)
        members = guests(env, server)
        result = await server.alice.slash(server.channel, "telephone party", players=3, stand_in="painter")
        assert result.response.content.startswith("Party 1 is open, and you are in")
        card = await shown(server, "### Party 1: who joins in?")
        assert "1 of 3 places is taken; it begins by <t:" in words_of(card)
        assert "For who leaves, painter draws and critic describes." in words_of(card)
        assert labels_of(card) == ["Join", "Leave", "Stop"]
        for member in members[1:]:
            answer = await member.click(card, label="Join")
            assert "You are in" in answer.response.content
        call = await shown(server, "### Bring a prompt")
        assert labels_of(call) == ["Bring a prompt", "Give me one", "Leave"]
        for n, member in enumerate(members[:2]):
            answer = await brings(member, call, f"a *fox* number {n}")
            assert f"> a \\*fox\\* number {n}" in answer.response.content
            assert answer.ephemeral
        assert "Your album begins with this" in (await members[2].click(call, label="Give me one")).response.content

        call = await shown(server, "### Round 1 of 2: draw")
        assert "There are words to draw for each of you" in words_of(call)
        told = []
        for member in members:
            turn, answer = await plays(member, call, "a drawing")
            assert labels_of(turn.response) == ["Upload"]
            assert answer.response.content == "Thank you, your picture is in; the game goes on."
            told.append(turn.response.content)
        assert not any(f"number {n}" in told[n] for n in (0, 1)), "nobody draws their own prompt"
        call = await shown(server, "### Round 2 of 2: describe")
        assert not any("number" in one.content for one in everything(server)), "nothing is shown before the reveal"
        for n, member in enumerate(members):
            turn, _ = await plays(member, call, f"what member {n} sees")
            assert [(f.filename, f.description) for f in turn.response.attachments] == [
                ("picture.png", "Picture to describe")
            ]
        awards = await shown(server, "### Awards of party 1")
        assert "**Furthest from home**" in words_of(awards) or "everybody wins" in words_of(awards)
        assert "- Album 1: " in words_of(awards)
        card = await shown(server, "### Party 1 is over")
        assert labels_of(card) == ["Open thread"]
        thread = [one.content for one in server.channel.threads[0].history()]
        for n in (1, 2, 3):
            assert any(words.startswith(f"### Album {n} of 3, game #{n}") for words in thread)
        assert sum(words.startswith("**Replay**") for words in thread) == 3
        assert sum(words.startswith("**The prompt**") for words in thread) == 3


async def test_who_leaves_is_played_for_and_strangers_are_told_so(runtime, bot):
    async with simcord.run(bot) as env:
        server = live_server(env, runtime, bot)
        members = await joined(env, server)
        stranger = server.guild.add_member(env.create_user("stranger"))
        call = await shown(server, "### Bring a prompt")
        for member in members:
            await member.click(call, label="Give me one")
        call = await shown(server, "### Round 1 of 2: draw")
        assert (await stranger.click(call, label="Show me mine")).response.content == STRANGER
        assert (await members[2].click(call, label="Leave")).response.content == (
            "You left party 1; a model takes your turns. The reveal is in the thread."
        )
        await plays(members[0], call, "mine")
        assert (await members[0].click(call, label="Show me mine")).response.content == DONE
        await plays(members[1], call, "mine too")
        call = await shown(server, "### Round 2 of 2: describe")
        for member in members[:2]:
            await plays(member, call, "somebody's picture")
        await shown(server, "### Awards of party 1")
        thread = [one.content for one in server.channel.threads[0].history()]
        assert sum("by painter, stand-in for a member" in words for words in thread) == 1
        assert sum("by critic, stand-in for a member" in words for words in thread) == 1
        [*_] = env.errors


async def test_the_host_begins_early_and_stops_and_others_may_not(runtime, bot):
    async with simcord.run(bot) as env:
        server = live_server(env, runtime, bot)
        members = await joined(env, server, players=6)
        card = await shown(server, "3 of 6 places are taken")
        assert labels_of(card) == ["Join", "Leave", "Begin now", "Stop"]
        refused = await members[1].click(card, label="Begin now")
        assert refused.response.content.startswith("Only who started this party")
        assert (await server.alice.click(card, label="Begin now")).response.content.startswith("Party 1 begins with 3")
        await shown(server, "### Bring a prompt")
        question = await server.admin.click(card, label="Stop")
        assert "What was played so far is not shown" in question.response.content
        await server.admin.click(question.response, label="Stop the party")
        await shown(server, "### Party 1 ended early")
        [*_] = env.errors


async def test_the_call_for_prompts_counts_those_that_are_in(runtime, bot):
    async with simcord.run(bot) as env:
        server = live_server(env, runtime, bot)
        members = await joined(env, server)
        call = await shown(server, "### Bring a prompt")
        answer = await brings(members[1], call, "a castle of sand")
        assert "> a castle of sand" in answer.response.content
        assert "1 of 3 are in" in words_of(await shown(server, "1 of 3 are in"))

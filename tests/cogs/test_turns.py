"""Members take turns in a game: from the invitation over the claim to the answer, on a simulated Discord."""

import asyncio
import hashlib

import discord
import pytest
import simcord
from discord import ui

from bot.app import TelephoneApp
from telephone.domain.games import GameState
from telephone.domain.refusals import LATE, SEEN
from telephone.games.turn_service import OVER
from telephone.media.uploads import UNREADABLE
from tests.cogs.test_games import LiveRuntime, LiveServer, live_server
from tests.limits import LIMIT
from tests.support.pictures import paint

pytestmark = pytest.mark.slow

SAID = "a fox and a *broken* clock"


@pytest.fixture
async def runtime(tmp_path):
    opened = LiveRuntime(tmp_path)
    yield opened
    await opened.close()


@pytest.fixture
def bot(runtime):
    return TelephoneApp(runtime.open, shard_count=1)


def everything(server: LiveServer):
    return [one for room in (server.channel, *server.channel.threads) for one in room.history()]


def words_of(message: discord.Message) -> str:
    view = ui.LayoutView.from_message(message)
    return "\n".join(item.content for item in view.walk_children() if isinstance(item, ui.TextDisplay))


def labels_of(message: discord.Message) -> list[str | None]:
    if not message.flags.components_v2:
        return [item["label"] for row in message.components for item in row["components"]]
    view = ui.LayoutView.from_message(message)
    return [item.label for item in view.walk_children() if isinstance(item, ui.Button)]


async def shown(server: LiveServer, words: str) -> discord.Message:
    """The message that says so, once there is one."""
    async with asyncio.timeout(LIMIT):
        while True:
            for one in everything(server):
                if words in one.content or (one.flags.components_v2 and words in words_of(one)):
                    return one
            await asyncio.sleep(0.05)


async def ended(runtime, game_id):
    return await runtime.app.games.closed(game_id, timeout=LIMIT)


async def begun(server: LiveServer, **changes):
    result = await server.start(i2t="human", turns=2, **changes)
    [game] = await server.runtime.app.games.store.games.unfinished()
    return result, game


async def caption(member, invitation, text: str = SAID):
    claim = await member.click(invitation, label="Take this turn")
    form = await member.click(claim.response, label="Write caption")
    return await member.submit_modal(form, {"caption": text})


async def test_an_open_game_is_played_by_who_presses_first(runtime, bot):
    async with simcord.run(bot) as env:
        server = live_server(env, runtime, bot)
        bob = server.guild.add_member(env.create_user("bob"))
        _, game = await begun(server)
        invitation = await shown(server, "### Turn 1: write a caption")
        assert "First to press gets 10 min and sees one picture. Otherwise critic plays at <t:" in words_of(invitation)
        assert labels_of(invitation) == ["Take this turn", "Let AI play"]
        card = await shown(server, "### #1 waiting for a member")
        assert "Turn 1, caption. Otherwise critic plays at <t:" in words_of(card)

        claim = await bob.click(invitation, label="Take this turn")
        assert claim.ephemeral
        assert claim.response.content.startswith("Only you see this; say in a sentence what you see.")
        assert [(f.filename, f.description) for f in claim.response.attachments] == [
            ("picture.png", "Picture to describe")
        ]
        assert labels_of(claim.response) == ["Write caption", "Give back"]
        taken = await shown(server, "### Turn 1: a member is at the caption")
        assert labels_of(taken) == []
        form = await bob.click(claim.response, label="Write caption")
        done = await bob.submit_modal(form, {"caption": SAID})
        assert done.response.content == "Thank you, your caption is in; the game goes on."

        step = await shown(server, "**Turn 1 of 2, caption** by a member")
        assert step.content.endswith("> a fox and a \\*broken\\* clock")
        assert "A member took this turn." in words_of(await shown(server, "### Turn 1: the caption is there"))
        await caption(bob, await shown(server, "### Turn 2: write a caption"))
        assert (await ended(runtime, game.id)).state is GameState.FINISHED
        await bot.close()


async def test_a_member_draws_and_a_file_that_is_no_picture_comes_back_kindly(runtime, bot):
    async with simcord.run(bot) as env:
        server = live_server(env, runtime, bot)
        await server.start(t2i="human", turns=1)
        [game] = await runtime.app.games.store.games.unfinished()
        invitation = await shown(server, "### Turn 1: draw a picture")
        claim = await server.alice.click(invitation, label="Take this turn")
        assert claim.response.content.endswith("> a fox mends a clock")
        assert labels_of(claim.response) == ["Upload", "Give back"]
        form = await server.alice.click(claim.response, label="Upload")
        wrong = await server.alice.submit_modal(form, {"drawing": ("notes.txt", b"no picture")})
        assert wrong.response.content == UNREADABLE
        again = await server.alice.click(claim.response, label="Upload")
        await server.alice.submit_modal(again, {"drawing": ("mine.png", paint("mine"))})
        step = await shown(server, "**Turn 1 of 1, picture** by a member")
        assert [file.filename for file in step.attachments] == ["turn-01.png"]
        assert (await ended(runtime, game.id)).state is GameState.FINISHED
        await bot.close()


async def test_a_turn_can_be_given_back_and_a_host_lets_ai_play(runtime, bot):
    async with simcord.run(bot) as env:
        server = live_server(env, runtime, bot)
        bob = server.guild.add_member(env.create_user("bob"))
        _, game = await begun(server)
        claim = await bob.click(await shown(server, "### Turn 1: write a caption"), label="Take this turn")
        back = await bob.click(claim.response, label="Give back")
        assert back.response.content.startswith("You gave turn 1 back")
        invitation = await shown(server, "### Turn 1: write a caption")
        refused = await bob.click(invitation, label="Let AI play")
        assert refused.response.content.startswith("Only who started this game")
        played = await server.alice.click(invitation, label="Let AI play")
        assert played.response.content == "critic plays turn 1 now."
        await shown(server, "**Turn 1 of 2, caption** by critic, stand-in for a member")
        assert "critic plays it" in words_of(await shown(server, "### Turn 1: a stand-in makes the caption"))
        assert (await runtime.app.games.get(game.id, server=server.guild.id)).stand_ins
        await bot.close()


async def test_a_late_answer_is_given_back_to_its_author(runtime, bot):
    async with simcord.run(bot) as env:
        server = live_server(env, runtime, bot)
        await begun(server)
        invitation = await shown(server, "### Turn 1: write a caption")
        claim = await server.alice.click(invitation, label="Take this turn")
        form = await server.alice.click(claim.response, label="Write caption")
        await server.alice.click(claim.response, label="Give back")
        again = await server.alice.click(claim.response, label="Write caption")
        assert again.response.content == OVER
        late = await server.alice.submit_modal(form, {"caption": SAID})
        assert late.response.content == f"{LATE}\n> a fox and a \\*broken\\* clock"
        await bot.close()


async def test_who_holds_a_turn_is_reminded_where_only_they_see_it_and_by_a_message_they_asked_for(runtime, bot):
    async with simcord.run(bot) as env:
        server = live_server(env, runtime, bot)
        await runtime.app.games.store.servers.change(server.guild.id, claim_seconds=2)
        await runtime.app.games.store.members.change(server.guild.id, server.alice.id, reminders=True)
        await begun(server)
        invitation = await shown(server, "### Turn 1: write a caption")
        claim = await server.alice.click(invitation, label="Take this turn")
        async with asyncio.timeout(LIMIT):
            while not claim.followups:
                await asyncio.sleep(0.05)
        (reminder,) = claim.followups
        assert reminder.content.startswith("Half of your time for turn 1 of game #1 in <#")
        assert reminder.flags.ephemeral
        direct = [
            one for one in env.backend.messages.values() for one in one.values() if one.content == reminder.content
        ]
        assert len(direct) == 2, "the follow-up and the message"
        await bot.close()


async def test_a_stopped_game_takes_its_invitation_back(runtime, bot):
    async with simcord.run(bot) as env:
        server = live_server(env, runtime, bot)
        _, game = await begun(server)
        await shown(server, "### Turn 1: write a caption")
        await runtime.app.games.stop(game.id, by=server.alice.id, is_host=False, server=server.guild.id)
        message = await shown(server, "### Turn 1: not taken")
        assert labels_of(message) == []
        await bot.close()


async def test_a_form_from_before_a_restart_is_still_answered(runtime, bot):
    async with simcord.run(bot) as env:
        server = live_server(env, runtime, bot)
        _, game = await begun(server)
        invitation = await shown(server, "### Turn 1: write a caption")
        claim = await server.alice.click(invitation, label="Take this turn")
        form = await server.alice.click(claim.response, label="Write caption")
        assert not bot._connection._view_store._modals, "nothing is remembered that a restart would forget"
        done = await server.alice.submit_modal(form, {"caption": SAID})
        assert done.response.content.startswith("Thank you")
        assert (await runtime.app.games.get(game.id, server=server.guild.id)).steps[1].text == SAID
        await bot.close()


async def test_nobody_sees_more_than_one_item_of_a_sealed_game_before_its_reveal(runtime, bot):
    async with simcord.run(bot) as env:
        server = live_server(env, runtime, bot)
        people = [server.guild.add_member(env.create_user(name)) for name in ("bob", "cleo")]
        result, game = await begun(server, sealed=True, prompt="#easy-002")
        seen = {server.alice.id: await told([result.response])} | {one.id: [] for one in people}
        for turn, member in enumerate(people, 1):
            invitation = await shown(server, f"### Turn {turn}: write a caption")
            assert "Sealed: who has seen one turn" in words_of(invitation)
            for other in (server.alice, *people[: turn - 1]):
                refused = await other.click(invitation, label="Take this turn")
                assert refused.response.content == SEEN
                seen[other.id] += await told([refused.response])
            claim = await member.click(invitation, label="Take this turn")
            asked = [await member.slash(server.channel, f"telephone {name}") for name in ("status", "replay")]
            asked += [await member.slash(server.channel.threads[0], "telephone replay")]
            asked += [await member.slash(server.channel, "telephone leaderboard")]
            seen[member.id] += await told([claim.response, *(one.response for one in asked)])
            await _check_what_is_seen(server, game, seen)
            form = await member.click(claim.response, label="Write caption")
            await member.submit_modal(form, {"caption": f"what member {turn} saw"})
        assert (await ended(runtime, game.id)).state is GameState.FINISHED
        (thread,) = server.channel.threads
        opening, *line = [one for one in thread.history() if one.content]
        assert opening.content.startswith("**The prompt**")
        assert [one.reference.message_id for one in line] == [opening.id, *(one.id for one in line[:-1])]
        assert [one.content.splitlines()[0] for one in line] == [
            "**Turn 1 of 2, picture** by painter", "**Turn 1 of 2, caption** by a member",
            "**Turn 2 of 2, picture** by painter", "**Turn 2 of 2, caption** by a member",
        ]  # fmt: skip
        assert env.errors
        await bot.close()


async def _check_what_is_seen(server: LiveServer, game, seen: dict[int, list[str]]) -> None:
    """Of the prompt and all that was played, the public sees nothing, each member one item, one of them one."""
    stored = await server.runtime.app.games.get(game.id, server=server.guild.id)
    items = [stored.request.prompt.text, *(step.text or step.image for step in stored.steps)]
    public = await told(everything(server))
    assert not [item for item in items if any(item in part for part in public)]
    counts = {who: sum(any(item in part for part in parts) for item in items) for who, parts in seen.items()}
    assert max(counts.values()) == 1, "the one who has just taken a turn"


async def told(messages) -> list[str]:
    """All that messages give away: words, and the names, alternative texts and hashes of their files."""
    parts = [f"{one.content}\n{words_of(one) if one.flags.components_v2 else ''}" for one in messages]
    files = [(file, hashlib.sha256(await file.read())) for one in messages for file in one.attachments]
    return [*parts, *(f"{file.filename} {file.description} {content.hexdigest()}" for file, content in files)]


async def test_a_host_calls_members_into_a_game_and_nobody_else_is_mentioned(runtime, bot):
    async with simcord.run(bot) as env:
        server = live_server(env, runtime, bot)
        bob, cleo = [server.guild.add_member(env.create_user(name)) for name in ("bob", "cleo")]
        quiet = server.guild.create_role("Quiet", mentionable=False)
        early = await server.alice.slash(server.channel, "telephone invite", who=bob)
        assert early.response.content.startswith("No such game is here yet")
        await begun(server, sealed=True)
        await shown(server, "### #1 waiting for a member")
        refused = await bob.slash(server.channel, "telephone invite", who=cleo)
        assert refused.response.content.startswith("Only who started this game")
        role = await server.alice.slash(server.channel, "telephone invite", who=quiet)
        assert role.response.content.startswith("You may not mention Quiet here")
        done = await server.alice.slash(server.channel, "telephone invite", who=bob, also=cleo)
        assert done.response.content.startswith("They are called: https://discord.com/channels/")
        message = await shown(server, "waits for one of you to write a caption")
        assert message.content.startswith(f"{bob.mention}, {cleo.mention}: turn 1 of game #1")
        assert {one.id for one in message.mentions} == {bob.id, cleo.id}
        rows = await server.alice.autocomplete(server.channel, "telephone invite", "game", "", who=bob)
        assert [row["name"] for row in rows] == ["#1 painter × human, turn 1 of 2"]
        assert env.errors
        await bot.close()

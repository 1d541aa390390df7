"""What a member types and presses, and what they read."""

import discord
import pytest

from bot.games.messages import not_host, stop_question, stopped
from bot.ui import wording
from telephone.domain.games import GameState
from telephone.errors import Misconfigured, OverBudget
from tests.bot.samples import NASTY
from tests.cogs.fakes import THREAD

PROMPT = "a fox mends a clock"


async def test_a_start_is_acknowledged_in_private_and_says_where_the_game_is(server):
    result = await server.alice.slash(server.channel, "telephone start", prompt=PROMPT, t2i="painter", turns=3, seed=7)
    first = next(one for one in server.env.http_requests if one.path.endswith("/callback"))
    assert first.json == {"type": 5, "data": {"flags": 64}}
    assert result.ephemeral
    assert result.response.content == f"Game #1 is playing in <#{THREAD}>."
    (asked,) = server.app.games.asked
    assert (asked.prompt, asked.t2i, asked.i2t, asked.turns, asked.seed) == (PROMPT, "painter", None, 3, 7)
    assert (asked.guild_id, asked.channel_id, asked.starter_id) == (server.guild.id, server.channel.id, server.alice.id)
    assert asked.longest_prompt == 1_000


async def test_a_game_that_has_to_wait_says_its_place(server):
    for _ in range(2):
        server.app.games.add(server.guild.id)
    next_one = await server.alice.slash(server.channel, "telephone start", prompt=PROMPT)
    result = await server.alice.slash(server.channel, "telephone start", prompt=PROMPT)
    assert next_one.response.content == f"Game #3 plays next in <#{THREAD}>; it starts by itself."
    assert result.response.content == f"Game #4 is queued at place 2 in <#{THREAD}>; it starts by itself."


@pytest.mark.parametrize("permission", [name for name in wording.NEEDED if name != "view_channel"])
async def test_a_missing_permission_is_found_before_anything_is_stored(server, permission):
    me = server.guild.me
    shut = server.guild.create_text_channel("shut", overwrites={me: discord.PermissionOverwrite(**{permission: False})})
    result = await server.alice.slash(shut, "telephone start", prompt=PROMPT)
    assert result.response.content == wording.NO_THREADS
    assert server.app.games.asked == []
    assert server.refusals() == ["NotAllowed"]


async def test_a_game_is_not_started_inside_a_thread(server):
    opener = await server.alice.send(server.channel, "hello")
    server.env.backend.create_thread(server.channel.id, "talk", server.alice.id, message_id=opener.id)
    result = await server.alice.slash(server.channel.threads[0], "telephone start", prompt=PROMPT)
    assert result.response.content == f"{wording.NOT_IN_THREAD}: <#{server.channel.id}>"
    assert server.refusals() == ["Elsewhere"]


async def test_a_refusal_is_told_in_its_own_words(server):
    result = await server.alice.slash(server.channel, "telephone start", prompt=PROMPT, t2i="absent")
    assert result.ephemeral
    assert result.response.content == "absent cannot play yet (no key); choose another model or ask the operator."
    assert server.refusals() == ["NotAllowed"]


async def test_words_of_others_in_a_refusal_do_nothing(server):
    server.app.games.faults.append(OverBudget(NASTY))
    result = await server.alice.slash(server.channel, "telephone start", prompt=PROMPT)
    assert "\\@everyone" in result.response.content
    assert "https://" not in result.response.content
    assert server.refusals() == ["OverBudget"]


async def test_a_fault_of_ours_is_told_kindly_with_a_reference(server, caplog):
    server.app.games.faults.append(ZeroDivisionError("secret detail"))
    result = await server.alice.slash(server.channel, "telephone start", prompt=PROMPT)
    first, ref = result.response.content.splitlines()
    assert first == wording.BROKEN
    assert ref.startswith("Ref ")
    assert len(ref) == 8
    assert "secret" not in result.response.content
    assert server.refusals() == ["ZeroDivisionError"]


async def test_the_operators_detail_is_not_for_members(server):
    server.app.games.faults.append(Misconfigured("The painter is not set up; please ask the operator.", "key sk-123"))
    result = await server.alice.slash(server.channel, "telephone start", prompt=PROMPT)
    assert result.response.content.startswith("The painter is not set up; please ask the operator.\nRef ")
    assert "sk-123" not in result.response.content
    assert server.refusals() == ["Misconfigured"]


async def test_models_that_can_play_are_offered_first_and_the_rest_with_its_reason(server):
    rows = await server.alice.autocomplete(server.channel, "telephone start", "t2i", "")
    assert rows[0] == {"name": "painter", "value": "painter"}
    assert rows[1] == {"name": "absent – needs OPENAI_API_KEY", "value": "absent"}
    assert len(rows) == 25
    found = await server.alice.autocomplete(server.channel, "telephone start", "t2i", "L-3")
    assert [row["value"] for row in found] == ["model-3", *(f"model-{n}" for n in range(30, 40))]


async def test_curated_prompts_are_offered_and_searched_by_their_words(server):
    rows = await server.alice.autocomplete(server.channel, "telephone start", "prompt", "")
    assert rows[0]["value"] == "#easy-001"
    assert all(len(row["name"]) <= 100 for row in rows)
    assert await server.alice.autocomplete(server.channel, "telephone start", "prompt", "no such words") == []


async def test_an_autocompletion_that_fails_offers_nothing(server, monkeypatch):
    monkeypatch.setattr(type(server.app.models), "choices", None)
    assert await server.alice.autocomplete(server.channel, "telephone start", "t2i", "") == []


async def test_stopping_asks_first_and_the_host_may(server):
    shown = server.app.games.add(server.guild.id, starter=server.alice.id, steps=2)
    asked = await server.alice.slash(server.channel, "telephone stop", game=shown.number)
    assert asked.response.content == stop_question(shown)
    assert server.app.games.kept[shown.id].state is GameState.PLAYING
    await server.alice.click(asked.response, label="Stop the game")
    assert server.app.games.kept[shown.id].state is GameState.STOPPED
    (message,) = [one for one in server.channel.history(viewer=server.alice) if one.flags.ephemeral]
    assert message.content == stopped(shown)
    assert message.components == []


async def test_a_host_may_think_again(server):
    shown = server.app.games.add(server.guild.id, starter=server.alice.id)
    asked = await server.alice.slash(server.channel, "telephone stop")
    await server.alice.click(asked.response, label="Play on")
    assert server.app.games.kept[shown.id].state is GameState.PLAYING


async def test_only_hosts_stop_a_game(server):
    shown = server.app.games.add(server.guild.id, starter=server.alice.id)
    refused = await server.bob.slash(server.channel, "telephone stop", game=shown.number)
    assert refused.response.content == not_host(shown)
    asked = await server.admin.slash(server.channel, "telephone stop", game=shown.number)
    assert asked.response.content == stop_question(shown)
    assert server.refusals() == ["NotAllowed"]


async def test_a_game_that_is_not_there_is_told(server):
    result = await server.alice.slash(server.channel, "telephone stop", game=99)
    assert result.response.content == "There is no game #99 here."
    nothing = await server.alice.slash(server.channel, "telephone replay")
    assert nothing.response.content == "No such game is here yet; /telephone start begins one."
    assert server.refusals() == ["NotFound", "NotFound"]


async def test_games_of_other_servers_are_not_seen(server):
    server.app.games.add(server.guild.id + 1)
    assert await server.alice.autocomplete(server.channel, "telephone stop", "game", "") == []
    result = await server.alice.slash(server.channel, "telephone status")
    assert result.response.content.startswith("No game is being played here")


async def test_the_status_names_games_and_places(server):
    server.app.games.add(server.guild.id, steps=2)
    server.app.games.add(server.guild.id, GameState.QUEUED)
    result = await server.alice.slash(server.channel, "telephone status")
    assert result.ephemeral
    assert "#2 in <#33>: queued, place 1" in result.response.content
    assert "#1 in <#33>: playing, turn 2 of 2" in result.response.content


async def test_a_replay_is_posted_in_the_thread_and_linked(server):
    opener = await server.alice.send(server.channel, "a card")
    server.env.backend.create_thread(server.channel.id, "game", server.alice.id, message_id=opener.id)
    (thread,) = server.channel.threads
    shown = server.app.games.add(server.guild.id, steps=2)
    server.app.games.kept[shown.id] = shown = _in_thread(shown, thread.id)
    result = await server.alice.slash(thread, "telephone replay")
    posted = thread.last_message
    assert posted.attachments[0].filename == "game-1.gif"
    assert posted.attachments[0].description == "Replay of game 1."
    assert result.response.content.endswith(f"{server.guild.id}/{thread.id}/{posted.id}")
    await server.bob.slash(thread, "telephone replay", game=1)
    assert [one.id for one in thread.history() if one.attachments] == [posted.id]


async def test_a_replay_without_a_thread_comes_with_the_answer(server):
    server.app.games.add(server.guild.id, steps=2, posted=False)
    result = await server.alice.slash(server.channel, "telephone replay")
    assert [file.filename for file in result.response.attachments] == ["game-1.gif"]


def _in_thread(shown, thread_id):
    from tests.bot.samples import at_place

    return at_place(shown, thread_id=thread_id)


@pytest.mark.parametrize("restricted", [True, False])
async def test_a_game_knows_whether_its_channel_is_for_adults(server, monkeypatch, restricted):
    monkeypatch.setattr(discord.TextChannel, "is_nsfw", lambda channel: restricted)
    await server.alice.slash(server.channel, "telephone start", prompt="a fox mends a clock")
    assert server.app.games.asked[-1].age_restricted is restricted

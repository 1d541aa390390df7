"""Buttons on cards and summaries: whose they are, and that they outlive the bot that posted them."""

from dataclasses import replace

import pytest

from bot.app import TelephoneApp
from bot.client import LATE_MAX
from bot.games import messages as game_messages
from bot.games.messages import continued, not_host, stop_question
from bot.games.presenter import DiscordGamePresenter
from bot.ui import wording
from telephone.domain.games import GameState
from telephone.ports.games import Progress
from telephone.ports.posting import Posting
from tests.cogs.fakes import MemoryRuntime


async def card_of(server, state, **changes):
    """A game of the service whose card hangs in the channel."""
    shown = server.app.games.add(server.guild.id, state, starter=server.alice.id, **changes)
    shown = replace(shown, request=replace(shown.request, channel_id=server.channel.id))
    game_presenter = DiscordGamePresenter(server.env.bot)
    card = await game_presenter.post_card(shown, Progress(), Posting("n", shown.created_at))
    server.app.games.kept[shown.id] = replace(shown, place=replace(shown.place, card_id=card))
    return server.app.games.kept[shown.id], server.channel.last_message


async def test_stop_on_a_card_asks_its_host_first(server):
    shown, card = await card_of(server, GameState.PLAYING)
    asked = await server.alice.click(card, label="Stop")
    assert asked.ephemeral
    assert asked.response.content == stop_question(shown)
    await server.alice.click(asked.response, label="Stop the game")
    assert server.app.games.kept[shown.id].state is GameState.STOPPED


async def test_stop_on_a_card_is_not_for_others(server):
    shown, card = await card_of(server, GameState.PLAYING)
    refused = await server.bob.click(card, label="Stop")
    assert refused.ephemeral
    assert refused.response.content == not_host(shown)
    assert server.app.games.kept[shown.id].state is GameState.PLAYING


async def test_a_button_on_an_outdated_card_says_what_is_so(server):
    shown, card = await card_of(server, GameState.PLAYING)
    server.app.games.kept[shown.id] = replace(shown, state=GameState.FINISHED)
    refused = await server.alice.click(card, label="Stop")
    assert refused.response.content == "Game #1 has ended already; there is nothing to stop."


async def test_continue_sets_a_paused_game_going(server):
    shown, card = await card_of(server, GameState.PAUSED, steps=2)
    result = await server.alice.click(card, label="Continue")
    assert result.response.content == continued(shown)
    assert server.app.games.kept[shown.id].state is GameState.QUEUED


async def test_play_again_starts_the_same_prompt_for_whoever_pressed(server):
    shown, card = await card_of(server, GameState.FINISHED, steps=4)
    result = await server.bob.click(card, label="Play again")
    (asked,) = server.app.games.asked
    assert result.ephemeral
    assert result.response.content.startswith("Game #2 is playing")
    assert (asked.prompt, asked.starter_id, asked.seed) == (shown.request.prompt.text, server.bob.id, None)
    assert asked.channel_id == server.channel.id


async def test_old_buttons_work_after_a_restart(server):
    shown, card = await card_of(server, GameState.PLAYING)
    runtime = MemoryRuntime(server.app)

    async def open_runtime(_surfaces):
        return runtime

    await server.env.restart_bot(TelephoneApp(open_runtime, shard_count=1))
    asked = await server.alice.click(card, label="Stop")
    assert asked.response.content == stop_question(shown)


async def test_a_fault_behind_a_button_takes_the_same_road(server):
    _, card = await card_of(server, GameState.FINISHED, steps=4)
    server.app.games.faults.append(ZeroDivisionError())
    result = await server.alice.click(card, label="Play again")
    assert result.response.content.startswith(f"{wording.BROKEN}\nRef ")


async def test_a_press_that_expired_is_made_up_for_at_the_next_one(server):
    shown, card = await card_of(server, GameState.PLAYING)
    server.env.inject_error("POST", "/interactions/*/callback", status=404, code=10062)
    await server.alice.click(card, label="Stop")
    result = await server.alice.click(card, label="Stop")
    assert result.response.content == f"{wording.LATE}\n{stop_question(shown)}"
    again = await server.alice.click(card, label="Stop")
    assert again.response.content == stop_question(shown)


async def test_presses_that_expired_are_remembered_up_to_a_bound(server):
    for member_id in range(LATE_MAX + 10):
        server.env.bot.late[member_id] = True
    assert len(server.env.bot.late) == LATE_MAX
    assert server.env.bot.late.get(LATE_MAX + 9, False)


@pytest.mark.parametrize("label", ["GIF"])
async def test_the_summarys_replay_button_tells_when_nothing_was_played(server, label):
    shown, _ = await card_of(server, GameState.FINISHED)
    view = game_messages.summary(replace(shown, turns=()), _nothing()).view
    assert view is not None
    message = await server.env.bot.get_partial_messageable(server.channel.id).send(
        view=view, files=[file.file() for file in game_messages.summary(shown, _nothing()).files]
    )
    result = await server.bob.click(message, label=label)
    assert "has no finished turn yet" in result.response.content


def _nothing():
    from tests.bot.samples import summary

    return replace(summary(), drift=None, chart=None)

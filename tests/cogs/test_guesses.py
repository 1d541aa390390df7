"""Spectators press the questions under a revealed game, on a simulated Discord."""

import discord
import pytest
import simcord

from bot.app import TelephoneApp
from telephone.games.guesses import KNOWS
from tests.cogs.test_games import LiveRuntime, LiveServer, live_server
from tests.cogs.test_turns import caption, everything, labels_of, shown, words_of
from tests.limits import LIMIT

ASKS = ["Which step was human?", "Where was the subject lost?"]


@pytest.fixture
def runtime(tmp_path):
    return LiveRuntime(tmp_path)


@pytest.fixture
def bot(runtime):
    return TelephoneApp(runtime.open, shard_count=1)


async def revealed(server: LiveServer, taker) -> discord.Message:
    """The summary of a sealed line of two models in which one member wrote the caption of turn 2."""
    await server.start(turns=2, human_step="2c")
    [game] = await server.runtime.app.games.store.games.unfinished()
    await caption(taker, await shown(server, "### A member's turn: write a caption"))
    await server.runtime.app.games.closed(game.id, timeout=LIMIT)
    return await shown(server, "prompt to last caption")


def options_of(message: discord.Message) -> list[list[str]]:
    """What each select of a classic message offers."""
    return [[one["label"] for one in item["options"]] for row in message.components for item in row["components"]]


async def test_spectators_guess_which_step_was_human_and_where_the_subject_was_lost(runtime, bot):
    async with simcord.run(bot) as env:
        server = live_server(env, runtime, bot)
        bob, cleo = [server.guild.add_member(env.create_user(name)) for name in ("bob", "cleo")]
        summary = await revealed(server, bob)
        assert labels_of(summary)[-2:] == ASKS
        public = "\n".join([one.content or words_of(one) for one in everything(server)])
        assert "by a member" not in public
        assert "by critic" not in public

        asked = await cleo.click(summary, label=ASKS[0])
        assert asked.ephemeral
        assert options_of(asked.response) == [["Turn 1, caption", "Turn 2, caption"]]
        told = await cleo.select(asked.response, ["1c"])
        assert told.response.content.startswith(
            "Not turn 1, caption: turn 2, caption, is by a member. 0 of 1 found it.\nChosen so far:"
        )
        assert not told.response.components
        again = await cleo.click(summary, label=ASKS[0])
        assert again.response.content == told.response.content
        for knows in (bob, server.alice):
            refused = await knows.click(summary, label=ASKS[0])
            assert refused.response.content == KNOWS

        lost = await bob.click(summary, label=ASKS[1])
        assert options_of(lost.response) == [
            ["Turn 1, picture", "Turn 1, caption", "Turn 2, picture", "Turn 2, caption"]
        ]
        await bob.select(lost.response, ["1p"])
        changed = await bob.select(lost.response, ["2p"])
        assert changed.response.content.startswith(
            "You chose turn 2, picture. Most often chosen: turn 2, picture (1 of 1). By distance, no turn after the "
        )
        assert changed.response.content.endswith("(letters).\nChosen so far:\n- turn 2, picture: 1")
        await bot.close()


async def test_a_question_from_before_a_restart_is_still_answered(runtime, bot):
    async with simcord.run(bot) as env:
        server = live_server(env, runtime, bot)
        bob, cleo = [server.guild.add_member(env.create_user(name)) for name in ("bob", "cleo")]
        asked = await cleo.click(await revealed(server, bob), label=ASKS[1])
        assert not bot._connection._view_store._views, "nothing is remembered that a restart would forget"
        told = await cleo.select(asked.response, ["1c"])
        assert told.response.content.startswith("You chose turn 1, caption.")
        await bot.close()

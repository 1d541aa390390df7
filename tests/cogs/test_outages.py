"""What members are told while the database does not answer: one sentence, and the log one line."""

import psycopg
import pytest
import simcord
import sqlalchemy as sa
from structlog.testing import capture_logs

from bot.app import TelephoneApp
from bot.ui import wording
from telephone.domain.games import GameState
from tests.cogs.test_games import LiveRuntime, live_server
from tests.cogs.test_turns import SAID, begun, caption, ended, shown


def outage() -> sa.exc.OperationalError:
    return sa.exc.OperationalError("SELECT 1", {}, psycopg.errors.lookup("57P03")("the database is starting up"))


@pytest.mark.parametrize("kind", ["command", "button"])
async def test_a_member_is_told_in_one_sentence_and_the_log_has_no_traceback(server, kind):
    server.app.games.add(server.guild.id, starter=server.alice.id)
    with capture_logs() as logs:
        if kind == "command":
            server.app.games.faults.append(outage())
            await server.alice.slash(server.channel, "telephone start", prompt="a fox mends a clock")
        else:
            asked = await server.alice.slash(server.channel, "telephone stop")
            server.app.games.faults.append(outage())
            await server.alice.click(asked.response, label="Stop the game")
    (message,) = [one for one in server.channel.history(viewer=server.alice) if one.flags.ephemeral]
    assert message.content == wording.NO_DATABASE
    assert server.refusals() == (["OperationalError"] if kind == "command" else [])
    [told] = [entry for entry in logs if entry["event"] == "the database does not answer"]
    assert (told["log_level"], told["why"]) == ("warning", "the database is starting up")
    assert not any("exc_info" in entry for entry in logs)


async def test_a_command_that_cannot_be_written_down_is_never_left_thinking(server, monkeypatch):
    """A kill may come at any moment after the acknowledgement, and nothing would know of the command then."""
    server.app.interactions.slow = True
    seen, start = [], server.app.games.start

    async def started(*arguments, **options):
        seen.extend(one for one in server.channel.history(viewer=server.alice) if one.flags.ephemeral)
        return await start(*arguments, **options)

    monkeypatch.setattr(server.app.games, "start", started)
    asked = await server.alice.slash(server.channel, "telephone start", prompt="a fox mends a clock")
    (first,) = seen
    assert (first.content, first.flags.loading) == (wording.SLOW_STORE, False)
    assert asked.response.content.startswith("Game #"), "the answer takes its place"


@pytest.mark.slow
async def test_the_words_of_a_form_are_given_back_and_can_be_sent_again(tmp_path, monkeypatch):
    runtime = LiveRuntime(tmp_path)
    bot = TelephoneApp(runtime.open, shard_count=1)
    try:
        async with simcord.run(bot) as env:
            live = live_server(env, runtime, bot)
            bob = live.guild.add_member(env.create_user("bob"))
            _, game = await begun(live)
            seats, down = type(runtime.app.turns.store.seats), True
            answer = seats.answer

            async def answered(self, *arguments, **options):
                if down:
                    raise outage()
                return await answer(self, *arguments, **options)

            monkeypatch.setattr(seats, "answer", answered)
            claim = await bob.click(await shown(live, "### Turn 1: write a caption"), label="Take this turn")
            form = await bob.click(claim.response, label="Write caption")
            told = await bob.submit_modal(form, {"caption": SAID})
            assert told.response.content.startswith(f"{wording.NO_DATABASE}\n{wording.YOUR_WORDS}\n>>> a fox and a")
            down = False
            again = await bob.click(claim.response, label="Write caption")
            await bob.submit_modal(again, {"caption": SAID})
            await caption(bob, await shown(live, "### Turn 2: write a caption"))
            assert (await ended(runtime, game.id)).state is GameState.FINISHED
            await bot.close()
    finally:
        await runtime.close()

"""The stand-in, tried with a real discord.py bot that runs as a process of its own."""

from __future__ import annotations

import asyncio
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import discord
import pytest
from simcord.builders import ChannelHandle

from tests.standin import BotProcess, Guild, Member, Message, Standin, Unanswered
from tests.standin.samplebot import PICTURE

SAMPLE = [sys.executable, "-W", "ignore", "-m", "tests.standin.samplebot"]


@dataclass(frozen=True)
class Table:
    """One server, one channel, one member and the sample bot, ready to play."""

    discord: Standin
    guild: Guild
    channel: ChannelHandle
    alice: Member
    bot: BotProcess

    async def panel(self) -> Message:
        shown = (await self.alice.slash(self.channel, "panel")).response
        assert shown is not None
        return shown

    async def post(self, text: str, nonce: str, **options: Any) -> str:
        """What the bot says became of a message that it was asked to post."""
        asked = await self.alice.slash(self.channel, "post", text=text, nonce=nonce, **options)
        await self.discord.until(lambda: asked.response and not asked.response.loading)
        assert asked.response is not None
        return asked.response.content

    def texts(self, channel: object = None) -> list[str]:
        return [message.text for message in self.discord.messages(channel or self.channel)]


@pytest.fixture
async def table(standin: Standin) -> Table:
    guild = standin.create_guild("Players")
    channel, alice = guild.create_text_channel("telephone"), guild.add_member("alice")
    return Table(standin, guild, channel, alice, await standin.run_bot(SAMPLE))


async def test_a_slash_command_opens_a_thread_and_replies_with_a_picture(table: Table) -> None:
    asked = await table.alice.slash(table.channel, "start", prompt="a fox")
    assert asked.kind == "deferred"
    assert asked.took is not None
    assert asked.took > 0
    await table.discord.until(lambda: asked.followups)
    (thread,) = table.discord.threads(table.channel)
    (card,) = table.discord.messages(table.channel)
    assert (thread.name, thread.starter) == ("a fox", card.id)
    opening, reply = table.discord.messages(thread)
    assert (opening.text, reply.reply_to) == ("a fox", opening.id)
    assert [(file.name, file.alt, file.data) for file in reply.attachments] == [
        ("step-1.png", "a fox on a hill", PICTURE)
    ]
    assert asked.response is not None
    assert asked.response.content == f"Playing in <#{thread.id}>"
    assert [message.content for message in asked.followups] == ["One more thing"]


async def test_private_answers_are_seen_by_their_member_only(table: Table) -> None:
    bob = table.guild.add_member("bob")
    await table.post("hello", "n-1")
    seen = [[m.content for m in table.discord.messages(table.channel, viewer=who)] for who in (None, bob, table.alice)]
    assert [len(contents) for contents in seen] == [1, 1, 2]


async def test_commands_and_completions_are_offered(table: Table) -> None:
    assert table.alice.commands(table.channel) == ("panel", "post", "start")
    assert await table.alice.autocomplete(table.channel, "start", "prompt", "al") == [
        {"name": "alpha", "value": "alpha"}
    ]


async def test_a_button_opens_a_form_that_takes_text_and_files(table: Table) -> None:
    pressed = await table.alice.click(await table.panel(), label="Note")
    assert pressed.modal is not None
    assert pressed.modal["title"] == "A note"
    files = [("a.png", PICTURE), ("b.png", b"bb")]
    sent = await table.alice.submit(pressed, {"Your note": "hm", "files": files})
    assert sent.response is not None
    assert sent.response.content == f"hm: ['a.png', 'b.png'] [{len(PICTURE)}, 2]"


async def test_a_select_menu_changes_its_message(table: Table) -> None:
    panel = await table.panel()
    assert (await table.alice.select(panel, ["B"])).kind == "update"
    (changed,) = table.discord.messages(table.channel)
    assert (changed.id, changed.text, changed.edited) == (panel.id, "Picked B", True)


async def test_a_menu_command_acts_on_a_message(table: Table) -> None:
    message, anna = await table.alice.send(table.channel, "twelve chars"), table.guild.add_member("anna", locale="de")
    answers = [(await member.menu(message, "Measure")).response for member in (table.alice, anna)]
    assert [answer and answer.content for answer in answers] == [
        "12 characters, en-US, 10 MiB",
        "12 characters, de, 10 MiB",
    ]


async def test_old_buttons_work_after_kill_9(table: Table) -> None:
    panel, first = await table.panel(), table.bot.pid
    table.bot.kill()
    assert await table.bot.ended() == -9
    await table.bot.restart()
    assert table.bot.pid != first
    assert (await table.alice.click(panel, label="Note")).modal is not None


async def test_a_bot_can_be_asked_to_end(table: Table) -> None:
    assert await table.bot.stop() == -15
    with pytest.raises(AssertionError, match="still not so"):
        await table.discord.until(lambda: table.bot.running, timeout=0.1)


async def test_nobody_answers_while_the_bot_is_dead(table: Table) -> None:
    panel = await table.panel()
    table.bot.kill()
    await table.bot.ended()
    table.alice._patience = 0.2
    with pytest.raises(Unanswered, match=r"no answer within 0.2 s\n(.|\n)*ended with status -9"):
        await table.alice.click(panel, label="Note")


async def test_an_event_that_was_missed_is_replayed_on_resume(table: Table) -> None:
    panel = await table.panel()
    await table.discord.gateway.drop()
    pressed = await table.alice.click(panel, label="Note", wait=False)
    await table.discord.until(lambda: pressed.acknowledged)
    assert table.discord.gateway.resumed == 1


@pytest.mark.slow
async def test_a_forgotten_session_makes_the_bot_identify_anew(table: Table) -> None:
    panel, before = await table.panel(), time.monotonic()
    await table.discord.gateway.forget()
    await table.discord.until(lambda: table.discord.gateway.identified_since(before))
    assert table.discord.gateway.resumed == 0
    assert (await table.alice.click(panel, label="Note")).modal is not None


async def test_a_nonce_posts_once_when_the_answer_is_lost(table: Table) -> None:
    table.discord.faults.add("POST", rf"/channels/{table.channel.id}/messages$", status="lost answer")
    told = await table.post("once", "step-1")
    (message,) = table.discord.messages(table.channel)
    assert (told, message.nonce) == (f"posted {message.id}", "step-1")
    tries = [sent.status for sent in table.discord.sent if sent.path == f"/channels/{table.channel.id}/messages"]
    assert tries == [502, 200]


async def test_a_nonce_is_forgotten_after_a_few_minutes(table: Table) -> None:
    assert await table.post("one", "step-1") == await table.post("two", "step-1")
    table.discord.world.backend.advance_clock(181)
    await table.post("three", "step-1")
    assert table.texts() == ["one", "three"]


async def test_an_error_before_the_work_is_tried_again(table: Table) -> None:
    table.discord.faults.add("POST", r"/messages$", status=500)
    await table.post("once", "step-1")
    assert table.texts() == ["once"]
    assert table.discord.faults.left == 0


async def test_a_rate_limit_is_waited_out(table: Table) -> None:
    table.discord.faults.add("POST", r"/messages$", status=429, retry_after=0.7)
    await table.post("patient", "step-1")
    first, second = [sent for sent in table.discord.sent if sent.path.endswith(f"{table.channel.id}/messages")]
    assert (first.status, second.status) == (429, 200)
    assert second.at - first.at >= 0.7
    assert table.texts() == ["patient"]


async def test_a_post_reopens_an_archived_thread(table: Table) -> None:
    asked = await table.alice.slash(table.channel, "start", prompt="a fox")
    await table.discord.until(lambda: asked.followups)
    (thread,) = table.discord.threads(table.channel)
    table.discord.archive(thread)
    await table.post("again", "step-2", thread=str(thread.id))
    (thread,) = table.discord.threads(table.channel)
    assert not thread.archived
    assert table.texts(thread)[-1] == "again"


async def test_an_upload_over_the_limit_is_refused(table: Table) -> None:
    limit = 10 * 1024 * 1024 - len(PICTURE)
    assert (await table.post("fits", "step-1", size=limit)).startswith("posted")
    assert await table.post("too big", "step-2", size=limit + 1) == "refused 413 40005"
    assert await table.post("far too big", "step-3", size=26 * 1024 * 1024) == "refused 413 0"
    assert table.texts() == ["fits"]


async def test_what_the_bot_may_not_do_is_forbidden(table: Table) -> None:
    may_not_post = discord.PermissionOverwrite(send_messages=False)
    closed = table.guild.create_text_channel("closed", bot_may=may_not_post)
    asked = await table.alice.slash(closed, "post", text="hello", nonce="n")
    await table.discord.until(lambda: asked.response and not asked.response.loading)
    assert asked.response is not None
    assert asked.response.content == "refused 403 50013"


async def test_two_servers_play_at_once(table: Table) -> None:
    other = table.discord.create_guild("Others")
    channel, bob = other.create_text_channel("games"), other.add_member("bob")
    both = await asyncio.gather(
        table.alice.slash(table.channel, "start", prompt="a fox"), bob.slash(channel, "start", prompt="a hen")
    )
    await table.discord.until(lambda: all(asked.followups for asked in both))
    assert [[t.name for t in table.discord.threads(c)] for c in (table.channel, channel)] == [["a fox"], ["a hen"]]


@pytest.mark.slow
async def test_shards_hear_of_their_own_servers(tmp_path: Path) -> None:
    async with Standin.open(logs=tmp_path, shards=2) as split:
        guilds = [split.create_guild(f"Server {shard}", shard=shard) for shard in (0, 1)]
        channels = [guild.create_text_channel("telephone") for guild in guilds]
        bot = await split.run_bot(SAMPLE)
        for guild, channel in zip(guilds, channels, strict=True):
            asked = await guild.add_member("alice").slash(channel, "panel")
            assert asked.response is not None
        assert len([sent for sent in split.sent if sent.path.endswith("/callback")]) == 2
        assert sorted(session.shard for session in split.gateway.sessions.values()) == [(0, 2), (1, 2)]
        split.check()
    assert bot.exit_status == -9


async def test_a_bot_with_a_wrong_token_is_not_let_in(standin: Standin) -> None:
    standin.create_guild()
    with pytest.raises(AssertionError, match=r"ended with status 1 before it was ready(.|\n)*Improper token"):
        await standin.run_bot(SAMPLE, env={"DISCORD_TOKEN": "wrong"})


async def test_privileged_intents_are_not_granted(standin: Standin) -> None:
    standin.create_guild()
    with pytest.raises(AssertionError, match=r"ended with status 1 before it was ready(.|\n)*PrivilegedIntents"):
        await standin.run_bot(SAMPLE, env={"SAMPLE_MEMBERS": "1"})


async def test_keys_of_the_developer_do_not_reach_the_bot(
    standin: Standin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    script = "import os; print(os.environ.get('OPENAI_API_KEY'), os.environ['DISCORD_API_BASE'], os.getcwd())"
    bot = await standin.run_bot([sys.executable, "-c", script], cwd=tmp_path, wait=False)
    assert await bot.ended() == 0
    assert bot.log.split() == ["None", standin.api_base, str(tmp_path)]

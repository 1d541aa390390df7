"""`telephone live-check` against the stand-in Discord: it tells what was answered, and takes everything away."""

import asyncio
import json
import os
import re
import signal
import sys
import time

import discord
import pytest

from bot.live_check.checks import CHECKS
from bot.live_check.run import check
from bot.live_check.session import Options
from telephone.errors import BadInput, Misconfigured
from telephone.settings import Settings
from tests.limits import LIMIT
from tests.standin.process import environment

ASKED_FOR = discord.Permissions(309237746688)
"""What our invitation link asks for."""
TEAPOT = 418


@pytest.fixture
def place(standin):
    """A channel of a server that invited the bot with our link, beside a member."""
    guild = standin.create_guild("Players", bot_permissions=ASKED_FOR)
    yield guild, guild.create_text_channel("telephone"), guild.add_member("alice")
    # It breaks Discord's limits on purpose.
    standin.complaints[:] = [line for line in standin.complaints if not re.search(r"too long|'a{50}", line)]


@pytest.fixture
def run(standin, place, tmp_path, monkeypatch):
    """Runs checks in this process; returns their rows."""
    monkeypatch.setattr(discord.http.Route, "BASE", standin.api_base)
    monkeypatch.setattr(
        discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY
    )
    settings = Settings(
        _env_file=None,
        discord_token=standin.token,
        discord_api_base=standin.api_base,
        discord_gateway_url=standin.gateway_url,
        data_dir=tmp_path,
    )

    async def rows(only, channel=None, **options):
        checked = await check(
            settings,
            standin.token,
            channel or place[1].id,
            only=only,
            options=Options(**options),
            say=lambda line: None,
        )
        return [row.as_json() for row in checked.answers]

    return rows


def row_of(rows, asked):
    (row,) = [row for row in rows if row["asked"] == asked]
    return row


def left(standin, channel) -> list[str]:
    """What stands in a channel and in its threads, without what Discord wrote itself."""
    places = [channel, *standin.threads(channel)]
    return [message.text for place in places for message in standin.messages(place)]


async def process(standin, tmp_path, *arguments, **options):
    env = {"DISCORD_TOKEN": standin.token, "DISCORD_API_BASE": standin.api_base, "TELEPHONE_DATA_DIR": str(tmp_path)}
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot.live_check", *arguments),
        env=environment({**env, "DISCORD_GATEWAY_URL": standin.gateway_url, **options}),
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def ended(running) -> tuple[int, str, str]:
    async with asyncio.timeout(LIMIT):
        out, errors = await running.communicate()
    return running.returncode, out.decode(), errors.decode()


@pytest.mark.slow
async def test_the_whole_check_tells_what_was_answered_and_leaves_nothing_behind(standin, place, tmp_path):
    _, channel, alice = place
    await alice.send(channel, "a word of somebody else")
    status, out, errors = await ended(await process(standin, tmp_path, str(channel.id), "--json"))
    assert status == 0, errors
    rows = json.loads(out)["answers"]
    parts = {row["part"] for row in rows}
    assert parts - {"end"} == {f"{check.number} {name}" for name, check in CHECKS.items()}
    told, answered = [row["status"] for row in rows if isinstance(row["status"], int)], iter(standin.sent)
    assert all(any(sent.status == one for sent in answered) for one in told if one != "end")
    assert left(standin, channel) == ["a word of somebody else"]
    table = (tmp_path / "live-check.md").read_text()
    for text in (out, table):
        assert standin.token not in text
        assert "a word of somebody else" not in text
        assert not re.search(r"\d{15}", text)
    assert len([line for line in table.splitlines() if line.startswith("|")]) == 2 + len(rows)
    assert not (tmp_path / "live-check.json").exists()


FAULTS = [
    ("permissions", "GET", r"/guilds/\d+/roles$", "read our permissions"),
    ("starter", "DELETE", r"/messages/\d+$", "delete it"),
    ("nonces", "POST", r"/messages$", "post with a nonce"),
    ("files", "PATCH", r"/messages/\d+$", "edit the text, attachments not named"),
    ("threads", "PATCH", r"/channels/\d+$", "archive our thread"),
    ("texts", "POST", r"/messages$", "post spaces around"),
    ("paging", "GET", r"/channels/\d+/messages$", "120 messages of a thread, paged with after, first page"),
    ("sizes", "POST", r"/messages$", "post a file of 10,485,760 bytes"),
    ("roles", "POST", r"/messages$", "mention the bot's own role, nobody allowed"),
    ("messages", "PATCH", r"/messages/\d+$", "edit it"),
]


@pytest.mark.parametrize(("name", "method", "path", "asked"), FAULTS, ids=[fault[0] for fault in FAULTS])
async def test_another_answer_stands_in_the_table(standin, place, run, name, method, path, asked):
    _, channel, _ = place
    standin.faults.add(method, path, status=TEAPOT)
    rows = await run(name, long=name == "paging")
    assert str(row_of(rows, asked)["status"]).removeprefix("stopped: ") == str(TEAPOT)
    assert standin.faults.left == 0
    assert left(standin, channel) == []


async def test_a_sweep_that_is_stopped_is_told(standin, place, run):
    standin.faults.add("GET", r"/channels/\d+/messages$", status=TEAPOT, times=2)
    rows = await run("starter")
    told = row_of(rows, "our sweep, as for “delete my data”")
    assert (told["status"], told["facts"].get("reached_all")) != ("done", True)


async def test_an_interrupted_post_that_our_sender_does_not_find_is_told(standin, place, run, monkeypatch):
    asked = "our sender posts Components V2 with files, and again after a crash"
    honest = row_of(await run("files"), asked)["facts"]["posted_twice"]
    monkeypatch.setattr("bot.delivery.sender._same", lambda *_: not honest)
    assert row_of(await run("files"), asked)["facts"]["posted_twice"] is not honest


async def test_a_card_is_edited_an_hour_later_and_a_file_fetched_a_day_later(standin, place, run, tmp_path):
    _, channel, _ = place
    (told, *_) = await run("old-card")
    assert (told["status"], "--long" in told["facts"]["to do"]) == ("left out", True)
    await run("old-card", long=True)
    card, kept = left(standin, channel)
    rows = await run("old-card")
    assert [row["status"] for row in rows] == ["left out", "left out"]
    assert left(standin, channel) == [card, kept]
    _grow_old(tmp_path, 3_601)
    standin.faults.add("PATCH", r"/messages/\d+$", status=429, times=1, retry_after=7)
    rows = await run("old-card")
    edits = [row for row in rows if "at once" in row["asked"]]
    assert sorted(row["status"] for row in edits) == [200, 200, 200, 429]
    (refused,) = [row for row in edits if row["status"] == 429]
    assert refused["facts"]["retry_after"] == 7
    assert left(standin, channel) == [kept]
    _grow_old(tmp_path, 25 * 3_600)
    *_, fetched = await run("old-card")
    assert fetched["status"] == 200
    assert left(standin, channel) == []


def _grow_old(folder, seconds):
    path = folder / "live-check.json"
    state = json.loads(path.read_text())
    for item in state["later"]:
        item["at"] = time.time() - seconds
    path.write_text(json.dumps(state))


@pytest.mark.slow
async def test_an_interrupted_run_takes_everything_away_and_shows_what_it_saw(standin, place, tmp_path):
    _, channel, _ = place
    running = await process(standin, tmp_path, str(channel.id), "--only", "nonces", "--long")
    await standin.until(lambda: len(left(standin, channel)) > 6)
    running.send_signal(signal.SIGINT)
    status, _, errors = await ended(running)
    assert status == 130, errors
    assert left(standin, channel) == []
    table = (tmp_path / "live-check.md").read_text()
    assert "the same again at once" in table
    assert "interrupted" in table
    assert "Traceback" not in errors


@pytest.mark.slow
async def test_what_a_killed_run_left_is_taken_away_by_the_next(standin, place, tmp_path, run):
    _, channel, _ = place
    running = await process(standin, tmp_path, str(channel.id), "--only", "nonces", "--long")
    state = tmp_path / "live-check.json"
    await standin.until(lambda: state.exists() and len(json.loads(state.read_text())["messages"]) > 6)
    await standin.until(lambda: time.monotonic() - standin.sent[-1].at > 1)  # it waits to send a nonce again
    os.kill(running.pid, signal.SIGKILL)
    await ended(running)
    assert left(standin, channel)
    await run("permissions")
    assert left(standin, channel) == []


async def test_a_message_that_cannot_be_deleted_is_told_and_tried_again(standin, place, run, tmp_path):
    _, channel, _ = place
    standin.faults.add("DELETE", r"/messages/\d+$", status=TEAPOT)
    rows = await run("texts")
    assert row_of(rows, "delete a message of ours")["status"] == TEAPOT
    assert len(left(standin, channel)) == 1
    await run("permissions")
    assert left(standin, channel) == []


async def test_a_server_with_more_or_fewer_permissions_is_told(standin, run):
    open_guild = standin.create_guild("Open")
    rows = await run("permissions", open_guild.create_text_channel("all").id)
    assert "manage_threads" in row_of(rows, "read our permissions")["facts"]["beyond_what_we_ask_for"]
    assert row_of(rows, "read our permissions")["facts"]["lacking"] == []
    closed = standin.create_guild("Closed", bot_permissions=ASKED_FOR).create_text_channel(
        "closed", bot_may=discord.PermissionOverwrite(attach_files=False)
    )
    rows = await run("permissions", closed.id)
    assert row_of(rows, "read our permissions")["facts"] == {
        "lacking": ["attach_files"],
        "beyond_what_we_ask_for": [],
    }


async def button(standin, channel, words):
    """The message that asks somebody to do something, once it stands."""
    return await standin.until(
        lambda: next((message for message in standin.messages(channel) if words in message.text), None)
    )


async def test_a_token_is_used_at_once_and_later(standin, place, run):
    _, channel, alice = place
    running = asyncio.create_task(run("tokens", people=True, long=True, token_after=(0.2, 0.4)))
    await alice.click(await button(standin, channel, "press this button once"), label="Press me")
    rows = await running
    asked = {row["asked"]: row for row in rows}
    assert asked["acknowledge the press"]["status"] < 300
    assert asked["acknowledge it a second time"]["code"] == 40060
    for when in ("at once", "at 0:00"):
        assert next(row["status"] for row in rows if row["asked"] == f"edit the answer {when}") == 200


async def test_an_upload_is_told_by_its_keys(standin, place, run, tmp_path):
    _, channel, alice = place
    running = asyncio.create_task(run("uploads", people=True))
    shown = await alice.click(await button(standin, channel, "upload any small picture"), label="Upload")
    await alice.submit(shown, {"A small picture": [("secret name.png", b"picture")]})
    rows = await running
    told = row_of(rows, "the upload as it is told")["facts"]
    assert {"id", "filename", "size", "url"} <= set(told["keys"])
    assert row_of(rows, "fetch its address")["status"] == 200
    assert "secret name" not in json.dumps(rows)
    _grow_old(tmp_path, 25 * 3_600)
    (fetched, _) = await run("uploads")
    assert (fetched["asked"], fetched["status"]) == ("fetch an upload of a member after 25 hours", 200)


async def test_a_channel_without_history_is_tried(standin, place, run):
    _, channel, alice = place
    running = asyncio.create_task(run("history", people=True))
    asked = await button(standin, channel, "take Read Message History from me")
    standin.permit(channel, discord.PermissionOverwrite(read_message_history=False))
    await alice.click(asked, label="It is taken")
    back = await button(standin, channel, "give Read Message History back")
    standin.permit(channel, discord.PermissionOverwrite(read_message_history=None))
    await alice.click(back, label="It is back")
    rows = await running
    assert row_of(rows, "reply, fail_if_not_exists true")["code"] == 160002
    assert left(standin, channel) == []


async def test_a_thread_that_a_moderator_locks_is_tried(standin, place, run):
    _, channel, alice = place
    running = asyncio.create_task(run("threads", people=True))
    asked = await button(standin, channel, "please lock the thread")
    thread = next(one for one in standin.threads(channel) if one.name == "locked by a moderator")
    inside = await button(standin, thread, "once the thread is locked")
    metadata = standin.world.backend.channels[thread.id].thread_metadata
    standin.world.backend.edit_channel(thread.id, {}, thread_metadata={"locked": True})
    assert metadata.locked or standin.world.backend.channels[thread.id].thread_metadata.locked
    await alice.click(asked, label="It is locked")
    await alice.click(inside, label="Here")
    shut = await button(standin, channel, "please close the thread")
    standin.archive(thread, locked=True)
    await alice.click(shut, label="It is closed")
    rows = await running
    assert row_of(rows, "locked: post")["status"] in (400, 403)
    assert {"locked: a private answer", "locked and archived: delete"} <= {row["asked"] for row in rows}


async def test_nobody_who_presses_is_waited_for_in_vain(standin, place, run):
    rows = await run("tokens", people=True, long=True, patience=0.2)
    assert row_of(rows, "a button is pressed")["status"] == "left out"
    assert left(standin, place[1]) == []


async def test_an_age_restricted_channel_is_told_over_two_starts(standin, place, run):
    guild, _, _ = place
    adult = guild.create_text_channel("adult")
    rows = await run("age", age_restricted=adult.id)
    told = [row["facts"] for row in rows if row["asked"].startswith("the gateway tells of them")]
    assert [facts["channel"] for facts in told] == [False, False]
    assert left(standin, adult) == []


async def test_a_server_that_removed_the_bot_is_told(standin, place, run):
    rows = await run("left", left=place[1].id + 1)
    assert (row_of(rows, "read its channel")["status"], row_of(rows, "post there")["code"]) == (404, 10003)
    assert row_of(rows, "the gateway tells of it at a start")["facts"] == {
        "channel_known": False,
        "servers": 1,
        "unavailable": 0,
    }


async def test_what_cannot_be_checked_is_one_sentence(standin, place, run, tmp_path):
    _, channel, _ = place
    with pytest.raises(BadInput, match="no check 'stickers'; write some of: permissions"):
        await run("stickers")
    with pytest.raises(BadInput, match="cannot see that channel"):
        await run("texts", channel.id + 1)
    (tmp_path / "live-check.json").write_text("[]")
    with pytest.raises(Misconfigured, match=r"live-check\.json is not a state of telephone live-check"):
        await run("texts")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("env", "said"),
    [({"DISCORD_TOKEN": ""}, "Set DISCORD_TOKEN"), ({"DISCORD_TOKEN": "wrong"}, "does not accept this DISCORD_TOKEN")],
)
async def test_a_missing_or_wrong_token_is_one_sentence(standin, place, tmp_path, env, said):
    status, out, errors = await ended(await process(standin, tmp_path, str(place[1].id), **env))
    assert (status, out, len(errors.splitlines())) == (1, "", 1)
    assert said in errors

"""Every kind of channel as the place of a command: games, battles and parties play there, or a sentence says where."""

import sys
from pathlib import Path

import discord
import pytest

from bot.ui.wording import NO_TAG, NO_THREADS, NOT_IN_THREAD, NOT_IN_VOICE
from tests.standin.channels import ANNOUNCEMENT_THREAD
from tests.standin.loopback import Standin

BOT = [sys.executable, "-m", "bot"]
GAME = {"prompt": "a fox mends a clock", "t2i": "stickers", "i2t": "spotter-sharp", "turns": 1}
PAIRS = {"pair_a": "stickers × spotter-sharp", "pair_b": "doodles × spotter-hazy"}
COMMANDS = (("start", GAME), ("battle", {"prompt": GAME["prompt"], "turns": 1, **PAIRS}), ("party", {}))

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


class Server:
    """A server with a bot, a text channel, and members who may do anything or nothing special."""

    def __init__(self, standin: Standin) -> None:
        self.standin = standin
        self.guild = standin.create_guild("Players")
        self.text = self.guild.create_text_channel("telephone")
        self.ada = self.guild.add_member("ada", permissions=discord.Permissions(manage_guild=True))

    async def run(self, folder: Path) -> "Server":
        self.bot = await self.standin.run_bot(BOT, env={"TELEPHONE_DATA_DIR": str(folder)})
        return self

    async def slash(self, channel, name: str, **options) -> str:
        """What the member reads in answer to a command."""
        return await self.answered(await self.ada.slash(channel, f"telephone {name}", **options))

    async def answered(self, asked) -> str:
        await self.standin.until(lambda: asked.response and not asked.response.loading)
        assert asked.ephemeral
        return asked.response.text

    async def says(self, channel_id: int, words: str):
        return await self.standin.until(
            lambda: next((one for one in self.standin.messages(channel_id) if words in one.text), None)
        )


@pytest.fixture
async def server(standin: Standin) -> Server:
    return Server(standin)


@pytest.mark.parametrize("media", [False, True], ids=["forum", "media"])
async def test_in_a_forum_every_kind_of_game_is_a_post_whose_first_message_is_the_card(server, tmp_path, media):
    forum = server.guild.create_forum("games", media=media)
    post = server.guild.create_thread(forum, "who plays?", server.ada)
    await server.run(tmp_path)

    assert "in <#" in await server.slash(post, "start", **GAME)
    _, game = server.standin.threads(forum)
    assert game.name == "#1 stickers × spotter-sharp"
    card, opening, *_ = server.standin.messages(game.id)
    assert card.id == game.id
    assert "### #1" in card.text
    assert opening.text.startswith("**The prompt**")
    await server.says(game.id, "### #1: from")
    finished = await server.says(game.id, "### #1 finished")
    assert finished.id == card.id
    assert server.standin.messages(game.id)[2].reply_to == opening.id

    again = await server.answered(await server.ada.click(finished, label="Play again"))
    assert "#2" in again
    assert server.standin.threads(forum)[-1].name == "#2 stickers × spotter-sharp"

    assert "Battle 1" in await server.slash(post, "battle", prompt=GAME["prompt"], turns=1, **PAIRS)
    battle = next(one for one in server.standin.threads(forum) if one.name == "Battle 1")
    call = await server.says(battle.id, "**Which side degraded least?**")
    ballot = await server.says(battle.id, "### Battle 1: which side degraded least?")
    assert ballot.id == battle.id
    assert f"/{server.guild.id}/{battle.id}/{battle.id}" in call.text, "the link leads into the post"
    assert "You chose A" in await server.answered(await server.ada.click(ballot, label="A"))

    assert "Party 1 is open" in await server.slash(post, "party")
    party = next(one for one in server.standin.threads(forum) if one.name == "Party 1")
    assert "who joins in?" in server.standin.messages(party.id)[0].text
    server.standin.check()


async def test_a_forum_that_demands_a_tag_gets_one_that_anybody_may_use(server, tmp_path):
    forum = server.guild.create_forum("tagged", tags={"staff": True, "games": False, "art": False}, require_tag=True)
    shut = server.guild.create_forum("shut", tags={"staff": True}, require_tag=True)
    posts = [server.guild.create_thread(one, "who plays?", server.ada) for one in (forum, shut)]
    await server.run(tmp_path)
    assert "in <#" in await server.slash(posts[0], "start", **GAME)
    _, game = server.standin.threads(forum)
    stored = server.standin.world.backend.get_channel(game.id)
    games = server.standin.world.backend.get_channel(forum.id).available_tags[1]
    assert [str(tag) for tag in stored.applied_tags] == [games["id"]]
    assert await server.slash(posts[1], "start", **GAME) == NO_TAG
    assert len(server.standin.threads(shut)) == 1
    server.standin.check()


async def test_a_forum_asks_for_its_own_permissions_and_the_check_names_them(server, tmp_path):
    thrifty = discord.PermissionOverwrite(create_public_threads=False)
    open_to_posts = server.guild.create_forum("open", bot_may=thrifty)
    mute = server.guild.create_forum("mute", bot_may=discord.PermissionOverwrite(send_messages=False))
    posts = [server.guild.create_thread(one, "who plays?", server.ada) for one in (open_to_posts, mute)]
    await server.run(tmp_path)
    assert "in <#" in await server.slash(posts[0], "start", **GAME)
    assert await server.slash(posts[1], "start", **GAME) == NO_THREADS
    listed = await server.answered(await server.ada.slash(posts[1], "telephone-admin check"))
    assert listed.startswith(f"Something is missing in <#{mute.id}>")
    assert "- Create Posts: missing" in listed
    assert "Create Public Threads" not in listed
    server.standin.check()


async def test_an_announcement_channel_plays_in_announcement_threads(server, tmp_path):
    news = server.guild.create_channel("news", "news")
    await server.run(tmp_path)
    assert "in <#" in await server.slash(news, "start", **GAME)
    [game] = server.standin.threads(news)
    assert server.standin.world.backend.own_types[game.id] == ANNOUNCEMENT_THREAD
    await server.says(news.id, "### #1 finished")
    await server.says(game.id, "### #1: from")
    server.standin.check()


async def test_where_no_thread_can_be_opened_a_sentence_names_the_channel_to_go_to(server, tmp_path):
    voice, stage = server.guild.create_channel("talk", "voice"), server.guild.create_channel("stage", "stage")
    public = server.guild.create_thread(server.text, "chat", server.ada)
    private = server.guild.create_thread(server.text, "secret", server.ada, private=True)
    old = server.guild.create_thread(server.text, "old", server.ada)
    server.standin.archive(old)
    await server.run(tmp_path)
    for name, options in COMMANDS:
        for place in (voice, stage):
            assert await server.slash(place, name, **options) == f"{NOT_IN_VOICE}: <#{server.text.id}>"
        for place in (public, private, old):
            assert await server.slash(place, name, **options) == f"{NOT_IN_THREAD}: <#{server.text.id}>"
    for place in (voice, stage, public, private, old):
        asked = await server.slash(place, "help")
        assert asked.startswith("**AI Telephone**")
        assert "(40, page 1" in await server.slash(place, "prompts browse")
        assert "No game" in await server.slash(place, "status")
    assert server.standin.messages(server.text) == []
    server.standin.check()


async def test_the_help_of_a_voice_channel_leads_there_too(server, tmp_path):
    voice = server.guild.create_channel("talk", "voice")
    await server.run(tmp_path)
    asked = await server.ada.slash(voice, "telephone help")
    await server.answered(asked)
    for label in ("Play", "Party", "Battle"):
        pressed = await server.ada.click(asked.response, label=label)
        assert await server.answered(pressed) == f"{NOT_IN_VOICE}: <#{server.text.id}>"
    shown = await server.ada.slash(server.text, "telephone help")
    await server.answered(shown)
    for label, words in (("Play", "#1"), ("Battle", "Battle 1"), ("Party", "Party 1 is open")):
        assert words in await server.answered(await server.ada.click(shown.response, label=label))
    server.standin.check()


async def test_what_is_deleted_of_a_member_goes_from_a_forum_too(server, tmp_path):
    forum = server.guild.create_forum("games")
    post = server.guild.create_thread(forum, "who plays?", server.ada)
    await server.run(tmp_path)
    await server.slash(post, "start", **GAME)
    _, game = server.standin.threads(forum)
    await server.says(game.id, "### #1 finished")
    asked = await server.ada.slash(post, "telephone me delete")
    await server.answered(asked)
    await server.ada.click(asked.response, label="Delete all of it")
    await server.standin.until(lambda: not server.standin.messages(game.id))
    server.standin.check()


async def test_a_post_whose_answer_was_lost_is_made_once(server, tmp_path):
    forum = server.guild.create_forum("games")
    post = server.guild.create_thread(forum, "who plays?", server.ada)
    await server.run(tmp_path)
    server.standin.faults.add("POST", rf"/channels/{forum.id}/threads", status="lost answer", times=2)
    assert "in <#" in await server.slash(post, "start", **GAME)
    _, kept, *twins = server.standin.threads(forum)
    assert len(twins) == 2
    await server.says(kept.id, "### #1 finished")
    for twin in twins:
        assert server.standin.messages(twin.id) == []
    server.standin.check()


async def test_a_post_that_a_crash_cut_off_is_found_again(server, tmp_path):
    forum = server.guild.create_forum("games")
    post = server.guild.create_thread(forum, "who plays?", server.ada)
    await server.run(tmp_path)
    server.standin.faults.add("POST", rf"/channels/{forum.id}/threads", status="lost answer", times=5)
    await server.ada.slash(post, "telephone start", **GAME)
    _, kept = await server.standin.until(
        lambda: server.standin.threads(forum)[:2] if len(server.standin.threads(forum)) > 1 else None
    )
    server.bot.kill()
    await server.bot.ended()
    server.standin.faults.clear()
    made = len(server.standin.threads(forum))
    await server.bot.restart()
    finished = await server.says(kept.id, "### #1 finished")
    assert finished.id == kept.id
    assert len(server.standin.threads(forum)) == made

"""Battles from the command to the result, with the real service, on a simulated Discord."""

import asyncio

import discord
import pytest
import simcord
from discord import ui
from simcord.components import walk_components

from bot.app import TelephoneApp
from telephone.domain.battles import BattleState
from telephone.errors import Refused
from tests.cogs.test_games import LiveRuntime, LiveServer, live_server
from tests.limits import LIMIT
from tests.support.shown import files

pytestmark = pytest.mark.slow

ASKED = {"prompt": "a fox mends a clock", "pair_a": "painter × critic", "pair_b": "stickers × critic", "turns": 2}


@pytest.fixture
async def runtime(tmp_path):
    opened = LiveRuntime(tmp_path)
    yield opened
    await opened.close()


@pytest.fixture
def bot(runtime):
    return TelephoneApp(runtime.open, shard_count=1)


class BattleServer(LiveServer):
    """A server on which battles are played for real."""

    def __init__(self, env, runtime, bot) -> None:
        super().__init__(env, runtime, bot)
        self.bob = self.guild.add_member(env.create_user("bob"))

    async def start(self, **changes):
        return await self.alice.slash(self.channel, "telephone battle", **(ASKED | changes))

    async def ballot(self, **changes):
        """Starts a battle; its card once votes may be cast."""
        await self.start(**changes)
        return await self.card_says("which side degraded least?")

    async def battle(self):
        (battle,) = await self.runtime.app.battles.store.battles.recent(self.guild.id)
        return battle

    async def in_thread(self, begins: str):
        async with asyncio.timeout(LIMIT):
            while True:
                for message in self.channel.threads[-1].history() if self.channel.threads else ():
                    if message.content.startswith(begins):
                        return message
                await asyncio.sleep(0.05)


def battle_server(env, runtime, bot) -> BattleServer:
    return live_server(env, runtime, bot, BattleServer)


def labels(message) -> list[str]:
    return [item.label for item in ui.LayoutView.from_message(message).walk_children() if isinstance(item, ui.Button)]


def words(message) -> str:
    view = ui.LayoutView.from_message(message)
    return "\n".join(item.content for item in view.walk_children() if isinstance(item, ui.TextDisplay))


def story(answer) -> str:
    """The texts of an answer that only one member sees."""
    return "\n".join(part["content"] for part in walk_components(answer.components) if part["type"] == 10)


async def test_a_battle_is_fought_voted_on_and_closed_by_its_host(runtime, bot):
    async with simcord.run(bot) as env:
        server = battle_server(env, runtime, bot)
        result = await server.start()
        assert result.ephemeral
        (thread,) = server.channel.threads
        assert result.response.content == (
            f"Battle 1 is played in <#{thread.id}>; who plays which side shows when the votes are in. "
            "It can cost up to $0.08."
        )
        card = await server.card_says("which side degraded least?")
        assert labels(card) == ["A", "B", "Tie", "All bad", "Whole stories", "Close", "Open thread"]
        call = await server.in_thread("**Which side degraded least?**")
        opening, first, second = [one for one in thread.history() if one.type is discord.MessageType.default][:3]
        assert opening.content == "**The prompt**\n> a fox mends a clock"
        assert [words(one).splitlines()[0] for one in (first, second)] == ["### Turn 1 of 2", "### Turn 2 of 2"]
        assert call.content.endswith(str(card.id))

        chosen = await server.alice.click(card, label="B")
        assert chosen.ephemeral
        assert chosen.response.content.startswith("You chose B. Change it until <t:")
        changed = await server.alice.click(card, label="Tie")
        assert changed.response.content.startswith("You chose Tie instead of B.")
        refused = await server.bob.click(card, label="Close")
        assert "Only who started this battle" in refused.response.content
        asked = await server.alice.click(card, label="Close")
        assert "Close battle 1 now, with 1 vote?" in asked.response.content
        await server.alice.click(asked.response, label="Go on")
        asked = await server.alice.click(card, label="Close")
        done = await server.alice.click(asked.response, label="Close the vote")
        assert "Battle 1 is closed" in done.response.content
        closed = await server.card_says("A and B are level")
        assert labels(closed) == ["Open thread"]
        assert "painter × critic" in words(closed)
        assert "Tie: 1." in words(closed)
        assert "stickers × critic" in (await server.in_thread("**Battle 1: A and B are level**")).content
        await bot.close()


async def test_votes_count_and_old_buttons_work_after_a_restart(runtime, bot, tmp_path):
    async with simcord.run(bot) as env:
        server = battle_server(env, runtime, bot)
        card = await server.ballot()
        await server.alice.click(card, label="A")
        await bot.close()
        server.runtime = LiveRuntime(tmp_path)
        server.bot = TelephoneApp(server.runtime.open, shard_count=1)
        await env.restart_bot(server.bot)
        again = await server.alice.click(card, label="B")
        assert again.response.content.startswith("You chose B instead of A.")
        assert (await server.battle()).votes == 1
        await server.bot.close()


async def test_whole_stories_are_for_one_member_and_name_nobody(runtime, bot):
    async with simcord.run(bot) as env:
        server = battle_server(env, runtime, bot)
        card = await server.ballot()
        told = await server.alice.click(card, label="Whole stories")
        assert told.ephemeral
        assert story(told.response).startswith("### Battle 1, side A\n**1.** ")
        names = [file.filename for file in files(told.response)]
        assert names == ["side-a-turn-01.png", "side-a-turn-02.png"]
        other = await server.alice.click(told.response, label="B")
        assert [file.filename for file in files(other.response)] == ["side-b-turn-01.png", "side-b-turn-02.png"]
        for shown in (told, other):
            assert not any(name in str(shown.response.components) for name in ("painter", "critic", "stickers"))
        await bot.close()


async def test_a_battle_is_stopped_by_its_host_while_it_is_played(runtime, bot):
    async with simcord.run(bot) as env:
        server = battle_server(env, runtime, bot)
        runtime.provider.delay = 0.5
        await server.start()
        card = await server.card_says("### Battle 1: turn 1 of 2")
        asked = await server.alice.click(card, label="Stop")
        assert "Stop battle 1 at turn 1?" in asked.response.content
        done = await server.alice.click(asked.response, label="Stop the battle")
        assert "is stopped and void" in done.response.content
        assert "Its host stopped it. Nothing is counted." in words(await server.card_says("Battle 1 is void"))
        await bot.close()


async def test_a_side_that_cannot_go_on_is_dropped_and_said_so_without_its_name(runtime, bot):
    async with simcord.run(bot) as env:
        server = battle_server(env, runtime, bot)
        runtime.provider.down = {"spotter-hazy": Refused("spotter-hazy declined.")}
        card = await server.ballot(pair_c="doodles × spotter-hazy")
        said = await server.in_thread("**Side ")
        letter = said.content[7]
        assert said.content == f"**Side {letter} is out.** It could not be played on. The others go on."
        assert letter not in labels(card)
        assert "Tie" in labels(card)
        await bot.close()


async def test_a_paused_battle_goes_on_at_the_press_of_a_button(runtime, bot):
    async with simcord.run(bot) as env:
        server = battle_server(env, runtime, bot)
        runtime.provider.delay = 0.3
        await server.start()
        (thread,) = server.channel.threads
        env.backend.delete_channel(thread.id)
        card = await server.card_says("Battle 1 paused at turn")
        assert "The thread was deleted" in words(card)
        pressed = await server.alice.click(card, label="Continue")
        assert "goes on from turn" in pressed.response.content
        await server.card_says("which side degraded least?")
        assert (await server.battle()).run == 1
        await bot.close()


async def test_while_a_battle_is_open_no_command_tells_what_is_in_it(runtime, bot):
    async with simcord.run(bot) as env:
        server = battle_server(env, runtime, bot)
        card = await server.ballot()
        (thread,) = server.channel.threads
        status = await server.alice.slash(server.channel, "telephone status")
        assert status.response.content.startswith(f"- Battle 1 in <#{thread.id}>: no votes, open until <t:")
        for name in ("replay", "stop"):
            offered = await server.alice.autocomplete(server.channel, f"telephone {name}", "game", "")
            assert offered == []
            for number in (1, 2):
                found = await server.alice.slash(server.channel, f"telephone {name}", game=number)
                assert f"no game number {number} here that can be seen" in found.response.content
            inside = await server.alice.slash(thread, f"telephone {name}")
            assert "This is the thread of battle 1" in inside.response.content
        assert len(env.errors) == 6
        asked = await server.alice.click(card, label="Close")
        await server.alice.click(asked.response, label="Close the vote")
        await server.card_says("closed without votes")
        shown = await server.alice.slash(server.channel, "telephone replay", game=1)
        assert files(shown.response)[0].filename == "game-1.gif"
        await bot.close()


async def test_pairs_are_offered_and_what_cannot_be_fought_is_said(runtime, bot):
    async with simcord.run(bot) as env:
        server = battle_server(env, runtime, bot)
        offered = await server.alice.autocomplete(server.channel, "telephone battle", "pair_b", "crit pain")
        assert [row["value"] for row in offered] == ["painter × critic"]
        everything = await server.alice.autocomplete(server.channel, "telephone battle", "pair_a", "")
        assert len(everything) == 9
        wrong = await server.start(pair_b="painter")
        assert "A pair is two models" in wrong.response.content
        assert len(env.errors) == 1
        assert server.channel.threads == []
        await bot.close()


async def test_a_battle_of_blank_pairs_names_none_when_it_starts(runtime, bot):
    async with simcord.run(bot) as env:
        server = battle_server(env, runtime, bot)
        result = await server.alice.slash(
            server.channel, "telephone battle", prompt="a fox mends a clock", pairs=3, turns=1, vote_hours=2
        )
        assert "×" not in result.response.content
        card = await server.card_says("which side degraded least?")
        battle = await server.battle()
        assert battle.state is BattleState.VOTING
        assert len(battle.sides) == 3
        assert 7_190 < (battle.closes_at - battle.opened_at).total_seconds() <= 7_200
        assert [label for label in labels(card) if len(label) == 1] == ["A", "B", "C"]
        await bot.close()


async def test_one_sides_turn_is_reported_judged_and_shown_again_without_its_name(runtime, bot):
    async with simcord.run(bot) as env:
        server = battle_server(env, runtime, bot)
        card = await server.ballot()
        await server.in_thread("**Which")
        (thread,) = server.channel.threads
        first = next(one for one in thread.history() if one.components and "Turn 1" in words(one))
        form = await server.alice.context_menu(thread, "Report this turn", first)
        assert form.modal["title"] == "Report turn 1 of battle 1"
        parts = form.modal["components"][0]["component"]["options"]
        assert [part["label"] for part in parts] == [
            "Side A, picture",
            "Side A, caption",
            "Side B, picture",
            "Side B, caption",
        ]
        said = await server.alice.submit_modal(form, {"part": "b-p", "reason": "violence"})
        assert "hidden in a moment" in said.response.content
        await shows(thread, first.id, ["turn-01-a.png"])

        listed = await server.admin.slash(server.channel, "telephone-moderate reports")
        link = f"https://discord.com/channels/{server.guild.id}/{thread.id}/{first.id}"
        assert f"- picture 1 of side B of battle 1: Violence or gore. {link}" in listed.response.content
        seen = await server.admin.click(listed.response, label="Look at picture 1 of side B of battle 1")
        assert seen.response.content == "Only you see this: picture 1 of side B of battle 1."
        assert [file.filename for file in files(seen.response)] == ["SPOILER_turn-01.png"]
        games = [side.game.id for side in (await server.battle()).sides]
        assert not any(game in str(shown.response.components) for game in games for shown in (listed, seen))
        shown = await server.admin.click(listed.response, label="Show picture 1 of side B of battle 1 again")
        assert shown.response.content.startswith("Picture 1 of side B of battle 1 is shown again")
        await shows(thread, first.id, ["turn-01-a.png", "turn-01-b.png"])

        last = await server.bob.context_menu(server.channel, "Report this turn", card)
        assert last.modal["title"] == "Report turn 2 of battle 1"
        await server.bob.submit_modal(last, {"part": "a-c", "reason": "hate"})
        listed = await server.admin.slash(server.channel, "telephone-moderate reports")
        done = await server.admin.click(listed.response, label="Void side A of battle 1")
        assert done.response.content.startswith("Side A of battle 1 is voided: it is out of the battle")
        opening = next(one for one in thread.history() if one.content.startswith("**The prompt**"))
        none = await server.bob.context_menu(thread, "Report this turn", opening)
        assert "This message shows no turn" in none.response.content
        assert len(env.errors) == 1
        await bot.close()


async def shows(thread, message_id: int, names: list[str]) -> None:
    async with asyncio.timeout(LIMIT):
        while [file.filename for one in thread.history() if one.id == message_id for file in files(one)] != names:
            await asyncio.sleep(0.05)


async def test_two_finished_games_are_set_against_each_other_without_their_names(runtime, bot):
    async with simcord.run(bot) as env:
        server = battle_server(env, runtime, bot)
        for pair in ({"t2i": "painter"}, {"t2i": "stickers"}):
            await server.alice.slash(
                server.channel, "telephone start", prompt="a fox mends a clock", i2t="critic", turns=2, **pair
            )
        for number in (1, 2):
            await server.card_says(f"#{number} finished")
        offered = await server.alice.autocomplete(server.channel, "telephone versus", "game_b", "", game_a=1)
        assert [row["value"] for row in offered] == [2]
        same = await server.alice.slash(server.channel, "telephone versus", game_a=1, game_b=1)
        assert "A game cannot be set against itself" in same.response.content
        assert len(env.errors) == 1
        result = await server.alice.slash(server.channel, "telephone versus", game_a=1, game_b=2)
        card = await server.card_says("which side degraded least?")
        thread = server.channel.threads[-1]
        assert result.response.content == (
            f"Battle 1 is open in <#{thread.id}>; who plays which side shows when the votes are in."
        )
        call = await server.in_thread("**Which side degraded least?**")
        assert words(card).endswith("These games were played in public, so you may recognise them.")
        assert [file.filename for file in files(card)] == ["side-a.png", "side-b.png"]
        told = await server.bob.click(card, label="Whole stories")
        leaks = ("painter", "stickers", "critic", "#1", "#2", *(str(one.id) for one in server.channel.threads[:-1]))
        for one in (card, call, told.response, *thread.history()):
            alts = [file.description for file in files(one)]
            said = f"{one.content} {one.components} {alts}"
            assert not any(leak in said for leak in leaks)
        assert thread.name == "Battle 1"
        chosen = await server.bob.click(card, label="A")
        assert chosen.response.content.startswith("You chose A.")
        asked = await server.alice.click(card, label="Close")
        await server.alice.click(asked.response, label="Close the vote")
        closed = await server.card_says("Battle 1: A degraded least")
        assert "painter × critic (game #1)" in words(closed)
        assert "spent" not in words(closed)
        await bot.close()

"""The presenter of battles on a simulated Discord, spoken to over REST alone."""

from dataclasses import replace
from datetime import timedelta

import discord
import pytest
import simcord
from discord import ui

from bot.battles.presenter import DiscordBattlePresenter
from bot.delivery.cards import EDIT_GAP
from telephone.domain.battles import Battle, BattleState, Choice, Result
from telephone.domain.games import Image
from telephone.errors import StageGone, Unavailable
from tests.bot.games.test_presenter import Clock, post
from tests.bot.samples import battle, picture
from tests.support.shown import files

RESULT = Result({Choice.B: 7}, {0: 0.42, 1: 0.31}, "MiniLM (offline)")


class BattleChannel:
    """A channel, and a presenter that shows battles there."""

    def __init__(self, env: simcord.Env) -> None:
        self.env, self.clock = env, Clock()
        self.guild = env.create_guild()
        self.channel = self.guild.create_text_channel("telephone")
        self.presenter = DiscordBattlePresenter(env.bot, clock=self.clock)
        self.loaded = 0

    async def load(self) -> dict[int, Image]:
        self.loaded += 1
        return {place: picture(size=8) for place in range(4)}

    async def opened(self, state: BattleState = BattleState.PLAYING, **changes) -> Battle:
        """A battle whose card, thread and opening are posted."""
        shown = battle(state, messages={}, **changes)
        shown = replace(shown, request=replace(shown.request, guild_id=self.guild.id, channel_id=self.channel.id))
        steps = (("card", self.presenter.post_card), ("thread", self.presenter.open_thread))
        for what, send in (*steps, ("opening", self.presenter.post_opening)):
            sent = await send(replace(shown, state=BattleState.PLAYING), post(what))
            shown = replace(shown, messages={**shown.messages, what: sent})
        return shown

    @property
    def thread(self):
        return self.channel.threads[0]

    @property
    def card(self) -> discord.Message:
        return next(one for one in self.channel.history() if one.components)

    def uploads(self) -> int:
        """How many files were sent with the edits of messages."""
        sent = [one.json["attachments"] for one in self.env.http_requests if one.method == "PATCH"]
        return sum(int(file["id"]) < 10 for files in sent for file in files)  # those that are kept have snowflakes

    def requests(self, method: str) -> list:
        return [one for one in self.env.http_requests if one.method == method]


@pytest.fixture
def simcord_bot():
    return discord.Client(intents=discord.Intents(guilds=True))


@pytest.fixture
def battle_channel(simcord_env):
    return BattleChannel(simcord_env)


def words(message: discord.Message) -> str:
    view = ui.LayoutView.from_message(message)
    return "\n".join(item.content for item in view.walk_children() if isinstance(item, ui.TextDisplay))


async def test_a_battle_is_shown_as_a_card_a_thread_and_its_rounds(battle_channel):
    shown = await battle_channel.opened()
    round_id = await battle_channel.presenter.post_round(shown, 1, await battle_channel.load(), post("round-1"))
    assert battle_channel.thread.id == shown.thread_id == shown.card_id
    assert battle_channel.thread.name == "Battle 57"
    opening, first = battle_channel.thread.history()[-2:]
    assert (opening.id, opening.content) == (shown.messages["opening"], "**The prompt**\n> a fox mends a clock")
    assert first.id == round_id
    assert [file.filename for file in files(first)] == ["turn-01-a.png", "turn-01-b.png"]
    assert files(first)[1].description == "Side B, turn 1. Drawn from: a fox mends a clock"


@pytest.mark.parametrize("what", ["card", "opening", "round-1", "round-2", "out", "call", "result", "ballot"])
async def test_what_was_posted_before_a_crash_is_found_and_not_posted_again(battle_channel, what):
    shown = await battle_channel.opened(BattleState.VOTING)
    presenter = battle_channel.presenter
    calls = {
        "card": lambda posting: presenter.post_card(shown, posting),
        "opening": lambda posting: presenter.post_opening(shown, posting),
        "round-1": lambda posting: presenter.post_round(shown, 1, {}, posting),
        "round-2": lambda posting: presenter.post_round(shown, 2, {0: picture(size=8)}, posting),
        "out": lambda posting: presenter.post_dropped(shown, replace(shown.sides[0], dropped="It is out."), posting),
        "call": lambda posting: presenter.post_call(shown, posting),
        "result": lambda posting: presenter.post_result(shown, RESULT, posting),
        "ballot": lambda posting: presenter.show_ballot(shown, battle_channel.load, posting),
    }
    others = [await call(post(name)) for name, call in calls.items() if name not in ("card", "opening", what)]
    first = shown.messages.get(what) or await calls[what](post(what))
    sent = len(battle_channel.requests("POST"))
    assert await calls[what](post(what, again=True)) == first
    assert len(battle_channel.requests("POST")) == sent
    assert first not in others or what in ("card", "ballot")


async def test_a_thread_is_opened_once(battle_channel):
    shown = await battle_channel.opened()
    assert await battle_channel.presenter.open_thread(shown, post("thread", again=True)) == shown.thread_id
    assert await battle_channel.presenter.open_thread(shown, post("thread")) == shown.thread_id
    assert len(battle_channel.channel.threads) == 1


async def test_pictures_go_up_with_the_ballot_and_not_again_with_every_count(battle_channel):
    shown = await battle_channel.opened(BattleState.VOTING)
    assert await battle_channel.presenter.show_ballot(shown, battle_channel.load, post("ballot")) == shown.card_id
    for count in range(1, 4):
        battle_channel.clock.now += EDIT_GAP + 1
        await battle_channel.presenter.edit_card(replace(shown, votes=count), battle_channel.load)
        assert f"{count} vote" in words(battle_channel.card)
    assert [file.filename for file in files(battle_channel.card)] == ["side-a.png", "side-b.png"]
    assert battle_channel.uploads() == 2
    assert battle_channel.loaded == 1
    again = DiscordBattlePresenter(battle_channel.env.bot, clock=battle_channel.clock)
    await again.edit_card(replace(shown, votes=9), battle_channel.load)
    assert "9 votes" in words(battle_channel.card)
    assert [file.filename for file in files(battle_channel.card)] == ["side-a.png", "side-b.png"]


async def test_counts_are_shown_every_five_seconds_at_most_and_a_close_at_once(battle_channel):
    shown = await battle_channel.opened(BattleState.VOTING)
    await battle_channel.presenter.show_ballot(shown, battle_channel.load, post("ballot"))
    before = len(battle_channel.requests("PATCH"))
    for count in range(1, 10):
        battle_channel.clock.now += 0.5
        await battle_channel.presenter.edit_card(replace(shown, votes=count), battle_channel.load)
    assert len(battle_channel.requests("PATCH")) == before
    await battle_channel.presenter.edit_card(
        replace(shown, state=BattleState.CLOSED, votes=9), battle_channel.load, RESULT
    )
    assert "### Battle 57: B degraded least" in words(battle_channel.card)
    buttons = [
        item for item in ui.LayoutView.from_message(battle_channel.card).walk_children() if isinstance(item, ui.Button)
    ]
    assert [button.label for button in buttons] == ["Open thread"]
    assert len(files(battle_channel.card)) == 2


async def test_what_a_report_hides_goes_at_once(battle_channel):
    shown = await battle_channel.opened(BattleState.VOTING)
    await battle_channel.presenter.show_ballot(shown, battle_channel.load, post("ballot"))
    game = shown.sides[1].game
    turn = replace(game.turns[1], picture=replace(game.turns[1].picture, hidden=True))
    side = replace(shown.sides[1], game=replace(game, turns=(game.turns[0], turn)))
    hidden = replace(shown, sides=(shown.sides[0], side)).shown
    await battle_channel.presenter.edit_card(hidden, battle_channel.load)
    assert len(files(battle_channel.card)) == 2, "a count would have waited"
    await battle_channel.presenter.edit_card(hidden, battle_channel.load, at_once=True)
    assert [file.filename for file in files(battle_channel.card)] == ["side-a.png"]


async def test_a_round_is_edited_where_it_stands(battle_channel):
    shown = await battle_channel.opened(BattleState.VOTING)
    sent = await battle_channel.presenter.post_round(shown, 1, await battle_channel.load(), post("round-1"))
    shown = replace(shown, messages={**shown.messages, "round-1": sent})
    await battle_channel.presenter.edit_round(shown, 1, {0: picture(size=8)})
    edited = battle_channel.thread.history()[-1]
    assert (edited.id, [file.filename for file in files(edited)]) == (sent, ["turn-01-a.png"])


async def test_a_ballot_whose_card_was_deleted_is_posted_anew(battle_channel):
    shown = await battle_channel.opened(BattleState.VOTING)
    battle_channel.env.backend.delete_message(battle_channel.channel.id, shown.card_id)
    assert await battle_channel.presenter.edit_card(shown, battle_channel.load) is None
    fresh = await battle_channel.presenter.show_ballot(shown, battle_channel.load, post("ballot"))
    assert fresh != shown.card_id
    assert battle_channel.card.id == fresh
    assert len(files(battle_channel.card)) == 2


async def test_a_card_that_is_too_old_to_edit_is_followed_by_a_fresh_ballot_and_by_no_fresh_count(battle_channel):
    shown = await battle_channel.opened(BattleState.VOTING)
    path = f"/channels/{battle_channel.channel.id}/messages/{shown.card_id}"
    for _ in range(2):
        battle_channel.env.inject_error("PATCH", path, code=30046, status=400)
    fresh = await battle_channel.presenter.show_ballot(shown, battle_channel.load, post("ballot"))
    assert fresh != shown.card_id
    voted = replace(shown, votes=3, messages={**shown.messages, "ballot": shown.card_id})
    battle_channel.clock.now += 1_000
    sent = len(battle_channel.requests("POST"))
    assert await battle_channel.presenter.edit_card(voted, battle_channel.load) == shown.card_id
    assert len(battle_channel.requests("POST")) == sent


async def test_where_the_place_is_gone_the_battle_is_told(battle_channel):
    shown = await battle_channel.opened(BattleState.PLAYING, turns=4)
    assert await battle_channel.presenter.is_open(shown)
    battle_channel.env.backend.delete_channel(battle_channel.thread.id)
    assert not await battle_channel.presenter.is_open(shown)
    with pytest.raises(StageGone, match="I paused at turn 1; press Continue"):
        await battle_channel.presenter.post_round(shown, 1, {}, post("round-1"))


async def test_a_passing_fault_is_unavailable(battle_channel):
    shown = await battle_channel.opened()
    battle_channel.env.inject_error("POST", f"/channels/{shown.thread_id}/messages", status=500)
    with pytest.raises(Unavailable):
        await battle_channel.presenter.post_round(shown, 1, {}, post("round-1"))


async def test_another_battles_messages_are_not_taken_for_ours(battle_channel):
    shown = await battle_channel.opened()
    other = replace(shown, id="0123456789abcdef")
    later = replace(post("card", again=True), since=battle_channel.env.now() - timedelta(minutes=5))
    assert await battle_channel.presenter.post_card(other, later) != shown.card_id


async def test_discord_lists_no_picture_of_a_card_and_a_round_that_its_components_show(battle_channel):
    shown = await battle_channel.opened(BattleState.VOTING)
    await battle_channel.presenter.show_ballot(shown, battle_channel.load, post("ballot"))
    await battle_channel.presenter.post_round(shown, 1, await battle_channel.load(), post("round-1"))
    assert [one.attachments for one in (battle_channel.card, battle_channel.thread.history()[-1])] == [[], []]


async def test_a_close_brings_no_picture_again_and_names_each_that_stays_by_its_id_and_its_name(battle_channel):
    shown = await battle_channel.opened(BattleState.VOTING)
    await battle_channel.presenter.show_ballot(shown, battle_channel.load, post("ballot"))
    ids = [file.url.split("/")[-2] for file in files(battle_channel.card)]
    closed = replace(shown, state=BattleState.CLOSED, votes=9)
    await battle_channel.presenter.edit_card(closed, battle_channel.load, RESULT)
    sent = battle_channel.requests("PATCH")[-1].json["attachments"]
    assert [(file["id"], file["filename"]) for file in sent] == list(
        zip(ids, ["side-a.png", "side-b.png"], strict=True)
    )
    assert [file.url.split("/")[-2] for file in files(battle_channel.card)] == ids
    assert (battle_channel.uploads(), battle_channel.loaded) == (2, 1)


async def test_a_picture_that_stays_has_the_alt_text_of_now(battle_channel):
    shown = await battle_channel.opened(BattleState.VOTING)
    await battle_channel.presenter.show_ballot(shown, battle_channel.load, post("ballot"))
    game = shown.sides[0].game
    first = replace(game.turns[0], caption=replace(game.turns[0].caption, hidden=True))
    hidden = replace(
        shown, sides=(replace(shown.sides[0], game=replace(game, turns=(first, *game.turns[1:]))), shown.sides[1])
    )
    await battle_channel.presenter.edit_card(hidden.shown, battle_channel.load, at_once=True)
    alts = [file["description"] for file in battle_channel.requests("PATCH")[-1].json["attachments"]]
    assert game.turns[0].caption.text not in alts[0]
    assert battle_channel.uploads() == 2
    listed = [
        file["description"]
        for file in battle_channel.env.backend.get_message(
            battle_channel.channel.id, battle_channel.card.id
        ).attachments
    ]
    assert listed == alts == [file.description for file in files(battle_channel.card)]


async def test_a_picture_that_goes_leaves_the_others_where_they_are(battle_channel):
    shown = await battle_channel.opened(BattleState.VOTING)
    await battle_channel.presenter.show_ballot(shown, battle_channel.load, post("ballot"))
    kept = files(battle_channel.card)[0].url
    game = shown.sides[1].game
    turn = replace(game.turns[1], picture=replace(game.turns[1].picture, hidden=True))
    hidden = replace(
        shown, sides=(shown.sides[0], replace(shown.sides[1], game=replace(game, turns=(game.turns[0], turn))))
    )
    await battle_channel.presenter.edit_card(hidden.shown, battle_channel.load, at_once=True)
    assert [file.url for file in files(battle_channel.card)] == [kept]
    battle_channel.clock.now += EDIT_GAP + 1
    await battle_channel.presenter.edit_card(shown, battle_channel.load, at_once=True)
    assert [file.filename for file in files(battle_channel.card)] == ["side-a.png", "side-b.png"]
    assert files(battle_channel.card)[0].url == kept
    assert battle_channel.uploads() == 3

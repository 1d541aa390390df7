"""The presenter of games on a simulated Discord, spoken to over REST alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import discord
import pytest
import simcord
from discord import ui
from structlog.testing import capture_logs

from bot.delivery.cards import EDIT_GAP
from bot.delivery.editor import UPLOAD_MAX
from bot.games import messages as game_messages
from bot.games.presenter import DiscordGamePresenter
from telephone.domain.games import GameState, Image, Prompt
from telephone.errors import Refused, StageGone, Unavailable
from telephone.exports.artifacts import Replay
from telephone.ports.games import Progress
from telephone.ports.posting import Posting, nonce
from tests.bot.samples import game, picture, summary
from tests.support.shown import files

BEFORE = datetime(2026, 1, 1, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class GameChannel:
    """A channel, and a presenter that shows games there."""

    def __init__(self, env: simcord.Env) -> None:
        self.env = env
        self.guild = env.create_guild()
        self.channel = self.guild.create_text_channel("telephone")
        self.clock = Clock()
        self.presenter = DiscordGamePresenter(env.bot, clock=self.clock)

    def game(self, state=GameState.PLAYING, **changes):
        shown = game(state, posted=False, **changes)
        return replace(shown, request=replace(shown.request, guild_id=self.guild.id, channel_id=self.channel.id))

    async def opened(self, **changes):
        """A game whose card, thread and opening are posted."""
        shown = self.game(**changes)
        card = await self.presenter.post_card(shown, Progress(), post("card"))
        shown = replace(shown, place=replace(shown.place, card_id=card))
        thread = await self.presenter.open_thread(shown, post("thread"))
        shown = replace(shown, place=replace(shown.place, thread_id=thread))
        opening = await self.presenter.post_opening(shown, post("opening"))
        return replace(shown, place=replace(shown.place, opening_id=opening))

    @property
    def thread(self):
        return self.channel.threads[0]

    def requests(self, method: str, path: str) -> list[dict]:
        return [one.json for one in self.env.http_requests if one.method == method and one.path.endswith(path)]


def post(what: str, *, again: bool = False) -> Posting:
    return Posting(nonce("00ff00ff00ff00ff", what), BEFORE, again)


@pytest.fixture
def simcord_bot():
    return discord.Client(intents=discord.Intents(guilds=True))


@pytest.fixture
def game_channel(simcord_env):
    return GameChannel(simcord_env)


async def test_a_game_is_shown_as_a_card_a_thread_and_a_line_of_replies(game_channel):
    shown = await game_channel.opened(steps=2, captions=("a watch", ""))
    first = await game_channel.presenter.post_step(shown, shown.steps[0], picture(), post("1p"))
    shown = replace(shown, turns=(replace(shown.turns[0], picture=replace(shown.steps[0], message_id=first)),))
    second = await game_channel.presenter.post_step(
        shown, game(steps=2, captions=("a watch", "")).steps[1], None, post("1c")
    )
    opening, drawn, said = game_channel.thread.history()[-3:]
    assert game_channel.thread.id == shown.place.card_id
    assert game_channel.thread.name == "#128 painter × critic"
    assert opening.content == "**The prompt**\n> a fox mends a clock"
    assert (drawn.id, drawn.reference.message_id) == (first, shown.place.opening_id)
    assert (files(drawn)[0].filename, files(drawn)[0].description) == (
        "turn-01.png",
        "Drawn from: a fox mends a clock",
    )
    assert (said.id, said.reference.message_id, said.content) == (
        second,
        first,
        "**Turn 1 of 2, caption** by critic\n> a watch",
    )
    assert said.flags.suppress_embeds


async def test_every_post_carries_its_nonce_and_mentions_nobody(game_channel):
    shown = await game_channel.opened(steps=2)
    await game_channel.presenter.post_step(shown, shown.steps[1], None, post("1c"))
    sent = game_channel.requests("POST", "/messages")
    assert [body["nonce"] for body in sent] == [nonce(shown.id, what) for what in ("card", "opening", "1c")]
    assert all(body["enforce_nonce"] and body["allowed_mentions"]["parse"] == [] for body in sent)
    assert sent[-1]["message_reference"] == {
        "message_id": shown.place.opening_id,
        "channel_id": shown.place.thread_id,
        "fail_if_not_exists": False,
        "type": 0,
    }


@pytest.mark.parametrize("what", ["card", "opening", "1p", "1c", "summary"])
async def test_what_was_posted_before_a_crash_is_found_and_not_posted_again(game_channel, what):
    shown = await game_channel.opened(steps=4)
    presenter = game_channel.presenter
    calls = {
        "card": lambda posting: presenter.post_card(shown, Progress(2), posting),
        "opening": lambda posting: presenter.post_opening(shown, posting),
        "1p": lambda posting: presenter.post_step(shown, shown.steps[0], picture(), posting),
        "1c": lambda posting: presenter.post_step(shown, shown.steps[1], None, posting),
        "summary": lambda posting: presenter.post_summary(shown, summary(), posting),
    }
    first = await calls[what](post(what)) if what not in ("card", "opening") else None
    sent = len(game_channel.requests("POST", "/messages"))
    found = await calls[what](post(what, again=True))
    assert len(game_channel.requests("POST", "/messages")) == sent
    assert found == (first or {"card": shown.place.card_id, "opening": shown.place.opening_id}.get(what))


async def test_what_a_crash_kept_from_being_posted_is_posted(game_channel):
    shown = await game_channel.opened(steps=4)
    first = await game_channel.presenter.post_step(shown, shown.steps[1], None, post("1c"))
    other = await game_channel.presenter.post_step(shown, shown.steps[3], None, post("2c", again=True))
    assert other != first


async def test_a_message_from_before_the_first_attempt_is_not_taken_for_ours(game_channel):
    shown = await game_channel.opened(steps=2)
    first = await game_channel.presenter.post_step(shown, shown.steps[1], None, post("1c"))
    later = replace(post("1c", again=True), since=game_channel.env.now() + timedelta(minutes=5))
    assert await game_channel.presenter.post_step(shown, shown.steps[1], None, later) != first


async def test_somebody_elses_copy_is_not_taken_for_ours(game_channel):
    shown = await game_channel.opened(steps=2)
    mimic = game_channel.guild.add_member(game_channel.env.create_user("mimic"))
    copied = await mimic.send(game_channel.thread, game_messages.step(shown, shown.steps[1]).content)
    assert await game_channel.presenter.post_step(shown, shown.steps[1], None, post("1c", again=True)) != copied.id


async def test_a_thread_that_exists_already_is_the_cards(game_channel):
    shown = await game_channel.opened()
    game_channel.env.inject_error("POST", "/channels/*/threads", status=400, code=160004)
    assert await game_channel.presenter.open_thread(shown, post("thread")) == shown.place.thread_id
    assert await game_channel.presenter.open_thread(shown, post("thread", again=True)) == shown.place.thread_id
    assert len(game_channel.channel.threads) == 1


@pytest.mark.parametrize(
    ("code", "status", "what", "sentence"),
    [
        (10003, 404, "thread", "The thread was deleted, so I paused at turn 2; press Continue for a new one."),
        (160005, 400, "thread", "The thread was locked, so I paused at turn 2; unlock it and press Continue."),
        (50083, 400, "thread", "The thread was archived, so I paused at turn 2; reopen it and press Continue."),
        (50013, 403, "permission", None),
        (50001, 403, "permission", None),
    ],
)
async def test_a_place_that_is_gone_pauses_the_game_with_a_sentence(game_channel, code, status, what, sentence):
    shown = await game_channel.opened(steps=2)
    game_channel.env.inject_error("POST", "/channels/*/messages", status=status, code=code)
    with pytest.raises(StageGone) as caught:
        await game_channel.presenter.post_step(shown, shown.steps[1], None, post("1c"))
    assert caught.value.what == what
    assert sentence in (None, caught.value.sentence)


@pytest.mark.parametrize(
    ("code", "what"), [(50013, "permission"), (160006, "channel"), (10003, "channel"), (10008, "channel")]
)
async def test_a_thread_that_cannot_be_opened_pauses_the_game(game_channel, code, what):
    shown = await game_channel.opened()
    game_channel.env.inject_error("POST", "/channels/*/threads", status=403, code=code)
    with pytest.raises(StageGone) as caught:
        await game_channel.presenter.open_thread(shown, post("thread"))
    assert caught.value.what == what


@pytest.mark.parametrize("status", [500, 503, 429])
async def test_a_discord_that_does_not_answer_may_be_asked_again(game_channel, status):
    shown = await game_channel.opened(steps=2)
    game_channel.env.inject_error("POST", "/channels/*/messages", status=status)
    with pytest.raises(Unavailable):
        await game_channel.presenter.post_step(shown, shown.steps[1], None, post("1c"))


async def test_a_server_whose_moderation_stops_a_message_ends_the_game_kindly(game_channel):
    shown = await game_channel.opened(steps=2)
    game_channel.env.inject_error("POST", "/channels/*/messages", status=400, code=200000)
    with pytest.raises(Refused):
        await game_channel.presenter.post_step(shown, shown.steps[1], None, post("1c"))


async def test_a_card_discord_refuses_does_not_end_a_game(game_channel):
    shown = await game_channel.opened(steps=2)
    game_channel.env.inject_error("PATCH", "/channels/*", status=400, code=50035)
    with capture_logs() as logs:
        await game_channel.presenter.edit_card(shown, Progress())
    assert [entry["log_level"] for entry in logs] == ["error"]


async def test_a_refusal_nobody_foresaw_is_a_bug_and_stays_one(game_channel):
    shown = await game_channel.opened(steps=2)
    game_channel.env.inject_error("POST", "/channels/*/messages", status=400, code=50035)
    with pytest.raises(discord.HTTPException):
        await game_channel.presenter.post_step(shown, shown.steps[1], None, post("1c"))


def noisy(side: int) -> Image:
    """A picture that no lossless format makes small."""
    import io
    import random

    from PIL import Image as pil

    pixels = pil.frombytes("RGB", (side, side), random.Random(1).randbytes(side * side * 3))
    buffer = io.BytesIO()
    pixels.save(buffer, "PNG", compress_level=0)
    return Image(buffer.getvalue(), "image/png", side, side)


async def test_a_picture_over_the_limit_is_posted_as_a_smaller_copy_that_says_so(game_channel):
    shown = await game_channel.opened(steps=1)
    large = noisy(1_900)
    assert len(large.data) > UPLOAD_MAX
    first = await game_channel.presenter.post_step(shown, shown.steps[0], large, post("1p"))
    message = game_channel.thread.last_message
    assert message.content.endswith(game_messages.TOO_LARGE)
    assert message.attachments[0].filename == "turn-01.webp"
    assert message.attachments[0].size <= UPLOAD_MAX
    assert await game_channel.presenter.post_step(shown, shown.steps[0], large, post("1p", again=True)) == first


async def test_a_picture_discord_calls_too_large_is_made_smaller(game_channel):
    shown = await game_channel.opened(steps=1)
    game_channel.env.inject_error("POST", "/channels/*/messages", status=413, code=40005)
    await game_channel.presenter.post_step(shown, shown.steps[0], noisy(1_000), post("1p"))
    message = game_channel.thread.last_message
    assert message.attachments[0].size <= UPLOAD_MAX // 4
    assert message.content.endswith(game_messages.TOO_LARGE)


def title(channel) -> str:
    (card,) = [message for message in channel.history() if message.components]
    return next(item.content for item in card.components[0].children if isinstance(item, discord.TextDisplay))


async def test_a_card_is_edited_at_most_every_five_seconds(game_channel):
    shown = await game_channel.opened(steps=2, turns=9)
    edits = []
    for now, steps in ((0.0, 2), (1.0, 4), (EDIT_GAP + 1, 6)):
        game_channel.clock.now = now
        turns = game(steps=steps, turns=9).turns
        await game_channel.presenter.edit_card(replace(shown, turns=turns), Progress())
        edits.append(title(game_channel.channel))
    assert edits == ["### #128 turn 2 of 9", "### #128 turn 2 of 9", "### #128 turn 4 of 9"]


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (GameState.PAUSED, "paused at turn 2"),
        (GameState.FINISHED, "finished"),
        (GameState.FAILED, "ended at turn 2"),
        (GameState.STOPPED, "stopped at turn 2"),
    ],
)
async def test_a_pause_and_an_end_are_never_skipped(game_channel, state, said):
    shown = await game_channel.opened(steps=4)
    await game_channel.presenter.edit_card(shown, Progress())
    await game_channel.presenter.edit_card(replace(shown, state=state), Progress(), summary())
    assert title(game_channel.channel) == f"### #128 {said}"


async def test_an_old_card_is_edited_every_five_minutes(game_channel):
    shown = await game_channel.opened(steps=2, turns=9)
    await game_channel.presenter.edit_card(shown, Progress())
    await game_channel.env.advance_time(3_700)
    game_channel.clock.now = 100.0
    later = replace(shown, turns=game(steps=4, turns=9).turns)
    await game_channel.presenter.edit_card(later, Progress())
    assert title(game_channel.channel) == "### #128 turn 2 of 9"
    game_channel.clock.now = 301.0
    await game_channel.presenter.edit_card(later, Progress())
    assert title(game_channel.channel) == "### #128 turn 3 of 9"


async def test_an_unchanged_card_is_not_edited(game_channel):
    shown = await game_channel.opened(steps=2)
    for now in (0.0, 10.0, 20.0):
        game_channel.clock.now = now
        await game_channel.presenter.edit_card(shown, Progress())
    assert len(game_channel.requests("PATCH", f"/messages/{shown.place.card_id}")) == 1


async def test_a_card_that_may_not_be_edited_any_more_is_posted_afresh_at_the_end(game_channel):
    shown = await game_channel.opened(steps=4)
    game_channel.env.inject_error("PATCH", "/channels/*", status=400, code=30046, times=None)
    await game_channel.presenter.edit_card(shown, Progress())
    assert len(game_channel.channel.history()) == 2
    await game_channel.presenter.edit_card(replace(shown, state=GameState.FINISHED), Progress(), summary())
    fresh = game_channel.channel.last_message
    assert fresh.reference.message_id == shown.place.card_id


async def test_a_deleted_card_does_not_end_a_game(game_channel):
    shown = await game_channel.opened(steps=2)
    game_channel.env.backend.delete_message(game_channel.channel.id, shown.place.card_id)
    await game_channel.presenter.edit_card(shown, Progress())
    assert len(game_channel.requests("PATCH", f"/messages/{shown.place.card_id}")) == 1
    step_id = await game_channel.presenter.post_step(shown, shown.steps[0], picture(), post("1p"))
    assert [message.id for message in game_channel.thread.history()] == [shown.place.opening_id, step_id]


async def test_a_stage_is_open_until_its_thread_is_deleted(game_channel):
    shown = await game_channel.opened()
    assert await game_channel.presenter.is_open(shown)
    game_channel.env.backend.delete_channel(shown.place.thread_id)
    assert not await game_channel.presenter.is_open(shown)


async def test_a_card_without_a_thread_is_open_until_it_is_deleted(game_channel):
    shown = await game_channel.opened()
    bare = replace(shown, place=replace(shown.place, thread_id=None))
    assert await game_channel.presenter.is_open(bare)
    game_channel.env.backend.delete_message(game_channel.channel.id, shown.place.card_id)
    assert not await game_channel.presenter.is_open(bare)


async def test_the_summary_has_its_pictures_and_buttons(game_channel):
    shown = await game_channel.opened(steps=4)
    await game_channel.presenter.post_summary(shown, summary(), post("summary"))
    message = game_channel.thread.last_message
    assert [file.filename for file in files(message)] == ["first.png", "last.png", "drift.png"]
    view = ui.LayoutView.from_message(message)
    galleries = [item for item in view.walk_children() if isinstance(item, ui.MediaGallery)]
    assert [len(gallery.items) for gallery in galleries] == [2, 1]


async def test_a_finished_card_that_says_more_later_brings_its_pictures_once(game_channel):
    shown = await game_channel.opened(steps=4)
    finished = replace(shown, state=GameState.FINISHED)
    await game_channel.presenter.edit_card(finished, Progress(), replace(summary(), drift=None))
    await game_channel.presenter.edit_card(finished, Progress(), summary())
    *_, first, again = game_channel.requests("PATCH", f"/messages/{shown.place.card_id}")
    assert [file["filename"] for file in again["attachments"]] == ["first.png", "last.png"]
    assert all(int(file["id"]) < 10 for file in first["attachments"])
    assert all(int(file["id"]) > 10 for file in again["attachments"]), "those that are kept have snowflakes"


async def test_a_replay_is_posted_once(game_channel):
    shown = await game_channel.opened(steps=2)
    gif = Replay("game-128.gif", b"GIF89a", "Replay of game 128")
    first = await game_channel.presenter.post_replay(shown, gif)
    assert first is not None
    assert await game_channel.presenter.post_replay(shown, gif) == first
    assert await game_channel.presenter.post_replay(game(posted=False), gif) is None


async def test_the_client_remembers_no_view(game_channel):
    shown = await game_channel.opened(steps=4)
    await game_channel.presenter.edit_card(shown, Progress())
    assert game_channel.env.bot.persistent_views == []


async def shown_step(game_channel):
    """A game whose first picture is posted, and that step with its message."""
    shown = await game_channel.opened(steps=1)
    step = shown.steps[0]
    message_id = await game_channel.presenter.post_step(shown, step, picture(), post("1p"))
    return shown, replace(step, message_id=message_id)


async def test_a_step_is_hidden_and_shown_again_where_it_stands(game_channel):
    shown, step = await shown_step(game_channel)
    await game_channel.presenter.edit_step(shown, replace(step, hidden=True), None)
    message = game_channel.thread.history()[-1]
    assert (message.id, files(message)) == (step.message_id, [])
    assert message.content.endswith(game_messages.HIDDEN)
    await game_channel.presenter.edit_step(shown, step, picture())
    message = game_channel.thread.history()[-1]
    assert game_messages.HIDDEN not in message.content
    assert [file.filename for file in files(message)] == ["turn-01.png"]


async def test_a_step_in_an_archived_thread_is_hidden_too(game_channel):
    shown, step = await shown_step(game_channel)
    game_channel.env.inject_error("PATCH", "/channels/*/messages/*", status=400, code=50083)
    await game_channel.presenter.edit_step(shown, replace(step, hidden=True), None)
    assert {"archived": False} in game_channel.requests("PATCH", f"/channels/{shown.place.thread_id}")
    assert game_channel.thread.history()[-1].content.endswith(game_messages.HIDDEN)


async def test_hiding_takes_back_the_replay_and_nothing_else(game_channel):
    shown, step = await shown_step(game_channel)
    await game_channel.presenter.post_replay(shown, Replay(f"game-{shown.number}.gif", b"GIF89a", "Replay"))
    before = len(game_channel.thread.history())
    await game_channel.presenter.edit_step(shown, replace(step, hidden=True), None)
    left = game_channel.thread.history()
    assert len(left) == before - 1
    assert not any(file.filename.endswith(".gif") for message in left for file in files(message))


async def test_a_prompt_that_was_replaced_is_shown_anew_and_its_replay_goes(game_channel):
    shown = await game_channel.opened(steps=1)
    await game_channel.presenter.post_replay(shown, Replay(f"game-{shown.number}.gif", b"GIF89a", "Replay"))
    words = Prompt("(deleted by who wrote it, 1f)")
    await game_channel.presenter.edit_opening(replace(shown, request=replace(shown.request, prompt=words)))
    (opening,) = game_channel.thread.history()
    assert (opening.id, opening.content) == (shown.place.opening_id, f"**The prompt**\n> {words.text}")


async def test_a_step_whose_message_is_gone_needs_no_hiding(game_channel):
    shown, step = await shown_step(game_channel)
    await game_channel.presenter.post_replay(shown, Replay(f"game-{shown.number}.gif", b"GIF89a", "Replay"))
    game_channel.env.backend.delete_message(game_channel.thread.id, step.message_id)
    await game_channel.presenter.edit_step(shown, replace(step, hidden=True), None)
    assert [message.id for message in game_channel.thread.history()] == [shown.place.opening_id], "the replay goes too"


async def test_an_edit_that_discord_puts_off_may_be_asked_for_again(game_channel):
    shown, step = await shown_step(game_channel)
    game_channel.env.inject_error("PATCH", "/channels/*/messages/*", status=400, code=30046)
    with pytest.raises(Unavailable):
        await game_channel.presenter.edit_step(shown, replace(step, hidden=True), None)


async def test_a_summary_without_its_hidden_pictures_stays_a_summary(game_channel):
    shown = await game_channel.opened(state=GameState.FINISHED)
    summary_id = await game_channel.presenter.post_summary(shown, summary(), post("summary"))
    shown = replace(shown, place=replace(shown.place, summary_id=summary_id))
    await game_channel.presenter.edit_summary(shown, replace(summary(), first=None, last=None))
    assert [file.filename for file in files(game_channel.thread.history()[-1])] == ["drift.png"]


async def test_a_card_that_is_no_longer_remembered_is_edited_once_more(simcord_env, monkeypatch):
    monkeypatch.setattr("bot.delivery.cards.REMEMBERED", 1)
    game_channel = GameChannel(simcord_env)
    shown = await game_channel.opened(steps=2)
    other = replace(shown, id="ff00ff00ff00ff00")
    for one in (shown, shown, other, shown):
        await game_channel.presenter.edit_card(one, Progress())
        assert len(game_channel.presenter._cards._shown) == 1
    assert len(game_channel.requests("PATCH", f"/messages/{shown.place.card_id}")) == 3

"""One game as a durable workflow, with fake players and a presenter that records what it shows."""

import asyncio

import pytest

from telephone.domain.calibration import Rest
from telephone.domain.games import Game, GameState
from telephone.engine.outcomes import BROKEN
from telephone.errors import BadInput, BadOutput, NotAllowed, Refused, Retired, StageGone, Unavailable, Waking
from telephone.games.admission import StartRequest
from telephone.games.card_pace import CARD_PACE
from telephone.games.workflow import PAUSED_HERE
from telephone.measurement.repeats import SOURCE
from telephone.ports.games import Delay
from tests.limits import LIMIT
from tests.support.app import RunningApp, running_app
from tests.support.surfaces import RecordedGames

pytestmark = pytest.mark.slow

ASKED = StartRequest(prompt="a fox mends a clock", t2i="painter", i2t="critic", turns=3, seed=7, starter_id=5)
LINE = ["card", "thread", "opening", "1p", "1c", "2p", "2c", "3p", "3c", "summary"]


@pytest.fixture
async def running(tmp_path):
    async with running_app(tmp_path) as opened:
        yield opened


async def played(running: RunningApp, asked: StartRequest = ASKED) -> Game:
    return await running.app.games.closed((await running.app.games.start(asked)).id, timeout=LIMIT)


async def reaches(running: RunningApp, game: Game, state: GameState) -> Game:
    async with asyncio.timeout(LIMIT):
        while (now := await running.store.games.get(game.id)).state is not state:
            await asyncio.sleep(0.02)
    return now


async def card_says(running: RunningApp, state: str) -> None:
    """The card is edited once a game has ended, and not before that can be seen."""
    async with asyncio.timeout(LIMIT):
        while running.game_presenter.cards[-1][1] != state:
            await asyncio.sleep(0.02)


async def test_a_game_is_played_posted_in_order_and_measured(running):
    game = await played(running)
    assert game.state is GameState.FINISHED
    assert running.game_presenter.of(game) == LINE
    assert [turn.n for turn in game.turns] == [1, 2, 3]
    assert all(turn.distance is not None and 0 <= turn.distance <= 2 for turn in game.turns)
    assert game.embedder == "letters"


async def test_a_caption_is_cleaned_and_kept_raw(running):
    game = await played(running)
    caption = game.turns[0].caption
    assert caption.raw.startswith("Caption: ")
    assert caption.text == caption.raw.removeprefix("Caption: ")


async def test_reported_costs_and_the_tables_price_are_told_apart(running):
    game = await played(running)
    picture, caption = game.turns[0].picture, game.turns[0].caption
    assert (picture.cost_usd, picture.cost_estimated) == (0.02, True)
    assert (caption.cost_usd, caption.cost_estimated) == (0.01, False)
    assert game.cost_usd == pytest.approx(0.09)


async def test_the_same_seed_plays_the_same_game(running):
    first, second = await played(running), await played(running)
    assert [step.image or step.text for step in first.steps] == [step.image or step.text for step in second.steps]


async def test_a_text_is_embedded_once(running):
    for _ in range(2):
        await played(running)
    embedded = running.letters.embedded
    assert len(set(embedded)) == len(embedded)
    assert [text for text in embedded if text == ASKED.prompt] == [ASKED.prompt]
    assert sum("wall of colour" in text for text in embedded) == 3


async def test_the_scale_is_made_when_the_summary_is_there_and_is_then_shown_in_it(running):
    post, posted = running.game_presenter.post_summary, []

    async def post_summary(game, summary, posting):
        posted.append((summary.bearings.scale, len(running.letters.embedded)))
        return await post(game, summary, posting)

    running.game_presenter.post_summary = post_summary
    await played(running)
    assert posted == [(None, 4)], "nobody waited for the scale"
    async with asyncio.timeout(LIMIT):
        while not running.game_presenter.summaries:
            await asyncio.sleep(0.02)
    (summary,) = running.game_presenter.summaries
    assert (summary.bearings.scale.source, summary.bearings.rest) == (SOURCE, Rest(None, 3, cycle=False))
    assert "Unrelated prompts are" in summary.chart_alt
    await played(running)
    assert posted[1][0] == summary.bearings.scale, "the next summary has it from the start"


async def test_a_passing_fault_is_tried_again(running):
    running.provider.faults = [Unavailable("The line is busy.")] * 2
    assert (await played(running)).state is GameState.FINISHED


async def test_a_refused_prompt_ends_the_game_kindly(running):
    running.provider.faults = [Refused("painter declined these words.", "violence")]
    game = await played(running)
    assert (game.state, game.reason) == (GameState.FAILED, "painter declined these words.")
    assert running.game_presenter.of(game) == ["card", "thread", "opening"]
    await card_says(running, "failed")


async def test_a_bug_ends_its_game_with_an_apology_and_not_the_next(running):
    running.provider.faults = [ZeroDivisionError("oops")]
    game = await played(running)
    assert game.state is GameState.FAILED
    assert game.reason == BROKEN
    assert (await played(running)).state is GameState.FINISHED


async def test_no_answer_is_asked_for_once_more(running):
    running.provider.faults = [BadOutput("critic said nothing.")]
    game = await played(running)
    assert game.state is GameState.FINISHED
    assert len(running.provider.submitted) == 7
    running.provider.faults = [BadOutput("critic said nothing.")] * 2
    assert (await played(running)).state is GameState.FAILED


async def test_an_empty_caption_never_reaches_the_next_player(running):
    running.provider.says = "Caption:  "
    game = await played(running)
    assert game.state is GameState.FAILED
    assert [str(step.key) for step in game.steps] == ["1p"]


async def test_stopping_a_game_calls_the_player_off_and_keeps_what_was_posted(running):
    running.provider.delay = 0.2
    game = await running.app.games.start(ASKED)
    while "1c" not in running.game_presenter.of(game):
        await asyncio.sleep(0.02)
    running.provider.delay = 60
    await asyncio.sleep(0.5)
    await running.app.games.stop(game.id, by=5, is_host=False)
    async with asyncio.timeout(LIMIT):
        while not running.provider.cancelled:
            await asyncio.sleep(0.05)
    stopped = await running.app.games.get(game.id)
    assert stopped.state is GameState.STOPPED
    assert "summary" not in running.game_presenter.of(game)
    with pytest.raises(BadInput, match="ended already"):
        await running.app.games.stop(game.id, by=5, is_host=False)


async def test_only_a_host_stops_a_game(running):
    running.provider.delay = 0.2
    game = await running.app.games.start(ASKED)
    with pytest.raises(NotAllowed):
        await running.app.games.stop(game.id, by=6, is_host=False)
    await running.app.games.stop(game.id, by=6, is_host=True)


async def test_games_beyond_the_limit_queue_and_are_played_in_order(running):
    await running.app.servers.change(0, parallel=1)
    running.provider.delay = 0.1
    games = []
    for _ in range(4):
        games.append(await running.app.games.start(ASKED))
        async with asyncio.timeout(LIMIT):
            while "opening" not in running.game_presenter.of(games[-1]):
                await asyncio.sleep(0.01)
    assert await running.app.games.place_in_queue(games[-1].id) >= 2
    for game in games:
        assert (await running.app.games.closed(game.id, timeout=LIMIT)).state is GameState.FINISHED
    last = games[-1].id
    told = [place for game_id, state, place in running.game_presenter.cards if (game_id, state) == (last, "queued")]
    assert told == sorted(told, reverse=True)
    assert told[-1] == 1, "its card told it that it is next"
    first_pictures = [game_id for game_id, what in running.game_presenter.posts if what == "1p"]
    assert first_pictures == [game.id for game in games]


async def test_a_game_that_waits_in_line_costs_no_edit_until_it_begins(tmp_path, monkeypatch):
    monkeypatch.setattr("tests.support.app.EVERY_STEP", CARD_PACE)
    async with running_app(tmp_path) as running:
        await running.app.servers.change(0, parallel=1)
        running.provider.delay = 0.2
        first, second = await running.app.games.start(ASKED), await running.app.games.start(ASKED)
        for game in (first, second):
            assert (await running.app.games.closed(game.id, timeout=LIMIT)).state is GameState.FINISHED
        told = [state for game_id, state, _ in running.game_presenter.cards if game_id == second.id]
        assert "queued" not in told
        assert told[0] == "playing"
        assert told[-1] == "finished"


class SlowCards(RecordedGames):
    """Posts a card only when it may: the first ones at once, as many as there are permits."""

    def __init__(self, permits: int) -> None:
        super().__init__()
        self.permits = asyncio.Semaphore(permits)

    async def post_card(self, game, progress, posting):
        await self.permits.acquire()
        return await super().post_card(game, progress, posting)


async def test_a_game_whose_card_is_still_being_posted_is_not_promoted(tmp_path):
    async with running_app(tmp_path, game_presenter=SlowCards(1)) as running:
        first = await running.app.games.start(ASKED)
        async with asyncio.timeout(LIMIT):
            while "card" not in running.game_presenter.of(first):
                await asyncio.sleep(0.01)
        second = await running.app.games.start(ASKED)
        assert (await running.app.games.closed(first.id, timeout=LIMIT)).state is GameState.FINISHED
        await running.app.servers.change(0, parallel=3)
        await running.recovery.recover()
        assert (await running.store.games.get(second.id)).state is GameState.QUEUED
        running.game_presenter.permits.release()
        assert (await running.app.games.closed(second.id, timeout=LIMIT)).state is GameState.FINISHED
        assert running.game_presenter.of(second) == LINE


async def test_a_paused_game_whose_thread_is_still_being_made_again_is_not_promoted(tmp_path):
    async with running_app(tmp_path, game_presenter=SlowCards(1)) as running:
        running.provider.delay = 0.05
        first = await running.app.games.start(ASKED)
        while "1c" not in running.game_presenter.of(first):
            await asyncio.sleep(0.02)
        running.game_presenter.closed = True
        running.game_presenter.faults = [StageGone("The thread was deleted.", "thread")]
        await reaches(running, first, GameState.PAUSED)
        await running.app.games.resume(first.id, by=5, is_host=False)
        await running.play.promote(0)
        await running.recovery.recover()
        assert (await running.store.games.get(first.id)).state is GameState.QUEUED
        running.game_presenter.permits.release()
        assert (await running.app.games.closed(first.id, timeout=LIMIT)).state is GameState.FINISHED


async def test_pause_stops_every_game_and_resume_plays_on_without_playing_anew(running):
    running.provider.delay = 0.15
    games = [await running.app.games.start(ASKED) for _ in range(3)]
    while "1c" not in running.game_presenter.of(games[0]):
        await asyncio.sleep(0.02)
    assert await running.app.servers.pause(0) == 3
    with pytest.raises(NotAllowed, match="paused"):
        await running.app.games.start(ASKED)
    await asyncio.sleep(0.5)
    before = list(running.game_presenter.posts)
    await asyncio.sleep(0.5)
    assert running.game_presenter.posts == before
    assert await running.app.servers.resume(0) == 3
    for game in games:
        done = await running.app.games.closed(game.id, timeout=LIMIT)
        assert done.state is GameState.FINISHED
        assert running.game_presenter.of(game) == LINE


async def test_the_operators_pause_holds_every_server(running):
    assert await running.app.servers.pause_everywhere() == 0
    with pytest.raises(NotAllowed, match="operator"):
        await running.app.games.start(ASKED)
    await running.app.servers.resume_everywhere()
    assert (await played(running)).state is GameState.FINISHED


async def test_a_lost_stage_pauses_the_game_and_continue_plays_on(running):
    running.game_presenter.faults = []
    running.provider.delay = 0.05
    game = await running.app.games.start(ASKED)
    while "1p" not in running.game_presenter.of(game):
        await asyncio.sleep(0.02)
    running.game_presenter.faults = [StageGone("The thread was deleted, so I paused.", "thread")]
    paused = await reaches(running, game, GameState.PAUSED)
    assert paused.reason == "The thread was deleted, so I paused."
    await running.app.games.resume(game.id, by=5, is_host=False)
    assert (await running.app.games.closed(game.id, timeout=LIMIT)).state is GameState.FINISHED
    assert running.game_presenter.of(game) == LINE


async def test_a_game_whose_thread_is_gone_is_shown_anew_and_nothing_is_played_again(running):
    running.provider.delay = 0.05
    game = await running.app.games.start(ASKED)
    while "1c" not in running.game_presenter.of(game):
        await asyncio.sleep(0.02)
    running.game_presenter.closed, running.game_presenter.faults = (
        True,
        [StageGone("The thread was deleted.", "thread")],
    )
    await reaches(running, game, GameState.PAUSED)
    before = len(running.game_presenter.of(game))
    await running.app.games.resume(game.id, by=5, is_host=False)
    assert (await running.app.games.closed(game.id, timeout=LIMIT)).state is GameState.FINISHED
    assert running.game_presenter.of(game)[before:] == LINE
    assert running.provider.collected == {"painter": 3, "critic": 3}
    last = {what: 1_001 + n for n, (_, what) in enumerate(running.game_presenter.posts)}
    shown_anew = await running.store.games.get(game.id)
    assert {str(step.key): step.message_id for step in shown_anew.steps} == {what: last[what] for what in LINE[3:9]}


async def test_a_game_stopped_while_its_call_is_submitted_is_called_off_and_booked(running):
    slow = running.provider.submit

    async def submit(*asked):
        ticket = await slow(*asked)
        await running.app.games.stop(game.id, by=5, is_host=False)
        return ticket

    running.provider.submit = submit
    game = await running.app.games.start(ASKED)
    async with asyncio.timeout(LIMIT):
        while not running.provider.cancelled or not (await running.store.games.get(game.id)).costs.unused:
            await asyncio.sleep(0.05)
    stopped = await running.app.games.get(game.id)
    assert (stopped.state, stopped.steps) == (GameState.STOPPED, ())


async def test_a_pause_that_is_noticed_before_it_is_booked_is_booked(running):
    running.provider.delay = 0.3
    game = await running.app.games.start(ASKED)
    while "1p" not in running.game_presenter.of(game):
        await asyncio.sleep(0.02)
    await running.store.servers.change(0, paused=True)
    paused = await reaches(running, game, GameState.PAUSED)
    assert paused.reason == PAUSED_HERE
    await running.store.servers.change(0, paused=False)
    await running.recovery.recover()
    assert (await running.app.games.closed(game.id, timeout=LIMIT)).state is GameState.FINISHED
    assert running.game_presenter.of(game) == LINE


async def test_two_pauses_end_in_any_order(running):
    running.provider.delay = 0.2
    game = await running.app.games.start(ASKED)
    await running.app.games.opened(game.id)
    await running.app.servers.pause_everywhere()
    await running.app.servers.pause(0)
    await running.app.servers.resume_everywhere()
    assert (await running.app.games.get(game.id)).state is GameState.PAUSED
    await running.app.servers.resume(0)
    await running.recovery.recover()
    assert (await running.app.games.closed(game.id, timeout=LIMIT)).state is GameState.FINISHED


async def test_a_pause_during_the_last_post_keeps_the_summary_for_later(running):
    game = await running.app.games.start(ASKED)
    send = running.game_presenter.post_step

    async def post_step(shown, step, image, posting):
        if str(step.key) == "3c":
            await running.app.servers.pause(0)
        return await send(shown, step, image, posting)

    running.game_presenter.post_step = post_step
    await reaches(running, game, GameState.PAUSED)
    await asyncio.sleep(0.5)
    running.game_presenter.post_step = send
    await running.app.servers.resume(0)
    done = await running.app.games.closed(game.id, timeout=LIMIT)
    assert (done.state, done.place.summary_id is not None) == (GameState.FINISHED, True)
    await card_says(running, "finished")


async def test_a_game_whose_workflow_died_of_a_fault_is_set_going_again(running, monkeypatch):
    move, faults = running.store.games.move, [OSError("the disk is away")]

    async def moved(game_id, to, **options):
        if to is GameState.FINISHED and faults:
            raise faults.pop()
        return await move(game_id, to, **options)

    monkeypatch.setattr(running.store.games, "move", moved)
    game = await running.app.games.start(ASKED)
    async with asyncio.timeout(LIMIT):
        while (now := await running.app.games.get(game.id)).run == 0:
            await running.recovery.recover()
            await asyncio.sleep(0.1)
    assert now.run == 1
    assert (await running.app.games.closed(game.id, timeout=LIMIT)).state is GameState.FINISHED
    assert running.game_presenter.of(game) == LINE
    assert running.provider.collected == {"painter": 3, "critic": 3}


async def test_a_card_says_that_a_model_is_waking_up_and_then_no_more(running):
    edit_card, cards = running.game_presenter.edit_card, []

    async def recorded(game, progress, summary=None):
        cards.append((progress.delay is Delay.WAKING, len(game.steps)))
        await edit_card(game, progress, summary)

    running.game_presenter.edit_card = recorded
    running.provider.faults = [Waking("painter is still being started.")]
    game = await played(running)
    assert game.state is GameState.FINISHED
    assert [card for card in cards if card[0]] == [(True, 0)]
    assert cards[-1][0] is False
    assert running.provider.submitted.count(running.provider.submitted[0]) == 1


async def test_a_card_that_breaks_stops_neither_its_game_nor_the_queue(running):
    async def edit_card(*_):
        raise ValueError("no such colour")

    running.game_presenter.edit_card = edit_card
    await running.app.servers.change(0, parallel=1)
    running.provider.faults = [Refused("painter declined these words.")]
    failed, next_one = [await running.app.games.start(ASKED) for _ in range(2)]
    assert (await running.app.games.closed(failed.id, timeout=LIMIT)).state is GameState.FAILED
    assert (await running.app.games.closed(next_one.id, timeout=LIMIT)).state is GameState.FINISHED


async def test_an_interrupted_game_is_played_on(tmp_path):
    async with running_app(tmp_path) as running:
        running.provider.delay = 0.1
        game = await running.app.games.start(ASKED)
        while "2p" not in running.game_presenter.of(game):
            await asyncio.sleep(0.02)
        first = running
    async with running_app(tmp_path, provider=first.provider, game_presenter=first.game_presenter) as running:
        done = await running.app.games.closed(game.id, timeout=LIMIT)
        assert done.state is GameState.FINISHED
        assert running.game_presenter.of(game) == LINE
        paid = running.provider.submitted
        assert len(paid) == len(set(paid)) == 6


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"prompt": "ab"}, BadInput, "at least 3"),
        ({"prompt": "x" * 4_001}, BadInput, "4,001"),
        ({"prompt": "\x00\x07 \n"}, BadInput, "at least 3"),
        ({"prompt": "#easy-999"}, BadInput, "#easy-999"),
        ({"t2i": "absent"}, NotAllowed, "no key"),
        ({"t2i": "gone"}, Retired, "painter"),
        ({"turns": 31}, BadInput, "1 to 30"),
        ({"seed": -1}, BadInput, "seed"),
    ],
)
async def test_what_cannot_be_played_is_said_before_anything_is_stored(running, change, error, words):
    from dataclasses import replace

    with pytest.raises(error, match=words):
        await running.app.games.start(replace(ASKED, **change))
    assert await running.app.games.recent(0) == []


async def test_a_curated_prompt_brings_its_level(running):
    game = await played(running, StartRequest(prompt="#hard-002", t2i="painter", i2t="critic", turns=1))
    assert game.request.prompt.level == "hard"
    assert "marketplace" in game.request.prompt.text


async def test_long_and_strange_prompts_are_played(running):
    for text in ("x" * 4_000, "tab\tand\x07bell", "狐が時計を直す", "🦊🕰️🔧"):
        asked = StartRequest(prompt=text, t2i="painter", i2t="critic", turns=1)
        assert (await played(running, asked)).state is GameState.FINISHED

"""Members' turns: a game that waits for them, goes on with what they say, or with a model in their place."""

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from telephone.domain.games import Game, GameState, Kind, Step, StepKey
from telephone.domain.human_turns import SeatState
from telephone.domain.refusals import LATE, SEEN, TAKEN
from telephone.errors import BadInput, NotAllowed, NotFound, Refused, StageGone, Unavailable, Withheld
from telephone.games.admission import StartRequest
from telephone.games.turn_service import IN_ALREADY, OVER
from telephone.media.images import verify
from telephone.media.uploads import WRONG_KIND
from tests.limits import LIMIT
from tests.support.app import RunningApp, running_app
from tests.support.pictures import paint
from tests.support.surfaces import RecordedGames

pytestmark = pytest.mark.slow

OPEN = StartRequest(prompt="a fox mends a clock", t2i="painter", i2t="human", turns=2, seed=7, starter_id=5)
SEALED = replace(OPEN, sealed=True)
FIRST, SECOND = StepKey(1, Kind.CAPTION), StepKey(2, Kind.CAPTION)
ADA, BO, CY = 11, 12, 13
SAID = "a fox and a broken clock"


@pytest.fixture
async def running(tmp_path):
    async with running_app(tmp_path) as opened:
        yield opened


async def waits(running: RunningApp, game: Game, key: StepKey = FIRST) -> Game:
    """The game once it waits for a member to take a step."""
    async with asyncio.timeout(LIMIT):
        while (now := await running.app.games.get(game.id)).state is not GameState.WAITING or now.next_key != key:
            assert not now.state.is_final, now.reason
            await asyncio.sleep(0.02)
    return now


async def becomes(running: RunningApp, game: Game, state: SeatState, key: StepKey = FIRST) -> None:
    async with asyncio.timeout(LIMIT):
        while (await running.store.seats.get(game.id, key)).state is not state:
            await asyncio.sleep(0.02)


async def times(running: RunningApp, claim: float, seat: float) -> None:
    await running.store.servers.change(0, claim_seconds=claim, seat_seconds=seat)


async def answer(running: RunningApp, game: Game, key: StepKey, member: int, text: str = SAID) -> None:
    await running.app.turns.claim(game.id, key, member)
    await running.app.turns.caption(game.id, key, member, text)


async def test_an_open_game_is_posted_as_it_is_played_and_one_member_may_take_every_turn(running):
    game = await running.app.games.start(OPEN)
    await waits(running, game)
    assert running.game_presenter.of(game) == ["card", "thread", "opening", "1p", "invite-1c"]
    turn = await running.app.turns.claim(game.id, FIRST, ADA)
    assert (turn.words, turn.picture.data[:4]) == (None, b"\x89PNG")
    await running.app.turns.caption(game.id, FIRST, ADA, f"  {SAID}\n")
    await waits(running, game, SECOND)
    await answer(running, game, SECOND, ADA)
    done = await running.app.games.closed(game.id, timeout=LIMIT)
    assert running.game_presenter.of(game)[3:] == ["1p", "invite-1c", "1c", "2p", "invite-2c", "2c", "summary"]
    caption = done.turns[0].caption
    assert (caption.text, caption.player, caption.cost_usd, caption.raw) == (SAID, "human", 0.0, f"  {SAID}\n")
    assert running.provider.collected == {"painter": 2}
    assert done.turns[1].distance is not None


async def test_a_waiting_game_holds_no_place(running):
    await running.app.servers.change(0, parallel=1)
    first, second = [await running.app.games.start(OPEN) for _ in range(2)]
    await waits(running, first)
    await waits(running, second)
    async with asyncio.timeout(LIMIT):
        while {state for game_id, state, _ in running.game_presenter.cards[-2:]} != {"waiting"}:
            await asyncio.sleep(0.02)


async def test_a_member_draws_what_the_caption_says(running):
    game = await running.app.games.start(replace(OPEN, t2i="human", i2t="critic", turns=1))
    first = StepKey(1, Kind.PICTURE)
    await waits(running, game, first)
    assert (await running.app.turns.claim(game.id, first, ADA)).words == OPEN.prompt
    with pytest.raises(BadInput, match=WRONG_KIND.format("an SVG drawing")):
        await running.app.turns.drawing(game.id, first, ADA, b"<svg/>")
    with pytest.raises(BadInput, match="is to be drawn"):
        await running.app.turns.caption(game.id, first, ADA, SAID)
    await running.app.turns.drawing(game.id, first, ADA, paint("mine"))
    done = await running.app.games.closed(game.id, timeout=LIMIT)
    assert (done.state, done.turns[0].picture.player) == (GameState.FINISHED, "human")


async def test_the_page_to_draw_on_has_the_words_of_one_claim_and_takes_one_drawing(running):
    game = await running.app.games.start(replace(OPEN, t2i="human", i2t="critic", turns=1))
    first = StepKey(1, Kind.PICTURE)
    await waits(running, game, first)
    seats = running.app.turns
    claim = (await seats.claim(game.id, first, ADA)).seat.claim
    for _ in range(2):
        task = await seats.drawing_task(claim.id, ADA)
        assert (task.caption, task.expires_at) == (OPEN.prompt, claim.expires_at)
    with pytest.raises(NotAllowed, match=OVER):
        await seats.drawing_task(claim.id, BO)
    with pytest.raises(NotFound):
        await seats.drawing_task("feedbeef", ADA)
    await seats.hand_in(claim.id, ADA, paint("mine"))
    await seats.hand_in(claim.id, ADA, paint("mine"))
    with pytest.raises(NotAllowed, match=IN_ALREADY):
        await seats.hand_in(claim.id, ADA, paint("another"))
    with pytest.raises(BadInput):
        await seats.hand_in(claim.id, ADA, b"no picture")
    with pytest.raises(NotAllowed, match=IN_ALREADY):
        await seats.drawing_task(claim.id, ADA)
    done = await running.app.games.closed(game.id, timeout=LIMIT)
    assert [step.player for step in done.steps] == ["human", "critic"]


async def test_a_turn_that_was_given_back_is_no_more_drawn_on_the_page(running):
    game = await running.app.games.start(replace(OPEN, t2i="human", i2t="critic", turns=1))
    first = StepKey(1, Kind.PICTURE)
    await waits(running, game, first)
    seats = running.app.turns
    claim = (await seats.claim(game.id, first, ADA)).seat.claim
    await seats.give_back(game.id, first, ADA)
    with pytest.raises(NotAllowed, match=OVER):
        await seats.drawing_task(claim.id, ADA)
    with pytest.raises(NotAllowed, match=LATE):
        await seats.hand_in(claim.id, ADA, paint("mine"))


async def test_a_turn_that_a_member_is_at_is_taken_by_nobody_else(running):
    game = await running.app.games.start(OPEN)
    await waits(running, game)
    await running.app.turns.claim(game.id, FIRST, ADA)
    with pytest.raises(NotAllowed, match=TAKEN):
        await running.app.turns.claim(game.id, FIRST, BO)


async def test_a_claim_that_runs_out_is_free_for_others_and_a_late_answer_comes_back(running):
    await times(running, 2, 60)
    game = await running.app.games.start(OPEN)
    await waits(running, game)
    await running.app.turns.claim(game.id, FIRST, ADA, token="t")
    await becomes(running, game, SeatState.OPEN)
    assert running.game_presenter.reminded == [(ADA, False)], "half of the time was over before"
    with pytest.raises(NotAllowed, match=LATE):
        await running.app.turns.caption(game.id, FIRST, ADA, SAID)
    await answer(running, game, FIRST, BO)
    await waits(running, game, SECOND)
    states = [state for key, state in running.game_presenter.invitations if key == "1c"]
    assert list(dict.fromkeys(states)) == [SeatState.OPEN, SeatState.CLAIMED, SeatState.ANSWERED]


async def test_an_invitation_whose_turn_is_open_again_gets_its_button_after_a_kill_and_an_outage_of_discord(running):
    game = await running.app.games.start(OPEN)
    await waits(running, game)
    await running.app.turns.claim(game.id, FIRST, ADA)
    await running.store.seats.release(game.id, FIRST, ADA)  # and a kill before anything is shown of it
    presenter, tries = running.game_presenter, []
    edit = presenter.edit_invitation

    async def no_answer_at_first(*shown) -> None:
        tries.append(shown)
        if len(tries) < 3:
            raise Unavailable("Discord did not answer; I will try again in a moment.")
        await edit(*shown)

    presenter.edit_invitation = no_answer_at_first
    assert presenter.invitations[-1] == ("1c", SeatState.CLAIMED)
    running.recovery.reopened = None  # as in a process that begins
    await running.recovery.recover()
    async with asyncio.timeout(LIMIT):
        while presenter.invitations[-1] != ("1c", SeatState.OPEN):
            await asyncio.sleep(0.05)
    running.recovery.reopened = None
    await running.recovery.recover()
    await answer(running, game, FIRST, BO)
    await waits(running, game, SECOND)
    assert len(tries) < 10, "an invitation is brought up to date once after a claim"


async def test_at_the_deadline_the_named_model_stands_in_and_the_game_goes_on(running):
    await times(running, 60, 1)
    game = await running.app.games.start(replace(OPEN, turns=1))
    done = await running.app.games.closed(game.id, timeout=LIMIT)
    assert (done.state, done.turns[0].caption.player) == (GameState.FINISHED, "critic")
    assert running.game_presenter.of(game) == ["card", "thread", "opening", "1p", "invite-1c", "1c", "summary"]
    assert running.game_presenter.invitations[-1] == ("1c", SeatState.STOOD_IN)


async def test_a_member_who_is_at_it_at_the_deadline_may_finish(running):
    await times(running, 60, 1)
    invite = running.game_presenter.invite

    async def taken_at_once(game, seat, posting):
        message_id = await invite(game, seat, posting)
        await running.app.turns.claim(game.id, seat.key, ADA)
        return message_id

    running.game_presenter.invite = taken_at_once
    game = await running.app.games.start(replace(OPEN, turns=1))
    await waits(running, game)
    await asyncio.sleep(1.5)
    assert (await running.store.seats.get(game.id, FIRST)).deadline < datetime.now(UTC)
    await running.app.turns.caption(game.id, FIRST, ADA, SAID)
    assert (await running.app.games.closed(game.id, timeout=LIMIT)).turns[0].caption.text == SAID


async def test_a_host_lets_ai_play_and_nobody_else_does(running):
    game = await running.app.games.start(replace(OPEN, turns=1))
    await waits(running, game)
    with pytest.raises(NotAllowed, match="Only who started"):
        await running.app.turns.let_ai_play(game.id, FIRST, by=ADA, is_host=False)
    await running.app.turns.claim(game.id, FIRST, ADA)
    with pytest.raises(NotAllowed, match="A member is at this turn"):
        await running.app.turns.let_ai_play(game.id, FIRST, by=5, is_host=False)
    await running.app.turns.give_back(game.id, FIRST, ADA)
    with pytest.raises(NotAllowed, match="do not hold this turn"):
        await running.app.turns.give_back(game.id, FIRST, ADA)
    await running.app.turns.let_ai_play(game.id, FIRST, by=5, is_host=False)
    assert (await running.app.games.closed(game.id, timeout=LIMIT)).turns[0].caption.player == "critic"


async def test_a_turn_given_to_a_model_before_its_game_waits_is_played_by_that_model(running):
    invite = running.game_presenter.invite

    async def given_away_at_once(game, seat, posting):
        message_id = await invite(game, seat, posting)
        await running.app.turns.let_ai_play(game.id, seat.key, by=5, is_host=False)
        return message_id

    running.game_presenter.invite = given_away_at_once
    game = await running.app.games.start(replace(OPEN, turns=1))
    done = await running.app.games.closed(game.id, timeout=LIMIT)
    assert (done.state, done.turns[0].caption.player) == (GameState.FINISHED, "critic")


async def test_what_is_declined_is_said_kindly_and_the_turn_stays_theirs(running):
    running.checker.words = {"blood": "violence", "child": "sexual/minors"}
    game = await running.app.games.start(replace(OPEN, turns=1))
    await waits(running, game)
    await running.app.turns.claim(game.id, FIRST, ADA)
    for text, error, words in (
        ("so much blood", Refused, "These words are not for here"),
        ("a child", Withheld, "nothing of them was kept"),
        ("ab", BadInput, "3 to 300"),
        ("!!!!", BadInput, "3 to 300"),
        ("x" * 301, BadInput, "3 to 300"),
    ):
        with pytest.raises(error, match=words):
            await running.app.turns.caption(game.id, FIRST, ADA, text)
    with pytest.raises(BadInput, match="is to be described"):
        await running.app.turns.drawing(game.id, FIRST, ADA, paint("no"))
    await running.app.turns.caption(game.id, FIRST, ADA, SAID)
    assert (await running.app.games.closed(game.id, timeout=LIMIT)).turns[0].caption.text == SAID


async def test_a_drawing_that_is_declined_leaves_the_turn_theirs(running):
    running.checker.sees = ["sexual"]
    game = await running.app.games.start(replace(OPEN, t2i="human", i2t="critic", turns=1))
    first = StepKey(1, Kind.PICTURE)
    await waits(running, game, first)
    await running.app.turns.claim(game.id, first, ADA)
    with pytest.raises(Refused, match="please draw another"):
        await running.app.turns.drawing(game.id, first, ADA, paint("bad"))
    await running.app.turns.drawing(game.id, first, ADA, paint("good"))
    assert (await running.app.games.closed(game.id, timeout=LIMIT)).state is GameState.FINISHED


async def test_a_drawing_that_comes_too_late_is_not_kept(running, monkeypatch):
    game = await running.app.games.start(replace(OPEN, t2i="human", i2t="critic", turns=1))
    first = StepKey(1, Kind.PICTURE)
    await waits(running, game, first)
    await running.app.turns.claim(game.id, first, ADA)
    check = running.checker.check_picture

    async def as_time_runs_out(image):
        await running.store.seats.release(game.id, first, ADA)
        return await check(image)

    monkeypatch.setattr(running.checker, "check_picture", as_time_runs_out)
    late = verify(paint("late"))
    with pytest.raises(NotAllowed, match="time for this turn is over"):
        await running.app.turns.drawing(game.id, first, ADA, late.data)
    assert await running.store.images.get(late.sha256) is None
    with pytest.raises(NotFound):
        await running.pictures.get(late.sha256)


async def test_nothing_of_a_sealed_game_is_posted_before_all_of_it_is_revealed(running):
    game = await running.app.games.start(SEALED)
    await waits(running, game)
    assert running.game_presenter.of(game) == ["card", "thread", "invite-1c"]
    with pytest.raises(NotAllowed, match=SEEN):
        await running.app.turns.claim(game.id, FIRST, 5)
    await answer(running, game, FIRST, ADA)
    await waits(running, game, SECOND)
    with pytest.raises(NotAllowed, match=SEEN):
        await running.app.turns.claim(game.id, SECOND, ADA)
    with pytest.raises(NotAllowed, match="sealed"):
        await running.app.games.replay(game.id)
    assert await running.app.games.recent(0) == []
    assert await running.app.games.status(0) == []
    await answer(running, game, SECOND, BO)
    await running.app.games.closed(game.id, timeout=LIMIT)
    assert running.game_presenter.of(game)[2:] == [
        "invite-1c",
        "invite-2c",
        "opening",
        "1p",
        "1c",
        "2p",
        "2c",
        "summary",
    ]
    assert (await running.app.games.replay(game.id)).data.startswith(b"GIF8")


async def test_one_step_in_a_line_of_models_is_a_members(running):
    game = await running.app.games.start(replace(OPEN, i2t="critic", human_step="2c"))
    await waits(running, game, SECOND)
    assert running.game_presenter.of(game) == ["card", "thread", "invite-2c"]
    await answer(running, game, SECOND, ADA)
    done = await running.app.games.closed(game.id, timeout=LIMIT)
    assert [step.player for step in done.steps] == ["painter", "critic", "painter", "human"]


async def test_what_was_reported_is_shown_to_nobody_who_would_take_the_turn(running):
    game = await running.app.games.start(OPEN)
    await waits(running, game)
    await running.app.moderation.report(game.id, StepKey(1, Kind.PICTURE), by=BO, reason="violence")
    with pytest.raises(NotAllowed, match="hidden after a report"):
        await running.app.turns.claim(game.id, FIRST, ADA)
    assert (await running.store.seats.get(game.id, FIRST)).state is SeatState.OPEN
    await running.app.moderation.show_again(game.id, StepKey(1, Kind.PICTURE), by=CY, is_moderator=True)
    await answer(running, game, FIRST, ADA)


async def test_a_pause_keeps_the_turn_and_gives_its_time_again(running, tmp_path):
    await times(running, 60, 60)
    game = await running.app.games.start(replace(OPEN, turns=1))
    await waits(running, game)
    assert await running.app.servers.pause(0) == 1
    await asyncio.to_thread(_let_time_run_out, tmp_path, "deadline")
    await running.recovery.recover()
    assert (await running.app.games.get(game.id)).state is GameState.PAUSED
    await running.app.servers.resume(0)
    await waits(running, game)
    assert (await running.store.seats.get(game.id, FIRST)).deadline > datetime.now(UTC) + timedelta(seconds=20)
    await answer(running, game, FIRST, ADA)
    assert (await running.app.games.closed(game.id, timeout=LIMIT)).state is GameState.FINISHED
    assert running.game_presenter.of(game).count("invite-1c") == 1


async def test_a_stopped_game_takes_no_turns(running):
    game = await running.app.games.start(OPEN)
    await waits(running, game)
    await running.app.turns.claim(game.id, FIRST, ADA)
    await running.app.games.stop(game.id, by=5, is_host=False)
    with pytest.raises(NotAllowed, match=LATE):
        await running.app.turns.caption(game.id, FIRST, ADA, SAID)
    with pytest.raises(NotAllowed, match="cannot be taken any more"):
        await running.app.turns.claim(game.id, FIRST, BO)
    async with asyncio.timeout(LIMIT):
        while running.game_presenter.invited_in[-1] is not GameState.STOPPED:
            await asyncio.sleep(0.02)


async def test_a_member_who_asked_for_it_is_reminded_by_a_message_too(running):
    await running.store.members.change(0, ADA, reminders=True)
    await times(running, 2, 60)
    game = await running.app.games.start(OPEN)
    await waits(running, game)
    await running.app.turns.claim(game.id, FIRST, ADA, token="t")
    async with asyncio.timeout(LIMIT):
        while not running.game_presenter.reminded:
            await asyncio.sleep(0.02)
    assert running.game_presenter.reminded == [(ADA, True)]
    assert (await running.store.seats.get(game.id, FIRST)).state is SeatState.CLAIMED


async def test_where_no_model_can_stand_in_the_game_ends_kindly(running):
    await times(running, 60, 1)
    game = await running.app.games.start(replace(OPEN, turns=1))
    await waits(running, game)
    running.checker.broken = "no key"
    done = await running.app.games.closed(game.id, timeout=LIMIT)
    assert done.state is GameState.FAILED
    assert "no model can stand in" in done.reason


async def test_a_thread_that_is_gone_pauses_a_waiting_game_and_it_is_shown_anew(running):
    game = await running.app.games.start(replace(OPEN, turns=1))
    post = running.game_presenter.invite

    async def invite(*arguments):
        running.game_presenter.invite = post
        raise StageGone("The thread was deleted, so I paused at turn 1; press Continue for a new one.", "thread")

    running.game_presenter.invite = invite
    async with asyncio.timeout(LIMIT):
        while (await running.app.games.get(game.id)).state is not GameState.PAUSED:
            await asyncio.sleep(0.02)
    running.game_presenter.closed = True
    await running.app.games.resume(game.id, by=5, is_host=False)
    await waits(running, game)
    assert running.game_presenter.of(game) == [*["card", "thread", "opening", "1p"] * 2, "invite-1c"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"i2t": "critic", "sealed": True}, "choose human"),
        ({"i2t": "critic", "human_step": "3c"}, "up to 2c"),
        ({"i2t": "critic", "human_step": "fox"}, "written like"),
        ({"human_step": "1c"}, "line of two models"),
    ],
)
async def test_what_cannot_be_played_with_members_is_said_before_anything_is_stored(running, change, words):
    with pytest.raises(BadInput, match=words):
        await running.app.games.start(replace(OPEN, **change))
    assert await running.store.games.unfinished() == []


async def test_four_turns_are_usual_with_a_human_and_the_stand_ins_price_is_reserved(running):
    game = await running.app.games.start(replace(OPEN, t2i="human", turns=None))
    assert game.request.turns == 4
    assert game.costs.reserved == pytest.approx(4 * 2 * 0.02)
    assert next(choice.name for choice in running.app.models.choices("i2t")) == "human"


@pytest.mark.parametrize(
    "moment",
    [
        *("claimed", "overdue claim", "answered"),
        *(pytest.param(moment, marks=pytest.mark.long) for moment in ("open", "overdue seat")),
    ],
)
async def test_a_game_interrupted_in_any_state_of_its_turn_goes_on(tmp_path, moment):
    async with running_app(tmp_path) as running:
        game = await running.app.games.start(replace(SEALED, turns=1))
        await waits(running, game)
        if moment != "open" and moment != "overdue seat":
            await running.store.seats.claim(game.id, FIRST, ADA, 60)
        if moment == "answered":  # in the store alone, as where the process died before it set the game going
            said = Step(FIRST, "human", seed=1, text=SAID, raw=SAID)
            assert await running.store.seats.answer(game.id, said, ADA)
        game_presenter = running.game_presenter
    if moment.startswith("overdue"):
        _let_time_run_out(tmp_path, "claim_expires_at" if "claim" in moment else "deadline")
    async with running_app(tmp_path, game_presenter=game_presenter) as running:
        if moment == "overdue claim":
            await becomes(running, game, SeatState.OPEN)
        if moment in ("open", "overdue claim"):
            await answer(running, game, FIRST, BO)
        elif moment == "claimed":
            await running.app.turns.caption(game.id, FIRST, ADA, SAID)
        done = await running.app.games.closed(game.id, timeout=LIMIT)
        assert done.state is GameState.FINISHED
        assert done.turns[0].caption.player == ("critic" if moment == "overdue seat" else "human")
        assert game_presenter.of(game) == ["card", "thread", "invite-1c", "opening", "1p", "1c", "summary"]


async def test_a_reveal_that_is_interrupted_is_shown_to_its_end_once(tmp_path):
    game_presenter = RecordedGames()
    async with running_app(tmp_path, game_presenter=game_presenter) as running:
        game = await running.app.games.start(replace(SEALED, turns=1))
        await waits(running, game)
        post, reached = game_presenter.post_step, asyncio.Event()

        async def post_step(*arguments):
            reached.set()
            await asyncio.sleep(60)

        game_presenter.post_step = post_step
        await answer(running, game, FIRST, ADA)
        await asyncio.wait_for(reached.wait(), LIMIT)
        assert (await running.app.games.get(game.id)).is_sealed
    game_presenter.post_step = post
    async with running_app(tmp_path, game_presenter=game_presenter) as running:
        assert (await running.app.games.closed(game.id, timeout=LIMIT)).state is GameState.FINISHED
        assert game_presenter.of(game)[2:] == ["invite-1c", "opening", "1p", "1c", "summary"]


def _let_time_run_out(folder, column: str) -> None:
    """To be called off the loop while an application runs: who writes just now needs the loop to be done with it."""
    moment = (datetime.now(UTC) - timedelta(seconds=1)).replace(tzinfo=None).isoformat(sep=" ")
    with closing(sqlite3.connect(folder / "telephone.sqlite", timeout=LIMIT)) as database, database:
        database.execute(f"UPDATE seat SET {column} = ?", (moment,))

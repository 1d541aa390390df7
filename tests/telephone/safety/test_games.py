"""Games under the eyes of a checker: what is flagged is never kept, shown or handed on."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from telephone.domain.games import Game, GameState
from telephone.errors import Misconfigured, NotAllowed, Refused, TimedOut, Unavailable, Withheld
from telephone.games.admission import StartRequest
from telephone.safety.guard import SEVERE
from tests.limits import LIMIT
from tests.support.app import RunningApp, running_app

pytestmark = pytest.mark.slow

GUILD = 77
ASKED = StartRequest(prompt="a fox mends a clock", t2i="painter", i2t="critic", turns=2, seed=7, guild_id=GUILD)
ADULT_PLACE = replace(ASKED, age_restricted=True)


@pytest.fixture
async def running(tmp_path):
    async with running_app(tmp_path) as opened:
        yield opened


async def played(running: RunningApp, asked: StartRequest = ASKED) -> Game:
    return await running.app.games.closed((await running.app.games.start(asked)).id, timeout=LIMIT)


def kept_in(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Everything the game wrote: database, journal, pictures."""
    for path in folder.rglob("*"):
        if path.is_file():
            yield str(path.relative_to(folder)), path.read_bytes()


def traces(folder: Path, *needles: bytes) -> list[str]:
    return [name for name, data in kept_in(folder) if any(needle in data for needle in needles)]


async def test_everything_that_is_handed_on_was_checked_first(running, tmp_path):
    game = await played(running)
    assert game.state is GameState.FINISHED
    assert running.checker.texts[0] == game.request.prompt.text
    for turn in game.turns:
        assert any(turn.caption.text in text and turn.caption.raw in text for text in running.checker.texts)
        assert turn.picture.image in running.checker.pictures
        assert traces(tmp_path, turn.picture.image.encode())  # what is kept can be found: the tests below rely on it
    assert traces(tmp_path, b"mends a clock")
    assert traces(tmp_path, b"wall of colour")


async def test_a_flagged_prompt_is_refused_before_anything_is_stored(running, tmp_path):
    running.checker.words = {"clock": "violence"}
    with pytest.raises(Refused, match="violence"):
        await running.app.games.start(ASKED)
    assert await running.app.games.recent(GUILD) == []
    assert traces(tmp_path, b"mends a clock") == []


async def test_a_severe_prompt_is_refused_in_words_that_repeat_nothing(running, tmp_path):
    running.checker.words = {"clock": "sexual/minors"}
    with pytest.raises(Withheld) as refused:
        await running.app.games.start(ADULT_PLACE)
    assert "clock" not in refused.value.sentence
    assert traces(tmp_path, b"mends a clock") == []


async def test_a_curated_prompt_is_nobodys_words_and_needs_no_check(running):
    game = await played(running, replace(ASKED, prompt="#hard-002", turns=1))
    assert game.state is GameState.FINISHED
    assert not any(game.request.prompt.text in text for text in running.checker.texts)


async def test_own_words_that_cannot_be_checked_are_not_taken(running):
    running.checker.broken = "no key"
    with pytest.raises(Misconfigured, match="from the list"):
        await running.app.games.admission.guard.prompt("own words", nsfw=False)


async def test_a_flagged_caption_is_asked_for_once_more(running):
    running.checker.words = {"wall": "hate"}

    async def clear() -> None:
        while len(running.checker.texts) < 2:
            await asyncio.sleep(0.01)
        running.checker.words = {}

    clearing = asyncio.create_task(clear())
    game = await played(running)
    await asyncio.wait_for(clearing, LIMIT)
    assert game.state is GameState.FINISHED
    assert running.provider.collected == {"painter": 2, "critic": 3}


async def test_a_caption_flagged_twice_ends_the_game_kindly_and_is_not_kept(running, tmp_path):
    running.provider.says, running.checker.words = "an unkind remark", {"unkind": "hate/threatening"}
    game = await played(running)
    assert game.state is GameState.FAILED
    assert game.reason == "What critic said was withheld by the safety check (hate), so this game ended."
    assert running.provider.collected == {"painter": 1, "critic": 2}
    assert running.game_presenter.of(game) == ["card", "thread", "opening", "1p"]
    assert traces(tmp_path, b"unkind remark") == []


async def test_a_flagged_picture_ends_the_game_at_once_and_is_neither_stored_nor_shown(running, tmp_path):
    running.checker.sees = ["sexual"]
    game = await played(running)
    assert game.state is GameState.FAILED
    assert "sexual content" in game.reason
    assert running.provider.collected == {"painter": 1}
    assert running.game_presenter.of(game) == ["card", "thread", "opening"]
    assert game.steps == ()
    withheld = running.checker.pictures[0]
    assert traces(tmp_path, withheld.encode()) == []
    assert [name for name, _ in kept_in(tmp_path) if name.startswith("pictures/")] == []


async def test_a_severe_caption_ends_the_game_at_once_and_leaves_no_trace(running, tmp_path, capfd):
    running.provider.says, running.checker.words = "Caption: unspeakable thing", {"unspeakable": "sexual/minors"}
    game = await played(running, ADULT_PLACE)
    assert (game.state, game.reason) == (GameState.FAILED, SEVERE)
    assert running.provider.collected == {"painter": 1, "critic": 1}
    assert [str(step.key) for step in game.steps] == ["1p"]
    assert traces(tmp_path, b"unspeakable") == []
    assert "unspeakable" not in "".join(capfd.readouterr())


async def test_a_severe_picture_leaves_no_trace(running, tmp_path):
    running.checker.sees = ["sexual/minors"]
    game = await played(running, ADULT_PLACE)
    assert (game.state, game.reason) == (GameState.FAILED, SEVERE)
    assert running.provider.collected == {"painter": 1}
    assert traces(tmp_path, running.checker.pictures[0].encode()) == []
    assert [name for name, _ in kept_in(tmp_path) if name.startswith("pictures/")] == []


@pytest.mark.parametrize(
    ("policy", "age_restricted", "plays"),
    [
        ("block", False, False),
        ("block", True, False),
        ("age-restricted-only", False, False),
        ("age-restricted-only", True, True),
    ],
)
async def test_adult_content_plays_only_where_server_and_channel_allow_it(running, policy, age_restricted, plays):
    await running.app.servers.allow_nsfw(GUILD, policy)
    running.checker.words = {"clock": "sexual"}
    asked = replace(ASKED, age_restricted=age_restricted, turns=1)
    if not plays:
        with pytest.raises(Refused, match="sexual content"):
            await running.app.games.start(asked)
        return
    running.checker.sees = ["sexual"]
    game = await played(running, asked)
    assert (game.state, game.request.nsfw) == (GameState.FINISHED, True)


async def test_a_ban_holds_for_games_that_run(running):
    await running.app.servers.allow_nsfw(GUILD, "age-restricted-only")
    running.provider.delay = 0.3
    game = await running.app.games.start(ADULT_PLACE)
    assert game.request.nsfw
    await running.app.servers.allow_nsfw(GUILD, "block")
    running.checker.sees = ["sexual"]
    assert (await running.app.games.closed(game.id, timeout=LIMIT)).state is GameState.FAILED


@pytest.mark.parametrize("what", ["sexual/minors", "hate"])
async def test_an_adult_place_allows_neither_minors_nor_hate(running, what):
    await running.app.servers.allow_nsfw(GUILD, "age-restricted-only")
    running.checker.words = {"clock": what}
    with pytest.raises(Refused):
        await running.app.games.start(ADULT_PLACE)


async def test_a_sexual_picture_of_words_about_a_child_is_severe_even_in_an_adult_place(running):
    await running.app.servers.allow_nsfw(GUILD, "age-restricted-only")
    running.checker.sees = ["sexual"]
    game = await played(running, replace(ADULT_PLACE, prompt="a girl by the sea"))
    assert game.reason == SEVERE


async def test_a_caption_about_a_child_under_a_sexual_picture_is_severe(running):
    await running.app.servers.allow_nsfw(GUILD, "age-restricted-only")
    running.checker.sees, running.provider.says = ["sexual", "sexual"], "a girl by the sea"
    game = await played(running, ADULT_PLACE)
    assert game.reason == SEVERE
    assert [str(step.key) for step in game.steps] == ["1p"]


async def test_a_checker_that_does_not_answer_at_first_is_asked_again(running):
    game = await running.app.games.start(ASKED)
    running.checker.faults = [Unavailable("busy"), Unavailable("busy")]
    assert (await running.app.games.closed(game.id, timeout=LIMIT)).state is GameState.FINISHED


async def test_without_an_answer_of_the_checker_a_game_ends_kindly_and_unchecked_it_never_goes_on(running):
    running.provider.delay = 0.2
    game = await running.app.games.start(ASKED)
    running.checker.faults = [Unavailable("busy")] * 1_000
    done = await running.app.games.closed(game.id, timeout=LIMIT)
    assert done.state is GameState.FAILED
    assert "The safety check did not answer" in done.reason
    assert done.steps == ()
    running.checker.faults = [Unavailable("busy")] * 1_000
    with pytest.raises(TimedOut, match="safety check"):
        await running.app.games.start(ASKED)


async def test_without_a_working_checker_no_model_plays_and_no_words_are_taken(running):
    running.checker.broken = "the safety check needs OPENAI_API_KEY"
    assert {choice.why_not for choice in running.app.models.choices("t2i") if choice.name == "painter"} == {
        "the safety check needs OPENAI_API_KEY"
    }
    with pytest.raises(NotAllowed, match="OPENAI_API_KEY"):
        await running.app.games.start(ASKED)


async def test_a_checker_that_breaks_in_the_middle_stops_the_paying(running):
    running.provider.delay = 0.3
    game = await running.app.games.start(ASKED)
    while "1p" not in running.game_presenter.of(game):
        await asyncio.sleep(0.02)
    running.checker.broken = "the key was withdrawn"
    done = await running.app.games.closed(game.id, timeout=LIMIT)
    assert done.state is GameState.FAILED
    assert len(running.provider.submitted) < 4

"""Games as messages: what each says, and that no text breaks one."""

import re
from dataclasses import replace
from typing import Any

import pytest
from discord import ui
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.admin import messages as admin_messages
from bot.games import card as game_card
from bot.games import messages as game_messages
from bot.games.messages import game_row, model_row, prompt_row
from bot.ui import wording
from bot.ui.posts import Post
from bot.ui.text import ALT_MAX, CONTENT_MAX, LAYOUT_MAX, units
from telephone.domain.calibration import Bearings, Calibration, Quartiles, Rest
from telephone.domain.games import HUMAN, GameState, Prompt
from telephone.games.service import UnfinishedGame
from telephone.models.catalog import ModelChoice
from telephone.ports.games import Delay, Progress
from telephone.scoring.drift import summarise
from tests.bot.samples import NASTY, custom_ids, game, picture, picture_step, summary
from tests.bot.ui.test_text import TEXTS, live, unescaped

GONE = "Its thread was deleted. Not counted."
STATES = list(GameState)
LONG = st.one_of(TEXTS, TEXTS.map(lambda text: (text + NASTY) * 20), st.just("*" * 4_000), st.just("👩‍🚀" * 1_300))


def test_a_member_is_named_only_where_they_wish_it_and_what_they_deleted_says_so():
    shown = game(GameState.FINISHED, steps=2)
    played = replace(picture_step(shown), player=HUMAN)
    assert game_messages.step(shown, played, picture()).content.startswith("**Turn 1 of 2, picture** by a member")
    named = replace(shown, named={played.key: 77})
    assert game_messages.step(named, played, picture()).content.startswith("**Turn 1 of 2, picture** by <@77>")
    gone = replace(played, image=None, hidden=True, erased=True)
    post = game_messages.step(shown, gone)
    assert post.content == f"**Turn 1 of 2, picture** by a member\n{game_messages.ERASED}"
    assert not post.files


def displays(post: Post) -> list[str]:
    assert post.view is not None
    return [item.content for item in post.view.walk_children() if isinstance(item, ui.TextDisplay)]


def text_of(post: Post) -> str:
    return post.content if post.content is not None else "\n".join(displays(post))


def labels(post: Post) -> list[str | None]:
    assert post.view is not None
    return [item.label for item in post.view.walk_children() if isinstance(item, ui.Button)]


def galleries(post: Post) -> list[list[Any]]:
    assert post.view is not None
    return [item.items for item in post.view.walk_children() if isinstance(item, ui.MediaGallery)]


def check_limits(post: Post) -> None:
    """Discord's, as UX.md lists them."""
    assert units(post.content or "") <= CONTENT_MAX
    if post.view is not None:
        assert sum(map(units, displays(post))) <= LAYOUT_MAX
        assert post.view.total_children_count <= 40
        assert all(len(one) <= 100 for one in custom_ids(post))
        for items in galleries(post):
            assert 1 <= len(items) <= 10
            assert all(item.description and units(item.description) <= ALT_MAX for item in items)
    assert all(units(file.alt or "") <= ALT_MAX for file in post.files)


@settings(max_examples=40, deadline=None)
@given(LONG, st.sampled_from(STATES))
@example(NASTY, GameState.FAILED)
@example("", GameState.FINISHED)
def test_no_text_breaks_a_message(text, state):
    shown = game(state, steps=4, prompt=text, captions=(text, text), reason=text)
    posts = [
        game_card.card(shown, Progress(3, 90), summary()),
        game_messages.opening(shown),
        game_messages.step(shown, picture_step(shown), picture()),
        game_messages.step(shown, shown.steps[1]),
        game_messages.step(shown, shown.steps[3]),
        game_messages.summary(shown, summary()),
    ]
    for post in posts:
        check_limits(post)
        assert live(text_of(post)) is None


@settings(max_examples=40, deadline=None)
@given(LONG)
@example(NASTY)
def test_a_long_caption_is_whole_in_its_file(text):
    shown = game(steps=2, captions=(text, ""))
    post = game_messages.step(shown, shown.steps[1])
    assert (game_messages.LONG_CAPTION in text_of(post)) == bool(post.files)
    if post.files:
        assert (post.files[0].name, post.files[0].data.decode()) == ("caption-01.txt", text)


@settings(max_examples=40, deadline=None)
@given(LONG)
@example(NASTY)
def test_rows_of_a_list_fit_and_name_the_game(text):
    row = game_row(game(prompt=text))
    assert len(row) <= 100
    assert row.startswith("#128 painter × critic, playing")
    assert len(model_row(ModelChoice("dalle2", "t2i", False, text))) <= 100
    assert len(prompt_row(Prompt(text, slug="#easy-001"))) <= 100


@pytest.mark.parametrize(
    ("state", "title", "line", "buttons"),
    [
        (GameState.QUEUED, "### #128 queued, place 3", "painter × critic, 2 turns. Starts in about 2 min.", ["Stop"]),
        (GameState.PLAYING, "### #128 turn 2 of 2", "painter is drawing. About 2 min left.", ["Stop"]),
        (GameState.PAUSED, "### #128 paused at turn 2", "Its thread was deleted.", ["Continue", "Stop"]),
        (GameState.FAILED, "### #128 ended at turn 2", GONE, ["Play again"]),
        (GameState.STOPPED, "### #128 stopped at turn 2", GONE, ["Play again"]),
    ],
)  # fmt: skip
def test_the_card_says_what_stands_and_what_comes(state, title, line, buttons):
    post = game_card.card(game(state, steps=2, reason="Its thread was deleted."), Progress(3, 120))
    assert displays(post) == [title, "> a fox mends a clock", line]
    assert [label for label in labels(post) if label != "Open thread"] == buttons


@pytest.mark.parametrize(
    ("state", "progress"), [(GameState.QUEUED, Progress(1, begins=True)), (GameState.PLAYING, Progress())]
)
def test_the_card_of_a_game_that_begins_says_what_stays_true(state, progress):
    post = game_card.card(game(state), progress)
    assert displays(post) == ["### #128 is played", "> a fox mends a clock", "painter × critic, 2 turns."]


def test_the_card_says_that_a_model_is_waking_up():
    post = game_card.card(game(GameState.PLAYING, steps=2), Progress(0, 120, delay=Delay.WAKING))
    assert displays(post)[-1] == "painter is waking up, which may take some minutes; the game goes on by itself."


def test_a_finished_card_shows_first_and_last_picture_and_the_distance():
    post = game_card.card(game(GameState.FINISHED, steps=4), Progress(), summary())
    assert displays(post)[0] == "### #128 finished"
    assert displays(post)[-1] == "painter × critic. Distance 0.42 (MiniLM, offline)"
    assert [item.description for item in galleries(post)[0]] == [
        "First picture. Drawn from: a fox mends a clock",
        "Last picture. Drawn from: caption number 1",
    ]
    assert labels(post) == ["Open thread", "Play again"]


def test_a_card_without_a_thread_does_not_offer_to_open_it():
    assert labels(game_card.card(game(GameState.QUEUED, posted=False), Progress(1))) == ["Stop"]


def test_a_picture_is_named_by_its_turn_and_told_by_what_it_was_drawn_from():
    shown = game(steps=3, captions=("a *watch*", ""))
    first, second = (
        game_messages.step(shown, shown.steps[0], picture()),
        game_messages.step(shown, shown.steps[2], picture()),
    )
    assert first.content == "**Turn 1 of 2, picture** by painter"
    assert [(file.name, file.alt) for file in (*first.files, *second.files)] == [
        ("turn-01.png", "Drawn from: a fox mends a clock"),
        ("turn-02.png", "Drawn from: a *watch*"),
    ]


def test_a_smaller_copy_is_called_one():
    shown = game(steps=1)
    assert game_messages.step(shown, shown.steps[0], picture(), smaller=True).content.endswith(game_messages.TOO_LARGE)


def test_a_caption_is_quoted():
    shown = game(steps=2, captions=("a fox\nrepairing a watch", ""))
    content = game_messages.step(shown, shown.steps[1]).content
    assert content == "**Turn 1 of 2, caption** by critic\n> a fox\n> repairing a watch"


def test_the_summary_tells_where_the_words_went():
    post = game_messages.summary(game(GameState.FINISHED, steps=4, captions=("x", "a red hat")), summary())
    title, line = displays(post)
    assert unescaped(title) == "### #128: from “a fox mends a clock” to “a red hat”"
    assert line == "Distance 0.42 (MiniLM, offline; cosine, prompt to last caption). Biggest jump: turn 2, +0.32."
    assert [len(items) for items in galleries(post)] == [2, 1]
    assert galleries(post)[1][0].description == "Line chart of the distance from the prompt"
    assert labels(post) == ["First turn", "GIF", "Play again"]
    assert [file.name for file in post.files] == ["first.png", "last.png", "drift.png"]


def test_a_summary_tells_no_jump_where_no_later_turn_went_farther_away():
    closer = replace(summary(), drift=summarise((0.5, 0.4), (0.5, 0.3)))
    (_, line) = displays(game_messages.summary(game(GameState.FINISHED, steps=4), closer))
    assert "jump" not in line


def test_the_summary_says_what_the_distance_means():
    scale = Calibration("minilm", Quartiles(0.8, 0.9, 1.0), Quartiles(0.05, 0.1, 0.2), 0.25, "redraws", 10, 60)
    bearings = Bearings(scale, Rest(None, 4, cycle=False))
    post = game_messages.summary(game(GameState.FINISHED, steps=4), replace(summary(), bearings=bearings))
    assert displays(post)[-1] == (
        "Distance 0.42 (MiniLM, offline; cosine, prompt to last caption). That is about a third of the way from a "
        "redraw (0.10) to an unrelated prompt (0.90). It had not come to rest by turn 4. Biggest jump: turn 2, +0.32."
    )


def test_a_summary_that_came_before_the_embedder_says_what_is_still_to_come():
    post = game_messages.summary(game(GameState.FINISHED, steps=4), replace(summary(), awaited="ImageBind"))
    assert displays(post)[-1].endswith("+0.32. ImageBind is still measuring; its distance will stand here.")
    unmeasured = replace(summary(), drift=None, chart=None, awaited="ImageBind")
    assert displays(game_messages.summary(game(GameState.FINISHED, steps=4), unmeasured))[-1] == (
        "The distance comes later; the game itself is complete. "
        "ImageBind is still measuring; its distance will stand here."
    )


def test_a_button_carries_its_verb_and_its_game():
    post = game_card.card(game(GameState.PAUSED), Progress())
    assert custom_ids(post) == {"at1:continue:00ff00ff00ff00ff", "at1:stop:00ff00ff00ff00ff"}


def test_the_thread_is_never_named_after_the_prompt():
    assert game_messages.thread_name(game(prompt="a secret")) == "#128 painter × critic"


def test_the_status_lists_every_game_and_fits():
    text = admin_messages.status([UnfinishedGame(game(GameState.QUEUED), 1), UnfinishedGame(game(steps=2), 0)])
    assert text.splitlines() == [
        "- #128 in <#33>: queued, place 1",
        "- #128 in <#33>: playing, turn 2 of 2",
    ]
    assert units(admin_messages.status([UnfinishedGame(game(), 0)] * 100)) <= CONTENT_MAX


def test_the_checklist_names_what_is_missing():
    text = admin_messages.check("<#1>", ["attach_files"])
    assert "- Attach Files: missing" in text
    assert text.count(": yes") == len(wording.NEEDED) - 1
    assert text.startswith("Something is missing in <#1>.")
    assert admin_messages.check("<#1>", []).startswith("All set; games can be played in <#1>.\n- View Channel: yes")


def test_no_post_of_ours_has_a_backslash_without_need():
    text = text_of(game_card.card(game(steps=2), Progress(0, 120)))
    assert re.search(r"\\", text) is None


def test_a_game_whose_words_cannot_be_read_says_that_it_has_no_distance():
    unread = replace(summary(), drift=summarise((None, None), (None, None)), chart=None)
    shown = game(GameState.FINISHED, steps=4)
    assert displays(game_messages.summary(shown, unread))[-1] == (
        "No distance: MiniLM, offline cannot read these words, so the game counts on no board by it."
    )
    card = displays(game_card.card(shown, Progress(), unread))[-1]
    assert "No distance: MiniLM, offline cannot read these words" in card


def test_a_game_with_one_turn_that_cannot_be_read_keeps_the_rest():
    some = replace(summary(), drift=summarise((None, 0.42), (None, None)))
    shown = game(GameState.FINISHED, steps=4)
    assert displays(game_messages.summary(shown, some))[-1] == (
        "Distance 0.42 (MiniLM, offline; cosine, prompt to last caption). Turn 1 has no distance: MiniLM, offline "
        "cannot read the words, so the game counts on no board by it."
    )
    line = displays(game_card.card(shown, Progress(), some))[-1]
    assert "Distance 0.42 (MiniLM, offline, which cannot read every turn)" in line

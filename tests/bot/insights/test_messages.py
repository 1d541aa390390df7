"""The three answers as messages: what their selects carry, and that they fit whatever is found."""

import re
from dataclasses import replace
from itertools import product

import discord
import pytest

from bot.insights import messages as insight_messages
from bot.insights.messages import LEVELS, LOOK, VIEWS, Look
from bot.ui.posts import Attachment
from bot.ui.text import LAYOUT_MAX, units
from telephone.domain.games import Level, Pair
from telephone.leaderboards.board import Judge
from telephone.leaderboards.insight_results import Difficulties, Difficulty, InsightAnswer, InsightQuestion
from telephone.scoring.distance_model import Cell
from telephone.scoring.factor_effects import FEWEST_PROMPTS
from telephone.scoring.factor_effects import insights as answered
from telephone.scoring.intervals import Interval

JUDGE = Judge("imagebind", "1", "ImageBind")
LOOKS = [
    Look(InsightQuestion(7, level, turn), view) for level, turn, view in product((None, *Level), (None, 1, 30), VIEWS)
]


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.custom_id("view"))
def test_a_select_carries_all_that_its_message_shows(look):
    custom_id = look.custom_id("view")
    match = re.fullmatch(f"at1:ask:view:{LOOK}", custom_id)
    assert match is not None
    assert Look.of(match, 7) == look
    assert len(custom_id) <= 100


def test_a_choice_turns_the_view_or_the_level_and_nothing_else():
    look = Look(InsightQuestion(7, Level.HARD, 4))
    assert look.turned("view", "prompts") == Look(InsightQuestion(7, Level.HARD, 4), "prompts")
    assert look.turned("level", "easy") == Look(InsightQuestion(7, Level.EASY, 4))
    assert look.turned("level", "all") == Look(InsightQuestion(7, None, 4))
    assert [look.turned(verb, "votes") for verb in ("view", "level", "other")] == [None, None, None]
    assert set(LEVELS) == {"all", *Level}


def cells(models: int, prompts: int) -> list[Cell]:
    """Games of models with the longest names that a table may have, a few missing."""
    names = [f"{n}-{'long' * 7}" for n in range(models)]
    every = product(enumerate(names), enumerate(names), range(prompts))
    return [
        Cell(Pair(f"t{t}", f"i{i}"), f"p{p:02}", 1, 0.3 + 0.03 * a + 0.01 * b + 0.002 * ((7 * a + 3 * b + p) % 5), 0.0)
        for (a, t), (b, i), p in every
        if (a, b, p) != (0, 0, 0)
    ]


@pytest.mark.parametrize(("models", "prompts"), [(2, 12), (8, 3), (12, 12)])
def test_an_answer_fits_one_message_however_many_models_there_are(models, prompts):
    found = answered(cells(models, prompts))
    answer = InsightAnswer(
        InsightQuestion(7, None, 10), JUDGE, found, kin=tuple(f"t{n}-{'long' * 7}" for n in range(models))
    )
    post = insight_messages.answers(answer, Look(answer.asked), ())
    shown = [item.content for item in post.view.walk_children() if isinstance(item, discord.ui.TextDisplay)]
    assert units("".join(shown)) <= LAYOUT_MAX
    assert shown[1].startswith("- Best T2I: ")
    each = [replace(answer, asked=replace(answer.asked, level=level)) for level in Level]
    levels = insight_messages.levels(answer, each, Look(answer.asked, "levels"), ())
    texts = [item.content for item in levels.view.walk_children() if isinstance(item, discord.ui.TextDisplay)]
    assert units("".join(texts)) <= LAYOUT_MAX
    whole = prompts >= FEWEST_PROMPTS
    assert texts[1].startswith("- **Easy**\n  - Best T2I: " if whole else "- **Easy**: too early, with 3 of 10 prompts")


def test_charts_stand_one_below_the_other_since_two_abreast_lose_their_sides():
    answer = InsightAnswer(InsightQuestion(7, None, 10), JUDGE, answered(cells(2, 3)))
    charts = [Attachment(f"{name}.png", b"", name) for name in ("t2i", "i2t")]
    post = insight_messages.answers(answer, Look(answer.asked), charts)
    galleries = [item for item in post.view.walk_children() if isinstance(item, discord.ui.MediaGallery)]
    assert [[one.description for one in gallery.items] for gallery in galleries] == [["t2i"], ["i2t"]]


def test_hundreds_of_prompts_are_cut_with_how_many_are_left_out():
    rows = tuple(Difficulty(f"#ours-{n:03}", None, Interval(0.5, 0.4, 0.6)) for n in range(300))
    found = Difficulties(InsightQuestion(7, None, 10), JUDGE, rows)
    post = insight_messages.prompts(found, Look(found.asked, "prompts"), ())
    shown = [item.content for item in post.view.walk_children() if isinstance(item, discord.ui.TextDisplay)]
    assert units("".join(shown)) <= LAYOUT_MAX
    assert re.search(r"- and \d+ lines more; `telephone insights` in a terminal shows all", shown[1])
    assert r"- \#ours-000, no level: 0.50 (0.40 to 0.60)" in shown[1]

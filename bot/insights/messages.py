"""Insights as messages: sentences, then charts, then selects. Pure: answers go in, messages come out."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

import discord
from discord import ui

from bot.ui.posts import Attachment, Post, one_below_the_other
from bot.ui.text import escape, lines_that_fit
from bot.ui.wording import ANSWER_LAYOUT_MAX
from telephone.domain.games import Level
from telephone.leaderboards.insight_results import (
    Difficulties,
    Difficulty,
    EffectCourse,
    InsightAnswer,
    InsightQuestion,
)
from telephone.leaderboards.wording import insights as words
from telephone.scoring.factor_effects import Insights, factors

View = Literal["answers", "turns", "levels", "prompts"]

COLOUR: Final = 0x0072B2
_NOTES: Final = 1_200
_ROOM: Final = ANSWER_LAYOUT_MAX - _NOTES - 200
"""UTF-16 units that the lines of a view share; the message needs the others for heading and notes."""

_VIEWS: Final[dict[str, View]] = {"a": "answers", "t": "turns", "l": "levels", "p": "prompts"}
_LEVELS: Final[dict[str, Level | None]] = {"a": None, **{level.value[0]: level for level in Level}}
LOOK: Final = rf"(?P<view>[{''.join(_VIEWS)}])(?P<level>[{''.join(_LEVELS)}]):(?P<turn>\d{{1,2}})"
"""The pattern of a look in the ids of the selects."""

VIEWS: Final[dict[str, str]] = {
    "answers": "The three answers",
    "turns": "What matters turn by turn",
    "levels": "Level by level",
    "prompts": "How hard the prompts are",
}
LEVELS: Final[dict[str, str]] = {"all": "All levels", **{level.value: f"Only {level} prompts" for level in Level}}
NONE: Final = "No game on these prompts has got so far here yet."
SHARES: Final = "Shares of all variation between games, with 95% intervals; what is left is prompts, luck and the rest."
FIGURE: Final = "The chart shows every pair's distance from the prompt, turn by turn on each level."
HARD: Final = "The distance of an average of these pairs, with its 95% interval; higher is harder."
SHARED: Final = "The answers are here:"
BEGIN: Final = "`/telephone start` with a `level`, or a prompt from its list, begins one."


@dataclass(frozen=True, slots=True)
class Look:
    """What one message shows: a question, and a view of its answers."""

    asked: InsightQuestion
    view: View = "answers"

    @classmethod
    def of(cls, match: re.Match[str], guild_id: int) -> "Look":
        """Reads the id of a select that was used on a server."""
        asked = InsightQuestion(guild_id, _LEVELS[match["level"]], int(match["turn"]) or None)
        return cls(asked, _VIEWS[match["view"]])

    def custom_id(self, verb: str) -> str:
        """An id that holds the whole look and the verb of the select."""
        view = next(letter for letter, meant in _VIEWS.items() if meant == self.view)
        level = next(letter for letter, meant in _LEVELS.items() if meant == self.asked.level)
        return f"at1:ask:{verb}:{view}{level}:{self.asked.turn or 0}"

    def turned(self, verb: str, choice: str) -> "Look | None":
        """The look with another view or another level; None for an unknown choice."""
        if verb == "view" and choice in VIEWS:
            return replace(self, view=next(view for view in _VIEWS.values() if view == choice))
        if verb == "level" and choice in LEVELS:
            return replace(self, asked=replace(self.asked, level=None if choice == "all" else Level(choice)))
        return None


def answers(answer: InsightAnswer, look: Look, charts: Sequence[Attachment]) -> Post:
    """The three answers, the games that they hold for, and what is missing."""
    found, title = answer.found, words.heading(answer.asked, answer.judge, shown=escape)
    if found is None:
        return _post(look, title, [f"{words.nothing_here(answer)} {BEGIN}"], words.notes(answer, escape), ())
    more = (words.among(found, shown=escape), words.without_one(found), words.lacking(found, shown=escape))
    return _post(look, title, three(found), [*filter(None, more), *words.notes(answer, escape)], charts)


def turns(course: EffectCourse, look: Look, charts: Sequence[Attachment]) -> Post:
    """Each kind's share of all variation after each turn, by one embedder."""
    title = words.heading(course.asked, course.judge, "What matters turn by turn", shown=escape)
    lines = [f"- Turn {moment.turn}: {words.moment_words(moment)}" for moment in course.moments]
    return _post(look, title, lines or [f"{NONE} {BEGIN}"], [SHARES] if lines else [], charts)


def levels(whole: InsightAnswer, each: Sequence[InsightAnswer], look: Look, charts: Sequence[Attachment]) -> Post:
    """The three answers on each level that has games; `whole` is that of all levels."""
    title = words.heading(replace(whole.asked, level=None), whole.judge, "Level by level at turn {turn}", shown=escape)
    lines: list[str] = []
    for answer in each:
        if answer.found is not None:
            name, early = f"- **{str(answer.asked.level).capitalize()}**", words.too_early(answer.found, shown=escape)
            lines += [name, *(f"  {line}" for line in three(answer.found))] if early is None else [f"{name}: {early}"]
    return _post(look, title, lines or [f"{NONE} {BEGIN}"], [FIGURE] if lines else [], charts)


def prompts(found: Difficulties, look: Look, charts: Sequence[Attachment]) -> Post:
    """How far the average pair drifts on every prompt, by declared level."""
    title = words.heading(found.asked, found.judge, "How hard the prompts are at turn {turn}", shown=escape)
    lines = [f"- {escape(row.prompt)}, {row.level or 'no level'}: {_measured(row)}" for row in found.prompts]
    return _post(look, title, lines or [f"{NONE} {BEGIN}"], [HARD] if lines else [], charts)


def _measured(row: Difficulty) -> str:
    return "not known yet" if row.measured is None else words.span(row.measured)


def three(found: Insights) -> list[str]:
    """The answers as a list."""
    said = [
        *(words.best(found, side, shown=escape) for side in factors(found)),
        words.matters_more(found, shown=escape),
    ]
    return [f"- {sentence}" for sentence in said]


def _post(look: Look, title: str, lines: list[str], notes: Sequence[str], charts: Sequence[Attachment]) -> Post:
    fitting = lines_that_fit(lines, _ROOM, "- and {n} lines more; `telephone insights` in a terminal shows all")
    parts: list[ui.Item[Any]] = [ui.TextDisplay(f"### {title}"), ui.TextDisplay(fitting)]
    parts += one_below_the_other(charts)
    if notes:
        parts.append(ui.TextDisplay(lines_that_fit([f"-# {note}" for note in notes], _NOTES, "-# and {n} notes more")))
    parts.append(ui.ActionRow(_choice(look, "view", VIEWS, look.view)))
    if look.view != "levels":
        parts.append(ui.ActionRow(_choice(look, "level", LEVELS, str(look.asked.level or "all"))))
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.Container(*parts, accent_colour=COLOUR))
    return Post(view=view, files=tuple(charts))


def _choice(look: Look, verb: str, table: dict[str, str], chosen: str) -> "ui.Select[ui.LayoutView]":
    options = [
        discord.SelectOption(label=label, value=value, default=value == chosen) for value, label in table.items()
    ]
    return ui.Select(custom_id=look.custom_id(verb), options=options)

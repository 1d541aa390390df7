"""Boards as messages. Pure: what is shown goes in; a heading, rows as text, charts and the way on come out."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Any, Final, Literal

import discord
from discord import ui

from bot.leaderboards.pair_messages import choice
from bot.ui.posts import Attachment, Post, one_below_the_other
from bot.ui.text import escape, lines_that_fit
from bot.ui.wording import ANSWER_LAYOUT_MAX
from telephone.domain.games import Level
from telephone.leaderboards.board import Board, BoardCourse, BoardRequest, By, Games, PairRow, Prompts, Votes
from telephone.leaderboards.wording import board as words

View = Literal["pairs", "turns", "levels"]

PAGE: Final = 10
"""Rows on a page."""
COLOUR: Final = 0x0072B2
SHARED: Final = "The board is here:"
_ROWS_ROOM: Final = ANSWER_LAYOUT_MAX - 1_300
"""UTF-16 units that the rows share; the message needs the others for heading and notes."""

_BYS: Final[dict[str, By]] = {"d": "distance", "v": "votes", "b": "both"}
_VIEWS: Final[dict[str, View]] = {"p": "pairs", "t": "turns", "l": "levels"}
_LEVELS: Final[dict[str, Level | None]] = {"a": None, **{level.value[0]: level for level in Level}}
_GAMES: Final[dict[str, Games]] = {"a": "all", "d": "designed", "o": "open"}
_PROMPTS: Final[dict[str, Prompts]] = {"c": "curated", "f": "free"}
_VOTES: Final[dict[str, Votes]] = {"a": "all", "u": "unflagged"}

SIGHT: Final = (
    rf"(?P<by>[{''.join(_BYS)}])(?P<view>[{''.join(_VIEWS)}])(?P<level>[{''.join(_LEVELS)}])"
    rf"(?P<games>[{''.join(_GAMES)}])(?P<prompts>[{''.join(_PROMPTS)}])(?P<votes>[{''.join(_VOTES)}])"
    r":(?P<turns>\d{1,2}):(?P<page>\d{1,3}):(?P<embedder>[a-z0-9.-]{0,32})"
)
"""The pattern of a sight in the ids of a board's buttons and select."""

CHOICES: Final[dict[str, tuple[str, By | None, View]]] = {
    "distance": ("Pairs by distance", "distance", "pairs"),
    "votes": ("Pairs by votes", "votes", "pairs"),
    "both": ("Distance and votes side by side", "both", "pairs"),
    "turns": ("Distance turn by turn", None, "turns"),
    "levels": ("Distance level by level", None, "levels"),
}
"""The options of the select: label, ranking and view; the ranking None stays as it is."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What one message shows: a board, a view of it, and a page, from 1."""

    asked: BoardRequest
    view: View = "pairs"
    page: int = 1

    @classmethod
    def of(cls, match: re.Match[str], guild_id: int) -> "Sight":
        """Reads the id of a button or select that was used on a server."""
        asked = BoardRequest(
            guild_id=guild_id,
            by=_BYS[match["by"]],
            level=_LEVELS[match["level"]],
            games=_GAMES[match["games"]],
            prompts=_PROMPTS[match["prompts"]],
            embedder=match["embedder"] or None,
            turns=int(match["turns"]) or None,
            votes=_VOTES[match["votes"]],
        )
        return cls(asked, _VIEWS[match["view"]], int(match["page"]))

    def custom_id(self, verb: str) -> str:
        """An id, at most 79 characters, that holds the whole sight and the verb of the item."""
        asked = self.asked
        letters = "".join(
            _letter(table, value)
            for table, value in (
                (_BYS, asked.by),
                (_VIEWS, self.view),
                (_LEVELS, asked.level),
                (_GAMES, asked.games),
                (_PROMPTS, asked.prompts),
                (_VOTES, asked.votes),
            )
        )
        return f"at1:board:{verb}:{letters}:{asked.turns or 0}:{self.page}:{asked.embedder or ''}"

    def turned(self, choice: str) -> "Sight":
        """The first page of another view."""
        _, by, view = CHOICES[choice]
        return Sight(replace(self.asked, by=by or self.asked.by), view)

    @property
    def choice(self) -> str:
        """The key in CHOICES of what is shown."""
        return self.asked.by if self.view == "pairs" else self.view


def pages(board: Board) -> int:
    return max(1, ceil(len(board.rows) / PAGE))


def page_of(board: Board, number: int) -> tuple[PairRow, ...]:
    """The rows of a page, or of the nearest page where the board has become shorter."""
    number = min(max(number, 1), pages(board))
    return board.rows[(number - 1) * PAGE : number * PAGE]


def charted(board: Board, number: int) -> tuple[PairRow, ...]:
    """The rows whose intervals a page shows: its own, and above them the board's first row if another page has it."""
    rows = page_of(board, number)
    return rows if rows == board.rows[: len(rows)] else (board.rows[0], *rows)


def pairs(board: Board, sight: Sight, charts: Sequence[Attachment]) -> Post:
    """A page of a board: the verdict, the rows as text, their intervals as charts."""
    sight = replace(sight, page=min(max(sight.page, 1), pages(board)))
    part = f" (page {sight.page} of {pages(board)})" if pages(board) > 1 else ""
    lines = [_row(row, board) for row in page_of(board, sight.page)]
    empty = [words.nothing_here(board)] if board.is_empty else []
    verdict = [] if board.is_empty else [f"**{words.verdict(board, escape)}**"]
    beside = (
        []
        if board.is_empty
        else [words.how_to_read(board), words.agreed(board), *words.people(board, escape, briefly=True)]
    )
    head = [f"### {words.heading(board, escape)}{part}", *verdict, *filter(None, beside)]
    return _post(sight, head, [*empty, *lines], board, charts)


def turns(board: Board, sight: Sight, courses: Sequence[BoardCourse], charts: Sequence[Attachment]) -> Post:
    """How the pairs of a board drifted, turn by turn."""
    title = f"### Distance turn by turn, {_which(board)}"
    lines = [f"- {escape(str(course.pair))}: {words.course_words(course)}" for course in courses]
    return _post(sight, [title], lines or [words.nothing_here(board)], board, charts)


def levels(
    board: Board, sight: Sight, found: Sequence[tuple[Level, Sequence[BoardCourse]]], charts: Sequence[Attachment]
) -> Post:
    """How the pairs of a board drifted on each level."""
    title = f"### Distance level by level, after turn {board.turns}, {_which(board)}"
    lines = []
    for level, courses in found:
        lines.append(f"**{level.capitalize()}**")
        lines += [f"- {escape(str(course.pair))}: {words.end_words(course)}" for course in courses]
    return _post(sight, [title], lines or [words.nothing_here(board)], board, charts)


def _which(board: Board) -> str:
    return f"{words.which(board)}, {escape(words.embedder(board))}"


def _row(row: PairRow, board: Board) -> str:
    place = "no place yet:" if row.rank is None else f"**{row.rank}.**"
    return f"- {place} {words.named(row, escape)}: {words.row_words(row, board)}"


def _post(sight: Sight, head: Sequence[str], lines: list[str], board: Board, charts: Sequence[Attachment]) -> Post:
    fitting = lines_that_fit(lines, _ROWS_ROOM, "- and {n} lines more; `telephone leaderboard` in a terminal shows all")
    parts: list[ui.Item[Any]] = [ui.TextDisplay("\n".join(head)), ui.TextDisplay(fitting)]
    parts += one_below_the_other(charts)
    notes = [f"-# {note}" for note in words.notes(board, escape)]
    if notes:
        parts.append(ui.TextDisplay("\n".join(notes)))
    parts.append(ui.ActionRow(_choosing(sight)))
    if sight.view == "pairs" and (rows := page_of(board, sight.page)):
        parts.append(ui.ActionRow(choice(sight.asked, [row.pair for row in rows])))
    buttons = _turning(sight, pages(board)) if sight.view == "pairs" else []
    if buttons:
        parts.append(ui.ActionRow(*buttons))
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.Container(*parts, accent_colour=COLOUR))
    return Post(view=view, files=tuple(charts))


def _choosing(sight: Sight) -> "ui.Select[ui.LayoutView]":
    options = [
        discord.SelectOption(label=label, value=value, default=value == sight.choice)
        for value, (label, _, _) in CHOICES.items()
    ]
    return ui.Select(custom_id=sight.custom_id("view"), options=options)


def _turning(sight: Sight, count: int) -> list["ui.Button[ui.LayoutView]"]:
    """Buttons for the page before and the page after; none where there is one page."""
    if count == 1:
        return []
    ways = (("Previous", "back", sight.page - 1), ("Next", "on", sight.page + 1))
    return [
        ui.Button(
            label=label,
            custom_id=replace(sight, page=number).custom_id(verb),
            disabled=not 1 <= number <= count,
        )
        for label, verb, number in ways
    ]


def _letter(table: dict[str, Any], value: Any) -> str:
    return next(letter for letter, meant in table.items() if meant == value)

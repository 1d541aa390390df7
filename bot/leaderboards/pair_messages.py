"""The drift of one pair as a message. Pure. Drawing keeps a core busy: call `curve` through `off_loop`."""

import re
from collections.abc import Sequence
from typing import Any, Final

import discord
from discord import ui

from bot.ui import wording
from bot.ui.posts import Attachment, Post, embedder_name, one_below_the_other
from bot.ui.text import ALT_MAX, escape, shorten
from telephone.domain.games import Level, Pair
from telephone.errors import BadInput
from telephone.leaderboards.board import BoardRequest
from telephone.leaderboards.pair_report import PairRequest
from telephone.leaderboards.wording.pair import sentences
from telephone.media.charts import ChartCurve, describe_pairs, pairs_chart
from telephone.media.charts.game_chart import for_chart
from telephone.scoring.pair_curve import PairDrift

COLOUR: Final = 0x0072B2
OPTIONS: Final = 25
_LEVELS: Final[dict[str, Level | None]] = {"a": None, **{level.value[0]: level for level in Level}}
_PARTED: Final = "/"
"""Separates the two names of a pair in an option's value; no model's name has this character."""

ASKED: Final = rf"(?P<level>[{''.join(_LEVELS)}])(?P<games>[ado])(?P<prompts>[cf]):(?P<embedder>[a-z0-9.-]{{0,32}})"
"""The pattern in a select's id of which games of a pair are meant, and which embedder measures them."""


def choice(board: BoardRequest, rows: Sequence[Pair]) -> "ui.Select[ui.LayoutView]":
    """A select that opens one of a board's pairs, with the same filter of games as the board."""
    level = next(letter for letter, meant in _LEVELS.items() if meant is board.level)
    name = f"at1:pair:{level}{board.games[0]}{board.prompts[0]}:{board.embedder or ''}"
    options = [
        discord.SelectOption(label=shorten(str(pair), 100), value=f"{pair.t2i}{_PARTED}{pair.i2t}")
        for pair in rows[:OPTIONS]
    ]
    return ui.Select(custom_id=name, options=options, placeholder="One pair: its curve, decay, rest and blame")


def asked(said: re.Match[str], value: str, guild_id: int) -> PairRequest:
    """Reads the id and the value of a select of `choice`. Raises BadInput for a value that it never offers."""
    t2i, parted, i2t = value.partition(_PARTED)
    if not parted:
        raise BadInput(wording.OLD_BOARD)
    level, embedder = _LEVELS[said["level"]], said["embedder"] or None
    free, designed, live = said["prompts"] == "f", said["games"] == "d", said["games"] == "o"
    return PairRequest(Pair(t2i, i2t), guild_id, embedder, level, free=free, designed=designed, live=live)


def pair(found: PairDrift, charts: Sequence[Attachment] = ()) -> Post:
    """The report on a pair: a heading, the chart of its curve, and a line for each figure."""
    level = "" if found.level is None else f", {found.level.value}"
    heading = f"### {escape(str(found.pair))}{level}, {embedder_name(found.label)}"
    parts: list[ui.Item[Any]] = [ui.TextDisplay(heading)]
    parts += one_below_the_other(charts)
    parts.append(ui.TextDisplay("\n".join(f"- {sentence}" for sentence in sentences(found, escape))))
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.Container(*parts, accent_colour=COLOUR))
    return Post(view=view, files=tuple(charts))


def curve(found: PairDrift) -> tuple[Attachment, ...]:
    """Draws a pair's curve with its band beside the embedder's scale; empty without games."""
    if found.course is None:
        return ()
    ends = [one.interval for one in found.course.curve if one.interval is not None]
    middle = tuple(min(max(one.value, 0.0), 2.0) for one in found.course.curve)
    known = len(ends) == len(middle)
    low = tuple(max(0.0, one.low) for one in ends) if known else None
    high = tuple(min(2.0, one.high) for one in ends) if known else None
    curves, scale = [ChartCurve(str(found.pair), middle, low, high, found.course.provisional)], for_chart(found.scale)
    title = "Drift of a pair" if found.level is None else f"Drift of a pair, {found.level.value} prompts"
    data = pairs_chart(curves, title=title, embedder=found.label, scale=scale)
    return (Attachment("pair.png", data, shorten(describe_pairs(curves, scale=scale), ALT_MAX)),)

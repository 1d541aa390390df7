"""Messages of rescoring jobs: the question before money is spent, and the card with the progress. Pure.

`label` is the name that boards have for an embedder.
"""

from datetime import UTC, datetime
from typing import Any, Final

import discord
from discord import ui

from bot.interactions.buttons import confirm
from bot.ui.money import money, up_to
from bot.ui.posts import Post, duration, embedder_name
from bot.ui.text import excerpt
from telephone.domain.rescores import Rescore, RescorePlan, RescoreState

_COLOURS: Final = {  # Okabe and Ito's, told apart by everybody; the heading says the same in words
    RescoreState.QUEUED: 0x999999,
    RescoreState.RUNNING: 0x0072B2,
    RescoreState.FINISHED: 0x009E73,
    RescoreState.FAILED: 0xD55E00,
    RescoreState.STOPPED: 0x999999,
}


def card(job: Rescore, label: str, moment: datetime | None = None) -> Post:
    """The card of a job: its progress and a Stop button, or its result once it has ended."""
    name = embedder_name(label)
    titles = {
        RescoreState.QUEUED: f"Old games will be measured with {name}",
        RescoreState.RUNNING: f"Measuring old games with {name}",
        RescoreState.FINISHED: f"{_games(job.measured)} measured with {name}",
        RescoreState.FAILED: f"Measuring with {name} ended early",
        RescoreState.STOPPED: f"Measuring with {name} was stopped",
    }
    parts: list[ui.Item[Any]] = [ui.TextDisplay(f"### {titles[job.state]}")]
    parts.append(ui.TextDisplay(" ".join(filter(None, (_line(job, moment or datetime.now(UTC)), _spent(job))))))
    if not job.state.is_final:
        button: ui.Button[ui.LayoutView] = ui.Button(label="Stop", custom_id=f"at1:rescore:stop:{job.id}")
        parts.append(ui.ActionRow(button))
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.Container(*parts, accent_colour=_COLOURS[job.state]))
    return Post(view=view)


def question(plan: RescorePlan, label: str) -> str:
    """The question before a job begins: how many games, and what it may cost."""
    scale = f" Its scale costs the operator {up_to(plan.scale_usd)} more, once." if plan.scale_usd else ""
    return (
        f"{_games(plan.games).capitalize()} not measured with {embedder_name(label)} yet. Measuring them costs "
        f"{up_to(plan.most_usd)}, which is reserved now; what is not spent is let go of at the end.{scale}"
    )


def confirmation(plan: RescorePlan) -> ui.View:
    """The button that begins the job."""
    begin = (f"Measure them, {up_to(plan.most_usd)}", f"at1:rescore:go:{plan.embedder}")
    return confirm(begin, style=discord.ButtonStyle.primary)


def begun(job: Rescore, link: str | None) -> str:
    where = "it shows no card here, as I may not post in this channel" if link is None else f"how far it is: {link}"
    return f"{_games(job.left).capitalize()} being measured; {where}"


def stopped(job: Rescore) -> str:
    done = _count(job.measured)
    return f"Stopped after {done}; these stay measured, and /telephone-admin rescore goes on with the rest."


def _line(job: Rescore, moment: datetime) -> str:
    done = job.measured + job.left_out
    left_out = f" {_count(job.left_out)} could not be measured." if job.left_out else ""
    match job.state:
        case RescoreState.QUEUED:
            return f"{_count(job.games)} to come{_at_most(job)}."
        case RescoreState.RUNNING:
            return f"{done:,} of {_count(job.games)}.{_left(job, done, moment)}{left_out}"
        case RescoreState.FINISHED:
            return f"Boards, insights and pairs can be asked for it now.{left_out}"
        case _:
            reason = f"{excerpt(job.reason, 500)} " if job.reason else ""
            so_far = f"{job.measured:,} of {_count(job.games)} measured, which stay so"
            return f"{reason}{so_far}; /telephone-admin rescore goes on.{left_out}"


def _left(job: Rescore, done: int, moment: datetime) -> str:
    if job.started_at is None or done == 0:
        return ""
    seconds = (moment - job.started_at).total_seconds() / done * job.left
    return f" {duration(seconds).capitalize()} left." if job.left else ""


def _at_most(job: Rescore) -> str:
    return f", {up_to(job.reserved_usd)}" if job.reserved_usd else ""


def _spent(job: Rescore) -> str:
    if job.state is RescoreState.QUEUED or (not job.reserved_usd and not job.spent_usd):
        return ""
    most = "" if job.state.is_final else f" of {up_to(job.reserved_usd)}"
    return f"{money(job.spent_usd).capitalize()} spent{most}."


def _games(count: int) -> str:
    return "1 game is" if count == 1 else f"{count:,} games are"


def _count(count: int) -> str:
    return "1 game" if count == 1 else f"{count:,} games"

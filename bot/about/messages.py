"""The help as text. Pure: what a member may do and the commands go in, pages come out."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import discord
from discord import app_commands, ui

from bot.ui.text import units
from bot.ui.wording import ANSWER_MAX

HELP: Final = """\
**AI Telephone**: one model draws your words, another says what it sees, the next picture is drawn from that, \
and so on. How much of the meaning is left at the end?
- **Play**, or `/telephone start`: name a prompt and two models, or leave them to chance; with *human* as a player, \
members draw or write. At the end the distance says how far the last caption is from your prompt: 0 is the same \
meaning, about 1 is something else altogether.
- **Party**, or `/telephone party`: everybody brings a prompt, all of them go round at once, and every album is \
revealed at the end.
- **Battle**, or `/telephone battle`: two to four pairs of models play side by side, their names hidden, and everybody \
votes.
- **More** lists every command, also those for boards, for replays and for what is kept of you. Something that should \
not be seen? Its message's menu, Apps, has *Report this turn*: that hides it at once."""
ADMINS: Final = """\
Admins: `/telephone-admin check` finds missing permissions, `limits` and `budget` bound the games; the server's \
settings, Integrations, open such commands to more roles."""
MODERATORS: Final = """\
Moderators: `/telephone-moderate reports` decides about reported turns, `prompts review` about proposed prompts."""
_PRIMARY: Final = discord.ButtonStyle.primary
_ROOM: Final = ANSWER_MAX - 100
"""UTF-16 units that the commands of a page share; the message needs the others for its heading."""


def help_(permissions: discord.Permissions) -> str:
    """The five lines for everybody, and a sixth for who looks after the server or its messages."""
    own = [ADMINS] if permissions.manage_guild else []
    own += [MODERATORS] if permissions.manage_messages else []
    return f"{HELP}\n- {' '.join(own)}" if own else HELP


def buttons() -> ui.View:
    """The buttons under the help."""
    ways = (("Play", "play"), ("Party", "party"), ("Battle", "battle"), ("More", "more:1"))
    view = ui.View(timeout=None)
    for label, verb in ways:
        style = _PRIMARY if verb == "play" else discord.ButtonStyle.secondary
        view.add_item(ui.Button(label=label, custom_id=help_id(verb), style=style))
    view.stop()
    return view


def more(groups: Iterable[app_commands.Group], number: int) -> tuple[str, ui.View]:
    """A page of all commands of the groups, from 1, and the buttons to the pages beside it and back to the help.

    A number beyond the last page is the last page.
    """
    pages = _pages([_line(command) for group in groups for command in group.walk_commands() if _is_leaf(command)])
    at = min(max(number, 1), len(pages))
    which = f", page {at} of {len(pages)}" if len(pages) > 1 else ""
    view = ui.View(timeout=None)
    if len(pages) > 1:
        for label, to in (("Previous", at - 1), ("Next", at + 1)):
            view.add_item(ui.Button(label=label, custom_id=help_id(f"more:{to}"), disabled=not 1 <= to <= len(pages)))
    view.add_item(ui.Button(label="Back", custom_id=help_id("back")))
    view.stop()
    return "\n".join([f"**All commands**{which}", *pages[at - 1]]), view


def help_id(verb: str) -> str:
    """The id of a persistent button of the help."""
    return f"at1:help:{verb}"


def _is_leaf(command: Any) -> bool:
    return not isinstance(command, app_commands.Group)


def _line(command: Any) -> str:
    return f"- `/{command.qualified_name}`: {command.description}"


def _pages(lines: Sequence[str]) -> list[list[str]]:
    """The lines, whole, on as few pages as their room allows; at least one page."""
    pages: list[list[str]] = [[]]
    for line in lines:
        if pages[-1] and units("\n".join([*pages[-1], line])) > _ROOM:
            pages.append([])
        pages[-1].append(line)
    return pages

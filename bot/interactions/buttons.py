"""Persistent buttons and selects: they work after any restart, since their ids say what they are about.

A feature derives one class for each pattern of ids that it posts, and its extension adds the class to the bot.
"""

import re
from abc import ABC, abstractmethod
from typing import Any, Final, Self, TypeVar

import discord
from discord import ui

from bot.interactions.errors import explain
from bot.interactions.replies import Press

Item = TypeVar("Item", bound=ui.Item[Any])

_ABSTRACT: Final = r"(?!)"
"""A pattern that matches no id: discord.py asks the base classes for one too."""


class _Persistent(ui.DynamicItem[Item], ABC, template=_ABSTRACT):
    """The base of both. `said` is the match of an item's id with the pattern of its class."""

    def __init__(self, item: Item, said: re.Match[str]) -> None:
        super().__init__(item)
        self.said = said

    @abstractmethod
    async def act(self, press: Press, said: re.Match[str]) -> None:
        """Does what the id says. An error that it raises is explained to the member who pressed."""

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        try:
            await self.act(interaction, self.said)
        except Exception as error:
            await explain(interaction, error)


class PersistentButton(_Persistent[ui.Button[Any]], template=_ABSTRACT):
    """A button, on whatever message it stands."""

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        return cls(item if isinstance(item, ui.Button) else ui.Button(custom_id=match[0]), match)


class PersistentSelect(_Persistent[ui.Select[Any]], template=_ABSTRACT):
    """A select of one option, on whatever message it stands."""

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        return cls(item if isinstance(item, ui.Select) else ui.Select(custom_id=match[0]), match)

    @property
    def chosen(self) -> str:
        """The value of the chosen option, empty where none was chosen."""
        return self.item.values[0] if self.item.values else ""


def confirm(
    yes: tuple[str, str],
    no: tuple[str, str] | None = None,
    *,
    style: discord.ButtonStyle = discord.ButtonStyle.danger,
) -> ui.View:
    """The buttons under "are you sure?", each a label and an id; `yes` has `style`.

    The view is stopped: persistent buttons answer the ids.
    """
    view = ui.View(timeout=None)
    view.add_item(ui.Button(label=yes[0], custom_id=yes[1], style=style))
    if no is not None:
        view.add_item(ui.Button(label=no[0], custom_id=no[1], style=discord.ButtonStyle.secondary))
    view.stop()
    return view

"""The groups that every command belongs to, where they can be used, and how a cog joins one.

Servers open and close commands by their first word, under Integrations: what others than members use has a group.

A cog is a module of plain functions. Each bot has groups of its own, so that two bots can live in one process.
"""

import inspect
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeAlias, TypeVar

import discord
from discord import app_commands
from discord.app_commands import Choice

Callback: TypeAlias = Callable[..., Coroutine[Any, Any, None]]
Value = TypeVar("Value", str, int)

ROWS: Final = 25
"""The most rows that autocomplete can offer."""
INSTALLS: Final = app_commands.AppInstallationType(guild=True, user=False)
"""Every command comes with an installation on a server, never with one for a single user."""
CONTEXTS: Final = app_commands.AppCommandContext(guild=True, dm_channel=False, private_channel=False)
"""Every command is used on a server, never in direct messages."""
MODERATE: Final = "telephone-moderate"
ADMIN: Final = "telephone-admin"


def telephone_group() -> app_commands.Group:
    """`/telephone`, for every member of a server."""
    return app_commands.Group(
        name="telephone", description="Play AI Telephone with pictures and words", guild_only=True
    )


def moderate_group() -> app_commands.Group:
    """`/telephone-moderate`, by default for members who may manage messages."""
    return app_commands.Group(
        name=MODERATE,
        description="Decide about reported turns and proposed prompts",
        guild_only=True,
        default_permissions=discord.Permissions(manage_messages=True),
    )


def admin_group() -> app_commands.Group:
    """`/telephone-admin`, by default for members who may manage the server."""
    return app_commands.Group(
        name=ADMIN,
        description="Look after AI Telephone on this server",
        guild_only=True,
        default_permissions=discord.Permissions(manage_guild=True),
    )


def join(group: app_commands.Group, *callbacks: Callback) -> None:
    """Adds a command for each function, under its name; its docstring is the description."""
    for callback in callbacks:
        description = inspect.cleandoc(callback.__doc__ or "").splitlines()[0]
        command: app_commands.Command[Any, ..., None] = app_commands.Command(
            name=_name(callback), description=description, callback=callback
        )
        group.add_command(command)


def leave(group: app_commands.Group, *callbacks: Callback) -> None:
    """Removes the commands of these functions."""
    for callback in callbacks:
        group.remove_command(_name(callback))


def matching(rows: list[Choice[Value]], typed: str) -> list[Choice[Value]]:
    """The rows whose names contain what was typed, at most as many as autocomplete can offer."""
    wanted = typed.casefold().strip()
    return [row for row in rows if wanted in row.name.casefold()][:ROWS]


def _name(callback: Callback) -> str:
    return callback.__name__.rstrip("_")

"""Options of commands that follow from declared rows."""

import functools
import inspect
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Literal, TypeAlias

from discord import app_commands
from discord.app_commands import Range

from bot.interactions.replies import Press
from telephone.domain.servers import Setting

Command: TypeAlias = Callable[..., Coroutine[Any, Any, None]]
Changes: TypeAlias = Mapping[str, Any]
"""The values to set, by the names of settings, as they are stored."""
_range: Any = Range
_literal: Any = Literal


def with_options(
    callback: Callable[[Press, Changes], Coroutine[Any, Any, None]], rows: Sequence[Setting[Any]]
) -> Command:
    """Makes a command of `callback` with an option for each row; an option left out changes nothing."""

    @functools.wraps(callback)
    async def command(press: Press, **typed: Any) -> None:
        chosen = {row.name: row.stored(typed[row.option]) for row in rows if typed.get(row.option) is not None}
        await callback(press, chosen)

    first = inspect.Parameter("press", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Press)
    options = [
        inspect.Parameter(row.option, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=_typed(row) | None)
        for row in rows
    ]
    command.__signature__ = inspect.Signature([first, *options])  # type: ignore[attr-defined]
    return app_commands.describe(**{row.option: row.help for row in rows})(command)


def with_choice(callback: Command, option: str, choices: Sequence[str], described: Mapping[str, str]) -> Command:
    """Makes a command of `callback` whose parameter `option` is an option where there is more than one choice.

    The first of `choices` is taken where none is named. `described` describes all options of the command.
    """

    @functools.wraps(callback)
    async def command(press: Press, **typed: Any) -> None:
        await callback(press, **{option: choices[0], **typed})

    kept = [one for name, one in inspect.signature(callback).parameters.items() if name != option]
    if len(choices) > 1:
        chosen = _literal[tuple(choices)]
        kept.append(inspect.Parameter(option, inspect.Parameter.KEYWORD_ONLY, default=choices[0], annotation=chosen))
    command.__signature__ = inspect.Signature(kept)  # type: ignore[attr-defined]
    return app_commands.describe(**{one.name: described[one.name] for one in kept[1:]})(command)


def _typed(row: Setting[Any]) -> Any:
    """The type of a setting's option, as Discord checks it."""
    if row.choices:
        return _literal[row.choices]
    return type(row.default) if row.limits is None else _range[type(row.default), row.limits[0], row.limits[1]]

"""The router of forms: a form goes to the handler that a feature registered for the pattern of the form's id.

discord.py forgets its forms at a restart, so a form's id says all that its handler needs. A pattern has a group
`member`, the id of the one member whose form it is.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import discord

from bot.client import FormHandler, TelephoneBot
from bot.interactions.errors import explain
from bot.interactions.replies import Press, acknowledge
from telephone.errors import NotAllowed

OTHERS: Final = "This form is another member's; please take a turn of your own."


def add_form(bot: TelephoneBot, form: re.Pattern[str], handler: FormHandler) -> None:
    """Registers `handler` for forms whose id matches `pattern`."""
    bot.forms[form] = handler


def remove_form(bot: TelephoneBot, form: re.Pattern[str]) -> None:
    """Removes a pattern and its handler."""
    del bot.forms[form]


async def dispatch(press: Press) -> None:
    """Hands a form to its handler; ignores forms without one, and other interactions."""
    if press.type is not discord.InteractionType.modal_submit:
        return
    data: Any = press.data or {}
    for form, handler in press.client.forms.items():
        match = form.fullmatch(str(data.get("custom_id", "")))
        if match is not None:
            await _take(press, match, data, handler)
            return


async def _take(press: Press, form: re.Match[str], data: Mapping[str, Any], handler: FormHandler) -> None:
    try:
        await acknowledge(press)
        if int(form["member"]) != press.user.id:
            raise NotAllowed(OTHERS)
        await handler(press, form, data)
    except Exception as error:
        await explain(press, error, "\n".join(filter(None, map(_typed, parts(data)))))


def filled(data: Mapping[str, Any], field: str) -> str:
    """The text of a field of a form, empty where nothing was typed."""
    return next((str(part.get("value", "")) for part in parts(data) if part.get("custom_id") == field), "")


def _typed(part: Mapping[str, Any]) -> str:
    value = part.get("value")
    return value if isinstance(value, str) else ""


def parts(data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The fields of a form, without the labels around them."""
    rows = data.get("components")
    found = [row.get("component") for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
    return [part for part in found if isinstance(part, Mapping)]

"""A press on an item, or a form sent, with an id made by hand: what discord.py hands to the bot."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from types import SimpleNamespace
from typing import Any, Final

import discord
from discord import ui

from bot.app import EXTENSIONS, TelephoneApp
from bot.interactions import forms

_IDS: Final = count(1)


@dataclass
class Answers:
    """What Discord would be told: `said` in order, `forms` that would be opened."""

    said: list[str] = field(default_factory=list)
    forms: list[ui.Modal] = field(default_factory=list)
    type: discord.InteractionResponseType | None = None

    async def defer(self, **_: Any) -> None:
        self.type = discord.InteractionResponseType.deferred_channel_message

    def is_done(self) -> bool:
        return self.type is not None

    async def send_message(self, content: str = "", **_: Any) -> None:
        self.type = discord.InteractionResponseType.channel_message
        self.said.append(content)

    async def send_modal(self, form: ui.Modal) -> None:
        self.type = discord.InteractionResponseType.modal
        self.forms.append(form)


@dataclass
class Press:
    """An interaction of one member, who has every right on the server where they press."""

    client: TelephoneApp
    guild_id: int | None
    member_id: int
    data: Mapping[str, Any]
    type: discord.InteractionType = discord.InteractionType.component
    response: Answers = field(default_factory=Answers)
    command: None = None
    message: None = None
    channel: None = None
    channel_id: int = 9
    guild: None = None
    id: int = field(default_factory=lambda: next(_IDS))
    application_id: int = 8
    token: str = "token"

    @property
    def permissions(self) -> discord.Permissions:
        return discord.Permissions.all()

    app_permissions = permissions

    @property
    def user(self) -> Any:
        return SimpleNamespace(id=self.member_id, bot=False, created_at=datetime(2020, 1, 1, tzinfo=UTC))

    async def edit_original_response(self, content: Any = "", **_: Any) -> None:
        self.response.said.append("" if content in (None, discord.utils.MISSING) else content)


async def loaded(app: Any) -> TelephoneApp:
    """The bot with all its extensions and these services, not logged in."""
    bot = TelephoneApp(lambda _: None, shard_count=1)
    for group in (bot.telephone, bot.moderate, bot.admin):
        bot.tree.add_command(group)
    for name in EXTENSIONS:
        await bot.load_extension(name)
    bot._runtime = SimpleNamespace(app=app)
    return bot


def items(bot: TelephoneApp) -> dict[Any, Any]:
    """Every persistent button and select that the bot listens for, by the pattern of its ids."""
    assert not bot.persistent_views, "a persistent view needs a test like that of the items"
    return dict(bot._connection._view_store._dynamic_items)


async def pressed(bot: TelephoneApp, custom_id: str, chosen: str | None, **who: Any) -> list[Press]:
    """Presses every item that takes this id, as discord.py does, with an option `chosen` for a select."""
    done = []
    for template, kind in items(bot).items():
        match = template.fullmatch(custom_id)
        if match is None:
            continue
        press: Any = Press(bot, data={"custom_id": custom_id}, **who)
        made = await kind.from_custom_id(press, ui.Button(custom_id=custom_id), match)
        if chosen is not None and isinstance(made.item, ui.Select):
            made.item._values = [chosen]
        await made.callback(press)
        done.append(press)
    return done


async def sent(bot: TelephoneApp, custom_id: str, fields: Mapping[str, Any], **who: Any) -> Press:
    """Sends a form with these fields."""
    rows = [{"type": 18, "component": {"type": 4, "custom_id": name, "value": text}} for name, text in fields.items()]
    data = {"custom_id": custom_id, "components": rows}
    press: Any = Press(bot, data=data, type=discord.InteractionType.modal_submit, **who)
    await forms.dispatch(press)
    return press

"""The bot, wired: its extensions, error handling, the router of forms, and its presenters."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Any, Final

import discord
import yarl
from discord import app_commands

from bot.client import BotRuntime, TelephoneBot
from bot.delivery.counted_requests import counted
from bot.delivery.first_requests import be_patient, not_reached
from bot.delivery.old_edits import never_wait_for_old_edits
from bot.delivery.request_rate import RequestRate
from bot.delivery.route_limits import keep_route_limits
from bot.interactions import forms
from bot.interactions.callbacks import answer_once
from bot.interactions.commands import CONTEXTS, INSTALLS, admin_group, moderate_group, telephone_group
from bot.interactions.errors import explain, unheard
from bot.interactions.registering import registered
from bot.interactions.replies import Press
from bot.interactions.unanswered import answer_left_behind
from bot.surfaces import DiscordSurfaces, discord_surfaces
from telephone.retry import StartPatience
from telephone.web.drawing import DrawingPage

EXTENSIONS: Final = (
    "cogs.play",
    "cogs.turns",
    "cogs.battle",
    "cogs.party",
    "cogs.prompts",
    "cogs.scoring",
    "cogs.insights",
    "cogs.about",
    "cogs.admin",
    "cogs.safety",
    "cogs.integrity",
    "cogs.me",
)
"""The extensions. Each adds its commands, its persistent buttons and selects, and its forms."""


class Tree(app_commands.CommandTree[TelephoneBot]):
    """The tree of commands: for servers alone; their errors go to `explain`, as those of buttons and forms do."""

    def __init__(self, client: TelephoneBot) -> None:
        super().__init__(client, allowed_contexts=CONTEXTS, allowed_installs=INSTALLS)

    async def on_error(self, interaction: Press, error: app_commands.AppCommandError, /) -> None:
        await explain(interaction, error)


class TelephoneApp(TelephoneBot):
    """The whole bot.

    `on_setup` opens the runtime on the running loop, once the bot is logged in and before it receives events. It also
    opens `drawing_page`, where members draw in the browser. With `patience` the bot waits for Discord while it starts.
    The bot is `alone` where no other process plays on its database.
    """

    surfaces: DiscordSurfaces

    def __init__(
        self,
        on_setup: Callable[[DiscordSurfaces], Awaitable[BotRuntime]],
        drawing_page: DrawingPage | None = None,
        patience: StartPatience | None = None,
        *,
        alone: bool = True,
        **options: Any,
    ) -> None:
        trace = counted(RequestRate().keep(never_wait_for_old_edits()))
        super().__init__(drawing_page, tree_cls=Tree, http_trace=trace, **options)
        keep_route_limits(self.http)
        self._patience = patience
        self._answering: asyncio.Task[None] | None = None
        if patience is not None:
            be_patient(self.http, patience)
        self.telephone, self.moderate, self.admin = telephone_group(), moderate_group(), admin_group()
        self.surfaces = discord_surfaces(self, alone=alone)
        self._on_setup = on_setup

    async def setup_hook(self) -> None:
        answer_once()
        for group in (self.telephone, self.moderate, self.admin):
            self.tree.add_command(group)
        for name in EXTENSIONS:
            await self.load_extension(name)
        # At every start: one request, and a server never keeps the commands of an older version. Of several gateways
        # one does it.
        self.command_ids = await registered(self.tree, register=0 in (self.shard_ids or (0,)))
        self._runtime = await self._on_setup(self.surfaces)

    async def launch_shard(self, gateway: yarl.URL, shard_id: int, *, initial: bool = False) -> None:
        """Connects a shard. discord.py comes here again after each connection that failed, in its `except` clause."""
        failed = sys.exception()
        if self._patience is not None and isinstance(failed, Exception):
            await self._patience.wait("the gateway", not_reached(failed))
        await super().launch_shard(gateway, shard_id, initial=initial)

    async def connect(self, *, reconnect: bool = True) -> None:
        """Answers what an earlier process left behind, beside the connection to the gateway, which it does not need."""
        self._answering = asyncio.create_task(answer_left_behind(self), name="answering")
        await super().connect(reconnect=reconnect)

    async def close(self) -> None:
        """Stops answering what an earlier process left behind, then closes the rest."""
        if self._answering is not None:
            self._answering.cancel()
            await asyncio.wait({self._answering})
        await super().close()

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """Answers forms, which discord.py forgets at a restart; it answers commands and buttons itself."""
        await forms.dispatch(interaction)

    async def on_error(self, event_method: str, /, *_args: Any, **_kwargs: Any) -> None:
        unheard(event_method)

"""The Discord process: a client that holds its collaborators and loads the cogs by name."""

from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol

import discord
from cachetools import LRUCache
from discord import app_commands
from discord.ext import commands

from bot.board_views import BoardButton, BoardSelect
from bot.commands import admin_group, telephone_group
from bot.easel import Easel
from bot.errors import explain, unheard
from bot.guessing import GuessSelect, QuestionButton
from bot.insight_views import InsightSelect
from bot.pair_views import PairSelect
from bot.partying import PartyButton
from bot.partying import answered as prompt_brought
from bot.personal_views import PersonalButton
from bot.proposals import PromptButton
from bot.reports import ReportButton
from bot.rescore_views import RescoreButton
from bot.stage import DiscordStage
from bot.turns import TurnButton, answered
from bot.views import GameButton
from bot.voting import BattleButton
from telephone.seats import Turn
from telephone.service import Service

BUTTONS: Final = (
    BattleButton,
    BoardButton,
    BoardSelect,
    GameButton,
    GuessSelect,
    InsightSelect,
    PairSelect,
    PartyButton,
    PersonalButton,
    PromptButton,
    QuestionButton,
    ReportButton,
    RescoreButton,
    TurnButton,
)
"""What works on a message after any restart."""
LATE_MAX: Final = 10_000
COGS: Final = (
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


class House(Protocol):
    """What the composition root opens: a service to ask, and a way to close it all."""

    @property
    def service(self) -> Service: ...

    async def close(self) -> None: ...


class Tree(app_commands.CommandTree["TelephoneBot"]):
    """The commands; their errors take the one road."""

    async def on_error(
        self, interaction: "discord.Interaction[TelephoneBot]", error: app_commands.AppCommandError, /
    ) -> None:
        await explain(interaction, error)


class TelephoneBot(commands.AutoShardedBot):
    """`on_setup` opens the house on the running loop, once the bot is logged in and before it hears from Discord.

    `late` holds the latest members whose last press expired before it was acknowledged. `easel` serves the page to draw
    on; `on_setup` opens it with the house.
    """

    def __init__(
        self, on_setup: Callable[[DiscordStage], Awaitable[House]], easel: Easel | None = None, **options: Any
    ) -> None:
        super().__init__(
            command_prefix=(),
            help_command=None,
            intents=discord.Intents(guilds=True),
            allowed_mentions=discord.AllowedMentions.none(),
            tree_cls=Tree,
            max_messages=None,
            **options,
        )
        self.stage = DiscordStage(self)
        self.late: LRUCache[int, bool] = LRUCache(LATE_MAX)
        self.telephone = telephone_group()
        self.admin = admin_group()
        self._on_setup, self._easel = on_setup, easel
        self._house: House | None = None

    @property
    def service(self) -> Service:
        """The only door to the game. Raises RuntimeError before setup and after closing."""
        if self._house is None:
            raise RuntimeError("the bot is not set up yet, or closed already")
        return self._house.service

    async def setup_hook(self) -> None:
        self.add_dynamic_items(*BUTTONS)
        self.tree.add_command(self.telephone)
        self.tree.add_command(self.admin)
        for name in COGS:
            await self.load_extension(name)
        # At every start: one request, and a server never keeps the commands of an older version.
        await self.tree.sync()
        self._house = await self._on_setup(self.stage)

    async def on_interaction(self, interaction: "discord.Interaction[Any]") -> None:
        """Forms about members' turns and prompts, which discord.py does not remember after a restart."""
        await answered(interaction)
        await prompt_brought(interaction)

    def drawing_link(self, turn: Turn) -> str | None:
        """Where the member who holds a turn may draw in the browser; None where no page is published."""
        links, claim = self._easel.links if self._easel is not None else None, turn.seat.claim
        return links.to(claim.id, claim.member_id, claim.expires_at) if links and claim else None

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """The bot was removed from a server, which an outage of Discord does not look like."""
        await self.service.leave(guild.id)

    async def on_error(self, event_method: str, /, *_args: Any, **_kwargs: Any) -> None:
        unheard(event_method)

    async def close(self) -> None:
        """Closes the page and then the house: its games post through this client until their step is done."""
        if self._easel is not None:
            await self._easel.close()
        house, self._house = self._house, None
        if house is not None:
            await house.close()
        await super().close()

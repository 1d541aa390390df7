"""The typed bot: what commands, buttons and forms may ask of the client. `bot/app.py` wires it."""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Protocol, TypeAlias

import discord
from cachetools import LRUCache
from discord import app_commands
from discord.ext import commands

from telephone.app import App
from telephone.domain.games import Game
from telephone.exports.artifacts import Replay
from telephone.games.turn_service import ClaimedTurn
from telephone.web.drawing import DrawingPage

FormHandler: TypeAlias = Callable[
    ["discord.Interaction[TelephoneBot]", re.Match[str], Mapping[str, Any]], Awaitable[None]
]
"""Takes what a member filled into a form: the press, what the form's id says, and Discord's data of the form."""
LATE_MAX: Final = 10_000


class BotRuntime(Protocol):
    """What the composition root opens: a service to ask, and a way to close it all."""

    @property
    def app(self) -> App: ...

    async def close(self) -> None: ...


class ReplayPresenter(Protocol):
    """What commands and buttons show of a game themselves; the rest is shown while it is played."""

    async def post_replay(self, game: Game, replay: Replay) -> int | None:
        """Posts a game's moving picture once; None where the thread is gone or closed to us."""


class ClientSurfaces(Protocol):
    """The presenters that commands and buttons use."""

    @property
    def games(self) -> ReplayPresenter: ...


class TelephoneBot(commands.AutoShardedBot):
    """Holds what every press needs, and knows neither commands nor buttons nor messages.

    `telephone` and `admin` are the groups that commands join. `forms` has the handler of each form by the pattern of
    its id. `late` holds the latest members whose last press expired before it was acknowledged. `easel` serves the
    page to draw on.
    """

    telephone: app_commands.Group
    admin: app_commands.Group
    surfaces: ClientSurfaces

    def __init__(self, easel: DrawingPage | None = None, **options: Any) -> None:
        super().__init__(
            command_prefix=(),
            help_command=None,
            intents=discord.Intents(guilds=True),
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            **options,
        )
        self.forms: dict[re.Pattern[str], FormHandler] = {}
        self.late: LRUCache[int, bool] = LRUCache(LATE_MAX)
        self._easel = easel
        self._runtime: BotRuntime | None = None

    @property
    def app(self) -> App:
        """The only door to the game. Raises RuntimeError before setup and after closing."""
        if self._runtime is None:
            raise RuntimeError("the bot is not set up yet, or closed already")
        return self._runtime.app

    def drawing_link(self, turn: ClaimedTurn) -> str | None:
        """Where the member who holds a turn may draw in the browser; None where no page is published."""
        links, claim = self._easel.links if self._easel is not None else None, turn.seat.claim
        return links.to(claim.id, claim.member_id, claim.expires_at) if links and claim else None

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """The bot was removed from a server, which an outage of Discord does not look like."""
        await self.app.servers.leave(guild.id)

    async def close(self) -> None:
        """Closes the page and then the house: its games post through this client until their step is done."""
        if self._easel is not None:
            await self._easel.close()
        runtime, self._runtime = self._runtime, None
        if runtime is not None:
            await runtime.close()
        await super().close()

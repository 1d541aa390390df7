"""A worker's client: logged in over HTTP, for a process that plays games and speaks to no gateway."""

from collections.abc import Awaitable, Callable

import discord

from bot.client import BotRuntime
from bot.delivery.counted_requests import counted
from bot.delivery.first_requests import be_patient
from bot.delivery.old_edits import never_wait_for_old_edits
from bot.delivery.request_rate import RequestRate
from bot.delivery.route_limits import keep_route_limits
from bot.surfaces import DiscordSurfaces, discord_surfaces
from telephone.retry import StartPatience


class WorkerClient(discord.Client):
    """Posts and edits by REST. `on_setup` opens the runtime, once it is logged in; it registers no commands."""

    def __init__(
        self, on_setup: Callable[[DiscordSurfaces], Awaitable[BotRuntime]], patience: StartPatience | None = None
    ) -> None:
        trace = counted(RequestRate().keep(never_wait_for_old_edits()))
        mentions = discord.AllowedMentions.none()
        super().__init__(intents=discord.Intents.none(), allowed_mentions=mentions, max_messages=None, http_trace=trace)
        keep_route_limits(self.http)
        if patience is not None:
            be_patient(self.http, patience)
        self._on_setup = on_setup
        self._surfaces = discord_surfaces(self, alone=False)
        self._runtime: BotRuntime | None = None

    async def setup_hook(self) -> None:
        self._runtime = await self._on_setup(self._surfaces)

    async def close(self) -> None:
        """Closes the runtime, whose games post until their step is done, then the client."""
        runtime, self._runtime = self._runtime, None
        if runtime is not None:
            await runtime.close()
        await super().close()

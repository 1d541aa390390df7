"""Settings, budgets and pauses of a server, and the operator's pause of all games."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from telephone.battles.service import BattleService
from telephone.domain.budgets import Allowance, Caps
from telephone.domain.games import Game, GameState
from telephone.domain.servers import NsfwPolicy, ServerSettings, declared
from telephone.games.service import UNFINISHED
from telephone.games.workflow import PAUSED_EVERYWHERE, PAUSED_HERE
from telephone.parties.service import PartyService
from telephone.ports.runners import GameRunner
from telephone.store import Scope, Store


@dataclass(frozen=True, slots=True)
class ServerService:
    """Servers as admins and the operator manage them. `caps` are the operator's budgets.

    Raises TelephoneErrors whose sentence can be shown as it is.
    """

    store: Store
    caps: Caps
    battles: BattleService
    parties: PartyService
    runner: GameRunner

    async def settings(self, guild_id: int) -> ServerSettings:
        return await self.store.servers.settings(guild_id)

    async def change(self, guild_id: int, **limits: Any) -> ServerSettings:
        """Changes the settings that are not None, by their names. Raises BadInput for a value beyond its limits."""
        changes = {name: value for name, value in limits.items() if value is not None}
        for name, row in declared().items():
            if name in changes:
                row.check(changes[name])
        settings = await self.store.servers.change(guild_id, **changes) if changes else await self.settings(guild_id)
        if "parallel" in changes:
            await self.runner.promote(guild_id)
        return settings

    async def budget(
        self, guild_id: int, scope: Scope = "server", *, usd: float | None = None, games: int | None = None
    ) -> dict[Scope, Allowance]:
        """The daily budgets of a server and its members, after those of `scope` that are not None were changed."""
        await self.store.budgets.change(guild_id, scope, self.caps, usd=usd, games=games)
        return await self.store.budgets.allowances(guild_id, self.caps)

    async def allow_nsfw(self, guild_id: int, policy: NsfwPolicy) -> ServerSettings:
        """Changes where adult content may be played on a server; a ban holds for running games at once."""
        return await self.store.servers.change(guild_id, nsfw=policy)

    async def pause(self, guild_id: int) -> int:
        """Stops all playing and spending on a server until resume; returns how many games pause."""
        await self.store.servers.change(guild_id, paused=True)
        return await self._pause(await self.store.games.unfinished(guild_id), PAUSED_HERE)

    async def resume(self, guild_id: int) -> int:
        """Ends a server's pause; returns how many games go on."""
        await self.store.servers.change(guild_id, paused=False)
        return await self._resume(await self.store.games.unfinished(guild_id), PAUSED_HERE)

    async def leave(self, guild_id: int) -> int:
        """Ends all games, battles and parties of a server that has removed the bot, and stores since when.

        What is kept of it is deleted some weeks later (telephone.retention). Returns how many games ended.
        """
        left = await self.store.games.unfinished(guild_id)
        for game in left:
            await self.store.games.move(game.id, GameState.STOPPED, only_from=UNFINISHED)
        await self.battles.leave(guild_id)
        await self.parties.leave_all(guild_id)
        await self.store.leavings.left(guild_id)
        return len(left)

    async def busy(self) -> frozenset[int]:
        """The ids of the servers on which something is played, waits or is voted on."""
        return await self.store.servers.busy()

    async def known(self) -> frozenset[int]:
        """The ids of the stored servers that are not known to have removed the bot."""
        return await self.store.leavings.present()

    async def joined(self, guild_ids: Collection[int]) -> None:
        """Stores that the bot is on these servers: one that had removed it keeps what is stored of it."""
        await self.store.leavings.back(guild_ids)

    async def pause_everywhere(self) -> int:
        """The operator's pause of every game on every server; returns how many games pause."""
        await self.store.servers.pause_everywhere(True)
        return await self._pause(await self.store.games.unfinished(), PAUSED_EVERYWHERE)

    async def resume_everywhere(self) -> int:
        """Ends the operator's pause; returns how many games go on."""
        await self.store.servers.pause_everywhere(False)
        return await self._resume(await self.store.games.unfinished(), PAUSED_EVERYWHERE)

    async def _pause(self, games: list[Game], reason: str) -> int:
        going, paused = (GameState.QUEUED, GameState.PLAYING, GameState.WAITING), 0
        for game in games:
            if game.state in going:
                await self.store.games.move(game.id, GameState.PAUSED, only_from=going, reason=reason)
                # A game that noticed the pause by itself has booked it already, and counts all the same.
                now = await self.store.games.get(game.id)
                if (now.state, now.reason) == (GameState.PAUSED, reason):
                    await self.runner.settle(now)
                    paused += 1
        return paused

    async def _resume(self, games: list[Game], reason: str) -> int:
        waiting = [
            game
            for game in games
            if game.state is GameState.PAUSED
            and game.reason == reason
            and not await self.store.servers.paused(game.request.guild_id)
        ]
        for game in waiting:
            await self.runner.go_on(game)
        return len(waiting)

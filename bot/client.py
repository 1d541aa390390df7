"""The typed client that commands, buttons and forms use. `bot/app.py` wires it."""

import re
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Final, Protocol, TypeAlias

import aiohttp
import discord
import structlog
from cachetools import LRUCache
from discord import app_commands
from discord.ext import commands

from telephone.app import App
from telephone.domain.games import Game
from telephone.engine.outages import through_outages
from telephone.errors import Unavailable
from telephone.exports.artifacts import Replay
from telephone.games.turn_service import ClaimedTurn
from telephone.web.drawing import DrawingPage

StartAnswer: TypeAlias = Callable[[App, str], Awaitable[str]]
"""What a member is told who started what is stored under this id. Raises NotFound where nothing of its kind is."""
FormHandler: TypeAlias = Callable[
    ["discord.Interaction[TelephoneBot]", re.Match[str], Mapping[str, Any]], Awaitable[None]
]
"""Handles a form that a member sent: the interaction, the match of the form's id, and Discord's data of the form."""
LATE_MAX: Final = 10_000
CLOSING: Final = "I am being restarted; nothing is lost, so please send this again in a minute."
DRAIN_FOR: Final = 5.0
"""How long a bot that is told to end finishes what members have asked for before, in seconds."""
NOT_A_MEMBER: Final = frozenset({10004, 10007, 50001})
"""Unknown Guild, Unknown Member, Missing Access: what Discord answers about a server that the bot is not on."""
_log = structlog.get_logger()


class Closing(Unavailable):
    """The bot is being closed: what was not acknowledged before is to be sent again, and is not begun here."""

    def __init__(self) -> None:
        super().__init__(CLOSING)


class BotRuntime(Protocol):
    """What `telephone.bootstrap` opens: the application's services, and a way to close them."""

    @property
    def app(self) -> App: ...

    async def close(self) -> None: ...


class ReplayPresenter(Protocol):
    """What commands and buttons post of a game themselves; its publisher posts everything else."""

    async def post_replay(self, game: Game, replay: Replay) -> int | None:
        """Posts a game's replay once; returns the id of its message, None where the thread is gone or closed to us."""


class ClientSurfaces(Protocol):
    """The presenters that commands and buttons use."""

    @property
    def games(self) -> ReplayPresenter: ...


class TelephoneBot(commands.AutoShardedBot):
    """The client, which imports neither commands nor buttons nor messages.

    `telephone`, `moderate` and `admin` are the groups that commands join; `command_ids` holds Discord's ids of the
    top-level commands, by name. `forms` has the handler of each form by the pattern of its id, `starts` the
    answers to what members start. `late` holds the ids of members whose last interaction expired before it was
    acknowledged, at most LATE_MAX of them. `drawing_page` serves the page where members draw in the browser.
    """

    telephone: app_commands.Group
    moderate: app_commands.Group
    admin: app_commands.Group
    surfaces: ClientSurfaces

    def __init__(self, drawing_page: DrawingPage | None = None, **options: Any) -> None:
        super().__init__(
            command_prefix=(),
            help_command=None,
            intents=discord.Intents(guilds=True),
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            **options,
        )
        self.forms: dict[re.Pattern[str], FormHandler] = {}
        self.starts: list[StartAnswer] = []
        self.late: LRUCache[int, bool] = LRUCache(LATE_MAX)
        self.command_ids: dict[str, int] = {}
        self._drawing_page = drawing_page
        self._ready_before: set[int] = set()
        self._runtime: BotRuntime | None = None
        self._is_closing = False

    @property
    def app(self) -> App:
        """The services of the application. Raises RuntimeError before setup, Closing when they were closed."""
        if self._runtime is None:
            raise Closing if self._is_closing else RuntimeError("the bot is not set up yet")
        return self._runtime.app

    @property
    def has_closed(self) -> bool:
        """Whether the services were closed, maybe under somebody who used them."""
        return self._is_closing and self._runtime is None

    def ensure_open(self) -> None:
        """Raises Closing from the moment that the bot closes."""
        if self._is_closing:
            raise Closing

    def drawing_link(self, turn: ClaimedTurn) -> str | None:
        """The address where the member who holds a turn may draw; None where no page is published."""
        links, claim = self._drawing_page.links if self._drawing_page is not None else None, turn.seat.claim
        return links.to(claim.id, claim.member_id, claim.expires_at) if links and claim else None

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Ends what is played on a server that removed the bot; an outage of Discord does not raise this event."""
        await through_outages(lambda: self.app.servers.leave(guild.id))

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Keeps what is stored of a server that invites the bot again."""
        await through_outages(lambda: self.app.servers.joined([guild.id]))

    async def on_shard_ready(self, shard_id: int) -> None:
        """Does what `on_guild_remove` would have done, for servers that removed the bot while it was not connected.

        READY lists the servers of a shard, those with an outage too. What is played on another server ends, and what is
        stored of it is deleted later, only where Discord confirms that the bot is no member there.
        """
        standing = {guild.id for guild in self.guilds if guild.unavailable or shard_id not in self._ready_before}
        self._ready_before.add(shard_id)
        shards = self.shard_count or 1
        listed = {guild.id for guild in self.guilds}
        await through_outages(lambda: self.app.servers.joined(listed))
        busy = await through_outages(self.app.servers.busy)
        known = await through_outages(self.app.servers.known)
        mine = {one for one in (busy - standing) | (known - listed) if (one >> 22) % shards == shard_id}
        for guild_id in sorted(mine):
            if await self._was_removed(guild_id):
                _log.info("server removed the bot while it was away", server=guild_id)
                await through_outages(partial(self.app.servers.leave, guild_id))

    async def _was_removed(self, guild_id: int) -> bool:
        """Whether Discord says that the bot is on this server no more; any other answer, or none, is no."""
        assert self.user is not None
        try:
            await self.http.get_member(guild_id, self.user.id)
        except discord.HTTPException as error:
            return error.code in NOT_A_MEMBER
        except (aiohttp.ClientError, OSError):
            _log.info("server was not reached", server=guild_id)
        return False

    async def close(self) -> None:
        """Closes the drawing page, then the runtime, whose games post until their step is done, then the client.

        Before, it finishes what members have asked for, and refuses what they ask for now.
        """
        self._is_closing = True
        if self._drawing_page is not None:
            await self._drawing_page.close()
        if self._runtime is not None:
            await self._runtime.app.interactions.all_answered(DRAIN_FOR)
        runtime, self._runtime = self._runtime, None
        if runtime is not None:
            await runtime.close()
        await super().close()

"""The bot as a process on a Discord of this machine, with Discord's limits, servers, members and a provider."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent))

import discord
from load_calls import Calls
from load_process import FIGURES
from load_provider import Provider

from telephone.domain.games import Game, GameState
from telephone.store import Store
from tests.standin.loopback import Guild, Standin
from tests.standin.members import Interaction, Member
from tests.standin.process import BotProcess
from tests.standin.spec import Spec

AT_ONCE: Final = 10
"""The most games that a server can have played at once."""
UNFINISHED: Final = [state for state in GameState if not state.is_final]
_BUCKETS: Final = (
    ("POST", r"/channels/\d+/messages", 5, 5.0),
    ("PATCH", r"/channels/(\d+)/messages/\d+", 5, 5.0),
    ("DELETE", r"/channels/(\d+)/messages/\d+", 5, 1.0),
    ("PUT", r"/channels/(\d+)/messages/\d+/reactions/.+", 1, 0.25),
)
"""Discord's limits of routes, as its answers' headers tell them: requests in so many seconds."""
BUCKET_S: Final = 1.0
"""Seconds that a post in a thread needs at least, by its bucket."""
GLOBAL: Final = 50
"""Requests of a token a second."""
_ALL: Final = 1_000
"""More calls than are ever made together."""
_MODELS: Final = """
[bench-{name}]
kind = "{kind}"
provider = "openai"
url = "{url}/v1"
ref = "{name}"
quirks = ["seed"]
price_usd = {usd}
licence = "bench"
"""


class Unchecked(Spec):
    """No check of requests by Discord's own file: the tests do that, and here it would only take time."""

    def __init__(self) -> None:
        pass

    def check(self, *_args: Any, **_options: Any) -> list[str]:
        return []

    def check_answer(self, *_args: Any, **_options: Any) -> list[str]:
        return []


@dataclass(frozen=True, slots=True)
class Server:
    """A server: its text channel, a member who plays, and an admin."""

    guild: Guild
    channel: Any
    player: Member
    admin: Member


@dataclass(slots=True)
class Stage:
    """A Discord, a provider and a bot that plays there."""

    discord: Standin
    provider: Provider
    servers: list[Server]
    bot: BotProcess
    store: Store
    figures: Path
    watched: bool
    acknowledged: list[float] = field(default_factory=list)
    """Seconds until each start was acknowledged."""

    async def start(self, place: int, turns: int, **options: Any) -> None:
        """A member starts a game by the command; `place` chooses the server, and is the seed."""
        server = self.servers[place % len(self.servers)]
        asked = await server.player.slash(
            server.channel,
            "telephone start",
            prompt=f"a fox mends clock {place}",
            turns=turns,
            seed=place,
            **{"t2i": "bench-artist", "i2t": "bench-spotter", **options},
        )
        self.acknowledged.append(asked.took or 0.0)
        await self.answered(asked)

    async def answered(self, asked: Interaction) -> str:
        """What the bot answers at last."""
        await self.discord.until(lambda: asked.response and not asked.response.loading)
        return asked.response.text if asked.response else ""

    async def unfinished(self) -> int:
        """How many games have not ended."""
        return await self.store.games.count(None, UNFINISHED)

    async def all_ended(self) -> None:
        """Waits for the end of all games."""
        while await self.unfinished():
            if not self.bot.running:
                raise SystemExit(f"the bot ended with status {self.bot.exit_status}\n{self.bot.log[-2_000:]}")
            await asyncio.sleep(0.25)

    async def games(self) -> list[Game]:
        """All games that were played."""
        return [game for one in self.servers for game in await self.store.games.recent(one.guild.id, limit=100_000)]

    async def take_figures(self) -> dict[str, Any]:
        """The lateness of the bot's loop in ms (`late`, sorted) and its `counts` since this was asked last."""
        assert self.watched, "this bot is not watched"
        self.figures.unlink(missing_ok=True)
        os.kill(self.bot.pid, signal.SIGUSR1)
        await self.discord.until(self.figures.exists)
        return dict(json.loads(self.figures.read_text(encoding="utf-8")))


@asynccontextmanager
async def stage(
    folder: Path,
    calls: Calls,
    *,
    servers: int,
    pixels: int = 64,
    limits: bool = True,
    watched: bool = True,
    count: bool = False,
    usd: float = 0.001,
    at_once: int | None = None,
    calls_at_once: int | None = None,
    env: Mapping[str, str] | None = None,
) -> AsyncIterator[Stage]:
    """Opens all of it on a fresh SQLite store in `folder`, or where `env` says; checks of safety are off.

    `pixels` is the side of a picture, `at_once` how many games a server plays together, `calls_at_once` how many calls
    the provider takes together, `limits` switches Discord's
    limits on, `watched` the bot's own figures, with `count` those of its database.
    """
    async with AsyncExitStack() as stack:
        provider = await stack.enter_async_context(Provider.open(calls, pixels))
        standin = await stack.enter_async_context(Standin.open(logs=folder, spec=Unchecked()))
        standin.patience = 600.0
        for method, path, requests, per in _BUCKETS if limits else ():
            standin.limits.add(method, path, requests=requests, per=per)
        if limits:
            standin.limits.add_global(requests=GLOBAL, per=1.0)
        made = [_server(standin, number) for number in range(servers)]
        words = [sys.executable, *_words(watched=watched, count=count)]
        settings = {**_settings(folder, provider, usd, calls_at_once or _ALL), **(env or {})}
        bot = await standin.run_bot(words, env=settings)
        url = settings.get("TELEPHONE_DATABASE_URL", f"sqlite:///{folder / 'telephone.sqlite'}")
        store = await stack.enter_async_context(await Store.open(url))
        opened = Stage(standin, provider, made, bot, store, folder / "figures.json", watched)
        for one in made:
            asked = await one.admin.slash(one.channel, "telephone-admin limits", parallel=at_once or AT_ONCE)
            await opened.answered(asked)
        yield opened
        await bot.stop()


def _words(*, watched: bool, count: bool) -> list[str]:
    if not watched:
        return ["-m", "bot"]
    return [str(Path(__file__).with_name("load_process.py")), *(["--count"] if count else [])]


def _server(standin: Standin, number: int) -> Server:
    guild = standin.create_guild(f"Players {number}")
    admin = guild.add_member(f"admin-{number}", permissions=discord.Permissions(administrator=True))
    return Server(guild, guild.create_text_channel("telephone"), guild.add_member(f"player-{number}"), admin)


def _settings(folder: Path, provider: Provider, usd: float, calls_at_once: int) -> dict[str, str]:
    models = folder / "models.toml"
    both = (("artist", "t2i"), ("spotter", "i2t"))
    texts = [_MODELS.format(name=name, kind=kind, url=provider.url, usd=usd) for name, kind in both]
    models.write_text("".join(texts), encoding="utf-8")
    return {
        "TELEPHONE_DATA_DIR": str(folder),
        "TELEPHONE_MODELS": str(models),
        "TELEPHONE_MODERATION": "off",
        "TELEPHONE_LIMITS": f"openai={calls_at_once}/1000000",
        "TELEPHONE_BUDGET_OPERATOR": "10000",
        "TELEPHONE_BUDGET_SERVER": "10000",
        "TELEPHONE_BUDGET_MEMBER": "10000",
        FIGURES: str(folder / "figures.json"),
    }

"""What chaos is made on: a Discord, providers and a store of this machine, and the bot's processes that share them.

Discord, the providers and the members live in the bench's own process and remember everything; the bot's processes are
killed and started again. The store is SQLite on a small disk of its own, or Postgres behind a wire that can be cut.
"""

import asyncio
import contextlib
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent))

import discord
from chaos_process import STARTS_WITHIN, Process
from chaos_wire import Wire
from chaos_worker import READY
from load_stage import Unchecked
from simcord.backend.errors import BackendError

from bot.ui import wording
from telephone.store import Store
from tests.standin.loopback import Guild, Standin
from tests.standin.members import Interaction, Member
from tests.standin.records import Message
from tests.standin_providers import StandinApis

PATIENCE: Final = 12.0
"""How long members wait for an acknowledgement, and how long Discord takes one, in seconds: a busy machine needs it."""
MEMBERS: Final = 4
DISK_MB: Final = 512
MODELS: Final = "models.toml"
PRICES: Final = {"flux": 0.003, "blip": 0.002, "paint": 0.006, "eye": 0.001}
"""What a call of each model costs, in US dollars; the first two are Replicate's, the others OpenAI's."""
_REPLICATE: Final = """
[chaos-{name}]
kind = "{kind}"
provider = "replicate"
ref = "chaos/{name}"
input = {{ {given}, seed = "$seed" }}
output = "{output}"
price_usd = {usd}
licence = "bench"
"""
_OPENAI: Final = """
[chaos-{name}]
kind = "{kind}"
provider = "openai"
url = "{url}/v1"
ref = "{name}"
quirks = ["seed"]
price_usd = {usd}
licence = "bench"
"""


@dataclass(frozen=True, slots=True)
class Server:
    """A server: its channels, of which the last is deleted one day, its members, and an admin, who is one of them."""

    guild: Guild
    channels: list[Any]
    members: list[Member]

    @property
    def admin(self) -> Member:
        return self.members[0]

    def member(self, member_id: int) -> Member | None:
        """The member of this id, None where it is none of ours."""
        return next((one for one in self.members if one.id == member_id), None)


@dataclass(slots=True)
class Asked:
    """What a member did, and how often the bot had been killed by then."""

    what: str
    interaction: Interaction


@dataclass(slots=True)
class Stage:
    """Everything that a run needs. `disk` is where SQLite lies, None on Postgres or where no disk could be mounted."""

    discord: Standin
    apis: StandinApis
    servers: list[Server]
    processes: list[Process]
    store: Store
    url: str
    folder: Path
    models: Path
    """The tables of the models that are played with."""
    clock: Path | None
    dice: Random
    wires: list[Wire] = field(default_factory=list)
    disk: Path | None = None
    asked: list[Asked] = field(default_factory=list)
    deleted: set[int] = field(default_factory=set)
    """Ids of the channels and threads that were deleted."""
    unanswered: int = 0

    @property
    def logs(self) -> str:
        """All that the processes wrote."""
        return "".join(process.bot.log for process in self.processes)

    async def ask(self, what: str, acting: Any) -> Interaction | None:
        """What a member sets off by `acting`, once it is acknowledged; None where nobody acknowledged it in time."""
        interaction: Interaction = await acting
        self.asked.append(Asked(what, interaction))
        ends = time.monotonic() + PATIENCE
        while not interaction.acknowledged:
            if time.monotonic() > ends:
                self.unanswered += 1
                return None
            await asyncio.sleep(0.05)
        return interaction

    async def answered(self, interaction: Interaction | None, within: float = 20.0) -> str:
        """What the bot answers in the end, "" where it does not in time."""
        ends = time.monotonic() + within
        while interaction is not None and time.monotonic() < ends:
            response = answer_of(interaction)
            if response is not None and not response.loading and response.text != wording.SLOW_STORE:
                return response.text
            await asyncio.sleep(0.1)
        return ""


def answer_of(interaction: Interaction) -> Message | None:
    """The answer as it stands, None without one, or where its channel is gone."""
    try:
        return interaction.response
    except BackendError:
        return None


@asynccontextmanager
async def stage(folder: Path, postgres: str | None, *, servers: int, dice: Random) -> AsyncIterator[Stage]:
    """Opens all of it on SQLite in `folder`, or on the Postgres of that URL, with two processes then."""
    async with AsyncExitStack() as stack:
        logs, data = folder / "logs", folder / "data"
        logs.mkdir()
        data.mkdir()
        disk = None if postgres else stack.enter_context(_mounted(data))
        standin = await stack.enter_async_context(
            Standin.open(logs=logs, spec=Unchecked(), acknowledge_within=PATIENCE)
        )
        apis = await stack.enter_async_context(StandinApis.open())
        apis.page = 100
        apis.models |= {f"chaos/{name}" for name in ("flux", "blip")} | {"paint", "eye"}
        clock = _clock(folder)
        url = postgres or f"sqlite:///{data / 'telephone.sqlite'}"
        wires = [await stack.enter_async_context(Wire.to(postgres, folder / f"wire-{n}")) for n in (1, 2) if postgres]
        store = await stack.enter_async_context(await Store.open(url))
        made = [_server(standin, number) for number in range(servers)]
        opened = Stage(standin, apis, made, [], store, url, data, folder / MODELS, clock, dice, wires, disk)
        common = _settings(data, apis, folder) | ({"CHAOS_CLOCK": str(clock)} if clock else {})
        common |= {"LD_PRELOAD": str(clock.with_suffix(".so"))} if clock else {}
        opened.processes.append(await _first(standin, common | _database(wires, 0)))
        if postgres:
            own = common | _database(wires, 1) | {"TELEPHONE_ROLE": "worker", READY: str(folder / "worker.ready")}
            words = [sys.executable, str(Path(__file__).with_name("chaos_worker.py"))]
            worker = await standin.run_bot(words, env=own, wait=False)
            opened.processes.append(Process("worker", worker, folder / "worker.ready", standin))
        for process in opened.processes:
            await process.ready()
        await _allow(opened)
        watching = [asyncio.create_task(process.supervise()) for process in opened.processes]
        try:
            yield opened
        finally:
            for task in watching:
                task.cancel()
            for process in opened.processes:
                await process.bot.stop()


async def _first(standin: Standin, env: dict[str, str]) -> Process:
    """The process that hears what members do."""
    bot = await standin.run_bot([sys.executable, "-m", "bot"], env=env, wait=False)
    return Process("bot", bot, None, standin)


async def _allow(opened: Stage) -> None:
    """The admin of every server allows as much at once as there may be, and the shortest turns."""
    limits = {"parallel": 10, "claim_minutes": 3, "seat_minutes": 10}
    for server in opened.servers:
        acting = server.admin.slash(server.channels[0], "telephone-admin limits", wait=False, **limits)
        await opened.answered(await opened.ask("limits", acting), STARTS_WITHIN)


def _server(standin: Standin, number: int) -> Server:
    guild = standin.create_guild(f"Players {number}")
    rights = discord.Permissions(administrator=True)
    members = [
        guild.add_member(f"member-{number}-{one}", permissions=None if one else rights) for one in range(MEMBERS)
    ]
    channels = [guild.create_text_channel(name) for name in ("telephone", "second", "doomed")]
    return Server(guild, channels, members)


def _settings(data: Path, apis: StandinApis, folder: Path) -> dict[str, str]:
    tables = [
        _REPLICATE.format(name="flux", kind="t2i", given='prompt = "$prompt"', output="uris", usd=PRICES["flux"]),
        _REPLICATE.format(name="blip", kind="i2t", given='image = "$image"', output="text", usd=PRICES["blip"]),
        _OPENAI.format(name="paint", kind="t2i", url=apis.url, usd=PRICES["paint"]),
        _OPENAI.format(name="eye", kind="i2t", url=apis.url, usd=PRICES["eye"]),
    ]
    models = folder / MODELS
    models.write_text("".join(tables), encoding="utf-8")
    return {
        "TELEPHONE_DATA_DIR": str(data),
        "TELEPHONE_MODELS": str(models),
        "TELEPHONE_MODERATION": "off",
        "TELEPHONE_EMBEDDER": "minilm",
        "TELEPHONE_DOWNLOAD_HOSTS": "127.0.0.1",
        "TELEPHONE_LIMITS": "openai=50/60000 replicate=50/60000",
        "TELEPHONE_SECRET": "chaos",
        "REPLICATE_API_TOKEN": "r8_chaos",
        "REPLICATE_BASE_URL": apis.url,
        "TELEPHONE_STORAGE_URL": (data / "pictures").as_uri(),
        "TELEPHONE_STORAGE_SHARED": "yes",
        **{f"TELEPHONE_BUDGET_{whose}": "10000" for whose in ("OPERATOR", "SERVER", "MEMBER")},
    }


def _database(wires: Sequence[Wire], which: int) -> dict[str, str]:
    return {"TELEPHONE_DATABASE_URL": wires[which].url} if wires else {}


@contextlib.contextmanager
def _mounted(folder: Path) -> Iterator[Path | None]:
    """A disk of its own under a folder, so that it can be full alone; None where this user may mount none."""
    words = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m,mode=700", "telephone-chaos", str(folder)]
    done = subprocess.run(words, check=False, capture_output=True)
    try:
        yield folder if done.returncode == 0 else None
    finally:
        if done.returncode == 0:
            subprocess.run(["umount", "-l", str(folder)], check=False)


def _clock(folder: Path) -> Path | None:
    """The file that says by how much the bot's clock is wrong; None where there is no C compiler."""
    source, library = Path(__file__).with_name("chaos_clock.c"), folder / "clock.so"
    try:
        subprocess.run(
            ["cc", "-O2", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True, capture_output=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    clock = library.with_suffix(".seconds")
    clock.write_text("0", encoding="ascii")
    return clock

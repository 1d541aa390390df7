"""Makes the data folder of today's version anew: python -m tests.golden.record [FOLDER]

It plays on loopback with a bot of this tree until there is one of every kind, kills the bot with -9, and keeps what is
left: both databases as SQL, the pictures, Discord's world and Replicate's, and the game.json of the finished game.
What lies in tests/golden/data was made by the version before the packages, when every module still lay flat in
telephone/ and bot/; `git log tests/golden/data` names the commit. It is not made again when the code changes, since
it stands for what is running at somebody's when they upgrade.

Then there are, on the server Players: game 1 finished; battle 1 (games 2 and 3) open for votes, with one vote; game 4
waiting for a member, sealed; game 5 held by a member; party 1 (games 6 to 8) in round 2 of 2, one of three done; games
9 and 10 playing, one cut off after its prediction was booked and one before; games 11 and 12 queued, as two may play
at once, and the last message of game 12 posted and not booked. On the server Others: game 1 paused by an admin, its
prediction called off.
"""

import asyncio
import io
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import discord as dpy
from aiohttp import web
from PIL import Image as pil

from tests.golden.acting import BOT, answered, fill_in, found, press, telephone
from tests.golden.folder import DATA, OUTPUTS, ask, settings, write
from tests.standin import BotProcess, Guild, Standin
from tests.standin_providers import StandinApis
from tests.standin_providers.faults import Handler

ONE, OTHER = {"t2i": "stable-diffusion", "i2t": "blip"}, "vqgan-clip × blip"
PROMPTS = {"ada": "a snail in a library", "bo": "two robots at the sea", "cy": "a very small opera"}
WAITING = ("Play.playing", "Play.playing.2", "Play.minding", "Battling.waiting", "Hosting.hosting")
"""Workflows that wait for a prediction or for members."""
STATES = ("finished",) * 3 + ("waiting",) * 5 + ("playing",) * 2 + ("queued",) * 2
"""Of the games on Players, by number."""
NEVER = 10**9
"""Looks at a prediction until it is done."""


async def hanging(request: web.Request, honest: Handler) -> web.StreamResponse:
    """Does what was asked, bills it, and answers when the bot is long dead."""
    await honest(request)
    await asyncio.sleep(3_600)
    return web.Response()


class Recording:
    """One bot on some servers, and what is done there."""

    GUILDS: Mapping[str, Sequence[str]] = {"Players": ("ada", "bo", "cy", "di"), "Others": ("eve",)}
    """The members of each server; the first of them manages it."""

    def __init__(self, discord: Standin, apis: StandinApis, data: Path, bot: BotProcess, guilds: list[Guild]) -> None:
        self.discord, self.apis, self.data, self.bot = discord, apis, data, bot
        self.players, self.others, *self.more = guilds
        self.channel = self.players.channel("telephone")
        self.ada, self.bo, self.cy, self.di = (self.players.member(name) for name in ("ada", "bo", "cy", "di"))
        self.but = ""
        """More of the condition for what is under way."""

    @classmethod
    async def begin(cls, discord: Standin, apis: StandinApis, data: Path) -> "Recording":
        manages = dpy.Permissions(manage_guild=True)
        guilds = [discord.create_guild(name) for name in cls.GUILDS]
        for guild, names in zip(guilds, cls.GUILDS.values(), strict=True):
            guild.create_text_channel("telephone")
            for name in names:
                guild.add_member(name, permissions=manages if name == names[0] else None)
        apis.outputs = OUTPUTS
        bot = await discord.run_bot(BOT, env=settings(apis, data))
        return cls(discord, apis, data, bot, guilds)

    async def play(self) -> None:
        """Brings about every state, those that hold predictions last."""
        await self.ada.slash(self.channel, "telephone-admin limits", parallel=2, claim_minutes=60, seat_minutes=1440)
        await self.start(prompt="#easy-001", turns=2)
        await self.until("SELECT 1 FROM game WHERE number = 1 AND state = 'finished'")
        await self.rest()
        await self.fight()
        await self.wait_for_members()
        await self.hold_a_party()
        self.apis.looks_until_done = NEVER
        await self.pause_the_others()
        await self.cut_off()

    async def fight(self) -> None:
        pairs = {"pair_a": "stable-diffusion × blip", "pair_b": OTHER}
        asked = await self.ada.slash(self.channel, "telephone battle", prompt="#easy-002", turns=2, **pairs)
        await answered(self.discord, asked)
        await self.until("SELECT 1 FROM battle_post WHERE what = 'call' AND message_id IS NOT NULL")
        card = await self.discord.until(lambda: found(self.discord, self.channel, "at1b:vote:"))
        await press(self.discord, self.bo, card, "a")
        await self.rest()

    async def wait_for_members(self) -> None:
        await self.start(prompt="#easy-003", t2i="stable-diffusion", i2t="human", turns=1, sealed=True)
        await self.until("SELECT 1 FROM post WHERE what = 'invite-1c' AND message_id IS NOT NULL")
        await self.start(prompt="#easy-004", turns=1, human_step="1c")
        await self.until(
            "SELECT count(*) FROM post WHERE what = 'invite-1c' AND message_id IS NOT NULL HAVING count(*) = 2"
        )
        game = self.one("SELECT id FROM game WHERE number = 5")
        invitation = await self.discord.until(lambda: found(self.discord, self.channel, f"at1t:take:{game}:1c"))
        await press(self.discord, self.di, invitation, "take")

    async def hold_a_party(self) -> None:
        rounds = {"players": 3, "rounds": 2, "stand_in": "blip"}
        await answered(self.discord, await self.ada.slash(self.channel, "telephone party", **rounds))
        card = await self.discord.until(lambda: found(self.discord, self.channel, "at1p:join:"))
        for member in (self.bo, self.cy):
            await press(self.discord, member, card, "join")
        call = await self.discord.until(lambda: found(self.discord, self.channel, "at1p:bring:"))
        for member in (self.ada, self.bo, self.cy):
            form = await press(self.discord, member, call, "bring")
            await fill_in(self.discord, member, form, prompt=PROMPTS[member.name])
        call = await self.discord.until(lambda: found(self.discord, self.channel, "at1p:turn:"))
        for n, member in enumerate((self.ada, self.bo, self.cy)):
            turn = await press(self.discord, member, call, "turn")
            form = await press(self.discord, member, turn.response, "upload")
            await fill_in(self.discord, member, form, drawing=[("me.png", drawing(n))])
        await self.until("SELECT 1 FROM party_post WHERE what = 'round-2' AND message_id IS NOT NULL")
        second = self.one("SELECT message_id FROM party_post WHERE what = 'round-2'")
        [call] = [one for thread in self.discord.threads(self.channel) for one in self.messages(thread.id, second)]
        turn = await press(self.discord, self.ada, call, "turn")
        form = await press(self.discord, self.ada, turn.response, "write")
        await fill_in(self.discord, self.ada, form, caption="a wall in one colour, seen by ada")
        await self.until("SELECT 1 FROM step WHERE kind = 'c' AND text LIKE '%seen by ada'")

    async def pause_the_others(self) -> None:
        channel, eve = self.others.channel("telephone"), self.others.member("eve")
        await answered(self.discord, await eve.slash(channel, "telephone start", prompt="#easy-005", turns=2, **ONE))
        await self.until("SELECT 1 FROM step WHERE ticketed_at IS NOT NULL AND kept_at IS NULL")
        await answered(self.discord, await eve.slash(channel, "telephone-admin pause"))
        await self.until("SELECT 1 FROM charge WHERE why = 'unused'")
        await self.until(f"SELECT 1 FROM game WHERE guild_id = {self.others.id} AND state = 'paused'")

    async def cut_off(self) -> None:
        await self.start(prompt="#easy-006", turns=2)
        await self.until("SELECT 1 FROM step WHERE ticketed_at IS NOT NULL AND kept_at IS NULL")
        self.apis.next("/v1/predictions", hanging)
        paid = len(self.apis.billed)
        await self.start(prompt="#easy-007", turns=2)
        await self.discord.until(lambda: len(self.apis.billed) == paid + 1, timeout=60)
        await self.start(prompt="#easy-008", turns=1)
        await self.until("SELECT 1 FROM game WHERE state = 'queued'")
        await self.rest()
        # The bot hears of a server error, though its message stands, and is killed before it asks again.
        self.discord.faults.add("POST", rf"/channels/(?!{self.channel.id}/)\d+/messages$", status="lost answer")
        await self.ada.slash(self.channel, "telephone start", prompt="#easy-009", turns=1, **ONE, seed=3, wait=False)
        await self.discord.until(lambda: not self.discord.faults.left_of("lost answer"), timeout=60)

    async def start(self, **options: object) -> None:
        asked = await self.ada.slash(self.channel, "telephone start", **{**ONE, "seed": 3, **options})
        await answered(self.discord, asked)

    async def until(self, query: str) -> None:
        """Waits until a query has a row."""
        await self.discord.until(lambda: ask(self.data, query), timeout=120)

    async def rest(self) -> None:
        """Waits until only what waits for somebody is under way, for a whole second."""
        going = f"SELECT 1 FROM workflow_status WHERE status IN ('PENDING', 'ENQUEUED') AND name NOT IN {WAITING}"
        going += self.but
        for _ in range(2):
            await self.discord.until(lambda: not ask(self.data, going, "engine"), timeout=120)
            await asyncio.sleep(1)

    def check(self) -> None:
        """Fails if the bot was not cut off where it was to be."""
        states = "SELECT group_concat(state) FROM (SELECT state FROM game WHERE guild_id = {} ORDER BY number)"
        assert self.one(states.format(self.others.id)) == "paused"
        assert self.one(states.format(self.players.id)) == ",".join(STATES)
        assert self.one("SELECT state FROM battle") == "voting"
        assert self.one("SELECT state || ' ' || round FROM party") == "playing 2"
        here = f"guild_id = {self.players.id} AND"
        assert self.one(f"SELECT count(*) FROM step WHERE {here} kept_at IS NULL AND ticketed_at IS NOT NULL") == 1
        assert self.one(f"SELECT count(*) FROM step WHERE {here} kept_at IS NULL AND player = 'stable-diffusion'") == 2
        assert self.one(f"SELECT what FROM post WHERE {here} message_id IS NULL") == "opening"

    def one(self, query: str) -> object:
        [(value,)] = ask(self.data, query)
        return value

    def messages(self, room: int, message_id: object) -> list:
        return [one for one in self.discord.messages(room) if one.id == message_id]


def drawing(n: int) -> bytes:
    file = io.BytesIO()
    pil.new("RGB", (64, 48), (60 * n, 90, 200 - 50 * n)).save(file, "PNG")
    return file.getvalue()


def forget_vectors(apis: StandinApis) -> None:
    """Takes away what embedders answered, as Replicate does after an hour: they fill megabytes."""
    for made in apis.predictions.values():
        if "modality" in made["input"] and made["status"] == "succeeded":
            made |= {"output": None, "data_removed": True}


async def record(folder: Path, kind: type[Recording] = Recording, say: Callable[[str], None] = print) -> None:
    """Writes the folder, which must not exist."""
    with TemporaryDirectory() as place:
        data = Path(place) / "data"
        async with Standin.open(logs=Path(place)) as discord, StandinApis.open() as apis:
            recording = await kind.begin(discord, apis, data)
            await recording.play()
            recording.bot.kill()
            await recording.bot.ended()
            discord.check()
            recording.check()
            forget_vectors(apis)
            write(folder, data, discord, apis, datetime.now(UTC))
            told = "replay", "1", "--server", str(recording.players.id), "--out", "finished"
            await telephone(Path(place), settings(apis, data), *told)
            shutil.copy(Path(place) / "finished" / "game.json", folder / "game.json")
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    say(f"{folder} holds {size:,} bytes")


if __name__ == "__main__":
    asyncio.run(record(Path(sys.argv[1]) if len(sys.argv) > 1 else DATA))

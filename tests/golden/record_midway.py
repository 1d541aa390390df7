"""Makes a second data folder: python -m tests.golden.record_midway [FOLDER]

It has all that record.py brings about, played by the version in which a step is two durable steps, and a third server,
Crowd, whose games were killed between two writes. By number: 1 is measured by the embedder of this machine, and its
summary is not posted; the picture of 2 is stored and not posted; that of 3 is posted, and nothing of that is stored;
that of 4 is posted, which the journal knows and the tables do not; 5, of players of this machine, was posting a step;
6 is stopped, and its card does not say so; 7 waits for the primary embedder; 8 has a card and no thread.
What lies in tests/golden/data_2 is not made again either.
"""

import asyncio
import hashlib
import re
import sqlite3
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from tests.golden.acting import answered, press
from tests.golden.folder import DATA_2, ask
from tests.golden.record import NEVER, ONE, Recording, record
from tests.standin.faults import Kind
from tests.standin_providers.faults import silent

OFFLINE: Final = {"t2i": "doodles", "i2t": "spotter-sharp"}
STATES: Final = ("finished", "playing", "playing", "playing", "playing", "stopped", "finished", "queued")
"""Of the games on Crowd, by number."""
MANY: Final = 100_000


class MidwayRecording(Recording):
    """One bot on three servers, killed while it is busy."""

    GUILDS: Mapping[str, Sequence[str]] = {**Recording.GUILDS, "Crowd": ("fay",)}

    async def cut_off(self) -> None:
        [self.crowd] = self.more
        self.room, self.fay = self.crowd.channel("telephone"), self.crowd.member("fay")
        await answered(self.discord, await self.fay.slash(self.room, "telephone-admin limits", parallel=10))
        await self.before_the_summary()
        await self.at_the_picture(2, "drop")
        await self.at_the_picture(3, "silence")
        await self.between_two_steps()
        await self.while_playing_offline()
        await self.settling()
        self.apis.looks_until_done = NEVER
        await self.measured(await self.ask_for(7, turns=1, **OFFLINE))
        self.discord.faults.add("POST", rf"/channels/{self.room.id}/messages/\d+/threads$", status="drop", times=MANY)
        await self.until(f"SELECT 1 FROM post WHERE game_id = '{await self.ask_for(8, **ONE)}' AND what = 'thread'")
        crowd = ask(self.data, f"SELECT id FROM game WHERE guild_id = {self.crowd.id}")
        self.but = "".join(f" AND workflow_uuid NOT LIKE '%{game}%'" for (game,) in crowd)
        await super().cut_off()

    async def measured(self, game: str) -> None:
        """Waits until a game is measured by the embedder of this machine."""
        await self.until(f"SELECT 1 FROM game WHERE id = '{game}' AND state = 'finished' AND embedder IS NOT NULL")

    async def before_the_summary(self) -> None:
        """The primary embedder is kept from measuring until the thread takes no more messages."""
        self.apis.looks_until_done = NEVER
        game = await self.ask_for(1, turns=1, **OFFLINE)
        await self.measured(game)
        self.cut(await self.thread(game), "drop")
        self.apis.looks_until_done = 1
        await self.until(f"SELECT 1 FROM post WHERE game_id = '{game}' AND what = 'summary'")

    async def at_the_picture(self, number: int, status: Kind) -> None:
        """The first picture is there only when its thread does not answer any more."""
        self.apis.looks_until_done = NEVER
        game = await self.ask_for(number, turns=1, **ONE)
        await self.until(f"SELECT 1 FROM step WHERE game_id = '{game}' AND ticketed_at IS NOT NULL")
        thread = await self.thread(game)
        before = len(self.discord.messages(thread))
        self.cut(thread, status)
        self.apis.looks_until_done = 1
        await self.until(f"SELECT 1 FROM post WHERE game_id = '{game}' AND what = '1p'")
        if status == "silence":
            await self.discord.until(lambda: len(self.discord.messages(thread)) > before, timeout=60)

    async def between_two_steps(self) -> None:
        """The next player is asked and hears nothing; that it was to be asked is taken back when the bot is dead."""
        self.apis.looks_until_done = NEVER
        game = await self.ask_for(4, turns=1, **ONE)
        await self.until(f"SELECT 1 FROM step WHERE game_id = '{game}' AND ticketed_at IS NOT NULL")
        self.apis.next("POST /v1/predictions", silent())
        self.apis.looks_until_done = 1
        await self.until(f"SELECT 1 FROM step WHERE game_id = '{game}' AND turn = 1 AND kind = 'c'")

    async def while_playing_offline(self) -> None:
        game = await self.ask_for(5, turns=3, **OFFLINE)
        await self.until(f"SELECT 1 FROM post WHERE game_id = '{game}' AND what = '1p'")
        self.cut(await self.thread(game), "silence")
        await asyncio.sleep(5)

    async def settling(self) -> None:
        """A game that waits for a member is stopped, and its card does not answer."""
        game = await self.ask_for(6, turns=1, t2i="stable-diffusion", i2t="human")
        await self.until(f"SELECT 1 FROM post WHERE game_id = '{game}' AND what = 'invite-1c' AND message_id > 0")
        await asyncio.sleep(8)  # its card is edited no more
        card = self.one(f"SELECT message_id FROM post WHERE game_id = '{game}' AND what = 'card'")
        self.discord.faults.add("PATCH", rf"/messages/{card}$", status="silence", times=MANY)
        asked = await answered(self.discord, await self.fay.slash(self.room, "telephone stop", game=6))
        await press(self.discord, self.fay, asked.response, "stop-yes")
        settling = f"SELECT 1 FROM workflow_status WHERE workflow_uuid LIKE 'settle-{game}%' AND status = 'PENDING'"
        await self.discord.until(lambda: ask(self.data, settling, "engine"), timeout=60)

    async def ask_for(self, number: int, **options: object) -> str:
        """Starts a game on Crowd, which gets this number; returns its id."""
        asked = {"prompt": f"#easy-00{number}", "seed": 3, **options}
        await self.fay.slash(self.room, "telephone start", wait=False, **asked)
        mine = f"FROM game WHERE guild_id = {self.crowd.id} AND number = {number}"
        await self.until(f"SELECT 1 {mine}")
        return str(self.one(f"SELECT id {mine}"))

    async def thread(self, game: str) -> int:
        """The thread of a game, once its opening is posted."""
        await self.until(f"SELECT 1 FROM post WHERE game_id = '{game}' AND what = 'opening' AND message_id > 0")
        return int(str(self.one(f"SELECT message_id FROM post WHERE game_id = '{game}' AND what = 'thread'")))

    def cut(self, thread: int, status: Kind) -> None:
        """Has every further post in a thread fail so."""
        self.discord.faults.add("POST", rf"/channels/{thread}/messages$", status=status, times=MANY)

    def check(self) -> None:
        super().check()
        states = (
            f"SELECT group_concat(state) FROM (SELECT state FROM game WHERE guild_id = {self.crowd.id} ORDER BY number)"
        )
        assert self.one(states) == ",".join(STATES)
        self.take_back()
        self.forget_texts()
        unposted = (
            "SELECT number, what FROM post JOIN game ON id = game_id WHERE message_id IS NULL AND post.guild_id = "
        )
        found = dict(ask(self.data, f"{unposted}{self.crowd.id} ORDER BY number"))
        assert re.fullmatch("[1-3][pc]", found.pop(5)), found
        assert found == {1: "summary", 2: "1p", 3: "1p", 4: "1p", 8: "thread"}
        going = ask(self.data, "SELECT name FROM workflow_status WHERE status = 'PENDING'", "engine")
        assert {"Play.opening", "Play.playing.2", "Play.closing", "Play.settling", "Measuring.measuring"} <= {
            name for (name,) in going
        }

    def forget_texts(self) -> None:
        """Takes away the vectors of texts that no game said, which fill megabytes, and that they were asked for."""
        said = ask(self.data, "SELECT text FROM step WHERE text IS NOT NULL UNION SELECT prompt FROM game")
        seen = ask(self.data, "SELECT image FROM step WHERE image IS NOT NULL")
        kept = {*(hashlib.sha256(text.encode()).hexdigest() for (text,) in said), *(sha256 for (sha256,) in seen)}
        known = {sha256 for (sha256,) in ask(self.data, "SELECT hash FROM vector")}
        with closing(sqlite3.connect(self.data / "telephone.sqlite")) as database, database:
            database.executemany("DELETE FROM vector WHERE hash = ?", [(sha256,) for sha256 in known - kept])
        for name, made in list(self.apis.predictions.items()):
            words = made["input"].get("text_input")
            if words is not None and hashlib.sha256(words.encode()).hexdigest() in known - kept:
                del self.apis.predictions[name]

    def take_back(self) -> None:
        """Undoes the transaction in which game 4 stored its picture's message and that the next player is asked."""
        [(game,)] = ask(self.data, f"SELECT id FROM game WHERE guild_id = {self.crowd.id} AND number = 4")
        with closing(sqlite3.connect(self.data / "telephone.sqlite")) as database, database:
            database.execute("UPDATE post SET message_id = NULL WHERE game_id = ? AND what = '1p'", (game,))
            database.execute("DELETE FROM step WHERE game_id = ? AND kind = 'c'", (game,))


if __name__ == "__main__":
    asyncio.run(record(Path(sys.argv[1]) if len(sys.argv) > 1 else DATA_2, MidwayRecording))

"""One of several processes that play on one Postgres; what it asks of providers and posts, it writes into a shared log.

python -m tests.support.worker URL FOLDER NAME [whole]

It says "ready", and starts a game for each line that it reads. A player answers once FOLDER/answers is there. A call is
found again by its marker, as at Replicate; with `whole` it is not, and its submission waits for the answer, as at
OpenAI.
"""

import asyncio
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog

from telephone.bootstrap import Parts, Tempo, open_with_engine
from telephone.domain.calls import Answer, Ask, Ticket
from telephone.domain.games import Game
from telephone.engine.lease import LeaseTimes
from telephone.games.admission import StartRequest
from telephone.games.card_pace import EVERY_STEP
from telephone.ports.posting import Posting
from telephone.providers.base import ModelTable
from telephone.safety import Guard
from telephone.settings import Settings
from tests.support.app import EMBEDDERS
from tests.support.checker import FakeChecker
from tests.support.embedders import LetterEmbedder
from tests.support.provider import MODELS, FakeProvider
from tests.support.surfaces import (
    RecordedBattles,
    RecordedCleanup,
    RecordedGames,
    RecordedJobs,
    RecordedParties,
    RecordedSurfaces,
)

TIMES = LeaseTimes(every=0.2, answers=1.0, lasts=2.0, settles=1.0, margin=1.0)


@dataclass(frozen=True, slots=True)
class Log:
    """What all workers did, a line each; `worker` is who writes here."""

    folder: Path
    worker: str = ""

    @property
    def path(self) -> Path:
        return self.folder / "log.jsonl"

    @property
    def gate(self) -> Path:
        """The file whose being there lets players answer."""
        return self.folder / "answers"

    def add(self, did: str, what: str) -> None:
        line = json.dumps({"worker": self.worker, "did": did, "what": what}) + "\n"
        file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(file, line.encode())
        os.close(file)

    def of(self, did: str, worker: str | None = None) -> list[str]:
        """What was done so, by one worker or by all."""
        return [one["what"] for one in self._lines() if one["did"] == did and worker in (None, one["worker"])]

    def _lines(self) -> Iterator[dict[str, str]]:
        yield from map(json.loads, self.path.read_text().splitlines() if self.path.exists() else ())


class Studio(FakeProvider):
    """A provider that all workers share."""

    def __init__(self, log: Log, *, whole: bool) -> None:
        super().__init__()
        self.log, self.whole = log, whole

    async def submit(self, model: ModelTable, ask: Ask, marker: str, since: datetime | None = None) -> Ticket:
        if not self.whole and since is not None and marker in self.log.of("submit"):
            return Ticket(marker, found=True)
        self.log.add("submit", marker)
        if self.whole:
            await self._answer(marker)
        return Ticket(marker, maybe_billed_twice=self.whole and since is not None)

    async def collect(self, model: ModelTable, ask: Ask, ticket: Ticket) -> Answer:
        if not self.whole:
            self.log.add("collect", str(ticket.reference))
            await self._answer(str(ticket.reference))
        return await super().collect(model, ask, ticket)

    async def _answer(self, marker: str) -> None:
        while not self.log.gate.exists():
            await asyncio.sleep(0.02)
        self.log.add("answer", marker)


class Posts(RecordedGames):
    """A presenter that finds the messages of all workers again, by their nonces."""

    log: Log

    async def _post(self, game: Game, what: str, posting: Posting) -> int:
        sent = [one.partition(" ") for one in self.log.of("post")]
        if posting.again and (found := [n for n, (_, _, nonce) in enumerate(sent) if nonce == posting.nonce]):
            return 1_000 + found[0]
        self.log.add("post", f"{what} {posting.nonce}")
        return 1_000 + len(sent)


async def main(url: str, folder: Path, name: str, *, whole: bool) -> None:
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    log, posts = Log(folder, name), Posts()
    posts.log = log
    own = folder / f"{name}.toml"
    own.write_text(MODELS + EMBEDDERS.format(letters_usd=0.0, prism_usd=0.0), encoding="utf-8")
    studio, checker, letters = Studio(log, whole=whole), FakeChecker(), LetterEmbedder()
    surfaces = RecordedSurfaces(
        games=posts,
        battles=RecordedBattles(),
        parties=RecordedParties(),
        human_turns=posts,
        jobs=RecordedJobs(),
        cleanup=RecordedCleanup(),
    )
    settings = Settings(
        _env_file=None,
        data_dir=folder / name,
        database_url=url,
        storage_url=(folder / "pictures").as_uri(),
        models=own,
        embedder="letters",
        secret="key",
    )
    parts = Parts(
        {"studio": studio, "offline": studio}, Guard(checker, checker, 30.0), lambda _: {"letters": letters}, "letters"
    )
    tempo = Tempo(call=100.0, lost=(0.0, 0.0), again=(0.0, 0.0), cards=EVERY_STEP, sweep=1.0, lease=TIMES)
    runtime = await open_with_engine(settings, surfaces, parts=parts, tempo=tempo)
    try:
        print("ready", flush=True)
        while await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline):
            asked = StartRequest(prompt="a fox mends a clock", t2i="painter", i2t="critic", turns=2, seed=7)
            print((await runtime.app.games.start(asked)).id, flush=True)
    finally:
        await runtime.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], whole="whole" in sys.argv[4:]))

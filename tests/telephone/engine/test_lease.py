"""How long a worker takes itself for alive, and the others it: never may one resume what another still plays."""

import asyncio

import psycopg
import pytest
import structlog.testing

from telephone.domain.ownership import Ownership, own
from telephone.engine import failover, lease
from telephone.engine.failover import Failover
from telephone.engine.journal import Claim
from telephone.engine.lease import LeaseTimes, SessionLease
from telephone.errors import Unavailable
from telephone.models.players import Players
from telephone.models.registry import Registry
from telephone.publishing import patiently
from tests.limits import LIMIT
from tests.support.provider import MODELS, FakeProvider

TIMES = LeaseTimes(every=2.0, answers=4.0, lasts=10.0, settles=4.0, margin=4.0)


class Clock:
    """A clock that a test moves."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(lease, "clock", clock)
    monkeypatch.setattr(failover, "clock", clock)
    return clock


class Server:
    """A Postgres as far as locks go: who holds which. A session of it fails while it is `down`."""

    def __init__(self) -> None:
        self.held: dict[str, object] = {}
        self.down = False

    async def connect(self, *_: object, **__: object) -> "Session":
        if self.down:
            raise psycopg.OperationalError("connection refused")
        return Session(self)

    def end(self, session: object) -> None:
        self.held = {name: holder for name, holder in self.held.items() if holder is not session}


class Session:
    """A session of the server; also the answer to its last query."""

    def __init__(self, server: Server) -> None:
        self.server, self.found = server, True
        self.info = type("Info", (), {"server_version": 160_000})()
        self.closed = False

    async def execute(self, query: str, parameters: tuple = ()) -> "Session":
        if self.server.down or self.closed:
            raise psycopg.OperationalError("the connection is closed")
        held, name = self.server.held, parameters[-1] if parameters else ""
        if "unlock" in query:
            held.pop(name)
        elif "try_advisory" in query:
            self.found = held.setdefault(name, self) is self
        elif "advisory_lock" in query:
            held[name] = self
        return self

    async def fetchone(self) -> tuple[bool]:
        return (self.found,)

    async def close(self) -> None:
        self.closed = True
        self.server.end(self)


@pytest.fixture
def server(monkeypatch):
    server = Server()
    monkeypatch.setattr(psycopg.AsyncConnection, "connect", server.connect)
    return server


async def nothing() -> None:
    """Nothing was taken over."""


class Played:
    """A journal in which one worker runs one workflow."""

    def __init__(self, worker: str) -> None:
        self.worker, self.taken = worker, []

    async def executors(self) -> set[str]:
        return {self.worker}

    async def running(self, executor_id: str) -> set[Claim]:
        return {Claim("play", "token")}

    async def enqueue_again(self, executor_id: str, claims: set[Claim]) -> list[str]:
        self.taken.append(executor_id)
        return [claim.workflow_id for claim in claims]


async def test_a_worker_takes_itself_for_alive_for_a_while_after_it_last_asked(clock, server):
    mine = SessionLease("postgresql://", "a", TIMES)
    await mine.take()
    assert mine.holds
    clock.now += TIMES.lasts - 1
    await mine._renew(nothing)
    clock.now += TIMES.lasts - 0.1
    assert mine.holds
    clock.now += 0.1
    assert not mine.holds, "nobody heard of it since"


async def test_an_answer_that_took_long_counts_from_the_question(clock, server, monkeypatch):
    mine = SessionLease("postgresql://", "a", TIMES)
    await mine.take()
    execute = Session.execute

    async def slowly(self, query, parameters=()):
        clock.now += 3.0
        return await execute(self, query, parameters)

    monkeypatch.setattr(Session, "execute", slowly)
    await mine._renew(nothing)
    clock.now += TIMES.lasts - 3.0
    assert not mine.holds


async def test_a_line_that_was_cut_for_a_moment_costs_nothing(clock, server):
    mine = SessionLease("postgresql://", "a", TIMES)
    await mine.take()
    await mine.session.close()
    held = []
    for _ in range(20):
        clock.now += TIMES.every
        await renewed(mine)
        held.append(mine.holds)
    assert all(held)


async def test_a_new_session_counts_only_when_all_others_have_seen_it(clock, server):
    mine = SessionLease("postgresql://", "a", TIMES)
    await mine.take()
    server.down = True
    server.end(mine.session)
    for _ in range(6):
        clock.now += TIMES.every
        await renewed(mine)
    assert not mine.holds
    server.down = False
    since = clock.now
    while not mine.holds:
        clock.now += 0.5
        await renewed(mine)
    assert clock.now - since >= TIMES.settles


async def test_what_was_taken_over_is_stopped_before_a_worker_goes_on(clock, server):
    mine, looked = SessionLease("postgresql://", "a", TIMES), []
    await mine.take()
    await mine.session.close()
    mine.session = None
    clock.now += TIMES.lasts

    async def regained() -> None:
        looked.append((mine.holds, server.held["a"] is mine.session))

    for _ in range(4):
        await mine._renew(regained)
        clock.now += TIMES.every
    assert looked == [(False, True)]
    assert mine.holds


async def test_the_others_wait_longer_than_a_worker_takes_itself_for_alive(clock, server):
    mine, journal = SessionLease("postgresql://", "b", TIMES), Played("a")
    await mine.take()
    theirs = SessionLease("postgresql://", "a", TIMES)
    await theirs.take()
    looking = Failover(mine, journal, "b", TIMES)
    await look(looking, mine)
    assert looking.dead({"a"}) == set()
    await theirs.session.close()
    ended = clock.now
    while not journal.taken:
        clock.now += TIMES.every
        await look(looking, mine)
    assert clock.now - ended > TIMES.lasts + TIMES.margin
    assert not theirs.holds
    assert looking.dead({"a", "b2"}) == {"a"}


async def test_a_worker_that_comes_back_in_time_is_waited_for_anew(clock, server):
    mine, journal = SessionLease("postgresql://", "b", TIMES), Played("a")
    await mine.take()
    looking = Failover(mine, journal, "b", TIMES)
    for n in range(40):
        server.held.pop("a", None)
        if n % 6 == 0:
            server.held["a"] = "its new session"
        clock.now += TIMES.every
        await look(looking, mine)
    assert journal.taken == []


async def test_what_was_seen_long_ago_does_not_count(clock, server):
    mine, journal = SessionLease("postgresql://", "b", TIMES), Played("a")
    await mine.take()
    looking = Failover(mine, journal, "b", TIMES)
    for _ in range(10):
        clock.now += TIMES.settles + 0.1  # in between it may have been back
        await look(looking, mine)
    assert journal.taken == []


async def test_a_worker_that_is_in_doubt_itself_takes_nothing_over(clock, server):
    mine, journal = SessionLease("postgresql://", "b", TIMES), Played("a")
    await mine.take()
    looking = Failover(mine, journal, "b", TIMES)
    for _ in range(20):
        clock.now += TIMES.every
        await looking.look(mine.session)
    assert journal.taken == []


async def test_a_question_that_is_not_answered_ends_the_session():
    class Hanging(Session):
        async def execute(self, query, parameters=()):
            await self.hung_up.wait()
            raise psycopg.OperationalError("the connection is closed")

        def fileno(self) -> int:
            self.hung_up.set()
            raise OSError

    hanging = Hanging(Server())
    hanging.hung_up = asyncio.Event()
    async with asyncio.timeout(LIMIT):
        with pytest.raises(TimeoutError):
            await lease.answered(hanging, "SELECT 1", within=0.05)
    assert hanging.hung_up.is_set()


class Doubt:
    """A lease that a test ends and renews."""

    def __init__(self) -> None:
        self.holds, self._renewed = False, asyncio.Event()

    async def held(self) -> None:
        while not self.holds:
            self._renewed.clear()
            await self._renewed.wait()

    def renew(self) -> None:
        self.holds = True
        self._renewed.set()


@pytest.fixture
def doubt():
    return Doubt()


async def waits_for(doubt: Doubt, work, done: list, *, doubtful: float = 0.1) -> None:
    """Begins work in a workflow whose process has no lease, or loses it, and sees it done when that is renewed.

    `doubtful` is how long there is none, in seconds: longer than what works pauses before it tries again.
    """

    async def in_a_workflow() -> None:
        own(Ownership("play", "token", doubt))
        await work()

    task = asyncio.create_task(in_a_workflow())
    await asyncio.sleep(doubtful)
    assert not done
    assert not task.done()
    doubt.renew()
    async with asyncio.timeout(LIMIT):
        await task
    assert len(done) == 1


async def test_a_player_is_not_asked_while_a_workers_lease_is_in_doubt(tmp_path, doubt):
    own_models = tmp_path / "models.toml"
    own_models.write_text(MODELS)
    provider = FakeProvider()
    players = Players(Registry.load(["studio"], own_models), {"studio": provider}, 5.0)
    await waits_for(doubt, lambda: players.submit("painter", None, "marker"), provider.submitted)


async def test_nothing_is_posted_while_a_workers_lease_is_in_doubt(doubt):
    posted = []

    async def post() -> None:
        posted.append("card")

    await waits_for(doubt, lambda: patiently(post), posted)


async def test_what_is_tried_again_waits_too(tmp_path, doubt, monkeypatch):
    own_models = tmp_path / "models.toml"
    own_models.write_text(MODELS)
    provider, posted, tries = FakeProvider(), [], []
    players = Players(Registry.load(["studio"], own_models), {"studio": provider}, 5.0)
    submit = provider.submit

    def attempt() -> None:
        tries.append(doubt.holds)
        if len(tries) % 2:
            doubt.holds = False
            raise Unavailable("Later.")

    async def post() -> None:
        attempt()
        posted.append("card")

    async def asked(*arguments):
        attempt()
        return await submit(*arguments)

    monkeypatch.setattr(provider, "submit", asked)
    for work, done in (
        (lambda: patiently(post), posted),
        (lambda: players.submit("painter", None, "marker"), provider.submitted),
    ):
        doubt.holds = True
        await waits_for(doubt, work, done, doubtful=1.0)
    assert tries == [True] * 4


async def test_whoever_is_in_no_workflow_posts_and_asks_at_once():
    posted = []

    async def post() -> None:
        posted.append("card")

    await patiently(post)
    assert posted == ["card"]


async def renewed(mine: SessionLease) -> None:
    """One round of what keeps a lease."""
    with structlog.testing.capture_logs():
        keeping = asyncio.create_task(mine._keep(nothing))
        for _ in range(8):
            await asyncio.sleep(0)
        keeping.cancel()
        await asyncio.wait({keeping})


async def look(looking: Failover, mine: SessionLease) -> None:
    await mine._renew(nothing)
    await looking.look(mine.session)

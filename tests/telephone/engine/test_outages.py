"""Which faults pass and are waited for, and which are our own and end a game."""

import errno
import socket
import sqlite3
from contextlib import closing

import aiohttp
import psycopg
import pytest
import sqlalchemy as sa

from telephone.engine import outages
from telephone.engine.outages import is_outage, through_outages
from telephone.engine.outcomes import BROKEN, Failed, journalled, outcome_of


@pytest.fixture
def engine(tmp_path):
    """A SQLite file with a table; who holds its lock is not waited for."""
    url = f"sqlite:///{tmp_path / 'a.sqlite'}"
    engine = sa.create_engine(url, connect_args={"timeout": 0, "isolation_level": None})
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE words (word TEXT UNIQUE)")
    yield engine
    engine.dispose()


def error_of(engine: sa.Engine, *statements: str) -> Exception:
    """What the last of these statements raises."""
    with engine.connect() as connection:
        for statement in statements[:-1]:
            connection.exec_driver_sql(statement)
        with pytest.raises(sa.exc.DBAPIError) as caught:
            connection.exec_driver_sql(statements[-1])
    return caught.value


def test_a_locked_file_is_an_outage(engine, tmp_path):
    with closing(sqlite3.connect(tmp_path / "a.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert is_outage(error_of(engine, "INSERT INTO words VALUES ('clock')"))


def test_a_full_disk_is_an_outage(engine):
    fill = "INSERT INTO words VALUES (hex(randomblob(100000)))"
    assert is_outage(error_of(engine, "PRAGMA max_page_count = 4", fill))


def test_a_file_that_may_not_be_written_is_an_outage(engine):
    assert is_outage(error_of(engine, "PRAGMA query_only = ON", "INSERT INTO words VALUES ('fox')"))


@pytest.mark.parametrize(
    "statements",
    [
        ("SELECT * FROM nothing",),
        ("INSERT INTO words VALUES ('fox')", "INSERT INTO words VALUES ('fox')"),
        ("SELEC 1",),
    ],
)
def test_a_wrong_statement_is_none(engine, statements):
    assert not is_outage(error_of(engine, *statements))


@pytest.mark.parametrize(
    ("state", "wanted"),
    [
        ("57P01", True),  # terminated by an administrator
        ("57P03", True),  # starting up
        ("53300", True),  # too many connections
        ("53100", True),  # disk full
        ("08006", True),  # connection failure
        ("40P01", True),  # deadlock
        ("25006", True),  # read-only: a standby after a switch-over
        ("58030", True),  # I/O error
        ("28P01", True),  # invalid password, until the operator mends it
        ("42P01", False),  # undefined table
        ("23505", False),  # unique violation
        ("22003", False),  # numeric value out of range
    ],
)
def test_postgres_says_by_its_state_which_it_is(state, wanted):
    error = psycopg.errors.lookup(state)("as the server says")
    assert is_outage(error) is wanted
    assert is_outage(sa.exc.OperationalError("SELECT 1", {}, error)) is wanted


def test_a_server_that_nobody_reaches_is_an_outage():
    with pytest.raises(psycopg.OperationalError) as caught:
        psycopg.connect("postgresql://nobody@127.0.0.1:1/nothing", connect_timeout=2)
    assert is_outage(caught.value)


@pytest.mark.parametrize(
    ("error", "wanted"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), True),
        (OSError(errno.EMFILE, "Too many open files"), True),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), True),
        (socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"), True),
        (ConnectionResetError(), True),
        (aiohttp.ServerDisconnectedError(), True),
        (sa.exc.TimeoutError("QueuePool limit"), True),
        (FileNotFoundError(errno.ENOENT, "No such file"), False),
        (ValueError("a bug"), False),
        (KeyError("a bug"), False),
    ],
)
def test_the_systems_faults_are_told_from_bugs(error, wanted):
    assert is_outage(error) is wanted


class Flaky:
    """Raises each of these errors once, then answers."""

    def __init__(self, *errors: Exception) -> None:
        self.errors, self.calls = list(errors), 0

    async def __call__(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"


async def test_work_is_done_again_until_the_outage_ends_and_says_once_that_it_waits():
    work, told = Flaky(*(ConnectionResetError() for _ in range(4))), []

    async def waiting(error: BaseException) -> None:
        told.append(error)

    assert await through_outages(work, first=0.001, waiting=waiting) == "done"
    assert (work.calls, len(told)) == (5, 1)


async def test_the_pauses_grow_up_to_the_longest(monkeypatch):
    pauses = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr(outages.asyncio, "sleep", sleep)
    await through_outages(Flaky(*(ConnectionResetError() for _ in range(12))))
    assert all(0.8 * 2**k * 0.5 <= pause <= 1.2 * 2**k * 0.5 for k, pause in enumerate(pauses[:7]))
    assert all(48 <= pause <= 72 for pause in pauses[8:])


async def test_a_bug_is_raised_at_once():
    work = Flaky(ValueError("a bug"))
    with pytest.raises(ValueError, match="a bug"):
        await through_outages(work, first=0.001)
    assert work.calls == 1


async def test_an_outage_is_no_outcome_of_a_step_and_a_bug_is_one():
    with pytest.raises(ConnectionResetError):
        await outcome_of(Flaky(ConnectionResetError())())
    assert await journalled(Flaky(ValueError("a bug")))() == {"error": "ValueError", "sentence": BROKEN}
    assert await outcome_of(Flaky(ValueError("a bug"))()) == Failed("ValueError", BROKEN)

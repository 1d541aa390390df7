"""Which faults pass and are waited for, and which are our own and end a game."""

import errno
import socket
import sqlite3
import ssl
from contextlib import closing
from datetime import datetime
from types import SimpleNamespace

import aiohttp
import psycopg
import pytest
import sqlalchemy as sa

from telephone.engine import outages
from telephone.engine.outages import is_barred, is_database_outage, is_outage, said, through_outages
from telephone.engine.outcomes import BROKEN, Failed, journalled, outcome_of
from telephone.errors import Barred, CutOff, Outage

KEY = SimpleNamespace(host="api.test", port=443, ssl=True, is_ssl=True)
"""What aiohttp's errors name as their connection."""


class PoolTimeout(psycopg.OperationalError):
    """As psycopg_pool has it."""


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
        ("55P03", True),  # lock not available: lock_timeout
        ("25P03", True),  # ended for being idle in a transaction
        ("25P04", True),  # ended for too long a transaction
        ("57014", True),  # ended by statement_timeout
        ("25P02", False),  # a statement after one that failed, which says itself why
        ("55000", False),  # not in the prerequisite state
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
        (aiohttp.ClientPayloadError("cut short"), True),
        (aiohttp.ClientConnectorDNSError(KEY, socket.gaierror(socket.EAI_NONAME, "Name or service not known")), True),
        (aiohttp.ClientConnectorCertificateError(KEY, ssl.SSLCertVerificationError("expired")), True),
        (aiohttp.InvalidURL("not an address"), False),
        (TimeoutError(), True),
        (sa.exc.TimeoutError("QueuePool limit"), True),
        (PoolTimeout("couldn't get a connection after 30.00 sec"), True),
        (sa.exc.PendingRollbackError("Can't reconnect until the transaction is rolled back", code="8s2b"), True),
        (sa.exc.PendingRollbackError("an earlier flush failed", code="7s2a"), False),
        (FileNotFoundError(errno.ENOENT, "No such file"), False),
        (ValueError("a bug"), False),
        (KeyError("a bug"), False),
    ],
)
def test_the_systems_faults_are_told_from_bugs(error, wanted):
    assert is_outage(error) is wanted


def test_a_failed_transaction_is_an_outage_where_an_outage_failed_it():
    failed, lost = psycopg.errors.lookup("25P02")("aborted"), psycopg.errors.lookup("57P01")("terminated")
    failed.__context__ = sa.exc.OperationalError("SELECT 1", {}, lost)
    assert is_outage(sa.exc.InternalError("COMMIT", {}, failed))
    failed.__context__ = psycopg.errors.lookup("23505")("a bug")
    assert not is_outage(sa.exc.InternalError("COMMIT", {}, failed))


@pytest.mark.parametrize(
    ("error", "wanted"),
    [
        (aiohttp.ClientConnectorDNSError(KEY, socket.gaierror(socket.EAI_NONAME, "Name or service not known")), True),
        (aiohttp.ClientConnectorDNSError(KEY, socket.gaierror(socket.EAI_AGAIN, "Temporary failure")), False),
        (aiohttp.ClientConnectorCertificateError(KEY, ssl.SSLCertVerificationError("expired")), True),
        (aiohttp.ClientConnectorError(KEY, OSError(errno.ECONNREFUSED, "refused")), False),
        (Barred("The pictures cannot be reached."), True),
        (Outage("The pictures cannot be reached."), False),
        (ValueError("a bug"), False),
    ],
)
def test_what_a_person_has_to_mend_is_told_from_what_passes(error, wanted):
    assert is_barred(error) is wanted


@pytest.mark.parametrize(
    ("error", "wanted"),
    [
        (sa.exc.OperationalError("SELECT 1", {}, psycopg.errors.lookup("57P01")("terminated")), True),
        (sa.exc.ProgrammingError("SELECT 1", {}, psycopg.errors.lookup("42P01")("no table")), False),
        (ConnectionResetError(), False),
    ],
)
def test_an_outage_of_the_database_is_told_from_one_of_the_network(error, wanted):
    assert is_database_outage(error) is wanted


def test_an_outage_says_what_it_is_on_one_line_without_the_statement():
    lost = psycopg.errors.lookup("57P01")("terminating connection\nby command")
    assert said(sa.exc.OperationalError("INSERT a secret", {}, lost)) == "terminating connection"


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


async def test_who_is_barred_waits_for_a_while_and_then_does_what_is_said(monkeypatch):
    monkeypatch.setattr(outages, "BARRED_MAX", 0.2)
    monkeypatch.setattr(outages, "LONGEST_PAUSE", 0.02)
    work = Flaky(*(Barred("closed") for _ in range(10_000)))

    def instead(since: datetime) -> CutOff:
        return CutOff(f"since {since:%H:%M}")

    with pytest.raises(CutOff, match="since"):
        await through_outages(work, first=0.001, barred=instead)
    assert work.calls > 2


async def test_an_outage_in_between_begins_the_wait_of_who_is_barred_anew(monkeypatch):
    monkeypatch.setattr(outages, "BARRED_MAX", 0.0)
    told = []

    def instead(since: datetime) -> None:
        told.append(since)

    work = Flaky(ConnectionResetError(), ConnectionResetError(), Barred("closed"), ConnectionResetError())
    assert await through_outages(work, first=0.001, barred=instead) == "done"
    assert len(told) == 1

"""One database behind one URL: its engine, and the two kinds of transaction the store uses."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from contextvars import copy_context
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session

from telephone.domain.ownership import owned
from telephone.errors import Misconfigured
from telephone.store.changes import Changes
from telephone.store.fencing import check
from telephone.store.tables.games import Row
from telephone.store.write_turns import WriteTurns

T = TypeVar("T")

BUSY_TIMEOUT_S: Final = 30
"""How long a writer waits for another process's write before SQLite reports a locked file, in seconds."""
CACHE_KIB: Final = 512
"""How much of a SQLite file each connection keeps in memory, in KiB. Another connection's write empties that, so that a
process with thirty connections would hold the same pages thirty times for nothing; the system keeps them as well."""
CONNECT_TIMEOUT_S: Final = 10
"""How long Postgres may take to answer a new connection, in seconds, unless its address says otherwise."""
POOL_SIZE: Final = 10
UNIT_THREADS: Final = 4
"""How many units of work run at once; each has a thread and a connection."""
VIEW_THREADS: Final = 2
"""How many views are read at once, beside the units of work, which they do not wait for."""

_DRIVERS: Final = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "sqlite+pysqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}
_HOW: Final = (
    "Set TELEPHONE_DATABASE_URL to something like sqlite:///data/telephone.sqlite or postgresql://user@host/name."
)


def read_url(url: str) -> URL:
    """The URL with the driver that the store uses. Raises Misconfigured."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise Misconfigured(f"The database's address cannot be read. {_HOW}") from error
    driver = _DRIVERS.get(parsed.drivername)
    if driver is None:
        raise Misconfigured(f"The store cannot use {parsed.drivername}, only SQLite and Postgres. {_HOW}")
    if driver.startswith("postgresql"):
        return parsed.set(drivername=driver)
    if parsed.database in (None, "", ":memory:"):
        raise Misconfigured(f"The store needs a file: a database in memory would forget every game. {_HOW}")
    if parsed.host is not None or parsed.query:
        raise Misconfigured(f"A SQLite file has no host and takes no options. {_HOW}")
    return parsed.set(drivername=driver, database=str(Path(str(parsed.database)).expanduser()))


def is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


def engine_options(url: URL) -> dict[str, Any]:
    """What `create_engine` needs for this URL, beside the pool."""
    # hide_parameters: an error that reaches the log must not quote a prompt or a caption.
    options: dict[str, Any] = {"hide_parameters": True}
    if is_sqlite(url):
        # isolation_level None: Python's sqlite3 must not begin transactions of its own; _begin does.
        options["connect_args"] = {"isolation_level": None, "timeout": BUSY_TIMEOUT_S}
    elif "connect_timeout" not in url.query:
        # Without one, an address that nobody answers at takes minutes to be found out.
        options["connect_args"] = {"connect_timeout": CONNECT_TIMEOUT_S}
    return options


def set_up_sqlite(engine: Engine) -> None:
    """Gives every connection of a SQLite engine its settings, and begins its transactions explicitly."""
    event.listen(engine, "connect", _connect)
    event.listen(engine, "begin", _begin)


def _connect(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    # The time-out comes first: the change to WAL has to wait for other processes too. `synchronous`
    # stays FULL, because NORMAL may lose the last commits, and with them paid steps, on power loss.
    for pragma in (
        f"busy_timeout = {BUSY_TIMEOUT_S * 1000}",
        "journal_mode = WAL",
        "foreign_keys = ON",
        f"cache_size = -{CACHE_KIB}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    if connection.get_execution_options().get("telephone_single", False):
        return
    # A transaction that reads first and writes later cannot wait for its turn: SQLite refuses it at
    # once when somebody else wrote in between. One that writes takes its turn when it begins.
    writes = connection.get_execution_options().get("telephone_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


class UncancelledSession(AsyncSession):
    """A session that delays a cancellation until the running statement has ended.

    Otherwise a cancelled task would leave the statement to the driver's thread, which then takes, and keeps, SQLite's
    only write lock for a transaction that nobody ends.
    """

    async def execute(self, *arguments: Any, **options: Any) -> Any:
        return await to_the_end(super().execute(*arguments, **options))

    async def scalar(self, *arguments: Any, **options: Any) -> Any:
        return await to_the_end(super().scalar(*arguments, **options))

    async def scalars(self, *arguments: Any, **options: Any) -> Any:
        return await to_the_end(super().scalars(*arguments, **options))

    async def get(self, *arguments: Any, **options: Any) -> Any:
        return await to_the_end(super().get(*arguments, **options))

    async def flush(self, *arguments: Any, **options: Any) -> None:
        await to_the_end(super().flush(*arguments, **options))


async def in_session(session: AsyncSession, work: Callable[[Connection], T]) -> T:
    """Runs part of a unit of work in a session's transaction; a cancellation waits for its end."""

    async def unit() -> T:
        return await (await session.connection()).run_sync(work)

    return await to_the_end(unit())


async def to_the_end(work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`. If the caller is cancelled meanwhile, the work ends before the cancellation is raised."""
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        task.exception()
        raise cancelled
    return task.result()


@asynccontextmanager
async def _transaction(session: AsyncSession) -> AsyncIterator[AsyncSession]:
    try:
        yield session
        await to_the_end(session.commit())
    except BaseException:
        await to_the_end(session.rollback())
        raise
    finally:
        await to_the_end(session.close())


class Database:
    """An open database. Inside `reading` and `writing` nothing but SQL is awaited.

    What every step of a game does, again and again, is a unit of work: `ask`, `read` and `change` run one whole on a
    thread of its own, so that the event loop waits once, not once a statement. `view` does the same for what members
    look at.
    """

    def __init__(self, url: URL) -> None:
        self.url = url
        pool: dict[str, Any] = {"pool_size": POOL_SIZE, "max_overflow": 0, "pool_pre_ping": not is_sqlite(url)}
        self.engine = create_async_engine(url, **pool, **engine_options(url))
        self._writers = self.engine.execution_options(telephone_writes=True)
        self._turns: WriteTurns | None = None
        if is_sqlite(url):
            set_up_sqlite(self.engine.sync_engine)
            # SQLite has one writer at a time and lets the others poll: here they queue, in order.
            self._turns = WriteTurns()
        self.units = create_engine(
            _of_units(url), **pool | {"pool_size": UNIT_THREADS + VIEW_THREADS}, **engine_options(url)
        )
        if is_sqlite(url):
            set_up_sqlite(self.units)
        self._threads = ThreadPoolExecutor(UNIT_THREADS, thread_name_prefix="store")
        self._views = ThreadPoolExecutor(VIEW_THREADS, thread_name_prefix="views")
        self.changes = Changes(self.ask)

    async def ask(self, query: Callable[[Connection], T]) -> T:
        """What one SELECT finds, on a thread; without a transaction where the database needs none for it."""
        return await self._on_thread(query, telephone_single=True)

    async def read(self, queries: Callable[[Connection], T]) -> T:
        """What several SELECTs find in one transaction, on a thread."""
        return await self._on_thread(queries)

    async def change(self, work: Callable[[Connection], T], *, urgent: bool = False) -> T:
        """Runs a unit of work on a thread, in one transaction, which an exception rolls back.

        An `urgent` one goes before all others that wait for their turn.
        """
        async with self._write_turn(urgent=urgent):
            done = await self._on_thread(work, telephone_writes=True)
        self.changes.stir()
        return done

    async def view(self, read: Callable[[Session], T]) -> T:
        """What several SELECTs find in one state of the database, read whole on a thread."""

        def unit() -> T:
            with Session(self.units) as session:
                return read(session)

        return await to_the_end(_awaited(asyncio.get_running_loop().run_in_executor(self._views, unit)))

    async def _on_thread(self, work: Callable[[Connection], T], **options: bool) -> T:
        def unit() -> T:
            with self.units.connect().execution_options(**options) as connection, connection.begin():
                return work(connection)

        return await to_the_end(
            _awaited(asyncio.get_running_loop().run_in_executor(self._threads, copy_context().run, unit))
        )

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A transaction that sees one state of the database and changes nothing."""
        async with _transaction(UncancelledSession(self.engine)) as session:
            yield session

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        """A transaction that is committed at its end, or rolled back by an exception.

        Raises TakenOver for an execution that has lost its workflow.
        """
        async with (
            self._write_turn(),
            _transaction(UncancelledSession(self._writers, expire_on_commit=False)) as session,
        ):
            if owned() is not None and not is_sqlite(self.url):
                await in_session(session, check)
            yield session
        self.changes.stir()

    def _write_turn(self, *, urgent: bool = False) -> AbstractAsyncContextManager[None]:
        """The turn of a writer; at once where the database has many writers at a time."""
        return nullcontext() if self._turns is None else self._turns.turn(urgent=urgent)

    def insert(self, table: type[Row]) -> sqlite.Insert | postgresql.Insert:
        """An INSERT that supports ON CONFLICT, in this database's dialect."""
        return insert_into(self.url.get_backend_name(), table)

    async def compact(self) -> None:
        """Rewrites a SQLite file, so that deleted data cannot be read in its bytes; Postgres reuses the space.

        Waits for running writers and blocks new ones.
        """
        if not is_sqlite(self.url):
            return
        async with self._write_turn(), self.engine.connect() as connection:
            raw: Any = (await connection.get_raw_connection()).driver_connection
            for statement in ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
                await to_the_end(raw.execute_fetchall(statement))

    async def close(self) -> None:
        await self.changes.close()
        for threads in (self._threads, self._views):
            threads.shutdown(wait=False)  # whoever asked has waited for the end
        self.units.dispose()
        await self.engine.dispose()


def insert_into(dialect: str, table: type[Row]) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that supports ON CONFLICT, in a dialect: sqlite or postgresql."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


def _of_units(url: URL) -> URL:
    """The URL with the driver of a thread, not of an event loop."""
    return url.set(drivername="sqlite+pysqlite") if is_sqlite(url) else url


async def _awaited(future: asyncio.Future[T]) -> T:
    return await future

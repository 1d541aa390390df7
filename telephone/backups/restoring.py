"""Restoring a backup, before a bot is started on it.

The store is brought to this version and cleaned of what members have had deleted since, in a file of its own; only then
does it take its place. A restore that is broken off leaves nothing that a bot would play on.
"""

import os
import shutil
import sqlite3
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import psycopg
from filelock import FileLock, Timeout
from sqlalchemy.engine import URL

from telephone.backups.manifest import ORDERS, PICTURES, SECRET, STORE, Manifest
from telephone.concurrency import off_loop
from telephone.domain.games import Image
from telephone.engine.lease import workers_at
from telephone.errors import BadInput, Misconfigured, NotAllowed, Occupied, Unreachable
from telephone.media.images import Pictures
from telephone.privacy.orders import DeletionOrder, DeletionOrders, Pseudonyms
from telephone.settings import Settings
from telephone.store.copies import copy_in, is_empty_at, shown_in
from telephone.store.database import is_sqlite, read_url
from telephone.store.migrate import newest_revision
from telephone.store.tables.columns import now

_WORK: Final = "restoring.sqlite"
"""The name of the store's file until it is ready."""
_RUNNING: Final = (
    "A bot plays on {place} now; stop it first: what it stores while the backup is restored would be lost."
)
_FULL: Final = (
    "{folder} holds games already. Name an empty folder by TELEPHONE_DATA_DIR, or add --over: then the present "
    "database is moved into a folder beside it, and the backup takes its place."
)
_TAKEN: Final = (
    "The database that TELEPHONE_DATABASE_URL names holds games already; make a new, empty one and name that. "
    "Nothing was changed."
)
_OLD: Final = (
    "The backup is of {day}, older than the {days} days for which orders of deletion are kept "
    "(TELEPHONE_KEEP_BACKUPS): what members have had deleted since is in it and is not known any more. Use a newer "
    "backup, or add --old and order those deletions again by hand."
)

Prepare = Callable[[Settings, "Preparation"], Awaitable[int]]
"""Opens the restored store by these settings and readies it; returns how many members' deletions were carried out."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What an operator allows a restore: to move the present data aside (`over`), a backup whose deletions are partly
    forgotten (`old`), and to take it that nothing was played `since` the backup. `orders` are further ledgers."""

    over: bool = False
    old: bool = False
    since: bool = True
    orders: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Preparation:
    """How a restored store is readied: which orders of deletion it obeys, made with which secrets.

    `played_since` is when the backup was taken, where games may have gone on after it, else None.
    """

    orders: Sequence[DeletionOrder]
    secrets: Sequence[Pseudonyms]
    played_since: datetime | None


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did: the backup's manifest, how many members' deletions were carried out again, and the folder
    that the data before it was moved to."""

    manifest: Manifest
    deletions: int
    moved_to: Path | None


async def restore(settings: Settings, source: Path, wishes: Wishes, prepare: Prepare) -> Restored:
    """Puts a backup in the place that the settings name.

    Raises a TelephoneError, and has then changed nothing there but pictures, which nothing refers to."""
    manifest = Manifest.read(source)
    _check_age(settings, manifest, wishes)
    await off_loop(manifest.check, source)
    with _alone(settings):
        _check_place(settings, wishes)
        # Beside the place itself: a rename works on one disk only.
        url = read_url(settings.store_url)
        work = (_file(settings.store_url).parent if is_sqlite(url) else settings.data_dir.resolve()) / _WORK
        try:
            await off_loop(_copy, source / STORE, work)
            _take_secret(settings, source)
            deletions = await prepare(_at(settings, work), await _preparation(settings, source, manifest, wishes))
            await _bring_pictures(settings, source, manifest, work)
            return Restored(manifest, deletions, await off_loop(_put_in_place, settings, work))
        finally:
            for file in work.parent.glob(f"{_WORK}*"):
                file.unlink()


def _check_age(settings: Settings, manifest: Manifest, wishes: Wishes) -> None:
    if manifest.revision > newest_revision():
        raise Misconfigured("The backup was made by a newer version of AI Telephone; please update this one first.")
    if not wishes.old and manifest.taken_at < now() - timedelta(days=settings.keep_backups):
        raise NotAllowed(_OLD.format(day=f"{manifest.taken_at:%Y-%m-%d}", days=settings.keep_backups))


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Holds off every bot meanwhile. Raises Occupied where one runs."""
    url = read_url(settings.store_url)
    settings.data_dir.resolve().mkdir(parents=True, exist_ok=True)
    if not is_sqlite(url):
        try:
            if workers_at(settings.engine_url):
                raise Occupied(_RUNNING.format(place="that database"))
        except psycopg.Error as error:
            raise Unreachable(
                "The database does not answer; see that it runs.", str(error).partition("\n")[0]
            ) from error
        yield
        return
    journal = _file(settings.engine_url)
    journal.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(f"{journal}.lock", blocking=False):
            yield
    except Timeout:
        raise Occupied(_RUNNING.format(place=journal.parent)) from None


def _check_place(settings: Settings, wishes: Wishes) -> None:
    url = read_url(settings.store_url)
    if not is_sqlite(url):
        if not is_empty_at(url):
            raise NotAllowed(_TAKEN)
    elif not wishes.over and any(one.exists() for one in _present(settings)):
        raise NotAllowed(_FULL.format(folder=_file(settings.store_url).parent))


def _present(settings: Settings) -> list[Path]:
    """The files of store and journal on SQLite, whether they are there or not."""
    files = (_file(settings.store_url), _file(settings.engine_url))
    return [file.with_name(f"{file.name}{ending}") for file in files for ending in ("", "-wal", "-shm")]


def _file(url: str) -> Path:
    return Path(str(read_url(url).database)).resolve()


def _at(settings: Settings, work: Path) -> Settings:
    """The settings by which the store is opened while it is readied."""
    url = URL.create("sqlite+aiosqlite", database=str(work)).render_as_string(hide_password=False)
    return settings.model_copy(update={"database_url": url, "storage_url": settings.pictures_url})


def _take_secret(settings: Settings, source: Path) -> None:
    """Takes the backup's secret, where there is none here: links and pseudonyms stay the same."""
    to = settings.data_dir / SECRET
    if settings.secret is None and not to.exists() and (source / SECRET).exists():
        shutil.copyfile(source / SECRET, to)
        to.chmod(0o600)


async def _preparation(settings: Settings, source: Path, manifest: Manifest, wishes: Wishes) -> Preparation:
    """The orders given since the backup, of the ledger here, of the backup itself, and of others that were named.

    What these others hold is kept in the ledger here from now on.
    """
    here = DeletionOrders.at(settings.deletions_url, settings.signing_key)
    known = {one.id: one for one in await here.all()}
    for folder in (source / ORDERS, *wishes.orders):
        for order in _orders_in(folder, named=folder in wishes.orders):
            if order.id not in known:
                await here.put(order)
                known[order.id] = order
    keys = [settings.signing_key()]
    if (source / SECRET).exists():
        keys.append((source / SECRET).read_bytes())
    given_since = [one for one in known.values() if one.ordered_at >= manifest.taken_at]
    secrets = [Pseudonyms(key) for key in dict.fromkeys(keys)]
    if strange := sum(one.key not in {names.key for names in secrets} for one in given_since):
        raise NotAllowed(
            f"{strange} orders of deletion were made with another secret than TELEPHONE_SECRET, or the secret in "
            f"{settings.data_dir}, is now, so it cannot be told whose they are; set TELEPHONE_SECRET to the one before."
        )
    return Preparation(given_since, secrets, manifest.taken_at if wishes.since else None)


def _orders_in(folder: Path, *, named: bool) -> Iterator[DeletionOrder]:
    if not folder.is_dir():
        if named:
            raise BadInput(f"{folder} is no folder with orders of deletion; name one called {ORDERS}.")
        return
    for file in sorted(folder.glob("*.json")):
        try:
            yield DeletionOrder.of_json(file.stem, file.read_bytes())
        except ValueError as error:
            raise BadInput(f"{file} is no order of deletion; name a folder called {ORDERS}.") from error


async def _bring_pictures(settings: Settings, source: Path, manifest: Manifest, work: Path) -> None:
    """Stores the pictures that the readied store still shows, also over damaged ones; what was deleted stays away."""
    pictures = Pictures.at(settings.pictures_url)
    for sha256 in await off_loop(shown_in, work):
        name = f"{PICTURES}/{sha256[:2]}/{sha256}"
        if name in manifest.files:
            data = await off_loop((source / name).read_bytes)
            await pictures.put(Image(data))


def _copy(source: Path, work: Path) -> None:
    shutil.copyfile(source, work)
    work.chmod(0o600)
    with closing(sqlite3.connect(work)) as copy:
        if copy.execute("PRAGMA quick_check").fetchone()[0] != "ok":
            raise BadInput(f"{source} is damaged; use another backup.")


def _put_in_place(settings: Settings, work: Path) -> Path | None:
    """Gives the readied store its place; returns the folder that what was there before was moved to."""
    with closing(sqlite3.connect(work)) as copy:
        copy.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        copy.execute("PRAGMA journal_mode = DELETE")
    url = read_url(settings.store_url)
    if not is_sqlite(url):
        copy_in(work, url)
        return None
    to, aside = _file(settings.store_url), None
    if before := [one for one in _present(settings) if one.exists()]:
        aside = to.with_name(f"before-restore-{now():%Y%m%d-%H%M%S}")
        aside.mkdir(mode=0o700)
        for one in before:
            one.rename(aside / one.name)
    os.replace(work, to)
    return aside

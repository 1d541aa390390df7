"""Taking a backup, beside a bot that may be running."""

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from telephone.backups.manifest import ORDERS, PICTURES, SECRET, STORE, Manifest, sha256_of
from telephone.concurrency import off_loop
from telephone.errors import BadInput, NotFound
from telephone.media.images import Pictures
from telephone.privacy.orders import DeletionOrders
from telephone.settings import Settings
from telephone.store.copies import copy_out, shown_in
from telephone.store.database import read_url
from telephone.store.tables.columns import now

_UNDONE: Final = ".unfinished"
"""The ending of a backup's folder until it is whole."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was taken: its folder, its manifest, and how many bytes it has."""

    folder: Path
    manifest: Manifest
    size: int


async def take(settings: Settings, to: Path) -> Backup:
    """Writes a backup into a new folder, which has its name once all of it is written.

    First the store, then the pictures that it names, then the orders of deletion: what is stored meanwhile can only be
    more than the copied store names. Raises BadInput where the folder has something in it, Misconfigured where there is
    nothing to copy, Outage where the storage does not answer.
    """
    part = await off_loop(_begun, to)
    try:
        manifest = await _written(settings, part)
        return await off_loop(_named, part, to, manifest)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def _begun(to: Path) -> Path:
    """The folder that a backup is written into until it is whole; what a broken-off one left there goes."""
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise BadInput(f"{to} has something in it already; name a new folder for the backup.")
    part = to.with_name(f"{to.name}{_UNDONE}")
    if part.exists():
        shutil.rmtree(part)
    part.mkdir(mode=0o700, parents=True)
    return part


def _named(part: Path, to: Path, manifest: Manifest) -> Backup:
    """Gives a whole backup its name."""
    if to.exists():
        to.rmdir()
    part.rename(to)
    _sync(to.parent)
    return Backup(to, manifest, sum((to / name).stat().st_size for name in manifest.files))


async def _written(settings: Settings, part: Path) -> Manifest:
    taken_at = now()
    revision = await off_loop(copy_out, read_url(settings.store_url), part / STORE)
    files, missing = {STORE: await off_loop(sha256_of, part / STORE)}, []
    pictures = Pictures.at(settings.pictures_url)
    for sha256 in await off_loop(shown_in, part / STORE):
        name = f"{PICTURES}/{sha256[:2]}/{sha256}"
        if await _copied(pictures, sha256, part / name):
            files[name] = sha256
        else:
            missing.append(sha256)
    orders = DeletionOrders.at(settings.deletions_url, settings.signing_key)
    for order in await orders.all():
        name = f"{ORDERS}/{order.id}.json"
        files[name] = _write(part / name, order.as_json())
    if settings.secret is None:
        files[SECRET] = _write(part / SECRET, settings.signing_key())
    for name in files:
        _sync(part / name)
    manifest = Manifest(taken_at, revision, files, tuple(missing))
    manifest.write(part)
    _sync(part)
    return manifest


async def _copied(pictures: Pictures, sha256: str, to: Path) -> bool:
    """Copies a picture; False where it is missing or damaged. A member's deletion may take it away meanwhile."""
    try:
        data = await pictures.bytes_of(sha256)
    except NotFound:
        return False
    return await off_loop(_write, to, data, sha256) == sha256


def _write(path: Path, data: bytes, sha256: str = "") -> str:
    """Writes a file whose bytes have this hash, where one is given; returns the hash that they have."""
    found = hashlib.sha256(data).hexdigest()
    if sha256 in ("", found):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_bytes(data)
    return found


def _sync(path: Path) -> None:
    """Has the disk keep a file, or the names in a folder."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

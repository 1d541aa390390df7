"""What a process of each role needs to be set, and which settings cannot go together."""

from collections.abc import Callable
from typing import Final

from telephone.errors import Misconfigured
from telephone.settings import Settings

WHAT_TO_SET: Final = (
    "Set DISCORD_TOKEN to your bot's token to run on Discord; `make play` plays in the terminal and needs none."
)
ON_SQLITE: Final = (
    "TELEPHONE_ROLE={role} shares its database with other processes, and a SQLite file has one; set "
    "TELEPHONE_DATABASE_URL to a Postgres, such as postgresql://user:password@host/name, or TELEPHONE_ROLE to all."
)
OWN_PICTURES: Final = (
    "TELEPHONE_ROLE={role} shares its pictures with other processes, and these would lie on this machine alone; set "
    "TELEPHONE_STORAGE_URL to a bucket, such as s3://bucket/folder, or to a folder that all of them have, and then "
    "TELEPHONE_STORAGE_SHARED to yes."
)
UNSIGNED: Final = (
    "TELEPHONE_ROLE={role} needs the same secret as the other processes; set TELEPHONE_SECRET to one long random text "
    "for all of them."
)
NO_ADDRESS: Final = (
    "TELEPHONE_ROLE=page serves the page to draw on; set TELEPHONE_PUBLIC_URL to the address where members reach it, "
    "such as https://draw.example.org."
)
NO_SHARDS: Final = (
    "TELEPHONE_SHARDS and TELEPHONE_SHARD_IDS are for processes that speak to Discord's gateway; leave them out for "
    "TELEPHONE_ROLE={role}."
)
NO_COUNT: Final = "TELEPHONE_SHARD_IDS is set and TELEPHONE_SHARDS is not; set it to how many shards there are in all."
TOO_HIGH: Final = "TELEPHONE_SHARD_IDS names shard {shard}, and TELEPHONE_SHARDS={shards} makes the last one {last}."


def check(settings: Settings) -> None:
    """Raises Misconfigured with what to set where a process of this role could not work."""
    for wrong, sentence in _CHECKS:
        if wrong(settings):
            shards = settings.shards or 0
            highest = max(settings.shard_ids, default=0)
            raise Misconfigured(
                sentence.format(role=settings.role, shard=highest, shards=shards, last=max(0, shards - 1))
            )


def _is_shared(settings: Settings) -> bool:
    """Whether the process is one of several kinds, so that others need what it stores."""
    return settings.role != "all"


def _speaks(settings: Settings) -> bool:
    """Whether the process connects to Discord's gateway."""
    return settings.role in ("all", "gateway")


def _has_own_pictures(settings: Settings) -> bool:
    on_disk = settings.pictures_url.startswith(("file:", "memory:"))
    return _is_shared(settings) and on_disk and not (settings.storage_url and settings.storage_shared == "yes")


_CHECKS: Final[tuple[tuple[Callable[[Settings], bool], str], ...]] = (
    (lambda settings: settings.role != "page" and settings.discord_token is None, WHAT_TO_SET),
    (lambda settings: _is_shared(settings) and not settings.on_postgres, ON_SQLITE),
    (_has_own_pictures, OWN_PICTURES),
    (lambda settings: _is_shared(settings) and settings.secret is None, UNSIGNED),
    (lambda settings: settings.role == "page" and settings.public_url is None, NO_ADDRESS),
    (lambda settings: not _speaks(settings) and bool(settings.shards or settings.shard_ids), NO_SHARDS),
    (lambda settings: bool(settings.shard_ids) and settings.shards is None, NO_COUNT),
    (lambda settings: max(settings.shard_ids, default=0) >= (settings.shards or 1), TOO_HIGH),
)
"""What is wrong, in the order in which it is said."""

"""Column types that mean the same on SQLite and on Postgres."""

import re
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import DateTime, Dialect, Text
from sqlalchemy.types import TypeDecorator

_SURROGATE: Final = re.compile("[\ud800-\udfff]")


class UtcMoment(TypeDecorator[datetime]):
    """A moment in UTC. Takes aware datetimes of any zone, gives aware datetimes in UTC.

    SQLite has no time zones and Postgres answers in the session's; both are converted here.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its time zone: use datetime.now(UTC)")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


class PlainText(TypeDecorator[str]):
    """Text of any length. Drops NUL, which Postgres cannot hold; a lone surrogate becomes U+FFFD.

    A model's raw answer may contain either, and no game should fail because of it.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else _SURROGATE.sub("\ufffd", value.replace("\0", ""))


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)

"""Moves what was recorded to another moment: every date in a text, whatever table, field or id it stands in.

A bot that opens a folder of last year would find every time over. So the test shifts all that was written when the
folder was made, as if the bot had been killed a moment ago. It goes by what a value looks like and not by a list of
columns, so that no date can be forgotten: dates in SQL and JSON, moments in milliseconds (DBOS) and in seconds with a
fraction (what a durable sleep waits for, and ids of workflows), Discord's `<t:…>`, and Discord's ids. Ids move along
since they hold the moment they were made at, and the bot compares them with its clock: where it looks for a message
that it may have posted before it was killed, and where it asks whether a card is old. Only what lies between a day
before the recording and eight days after it is moved; seeds, hashes and numbers of models are not taken for dates.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

BEFORE, AFTER = timedelta(days=1), timedelta(days=8)
"""How far around the recording its dates lie: accounts are as old as it, and what is due is due within a week."""
DISCORD_EPOCH_MS = 1_420_070_400_000
_ALONE = r"(?<![0-9A-Za-z.]){}(?![0-9A-Za-z.])"
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d")
_DAY = re.compile(r"'(\d{4}-\d\d-\d\d)'")
_MARK = re.compile(r"<t:(\d{10})\b")
_SECONDS = re.compile(r"(?<![0-9A-Za-z.])(\d{10})(?=\.\d)")
_MILLISECONDS = re.compile(_ALONE.format(r"\d{13}"))
_SNOWFLAKE = re.compile(r"(?<![0-9A-Za-z.])\d{18,19}(?![0-9A-Za-z])")


class Moving:
    """Moves texts that were recorded at a moment so that they were recorded at another; by whole seconds."""

    def __init__(self, recorded: datetime, now: datetime) -> None:
        self.recorded, self.by = recorded, timedelta(seconds=int((now - recorded).total_seconds()))
        self._days = (recorded + self.by).date() - recorded.date()

    def text(self, text: str) -> str:
        """The text with all its dates and ids moved."""
        seconds = int(self.by.total_seconds())
        text = _MOMENT.sub(lambda found: self._moment(found[0]), text)
        text = _DAY.sub(lambda found: f"'{self._day(found[1])}'", text)
        text = _MARK.sub(lambda found: f"<t:{self._number(found[1], 1, seconds)}", text)
        text = _SECONDS.sub(lambda found: self._number(found[1], 1, seconds), text)
        text = _MILLISECONDS.sub(lambda found: self._number(found[0], 1_000, seconds), text)
        return _SNOWFLAKE.sub(lambda found: self.snowflake(found[0]), text)

    def snowflake(self, number: str) -> str:
        """An id of Discord's as it would be if it had been made so much later."""
        if not self._holds(moment_of(int(number))):
            return number
        return str(int(number) + (int(self.by.total_seconds()) * 1_000 << 22))

    def _moment(self, text: str) -> str:
        moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
        moved = moment + self.by if self._holds(moment) else moment
        return moved.replace(tzinfo=None).isoformat(sep=text[10])

    def _day(self, text: str) -> str:
        day = date.fromisoformat(text)
        return str(day + self._days if day == self.recorded.date() else day)

    def _number(self, text: str, unit: int, seconds: int) -> str:
        moment = datetime.fromtimestamp(int(text) / unit, UTC)
        return str(int(text) + seconds * unit) if self._holds(moment) else text

    def _holds(self, moment: datetime) -> bool:
        return self.recorded - BEFORE <= moment <= self.recorded + AFTER


def moment_of(snowflake: int) -> datetime:
    """When an id of Discord's was made."""
    return datetime.fromtimestamp(((snowflake >> 22) + DISCORD_EPOCH_MS) / 1_000, UTC)


def moments_in(value: object) -> Iterator[datetime]:
    """All that a cell of a database may mean as a moment, read in as many ways as there are."""
    for word in re.findall(r"\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d:\d\d)?", str(value)):
        yield datetime.fromisoformat(word).replace(tzinfo=UTC)
    for digits in re.findall(_ALONE.format(r"\d{10,19}(?:\.\d+)?"), str(value)):
        number = float(digits)
        for seconds in (number, number / 1_000, (int(number) >> 22) / 1_000 + DISCORD_EPOCH_MS / 1_000):
            if seconds < 10**11:
                yield datetime.fromtimestamp(seconds, UTC)

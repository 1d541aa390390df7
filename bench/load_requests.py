"""What a bot asked of Discord, read from the stand-in's own records, by kind."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Final

from tests.standin.records import Sent

EDIT_GAP: Final = 5.0
POST: Final = re.compile(r"/channels/(\d+)/messages")
MESSAGE: Final = re.compile(r"/channels/(\d+)/messages/(\d+)")
INTERACTION: Final = re.compile(r"/(interactions|webhooks)/\d+/.+")
"""Discord counts these apart: not against the 50 requests a second of a token."""


@dataclass(slots=True)
class Requests:
    """Requests by kind: "posts", "card edits", "others"; "answers" to members' interactions are apart.

    `edits` are the moments at which each card was edited, `posted` how often in each channel or thread.
    """

    parents: Collection[int]
    kinds: Counter[str] = field(default_factory=Counter)
    others: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    edits: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    posted: Counter[int] = field(default_factory=Counter)
    _read: int = 0

    @property
    def total(self) -> int:
        """All but the answers to interactions."""
        return sum(self.kinds[kind] for kind in ("posts", "card edits", "others"))

    def skip(self, sent: Sequence[Sent]) -> None:
        """Leaves out what was asked until now."""
        self._read = len(sent)

    def read(self, sent: Sequence[Sent]) -> None:
        """Adds what is new and was answered, and forgets the files that it brought."""
        while self._read < len(sent) and sent[self._read].status is not None:
            self._add(sent[self._read])
            self._read += 1

    def _add(self, one: Sent) -> None:
        one.data, one.payload = (), None
        if one.status == 429:
            self.refused[_route(one)] += 1
            return
        kind = self._kind(one)
        self.kinds[kind] += 1
        if kind == "others":
            self.others[_route(one)] += 1

    def _is_counted(self, one: Sent) -> bool:
        return INTERACTION.fullmatch(one.path) is None

    def _kind(self, one: Sent) -> str:
        if not self._is_counted(one):
            return "answers"
        posted, message = POST.fullmatch(one.path), MESSAGE.fullmatch(one.path)
        if posted is not None and one.method == "POST":
            self.posted[int(posted[1])] += 1
            return "posts"
        if message is not None and one.method == "PATCH" and int(message[1]) in self.parents:
            self.edits[int(message[2])].append(one.at)
            return "card edits"
        return "others"

    @property
    def most_edits(self) -> int:
        """The most edits of one card within 5 s."""
        return max((_most_within(moments) for moments in self.edits.values()), default=0)


def _route(one: Sent) -> str:
    return f"{one.method} " + re.sub(r"[0-9]{5,}", ":id", one.path)


def _most_within(moments: Sequence[float]) -> int:
    most = first = 0
    for last, moment in enumerate(moments):
        while moment - moments[first] >= EDIT_GAP:
            first += 1
        most = max(most, last - first + 1)
    return most

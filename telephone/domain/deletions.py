"""The vocabulary of deleting what is kept of a member. Every value here is frozen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple


class Footprint(NamedTuple):
    """What is kept of a member, on every server, as far as they are told before it is deleted.

    `whole` of their `games` began with their own words and are deleted whole, of `shared` ones, in which other members
    took turns, only the words; `going` are under way. `turns` are those they took in games that stay.
    """

    games: int = 0
    whole: int = 0
    shared: int = 0
    battles: int = 0
    turns: int = 0
    votes: int = 0
    prompts: int = 0
    going: int = 0
    rows: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all is kept."""
        return self.rows == 0


@dataclass(frozen=True, slots=True)
class Reach:
    """What a deletion has to do outside the store, by ids that are nobody's: of games and battles that go whole, of
    games whose prompt goes, of parties whose awards quote what goes, of steps that go from games that stay (`0f3c/2c`),
    and of pictures (sha256)."""

    games: tuple[str, ...] = ()
    battles: tuple[str, ...] = ()
    prompts: tuple[str, ...] = ()
    parties: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()

    def __or__(self, other: "Reach") -> "Reach":
        mine, theirs = self.as_json(), other.as_json()
        return Reach(**{name: tuple(dict.fromkeys([*mine[name], *theirs[name]])) for name in mine})

    def as_json(self) -> dict[str, list[str]]:
        """As the store keeps it."""
        return {
            name: list(getattr(self, name)) for name in ("games", "battles", "prompts", "parties", "steps", "pictures")
        }

    @classmethod
    def of_json(cls, stored: Mapping[str, Any] | None) -> "Reach":
        """What `as_json` gave."""
        return cls(**{name: tuple(ids) for name, ids in (stored or {}).items()})


class UnderWay(NamedTuple):
    """What has to stop before a deletion, by ids: `gathering` parties have not begun, and the member only leaves them.

    `seats` are the turns that the member holds, as in `0f3c/2c`.
    """

    games: tuple[str, ...] = ()
    battles: tuple[str, ...] = ()
    parties: tuple[str, ...] = ()
    gathering: tuple[str, ...] = ()
    seats: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Erasure:
    """One deletion. `member_id` is None as soon as it is over: from then on nobody can say whose it was."""

    id: str
    member_id: int | None
    ordered_at: datetime
    ended_at: datetime | None = None
    reach: Reach = field(default_factory=Reach)


@dataclass(frozen=True, slots=True)
class Spot:
    """Where one game or battle was shown, from `since` on: its thread, and in the channel the messages of these ids and
    those whose buttons name its id, `owner_id`."""

    owner_id: str
    channel_id: int
    since: datetime
    thread_id: int | None = None
    messages: tuple[int, ...] = ()

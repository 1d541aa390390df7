"""The vocabulary of deleting a member's data. Every value here is frozen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple


class Footprint(NamedTuple):
    """How much data is kept of a member on every server, as they are told before it is deleted.

    `whole` of their `games` began with their own words and are deleted whole; of `shared` ones, in which other members
    took turns, only the prompt is deleted; `going` ones are unfinished. `turns` counts those they took in games that
    stay. `rows` counts everything that is kept.
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
    """What a deletion has to delete or edit outside the store, by ids that name no member.

    `games` and `battles` are deleted whole. `prompts` are games whose prompt is deleted, `parties` those whose awards
    quote deleted words, `steps` those that are deleted from games that stay, as in `0f3c/2c`. `pictures` are sha256.
    """

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
        """The ids by field, as the store keeps them."""
        return {
            name: list(getattr(self, name)) for name in ("games", "battles", "prompts", "parties", "steps", "pictures")
        }

    @classmethod
    def of_json(cls, stored: Mapping[str, Any] | None) -> "Reach":
        """Reads what `as_json` returned; empty for None."""
        return cls(**{name: tuple(ids) for name, ids in (stored or {}).items()})


class UnderWay(NamedTuple):
    """What has to stop before a deletion, by ids. `gathering` parties have not begun; the member only leaves them.

    `seats` are the turns that the member holds, as in `0f3c/2c`.
    """

    games: tuple[str, ...] = ()
    battles: tuple[str, ...] = ()
    parties: tuple[str, ...] = ()
    gathering: tuple[str, ...] = ()
    seats: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Erasure:
    """One deletion. `member_id` is None once it has ended: from then on nobody can tell whose it was."""

    id: str
    member_id: int | None
    ordered_at: datetime
    ended_at: datetime | None = None
    reach: Reach = field(default_factory=Reach)


@dataclass(frozen=True, slots=True)
class Spot:
    """Where one game or battle was shown, from `since` on.

    To delete are its thread, and in its channel `messages` by id and those whose buttons name its id, `owner_id`.
    """

    owner_id: str
    channel_id: int
    since: datetime
    thread_id: int | None = None
    messages: tuple[int, ...] = ()

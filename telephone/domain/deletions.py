"""The vocabulary of deleting a member's data. Every value here is frozen."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

PICTURES: Final = "pictures"
"""Stands for all deleted pictures among the entries of a scope, whose other entries begin with an id."""
PROMPT: Final = "0"
"""Stands for a game's prompt in such an entry, where others have a step."""
AWARDS: Final = "awards"
"""Stands for a party's awards in such an entry."""
_LEFT: Final = "left"
_MEMBER: Final = "member"


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
        known = cls().as_json()
        return cls(**{name: tuple(ids) for name, ids in (stored or {}).items() if name in known})

    @property
    def entries(self) -> list[str]:
        """What is to be taken back outside the store, but the pictures, one entry for each place.

        Entries are ids of games and battles, steps as in `0f3c/2c`, prompts as in `0f3c/0`, and awards as in
        `0f3c/awards`.
        """
        prompts = (f"{game_id}/{PROMPT}" for game_id in self.prompts)
        awards = (f"{party_id}/{AWARDS}" for party_id in self.parties)
        return [*self.games, *self.battles, *self.steps, *prompts, *awards]

    def only(self, entries: Collection[str]) -> "Reach":
        """The part of the scope that these entries stand for."""
        return Reach(
            games=tuple(one for one in self.games if one in entries),
            battles=tuple(one for one in self.battles if one in entries),
            prompts=tuple(one for one in self.prompts if f"{one}/{PROMPT}" in entries),
            parties=tuple(one for one in self.parties if f"{one}/{AWARDS}" in entries),
            steps=tuple(one for one in self.steps if one in entries),
            pictures=self.pictures if PICTURES in entries else (),
        )


class Pruned(NamedTuple):
    """What was deleted since it had been kept for long enough: servers that removed the bot, their games, pictures that
    nothing refers to, and orders of deletion that no backup needs any more."""

    servers: int = 0
    games: int = 0
    pictures: int = 0
    orders: int = 0


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
    """One deletion. `member_id` is None once all of it is done: from then on nobody can tell whose it was.

    `left` are the entries that are out of reach, with the channel or thread that each stands in, 0 where it has none.
    As long as there are any, they and the member's id are kept, to go on trying and to be able to tell the member.
    """

    id: str
    member_id: int | None
    ordered_at: datetime
    ended_at: datetime | None = None
    reach: Reach = field(default_factory=Reach)
    left: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Leftovers:
    """The entries of a scope that are out of reach, as the store keeps them beside the scope, and whose they are."""

    left: Mapping[str, int] = field(default_factory=dict)
    member_id: int | None = None

    def as_json(self) -> dict[str, Any]:
        """The two as the store keeps them; nothing where no entry is left."""
        return {_LEFT: dict(self.left), _MEMBER: self.member_id} if self.left else {}

    @classmethod
    def of_json(cls, stored: Mapping[str, Any] | None) -> "Leftovers":
        """Reads what `as_json` returned."""
        return cls((stored or {}).get(_LEFT, {}), (stored or {}).get(_MEMBER))


@dataclass(frozen=True, slots=True)
class Spot:
    """Where one game or battle was shown, from `since` on.

    To delete are its thread, whose messages that we know of are `posted`, and in its channel `messages` by id and those
    whose buttons name its id, `owner_id`.
    """

    owner_id: str
    channel_id: int
    since: datetime
    thread_id: int | None = None
    messages: tuple[int, ...] = ()
    posted: tuple[int, ...] = ()

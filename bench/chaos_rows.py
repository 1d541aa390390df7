"""The rows of the bot's database that an audit reads, by SQL of its own: not by the store that is on trial."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa

_DRIVERS: Final = {"postgresql": "postgresql+psycopg"}


@dataclass(slots=True)
class Stored:
    """What the database holds when all is over; rows by the names of their columns."""

    games: list[Any]
    battles: list[Any]
    parties: list[Any]
    steps: dict[str, list[Any]]
    posts: dict[str, dict[str, int | None]]
    """The messages of games, battles and parties by their owner and what they show."""
    battle_of: dict[str, str]
    party_of: dict[str, str]
    spent_usd: dict[str, float]
    unsettled: set[str]
    tokens: int
    by_id: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.by_id = {row.id: row for row in (*self.games, *self.battles, *self.parties)}

    def owned(self) -> Iterator[tuple[str, Any]]:
        """Everything that was started, with its kind."""
        yield from (("game", row) for row in self.games)
        yield from (("battle", row) for row in self.battles)
        yield from (("party", row) for row in self.parties)

    def thread(self, owner_id: str) -> int | None:
        """The thread of a game, battle or party; that of the party for an album, and of the battle for a side."""
        shown_by = self.battle_of.get(owner_id) or self.party_of.get(owner_id) or owner_id
        return self.posts[shown_by].get("thread")

    @classmethod
    def read(cls, url: str) -> "Stored":
        """Reads all of it."""
        parsed = sa.make_url(url)
        engine = sa.create_engine(parsed.set(drivername=_DRIVERS.get(parsed.drivername, parsed.drivername)))
        with engine.connect() as connection:

            def rows(query: str) -> list[Any]:
                return list(connection.execute(sa.text(query)))

            posts: defaultdict[str, dict[str, int | None]] = defaultdict(dict)
            for table, owner in (("post", "game_id"), ("battle_post", "battle_id"), ("party_post", "party_id")):
                for row in rows(f"SELECT {owner} AS owner, what, message_id FROM {table}"):
                    posts[row.owner][row.what] = row.message_id
            steps: defaultdict[str, list[Any]] = defaultdict(list)
            for row in rows("SELECT * FROM step ORDER BY game_id, turn, kind DESC"):
                steps[row.game_id].append(row)
            money = rows("SELECT game_id, spent, settled_at FROM reservation")
            guests = rows("SELECT party_id, game_id FROM guest WHERE game_id IS NOT NULL")
            found = cls(
                games=rows("SELECT * FROM game ORDER BY created_at, id"),
                battles=rows("SELECT * FROM battle ORDER BY created_at, id"),
                parties=rows("SELECT * FROM party ORDER BY created_at, id"),
                steps=steps,
                posts=posts,
                battle_of={row.game_id: row.battle_id for row in rows("SELECT battle_id, game_id FROM side")},
                party_of={row.game_id: row.party_id for row in guests},
                spent_usd={row.game_id: row.spent / 1e6 for row in money},
                unsettled={row.game_id for row in money if row.settled_at is None},
                tokens=rows("SELECT count(*) AS n FROM acknowledged")[0].n,
            )
        engine.dispose()
        return found

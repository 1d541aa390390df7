"""A store full of games that were never played: what a server has after years, put there in a minute.

    python bench/stored_games.py URL [--games N] [--turns N] [--guilds N] [--unfinished N]

The games are like those that members play: most by two models, some sides of battles with votes, some with members'
turns and spectators' guesses, some reported; each with its messages, distances, money and vectors. The servers differ
in size as servers do: the busiest has about a fifth of the games, where there are 50.
"""

import argparse
import hashlib
import itertools
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from sqlalchemy import Connection, create_engine, event, insert, select, update

from telephone.domain.games import HUMAN, GameState, Pair, Prompt
from telephone.models.minilm import MiniLM
from telephone.prompts.catalog import curated
from telephone.store.counted_distances import cell_of
from telephone.store.database import engine_options, insert_into, is_sqlite, read_url, set_up_sqlite
from telephone.store.migrate import upgrade
from telephone.store.tables.battles import BattlePostRow, BattleRow, SideRow, VoteRow
from telephone.store.tables.columns import now
from telephone.store.tables.games import (
    DistanceRow,
    GameRow,
    ImageRow,
    PostRow,
    PromptRow,
    ReportRow,
    ReservationRow,
    Row,
    ServerRow,
    StepRow,
    VectorRow,
)
from telephone.store.tables.guesses import GuessRow
from telephone.store.tables.human_turns import SeatRow
from telephone.store.tables.members import MemberRow
from telephone.store.tables.parties import GuestRow, PartyRow

BUSIEST: Final = 700_000_000_000_000_000
"""The id of the busiest server; the others follow it, a million apart, and their members and channels in between."""
_MEMBERS: Final = 400
"""Members who play, on each server."""
_YEARS: Final = timedelta(days=3 * 365)
_BATCH: Final = 5_000
"""Games in one transaction."""
_T2I: Final = ("stickers", "doodles", "flux-schnell", "stable-diffusion", "vqgan-clip", "gpt-image")
_I2T: Final = ("spotter-sharp", "spotter-hazy", "blip", "clip-prefix", "mplug-owl", "gpt-vision")
_MODELS: Final = tuple(Pair(t2i, i2t) for t2i, i2t in itertools.product(_T2I, _I2T))
_SAID: Final = (
    "a small fox mends an old clock beside the river while three geese watch from a painted boat under heavy rain and "
    "someone in a red coat holds a lantern over the bridge near a market full of lemons where children count bicycles"
)
_WORDS: Final = _SAID.split()
_UNFINISHED: Final = (GameState.PLAYING, GameState.WAITING, GameState.PAUSED, GameState.QUEUED)
_ORDER: Final[tuple[type[Row], ...]] = (
    *(GameRow, StepRow, PostRow, DistanceRow, ReservationRow, SeatRow, GuessRow, ReportRow, VectorRow, ImageRow),
    *(BattleRow, SideRow, BattlePostRow, VoteRow, PartyRow, GuestRow, PromptRow, MemberRow),
)
"""Tables in the order in which their rows can be stored: what a row belongs to comes first."""


def guild_ids(guilds: int) -> range:
    """The ids of so many servers, the busiest first."""
    return range(BUSIEST, BUSIEST + guilds * 1_000_000, 1_000_000)


@dataclass(slots=True)
class Filler:
    """Makes the rows of games, in the order in which they were asked for, until `ends`."""

    games: int
    turns: int
    guilds: int
    unfinished: int
    random: random.Random
    pairs: Sequence[Pair]
    first: Mapping[int, Mapping[str, int]]
    """The last number of a game, battle, party and prompt that each server has given before."""
    ends: datetime = field(default_factory=now)
    rows: dict[type[Row], list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    given: Counter[tuple[int, str]] = field(default_factory=Counter)
    messages: Iterator[int] = field(default_factory=lambda: itertools.count(800_000_000_000_000_000))
    vectors: Sequence[bytes] = ()
    version: str = ""

    def __post_init__(self) -> None:
        drawn = np.random.default_rng(self.random.getrandbits(32)).normal(size=(256, MiniLM.dimensions))
        unit = (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype("<f4")
        self.vectors, self.version = [row.tobytes() for row in unit], MiniLM().version

    def batches(self) -> Iterator[dict[type[Row], list[dict[str, Any]]]]:
        """The rows of every some thousand games, by table."""
        guilds, shares = guild_ids(self.guilds), [1 / place for place in range(1, self.guilds + 1)]
        asked = self.ends - _YEARS
        pause = (_YEARS - timedelta(hours=2)) / max(self.games, 1)
        for prompt in curated():
            self._embedded(prompt.text, asked)
        done = 0
        while done < self.games:
            guild_id, moment = self.random.choices(guilds, shares)[0], asked + pause * done
            done += self._some(guild_id, moment, self.games - done)
            if len(self.rows[GameRow]) >= _BATCH:
                yield self._taken()
        moment = self.ends - timedelta(hours=1)
        for place in range(self.unfinished):
            state = _UNFINISHED[place % len(_UNFINISHED)]
            self._unfinished(self.random.choices(guilds, shares)[0], moment + timedelta(seconds=place), state)
        yield self._taken()

    def _taken(self) -> dict[type[Row], list[dict[str, Any]]]:
        taken, self.rows = self.rows, defaultdict(list)
        return taken

    def _some(self, guild_id: int, moment: datetime, most: int) -> int:
        """Adds the next game of a server, or a battle or party with all of its games; returns how many games."""
        chance = self.random.random()
        if chance < 0.05 and most >= 2:
            self._battle(guild_id, moment)
            return 2
        if chance < 0.055 and most >= 3:
            self._party(guild_id, moment)
            return 3
        if chance < 0.065:
            self._proposal(guild_id, moment)
        human = chance > 0.96
        pair = self.random.choice(self.pairs)
        state = self.random.choices((GameState.FINISHED, GameState.STOPPED, GameState.FAILED), (95, 3, 2))[0]
        self._game(guild_id, moment, Pair(pair.t2i, HUMAN) if human else pair, self._prompt(), state)
        return 1

    def _battle(self, guild_id: int, moment: datetime) -> None:
        battle, prompt, opened = self._id(), self._prompt(), moment + timedelta(minutes=20)
        closed = opened + timedelta(minutes=30)
        self.rows[BattleRow].append(
            {
                "id": battle,
                "guild_id": guild_id,
                "number": self._number(guild_id, "battle"),
                "state": "closed",
                **self._said(prompt),
                "turns": self.turns,
                "seed": self._seed(),
                "channel_id": guild_id + 1,
                "starter_id": self._member(guild_id),
                "designed": True,
                "vote_seconds": 1_800,
                "runs": 1,
                "created_at": moment,
                "opened_at": opened,
                "closes_at": closed,
                "closed_at": closed,
            }
        )
        for place, pair in enumerate(self.random.sample(self.pairs, 2)):
            game = self._game(guild_id, moment, pair, prompt, GameState.FINISHED, design="battle")
            self.rows[SideRow].append({"battle_id": battle, "place": place, "guild_id": guild_id, "game_id": game})
        for what in ("card", "thread", "opening", "ballot", "result"):
            post = {"battle_id": battle, "what": what, "guild_id": guild_id}
            self.rows[BattlePostRow].append(post | {"message_id": next(self.messages), "began_at": closed})
        voters = self.random.sample(range(_MEMBERS), self.random.randint(2, 8))
        self.rows[VoteRow] += [
            {
                "battle_id": battle,
                "member_id": guild_id + 10_000 + voter,
                "guild_id": guild_id,
                "choice": self.random.choice(("a", "a", "b", "b", "tie", "bad")),
                "shown": "ab",
                "cast_at": opened + timedelta(minutes=place),
                "account_created_at": self.ends - 2 * _YEARS,
                "joined_at": self.ends - _YEARS,
            }
            for place, voter in enumerate(voters)
        ]

    def _party(self, guild_id: int, moment: datetime) -> None:
        party, pair = self._id(), self.random.choice(self.pairs)
        self.rows[PartyRow].append(
            {
                "id": party,
                "guild_id": guild_id,
                "number": self._number(guild_id, "party"),
                "state": "finished",
                "players": 3,
                "t2i": pair.t2i,
                "i2t": pair.i2t,
                "seed": self._seed(),
                "seconds": 600.0,
                "channel_id": guild_id + 1,
                "starter_id": self._member(guild_id),
                "chairs": 3,
                "rounds": 2,
                "round": 2,
                "created_at": moment,
                "ended_at": moment + timedelta(hours=1),
            }
        )
        for chair, guest in enumerate(self.random.sample(range(_MEMBERS), 3)):
            game = self._game(guild_id, moment, pair, self._prompt(), GameState.FINISHED, design="party", mixed=True)
            seat = {"party_id": party, "guild_id": guild_id, "member_id": guild_id + 10_000 + guest}
            self.rows[GuestRow].append(seat | {"joined_at": moment, "chair": chair, "game_id": game})

    def _proposal(self, guild_id: int, moment: datetime) -> None:
        words = self._words(9)
        self.rows[PromptRow].append(
            {
                "guild_id": guild_id,
                "number": self._number(guild_id, "prompt"),
                "text": words,
                "hash": hashlib.sha256(words.encode()).hexdigest(),
                "level": self.random.choice(("easy", "medium", "hard")),
                "state": self.random.choices(("accepted", "declined", "removed"), (3, 6, 1))[0],
                "author_id": self._member(guild_id),
                "proposed_at": moment,
                "settled_at": moment + timedelta(hours=5),
            }
        )

    def _game(
        self,
        guild_id: int,
        moment: datetime,
        pair: Pair,
        prompt: Prompt,
        state: GameState,
        *,
        design: str | None = None,
        mixed: bool = False,
    ) -> str:
        """Adds a game that has ended with all that belongs to it; returns its id."""
        game, ended = self._id(), moment + timedelta(minutes=10)
        finished = state is GameState.FINISHED
        reason = None if finished else "The model's provider did not answer."
        self._game_row(game, guild_id, moment, pair, prompt, state, ended=ended, reason=reason, more=(design, mixed))
        played = self.turns if finished else self.random.randint(1, self.turns)
        captions = self._steps(game, guild_id, moment, pair, played)
        self._posts(game, guild_id, moment, played, summary=finished and design != "battle")
        if finished:
            seed = self.rows[GameRow][-1]["seed"]
            self._distances(game, guild_id, ended, pair, prompt, (seed, design is not None, not mixed), captions)
        if pair.t2i not in ("stickers", "doodles"):
            money = {"member_id": self.rows[GameRow][-1]["starter_id"], "day": moment.date(), "reserved": 36_000}
            money |= {"spent": 3_600 * played, "settled_at": ended}
            self.rows[ReservationRow].append({"game_id": game, "guild_id": guild_id} | money)
        if finished and design is None and self.random.random() < 0.05:
            guess = {"question": "lost", "member_id": self._member(guild_id), "turn": 1, "kind": "c"}
            self.rows[GuessRow].append({"game_id": game, "guild_id": guild_id, "guessed_at": ended} | guess)
        if self.random.random() < 0.005:
            report = {"turn": 1, "kind": "p", "reporter_id": self._member(guild_id), "reason": "not fit for here"}
            report |= {"state": "dismissed", "reported_at": ended, "settled_at": ended, "settled_by": 1}
            self.rows[ReportRow].append({"game_id": game, "guild_id": guild_id} | report)
        return game

    def _unfinished(self, guild_id: int, moment: datetime, state: GameState) -> None:
        game, prompt, pair = self._id(), self._prompt(), self.random.choice(self.pairs)
        waits, queued = state is GameState.WAITING, state is GameState.QUEUED
        pair = Pair(pair.t2i, HUMAN) if waits else pair
        self._game_row(game, guild_id, moment, pair, prompt, state, reason=None, more=(None, False))
        if not queued:
            self._steps(game, guild_id, moment, pair, 1, open_seat=waits)
        self._posts(game, guild_id, moment, 0 if queued else 1, summary=False)

    def _game_row(
        self,
        game: str,
        guild_id: int,
        moment: datetime,
        pair: Pair,
        prompt: Prompt,
        state: GameState,
        *,
        reason: str | None,
        more: tuple[str | None, bool],
        ended: datetime | None = None,
    ) -> None:
        queued = state is GameState.QUEUED
        self.rows[GameRow].append(
            {
                "id": game,
                "guild_id": guild_id,
                "number": self._number(guild_id, "game"),
                "state": state.value,
                "reason": reason,
                **self._said(prompt),
                "t2i": pair.t2i,
                "i2t": pair.i2t,
                "turns": self.turns,
                "seed": self._seed(),
                "channel_id": guild_id + 1,
                "starter_id": self._member(guild_id),
                "embedder": MiniLM.name if state is GameState.FINISHED else None,
                "runs": 1,
                "opened_run": None if queued else 1,
                "created_at": moment,
                "started_at": None if queued else moment + timedelta(seconds=3),
                "ended_at": ended,
                "design": more[0],
                "mixed": more[1],
            }
        )

    def _steps(
        self, game: str, guild_id: int, moment: datetime, pair: Pair, played: int, *, open_seat: bool = False
    ) -> list[str]:
        """Adds a game's steps with their pictures and members' seats; returns its captions."""
        captions = []
        for turn in range(1, played + 1):
            picture = f"{self.random.getrandbits(256):064x}"
            at = moment + timedelta(seconds=20 * turn)
            self.rows[StepRow].append(self._step(game, guild_id, (turn, "p", pair.t2i), at, image=picture))
            facts = {"media_type": "image/png", "width": 1_024, "height": 1_024, "size": 1_400_000, "created_at": at}
            self.rows[ImageRow].append({"hash": picture} | facts)
            if pair.i2t == HUMAN:
                self._seat(game, guild_id, turn, at, still_open=open_seat and turn == played)
                if open_seat and turn == played:
                    break
            captions.append(self._words(12))
            self.rows[StepRow].append(self._step(game, guild_id, (turn, "c", pair.i2t), at, text=captions[-1]))
        return captions

    def _step(
        self,
        game: str,
        guild_id: int,
        which: tuple[int, str, str],
        at: datetime,
        *,
        image: str | None = None,
        text: str | None = None,
    ) -> dict[str, Any]:
        turn, kind, player = which
        return {
            "game_id": game,
            "turn": turn,
            "kind": kind,
            "guild_id": guild_id,
            "player": player,
            "seed": self._seed(),
            "asked_at": at,
            "kept_at": at,
            "image": image,
            "text": text,
            "raw": text,
            "parameters": {"task": "Write a detailed description of this image."},
            "latency_ms": 2_400,
            "cost_usd": 0.0018,
            "cost_estimated": False,
        }

    def _seat(self, game: str, guild_id: int, turn: int, at: datetime, *, still_open: bool) -> None:
        until = (self.ends if still_open else at) + timedelta(days=3)
        self.rows[SeatRow].append(
            {
                "game_id": game,
                "turn": turn,
                "kind": "c",
                "guild_id": guild_id,
                "state": "open" if still_open else "answered",
                "stand_in": "blip",
                "opened_at": at,
                "half_at": self.ends + timedelta(days=1) if still_open else until,
                "deadline": until,
                "claim_seconds": 600.0,
                "settled_at": None if still_open else at,
                "claimer_id": None if still_open else self._member(guild_id),
            }
        )

    def _posts(self, game: str, guild_id: int, moment: datetime, played: int, *, summary: bool) -> None:
        steps = [f"{turn}{kind}" for turn in range(1, played + 1) for kind in "pc"]
        self.rows[PostRow] += [
            {
                "game_id": game,
                "what": what,
                "guild_id": guild_id,
                "message_id": next(self.messages),
                "began_at": moment,
            }
            for what in ("card", "thread", "opening", *steps, *(["summary"] if summary else []))
        ]

    def _distances(
        self,
        game: str,
        guild_id: int,
        ended: datetime,
        pair: Pair,
        prompt: Prompt,
        counted: tuple[int, bool, bool],
        captions: Sequence[str],
    ) -> None:
        seed, designed, counts = counted
        live = pair.i2t == HUMAN
        cell = cell_of(pair.t2i, pair.i2t, prompt.level, prompt.slug, prompt.text, live=live)
        far = self.random.uniform(0.2, 0.5)
        for turn, caption in enumerate(captions, 1):
            far = min(far + self.random.uniform(0.0, 0.2), 1.2)
            self._embedded(caption, ended)
            self.rows[DistanceRow].append(
                {
                    "game_id": game,
                    "turn": turn,
                    "embedder": MiniLM.name,
                    "version": self.version,
                    "guild_id": guild_id,
                    "distance": far,
                    "step_distance": far / 2,
                    "head": far,
                    "measured_at": ended,
                    "cell": cell,
                    "seed": seed,
                    "designed": designed,
                    "counted": counts,
                }
            )
        if prompt.slug is None:
            self._embedded(prompt.text, ended)

    def _embedded(self, text: str, at: datetime) -> None:
        """Adds the vector of a text, which is its own head, as the measuring of a game leaves it."""
        digest = hashlib.sha256(text.encode()).hexdigest()
        row = {
            "embedder": MiniLM.name,
            "version": self.version,
            "hash": digest,
            "data": self.random.choice(self.vectors),
        }
        self.rows[VectorRow].append(row | {"tokens": len(text.split()), "created_at": at})

    def _prompt(self) -> Prompt:
        """Seven times in ten a curated prompt, else words that nobody else chose."""
        return self.random.choice(curated()) if self.random.random() < 0.7 else Prompt(self._words(8))

    def _said(self, prompt: Prompt) -> dict[str, Any]:
        return {"prompt": prompt.text, "level": prompt.level and prompt.level.value, "slug": prompt.slug}

    def _words(self, number: int) -> str:
        return " ".join((*self.random.choices(_WORDS, k=number), f"{self.random.getrandbits(40):x}"))

    def _id(self) -> str:
        return f"{self.random.getrandbits(64):016x}"

    def _seed(self) -> int:
        return self.random.getrandbits(31)

    def _member(self, guild_id: int) -> int:
        return guild_id + 10_000 + self.random.randrange(_MEMBERS)

    def _number(self, guild_id: int, what: str) -> int:
        self.given[guild_id, what] += 1
        return self.first.get(guild_id, {}).get(what, 0) + self.given[guild_id, what]


def fill(
    url: str,
    games: int,
    *,
    turns: int = 2,
    guilds: int = 50,
    seed: int = 7,
    unfinished: int = 0,
    pairs: Sequence[Pair] = _MODELS,
) -> None:
    """Puts so many ended games into the store at a URL, which may have games, and as many unfinished ones as asked for.

    `pairs` play them, the same with a member for every 25th. Equal arguments make equal games, ids included, so that
    a second call on one store needs another seed. The unfinished ones have no workflow: a quarter each are playing,
    waiting for a member, paused and queued. Blocks.
    """
    parsed = read_url(url)
    upgrade(parsed)
    driver = "sqlite+pysqlite" if is_sqlite(parsed) else parsed.drivername
    engine = create_engine(parsed.set(drivername=driver), **engine_options(parsed))
    if is_sqlite(parsed):
        set_up_sqlite(engine)
        event.listen(engine, "connect", _hurry)
    try:
        with engine.begin() as connection:
            filler = Filler(games, turns, guilds, unfinished, random.Random(seed), pairs, _given(connection))
            _servers(connection, filler)
        for rows in filler.batches():
            with engine.begin() as connection:
                _store(connection, rows)
        with engine.begin() as connection:
            _count_on(connection, filler)
    finally:
        engine.dispose()


def _hurry(connection: Any, _record: object) -> None:
    """Has SQLite wait for no disk: what a crash would lose is made again."""
    for pragma in ("synchronous = OFF", "cache_size = -262144"):
        connection.execute(f"PRAGMA {pragma}")


_NUMBERS: Final = {"game": "last_number", "battle": "last_battle", "party": "last_party", "prompt": "last_prompt"}


def _given(connection: Connection) -> dict[int, dict[str, int]]:
    columns = [getattr(ServerRow, name) for name in _NUMBERS.values()]
    rows = connection.execute(select(ServerRow.guild_id, *columns))
    return {guild_id: dict(zip(_NUMBERS, numbers, strict=True)) for guild_id, *numbers in rows}


def _servers(connection: Connection, filler: Filler) -> None:
    """Adds the servers, and the wishes of some of their members."""
    into = lambda table: insert_into(connection.dialect.name, table).on_conflict_do_nothing()  # noqa: E731
    guilds = guild_ids(filler.guilds)
    connection.execute(into(ServerRow), [{"guild_id": guild_id} for guild_id in guilds])
    wishes = [
        {"guild_id": guild_id, "member_id": guild_id + 10_000 + place, "by_name": True, "reminders": place % 2 == 0}
        for guild_id in guilds
        for place in range(0, _MEMBERS, 10)
    ]
    connection.execute(into(MemberRow), wishes)


def _store(connection: Connection, rows: Mapping[type[Row], list[dict[str, Any]]]) -> None:
    for table in _ORDER:
        if not rows.get(table):
            continue
        if table is VectorRow:  # several games may have the same words
            statement: Any = insert_into(connection.dialect.name, table).on_conflict_do_nothing()
        else:
            statement = insert(table)
        connection.execute(statement, rows[table])


def _count_on(connection: Connection, filler: Filler) -> None:
    """Has the servers count on from the numbers that were given."""
    given: dict[int, dict[str, int]] = defaultdict(dict)
    for (guild_id, what), number in filler.given.items():
        given[guild_id][_NUMBERS[what]] = filler.first.get(guild_id, {}).get(what, 0) + number
    for guild_id, numbers in given.items():
        connection.execute(update(ServerRow).where(ServerRow.guild_id == guild_id).values(numbers))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    for name, usual in (("games", 100_000), ("turns", 2), ("guilds", 50), ("unfinished", 0)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    asked, began = parser.parse_args(), time.monotonic()
    fill(asked.url, asked.games, turns=asked.turns, guilds=asked.guilds, unfinished=asked.unfinished)
    print(f"{asked.games:,} games in {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()

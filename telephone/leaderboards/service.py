"""Boards of a server: pairs ranked from sums in the store, with a verdict where all embedders asked agree."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol, TypeVar, cast
from weakref import WeakValueDictionary

from cachetools import LRUCache

from telephone.concurrency import off_loop
from telephone.domain.games import DEFAULT_TURNS, Level, Pair
from telephone.errors import NotFound
from telephone.leaderboards.board import (
    Board,
    BoardCourse,
    BoardRequest,
    Judge,
    PairRow,
    PeopleRow,
    Ruling,
    Verdict,
    both,
    cells_of,
    courses,
    have_heads,
    judged,
    rows_of,
    voted,
)
from telephone.leaderboards.score_source import ScoreSource
from telephone.scoring.agreement import agreement
from telephone.scoring.ballots import Ballots
from telephone.scoring.distance_model import rank_by_distance
from telephone.scoring.vote_model import VoteBoard, rank_by_votes
from telephone.store.scores import Begun, CellSums, Completion, EmbedderUse, Pool

__all__ = ["BallotBox", "Board", "BoardRequest", "Judge", "LeaderboardService", "PairRow"]

KEPT: Final = 64
"""How many answers are cached until the data behind them change."""
NOBODY: Final = "nobody has voted yet"
FREE: Final = "free prompts decide nothing: whoever typed them may know what a pair is good at"

T = TypeVar("T")


class BallotBox(Protocol):
    """Where boards read votes from."""

    async def ballots(self, pool: Pool, *, unflagged: bool = False) -> Ballots | None:
        """The votes of a server's closed battles on these prompts, None where there are none."""
        ...

    async def marker(self, guild_id: int) -> Hashable:
        """A value that changes when these votes do."""
        ...


class PeopleBox(Protocol):
    """Where boards read from whether people agree with embedders."""

    async def rows(self, asked: BoardRequest, judges: Sequence[Judge]) -> tuple[PeopleRow, ...]: ...


@dataclass(frozen=True, slots=True)
class Reading:
    """A request with its defaults filled in, and the embedders to ask, the one that it names first."""

    asked: BoardRequest
    judges: tuple[Judge, ...]
    used: tuple[EmbedderUse, ...]
    begun: tuple[Begun, ...]
    marker: Hashable
    """Changes when the data behind the answer do: it keeps answers in the cache apart."""

    @property
    def turns(self) -> int:
        assert self.asked.turns is not None
        return self.asked.turns

    def completion(self) -> dict[Pair, Completion]:
        """What became of the games of at least so many turns, by pair."""
        added: dict[Pair, Completion] = {}
        for pair, turns, completion in self.begun:
            if turns >= self.turns:
                added[pair] = added.get(pair, Completion()) + completion
        return added

    def unmeasured(self, sums: Sequence[CellSums], unread: int) -> int:
        """How many finished games of at least so many turns are neither among the measured `sums` nor `unread`."""
        measured = sum(one.plays for one in sums) + unread
        return sum(one.finished for one in self.completion().values()) - measured


@dataclass(frozen=True, slots=True)
class LeaderboardService:
    """`judges` are the embedders whose verdict counts, the operator's primary first; `others` can be asked for.

    Answers are cached until the data behind them change.
    """

    store: ScoreSource
    judges: tuple[Judge, ...]
    others: tuple[Judge, ...] = ()
    ballots: BallotBox | None = None
    people: PeopleBox | None = None
    _kept: LRUCache[Hashable, tuple[Hashable, Any]] = field(default_factory=lambda: LRUCache(KEPT))
    _turns: WeakValueDictionary[int, asyncio.Lock] = field(default_factory=WeakValueDictionary)
    """A lock for each server: a request waits for an answer that is being made for its server, and for no other."""

    async def board(self, asked: BoardRequest) -> Board:
        """The board of a server. Raises NotFound for an embedder that measured nothing here."""
        read = await self.read(asked)
        return await self.while_it_holds("board", read, lambda: self._make(read))

    async def unread(self, read: Reading) -> int:
        """How many games the first embedder left out because it cannot read their words."""
        judge = read.judges[0]
        return await self.store.scores.unread(read.asked.pool, judge.name, judge.version, read.turns)

    async def courses(self, asked: BoardRequest) -> tuple[BoardCourse, ...]:
        """How the pairs of a board drifted turn by turn, of the games that got as far as the board. Raises NotFound."""
        read = await self.read(asked)
        return await self.while_it_holds("courses", read, lambda: self._courses(read, asked.level))

    async def levels(self, asked: BoardRequest) -> tuple[tuple[Level, tuple[BoardCourse, ...]], ...]:
        """The same for each level that has games, from easy to impossible. Raises NotFound."""
        read = await self.read(replace(asked, level=None))

        async def each() -> tuple[tuple[Level, tuple[BoardCourse, ...]], ...]:
            found = [(level, await self._courses(read, level)) for level in Level]
            return tuple((level, courses) for level, courses in found if courses)

        return await self.while_it_holds("levels", read, each)

    async def embedders(self, guild_id: int) -> tuple[str, ...]:
        """The names of the embedders that boards of a server can be asked for, the primary first."""
        known = (judge.name for judge in (*self.judges, *self.others))
        return tuple(dict.fromkeys([*known, *await self.store.scores.embedder_names(guild_id)]))

    async def read(self, asked: BoardRequest) -> Reading:
        """The request with its defaults filled in. Raises NotFound for an embedder that measured nothing here."""
        # The marker first: a later change makes another marker, so no older answer is cached under a newer one.
        states = await self.store.scores.states(asked.guild_id)
        used = tuple(await self.store.scores.embedders(asked.guild_id))
        votes = await self.ballots.marker(asked.guild_id) if self.ballots else None
        begun = tuple(await self.store.scores.begun(asked.pool))
        judge = self._judge(asked.embedder, used)
        settled = replace(asked, embedder=judge.name, turns=asked.turns or _usual_turns(begun))
        judges = tuple(dict.fromkeys([judge, *self.judges]))
        return Reading(settled, judges, used, begun, (states, used, votes))

    def _judge(self, name: str | None, used: Sequence[EmbedderUse]) -> Judge:
        """The embedder of that name; without one the first that measured games, else the primary."""
        known = {judge.name: judge for judge in (*self.judges, *self.others)}
        if name is None:
            there = {(use.embedder, use.version) for use in used if use.games}
            measured = [judge for judge in self.judges if (judge.name, judge.version) in there]
            return (measured or list(self.judges))[0]
        if name in known:
            return known[name]
        versions = [use for use in used if use.embedder == name]
        if not versions:
            names = ", ".join(dict.fromkeys([*known, *(use.embedder for use in used)]))
            raise NotFound(f"No game here is measured with '{name[:40]}'; choose one of: {names}.")
        return Judge(name, max(versions, key=lambda use: use.games).version, name)

    async def while_it_holds(self, what: str, read: Reading, make: Callable[[], Awaitable[T]]) -> T:
        """The cached answer while the data behind it are unchanged, else a new one from `make`."""
        key = what, read.asked
        async with self._turns.setdefault(read.asked.guild_id, asyncio.Lock()):
            before = self._kept.get(key)
            if before is None or before[0] != read.marker:
                self._kept[key] = before = read.marker, await make()
        return cast(T, before[1])

    async def turn_by_turn(self, read: Reading, level: Level | None) -> list[list[CellSums]]:
        """What the first judge measured at each turn, from the first on, of the games that got as far as asked."""
        judge, last = read.judges[0], read.turns
        shorter = any(one.turns < last and one.completion.finished for one in read.begun)
        sums = await self.store.scores.curves(
            replace(read.asked.pool, level=level),
            judge.name,
            judge.version,
            range(1, last + 1),
            reaching=last if shorter else None,
        )
        return [sums[turn] for turn in range(1, last + 1)]

    async def _courses(self, read: Reading, level: Level | None) -> tuple[BoardCourse, ...]:
        return await off_loop(_rank_turns, await self.turn_by_turn(read, level))

    async def _make(self, read: Reading) -> Board:
        asked, scores = read.asked, self.store.scores
        asking = [] if asked.by == "votes" else read.judges
        sums = [(judge, await scores.measured(asked.pool, judge.name, judge.version, read.turns)) for judge in asking]
        ballots = None
        if self.ballots and asked.by != "distance":
            ballots = await self.ballots.ballots(asked.pool, unflagged=asked.votes == "unflagged")
        rulings, votes = await off_loop(_rank, sums, ballots)
        unread = await self.unread(read) if sums else 0
        judge, completion = read.judges[0], read.completion()
        own = next((ruling for ruling in rulings if ruling.judge == judge), None)
        agreed = await off_loop(agreement, own.whole, votes) if own and votes and asked.by == "both" else None
        return Board(
            asked=asked,
            judge=judge,
            rows=rows_of(own, votes, completion),
            verdict=_verdict(asked, rulings, read.judges, votes),
            distance=own.whole if own else None,
            votes=votes,
            agreement=agreed,
            heads_differ=own is not None and own.heads_differ,
            unmeasured=read.unmeasured(sums[0][1], unread) if sums else 0,
            unread=unread,
            judges=tuple(one.label for one in read.judges),
            embedders=tuple(dict.fromkeys(use.embedder for use in read.used)),
            people=await self.people.rows(asked, read.judges) if self.people and asked.by == "both" else (),
        )


def _rank(
    measured: Sequence[tuple[Judge, Sequence[CellSums]]], ballots: Ballots | None
) -> tuple[list[Ruling], VoteBoard | None]:
    """A board for each judge that measured anything, and one by votes. Takes CPU."""
    rulings = []
    for judge, sums in measured:
        if sums:
            heads = rank_by_distance(cells_of(sums, heads=True)) if have_heads(sums) else None
            rulings.append(Ruling(judge, rank_by_distance(cells_of(sums)), heads))
    return rulings, None if ballots is None else rank_by_votes(ballots)


def _rank_turns(turns: Sequence[Sequence[CellSums]]) -> tuple[BoardCourse, ...]:
    return courses([rank_by_distance(cells_of(sums)) for sums in turns]) if turns[-1] else ()


def _verdict(
    asked: BoardRequest, rulings: Sequence[Ruling], judges: Sequence[Judge], votes: VoteBoard | None
) -> Verdict:
    there = {ruling.judge for ruling in rulings}
    by_distance = judged(rulings, [judge.label for judge in judges if judge not in there])
    by_votes = voted(votes) if votes else Verdict(None, NOBODY)
    verdict = {"distance": by_distance, "votes": by_votes, "both": both(by_distance, by_votes)}[asked.by]
    return Verdict(None, FREE) if asked.prompts == "free" and (rulings or votes) else verdict


def _usual_turns(begun: Sequence[Begun]) -> int:
    """DEFAULT_TURNS where a game got so far, else the length that most finished games have."""
    lengths: Counter[int] = Counter()
    for one in begun:
        lengths[one.turns] += one.completion.finished
    if not +lengths or max(+lengths) >= DEFAULT_TURNS:
        return DEFAULT_TURNS
    return max(lengths, key=lambda turns: (lengths[turns], turns))

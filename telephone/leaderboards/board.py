"""A board as a value: its rows, the winner or why there is none, and what must be said beside it. Pure.

A verdict needs more than a row at the top: the pair must be first by every embedder that is asked, on whole captions
and on their first 75 tokens, and none of it provisional.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from telephone.domain.games import NO_GUILD, Level, Pair
from telephone.scoring.agreement import Agreement
from telephone.scoring.distance_model import Cell, DistanceBoard, DistanceBoardRow
from telephone.scoring.intervals import Interval, winner
from telephone.scoring.people import PeopleAgreement
from telephone.scoring.vote_model import VoteBoard, VoteBoardRow
from telephone.store.scores import CellSums, Completion, Pool

By = Literal["distance", "votes", "both"]
Games = Literal["all", "designed", "open"]
"""`all`: all games but those that members played in the open; `designed`: those of battles and tournaments;
`open`: only those that members played in the open."""
Prompts = Literal["curated", "free"]
Votes = Literal["all", "unflagged"]

UNJOINED: Final = "that share no prompt"
SAME: Final = 1e-6
"""Two distances that differ by less count as equal: one figure, computed in another order."""


@dataclass(frozen=True, slots=True)
class BoardRequest:
    """A request for a board. A level of None means all levels; other fields of None leave the choice to the board."""

    guild_id: int = NO_GUILD
    by: By = "distance"
    level: Level | None = None
    games: Games = "all"
    prompts: Prompts = "curated"
    embedder: str | None = None
    turns: int | None = None
    votes: Votes = "all"

    @property
    def pool(self) -> Pool:
        """The games that count."""
        return Pool(self.guild_id, self.level, self.prompts == "free", self.games == "designed", self.games == "open")


@dataclass(frozen=True, slots=True)
class Judge:
    """An embedder as boards know it. `kin` are the models that were made with the same space, and may please it."""

    name: str
    version: str
    label: str
    kin: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Ruling:
    """The boards of one judge: on whole captions and, where any caption is longer, on the first 75 tokens."""

    judge: Judge
    whole: DistanceBoard
    heads: DistanceBoard | None = None

    @property
    def heads_differ(self) -> bool:
        """Whether the first 75 tokens rank the pairs differently."""
        return self.heads is not None and _ranks(self.heads) != _ranks(self.whole)


@dataclass(frozen=True, slots=True)
class PairRow:
    """One pair on a board: its place by distance, by votes, or both; None where none of its games counts.

    `head` is its row on the first 75 tokens, where these rank the pairs differently. `kin` names those of its models
    that are kin of the embedder. `rank` is the place that the board is ordered by.
    """

    pair: Pair
    distance: DistanceBoardRow | None = None
    votes: VoteBoardRow | None = None
    head: DistanceBoardRow | None = None
    completion: Completion = field(default_factory=Completion)
    kin: tuple[str, ...] = ()

    @property
    def rank(self) -> int | None:
        first = self.distance or self.votes
        return first.rank if first else None


@dataclass(frozen=True, slots=True)
class PeopleRow:
    """How far the votes of battles agree with an embedder, by its label, on prompts of one level or, None, of all."""

    embedder: str
    level: Level | None
    agreement: PeopleAgreement


@dataclass(frozen=True, slots=True)
class Verdict:
    """Who has won, or None and `why` in a half sentence; `why` is empty where there is nothing to judge."""

    winner: Pair | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Board:
    """A board that answers `asked`, which names the embedder and the turn it was made for.

    `unmeasured` finished games of at least so many turns are not measured by this embedder in its present version, and
    it cannot read the words of `unread` ones.
    `judges` are the labels of all embedders that were asked for the verdict. `embedders` names those that measured
    games here. `agreement` is that of the boards by distance and by votes, where both were asked for and both exist;
    `people` says for each embedder whether the nearer side of a battle wins its vote.
    """

    asked: BoardRequest
    judge: Judge
    rows: tuple[PairRow, ...]
    verdict: Verdict
    distance: DistanceBoard | None = None
    votes: VoteBoard | None = None
    agreement: Agreement | None = None
    heads_differ: bool = False
    unmeasured: int = 0
    unread: int = 0
    judges: tuple[str, ...] = ()
    embedders: tuple[str, ...] = ()
    people: tuple[PeopleRow, ...] = ()

    @property
    def turns(self) -> int:
        assert self.asked.turns is not None
        return self.asked.turns

    @property
    def apart(self) -> int:
        """How many groups of pairs never met in battles, 0 where all that were voted on did."""
        groups = len(self.votes.groups) if self.votes and self.asked.by != "distance" else 1
        return groups if groups > 1 else 0

    @property
    def unjoined(self) -> int:
        """How many groups of pairs no prompt joins, 0 where all that were measured are joined."""
        groups = len(self.distance.groups) if self.distance and self.asked.by != "votes" else 1
        return groups if groups > 1 else 0

    @property
    def in_group(self) -> bool:
        """Whether a rank is one in a group of pairs, by distance or by votes."""
        return bool(self.apart or self.unjoined)

    @property
    def is_empty(self) -> bool:
        """Whether no row has a place."""
        return all(row.rank is None for row in self.rows)

    @property
    def kin(self) -> tuple[str, ...]:
        """The models of this board that are kin of its embedder."""
        return tuple(sorted({name for row in self.rows for name in row.kin}))


@dataclass(frozen=True, slots=True)
class BoardCourse:
    """How far one pair has drifted after each turn, from the first on, on the average prompt of its board."""

    pair: Pair
    spans: tuple[Interval, ...]
    provisional: bool


def courses(boards: Sequence[DistanceBoard]) -> tuple[BoardCourse, ...]:
    """The pairs of the last turn, in its order, through the boards of all turns; every board has them all."""
    by_turn = [{row.pair: row.distance for row in board.rows} for board in boards]
    last = boards[-1].rows if boards else ()
    return tuple(BoardCourse(row.pair, tuple(turn[row.pair] for turn in by_turn), row.provisional) for row in last)


def cells_of(sums: Sequence[CellSums], *, heads: bool = False) -> list[Cell]:
    """The cells that ranking and insights take: of whole captions or, with `heads`, of the first 75 tokens."""
    chosen = [(one, one.head if heads else one.distance) for one in sums]
    return [Cell(one.pair, one.prompt, one.games, figure.mean, figure.squares, one.level) for one, figure in chosen]


def have_heads(sums: Sequence[CellSums]) -> bool:
    """Whether the first 75 tokens say anything of their own: whether any caption was longer."""
    return any(abs(one.head.mean - one.distance.mean) > SAME for one in sums)


def rows_of(
    ruling: Ruling | None, votes: VoteBoard | None, completion: Mapping[Pair, Completion]
) -> tuple[PairRow, ...]:
    """A row for every pair that has a place or began a game: by distance where there is one, else by votes, else last.

    A narrow interval can have a better rank than one whose middle is nearer: ranks go first.
    """
    by_distance = {row.pair: row for row in sorted(ruling.whole.rows, key=_place)} if ruling else {}
    by_votes = {row.pair: row for row in sorted(votes.rows, key=_place)} if votes else {}
    shown = ruling.heads if ruling and ruling.heads_differ else None
    by_head = {row.pair: row for row in shown.rows} if shown else {}
    kin = ruling.judge.kin if ruling else frozenset()
    order = [*by_distance, *by_votes, *sorted(completion, key=str)]
    return tuple(
        PairRow(
            pair,
            by_distance.get(pair),
            by_votes.get(pair),
            by_head.get(pair),
            completion.get(pair, Completion()),
            tuple(name for name in (pair.t2i, pair.i2t) if name in kin),
        )
        for pair in dict.fromkeys(order)
    )


def judged(rulings: Sequence[Ruling], missing: Sequence[str]) -> Verdict:
    """The verdict by distance: `rulings` of all judges that measured games, `missing` labels of those that did not."""
    if not rulings:
        return Verdict(None)
    found = [_of_groups(ruling.whole, ruling.judge.label, UNJOINED) for ruling in rulings]
    for verdict in found:
        if verdict.winner is None:
            return verdict
    if missing:
        return Verdict(None, f"a verdict needs {_listed(missing)} to agree, and no game here is measured with it")
    for ruling in rulings:
        if ruling.heads_differ:
            return Verdict(None, f"on the first 75 tokens {ruling.judge.label} ranks the pairs otherwise")
    if len({verdict.winner for verdict in found}) > 1:
        first = ", ".join(
            f"{ruling.judge.label} puts {verdict.winner} first" for ruling, verdict in zip(rulings, found, strict=True)
        )
        return Verdict(None, f"the embedders do not agree: {first}")
    return found[0]


def voted(board: VoteBoard) -> Verdict:
    """The verdict by votes."""
    return _of_groups(board, "the votes", "that never met")


def both(distance: Verdict, votes: Verdict) -> Verdict:
    """The pair that both boards declare; there is no combined score."""
    if distance.winner is not None and votes.winner is not None and distance.winner != votes.winner:
        return Verdict(None, f"distances say {distance.winner}, votes say {votes.winner}")
    return next((one for one in (distance, votes) if one.winner is None), distance)


def _of_groups(board: DistanceBoard | VoteBoard, who: str, what: str) -> Verdict:
    """Of several groups of pairs each has its own verdict, and a winner is one of its group."""
    found = [_first(group, who) for group in board.groups]
    if len(found) == 1 or board.winner is not None:
        return next((verdict for verdict in found if verdict.winner == board.winner), found[0])
    winners = [str(verdict.winner) for verdict in found if verdict.winner is not None]
    apart = f"the pairs fall into {len(found)} groups {what}"
    return Verdict(
        None, f"{apart}; in theirs have won {_listed(winners)}" if winners else f"{apart}, none with a winner"
    )


def _first(rows: Sequence[DistanceBoardRow] | Sequence[VoteBoardRow], who: str) -> Verdict:
    """The pair that has won, or why none has."""
    if (found := winner(rows)) is not None:
        return Verdict(found)
    first = [row for row in rows if row.rank == 1]
    if len(rows) < 2:
        return Verdict(None, "it takes two pairs to compare")
    if len(first) > 1:
        return Verdict(None, f"{who} cannot tell the first {len(first)} pairs apart yet")
    return Verdict(None, f"{first[0].pair} is ahead by {who}, but provisional")


def _place(row: DistanceBoardRow | VoteBoardRow) -> tuple[int, int]:
    return row.group, row.rank


def _ranks(board: DistanceBoard) -> dict[Pair, int]:
    return {row.pair: row.rank for row in board.rows}


def _listed(names: Sequence[str]) -> str:
    return " and ".join(names)

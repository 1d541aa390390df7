"""Whether each embedder agrees with the votes of a server's battles, on all prompts and level by level."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from telephone.concurrency import off_loop
from telephone.domain.battles import Choice
from telephone.domain.games import Level
from telephone.domain.polls import CHOICES, Poll
from telephone.leaderboards.ballot_source import BallotSource
from telephone.leaderboards.board import BoardRequest, Judge, PeopleRow
from telephone.scoring.people import JudgedBattle, people_agreement
from telephone.store.battle_distances import BattleEnd


@dataclass(frozen=True, slots=True)
class PeopleSource:
    """Reads votes and distances of battles."""

    ballots: BallotSource

    async def rows(self, asked: BoardRequest, judges: Sequence[Judge]) -> tuple[PeopleRow, ...]:
        """One row an embedder for all prompts that are asked for, then one a level; none without a judged battle."""
        polls = await self.ballots.polls(asked.pool, unflagged=asked.votes == "unflagged")
        found: list[PeopleRow] = []
        for judge in judges:
            ends = await self.ballots.store.battle_distances.of(asked.guild_id, judge.name, judge.version)
            found += await off_loop(_rows, judge, polls, ends, asked.level)
        return tuple(found)


def _rows(judge: Judge, polls: Sequence[Poll], ends: Mapping[str, BattleEnd], asked: Level | None) -> list[PeopleRow]:
    judged = [(ends[poll.battle].level, _judged(poll, ends[poll.battle])) for poll in polls if poll.battle in ends]
    told = [(level, battle) for level, battle in judged if battle is not None]
    levels = (
        [None] if asked is not None else [None, *(level for level in Level if any(one == level for one, _ in told))]
    )
    rows = [
        PeopleRow(judge.label, level or asked, people_agreement([b for of, b in told if level in (None, of)]))
        for level in levels
    ]
    return [row for row in rows if row.agreement.battles]


def _judged(poll: Poll, end: BattleEnd) -> JudgedBattle | None:
    """The battle with its votes for sides; None where a side that stood has no distance."""
    places = [place for place, _ in poll.sides]
    if any(place not in end.distances for place in places):
        return None
    counts = Counter(poll.votes["choice"].tolist())
    votes = tuple(counts[CHOICES.index(Choice.of_side(place))] for place in places)
    return JudgedBattle(tuple(end.distances[place] for place in places), votes)

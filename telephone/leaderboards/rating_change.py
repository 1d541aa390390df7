"""What one battle did to the board by votes: where its pairs stood before it, and where they stand after it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from telephone.domain.games import Pair
from telephone.domain.polls import Poll
from telephone.leaderboards.ballot_source import gather
from telephone.scoring.vote_model import FEWEST_BATTLES, VoteBoardRow, rank_by_votes

FREE: Final = "Free prompts stay off the board by votes."
_FEW: Final = (
    f"A pair stays provisional until it was in {FEWEST_BATTLES} battles and its interval is narrow: all votes "
)
_FEW_WHY: Final = "of one battle judged the same pictures."


@dataclass(frozen=True, slots=True)
class Swing:
    """One pair of a battle: its row on the board just before the battle closed, None where it was new, and after."""

    pair: Pair
    before: VoteBoardRow | None
    after: VoteBoardRow


def swings(polls: Sequence[Poll], battle: str) -> tuple[Swing, ...]:
    """The pairs of `battle`, the best after it first; battles that closed later are left out.

    Empty where nobody voted in it, or it is not among `polls`.
    """
    closed = next((poll for poll in polls if poll.battle == battle), None)
    if closed is None or not len(closed.votes):
        return ()
    earlier = [poll for poll in polls if poll.battle != battle and poll.closed_at <= closed.closed_at]
    ballots = gather([*earlier, closed])
    assert ballots is not None
    before = gather(earlier)
    stood = {row.pair: row for row in rank_by_votes(before).rows} if before is not None else {}
    here = {pair for _, pair in closed.sides}
    return tuple(Swing(row.pair, stood.get(row.pair), row) for row in rank_by_votes(ballots).rows if row.pair in here)


def told(found: Sequence[Swing]) -> str:
    """The changes in words, "" where there is none."""
    if not found:
        return ""
    said = f"On the board by votes: {'; '.join(_moved(swing) for swing in found)}."
    return f"{said} {_FEW}{_FEW_WHY}" if any(swing.after.provisional for swing in found) else said


def _moved(swing: Swing) -> str:
    now, then = swing.after, swing.before
    rating = f"{now.rating.estimate:.0f}" if then is None else f"{then.rating.estimate:.0f} → {now.rating.estimate:.0f}"
    rank = f"rank {now.rank}" if then is None or then.rank == now.rank else f"rank {then.rank} → {now.rank}"
    unsure = f", {now.rating.low:.0f} to {now.rating.high:.0f}{', provisional' if now.provisional else ''}"
    return f"{swing.pair} {'new at ' if then is None else ''}{rating} ({rank}{unsure})"

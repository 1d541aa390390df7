"""The votes of a server's closed battles, as the arrays that the board by votes is computed from."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from telephone.concurrency import off_loop
from telephone.domain.battles import SIDES_MAX, Choice
from telephone.domain.games import Pair
from telephone.domain.polls import CHOICES, Poll
from telephone.leaderboards.vote_flags import counted, patterned
from telephone.scoring.ballots import Ballots, Ints, numbered, weights
from telephone.store import Store
from telephone.store.packed_votes import PACKED
from telephone.store.scores import Pool

_TIE, _ALL_BAD = CHOICES.index(Choice.TIE), CHOICES.index(Choice.ALL_BAD)


@dataclass(frozen=True, slots=True)
class BallotSource:
    """Reads the votes cast on Discord from the store."""

    store: Store

    async def ballots(self, pool: Pool, *, unflagged: bool = False) -> Ballots | None:
        """The votes of a server's closed battles on these prompts, None where there are none.

        Votes of struck voters never count; with `unflagged` no flagged vote does, unless an admin cleared the voter.
        """
        return await off_loop(gather, await self.polls(pool, unflagged=unflagged))

    async def polls(self, pool: Pool, *, unflagged: bool = False) -> list[Poll]:
        """The same votes as they were cast, battle by battle."""
        polls, decisions = await self.store.polls.of(pool), await self.store.conduct.of(pool.guild_id)
        if not unflagged:
            return await off_loop(lambda: counted(polls, decisions))
        every = await self.store.polls.of(Pool(pool.guild_id, free=pool.free))
        days = (await self.store.servers.settings(pool.guild_id)).voter_days
        return await off_loop(lambda: counted(polls, decisions, least_days=days, odd=patterned(every)))

    async def marker(self, guild_id: int) -> Hashable:
        """A value that changes when these votes do, or how they are counted."""
        days = (await self.store.servers.settings(guild_id)).voter_days
        return await self.store.polls.marker(guild_id), await self.store.conduct.marker(guild_id), days


def gather(polls: Sequence[Poll]) -> Ballots | None:
    """Ballots of polls, each a battle of its own; None where nobody voted. Like `tally`, for a million votes.

    Raises ValueError where a vote names a side that did not stand.
    """
    polls = [poll for poll in polls if len(poll.votes)]
    if not polls:
        return None
    pairs, sides, button = _line_ups(polls)
    sizes = np.array([len(poll.votes) for poll in polls])
    battle = np.repeat(np.arange(len(polls)), sizes)
    votes = np.frombuffer(b"".join([poll.votes.tobytes() for poll in polls]), dtype=PACKED)
    code = votes["choice"].astype(np.int64)
    scored = code != _ALL_BAD
    choice = np.where(code == _TIE, sides.shape[1], button[battle, np.minimum(code, SIDES_MAX - 1)])[scored]
    if np.any(choice < 0):
        raise ValueError("a vote names a side that did not stand; its battle should have been void")
    voter = np.unique(votes["member"][scored], return_inverse=True)[1].astype(np.int64)
    prompts, prompt = numbered([poll.prompt for poll in polls])
    return Ballots(
        pairs=pairs,
        sides=sides,
        lucky=np.ones(len(polls), dtype=np.bool_),
        battles=np.ones(len(polls), dtype=np.int64),
        prompts=prompts,
        prompt=prompt,
        battle=battle[scored],
        choice=choice,
        voter=voter,
        weight=weights(voter),
        all_bad=np.bincount(battle[~scored], minlength=len(polls)).astype(np.int64),
    )


def _line_ups(polls: Sequence[Poll]) -> tuple[tuple[Pair, ...], Ints, Ints]:
    """All pairs, the pair at each button (B, S), -1 where there is none, and the button of each place (B, 4), -1 where
    no side stood. Line-ups are few and battles many, so each line-up is worked out once."""
    shown = {id(poll.sides): poll.sides for poll in polls}
    pairs = tuple(sorted({pair for one in shown.values() for _, pair in one}, key=lambda pair: (pair.t2i, pair.i2t)))
    number = {pair: k for k, pair in enumerate(pairs)}
    sides = np.full((len(shown), max(map(len, shown.values()))), -1, dtype=np.int64)
    button = np.full((len(shown), SIDES_MAX), -1, dtype=np.int64)
    for row, places, line_up in zip(sides, button, shown.values(), strict=True):
        for k, (place, pair) in enumerate(line_up):
            row[k], places[place] = number[pair], k
    which = {key: k for k, key in enumerate(shown)}
    here = np.array([which[id(poll.sides)] for poll in polls])
    return pairs, sides[here], button[here]

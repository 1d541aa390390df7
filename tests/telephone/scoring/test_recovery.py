"""Known strengths are found again from the votes of members who differ in diligence, through store and board."""

from dataclasses import dataclass
from itertools import combinations, product
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import spearmanr

from telephone.domain.battles import BattleRequest, Choice, Voter
from telephone.domain.games import Level, Pair, Prompt
from telephone.leaderboards.ballot_source import BallotSource
from telephone.leaderboards.service import BoardRequest, Judge, LeaderboardService
from telephone.store import Store
from tests.telephone.store.test_votes import JOINED, MADE

GUILD, VOTERS, BATTLES, LUCK = 77, 200, 30, 0.4
PAINTS, READS = {"doodles": -0.4, "stickers": 0.4}, {"vague": -0.8, "hazy": 0.0, "sharp": 0.8}
THETA = {Pair(t2i, i2t): PAINTS[t2i] + READS[i2t] for t2i, i2t in product(PAINTS, READS)}


@dataclass(frozen=True)
class Crowd:
    """How often each member votes, and how much each cares: a careless one chooses as if all were nearly alike."""

    attends: np.ndarray
    cares: np.ndarray

    @classmethod
    def of(cls, rng: np.random.Generator) -> "Crowd":
        return cls(rng.beta(1, 4, VOTERS), rng.choice([0.0, 0.7, 1.3], VOTERS, p=[0.2, 0.4, 0.4]))

    @property
    def care(self) -> float:
        """The care behind an average vote: strengths are seen through it."""
        return float(np.average(self.cares, weights=self.attends))


async def fight(store: Store, crowd: Crowd, rng: np.random.Generator) -> int:
    """Thirty battles between pairs of known strengths, as lucky with their pictures as chance has it; counts votes."""
    meetings = list(combinations(THETA, 2)) * 2
    count = 0
    for number, sides in enumerate(meetings, 1):
        prompt = Prompt(f"scene {number}", Level.EASY, f"#easy-{number:03}")
        request = BattleRequest(prompt, sides, turns=2, guild_id=GUILD)
        battle = await store.battles.add(request, [int(place) for place in rng.permutation(2)])
        await store.battles.open_voting(battle.id)
        stood = (await store.battles.get(battle.id)).sides
        gap = THETA[stood[0].game.pair] - THETA[stood[1].game.pair] + LUCK * np.diff(rng.normal(size=2))[0]
        for member in np.flatnonzero(rng.random(VOTERS) < crowd.attends):
            choice = Choice.A if rng.random() < 1 / (1 + np.exp(-crowd.cares[member] * gap)) else Choice.B
            await store.votes.cast(battle.id, Voter(int(member) + 1, MADE, JOINED), choice)
            count += 1
        assert await store.battles.close(battle.id, early=True)
    return count


@pytest.mark.long
async def test_known_strengths_are_found_again_from_two_hundred_voters_over_thirty_battles(tmp_path: Path) -> None:
    rng = np.random.default_rng(11)
    crowd = Crowd.of(rng)
    async with await Store.open(f"sqlite:///{tmp_path / 'telephone.sqlite'}") as store:
        count = await fight(store, crowd, rng)
        boards = LeaderboardService(store, (Judge("minilm", "1", "MiniLM (offline)"),), ballots=BallotSource(store))
        board = (await boards.board(BoardRequest(GUILD, by="votes"))).votes
    assert board is not None
    assert sum(row.votes for row in board.rows) == 2 * count
    truth = [crowd.care * THETA[row.pair] for row in board.rows]
    found = [row.theta.estimate for row in board.rows]
    assert spearmanr(truth, found).statistic > 0.9
    held = [row.theta.low < value < row.theta.high for row, value in zip(board.rows, truth, strict=True)]
    assert sum(held) >= len(held) - 1
    assert all(row.battles == 10 and not row.provisional for row in board.rows)

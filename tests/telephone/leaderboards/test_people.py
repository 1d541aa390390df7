"""The votes of stored battles against the distances of their sides, and how that is said."""

import pytest

from telephone.domain.battles import BattleRequest, Choice, Voter
from telephone.domain.games import GameState, Level, Pair, Prompt
from telephone.leaderboards.ballot_source import BallotSource
from telephone.leaderboards.board import BoardRequest, Judge
from telephone.leaderboards.people import PeopleSource
from telephone.leaderboards.service import LeaderboardService
from telephone.leaderboards.wording import board as words
from telephone.store import Store
from tests.telephone.store.test_votes import JOINED, MADE

GUILD = 77
NEAR, FAR = Pair("stickers", "spotter-sharp"), Pair("doodles", "spotter-hazy")
JUDGES = (Judge("minilm", "1", "MiniLM (offline)"), Judge("use", "1", "USE"))
LEVELS = [Level.EASY] * 5 + [Level.HARD] * 2


async def fight(store: Store, number: int, level: Level, chosen: str, *, measured: bool = True) -> None:
    """A closed battle in which side A, of NEAR, ended at 0.2 and side B at 0.6; by `use` it is the other way."""
    request = BattleRequest(Prompt("a scene", level, f"#{level}-{number:03}"), (NEAR, FAR), turns=2, guild_id=GUILD)
    battle = await store.battles.add(request, (0, 1))
    for side, far in zip(battle.sides, (0.2, 0.6), strict=True):
        for state, after in ((GameState.PLAYING, GameState.QUEUED), (GameState.FINISHED, GameState.PLAYING)):
            await store.games.move(side.game.id, state, only_from=[after])
        if measured:
            await store.distances.put(side.game.id, "minilm", "1", [(1, 0.9, 0.9), (2, far, 0.1)])
            await store.distances.put(side.game.id, "use", "1", [(1, 0.1, 0.1), (2, 0.8 - far, 0.1)])
    await store.battles.open_voting(battle.id)
    for member, letter in enumerate(chosen, 1):
        choice = {"t": Choice.TIE, "x": Choice.ALL_BAD}.get(letter) or Choice(letter)
        await store.votes.cast(battle.id, Voter(member, MADE, JOINED), choice)
    await store.battles.close(battle.id, early=True)


@pytest.fixture
async def store(tmp_path):
    async with await Store.open(f"sqlite:///{tmp_path / 'telephone.sqlite'}") as opened:
        for number, level in enumerate(LEVELS, 1):
            await fight(opened, number, level, "aaabtx" if number % 3 else "abbx")
        await fight(opened, 8, Level.EASY, "bbbb", measured=False)
        yield opened


async def test_people_are_asked_by_embedder_and_level(store: Store) -> None:
    source = PeopleSource(BallotSource(store))
    rows = await source.rows(BoardRequest(GUILD, "both"), JUDGES)
    assert [(row.embedder, row.level, row.agreement.battles, row.agreement.votes) for row in rows] == [
        (label, level, battles, votes)
        for label in ("MiniLM (offline)", "USE")
        for level, battles, votes in ((None, 7, 26), (Level.EASY, 5, 19), (Level.HARD, 2, 7))
    ]
    share = (5 * 0.75 + 2 / 3) / 7
    assert rows[0].agreement.share.estimate == pytest.approx(share)
    assert rows[0].agreement.won.estimate == pytest.approx(5 / 7)
    assert rows[3].agreement.share.estimate == pytest.approx(1 - share)
    assert rows[2].agreement.share is None
    (easy,) = await source.rows(BoardRequest(GUILD, "both", Level.EASY), JUDGES[:1])
    assert (easy.level, easy.agreement.battles) == (Level.EASY, 5)
    assert await source.rows(BoardRequest(GUILD, "both", Level.MEDIUM), JUDGES) == ()


async def test_the_board_by_both_says_it_and_the_others_do_not(store: Store) -> None:
    ballots = BallotSource(store)
    boards = LeaderboardService(store, JUDGES, (), ballots, PeopleSource(ballots))
    board = await boards.board(BoardRequest(GUILD, "both", turns=2))
    said = words.people(board)
    assert len(said) == 6
    assert said[0].startswith("Of two sides voters chose the nearer one by MiniLM (offline) with 63% (")
    assert "of their votes in 7 battles (26 votes); 50% is chance. The nearest side won 71% (" in said[0]
    assert said[2].endswith("too early to say, in 2 battles on hard prompts (7 votes).")
    assert words.people(board, briefly=True) == [said[0], said[3]]
    assert (await boards.board(BoardRequest(GUILD, "votes", turns=2))).people == ()

"""An outage of the database in the middle of everything at once: six games, a battle and a party.

Nothing ends by it, nothing is paid twice, nothing is posted twice; what members do meanwhile is refused and done later.
"""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from typing import Any, TypeVar

import psycopg
import pytest
from sqlalchemy import make_url
from structlog.testing import capture_logs

from telephone.battles.admission import BattleAsked
from telephone.domain.battles import BattleState, Choice, Voter
from telephone.domain.games import GameState, Kind
from telephone.domain.parties import PartyState
from telephone.engine import engine, outages
from telephone.engine.outages import is_database_outage
from telephone.errors import TelephoneError
from telephone.games.admission import StartRequest
from telephone.parties.service import PartyAsked
from telephone.store import database
from tests.limits import LIMIT
from tests.support.app import RunningApp, running_app
from tests.support.pictures import paint
from tests.support.postgres import NoPostgres, new_database, running_postgres
from tests.telephone.battles.test_workflow import MADE

pytestmark = [pytest.mark.slow, pytest.mark.long]

T = TypeVar("T")
HOST, ADA, BO, CY = 5, 11, 12, 13
GAMES, TURNS = 6, 3
BATTLE_AT, PARTY_AT = 70, 71
SIDES = ("painter × critic", "stickers × critic")


class Members:
    """Members of a server: what they do in an outage is refused, and they do it again."""

    def __init__(self) -> None:
        self.refused = 0

    async def do(self, action: Callable[..., Awaitable[T]], *what: Any, server: int) -> T:
        async with asyncio.timeout(LIMIT):
            while True:
                try:
                    return await action(*what, server=server)
                except Exception as error:
                    if not is_database_outage(error):
                        raise
                    self.refused += 1
                await asyncio.sleep(0.2)


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    try:
        with running_postgres() as server:
            yield server
    except NoPostgres as reason:
        pytest.skip(f"no Postgres here: {reason}")


@asynccontextmanager
async def refused_by_postgres(server: str, url: str) -> AsyncIterator[None]:
    """For as long as the block runs the database takes no connection, and ends those it has."""
    name = make_url(url).database
    async with await psycopg.AsyncConnection.connect(server, autocommit=True) as connection:
        await connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        try:
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,)
            )
            yield
        finally:
            await connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


@asynccontextmanager
async def locked_sqlite(folder: Path) -> AsyncIterator[None]:
    """For as long as the block runs another process holds the write lock of store and journal."""
    with (
        closing(_connect(folder / "telephone.sqlite")) as store,
        closing(_connect(folder / "engine.sqlite")) as journal,
    ):
        for connection in (store, journal):
            await asyncio.to_thread(connection.execute, "BEGIN IMMEDIATE")
        yield
        for connection in (store, journal):
            connection.execute("ROLLBACK")


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, timeout=LIMIT, check_same_thread=False)


async def until(reached: Callable[[], object]) -> None:
    async with asyncio.timeout(LIMIT):
        while not reached():
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("kind", ["postgres", "sqlite"])
async def test_nothing_ends_or_doubles_in_an_outage(kind, tmp_path, monkeypatch, request):
    monkeypatch.setattr(outages, "LONGEST_PAUSE", 0.5)
    monkeypatch.setattr(database, "BUSY_TIMEOUT_S", 1)
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_S", 1)
    if kind == "sqlite":
        await _plays_through(tmp_path, None, lambda: locked_sqlite(tmp_path))
        return
    server = request.getfixturevalue("postgres")
    with new_database(server) as url:
        await _plays_through(tmp_path, url, lambda: refused_by_postgres(server, url))


async def _plays_through(folder: Path, url: str | None, outage) -> None:
    members = Members()
    with capture_logs() as logs:
        async with running_app(folder, database=url) as running:
            running.provider.delay = 0.3
            app = running.app
            games = [
                await app.games.start(
                    StartRequest(
                        "a fox mends a clock", "painter", "critic", TURNS, seed=n, guild_id=n, starter_id=100 + n
                    )
                )
                for n in range(1, GAMES + 1)
            ]
            battle = await app.battles.start(
                BattleAsked("a fox", SIDES, turns=2, seed=7, guild_id=BATTLE_AT, starter_id=HOST, vote_seconds=600)
            )
            party = await app.parties.start(PartyAsked(players=3, rounds=2, starter_id=ADA, guild_id=PARTY_AT))
            hosting = asyncio.create_task(_party(running, members, party.id))
            await until(lambda: len(running.provider.submitted) > GAMES)
            async with outage():
                for _ in range(20):
                    await running.sweep.once()
                    await asyncio.sleep(0.2)
            for game in games:
                assert (await app.games.closed(game.id, timeout=LIMIT)).state is GameState.FINISHED
            await hosting
            async with asyncio.timeout(LIMIT):
                while "call" not in (voted := await app.battles.battle(battle.id, server=BATTLE_AT)).messages:
                    assert voted.state in (BattleState.PLAYING, BattleState.VOTING), voted.reason
                    await asyncio.sleep(0.05)
            async with outage():
                voting = asyncio.create_task(
                    members.do(app.battles.vote, battle.id, Voter(99, MADE), Choice.of_side(1), server=BATTLE_AT)
                )
                await asyncio.sleep(3)
            await voting
            assert (await app.battles.battle(battle.id, server=BATTLE_AT)).votes == 1
            markers = Counter(running.provider.submitted)
            assert set(markers.values()) == {1}, "nothing was submitted twice"
            played = GAMES * TURNS + 2 * 2  # the pictures of `painter` and `stickers`, each submitted or collected once
            assert running.provider.collected["painter"] + running.provider.collected["stickers"] == played
            for presenter in (running.game_presenter, running.battle_presenter, running.party_presenter):
                assert max(Counter(presenter.posts).values()) == 1, "nothing was posted twice"
    assert members.refused
    broke = [entry for entry in logs if entry.get("exc_info")]
    assert broke == []


async def _party(running: RunningApp, members: Members, party_id: str) -> None:
    """Three members join, bring prompts, and play two rounds, to the end of the party."""
    parties, turns = running.app.parties, running.app.turns

    async def reach(state: PartyState, round_: int = 0) -> None:
        async with asyncio.timeout(LIMIT):
            while True:
                party = await members.do(parties.party, party_id, server=PARTY_AT)
                if party.state is state and (
                    not round_ or (party.round == round_ and f"round-{round_}" in party.messages)
                ):
                    return
                assert not party.state.is_final, party.reason
                await asyncio.sleep(0.1)

    for member in (ADA, BO, CY):
        with suppress(TelephoneError):  # who has joined before the outage was told so is refused the second time
            await members.do(parties.join, party_id, member, server=PARTY_AT)
    await reach(PartyState.PROMPTS)
    for member in (ADA, BO, CY):
        await members.do(parties.bring, party_id, member, f"prompt {member}", 1_000, server=PARTY_AT)
    for round_ in (1, 2):
        await reach(PartyState.PLAYING, round_)
        for member in (ADA, BO, CY):
            turn = await members.do(parties.take, party_id, member, server=PARTY_AT)
            game, key = turn.game.id, turn.seat.key
            if key.kind is Kind.PICTURE:
                await members.do(turns.drawing, game, key, member, paint(f"{member}"), server=PARTY_AT)
            else:
                await members.do(turns.caption, game, key, member, f"{member} saw it", server=PARTY_AT)
    await reach(PartyState.FINISHED)

"""Each thing that does not agree is found, and says what mends it; a sound folder has none."""

import os
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest

from telephone.audit import Audit
from telephone.domain.faults import FaultKind
from telephone.domain.games import Game
from telephone.games.admission import StartRequest
from telephone.privacy.orders import DeletionOrders
from telephone.store.packed_votes import PACKED
from telephone.store.tables.battles import BattleRow, PollRow
from telephone.store.tables.columns import now
from tests.limits import LIMIT
from tests.support.app import RunningApp, running_app
from tests.support.pictures import paint
from tests.telephone.store.samples import GUILD

ANN = 1_100_000_000_000_000_001
LONG_AGO = 1_700_000_000
pytestmark = pytest.mark.slow


def audit_of(running: RunningApp, folder: Path) -> Audit:
    orders = DeletionOrders.at((folder / "orders").as_uri(), lambda: b"key")
    return Audit(running.store, running.pictures, orders, f"sqlite:///{folder / 'engine.sqlite'}")


async def played(running: RunningApp) -> Game:
    asked = StartRequest("a cow on the moon", "painter", "critic", 2, 7, guild_id=GUILD, channel_id=5, starter_id=ANN)
    game = await running.app.games.start(asked)
    return await running.app.games.closed(game.id, timeout=LIMIT)


def execute(folder: Path, *statements: str, file: str = "telephone.sqlite") -> None:
    with closing(sqlite3.connect(folder / file)) as connection, connection:
        for statement in statements:
            assert connection.execute(statement).rowcount > 0, statement


def picture(folder: Path, game: Game) -> Path:
    sha256 = game.turns[0].picture.image
    return folder / "pictures" / sha256[:2] / sha256


async def _lose_a_picture(running, folder, game):
    picture(folder, game).unlink()


async def _damage_a_picture(running, folder, game):
    picture(folder, game).write_bytes(b"damaged")


async def _leave_a_picture(running, folder, game):
    sha256 = await running.pictures.put(_painted())
    os.utime(folder / "pictures" / sha256[:2] / sha256, (LONG_AGO, LONG_AGO))


def _painted():
    from telephone.media.images import verify

    return verify(paint("nobody's"))


async def _spend_more(running, folder, game):
    execute(folder, "UPDATE reservation SET spent = spent + 1")


async def _hold_money(running, folder, game):
    execute(folder, "UPDATE reservation SET settled_at = NULL")


async def _lose_a_job(running, folder, game):
    execute(
        folder,
        f"INSERT INTO expense VALUES ('e1', {GUILD}, 0, '2026-12-01', 'rescore prism', 5, 0, NULL)",
    )


async def _lose_the_money_of_a_job(running, folder, game):
    columns = "id, guild_id, embedder, version, state, games, until, asked_by, channel_id, created_at"
    values = f"'r1', {GUILD}, 'prism', '1', 'queued', 1, 1, 5, 0, '2026-12-01 00:00:00'"
    execute(folder, f"INSERT INTO rescore ({columns}) VALUES ({values})")


async def _post_one_message_as_two(running, folder, game):
    execute(folder, "UPDATE post SET message_id = (SELECT message_id FROM post WHERE what = '1c') WHERE what = '1p'")


async def _post_a_step_that_is_not_stored(running, folder, game):
    execute(folder, "UPDATE step SET kept_at = NULL, cost_usd = NULL WHERE turn = 2 AND kind = 'c'")


async def _leave_a_game_playing(running, folder, game):
    execute(folder, "UPDATE game SET state = 'playing'")


async def _lose_a_game(running, folder, game):
    execute(
        folder, "UPDATE workflow_status SET status = 'PENDING' WHERE workflow_uuid LIKE 'play-%'", file="engine.sqlite"
    )
    with closing(sqlite3.connect(folder / "telephone.sqlite")) as connection, connection:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("DELETE FROM game")


async def _bring_a_member_back(running, folder, game):
    await DeletionOrders.at((folder / "orders").as_uri(), lambda: b"key").keep("0123456789abcdef", ANN, now())


def battle(**more) -> BattleRow:
    values = {"id": "b1", "guild_id": GUILD, "number": 1, "state": "closed", "prompt": "x", "turns": 1, "seed": 1}
    values |= {"channel_id": 5, "starter_id": 6, "designed": False, "vote_seconds": 60, "created_at": now()}
    return BattleRow(**values | more)


async def _lose_the_sides_of_a_battle(running, folder, game):
    async with running.store._database.writing() as session:
        session.add(battle(closed_at=now()))


async def _lose_a_vote(running, folder, game):
    async with running.store._database.writing() as session:
        session.add(battle(erased=True, closed_at=now()))
        await session.flush()
        votes = b"\0" * PACKED.itemsize
        session.add(PollRow(battle_id="b1", guild_id=GUILD, sides=[], votes=votes, packed_at=now()))


Make = Callable[[RunningApp, Path, Game], Awaitable[None]]
FAULTS: dict[FaultKind, Make] = {
    FaultKind.PICTURE_MISSING: _lose_a_picture,
    FaultKind.PICTURE_DAMAGED: _damage_a_picture,
    FaultKind.PICTURE_UNUSED: _leave_a_picture,
    FaultKind.GAME_IDLE: _leave_a_game_playing,
    FaultKind.WORKFLOW_LOST: _lose_a_game,
    FaultKind.MONEY_DIFFERS: _spend_more,
    FaultKind.MONEY_HELD: _hold_money,
    FaultKind.MONEY_LOST: _lose_a_job,
    FaultKind.MONEY_UNBOOKED: _lose_the_money_of_a_job,
    FaultKind.POST_TWICE: _post_one_message_as_two,
    FaultKind.POST_EMPTY: _post_a_step_that_is_not_stored,
    FaultKind.MEMBER_BACK: _bring_a_member_back,
    FaultKind.BATTLE_SIDES: _lose_the_sides_of_a_battle,
    FaultKind.POLL_DIFFERS: _lose_a_vote,
}
MENDED = {FaultKind.MONEY_DIFFERS, FaultKind.MONEY_HELD, FaultKind.MONEY_LOST, FaultKind.POLL_DIFFERS}


def test_there_is_a_way_to_make_each_fault():
    assert set(FAULTS) == set(FaultKind)


@pytest.mark.parametrize("kind", FAULTS, ids=lambda kind: kind.words)
async def test_a_fault_is_found_and_what_can_be_counted_again_is_mended(tmp_path, kind):
    async with running_app(tmp_path) as running:
        game = await played(running)
        audit = audit_of(running, tmp_path)
        assert await audit.faults() == []
        await FAULTS[kind](running, tmp_path, game)
        found = await audit.faults()
        assert kind in {fault.kind for fault in found}
        if kind in MENDED:
            assert await running.store.faults.mend(found) == len(found)
            assert await audit.faults() == []
        else:
            await running.store.faults.mend(found)
            assert kind in {fault.kind for fault in await audit.faults()}

"""The cards of battles and parties while our own store is down: they say that they wait, and afterwards do not."""

import asyncio

import psycopg
import pytest
import sqlalchemy as sa

from telephone.battles.admission import BattleAsked
from telephone.engine import outages
from telephone.parties.service import PartyAsked
from tests.limits import LIMIT
from tests.support.app import running_app

pytestmark = pytest.mark.slow

GUILD, HOST = 77, 5
ASKED = BattleAsked(
    "a fox mends a clock",
    ("painter × critic", "stickers × critic"),
    turns=2,
    seed=7,
    guild_id=GUILD,
    starter_id=HOST,
    vote_seconds=60,
)


@pytest.fixture
async def running(tmp_path, monkeypatch):
    monkeypatch.setattr(outages, "LONGEST_PAUSE", 0.2)
    async with running_app(tmp_path) as opened:
        yield opened


class Down:
    """Makes a query of the store fail until it is over."""

    def __init__(self, monkeypatch, queries: object, name: str) -> None:
        self.over, get = False, getattr(type(queries), name)

        async def failing(this, *arguments, **options):
            if not self.over:
                raise sa.exc.OperationalError("SELECT 1", {}, psycopg.errors.lookup("57P03")("starting up"))
            return await get(this, *arguments, **options)

        monkeypatch.setattr(type(queries), name, failing)


async def until(reached) -> None:
    async with asyncio.timeout(LIMIT):
        while not reached():
            await asyncio.sleep(0.02)


async def test_a_battles_card_says_that_it_waits_for_our_store_and_later_that_it_goes_on(running, monkeypatch):
    running.provider.delay = 0.3
    cards = running.battle_presenter.cards
    battle = await running.app.battles.start(ASKED)
    await until(lambda: "opening" in running.battle_presenter.of(battle))
    await until(lambda: running.provider.submitted)
    down = Down(monkeypatch, running.store.battles, "get")
    await until(lambda: ("held up", None, 0) in cards)
    down.over = True
    await until(lambda: cards[-1][0] != "held up")
    await until(lambda: "call" in running.battle_presenter.of(battle))


async def test_a_partys_card_says_so_too(running, monkeypatch):
    cards = running.party_presenter.cards
    party = await running.app.parties.start(PartyAsked(players=3, rounds=2, starter_id=HOST, guild_id=GUILD))
    await until(lambda: cards)
    down = Down(monkeypatch, running.store.parties, "get")
    running.store.changes.tell(party.id)
    await until(lambda: "held up" in cards)
    down.over = True
    await until(lambda: cards[-1] != "held up")
    await running.app.parties.join(party.id, 12, server=GUILD)

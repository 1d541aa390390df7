"""An execution that has lost its workflow writes nothing; one that has it pays no statement more for a step."""

from contextlib import contextmanager, nullcontext
from functools import partial

import psycopg
import pytest
import sqlalchemy as sa

from telephone.domain.calls import Ticket
from telephone.domain.games import GameState
from telephone.domain.ownership import Ownership, TakenOver, own
from telephone.engine.lease import Alone
from telephone.store import Store, fencing
from telephone.store.game_posts import begin_post
from telephone.store.steps import Posted
from tests.telephone.store.samples import CAPTION, PICTURE, caption, picture, request

MINE, THEIRS = "the token of this execution", "the token of another one"


class Row:
    """The row of a workflow in the journal."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._do(
            "CREATE SCHEMA dbos", "CREATE TABLE dbos.workflow_status (workflow_uuid TEXT PRIMARY KEY, owner_xid TEXT)"
        )
        self._do(f"INSERT INTO dbos.workflow_status VALUES ('play', '{MINE}')")

    def hand_over(self) -> None:
        self._do("SET lock_timeout = '300ms'", f"UPDATE dbos.workflow_status SET owner_xid = '{THEIRS}'")

    def _do(self, *statements: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)


@pytest.fixture
def row(postgres_copy):
    return Row(postgres_copy)


@pytest.fixture
async def store(row):
    async with await Store.open(row.url) as opened:
        yield opened


@contextmanager
def executing(token: str = MINE):
    """What is done inside is done by the execution of the workflow `play` that has this token."""
    own(Ownership("play", token, Alone()))
    try:
        yield
    finally:
        own(None)


async def playing(store: Store) -> str:
    game = await store.games.add(request())
    await store.games.move(game.id, GameState.PLAYING, only_from=[GameState.QUEUED])
    return game.id


WRITES = {
    "ask": lambda store, game: store.steps.ask(game, CAPTION, "spotter-sharp", 7),
    "ask in a run": lambda store, game: store.steps.ask_in_run(game, 0, CAPTION, "spotter-sharp", seed=7, stake=0.1),
    "ask what was asked": lambda store, game: store.steps.ask_in_run(game, 0, PICTURE, "stickers", seed=7, stake=0.1),
    "ask again": lambda store, game: store.steps.ask_again(game, PICTURE, 0.1),
    "keep a ticket": lambda store, game: store.steps.keep_ticket(game, PICTURE, Ticket("job")),
    "drop a ticket": lambda store, game: store.steps.drop_ticket(game, PICTURE),
    "keep a step": lambda store, game: store.steps.keep(game, picture()),
    "keep another": lambda store, game: store.steps.keep_and_begin(game, caption(), None, "1c"),
    "begin a post": lambda store, game: store.posts.begin(game, "summary"),
    "begin a post again": lambda store, game: store.posts.begin(game, "card"),
    "end a post": lambda store, game: store.posts.done(game, "card", 9),
    "forget a post": lambda store, game: store.posts.forget(game, "card"),
    "move": lambda store, game: store.games.move(game, GameState.FINISHED, only_from=[GameState.PLAYING]),
    "a new run": lambda store, game: store.games.next_run(game),
    "charge": lambda store, game: store.budgets.charge(game, "1p/0/0", "unused", 0.1, doubled=False),
    "doubt": lambda store, game: store.budgets.doubt(game, "1p/0/0/x", 0.1),
}


@pytest.mark.parametrize("what", WRITES)
async def test_an_execution_that_lost_its_workflow_writes_nothing(store, row, what):
    game = await playing(store)
    await store.steps.ask_in_run(game, 0, PICTURE, "stickers", seed=7, stake=0.1)
    await store.posts.begin(game, "card")
    before = contents(row.url)
    row.hand_over()
    with executing(), pytest.raises(TakenOver):
        await WRITES[what](store, game)
    assert contents(row.url) == before
    with executing(THEIRS):
        await WRITES[what](store, game)
    assert contents(row.url) != before or what == "begin a post again"


async def test_the_message_of_a_lost_workflow_is_not_stored(store, row):
    game = await playing(store)
    await store.posts.begin(game, "1p")
    before = contents(row.url)
    row.hand_over()
    with executing():
        await store.steps.posted(game, Posted("1p", 9))
    assert contents(row.url) == before


@pytest.mark.parametrize("write", [lambda connection, _: fencing.check(connection), partial(begin_post, what="card")])
async def test_a_workflow_is_not_handed_on_while_its_execution_writes(store, row, write):
    game = await playing(store)
    engine = sa.create_engine(row.url.replace("postgresql://", "postgresql+psycopg://"))
    with executing(), engine.begin() as connection:
        write(connection, game)
        with pytest.raises(psycopg.errors.LockNotAvailable):
            row.hand_over()
    row.hand_over()
    engine.dispose()


async def test_whoever_is_in_no_workflow_meets_no_fence(store, row):
    row.hand_over()
    game = await playing(store)
    await store.steps.keep(game, picture())
    assert (await store.games.get(game)).steps


async def test_a_fenced_step_takes_no_statement_more(store):
    counted = []
    for who in (nullcontext(), executing()):
        game, statements = await playing(store), []

        def count(_connection, _cursor, text, *_, statements=statements):
            statements.append(text)

        sa.event.listen(sa.Engine, "before_cursor_execute", count)
        try:
            with who:
                await store.steps.ask_in_run(game, 0, PICTURE, "stickers", seed=7, stake=0.1)
                await store.steps.keep_ticket(game, PICTURE, Ticket("job"))
                await store.steps.keep_and_begin(game, picture(), None, "1p")
                posted = Posted("1p", 9)
                await store.steps.ask_in_run(game, 0, CAPTION, "spotter-sharp", seed=7, stake=0.1, posted=posted)
        finally:
            sa.event.remove(sa.Engine, "before_cursor_execute", count)
        assert any("owner_xid" in text for text in statements) is bool(counted)
        counted.append(len(statements))
    assert counted[0] == counted[1] > 0


def contents(url: str) -> list[list[tuple]]:
    """All that can change in this file, as it is stored."""
    with psycopg.connect(url) as connection:
        return [
            sorted(connection.execute(f"SELECT t::text FROM {table} t").fetchall())
            for table in ("game", "step", "post", "charge", "reservation", "image")
        ]

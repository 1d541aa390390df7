"""Cards are edited behind the games, seldom, and with what is stored when their turn comes."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from telephone.domain.games import Game, GameRequest, GameState, Pair, Prompt, Step, StepKey
from telephone.games.card_pace import CARD_PACE, EVERY_STEP, CardPace, ShownCards
from telephone.games.card_queue import CardQueue
from tests.limits import LIMIT

PAIR = Pair("painter", "critic")


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def edited():
    return []


async def emptied(queue):
    async with asyncio.timeout(LIMIT):
        while queue._tasks:
            await asyncio.sleep(0.001)


def played(turns: int = 10, steps: int = 0, *, ms: int = 2_000, name: str = "a") -> Game:
    """A game with so many steps, each of which took so many ms."""
    request = GameRequest(Prompt("a fox"), PAIR, turns, guild_id=1)
    game = Game(name, 1, request, GameState.PLAYING, datetime.now(UTC))
    for index in range(steps):
        key = StepKey.at(index)
        game = game.with_step(Step(key, PAIR.player(key.kind), seed=0, latency_ms=ms))
    return game


class Channel:
    """A queue over a table of games: `edits` has how many steps each edit showed, and when."""

    def __init__(self, clock: Clock, pace: CardPace = CARD_PACE) -> None:
        self.clock, self.edits = clock, []
        self.games: dict[str, Game] = {}
        self.shown = ShownCards(pace, clock=clock)
        self.queue = CardQueue(self.edit, self.shown, clock=clock, sleep=self.sleep)

    async def edit(self, game_id: str) -> None:
        game = self.games[game_id]
        self.edits.append((game_id, len(game.steps)))
        self.shown.edited(game)

    async def sleep(self, seconds: float) -> None:
        self.clock.now += seconds

    async def step(self, game: Game) -> None:
        self.games[game.id] = game
        self.queue.touch(game)
        await emptied(self.queue)


@pytest.mark.parametrize("step_s", [0.5, 2.0, 7.0])
@pytest.mark.parametrize(("turns", "at"), [(2, []), (4, []), (10, [10]), (20, [10, 20, 30])])
async def test_a_game_costs_one_edit_every_five_turns_however_fast_its_players_are(clock, turns, at, step_s):
    channel = Channel(clock)
    channel.shown.posted("a", GameState.PLAYING)
    for steps in range(2 * turns):
        await channel.step(played(turns, steps, ms=round(1_000 * step_s)))
        clock.now += step_s
    expected = [steps for steps in at if (2 * turns - steps) * step_s >= CARD_PACE.nearly]
    assert [steps for _, steps in channel.edits] == expected


async def test_a_game_that_waited_in_line_costs_no_more_than_one_that_began_at_once(clock):
    channel = Channel(clock)
    channel.shown.posted("a", GameState.QUEUED)
    for steps in range(20):
        await channel.step(played(10, steps))
        clock.now += 2.0
    assert channel.edits == [("a", 0)]


async def test_the_card_of_a_slow_game_never_stays_behind_for_long(clock):
    channel = Channel(clock)
    channel.shown.posted("a", GameState.PLAYING)
    for steps in range(8):
        await channel.step(played(4, steps, ms=60_000))
        clock.now += 60.0
    assert [steps for _, steps in channel.edits] == [3, 6]


async def test_a_card_that_another_process_showed_last_is_edited_once(clock):
    channel = Channel(clock)
    for steps in range(13, 20):
        await channel.step(played(10, steps))
        clock.now += 2.0
    assert channel.edits == [("a", 13)]


async def test_what_passes_soon_is_taken_back_by_the_next_step(clock):
    channel = Channel(clock)
    channel.shown.posted("a", GameState.PLAYING)
    channel.shown.edited(played(10, 3), passing=True)
    clock.now += 60.0
    for steps in (4, 5):
        await channel.step(played(10, steps))
    assert channel.edits == [("a", 4)]


async def test_that_a_player_is_slow_is_told_at_once_and_once(clock):
    channel = Channel(clock)
    channel.shown.posted("a", GameState.PLAYING)
    for steps in (1, 2, 3):
        game = channel.games["a"] = played(10, steps)
        channel.queue.touch(game, slow=True)
        await emptied(channel.queue)
        channel.shown.edited(game, slow=True)
    assert channel.edits == [("a", 1)]


async def test_two_edits_of_a_card_are_some_seconds_apart(clock):
    channel = Channel(clock)
    channel.shown.posted("a", GameState.PLAYING)
    channel.shown.edited(played(10, 3), passing=True)
    await channel.step(played(10, 4))
    assert clock.now == 100.0 + CARD_PACE.gap


async def test_the_place_in_line_is_shown_now_and_then(clock):
    channel = Channel(clock)
    channel.games["a"] = replace(played(), state=GameState.QUEUED)
    channel.shown.posted("a", GameState.QUEUED)
    clock.now += 50.0
    channel.queue.moved_up(1, "a")
    channel.queue.moved_up(1, "a")
    await emptied(channel.queue)
    assert channel.edits == [("a", 0)]
    assert clock.now == 100.0 + CARD_PACE.late


async def test_a_game_that_begins_does_not_wait_for_the_time_of_its_place(clock, edited):
    never = asyncio.Event()

    async def sleep(_seconds):
        await never.wait()

    async def edit(game_id):
        edited.append(game_id)

    shown = ShownCards(clock=clock)
    shown.posted("a", GameState.QUEUED)
    queue = CardQueue(edit, shown, clock=clock, sleep=sleep)
    clock.now += 6.0
    queue.moved_up(1, "a")
    queue.touch(played())
    await emptied(queue)
    assert edited == ["a"]


async def test_cards_of_a_server_are_edited_one_after_another_and_read_when_their_turn_comes(clock, edited):
    may = asyncio.Event()

    async def edit(game_id):
        edited.append(game_id)
        await may.wait()

    queue = CardQueue(edit, ShownCards(clock=clock), clock=clock)
    for name in ("a", "b", "a"):
        queue.touch(played(name=name))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert edited == ["a"]
    queue.touch(played(name="a"))  # what changes while a card is edited is shown by the next edit
    may.set()
    await emptied(queue)
    assert edited == ["a", "b", "a"]


async def test_a_closed_queue_edits_no_more(clock, edited):
    async def edit(game_id):
        edited.append(game_id)

    shown = ShownCards(clock=clock)
    shown.posted("a", GameState.QUEUED)
    queue = CardQueue(edit, shown, clock=clock)
    queue.moved_up(1, "a")
    await queue.close()
    await emptied(queue)
    assert edited == []


async def test_in_a_terminal_every_step_is_shown(clock):
    channel = Channel(clock, EVERY_STEP)
    for steps in range(4):
        await channel.step(played(2, steps, ms=10))
    assert [steps for _, steps in channel.edits] == [0, 1, 2, 3]

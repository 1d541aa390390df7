"""The data folders of earlier versions: today's bot opens them, and everything goes on to its end.

What is in the folders, record.py and record_midway.py say. The test knows no module of the product: it starts
processes, acts as members on the messages that version posted, and reads tables.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.golden.acting import BOT, answered, fill_in, found, press, telephone
from tests.golden.folder import DATA, DATA_2, OUTPUTS, Golden, ask, settings
from tests.standin import Standin
from tests.standin_providers import StandinApis

CAPTION, HELD = "a wall in one colour, seen by cy", "a wall in one colour, seen by di"
POSTED = " UNION ".join(f"SELECT message_id, what FROM {table}" for table in ("post", "battle_post", "party_post"))
TIMERS = "name LIKE 'Play.minding%' OR name LIKE 'Battling.waiting%'"
WELL = ("SUCCESS", "PENDING")
FINAL = "('finished', 'failed', 'stopped')"
"""What sleeps until a seat or a vote is due, though it was settled before; states of workflows; ends of a game."""
SERVERS = {DATA: ("Players", "Others"), DATA_2: ("Players", "Others", "Crowd")}
ENDS = {DATA: {"finished": 13}, DATA_2: {"finished": 20, "stopped": 1}}
"""How many games have ended so when all is over; a member stopped one before the upgrade."""


class Town:
    """Both worlds and the folder as they were, moved to now, with the bot of today on them."""

    def __init__(self, discord: Standin, apis: StandinApis, data: Path, golden: Golden) -> None:
        self.discord, self.apis, self.data, self.golden = discord, apis, data, golden
        self.players, self.others, *more = (discord.guild(name) for name in SERVERS[golden.folder])
        self.guilds = [self.players, self.others, *more]
        self.channel = self.players.channel("telephone")
        self.ada, self.bo, self.cy, self.di = (self.players.member(name) for name in ("ada", "bo", "cy", "di"))
        self.before = self.posted()
        self.paid = set(self.played())
        self.embedding = {one["id"] for one in self._embedded() if one["status"] == "processing"}
        """Calls of embedders that were under way when the bot was killed: those are made again."""

    def game(self, number: int) -> str:
        [(game_id,)] = ask(self.data, f"SELECT id FROM game WHERE number = {number} AND guild_id = {self.players.id}")
        return str(game_id)

    def posted(self) -> set[int]:
        """The messages that the bot has posted for everybody."""
        me = self.discord.world.backend.bot_user.id
        return {one.id for room in self._rooms() for one in self.discord.messages(room) if one.author_id == me}

    def played(self) -> list[str]:
        """The predictions that were paid for steps: all but those of embedders, and those that were called off."""
        made = self.apis.predictions.values()
        return [one["id"] for one in made if "modality" not in one["input"] and one["status"] != "canceled"]

    def embedded(self) -> list[str]:
        """What embedders were asked for, in calls that could be heard."""
        return [json.dumps(one["input"]) for one in self._embedded() if one["id"] not in self.embedding]

    def _embedded(self) -> list[dict[str, Any]]:
        return [one for one in self.apis.predictions.values() if "modality" in one["input"]]

    def _rooms(self) -> list[int]:
        channels = [guild.channel("telephone") for guild in self.guilds]
        return [*(one.id for one in channels), *(thread.id for one in channels for thread in self.discord.threads(one))]

    async def act(self) -> None:
        """Members do what is left to them, on messages that stood there before the upgrade."""
        await asyncio.gather(self.take_a_turn(), self.answer_a_turn(), self.vote(), self.play_a_round(), self.resume())

    async def take_a_turn(self) -> None:
        invitation = found(self.discord, self.channel, f"at1t:take:{self.game(4)}:1c")
        taken = await press(self.discord, self.cy, invitation, "take")
        form = await press(self.discord, self.cy, taken.response, "write")
        await fill_in(self.discord, self.cy, form, caption=CAPTION)

    async def answer_a_turn(self) -> None:
        """The turn was taken before the upgrade; what only its member saw of it then is still there."""
        held = found(self.discord, self.channel, f"at1t:write:{self.game(5)}:1c", viewer=self.di)
        form = await press(self.discord, self.di, held, "write")
        await fill_in(self.discord, self.di, form, caption=HELD)

    async def vote(self) -> None:
        card = found(self.discord, self.channel, "at1b:vote:")
        await press(self.discord, self.cy, card, "a")
        asked = await press(self.discord, self.ada, card, "close")
        await press(self.discord, self.ada, asked.response, "close-yes")

    async def play_a_round(self) -> None:
        """One of the two who are missing takes their turn, the other leaves, and a model stands in."""
        [(message_id,)] = ask(self.data, "SELECT message_id FROM party_post WHERE what = 'round-2'")
        [call] = [one for room in self._rooms() for one in self.discord.messages(room) if one.id == message_id]
        await press(self.discord, self.cy, call, "leave")
        turn = await press(self.discord, self.bo, call, "turn")
        form = await press(self.discord, self.bo, turn.response, "write")
        await fill_in(self.discord, self.bo, form, caption="a wall in one colour, seen by bo")

    async def resume(self) -> None:
        eve = self.others.member("eve")
        await answered(self.discord, await eve.slash(self.others.channel("telephone"), "telephone-admin resume"))

    async def rest(self) -> None:
        """Waits until every game has ended, and nothing is under way but timers."""
        for query, database in (
            (f"SELECT 1 FROM game WHERE state NOT IN {FINAL}", "telephone"),
            ("SELECT 1 FROM party WHERE state = 'revealing'", "telephone"),
            (f"SELECT 1 FROM workflow_status WHERE status IN ('PENDING', 'ENQUEUED') AND NOT ({TIMERS})", "engine"),
        ):
            await self.discord.until(lambda q=query, d=database: not ask(self.data, q, d), timeout=240)


@pytest.fixture(params=[pytest.param(DATA, id="before-the-packages"), pytest.param(DATA_2, id="two-durable-steps")])
async def town(request: pytest.FixtureRequest, standin: Standin, tmp_path: Path) -> AsyncIterator[Town]:
    golden, data = Golden.open(request.param), tmp_path / "data"
    async with StandinApis.open() as apis:
        moving = golden.moving()
        golden.copy(data, moving)
        golden.restore(standin, apis, moving)
        apis.outputs = OUTPUTS
        yield Town(standin, apis, data, golden)


@pytest.mark.slow
@pytest.mark.timeout(400)
async def test_everything_of_an_earlier_version_is_played_to_its_end(town: Town, tmp_path: Path):
    await _check_game_json(town, tmp_path)
    await town.discord.run_bot(BOT, env=settings(town.apis, town.data))
    await town.act()
    await town.rest()
    assert Counter(state for (state,) in ask(town.data, "SELECT state FROM game")) == ENDS[town.golden.folder]
    assert ask(town.data, "SELECT reason FROM game WHERE state = 'finished' AND reason IS NOT NULL") == []
    assert ask(town.data, "SELECT state, reason FROM battle") == [("closed", None)]
    assert ask(town.data, "SELECT choice, count(*) FROM vote GROUP BY choice") == [("a", 2)]
    assert ask(town.data, "SELECT state, reason FROM party") == [("finished", None)]
    _check_steps(town)
    _check_messages(town)
    _check_money(town)
    assert ask(town.data, f"SELECT name FROM workflow_status WHERE status NOT IN {WELL}", "engine") == []
    assert ask(town.data, "SELECT function_name, error FROM operation_outputs WHERE error IS NOT NULL", "engine") == []


async def _check_game_json(town: Town, folder: Path) -> None:
    told = "replay", "1", "--server", str(town.players.id), "--out", "finished"
    await telephone(folder, settings(town.apis, town.data), *told)
    today, then = (json.loads((place / "game.json").read_text()) for place in (folder / "finished", town.golden.folder))
    _check_holds(today, then)


def _check_holds(today: Any, then: Any) -> None:
    """Every key of then is there with its value; there may be more."""
    if isinstance(then, dict):
        assert then.keys() <= today.keys()
        for key, value in then.items():
            _check_holds(today[key], value)
    elif isinstance(then, list):
        for one, other in zip(today, then, strict=True):
            _check_holds(one, other)
    else:
        assert today == (pytest.approx(then) if isinstance(then, float) else then)


def _check_steps(town: Town) -> None:
    """Every game is whole, what members said is in it, and every step of a model was paid once."""
    assert not ask(town.data, "SELECT 1 FROM step WHERE kept_at IS NULL")
    whole = "2 * turns = (SELECT count(*) FROM step WHERE game_id = game.id)"
    assert ask(town.data, f"SELECT number FROM game WHERE state = 'finished' AND NOT {whole}") == []
    human = ask(town.data, "SELECT text FROM step WHERE player = 'human' AND kind = 'c'")
    assert Counter(human) == Counter(
        [(CAPTION,), (HELD,)] + [(f"a wall in one colour, seen by {name}",) for name in ("ada", "bo")]
    )
    paid = "SELECT reference FROM step WHERE cost_usd > 0"
    references = [reference for (reference,) in ask(town.data, paid)]
    assert sorted(references) == sorted(town.played())
    assert town.paid < set(references), "what was paid before the upgrade is played after it"


def _check_messages(town: Town) -> None:
    """Every message that a table knows stands there once, and no other does; none of the old ones is gone."""
    posted, known = town.posted(), ask(town.data, POSTED)
    assert {message_id for message_id, what in known if what != "thread"} == posted
    assert town.before < posted
    for game_id, turns, design in ask(town.data, "SELECT id, turns, design FROM game WHERE state = 'finished'"):
        whats = {what for (what,) in ask(town.data, f"SELECT what FROM post WHERE game_id = '{game_id}'")}
        steps = {f"{turn}{kind}" for turn in range(1, turns + 1) for kind in "pc"}
        assert whats >= (set() if design == "battle" else steps | {"opening", "summary"})
    assert {"verdict", "result"} <= {what for (what,) in ask(town.data, "SELECT what FROM battle_post")}
    albums = {f"{what}-{number}" for what in ("album", "replay") for number in (1, 2, 3)}
    assert albums | {"awards"} <= {what for (what,) in ask(town.data, "SELECT what FROM party_post")}


def _check_money(town: Town) -> None:
    """Nothing was billed twice, no text or picture was embedded twice, and every reservation is settled."""
    assert not ask(town.data, "SELECT 1 FROM step WHERE maybe_billed_twice")
    assert not ask(town.data, "SELECT 1 FROM reservation WHERE settled_at IS NULL")
    [(called_off, doubled)] = ask(town.data, "SELECT count(*), sum(doubled) FROM charge WHERE why = 'unused'")
    assert (called_off, doubled) == (1, 0)
    assert len(town.embedded()) == len(set(town.embedded()))

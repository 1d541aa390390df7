"""A data folder of the version before the packages: today's bot opens it, and everything goes on to its end.

What is in the folder, record.py says. The test knows no module of the product: it starts processes, acts as members on
the messages that version posted, and reads tables.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.golden.acting import BOT, answered, fill_in, found, press, telephone
from tests.golden.folder import DATA, OUTPUTS, Golden, ask, settings
from tests.standin import Standin
from tests.standin_providers import StandinApis

CAPTION, HELD = "a wall in one colour, seen by cy", "a wall in one colour, seen by di"
POSTED = " UNION ".join(f"SELECT message_id, what FROM {table}" for table in ("post", "battle_post", "party_post"))
TIMERS = "name LIKE 'Play.minding%' OR name LIKE 'Battling.waiting%'"
WELL = ("SUCCESS", "PENDING")
FINAL = "('finished', 'failed', 'stopped')"
"""What sleeps until a seat or a vote is due, though it was settled before; states of workflows; ends of a game."""


class Town:
    """Both worlds and the folder as they were, moved to now, with the bot of today on them."""

    def __init__(self, discord: Standin, apis: StandinApis, data: Path) -> None:
        self.discord, self.apis, self.data = discord, apis, data
        self.players, self.others = discord.guild("Players"), discord.guild("Others")
        self.channel = self.players.channel("telephone")
        self.ada, self.bo, self.cy, self.di = (self.players.member(name) for name in ("ada", "bo", "cy", "di"))
        self.before = self.posted()
        self.paid = set(self.played())

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

    def _rooms(self) -> list[int]:
        channels = [guild.channel("telephone") for guild in (self.players, self.others)]
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


@pytest.fixture
async def town(standin: Standin, tmp_path: Path) -> AsyncIterator[Town]:
    golden, data = Golden.open(), tmp_path / "data"
    async with StandinApis.open() as apis:
        moving = golden.moving()
        golden.copy(data, moving)
        golden.restore(standin, apis, moving)
        apis.outputs = OUTPUTS
        yield Town(standin, apis, data)


@pytest.mark.slow
@pytest.mark.timeout(400)
async def test_everything_of_the_version_before_the_packages_is_played_to_its_end(town: Town, tmp_path: Path):
    await _check_game_json(town, tmp_path)
    await town.discord.run_bot(BOT, env=settings(town.apis, town.data))
    await town.act()
    await town.rest()
    assert Counter(ask(town.data, "SELECT state, reason FROM game")) == {("finished", None): 13}
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
    today, then = (json.loads((place / "game.json").read_text()) for place in (folder / "finished", DATA))
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
    lacking = "SELECT number FROM game WHERE 2 * turns <> (SELECT count(*) FROM step WHERE game_id = game.id)"
    assert ask(town.data, lacking) == []
    human = ask(town.data, "SELECT text FROM step WHERE player = 'human' AND kind = 'c'")
    assert Counter(human) == Counter(
        [(CAPTION,), (HELD,)] + [(f"a wall in one colour, seen by {name}",) for name in ("ada", "bo")]
    )
    references = [reference for (reference,) in ask(town.data, "SELECT reference FROM step WHERE player <> 'human'")]
    assert sorted(references) == sorted(town.played())
    assert town.paid < set(references), "what was paid before the upgrade is played after it"


def _check_messages(town: Town) -> None:
    """Every message that a table knows stands there once, and no other does; none of the old ones is gone."""
    posted, known = town.posted(), ask(town.data, POSTED)
    assert {message_id for message_id, what in known if what != "thread"} == posted
    assert town.before < posted
    for game_id, turns, design in ask(town.data, "SELECT id, turns, design FROM game"):
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
    embedded = [json.dumps(one["input"]) for one in town.apis.predictions.values() if "modality" in one["input"]]
    assert len(embedded) == len(set(embedded))

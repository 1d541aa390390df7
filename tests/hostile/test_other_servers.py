"""No button, select or form touches what belongs to another server, whatever id somebody makes by hand.

The items and forms come from the bot's own registries, and their ids from their own templates: a new one is tested as
soon as the bot listens for it.
"""

from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from sqlalchemy import text

from bot.battles.buttons import OLD
from telephone.bootstrap import open_without_engine
from telephone.domain.battles import BattleRequest, Choice
from telephone.domain.budgets import Caps
from telephone.domain.games import HUMAN, GameRequest, GameState, Kind, Pair, Prompt, Step, StepKey
from telephone.domain.parties import PartyRequest
from telephone.domain.refusals import NoGame, NotHere
from telephone.domain.rescores import RescorePlan
from telephone.settings import Settings
from telephone.store import Order
from tests.hostile.press import items, loaded, pressed, sent
from tests.hostile.templates import written_out

HERE, THERE, MEMBER = 41, 42, 5
"""What is pressed belongs to THERE, and the member, who began all of it and may do anything, presses HERE."""
FIRST = StepKey(1, Kind.PICTURE)
PLAIN = {
    *("verb", "step", "argument", "page", "number", "level", "question", "member"),
    *("by", "view", "games", "prompts", "votes", "turns", "turn", "embedder"),
}
"""Groups that name nothing of a server: their item asks for the server where it is pressed."""
REFUSED = str(NotHere())


@dataclass
class World:
    """The bot, and the ids of what belongs to THERE, by the name of the group that holds one."""

    bot: object
    app: object
    ids: dict[str, list[str]]

    async def everything(self) -> dict[str, list[tuple]]:
        """All that is stored, by table, but for the presses themselves, which are stored while they are answered."""
        async with self.app.games.store._database.engine.connect() as connection:
            names = await connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'"))
            return {
                name: [tuple(row) for row in await connection.execute(text(f'SELECT * FROM "{name}"'))]
                for (name,) in names
                if name != "acknowledged"
            }


@pytest.fixture
async def world(tmp_path):
    async with a_world(tmp_path) as found:
        yield found


@asynccontextmanager
async def a_world(folder):
    runtime = await open_without_engine(Settings(_env_file=None, data_dir=folder))
    store, mine = runtime.app.games.store, {"guild_id": THERE, "starter_id": MEMBER, "channel_id": 3}
    pair, hazy = Pair("stickers", "spotter-sharp"), Pair("stickers", "spotter-hazy")
    games = []
    for state in (GameState.FINISHED, GameState.PAUSED):
        game = await store.games.add(GameRequest(Prompt("a red barn"), pair, turns=1, **mine))
        await store.games.move(game.id, GameState.PLAYING, only_from=[GameState.QUEUED])
        await store.steps.keep(game.id, Step(FIRST, "stickers", 1, image="0" * 64))
        await store.steps.keep(game.id, Step(StepKey(1, Kind.CAPTION), "spotter-sharp", 1, text="a barn", raw="a barn"))
        await store.games.move(game.id, state, only_from=[GameState.PLAYING], reason=None)
        games.append(game)
    held = await store.games.add(GameRequest(Prompt("a red barn"), Pair(HUMAN, "spotter-sharp"), turns=1, **mine))
    await store.games.move(held.id, GameState.PLAYING, only_from=[GameState.QUEUED])
    await store.seats.open(held.id, FIRST, "stickers", 600)
    await store.seats.claim(held.id, FIRST, MEMBER, 600)
    await store.reports.add(games[0].id, FIRST, 6, "other")
    battles = []
    for _ in range(2):
        asked = BattleRequest(Prompt("a red barn"), (pair, hazy), turns=1, seed=7, **mine)
        battles.append(await store.battles.add(asked, [0, 1]))
    await store.battles.open_voting(battles[0].id)
    parties = [await store.parties.add(PartyRequest(4, "stickers", "spotter-sharp", **mine)) for _ in range(2)]
    plan, order = RescorePlan(THERE, "minilm", "2", games=3, until=9, most_usd=0.0), Order(0.0, Caps())
    job, _ = await store.rescores.begin(plan, order, by=MEMBER, channel_id=3)
    sides = [f"{battles[0].id}-{Choice.of_side(place).value}" for place in range(2)]
    ids = {
        "game": [*(game.id for game in (*games, held)), *sides],
        "battle": [battle.id for battle in battles],
        "party": [party.id for party in parties],
        "what": [job.id],
    }
    yield World(await loaded(runtime.app), runtime.app, ids)
    await runtime.close()


def made_by_hand(template, ids):
    """The ids that a template accepts and that name something of THERE."""
    names = set(template.groupindex)
    assert names <= PLAIN | set(ids), f"does {names - PLAIN} name something that belongs to a server?"
    found = []
    for name in names & set(ids):
        for one in ids[name]:
            found += written_out(template, {name: one, "member": str(MEMBER)})
    return [one for one in dict.fromkeys(found) if template.fullmatch(one)]


NOTHING_OF_A_SERVER = ("at1:rescore:go:",)
"""Begins of ids whose last part is no id of a thing: the name of an embedder."""


def expected(world, custom_id) -> list[list[str]]:
    """What may be said: a side's name, as reports know it, is the id of no game, and some ids are of no button."""
    sides = [one for one in world.ids["game"] if "-" in one and one in custom_id]
    return [[REFUSED], *([str(NoGame(one))] for one in sides), *([[OLD]] if custom_id.startswith("at1b:") else [])]


async def test_no_item_touches_what_belongs_to_another_server(world):
    tried = [one for template in items(world.bot) for one in made_by_hand(template, world.ids)]
    tried = [one for one in tried if not one.startswith(NOTHING_OF_A_SERVER)]
    before = await world.everything()
    wrong, refused = {}, set()
    for custom_id in tried:
        for press in await pressed(world.bot, custom_id, "1p", guild_id=HERE, member_id=MEMBER):
            if press.response.said not in expected(world, custom_id) or press.response.forms:
                wrong[custom_id] = press.response.said or press.response.forms
            elif press.response.said == [REFUSED]:
                refused.add(verb_of(world, custom_id))
    assert wrong == {}
    assert refused == {verb_of(world, custom_id) for custom_id in tried}
    assert len(refused) > 30
    assert await world.everything() == before


def verb_of(world, custom_id) -> str:
    """What an id says before it names a thing."""
    return min((custom_id.partition(one)[0] for ones in world.ids.values() for one in ones), key=len)


async def test_no_form_touches_what_belongs_to_another_server(world):
    tried = [one for template in world.bot.forms for one in made_by_hand(template, world.ids)]
    assert len(tried) > 3
    before = await world.everything()
    for custom_id in tried:
        fields = {"caption": "a barn in the sun", "prompt": "a barn in the sun"}
        press = await sent(world.bot, custom_id, fields, guild_id=HERE, member_id=MEMBER)
        assert press.response.said in expected(world, custom_id), custom_id
    assert await world.everything() == before


async def test_nothing_of_a_server_is_touched_from_a_direct_message(world):
    before = await world.everything()
    for custom_id in (one for template in items(world.bot) for one in made_by_hand(template, world.ids)):
        for press in await pressed(world.bot, custom_id, "1p", guild_id=None, member_id=MEMBER):
            [said] = press.response.said
            assert "Ref " not in said, custom_id
    assert await world.everything() == before


async def test_what_is_refused_elsewhere_is_done_on_its_own_server(world):
    """The refusals above are not those of things that could not be done anyway."""
    game, battle, party = (world.ids[name][0] for name in ("game", "battle", "party"))
    for custom_id, done in (
        (f"at1:stop:{world.ids['game'][1]}", "Stop game #2 at turn 1?"),
        (f"at1b:vote:{battle}:a", "You chose A"),
        (f"at1b:close:{battle}", "Close battle 1 now"),
        (f"at1p:leave:{party}", "You are out"),
        (f"at1r:void:{game}:1p", "voided"),
    ):
        [press] = await pressed(world.bot, custom_id, None, guild_id=THERE, member_id=MEMBER)
        assert done in " ".join(press.response.said), custom_id

"""Two gateways, two workers and a page as processes of their own, on one Postgres and one S3 server, with the commands
and environments of docker/compose.yaml: games, a battle, a party and members' turns, and a worker killed for good."""

import asyncio
import io
import logging
import re
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from PIL import Image as pil

from tests.limits import LIMIT
from tests.standin.loopback import Guild, Standin
from tests.standin.members import Interaction, Member
from tests.standin.records import Message
from tests.support.cluster import GATEWAYS, WORKERS, Cluster, running_cluster, running_storage
from tests.support.postgres import NoPostgres, new_database, running_postgres

logging.getLogger("werkzeug").setLevel(logging.WARNING)
pytestmark = pytest.mark.long
GOES_ON_WITHIN = 60.0
"""Seconds within which the games of a dead worker go on."""


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[Cluster]:
    try:
        with running_postgres() as server, new_database(server) as database, running_storage() as storage:
            async with Standin.open(logs=tmp_path, acknowledge_within=LIMIT, shards=2) as standin:
                async with running_cluster(standin, database, storage, tmp_path) as cluster:
                    yield cluster
                standin.check()
    except NoPostgres as reason:
        pytest.skip(f"no Postgres here: {reason}")


class Room:
    """A server's channel and its members."""

    def __init__(self, cluster: Cluster, guild: Guild) -> None:
        self.standin, self.guild, self.channel = cluster.standin, guild, guild.create_text_channel("telephone")
        self.members = [guild.add_member(name) for name in ("ada", "bo", "cy")]

    def messages(self) -> list[Message]:
        threads = self.standin.threads(self.channel)
        rooms = [self.channel.id, *(thread.id for thread in threads)]
        return sorted((one for room in rooms for one in self.standin.messages(room)), key=lambda one: one.id)

    async def shown(self, words: str, *, timeout: float | None = None) -> Message:
        """The newest message, in the channel or a thread, that says so."""
        return await self.standin.until(
            lambda: next((one for one in reversed(self.messages()) if words in one.text), None), timeout=timeout
        )

    async def told(self, pressed: Interaction, words: str = "") -> Interaction:
        """What the member alone is told."""
        await self.standin.until(lambda: pressed.response and not pressed.response.loading)
        assert pressed.response is not None
        assert pressed.response.text.startswith(words), pressed.response.text
        return pressed

    async def press(self, member: Member, message: Message, label: str, words: str = "") -> Interaction:
        return await self.told(await member.click(message, label=label), words)


@pytest.mark.timeout(900)
async def test_what_a_cluster_plays_goes_on_when_a_worker_dies_for_good_and_nothing_is_doubled(cluster: Cluster):
    standin = cluster.standin
    games, party = (Room(cluster, standin.create_guild(f"Server {shard}", shard=shard)) for shard in (0, 1))
    ada, bo, cy = games.members
    await ada.slash(games.channel, "telephone start", prompt="a fox mends a clock", t2i="stickers", turns=20, seed=1)
    await bo.slash(games.channel, "telephone start", prompt="a snail in a library", t2i="doodles", turns=20, seed=2)
    await party.members[0].slash(
        party.channel, "telephone battle", prompt="#easy-002", turns=6,
        pair_a="stickers × spotter-sharp", pair_b="doodles × spotter-hazy",
    )  # fmt: skip

    victim = await _who_plays(cluster, "a fox mends a clock")
    cluster.processes[victim].kill()
    await cluster.processes[victim].ended()
    seen = len(_steps(games))
    stood = await _left_by_the_dead(cluster)
    await standin.until(lambda: len(_steps(games)) > seen, timeout=GOES_ON_WITHIN)
    async with asyncio.timeout(GOES_ON_WITHIN):
        while await _left_by_the_dead(cluster) & stood:
            await asyncio.sleep(0.2)

    await _draw_on_the_page(cluster, games, cy)
    await _party_of_three(party)
    for number in (1, 2):
        await games.shown(f"### #{number} finished")
    await party.shown("**Which side")
    await party.press(party.members[0], await party.shown("which side degraded least"), "A", "You chose A")
    await party.shown("1 vote")

    await standin.until(
        lambda: not [one for room in (games, party) for one in room.messages() if "Playing" in one.text]
    )
    _check_nothing_is_doubled(cluster, games, party)
    await _check_the_store(cluster)
    for service in (*GATEWAYS, "page", next(one for one in WORKERS if one != victim)):
        assert (await cluster.asked(service, "readyz"))[0] == 200
        assert "telephone_store_up 1.0" in (await cluster.asked(service, "metrics"))[1]
    for service in (*GATEWAYS, "page"):
        assert _plays_nothing(cluster.processes[service].log), service


async def _who_plays(cluster: Cluster, prompt: str) -> str:
    """The worker that has played some steps of a game."""
    while not (known := await cluster.rows("SELECT id FROM game WHERE prompt = %s", prompt)):
        await asyncio.sleep(0.1)
    [[game_id]] = known

    def found() -> str | None:
        lines = {one: cluster.processes[one].log.splitlines() for one in WORKERS}
        counted = {one: sum("step played" in line and game_id in line for line in lines[one]) for one in WORKERS}
        return next((one for one, steps in counted.items() if steps >= 4), None)

    return await cluster.standin.until(found)


async def _left_by_the_dead(cluster: Cluster) -> set[tuple[str, str]]:
    """The workflows that run in the journal under the name of a process that no lock stands for."""
    rows = await cluster.rows(
        "SELECT workflow_uuid, executor_id FROM dbos.workflow_status WHERE status = 'PENDING' AND NOT EXISTS"
        " (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND classid = %s"
        " AND objid = (hashtext(executor_id)::bigint & 4294967295)::oid)",
        0x7E1E,
    )
    return {(str(workflow), str(worker)) for workflow, worker in rows}


async def _draw_on_the_page(cluster: Cluster, room: Room, member: Member) -> None:
    """A member takes a turn at a gateway, draws it on the page, and describes the next picture in a form."""
    await member.slash(
        room.channel, "telephone start", prompt="a kite over the sea", t2i="human", i2t="human", turns=1, sealed=True
    )
    claim = await room.press(member, await room.shown("### Turn 1: draw a picture"), "Take this turn")
    assert claim.response is not None
    [link] = [part["url"] for part in claim.response.parts if part.get("label") == "Draw in browser"]
    assert link.startswith(cluster.public_url)
    drawn = io.BytesIO()
    pil.new("RGB", (640, 480), "tomato").save(drawn, "PNG")
    async with aiohttp.ClientSession(headers={"Origin": cluster.public_url}) as browser:
        async with browser.get(link) as page:
            assert "a kite over the sea" in await page.text()
        async with browser.post(link, data=drawn.getvalue()) as answer:
            assert (answer.status, (await answer.json())["sentence"][:19]) == (200, "Your drawing is in.")
    bo = room.members[1]
    claim = await room.press(bo, await room.shown("### Turn 1: write a caption"), "Take this turn")
    assert claim.response is not None
    form = await bo.click(claim.response, label="Write caption")
    await room.told(await bo.submit(form, {"caption": "a red sheet of paper"}), "Thank you")
    await room.shown("### #3 finished")


async def _party_of_three(room: Room) -> None:
    ada, bo, cy = room.members
    await ada.slash(room.channel, "telephone party", players=3, rounds=2, stand_in="doodles")
    card = await room.shown("### Party 1: who joins in?")
    for member in (bo, cy):
        await room.press(member, card, "Join")
    call = await room.shown("### Bring a prompt")
    for member in room.members:
        await room.press(member, call, "Give me one")
    for round_ in (1, 2):
        call = await room.shown(f"### Round {round_} of 2")
        for number, member in enumerate(room.members):
            turn = await room.press(member, call, "Show me mine", "Only you see this")
            assert turn.response is not None
            form = await member.click(turn.response, label="Upload" if round_ == 1 else "Write caption")
            picture = io.BytesIO()
            pil.new("RGB", (300, 200), (40 * round_, 60 * number, 90)).save(picture, "PNG")
            said = f"{member.name} sees something"
            sent = {"drawing": [("me.png", picture.getvalue())]} if round_ == 1 else {"caption": said}
            await room.told(await member.submit(form, sent), "Thank you")
    await room.shown("### Party 1 is over")


def _steps(room: Room) -> list[str]:
    """The titles of the steps that were posted, with the threads they stand in."""
    titles = [(one.channel_id, one.text.splitlines()[0] if one.text else "") for one in room.messages()]
    return [f"{place} {title}" for place, title in titles if re.match(r"\*\*(Turn|Round) \d+ of", title)]


def _check_nothing_is_doubled(cluster: Cluster, games: Room, party: Room) -> None:
    """Every step stands once, and every interaction was answered once, by one process."""
    steps = Counter(_steps(games))
    assert set(steps.values()) == {1}
    assert sorted(Counter(one.split()[0] for one in steps).values()) == [2, 40, 40]
    assert list(Counter(_steps(party)).values()) == [3, 3], "each album shows a picture and a caption"
    [battle] = {one.channel_id for one in party.messages() if one.text.startswith("**Which side")}
    rounds = [one.text for one in party.messages() if one.channel_id == battle]
    assert len(rounds) >= 8, "the prompt, six rounds, the ballot"
    assert len({*rounds}) == len(rounds)
    answered = Counter(
        found[1]
        for one in cluster.standin.sent
        if one.method == "POST" and (found := re.search(r"/interactions/(\d+)/[^/]+/callback", one.path))
    )
    assert answered
    assert set(answered.values()) == {1}


async def _check_the_store(cluster: Cluster) -> None:
    """Every game came to its end."""
    states = Counter(state for (state,) in await cluster.rows("SELECT state FROM game"))
    assert set(states) == {"finished"}, states


def _plays_nothing(log: str) -> bool:
    """Whether all steps in a process's log are members' own."""
    return all("human" in line for line in log.splitlines() if "step played" in line)

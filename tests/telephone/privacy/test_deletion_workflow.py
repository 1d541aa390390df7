"""All that is kept of a member is deleted, whatever happens meanwhile, and the others play on as before."""

import asyncio
from dataclasses import replace

import psycopg
import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from telephone.domain.games import ERASED, Game, GameState
from telephone.domain.parties import PartyState
from telephone.domain.refusals import OutOfReach
from telephone.engine import outages
from telephone.engine.engine import Engine
from telephone.errors import BadInput, NotFound, StageGone, Unavailable
from telephone.games.admission import StartRequest
from telephone.media.images import Pictures
from telephone.ports.runners import LeftToSweeps
from telephone.privacy.service import PrivacyService
from telephone.store import Store
from telephone.store.erasures import Erasures
from telephone.store.games import Games
from telephone.store.vectors import Vectors
from tests.limits import LIMIT
from tests.support.app import RunningApp, running_app
from tests.support.orders import no_orders
from tests.support.surfaces import RecordedCleanup, RecordedGames
from tests.telephone.parties.test_workflow import ASKED, becomes, begun, plays
from tests.telephone.store.lives import take
from tests.telephone.store.samples import GUILD

pytestmark = pytest.mark.slow

PICTURES = Pictures.at("memory:///")
ANN, BEN = 1_100_000_000_000_000_001, 1_100_000_000_000_000_002
WORDS = "grandmother's secret garden in Ulm"


def asked(starter: int, prompt: str, turns: int = 2) -> StartRequest:
    return StartRequest(prompt, "painter", "critic", turns, 7, guild_id=GUILD, channel_id=5, starter_id=starter)


async def played(running: RunningApp, starter: int, prompt: str) -> Game:
    game = await running.app.games.start(asked(starter, prompt))
    return await running.app.games.closed(game.id, timeout=LIMIT)


async def deleted(running: RunningApp, member: int) -> None:
    order = await running.app.privacy.erase(member)
    assert await running.app.privacy.erased(order.id, timeout=LIMIT)


def kept(folder) -> bytes:
    """Every byte of store, engine and pictures, with the names of the files."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "models.toml"]
    return b"".join(path.name.encode() + path.read_bytes() for path in files)


async def test_an_outage_of_the_store_is_waited_for_however_long_it_lasts(tmp_path, monkeypatch):
    monkeypatch.setattr(outages, "LONGEST_PAUSE", 0.1)
    needed, times = Erasures.is_needed, 6  # more than an entry has attempts

    async def failing(self, *arguments):
        nonlocal times
        if times:
            times -= 1
            raise sa.exc.OperationalError("SELECT 1", {}, psycopg.errors.lookup("57P03")("starting up"))
        return await needed(self, *arguments)

    async with running_app(tmp_path) as running:
        mine = await played(running, ANN, WORDS)
        monkeypatch.setattr(Erasures, "is_needed", failing)
        with capture_logs() as logs:
            await deleted(running, ANN)
        assert times == 0
        assert not any("exc_info" in entry for entry in logs)
        with pytest.raises(NotFound):
            await running.app.games.get(mine.id, server=GUILD)


async def test_nothing_of_a_member_is_left_in_store_engine_and_pictures(tmp_path):
    async with running_app(tmp_path) as running:
        bens = await played(running, BEN, "a cow on the moon")
        mine = await played(running, ANN, WORDS)
        pictures = {turn.picture.image for turn in mine.turns}
        assert pictures.isdisjoint(turn.picture.image for turn in bens.turns)
        await deleted(running, ANN)
        left = kept(tmp_path)
        assert WORDS.encode() not in left
        assert str(ANN).encode() not in left
        assert mine.turns[0].caption.text.encode() not in left
        assert mine.id.encode() in left, "its numbers stay"
        assert not any(sha256.encode() in left for sha256 in pictures)
        assert await running.app.games.get(bens.id, server=GUILD) == bens
        assert (await running.app.games.replay(bens.id, server=GUILD)).data
        with pytest.raises(NotFound):
            await running.app.games.get(mine.id, server=GUILD)
        (spot,) = running.cleanup.swept
        assert (spot.owner_id, spot.channel_id) == (mine.id, 5)
        assert (spot.thread_id, spot.messages) == (mine.place.thread_id, (mine.place.card_id,))
        again = await played(running, ANN, "something new")
        assert again.state is GameState.FINISHED
    engine = (tmp_path / "engine.sqlite").read_bytes()
    assert f"play-{bens.id}-0".encode() in engine
    async with await Store.open(f"sqlite:///{tmp_path / 'telephone.sqlite'}") as store:
        assert (await store.traces.counts(ANN))["games"] == 1


async def test_the_vectors_of_what_only_they_said_go(tmp_path):
    async with running_app(tmp_path) as running:
        bens = await played(running, BEN, "a cow on the moon")
        mine = await played(running, ANN, WORDS)
        embedder = running.measure.embedders["letters"]
        texts = [mine.request.prompt.text, bens.request.prompt.text, bens.turns[0].caption.text]
        assert set(await embedder.kept(texts)) == set(texts)
        await deleted(running, ANN)
        assert set(await embedder.kept(texts)) == set(texts[1:])


async def test_a_game_under_way_is_stopped_and_what_it_was_drawing_is_not_kept(tmp_path):
    async with running_app(tmp_path) as running:
        running.provider.delay = 0.3
        game = await running.app.games.start(asked(ANN, WORDS, turns=9))
        for _ in range(200):
            if len((await running.app.games.get(game.id, server=GUILD)).steps) > 2:
                break
            await asyncio.sleep(0.05)
        await deleted(running, ANN)
        submitted = len(running.provider.submitted)
        await asyncio.sleep(0.8)
        assert len(running.provider.submitted) == submitted, "nobody plays on"
        assert WORDS.encode() not in kept(tmp_path)
        assert await running.store.games.count(GUILD, [GameState.STOPPED]) == 1
        assert await running.store.games.unfinished() == []


async def test_a_turn_in_anothers_game_is_shown_as_deleted_and_the_game_stays(tmp_path):
    async with running_app(tmp_path) as running:
        game_id = await take(running.store, ANN, WORDS, starter=BEN)
        await running.store.games.move(game_id, GameState.FINISHED, only_from=tuple(GameState))
        await running.store.posts.done(game_id, "thread", 71)
        await running.store.posts.done(game_id, "1c", 72)
        await deleted(running, ANN)
        game = await running.app.games.get(game_id, server=GUILD)
        assert game.turns[0].caption.text == ERASED
        assert running.game_presenter.shows == {"1c": "hidden"}
        assert running.cleanup.swept == []
        assert WORDS.encode() not in kept(tmp_path)


async def test_where_others_took_turns_only_the_words_go_and_the_messages_say_so(tmp_path):
    async with running_app(tmp_path) as running:
        game_id = await take(running.store, BEN, "what ben saw", starter=ANN)
        await running.store.games.move(game_id, GameState.FINISHED, only_from=tuple(GameState))
        for what, message_id in (("card", 70), ("thread", 71), ("opening", 72), ("1c", 73)):
            await running.store.posts.done(game_id, what, message_id)
        await deleted(running, ANN)
        assert running.game_presenter.shows["opening"].startswith("(deleted by who wrote it, ")
        assert running.cleanup.swept == []
        assert (await running.app.games.get(game_id, server=GUILD)).turns[0].caption.text == "what ben saw"
        assert b"a train in the rain" not in kept(tmp_path)


async def test_a_discord_that_does_not_answer_is_tried_again_and_one_that_is_closed_is_left(tmp_path):
    cleanup = RecordedCleanup(faults=[Unavailable("Discord did not answer."), OSError("a bug")], barred=True)
    async with running_app(tmp_path, cleanup=cleanup) as running:
        mine = await played(running, ANN, WORDS)
        await deleted(running, ANN)
        assert [spot.owner_id for spot in cleanup.swept] == [mine.id]
        assert WORDS.encode() not in kept(tmp_path)


async def test_what_is_out_of_reach_is_told_and_tried_again_after_a_restart(tmp_path, monkeypatch):
    monkeypatch.setattr("telephone.privacy.deletion_workflow.LATER", 1)
    async with running_app(tmp_path, cleanup=RecordedCleanup(barred=True)) as running:
        mine = await played(running, ANN, WORDS)
        await deleted(running, ANN)
        assert WORDS.encode() not in kept(tmp_path)
        with pytest.raises(OutOfReach) as told:
            await running.app.privacy.footprint(ANN)
        assert told.value.places == (mine.place.thread_id,)
        assert (await running.app.privacy.file_of(ANN)).out_of_reach == [mine.place.thread_id]
    async with running_app(tmp_path) as running:
        async with asyncio.timeout(LIMIT):
            while await running.app.privacy.out_of_reach(ANN):
                await asyncio.sleep(0.05)
        assert [spot.thread_id for spot in running.cleanup.swept] == [mine.place.thread_id]
        with pytest.raises(BadInput, match="Nothing is kept of you"):
            await running.app.privacy.footprint(ANN)
    assert str(ANN).encode() not in kept(tmp_path)


@pytest.mark.parametrize("what", ["permission", "thread", "limit", "silent", "unknown"])
async def test_a_place_that_refuses_an_edit_is_no_place_that_is_gone(tmp_path, monkeypatch, what):
    async with running_app(tmp_path) as running:
        game_id = await take(running.store, ANN, WORDS, starter=BEN)
        await running.store.games.move(game_id, GameState.FINISHED, only_from=tuple(GameState))
        await running.store.posts.done(game_id, "thread", 71)
        await running.store.posts.done(game_id, "1c", 72)

        async def refuses(*_):
            raise StageGone("no", what)

        monkeypatch.setattr(RecordedGames, "edit_step", refuses)
        await deleted(running, ANN)
        assert await running.app.privacy.out_of_reach(ANN) == [71]


async def test_what_is_gone_is_not_out_of_reach(tmp_path, monkeypatch):
    async def gone(*_):
        raise StageGone("no", "thread", gone=True)

    monkeypatch.setattr(RecordedGames, "edit_step", gone)
    async with running_app(tmp_path) as running:
        game_id = await take(running.store, ANN, WORDS, starter=BEN)
        await running.store.games.move(game_id, GameState.FINISHED, only_from=tuple(GameState))
        await running.store.posts.done(game_id, "thread", 71)
        await running.store.posts.done(game_id, "1c", 72)
        await deleted(running, ANN)
        assert await running.app.privacy.out_of_reach(ANN) == []


async def test_a_deletion_that_was_interrupted_is_carried_out_at_the_next_start(tmp_path):
    cleanup = RecordedCleanup(held=asyncio.Event())
    async with running_app(tmp_path, cleanup=cleanup) as running:
        mine = await played(running, ANN, WORDS)
        order = await running.app.privacy.erase(ANN)
        assert not await running.app.privacy.erased(order.id, timeout=3)
        assert cleanup.swept == []
    async with running_app(tmp_path) as running:
        assert await running.app.privacy.erased(order.id, timeout=LIMIT)
        assert [spot.thread_id for spot in running.cleanup.swept] == [mine.place.thread_id]
        assert WORDS.encode() not in kept(tmp_path)


def hold(monkeypatch, owner, name: str) -> asyncio.Event:
    """Has a function do its work and then never come back; the event says that it got there."""
    there, work = asyncio.Event(), getattr(owner, name)

    async def held(*arguments, **options):
        await work(*arguments, **options)
        there.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(owner, name, held)
    return there


@pytest.mark.long
@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (Erasures, "under_way"),
        (Games, "move"),
        (Vectors, "forget"),
        (Erasures, "erase"),
        (RecordedCleanup, "sweep"),
        (RecordedGames, "edit_opening"),
        (Pictures, "delete"),
        (Engine, "forget"),
        (Erasures, "forget"),
        (Store, "compact"),
        (Erasures, "end"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
async def test_a_deletion_cut_off_after_any_piece_of_work_leaves_nothing(tmp_path, monkeypatch, owner, name):
    async with running_app(tmp_path) as running:
        bens = await played(running, BEN, "a cow on the moon")
        mine = await played(running, ANN, WORDS)
        shared = await take(running.store, BEN, "what ben saw", starter=ANN)
        for what, message_id in (("card", 70), ("thread", 71), ("opening", 72)):
            await running.store.posts.done(shared, what, message_id)
        with monkeypatch.context() as patched:
            there = hold(patched, owner, name)
            order = await running.app.privacy.erase(ANN)
            await asyncio.wait_for(there.wait(), LIMIT)
    async with running_app(tmp_path) as running:
        assert await running.app.privacy.erased(order.id, timeout=LIMIT)
        assert await running.store.erasures.unended() == []
        assert all(trace.encode() not in kept(tmp_path) for trace in (WORDS, str(ANN), mine.turns[0].caption.text))
        assert await running.app.games.get(bens.id, server=GUILD) == bens
        assert (await running.app.games.get(shared, server=GUILD)).request.prompt.text.startswith("(deleted ")


async def test_pictures_that_cannot_be_reached_are_tried_again(tmp_path, monkeypatch):
    async with running_app(tmp_path) as running:
        mine = await played(running, ANN, WORDS)
        delete, faults = running.pictures.delete, [Unavailable("The pictures cannot be reached.")]

        async def fails_once(sha256):
            if faults:
                raise faults.pop()
            await delete(sha256)

        monkeypatch.setattr(running.pictures, "delete", fails_once)
        await deleted(running, ANN)
        assert not any(turn.picture.image in str(path) for turn in mine.turns for path in tmp_path.rglob("*"))


async def test_what_the_operator_ordered_beside_the_bot_is_carried_out_when_it_starts(tmp_path):
    async with running_app(tmp_path) as running:
        await played(running, ANN, WORDS)
    async with await Store.open(f"sqlite:///{tmp_path / 'telephone.sqlite'}") as store:
        order = await PrivacyService(store, PICTURES, LeftToSweeps(), no_orders()).erase(ANN)
        with pytest.raises(BadInput, match="Nothing is kept of you"):
            await PrivacyService(store, PICTURES, LeftToSweeps(), no_orders()).erase(4_711)
    async with running_app(tmp_path) as running:
        assert await running.app.privacy.erased(order.id, timeout=LIMIT)
        assert WORDS.encode() not in kept(tmp_path)


async def test_a_party_that_has_ended_keeps_what_the_others_made_and_its_awards_quote_nothing_that_went(tmp_path):
    async with running_app(tmp_path) as running:
        members = (ANN, BEN, BEN + 1, BEN + 2)
        party = await begun(running, members, replace(ASKED, starter_id=ANN))
        for round_ in range(1, 5):
            await becomes(running, party, PartyState.PLAYING, round_)
            for member in members:
                await plays(running, party, member)
        done = await becomes(running, party, PartyState.FINISHED)
        said = {step.text for album in done.albums for step in album.game.steps if step.text}
        shown = len(running.party_presenter.awarded)
        await deleted(running, ANN)
        after = await running.store.parties.get(party.id)
        assert [album.game.id for album in after.albums] == [album.game.id for album in done.albums]
        steps = [step for album in after.albums for step in album.game.steps]
        assert sum(step.erased for step in steps) == 4, "one turn a round"
        assert {step.text for step in steps if step.text} - {ERASED} == {text for text in said if str(ANN) not in text}
        prompts = sorted(album.game.request.prompt.text for album in after.albums)
        assert prompts[0].startswith("(deleted by who wrote it, ")
        assert prompts[1:] == [f"the prompt of member {member}" for member in members[1:]]
        assert len(running.party_presenter.awarded) == shown + 1
        assert str(ANN).encode() not in kept(tmp_path)
        assert running.cleanup.swept == []


async def test_who_is_at_a_party_that_has_not_begun_only_leaves_it_and_one_that_is_played_stops(tmp_path):
    async with running_app(tmp_path) as running:
        early = await running.app.parties.start(replace(ASKED, players=5, starter_id=BEN))
        for member in (ANN, BEN + 1):
            await running.app.parties.join(early.id, member, server=ASKED.guild_id)
        late = await begun(running, (BEN + 4, BEN + 5, ANN), replace(ASKED, rounds=2, starter_id=BEN + 4))
        await deleted(running, ANN)
        now = await running.store.parties.get(early.id)
        assert (now.state, [guest.member_id for guest in now.guests]) == (PartyState.JOINING, [BEN, BEN + 1])
        stopped = await running.store.parties.get(late.id)
        assert (stopped.state, {album.game.state for album in stopped.albums}) == (
            PartyState.STOPPED,
            {GameState.STOPPED},
        )
        assert str(ANN).encode() not in kept(tmp_path)

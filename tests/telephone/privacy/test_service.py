"""A member's file: its contract, how often it is given, and the operator's way to it."""

import asyncio
import io
import json
import zipfile
from pathlib import Path

import jsonschema
import pytest

from telephone.domain.games import HUMAN, GameRequest, GameState, Image, Kind, Pair, Prompt, Step, StepKey
from telephone.errors import BadInput, NotAllowed, NotFound
from telephone.media.images import Pictures, verify
from telephone.ports.runners import LeftToSweeps
from telephone.privacy.service import PrivacyService
from telephone.store import Store
from tests.support.orders import no_orders
from tests.support.pictures import paint
from tests.telephone.cli.test_csv_input import telephone
from tests.telephone.store.lives import ANN, BEN, WORDS, live
from tests.telephone.store.samples import GUILD

PICTURES = Pictures.at("memory:///")
SCHEMA = json.loads((Path(__file__).parents[2] / "contracts" / "member.schema.json").read_text())


@pytest.fixture
async def store(tmp_path):
    async with await Store.open(f"sqlite:///{tmp_path / 'telephone.sqlite'}") as opened:
        yield opened


async def test_a_members_file_keeps_its_contract(store):
    await live(store, ANN, WORDS)
    parcel = await PrivacyService(store, PICTURES, LeftToSweeps(), no_orders()).export(ANN)
    document = json.loads(parcel.data)
    jsonschema.validate(document, SCHEMA)
    assert document["member"] == str(ANN)
    assert set(document) == set(SCHEMA["properties"])
    assert WORDS in [game["prompt"] for game in document["games"]]
    assert parcel.rows == {section: len(document[section]) for section in parcel.rows}


async def test_pictures_that_the_member_drew_lie_beside_their_file(store):
    kept, gone = verify(paint("kept")), verify(paint("gone"))
    await PICTURES.put(kept)
    for image in (kept, gone, kept):
        await _draw(store, ANN, image)
    parcel = await PrivacyService(store, PICTURES, LeftToSweeps(), no_orders()).file_of(ANN)
    assert parcel.name == "ai-telephone.zip"
    with zipfile.ZipFile(io.BytesIO(parcel.data)) as archive:
        document = json.loads(archive.read("ai-telephone.json"))
        jsonschema.validate(document, SCHEMA)
        assert [step["image"] for step in document["answers"]].count(kept.sha256) == 2
        assert archive.namelist() == ["ai-telephone.json", f"pictures/{kept.sha256}.png"]
        assert archive.read(f"pictures/{kept.sha256}.png") == kept.data


async def _draw(store: Store, member: int, image: Image) -> None:
    asked = GameRequest(Prompt("a train"), Pair(HUMAN, "spotter-sharp"), 1, guild_id=GUILD)
    game, key = await store.games.add(asked), StepKey(1, Kind.PICTURE)
    await store.games.move(game.id, GameState.PLAYING, only_from=[GameState.QUEUED])
    await store.seats.open(game.id, key, None, 60, 60)
    await store.seats.claim(game.id, key, member)
    await store.seats.answer(game.id, Step(key, HUMAN, seed=0, image=image.sha256), member)


async def test_a_file_is_given_once_in_a_while_to_each_member(store):
    privacy = PrivacyService(store, PICTURES, LeftToSweeps(), no_orders())
    await privacy.export(ANN)
    with pytest.raises(NotAllowed, match="another can be had in 10 minutes"):
        await privacy.export(ANN)
    await privacy.export(BEN)
    assert await PrivacyService(store, PICTURES, LeftToSweeps(), no_orders(), every=0).export(ANN)


async def test_a_deletion_is_ordered_once_in_a_while_and_pressing_twice_orders_one(store):
    privacy = PrivacyService(store, PICTURES, LeftToSweeps(), no_orders())
    await live(store, ANN, WORDS)
    first, second = await privacy.erase(ANN), await privacy.erase(ANN)
    assert first.id == second.id
    for step in (store.erasures.erase, store.erasures.forget, store.erasures.end):
        await step(first.id)
    await store.members.change(GUILD, ANN, by_name=True)
    with pytest.raises(NotAllowed, match="can be deleted in 10 minutes"):
        await privacy.erase(ANN)
    assert (await PrivacyService(store, PICTURES, LeftToSweeps(), no_orders()).erase(ANN)).id != first.id


async def test_a_file_that_could_not_be_made_can_be_asked_for_again(store, monkeypatch):
    privacy = PrivacyService(store, PICTURES, LeftToSweeps(), no_orders())

    async def fails(_member_id):
        raise OSError("the disk is gone")

    with monkeypatch.context() as broken:
        broken.setattr(store.traces, "of", fails)
        with pytest.raises(OSError, match="disk"):
            await privacy.export(ANN)
    assert (await privacy.export(ANN)).rows["games"] == 0


@pytest.mark.parametrize(
    "asked",
    [
        ("leaderboard", "--by", "both", "--prompts", "free"),
        ("leaderboard", "--by", "votes", "--prompts", "free"),
        ("insights",),
        ("status",),
    ],
    ids=" ".join,
)
def test_no_board_is_of_people(tmp_path, monkeypatch, asked):
    monkeypatch.setenv("TELEPHONE_DATA_DIR", str(tmp_path))

    async def lived() -> None:
        async with await Store.open(f"sqlite:///{tmp_path / 'telephone.sqlite'}") as store:
            for number, member in enumerate((ANN, BEN), 1):
                await live(store, member, f"{WORDS} {number}", number=number)

    asyncio.run(lived())
    told = telephone(*asked, "--server", GUILD, "--json")
    assert told.exit_code == 0, told.output
    assert len(told.output) > 2
    assert not any(str(member) in told.output for member in (ANN, BEN))


def test_the_operator_orders_a_deletion_in_the_terminal_and_is_asked_first(tmp_path, monkeypatch):
    monkeypatch.setenv("TELEPHONE_DATA_DIR", str(tmp_path))
    url = f"sqlite:///{tmp_path / 'telephone.sqlite'}"

    async def lived() -> None:
        async with await Store.open(url) as store:
            await live(store, ANN, WORDS)

    async def ordered() -> list[int | None]:
        async with await Store.open(url) as store:
            return [order.member_id for order in await store.erasures.unended()]

    asyncio.run(lived())
    asked = telephone("me", "delete", ANN)
    assert asked.exit_code == 1
    assert f"Member {ANN}: games 4, of which 3 go whole; turns in others' games 1; votes 1; prompts 1." in asked.output
    assert asyncio.run(ordered()) == []
    done = telephone("me", "delete", ANN, "--yes")
    assert done.exit_code == 0, done.output
    assert "Ordered. A bot that runs begins within seconds" in done.output
    assert asyncio.run(ordered()) == [ANN]
    assert isinstance(telephone("me", "delete", 4_711, "--yes").exception, NotFound)


def test_the_operator_writes_a_members_file_in_the_terminal(tmp_path, monkeypatch):
    monkeypatch.setenv("TELEPHONE_DATA_DIR", str(tmp_path / "data"))

    async def lived() -> None:
        async with await Store.open(f"sqlite:///{tmp_path / 'data' / 'telephone.sqlite'}") as store:
            await live(store, ANN, WORDS)

    asyncio.run(lived())
    out = tmp_path / "ann.json"
    written = telephone("me", "export", ANN, "--out", out)
    assert written.exit_code == 0, written.output
    document = json.loads(out.read_text(encoding="utf-8"))
    jsonschema.validate(document, SCHEMA)
    rows = sum(len(rows) for rows in document.values() if isinstance(rows, list))
    assert written.stdout.splitlines()[-1] == f"{rows} rows of member {ANN} lie in {out}."
    assert isinstance(telephone("me", "export", 4_711, "--out", out).exception, NotFound)
    assert isinstance(telephone("me", "export", ANN, "--out", tmp_path / "no" / "where").exception, BadInput)


async def test_who_was_given_a_file_is_remembered_up_to_a_bound(store, monkeypatch):
    monkeypatch.setattr("telephone.privacy.service.REMEMBERED", 3)
    privacy = PrivacyService(store, PICTURES, LeftToSweeps(), no_orders())
    for member_id in range(1, 10):
        await privacy.export(member_id)
        with pytest.raises(NotAllowed):
            await privacy.export(member_id)
        assert len(privacy._given) <= 3

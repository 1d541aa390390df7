"""A member's file: its contract, how often it is given, and the operator's way to it."""

import asyncio
import json
from pathlib import Path

import jsonschema
import pytest

from telephone.errors import BadInput, NotAllowed, NotFound
from telephone.privacy import Privacy
from telephone.store import Store
from tests.telephone.store.lives import ANN, BEN, WORDS, live
from tests.telephone.test_cli_sheets import telephone

SCHEMA = json.loads((Path(__file__).parents[1] / "contracts" / "member.schema.json").read_text())


@pytest.fixture
async def store(tmp_path):
    async with await Store.open(f"sqlite:///{tmp_path / 'telephone.sqlite'}") as opened:
        yield opened


async def test_a_members_file_keeps_its_contract(store):
    await live(store, ANN, WORDS)
    parcel = await Privacy(store).export(ANN)
    document = json.loads(parcel.data)
    jsonschema.validate(document, SCHEMA)
    assert document["member"] == str(ANN)
    assert set(document) == set(SCHEMA["properties"])
    assert WORDS in [game["prompt"] for game in document["games"]]
    assert parcel.rows == {section: len(document[section]) for section in parcel.rows}


async def test_a_file_is_given_once_in_a_while_to_each_member(store):
    privacy = Privacy(store)
    await privacy.export(ANN)
    with pytest.raises(NotAllowed, match="another can be had in 10 minutes"):
        await privacy.export(ANN)
    await privacy.export(BEN)
    assert await Privacy(store, every=0).export(ANN)


async def test_a_file_that_could_not_be_made_can_be_asked_for_again(store, monkeypatch):
    privacy = Privacy(store)

    async def fails(_member_id):
        raise OSError("the disk is gone")

    with monkeypatch.context() as broken:
        broken.setattr(store.traces, "of", fails)
        with pytest.raises(OSError, match="disk"):
            await privacy.export(ANN)
    assert (await privacy.export(ANN)).rows["games"] == 0


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
    assert f"Member {ANN}: games 3, of which 3 go whole; turns in others' games 1; votes 1; prompts 1." in asked.output
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

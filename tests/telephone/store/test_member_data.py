"""Every place that can hold a member's id is known, and a member is given what is theirs and nobody else's."""

import json

import pytest
from sqlalchemy import BigInteger

from telephone.domain.games import GameRequest, GameState, Kind, Pair, Prompt, StepKey
from telephone.store import Store, Wishes
from telephone.store.member_data import ANSWERS, OF_GAMES, TRACES
from telephone.store.tables.games import Row
from tests.support.played import begun
from tests.telephone.store.lives import ADMIN, ANN, BEN, WORDS, live, take
from tests.telephone.store.samples import GUILD, OTHER_GUILD, picture

NO_MEMBERS = {
    "acknowledged": {"id", "application_id", "guild_id", "channel_id"},
    "battle": {"guild_id", "seed", "channel_id"},
    "battle_post": {"guild_id", "message_id"},
    "cap": {"guild_id", "micros"},
    "charge": {"guild_id"},
    "conduct": {"guild_id"},
    "distance": {"guild_id", "cell", "seed"},
    "expense": {"guild_id", "reserved", "spent"},
    "game": {"guild_id", "seed", "channel_id"},
    "guess": {"guild_id"},
    "guest": {"guild_id"},
    "member": {"guild_id"},
    "party": {"guild_id", "seed", "channel_id"},
    "party_post": {"guild_id", "message_id"},
    "poll": {"guild_id"},
    "post": {"guild_id", "message_id"},
    "prompt": {"guild_id"},
    "report": {"guild_id"},
    "rescore": {"guild_id", "channel_id", "message_id"},
    "reservation": {"guild_id", "reserved", "spent"},
    "seat": {"guild_id"},
    "server": {"guild_id"},
    "side": {"guild_id"},
    "sight": {"guild_id"},
    "step": {"guild_id", "seed"},
    "vote": {"guild_id"},
}
"""Every other number that is as long as an id, by table; whoever adds one says here, or in TRACES, what it is."""


def test_every_column_that_can_hold_a_member_is_known():
    known = {(trace.row.__tablename__, trace.column) for trace in TRACES}
    known |= {(table, column) for table, columns in NO_MEMBERS.items() for column in columns}
    long = {
        (table.name, column.name)
        for table in Row.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, BigInteger)
    }
    assert long == known


async def test_a_member_is_given_every_trace_of_theirs_and_nobody_elses(store: Store):
    await live(store, ANN, WORDS)
    before = await store.traces.of(ANN)
    await live(store, BEN, "a cow on the moon", number=2)
    found = await store.traces.of(ANN)
    assert found == before
    order = await store.erasures.order(ANN)
    assert [row["id"] for row in (await store.traces.of(ANN))["deletions"]] == [order.id]
    assert tuple(found) == (*(trace.section for trace in TRACES), ANSWERS, *OF_GAMES)
    assert [section for section, rows in found.items() if not rows] == ["deletions", "distances"]
    assert len(found["reports"]) == len(found["steps"]) == 2
    assert [step["text"] for step in found[ANSWERS]] == [f"{WORDS}, in my words"]


async def test_what_another_member_made_in_their_game_is_not_theirs_and_no_claim_is_given(store: Store):
    await live(store, ANN, WORDS)
    await take(store, BEN, "what ben saw", starter=ANN)
    said = json.dumps(await store.traces.of(ANN))
    assert "what ben saw" not in said
    assert "claim_token" not in said
    assert "hush" not in said
    assert "what ben saw" in json.dumps(await store.traces.of(BEN))


async def test_what_belongs_to_others_is_left_out_of_a_row(store: Store):
    await live(store, ANN, WORDS)
    said = json.dumps(await store.traces.of(ANN))
    assert str(ANN) in said
    assert str(ADMIN) not in said
    (decision,) = (await store.traces.of(ANN))["decisions_about_votes"]
    assert decision["member_id"] == str(ANN)
    assert "decided_by" not in decision


async def test_of_whom_nothing_is_kept_nothing_is_given(store: Store):
    await live(store, ANN, WORDS)
    assert not any((await store.traces.of(4_711)).values())
    assert not any((await store.traces.counts(4_711)).values())
    counts = await store.traces.counts(ANN)
    assert counts == {section: len(rows) for section, rows in (await store.traces.of(ANN)).items() if section in counts}


async def test_wishes_are_kept_by_server_and_forgotten_when_there_are_none(store: Store):
    assert await store.members.wishes(GUILD, ANN) == Wishes()
    assert await store.members.change(GUILD, ANN, reminders=True) == Wishes(reminders=True)
    assert await store.members.change(GUILD, ANN, by_name=True) == Wishes(by_name=True, reminders=True)
    assert await store.members.wants_reminders(GUILD, ANN)
    assert not await store.members.wants_reminders(OTHER_GUILD, ANN)
    await store.members.change(GUILD, BEN, reminders=True)
    assert await store.members.by_name(GUILD, [ANN, BEN, ADMIN]) == {ANN}
    await store.members.change(GUILD, ANN, by_name=False, reminders=False)
    assert (await store.traces.of(ANN))["wishes"] == []


async def test_who_took_a_turn_is_named_only_where_and_while_they_wish_it(store: Store):
    game_id = await take(store, ANN, "a fox", starter=BEN)
    assert (await store.games.get(game_id)).named == {}
    await store.members.change(OTHER_GUILD, ANN, by_name=True)
    await store.members.change(GUILD, BEN, by_name=True)
    assert (await store.games.get(game_id)).named == {}
    await store.members.change(GUILD, ANN, by_name=True)
    assert (await store.games.get(game_id)).named == {StepKey(1, Kind.CAPTION): ANN}
    await store.members.change(GUILD, ANN, by_name=False)
    assert (await store.games.get(game_id)).named == {}


@pytest.mark.parametrize("section", [ANSWERS, *OF_GAMES])
def test_what_belongs_to_games_is_a_section_of_its_own(section: str):
    assert section not in {trace.section for trace in TRACES}


async def test_a_sealed_game_is_sealed_for_its_starters_file_too(store: Store) -> None:
    asked = GameRequest(Prompt("a fox"), Pair("stickers", "human"), 2, 7, GUILD, starter_id=OTHER_GUILD, sealed=True)
    game = await begun(store, asked)
    await store.steps.keep(game.id, picture())
    sealed = await store.traces.of(OTHER_GUILD)
    assert [row["id"] for row in sealed["games"]] == [game.id]
    assert sealed["steps"] == []
    await store.games.move(game.id, GameState.FINISHED, only_from=[GameState.PLAYING])
    assert [row["image"] for row in (await store.traces.of(OTHER_GUILD))["steps"]] == [picture().image]

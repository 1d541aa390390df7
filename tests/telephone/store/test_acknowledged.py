"""Acknowledged interactions on Postgres, where a row may arrive after the statement that was to delete it."""

import asyncio

import psycopg

from telephone import interactions
from telephone.domain.interactions import Acknowledged
from telephone.interactions import Interactions, OneProcess
from telephone.store import Store
from tests.limits import LIMIT
from tests.telephone.store.lives import ANN, asked


async def held_up(url: str, interaction: Acknowledged) -> psycopg.AsyncConnection:
    """A connection that is about to store the same row: who stores it too waits, and sees none until then."""
    connection = await psycopg.AsyncConnection.connect(url)
    await connection.execute(
        "INSERT INTO acknowledged SELECT * FROM json_populate_record(NULL::acknowledged, %s)",
        (
            psycopg.types.json.Json(
                {
                    "id": interaction.id,
                    "application_id": interaction.application_id,
                    "token": interaction.token,
                    "guild_id": interaction.guild_id,
                    "channel_id": interaction.channel_id,
                    "member_id": interaction.member_id,
                    "command": interaction.command,
                    "in_place": interaction.in_place,
                    "worker": interaction.worker,
                    "at": interaction.at.isoformat(),
                }
            ),
        ),
    )
    return connection


async def test_a_row_that_is_stored_after_its_interaction_was_answered_is_deleted_all_the_same(
    postgres_copy, monkeypatch
):
    monkeypatch.setattr(interactions, "HEAD_START", 0.05)
    async with await Store.open(postgres_copy) as store:
        kept, one = Interactions(store, OneProcess()), asked(1, ANN, worker="")
        async with await held_up(postgres_copy, one) as connection:
            await kept.keep(one)
            kept.answered(one.id)
            await kept.tidy()
            await connection.rollback()
        async with asyncio.timeout(LIMIT):
            while not await store.acknowledged.all():
                await asyncio.sleep(0.02)
        assert await kept.left_behind() == []
        async with asyncio.timeout(LIMIT):
            while await store.acknowledged.all():
                await kept.tidy()
                await asyncio.sleep(0.02)

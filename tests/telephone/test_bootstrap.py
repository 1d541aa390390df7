"""The whole house as the composition root builds it, with the offline players."""

import asyncio
import re
from pathlib import Path

import pytest
from sqlalchemy import select

from telephone.bootstrap import open_terminal, open_without_engine
from telephone.domain.games import GameState
from telephone.errors import Misconfigured
from telephone.games.admission import StartRequest
from telephone.settings import Settings
from telephone.store.tables.games import DistanceRow
from tests.limits import LIMIT
from tests.support.containers import IMAGEBIND, needs_cog, running
from tests.support.postgres import NoPostgres, new_database, running_postgres
from tests.support.surfaces import RecordedGames

ASKED = StartRequest(prompt="two red apples on a table", t2i="doodles", i2t="spotter-hazy", turns=2, seed=5)


def settings(folder, **changes):
    return Settings(_env_file=None, data_dir=folder, **changes)


async def played(chosen: Settings) -> tuple[list[str], RecordedGames]:
    stage = RecordedGames()
    runtime = await open_terminal(chosen, stage)
    try:
        game = await runtime.app.games.closed((await runtime.app.games.start(ASKED)).id, timeout=LIMIT)
    finally:
        await runtime.close()
    assert game.state is GameState.FINISHED
    assert game.embedder == "minilm"
    return [turn.caption.text for turn in game.turns], stage


async def test_a_game_is_the_same_on_sqlite_and_on_postgres(tmp_path):
    on_sqlite, stage = await played(settings(tmp_path))
    assert [what for _, what in stage.posts] == ["card", "thread", "opening", "1p", "1c", "2p", "2c", "summary"]
    try:
        with running_postgres() as server, new_database(server) as url:
            on_postgres, _ = await played(settings(tmp_path / "other", database_url=url))
    except NoPostgres as reason:
        pytest.skip(f"no Postgres here, only SQLite was played: {reason}")
    assert on_postgres == on_sqlite


async def test_stored_games_are_answered_for_without_an_engine(tmp_path):
    await played(settings(tmp_path))
    runtime = await open_without_engine(settings(tmp_path))
    assert len(await runtime.app.games.recent(0)) == 1
    await runtime.close()


async def test_what_a_process_without_an_engine_stores_is_played_by_one_that_has_it(tmp_path):
    asking = await open_without_engine(settings(tmp_path))
    game = await asking.app.games.start(ASKED)
    assert (await asking.app.servers.pause_everywhere(), await asking.app.servers.resume_everywhere()) == (1, 1)
    await asking.close()
    playing = await open_terminal(settings(tmp_path), RecordedGames())
    try:
        while (await playing.app.games.get(game.id)).state is GameState.PAUSED:
            await asyncio.sleep(0.05)
        assert (await playing.app.games.closed(game.id, timeout=60)).state is GameState.FINISHED
    finally:
        await playing.close()


@needs_cog
@pytest.mark.long
async def test_a_container_with_imagebind_measures_words_and_pictures_as_soon_as_it_is_named(tmp_path):
    page = (Path(__file__).parents[2] / "docs" / "models.md").read_text(encoding="utf-8")
    (row,) = re.findall(r"```toml\n(\[imagebind\]\n.*?)```", page, re.DOTALL)
    with running({"imagebind": IMAGEBIND}) as urls:
        own = tmp_path / "own.toml"
        own.write_text(row.replace("http://127.0.0.1:5000", urls["imagebind"]), encoding="utf-8")
        runtime = await open_terminal(settings(tmp_path, models=own), RecordedGames())
        try:
            game = await runtime.app.games.closed((await runtime.app.games.start(ASKED)).id, timeout=LIMIT)
            async with runtime.store._database.reading() as session:
                rows = list(await session.scalars(select(DistanceRow).order_by(DistanceRow.embedder, DistanceRow.turn)))
                found = [(row.embedder, row.turn, row.picture is not None) for row in rows]
        finally:
            await runtime.close()
    assert (game.embedder, game.is_free) == ("imagebind", True)
    assert found == [("imagebind", 1, True), ("imagebind", 2, True), ("minilm", 1, False), ("minilm", 2, False)]
    assert all(0 < turn.distance < 2 for turn in game.turns)


async def test_a_wrong_setting_opens_nothing(tmp_path):
    with pytest.raises(Misconfigured, match="abacus"):
        await open_terminal(settings(tmp_path, embedder="abacus"), RecordedGames())
    taken = tmp_path / "taken"
    taken.write_text("a file where a folder should be")
    with pytest.raises(Misconfigured, match="cannot"):
        await open_terminal(settings(taken), RecordedGames())


async def test_boards_ask_the_primary_and_what_is_no_kin_of_any_player(tmp_path):
    runtime = await open_without_engine(settings(tmp_path, embedder="imagebind", replicate_api_token="r8-none"))
    imagebind, minilm = runtime.app.boards.judges
    await runtime.close()
    assert (imagebind.name, imagebind.label) == ("imagebind", "ImageBind")
    assert {"clip-prefix", "vqgan-clip"} <= imagebind.kin
    assert not imagebind.kin & {"blip", "stable-diffusion", "stickers", "imagebind"}
    assert (minilm.name, minilm.kin) == ("minilm", frozenset())

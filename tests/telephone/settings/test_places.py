"""Where things lie: whatever a folder is called, nothing lies elsewhere, and no two bots share a place."""

import os
from pathlib import Path

import pytest
from sqlalchemy import make_url

from telephone.domain.games import Image
from telephone.engine.engine import Engine
from telephone.errors import Misconfigured
from telephone.media.images import Pictures
from telephone.settings import Settings
from telephone.store import Store

NAMES = (
    *(
        "bot #1",
        "a%20b",
        "what?",
        "a?mode=memory&cache=shared",
        "100%",
        "two  blanks",
        " lead",
        "trail ",
        "größe 狐 🦊",
    ),
    *("q'u\"ote", "new\nline", "back\\slash", "~tilde", "$HOME", "[red]", "@host:80", "a;b&c=d", "%23", "-dash", "a+b"),
)


def lies(folder: Path) -> set[str]:
    """Everything below a folder, but what SQLite keeps beside its files for a while."""
    found = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    return {name for name in found if not name.endswith(("-wal", "-shm"))}


async def use(settings: Settings) -> str:
    """Opens all that has a place but the engine, stores a picture, and returns its hash."""
    async with await Store.open(settings.store_url):
        pass
    Path(make_url(settings.engine_url).database).touch()
    return await Pictures.at(settings.pictures_url).put(Image(b"a picture"))


@pytest.mark.parametrize("name", NAMES)
async def test_a_data_folder_of_any_name_holds_everything_and_nothing_lies_beside_it(tmp_path, name):
    sha256 = await use(Settings(_env_file=None, data_dir=tmp_path / name))
    kept = {"telephone.sqlite", "engine.sqlite", f"pictures/{sha256[:2]}/{sha256}"}
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert lies(tmp_path / name) == kept


@pytest.mark.parametrize("name", [name for name in NAMES if name != "$HOME"])
async def test_paths_of_any_name_may_be_settings_of_their_own(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TELEPHONE_DATABASE_URL", str(tmp_path / name / "games.sqlite"))
    monkeypatch.setenv("TELEPHONE_STORAGE_URL", str(tmp_path / name / "shown"))
    sha256 = await use(Settings.load())
    kept = {"games.sqlite", "engine.sqlite", f"shown/{sha256[:2]}/{sha256}"}
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert lies(tmp_path / name) == kept


async def test_the_engine_lies_beside_the_store(tmp_path):
    settings = Settings(_env_file=None, data_dir=tmp_path / "what? bot #1 a%20b")
    engine = Engine(settings.engine_url)
    await engine.launch([])
    await engine.close()
    assert lies(tmp_path) == {f"what? bot #1 a%20b/engine.sqlite{end}" for end in ("", ".lock")}


@pytest.mark.parametrize(
    ("database", "storage", "folder"),
    [
        ("sqlite:///{}/bot #1/games.sqlite", "file://{}/bot%20%231/shown", "bot #1"),
        ("sqlite:///{}/a%20b/games.sqlite", "file://{}/a%20b/shown", "a b"),
        ("sqlite:///{}/what%3F/games.sqlite", "file://{}/what%3F/shown", "what?"),
        ("sqlite:///{}/a%2520b/games.sqlite", "file://localhost{}/a%2520b/shown", "a%20b"),
    ],
)
async def test_addresses_of_places_are_read_as_addresses(tmp_path, monkeypatch, database, storage, folder):
    monkeypatch.setenv("TELEPHONE_DATABASE_URL", database.format(tmp_path))
    monkeypatch.setenv("TELEPHONE_STORAGE_URL", storage.format(tmp_path))
    sha256 = await use(Settings.load())
    assert [path.name for path in tmp_path.iterdir()] == [folder]
    assert {"games.sqlite", "engine.sqlite", f"shown/{sha256[:2]}/{sha256}"} <= lies(tmp_path / folder)


async def test_the_home_folder_stands_for_its_sign(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    for name, place in (
        ("DATA_DIR", "~/data"),
        ("DATABASE_URL", "sqlite:///~/data/my.sqlite"),
        ("MODELS", "~/my.toml"),
    ):
        monkeypatch.setenv(f"TELEPHONE_{name}", place)
    monkeypatch.setenv("TELEPHONE_STORAGE_URL", "~/pictures")
    settings = Settings.load()
    assert settings.models == tmp_path / "my.toml"
    assert settings.data_dir == tmp_path / "data"
    await use(settings)
    assert {"data/my.sqlite", "data/engine.sqlite"} <= lies(tmp_path)
    assert (tmp_path / "pictures").is_dir()


async def test_a_file_in_place_of_a_folder_is_named_with_its_path(tmp_path):
    (tmp_path / "taken").write_text("no folder")
    settings = Settings(_env_file=None, data_dir=tmp_path / "taken")
    with pytest.raises(Misconfigured) as of_store:
        await Store.open(settings.store_url)
    with pytest.raises(Misconfigured) as of_pictures:
        Pictures.at(settings.pictures_url)
    for told in (of_store, of_pictures):
        assert str(tmp_path / "taken") in told.value.sentence
        assert "TELEPHONE_DATA_DIR" in told.value.sentence
        assert "operator" not in told.value.sentence
    with pytest.raises(Misconfigured, match=f"secret in {tmp_path / 'taken' / 'secret'} .*TELEPHONE_SECRET"):
        settings.signing_key()


async def test_a_folder_that_may_not_be_written_is_named_with_its_path(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(Misconfigured, match=f"{tmp_path}, where pictures are kept, cannot be written"):
        Pictures.at(tmp_path.as_uri())

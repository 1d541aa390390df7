"""The migrations and the tables say the same, on both databases."""

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import CheckConstraint, Engine, NullPool, create_engine, inspect, text

from telephone.errors import Misconfigured
from telephone.store import Store
from telephone.store.database import read_url
from telephone.store.migrate import configured, newest_revision, upgrade
from telephone.store.tables.games import Row

ROOT = Path(__file__).parents[3]


@pytest.fixture
def empty(empty_url: str) -> Iterator[Engine]:
    made = create_engine(
        read_url(empty_url).set(drivername="sqlite") if "sqlite" in empty_url else read_url(empty_url),
        poolclass=NullPool,
    )
    yield made
    made.dispose()


@pytest.fixture(params=["made at once", "migrated"])
def engine(request: pytest.FixtureRequest, empty: Engine, empty_url: str) -> Engine:
    """A database of this version, made new or by all migrations one after another."""
    if request.param == "migrated":
        migrated(empty)
    upgrade(read_url(empty_url))
    return empty


def migrated(engine: Engine) -> None:
    with engine.begin() as connection:
        command.upgrade(configured(connection), "head")


def described(engine: Engine) -> dict[str, object]:
    """Every table with its columns, constraints and indexes, all that can be read of them but the order of columns."""
    inspector = inspect(engine)

    def rows(found: list[Any]) -> list[str]:
        return sorted(repr(sorted(row.items(), key=str)) for row in found)

    return {
        table: {
            "columns": rows([column | {"type": repr(column["type"])} for column in inspector.get_columns(table)]),
            "key": inspector.get_pk_constraint(table),
            "foreign": rows(inspector.get_foreign_keys(table)),
            "unique": rows(inspector.get_unique_constraints(table)),
            "checks": rows(inspector.get_check_constraints(table)),
            "indexes": rows([_in_words(index) for index in inspector.get_indexes(table)]),
        }
        for table in inspector.get_table_names()
    }


def differences(engine: Engine) -> list[object]:
    with engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), Row.metadata))


def _in_words(index: Any) -> dict[str, str]:
    """An index as it was read, the condition of a partial one as it is written."""
    options = {name: str(option) for name, option in index.get("dialect_options", {}).items()}
    return {key: str(value) for key, value in (index | {"dialect_options": options}).items()}


def test_a_new_database_is_what_all_migrations_would_make_of_it(empty: Engine, empty_url: str) -> None:
    upgrade(read_url(empty_url))
    at_once = described(empty)
    Row.metadata.drop_all(empty)
    with empty.begin() as connection:
        connection.execute(text("DROP TABLE alembic_version"))
    assert described(empty) == {}
    migrated(empty)
    assert described(empty) == at_once
    with empty.connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == newest_revision()


def test_migrations_make_exactly_the_tables(engine: Engine) -> None:
    assert differences(engine) == []


def test_the_newest_revision_is_told_by_the_names_of_the_migrations(engine: Engine) -> None:
    with engine.connect() as connection:
        assert newest_revision() == ScriptDirectory.from_config(configured(connection)).get_current_head()


def test_a_new_database_is_made_without_what_only_changes_need(empty_url: str) -> None:
    assert not alembic_comes_with_opening(empty_url)


def test_a_database_of_this_version_is_opened_without_what_only_changes_need(engine: Engine, empty_url: str) -> None:
    assert not alembic_comes_with_opening(empty_url)


def test_alembic_comes_where_there_is_something_to_change(engine: Engine, empty_url: str) -> None:
    with engine.begin() as connection:
        command.downgrade(configured(connection), "-1")
    assert alembic_comes_with_opening(empty_url)


def alembic_comes_with_opening(url: str) -> bool:
    words = f"""
import sys
from telephone.store.database import read_url
from telephone.store.migrate import upgrade
upgrade(read_url({url!r}))
print("alembic" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", words], check=True, capture_output=True, text=True, cwd=ROOT)
    return done.stdout == "True\n"


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE game ADD COLUMN colour TEXT",
        "ALTER TABLE game DROP COLUMN reason",
        "DROP INDEX ix_post_message_id",
        "CREATE TABLE stray (id INTEGER PRIMARY KEY)",
    ],
)
def test_the_comparison_notices_a_change(engine: Engine, change: str) -> None:
    with engine.begin() as connection:
        connection.execute(text(change))
    assert len(differences(engine)) == 1


def test_migrations_keep_checks_and_cascades(engine: Engine) -> None:
    inspector = inspect(engine)
    for table in Row.metadata.tables.values():
        checks = {check.name for check in table.constraints if isinstance(check, CheckConstraint)}
        assert {check["name"] for check in inspector.get_check_constraints(table.name)} == checks
        cascades = {key.name: key.ondelete for key in table.foreign_key_constraints}
        found = {key["name"]: key["options"].get("ondelete") for key in inspector.get_foreign_keys(table.name)}
        assert found == cascades


def test_migrations_can_be_taken_back_and_done_again(engine: Engine, empty_url: str) -> None:
    with engine.begin() as connection:
        command.downgrade(configured(connection), "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]
    upgrade(read_url(empty_url))
    upgrade(read_url(empty_url))
    assert differences(engine) == []


async def test_a_database_of_a_newer_version_is_explained_and_left_alone(engine: Engine, empty_url: str) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Misconfigured, match="newer version"):
        await Store.open(empty_url)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "9999"


def test_a_migration_that_fails_leaves_the_database_as_it_was(engine: Engine, empty_url: str) -> None:
    with engine.begin() as connection:
        command.downgrade(configured(connection), "base")
        connection.execute(text("CREATE TABLE post (id INTEGER PRIMARY KEY)"))  # in the way of the sixth table
    with pytest.raises(Misconfigured, match="already exists"):
        upgrade(read_url(empty_url))
    assert sorted(inspect(engine).get_table_names()) == ["alembic_version", "post"]


@pytest.mark.long
def test_the_store_opens_from_an_installed_wheel(tmp_path: Path) -> None:
    build = "import sys, setuptools.build_meta as b; print(b.build_wheel(sys.argv[1]))"
    source = tmp_path / "source"
    source.mkdir()
    for name in ("telephone", "bot", "cogs", "pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        if (ROOT / name).exists():
            (source / name).symlink_to(ROOT / name)
    subprocess.run([sys.executable, "-c", build, tmp_path], cwd=source, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    program = (
        "import asyncio, sys; sys.path.insert(0, sys.argv[1]); import telephone.store as s;"
        "assert s.__file__.startswith(sys.argv[1]), s.__file__;"
        "asyncio.run(asyncio.wait_for(s.Store.open('sqlite:///fresh.sqlite'), 30)); print('open')"
    )
    subprocess.run([sys.executable, "-c", program, tmp_path / "site"], cwd=tmp_path, check=True)

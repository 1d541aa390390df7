"""A migration that older processes cannot live with is said before it runs, while one of them is there."""

import shutil

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from telephone.engine.lease import SessionLease
from telephone.errors import Occupied
from telephone.store import migrate
from telephone.store.database import read_url
from telephone.store.migrate import STOP_OLDER, configured, newest_revision, upgrade

NEXT = """
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{before}"
branch_labels = None
depends_on = None
lives_with_older = {lives}


def upgrade() -> None:
    op.add_column("server", sa.Column("colour", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("server", "colour")
"""


@pytest.fixture
def next_version(tmp_path, monkeypatch, postgres_url):
    """A version of ours with one migration more, and a database of this one."""
    upgrade(read_url(postgres_url))
    before, folder = newest_revision(), tmp_path / "migrations"
    shutil.copytree(migrate.MIGRATIONS, folder)
    monkeypatch.setattr(migrate, "MIGRATIONS", folder)

    def make(*, lives: bool) -> None:
        (folder / "versions" / "9999_next.py").write_text(NEXT.format(before=before, lives=lives), encoding="utf-8")

    return make


def revision(url: str) -> str:
    engine = create_engine(read_url(url))
    with engine.connect() as connection:
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    engine.dispose()
    return found


async def test_beside_a_living_process_nothing_is_changed_that_ends_it(postgres_url, next_version):
    next_version(lives=False)
    before, older = revision(postgres_url), SessionLease(postgres_url, "bot-older")
    await older.take()
    with pytest.raises(Occupied) as refused:
        upgrade(read_url(postgres_url))
    assert refused.value.sentence == STOP_OLDER
    assert revision(postgres_url) == before
    await older.give_up()
    upgrade(read_url(postgres_url))
    assert revision(postgres_url) == "9999"


async def test_beside_a_living_process_what_it_can_live_with_is_changed(postgres_url, next_version):
    next_version(lives=True)
    older = SessionLease(postgres_url, "bot-older")
    await older.take()
    upgrade(read_url(postgres_url))
    assert revision(postgres_url) == "9999"
    await older.give_up()


def test_every_migration_since_says_whether_older_processes_can_live_with_it(postgres_url):
    engine = create_engine(read_url(postgres_url))
    with engine.begin() as connection:
        script = ScriptDirectory.from_config(configured(connection))
    engine.dispose()
    silent = [one.revision for one in script.walk_revisions() if not hasattr(one.module, "lives_with_older")]
    assert max(silent) == "0025"

"""`telephone backup`, `restore`, `check` and `prune`, as an operator types them."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from telephone.errors import BadInput, Misconfigured, NotAllowed
from tests.telephone.cli.test_csv_input import telephone
from tests.telephone.cli.test_exports import GUILD, fight


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TELEPHONE_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def test_a_backup_is_restored_elsewhere_and_agrees(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fight(data_dir)
    assert "0 pictures" in telephone("backup", "copy").stdout
    assert isinstance(telephone("restore", "copy").exception, NotAllowed)
    assert isinstance(telephone("backup", "copy").exception, BadInput)
    other = data_dir.with_name("other")
    monkeypatch.setenv("TELEPHONE_DATA_DIR", str(other))
    assert isinstance(telephone("backup", "none").exception, Misconfigured)
    restored = json.loads(telephone("restore", "copy", "--json").stdout)
    assert (restored["deletions"], restored["moved_to"]) == (0, None)
    votes = []
    for folder in (data_dir, other):
        with closing(sqlite3.connect(folder / "telephone.sqlite")) as store:
            votes.append(store.execute("SELECT * FROM vote ORDER BY battle_id, member_id").fetchall())
    assert votes[0] == votes[1] != []
    assert (other / "secret").read_text() == (data_dir / "secret").read_text(), "pseudonyms stay the same"
    assert telephone("check").exit_code == 0


def test_what_does_not_agree_ends_with_status_1_and_says_what_mends_it(data_dir: Path) -> None:
    fight(data_dir)
    with closing(sqlite3.connect(data_dir / "telephone.sqlite")) as store, store:
        store.execute("DELETE FROM side WHERE battle_id = (SELECT min(battle_id) FROM side)")
    told = telephone("check")
    assert told.exit_code == 1
    assert "Battle with a missing side. What mends it: " in told.stdout
    (fault,) = json.loads(telephone("check", "--json").stdout)
    assert fault["kind"] == "battle with a missing side"
    assert fault["how"] == "it has 0 of at least 2 sides"


def test_a_dry_run_tells_and_deletes_nothing(data_dir: Path) -> None:
    fight(data_dir)
    assert telephone("prune").stdout == "Nothing has been kept for long enough to be deleted.\n"
    with closing(sqlite3.connect(data_dir / "telephone.sqlite")) as store, store:
        store.execute("UPDATE game SET created_at = '2020-01-01 00:00:00'")
        store.execute("UPDATE server SET left_at = '2020-02-01 00:00:00' WHERE guild_id = ?", (GUILD,))
    told = [telephone("prune", *more, "--json").stdout for more in (["--dry-run"], [], [])]
    dry, done, again = (json.loads(one.splitlines()[-1]) for one in told)  # above it, the log
    assert dry["servers"] == done["servers"] == 1
    assert dry["games"] == done["games"] > 0
    assert again == {"servers": 0, "games": 0, "pictures": 0, "orders": 0, "dry_run": False}

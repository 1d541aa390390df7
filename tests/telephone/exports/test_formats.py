"""A format is one row: the command line and Discord offer it, and nothing else knows it."""

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from bot.moderation.vote_messages import exported, sheet
from telephone.cli.exports import commands
from telephone.exports import FORMATS, Export, Exporter, Format
from telephone.store.scores import Pool


async def write(archive: Exporter, pool: Pool, which: str) -> Export:
    return Export(f"server {pool.guild_id}, {which}, free {pool.free}\n".encode(), "One line.")


@pytest.fixture
def tally(monkeypatch) -> Format:
    row = Format("tally", ".txt", "Writes one line.", write, in_terminal="See {file}.", on_discord="Open {file}.")
    monkeypatch.setitem(FORMATS, row.name, row)
    return row


@pytest.fixture
def runner(tmp_path, monkeypatch) -> CliRunner:
    monkeypatch.chdir(tmp_path)
    return CliRunner(env={"COLUMNS": "160", "TELEPHONE_DATA_DIR": str(tmp_path / "data")})


def test_a_row_is_a_command_that_writes_the_file(tally, runner, tmp_path):
    result = runner.invoke(commands(), ["tally", "--out", "x.txt", "--server", "7", "--prompts", "free"])
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-1] == "One line. See x.txt."
    assert (tmp_path / "x.txt").read_text() == "server 7, counted, free True\n"
    assert "Writes one line." in runner.invoke(commands(), ["--help"]).stdout
    assert "The TXT to write." in runner.invoke(commands(), ["tally", "--help"]).stdout


def test_the_votes_keep_their_command_and_its_words(runner):
    listed = runner.invoke(commands(), ["votes", "--help"]).stdout
    assert "Writes a server's votes, voters by pseudonyms" in listed
    assert "The CSV to write." in listed
    for option in ("--out", "--level", "--games", "--prompts", "--flagged", "--server"):
        assert option in listed
    assert "tally" not in runner.invoke(commands(), ["--help"]).stdout


def test_a_row_says_what_to_do_with_its_file_on_discord(tally):
    found = Export(b"x", "One line.")
    assert exported(tally, found) == "One line. Open tally.txt."
    assert sheet(tally, found).name == "tally.txt"


def test_the_table_imports_nothing_that_writes():
    told = "import sys, telephone.exports; print('numpy' in sys.modules, 'sqlalchemy' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert ran.stdout == "False False\n"

"""What the terminal says while the database does not answer."""

import psycopg
import pytest
import sqlalchemy as sa

from telephone import cli


def test_a_command_says_so_on_one_line(monkeypatch, capsys):
    def down() -> None:
        raise sa.exc.OperationalError("SELECT 1", {}, psycopg.errors.lookup("57P03")("the database is starting up"))

    monkeypatch.setattr(cli, "entry_points", lambda group: [])
    monkeypatch.setattr(cli, "app", down)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    told = "The database does not answer just now (the database is starting up); please try again in a minute.\n"
    assert (ended.value.code, capsys.readouterr().err) == (1, told)


def test_a_bug_keeps_its_traceback(monkeypatch):
    def broken() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(cli, "entry_points", lambda group: [])
    monkeypatch.setattr(cli, "app", broken)
    with pytest.raises(ZeroDivisionError):
        cli.main()

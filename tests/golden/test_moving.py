"""What was recorded moves as a whole: no date stays behind, whatever column or field it stands in."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.golden.folder import DATABASES, Golden
from tests.golden.moving import AFTER, BEFORE, Moving, moments_in

LATER = timedelta(days=1_000, hours=5)
RECORDED = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
LENGTHS = {"latency_ms", "workflow_timeout_ms"}
"""Columns named like moments that hold how long something takes."""


@pytest.mark.parametrize(
    ("text", "moved"),
    [
        ("'2026-11-30 12:00:01.250000'", "'2026-12-01 13:00:01.250000'"),
        ('"2026-12-01T11:59:00+00:00"', '"2026-12-02T12:59:00+00:00"'),
        ("'2026-11-30'", "'2026-12-01'"),
        ("until <t:1796040000:t>", "until <t:1796130000:t>"),
        ("seat-ab-1c-1796040000.078", "seat-ab-1c-1796130000.078"),
        ("VALUES(1796040000123,NULL)", "VALUES(1796130000123,NULL)"),
        ("<@1576930000000000007>", "<@1577307487360000007>"),
        ("retired on '2026-05-12', at 2025-11-30 12:00:00", "retired on '2026-05-12', at 2025-11-30 12:00:00"),
        ("seed 1796040000, hash 1576930000000000007ab, 9223372036854775807, 0.1576930000000000007", None),
    ],
)
def test_dates_and_ids_of_the_recording_move_and_nothing_else(text, moved):
    assert Moving(RECORDED, RECORDED + timedelta(hours=25)).text(text) == (moved or text)


@pytest.mark.parametrize("name", DATABASES)
def test_every_column_of_dates_moves(tmp_path, name):
    before, after = (_copy(tmp_path / part, later) for part, later in (("before", timedelta()), ("after", LATER)))
    columns = list(_columns_of_dates(before / f"{name}.sqlite"))
    assert len(columns) > 10
    for table, column in columns:
        query = f'SELECT "{column}" FROM "{table}" WHERE "{column}" IS NOT NULL ORDER BY rowid'
        stood, stands = (_rows(folder / f"{name}.sqlite", query) for folder in (before, after))
        assert len(stood) == len(stands)
        assert [one for one, other in zip(stood, stands, strict=True) if one == other] == [], (table, column)


@pytest.mark.parametrize("name", DATABASES)
def test_no_cell_holds_a_date_of_the_recording(tmp_path, name):
    golden, path = Golden.open(), _copy(tmp_path, LATER) / f"{name}.sqlite"
    for table in _tables(path):
        for cell in (cell for row in _rows(path, f'SELECT * FROM "{table}"') for cell in row):
            assert isinstance(cell, bytes) or not _is_old(golden, cell), (table, cell)


@pytest.mark.parametrize("name", ["discord.json", "providers.json"])
def test_no_field_of_the_worlds_holds_a_date_of_the_recording(name):
    golden = Golden.open()
    for leaf in _leaves(golden.document(name, golden.moving(golden.recorded + LATER))):
        assert not _is_old(golden, leaf)


def _copy(folder: Path, later: timedelta) -> Path:
    golden = Golden.open()
    golden.copy(folder, golden.moving(golden.recorded + later))
    return folder


def _rows(path: Path, query: str) -> list:
    with closing(sqlite3.connect(path)) as database:
        return database.execute(query).fetchall()


def _tables(path: Path) -> list[str]:
    return [name for (name,) in _rows(path, "SELECT name FROM sqlite_master WHERE type = 'table'")]


def _columns_of_dates(path: Path) -> Iterator[tuple[str, str]]:
    """Columns that are declared as dates, as ours are, or named like moments, as DBOS's are."""
    for table in _tables(path):
        for _, column, kind, *_ in _rows(path, f'PRAGMA table_info("{table}")'):
            dated = kind in ("DATETIME", "DATE", "TIMESTAMP") or column.endswith(("_at", "_ms", "timestamp"))
            if dated and column not in LENGTHS:
                yield table, column


def _is_old(golden: Golden, value: object) -> bool:
    window = golden.recorded - BEFORE, golden.recorded + AFTER
    return any(window[0] <= moment <= window[1] for moment in moments_in(value))


def _leaves(value: object) -> Iterator[object]:
    """Every key and value, files left out."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield key
            yield from _leaves(one)
    elif isinstance(value, list):
        for one in value:
            yield from _leaves(one)
    elif not isinstance(value, bool | None) and len(str(value)) < 10_000:
        yield value

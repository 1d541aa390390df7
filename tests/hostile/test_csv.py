"""CSV: what we write is text in every spreadsheet and comes back unchanged, and what anybody writes breaks nothing."""

import csv
import io
import re
from contextlib import suppress
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from telephone.domain.games import Pair
from telephone.domain.polls import Poll
from telephone.errors import BadInput
from telephone.exports import votes
from telephone.leaderboards.csv_cells import read_back, written
from telephone.leaderboards.csv_input import read_scores, read_votes
from telephone.leaderboards.csv_records import read
from telephone.store.packed_votes import PACKED
from tests.hostile.corpus import corpus

FEW = settings(max_examples=200, derandomize=True, deadline=None)
FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "'=1"]
NUMBERS = ["1e5", "007", "1234567890123456", "1,5", "50%", "''1e5"]
ODD = st.sampled_from(FORMULAS + NUMBERS)
CELL = ODD | st.text(st.characters(codec="utf-8"), max_size=9)
HEADINGS = ["", "a_t2i,a_i2t,b_t2i,b_i2t,outcome,voter\n", "sep=;\n", "t2i,i2t,prompt,distance\n"]
TAKEN = re.compile(r"[=+\-@\t\r\n]|[\d.,]*\d[\d.,]*(?:[eE][+-]?\d+)?%?\Z")


@FEW
@given(CELL | st.from_regex(r"'{0,2}[=+@\-]?[0-9]{0,4}(e[0-9])?"))
def test_a_cell_is_text_in_every_spreadsheet_and_comes_back_unchanged(text):
    cell = written(text)
    assert not TAKEN.match(cell)
    assert read_back(cell) == text


@FEW
@given(cells=st.lists(CELL, min_size=2, max_size=2))
@example(cells=["=cmd|' /C calc'!A0", "1e5"])
def test_a_file_of_ours_is_read_back_unchanged(cells):
    text = io.StringIO()
    sheet = csv.writer(text, lineterminator="\n")
    sheet.writerow(("battle", "prompt"))
    sheet.writerow([written(cell) for cell in cells])
    try:
        found = list(read(io.StringIO(text.getvalue(), newline=""), ("battle", "prompt")).records)
    except BadInput:
        return
    assert found in ([], [(2, tuple(cells))]), "a row of blanks is passed over"


@pytest.mark.parametrize("odd", ["1e5", "007", "12345678901234567890"])
def test_no_name_in_an_export_is_a_number_or_a_formula(odd):
    cast = np.zeros(1, dtype=PACKED)
    cast["member"] = 7
    sides = ((0, Pair(odd, "critic")), (1, Pair("painter", odd)))
    found = votes.transcribe([Poll(odd, datetime(2026, 1, 1, tzinfo=UTC), "=1+1", sides, cast)], b"key", 41)
    (row,) = list(csv.reader(io.StringIO(found.data.decode())))[1:]
    assert not [cell for cell in row if cell and TAKEN.match(cell)]
    assert f"'{odd}" in row
    assert "'=1+1" in row
    again = io.StringIO(found.data.decode(), newline="")
    columns = ("a_t2i", "b_i2t", "battle", "prompt")
    (read_again,) = read(again, columns, optional=tuple(name for name in votes.COLUMNS if name not in columns)).records
    assert read_again[1][:4] == (odd, odd, odd, "=1+1")


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in corpus("csv")])
def test_files_that_nobody_should_send_are_read_or_refused(text):
    for reader in (read_votes, read_scores):
        with suppress(BadInput):
            reader(io.StringIO(text, newline=""))


@FEW
@given(st.text(max_size=200), st.sampled_from(HEADINGS))
def test_a_file_of_any_characters_is_read_or_refused(text, heading):
    for reader in (read_votes, read_scores):
        with suppress(BadInput):
            reader(io.StringIO(heading + text, newline=""))

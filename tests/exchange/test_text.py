"""Text no name may hold, and cells no spreadsheet computes."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridsvc.exchange import tables, text
from gridsvc.town.write import write_tables

BEGINNINGS = "=+-@\t\r\n＝＋－＠"


@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_a_cell_that_begins_like_a_formula_is_text(beginning):
    assert text.disarm(f"{beginning}1+1") == f"'{beginning}1+1"


@given(st.text(max_size=8) | st.text("'" + BEGINNINGS, max_size=6))
def test_whatever_is_disarmed_reads_the_same(cell):
    disarmed = text.disarm(cell)
    assert not disarmed.startswith(tuple(BEGINNINGS))
    assert text.plain(disarmed) == cell


def test_ordinary_text_stays_as_it_is():
    for cell in ("", "中山路1号", "118.5", "'quoted'", "a=b", "O'Brien"):
        assert text.disarm(cell) == text.plain(cell) == cell


@pytest.mark.parametrize(
    ("given_text", "fault"),
    [
        ("a\x00b", "holds a NUL character"),
        ("a\x1bb", "holds a control character (U+001B)"),
        ("a\x85b", "holds a control character (U+0085)"),
        ("a\ud800b", "holds half a character (U+D800)"),
        ("中山路\t1号\n2楼\r\n", None),
        ("𠀀", None),
    ],
)
def test_what_no_name_may_hold(given_text, fault):
    assert text.fault_of(given_text) == fault


def test_tables_are_written_disarmed_and_read_back(tmp_path):
    name = "=HYPERLINK(A1)"
    rows = {"code": ["M1"], "name": [name], "kind": ["grid"], "power_code": [None], "lon": [-1.5]}
    write_tables({"matters": pd.DataFrame(rows)}, tmp_path)
    assert f",'{name},grid,,-1.5" in (tmp_path / "matters.csv").read_text(encoding="utf-8")
    (row,) = tables.read_table(tmp_path / "matters.csv", tables.MatterRow)
    assert row.name == name

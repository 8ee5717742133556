"""Cursors: what was read stays read, whatever order transactions commit in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridsvc.errors import BadInput
from gridsvc.feed.cursor import MOST_LENGTH, Cursor, Snapshot


@st.composite
def snapshots(draw):
    low = draw(st.integers(1, 10**9))
    span = draw(st.integers(0, 40))
    running = draw(st.frozensets(st.integers(0, span - 1))) if span else frozenset()
    return Snapshot(low, low + span, frozenset(low + one for one in running))


@st.composite
def cursors(draw):
    cursor = Cursor(draw(st.integers(0, 10**11)), draw(snapshots()))
    if draw(st.booleans()):
        return cursor.within(draw(snapshots()), draw(st.integers(1, 10**12)))
    return cursor


@given(cursors())
def test_a_cursor_comes_back_as_it_went(cursor):
    assert Cursor.read(str(cursor)) == cursor


@given(snapshots(), st.integers(1, 10**9))
def test_a_snapshot_shows_what_had_ended(snapshot, transaction):
    ended = transaction < snapshot.high and transaction not in snapshot.running
    assert snapshot.shows(transaction) == ended


@given(
    commits=st.permutations(range(1, 13)),
    looks=st.sets(st.integers(0, 12), min_size=1),
    cuts=st.lists(st.integers(0, 5), min_size=13, max_size=13),
)
def test_whatever_order_they_commit_in_each_is_read_once(commits, looks, cuts):
    """Twelve transactions that all began before the first committed, read whenever somebody looks.

    At every look the reader is cut off after some rows, and comes back at the next one with the
    cursor of the last row it got; others commit in between.
    """
    read, cursor = [], Cursor(0, Snapshot(1, 1))
    for ended in [*sorted(looks), 12]:
        running = frozenset(range(1, 13)) - set(commits[:ended])
        now = Cursor(0, Snapshot(min(running, default=13), 13, running))
        gets = 12 if ended == 12 else cuts[ended]
        for until in cursor.steps(now):
            batch = [n for n in range(1, 13) if until.seen.shows(n) and not cursor.has_read(n, n)]
            read += batch[:gets]
            if gets < len(batch):
                cursor = cursor.within(until.seen, batch[gets - 1]) if gets else cursor
                break
            gets -= len(batch)
            cursor = until
        cursor = Cursor.read(str(cursor))
    assert sorted(read) == list(range(1, 13))


@pytest.mark.parametrize(
    "text",
    [
        *("", "1", "1_1:2", "1_2:1:", "1_0:0:", "1_1:3:7", "1_1:3:2,", "1_1:3:2_4:5:"),
        *("1_1:3:2_4:5:_x", "-1_1:1:", "1_1:1:\n", "１_1:1:", "1_" + "9" * 19 + ":1:"),
        "1_1:9:" + ",".join("2" * (MOST_LENGTH // 2)),
    ],
)
def test_what_is_no_cursor_is_refused(text):
    with pytest.raises(BadInput):
        Cursor.read(text)

"""Batches: every community once, all about equally long, the longest first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridsvc.batches.sizing import FIXED, MOST, batches_of

CITY = {f"3901211{number:05d}": 800 + 37 * number % 2100 for number in range(1000)}


def lengths(batches, households):
    return [sum(households[code] + FIXED for code in batch) for batch in batches]


@given(
    st.dictionaries(st.integers(0, 999).map("{:012d}".format), st.integers(0, 50_000)),
    st.integers(1, 64),
)
def test_every_community_is_in_one_batch(households, workers):
    batches = batches_of(households, workers)
    assert sorted(code for batch in batches for code in batch) == sorted(households)
    assert all(batches)
    assert lengths(batches, households) == sorted(lengths(batches, households), reverse=True)


@pytest.mark.parametrize("workers", [1, 2, 16])
def test_no_batch_of_a_city_is_much_longer_than_another(workers):
    found = lengths(batches_of(CITY, workers), CITY)
    assert max(found) < 1.1 * min(found)
    assert max(found) < 1.1 * (MOST + FIXED)


def test_a_few_communities_are_shared_by_all_workers():
    assert batches_of({"a": 900, "b": 700, "c": 800}, 2) == [("a",), ("c",), ("b",)]


def test_a_giant_is_a_batch_of_its_own_and_begins():
    assert batches_of({"a": 10, "giant": 90_000}, 1) == [("giant",), ("a",)]


def test_nothing_makes_no_batch():
    assert batches_of({}, 4) == []

"""What is kept of tiles, and which exist."""

import pytest

from gridsvc.errors import BadInput
from gridsvc.grids.tiles import Tiles, check


def test_a_kept_tile_comes_back_for_its_version_and_place_alone():
    kept = Tiles()
    kept.keep(("v", 1, 0, 1), b"tile")
    assert kept.get(("v", 1, 0, 1)) == b"tile"
    assert kept.get(("w", 1, 0, 1)) is kept.get(("v", 1, 1, 0)) is None


def test_the_tile_not_asked_for_longest_goes_first():
    kept = Tiles(most_bytes=3000)
    for x in range(3):
        kept.keep(("v", 9, x, 0), b"0" * 400)
    assert kept.get(("v", 9, 0, 0))
    kept.keep(("v", 9, 3, 0), b"0" * 400)
    assert [x for x in range(4) if kept.get(("v", 9, x, 0))] == [0, 2, 3]


def test_empty_tiles_and_tiles_made_twice_count_once_and_not_for_nothing():
    kept = Tiles(most_bytes=2000)
    for _ in range(10):
        kept.keep(("v", 9, 0, 0), b"0" * 400)
    assert kept.get(("v", 9, 0, 0))
    for x in range(1, 100):
        kept.keep(("v", 9, x, 0), b"")
    assert sum(kept.get(("v", 9, x, 0)) is not None for x in range(100)) <= 3


@pytest.mark.parametrize("place", [(14, 0, 0), (-1, 0, 0), (3, 8, 0), (3, 0, 8), (3, -1, 0)])
def test_tiles_that_do_not_exist_are_refused(place):
    with pytest.raises(BadInput):
        check(*place)


@pytest.mark.parametrize("place", [(0, 0, 0), (3, 7, 7), (13, 8191, 8191)])
def test_tiles_at_the_edges_exist(place):
    check(*place)

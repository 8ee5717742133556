"""Codes of cells: kept where nothing changed, never used twice, within their digits."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from gridsvc.errors import BadInput
from gridsvc.grids.numbering import Numbering
from gridsvc.planning.codes import reading_order
from tests.towns import COMMUNITY

METRIC = "+proj=laea +lat_0=32 +lon_0=118.7 +units=m"


def squares(*corners, side=100.0):
    shapes = [shapely.box(x, y, x + side, y + side) for x, y in corners]
    return gpd.GeoDataFrame(geometry=shapes, crs=METRIC)


def field(columns, rows, side=100.0):
    return squares(*((c * side, r * side) for r in range(rows) for c in range(columns)), side=side)


def numbering(old=None, codes=(), ever_used=(), old_micro=None, micro_codes=()):
    def known(cells, of):
        cells = squares() if cells is None else cells
        return cells.assign(code=np.asarray(list(of), dtype=object))

    return Numbering(
        community=COMMUNITY,
        ever_used=set(ever_used) | set(codes) | set(micro_codes),
        old_grids=known(old, codes),
        old_micro_grids=known(old_micro, micro_codes),
    )


def test_a_first_plan_is_numbered_in_reading_order():
    cells = field(3, 2)
    codes = numbering().grids(cells)
    read = [codes[position] for position in reading_order(np.asarray(cells.geometry))]
    assert read == [f"{COMMUNITY}{n:03d}" for n in range(1, 7)]


@pytest.mark.parametrize("seed", range(10))
def test_replanning_keeps_what_is_the_same_and_reuses_nothing(seed):
    """Cells are kept, merged with a neighbour or made new over many rounds."""
    rng = np.random.default_rng(seed)
    cells = field(4, 4)
    codes = numbering().grids(cells)
    ever, places = set(codes), dict(zip(codes, cells.geometry, strict=True))
    for _ in range(4):
        kept = cells[rng.random(len(cells)) < 0.6]
        moved = squares(*rng.uniform(1000, 5000, (rng.integers(1, 5), 2)))
        new = gpd.GeoDataFrame(geometry=[*kept.geometry, *moved.geometry], crs=METRIC)
        shuffled = new.iloc[rng.permutation(len(new))].reset_index(drop=True)
        now = numbering(cells, codes, ever).grids(shuffled)
        assert len(set(now)) == len(now)
        for code, shape in zip(now, shuffled.geometry, strict=True):
            same = [c for c, old in zip(codes, cells.geometry, strict=True) if old.equals(shape)]
            assert code in (same or set(now) - ever)
            # A code stands for one place for ever.
            assert places.setdefault(code, shape).equals(shape)
        cells, codes, ever = shuffled, now, ever | set(now)


def test_a_border_drawn_again_within_a_hundredth_keeps_its_code():
    cells = field(2, 1)
    codes = numbering().grids(cells)
    redrawn = squares((0.2, 0), (100.2, 0))
    assert numbering(cells, codes).grids(redrawn) == codes


def test_a_border_moved_further_makes_new_cells():
    cells = field(2, 1)
    codes = numbering().grids(cells)
    moved = squares((5, 0), (105, 0))
    assert not set(numbering(cells, codes).grids(moved)) & set(codes)


def test_micro_grids_are_numbered_within_their_grid():
    cells = field(4, 1, side=50)
    grids = [f"{COMMUNITY}001", f"{COMMUNITY}001", f"{COMMUNITY}007", f"{COMMUNITY}007"]
    codes = numbering().micro_grids(cells, grids)
    assert sorted(codes) == [f"{grid}{n:02d}" for grid in sorted(set(grids)) for n in (1, 2)]
    assert all(code.startswith(grid) for code, grid in zip(codes, grids, strict=True))


def test_a_micro_grid_in_another_grid_gets_another_code():
    cell = squares((0, 0))
    old = f"{COMMUNITY}00101"
    same = numbering(old_micro=cell, micro_codes=[old])
    assert same.micro_grids(cell, [f"{COMMUNITY}001"]) == [old]
    assert same.micro_grids(cell, [f"{COMMUNITY}002"]) == [f"{COMMUNITY}00201"]


def test_running_out_of_numbers_is_refused():
    used = {f"{COMMUNITY}{n:03d}" for n in range(1, 999)}
    assert numbering(ever_used=used).grids(squares((0, 0))) == [f"{COMMUNITY}999"]
    with pytest.raises(BadInput, match="more than 3 digits"):
        numbering(ever_used=used).grids(squares((0, 0), (100, 0)))

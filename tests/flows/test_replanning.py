"""Splitting with an earlier plan at hand, and with wishes, from file to file."""

import json

import geopandas as gpd
import pytest

from gridsvc.errors import BadInput, Infeasible
from gridsvc.exchange.layers import write_layers
from gridsvc.exchange.split import Sources, split_files
from gridsvc.planning.wish import Wish
from tests.exchange.paper import METRIC, frame, square

SMALL = Wish(target=30, seed=1)


def houses(households):
    shapes = [square(20 * k, 20, 12) for k in range(len(households))]
    return frame(shapes, households=list(households))


@pytest.fixture
def row(tmp_path):
    """Twelve houses of ten households in a row, and their files."""
    layers = {"buildings": houses([10] * 12), "boundary": frame([square(-10, 0, 250, 60)])}
    write_layers(tmp_path / "row.gpkg", layers)
    return Sources(f"{tmp_path}/row.gpkg:buildings", f"{tmp_path}/row.gpkg:boundary")


def changed(row, tmp_path, households, **more):
    path = tmp_path / f"changed-{len(list(tmp_path.iterdir()))}.gpkg"
    write_layers(path, {"buildings": houses(households)})
    return Sources(f"{path}:buildings", row.boundary, **more)


def cells(path):
    return gpd.read_file(path, layer="cells").set_index("cell")


def test_numbers_stay_with_their_cells_and_ended_ones_are_never_given_again(row, tmp_path):
    first, second, third = (tmp_path / f"{n}.gpkg" for n in ("first", "second", "third"))
    split_files(row, wish=SMALL, out=first)
    assert sorted(cells(first).index) == [1, 2, 3, 4]
    # The last cell empties: its land joins a neighbour, its number ends.
    shrunk = changed(row, tmp_path, [10] * 9 + [1, 0, 0], previous=str(first))
    report = split_files(shrunk, wish=SMALL, out=second)
    gone = gpd.read_file(second, layer="ended")["cell"].tolist()
    assert len(gone) == 1
    assert report["changes"]["ended"] == [str(gone[0])]
    assert set(cells(second).index) == {1, 2, 3, 4} - set(gone)
    grown = changed(row, tmp_path, [10] * 9 + [20, 20, 20], previous=str(second))
    report = split_files(grown, wish=SMALL, out=third)
    assert gone[0] not in cells(third).index
    assert max(cells(third).index) > 4
    assert gone[0] in gpd.read_file(third, layer="ended")["cell"].tolist()


def test_what_did_not_change_keeps_number_and_ground(row, tmp_path):
    first, second = tmp_path / "first.gpkg", tmp_path / "second.gpkg"
    split_files(row, wish=SMALL, out=first)
    more = changed(row, tmp_path, [10] * 11 + [30], previous=str(first))
    report = split_files(more, wish=SMALL, out=second, reports=[tmp_path / "changes.html"])
    before, after = cells(first).to_crs(METRIC), cells(second).to_crs(METRIC)
    west = before.index[before.geometry.centroid.x < 50]
    for number in west:
        assert before.geometry[number].symmetric_difference(after.geometry[number]).area < 1e-3
    assert report["changes"]["households"] == 140
    assert report["changes"]["households_moved"] <= 30
    assert "http" not in (tmp_path / "changes.html").read_text(encoding="utf-8").split("<body")[1]


def test_previous_cells_need_numbers_that_are_unique(row, tmp_path):
    old = frame([square(-10, 0, 100, 60), square(90, 0, 150, 60)], cell=[3, 3])
    write_layers(tmp_path / "old.gpkg", {"cells": old})
    again = Sources(row.buildings, row.boundary, previous=str(tmp_path / "old.gpkg"))
    with pytest.raises(BadInput, match="each number from 1 up once"):
        split_files(again, wish=SMALL, out=tmp_path / "new.gpkg")


def test_a_wish_that_cannot_be_met_is_named_and_the_nearest_plan_written(row, tmp_path):
    out, paper = tmp_path / "cells.gpkg", tmp_path / "report.json"
    with pytest.raises(Infeasible, match="cells 40 cannot be met, 12 is possible") as caught:
        split_files(row, wish=Wish(cells=40), out=out, reports=[paper])
    assert caught.value.exit_code == 1
    assert len(cells(out)) == 12
    assert json.loads(paper.read_text(encoding="utf-8"))["limits"][0]["constraint"] == "cells"


def test_grids_are_whole_cells_and_every_cell_knows_its_grid(row, tmp_path):
    out = tmp_path / "cells.gpkg"
    split_files(row, wish=Wish(target=20), grid_target=60, out=out)
    micro, grids = cells(out), gpd.read_file(out, layer="grids").set_index("grid")
    assert micro.groupby("grid")["households"].sum().to_dict() == grids["households"].to_dict()
    joined = micro.dissolve("grid").geometry
    assert joined.symmetric_difference(grids.geometry.loc[joined.index]).area.max() < 1e-12


def test_grids_of_an_earlier_plan_stay_together(row, tmp_path):
    first, second = tmp_path / "first.gpkg", tmp_path / "second.gpkg"
    split_files(row, wish=Wish(target=20, seed=1), grid_target=60, out=first)
    again = changed(row, tmp_path, [10] * 11 + [12], previous=str(first))
    split_files(again, wish=Wish(target=20, seed=8), grid_target=60, out=second)

    def together(path):
        return sorted(sorted(group) for group in cells(path).groupby("grid").groups.values())

    assert together(second) == together(first)


def test_a_load_that_is_not_households_is_a_column_of_the_cells(row, tmp_path):
    buildings = houses([10] * 12).assign(residents=range(12))
    write_layers(tmp_path / "people.gpkg", {"people": buildings})
    sources = Sources(str(tmp_path / "people.gpkg"), row.boundary)
    out = tmp_path / "cells.gpkg"
    split_files(sources, wish=Wish(target=22, weigh={"residents": 1.0}), out=out)
    assert cells(out)["load"].sum() == 66
    assert cells(out)["households"].sum() == 120

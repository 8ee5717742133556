import numpy as np
import pytest

from gridsvc.errors import BadInput
from gridsvc.exchange.layers import write_layers
from gridsvc.exchange.zones import read_zones
from tests.exchange.paper import METRIC, frame, square


def zones(tmp_path, shapes, **columns):
    write_layers(tmp_path / "zones.gpkg", {"zones": frame(shapes, **columns)})
    return str(tmp_path / "zones.gpkg")


def test_each_row_is_a_zone(tmp_path):
    spec = zones(tmp_path, [square(0, 0, 9), square(9, 0, 9)], homes=[5, 7])
    read = read_zones(spec, "homes", None, METRIC)
    assert read.frame["zone"].tolist() == ["1", "2"]
    assert read.totals.tolist() == [5, 7]


def test_parts_of_one_zone_are_joined_and_added_up(tmp_path):
    shapes = [square(0, 0, 9), square(50, 0, 9), square(9, 0, 9)]
    spec = zones(tmp_path, shapes, homes=[5, 7, 1], block=["b", "a", "b"])
    read = read_zones(spec, "homes", "block", METRIC)
    assert dict(zip(read.frame["zone"], read.totals, strict=True)) == {"b": 6, "a": 7}
    assert read.frame.area.sum() == pytest.approx(3 * 81)


def test_census_keys_are_known_and_water_left_out(tmp_path):
    shapes = [square(0, 0, 9), square(9, 0, 9), square(0, 50, 90)]
    spec = zones(
        tmp_path, shapes, SETAI=[5, 7, 3], KEY_CODE=["1", "1", "2"], HCODE=[8101, 8101, 8154]
    )
    read = read_zones(spec, "SETAI", None, METRIC)
    assert read.frame["zone"].tolist() == ["1"]
    assert read.totals.tolist() == [12]


def test_overlapping_zones_are_refused(tmp_path):
    spec = zones(tmp_path, [square(0, 0, 100), square(50, 0, 100)], homes=[1, 2])
    with pytest.raises(BadInput, match=r"zones 1 and 2 of .* overlap .*each place must lie in one"):
        read_zones(spec, "homes", None, METRIC)


@pytest.mark.parametrize(("homes", "told"), [([1, -2], "negative"), ([1, 2.5], "fraction")])
def test_totals_that_are_no_counts_are_refused(tmp_path, homes, told):
    spec = zones(tmp_path, [square(0, 0, 9), square(9, 0, 9)], homes=homes)
    with pytest.raises(BadInput, match=f"homes is .*{told}"):
        read_zones(spec, "homes", None, METRIC)


def test_enclosed_means_all_but_a_sliver(tmp_path):
    spec = zones(tmp_path, [square(0, 0, 100), square(100, 0, 100)], homes=[1, 2])
    read = read_zones(spec, "homes", None, METRIC)
    assert read.enclosed_by(square(0, 0, 199.5, 100)).tolist() == [True, True]
    assert read.enclosed_by(square(0, 0, 195, 100)).tolist() == [True, False]
    assert isinstance(read.enclosed_by(square(0, 0, 9)), np.ndarray)

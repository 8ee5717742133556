"""Big buildings in stairwell units: nothing lost, nothing overlapping, every part connected."""

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.affinity import rotate

from gridsvc.planning.units import MOST_HOUSEHOLDS, by_unit, divide_across
from tests.planning.towns import box, frame


def angled(x, y, long, deep):
    """An L-shaped building."""
    return box(x, y, long, deep).union(box(x, y, deep, long))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    households=st.integers(0, 2000),
    turn=st.integers(0, 179),
    long=st.floats(15, 120),
    shape=st.sampled_from(["slab", "angled", "ring"]),
)
def test_units_cover_the_building_and_share_its_households(households, turn, long, shape):
    slab = box(0, 0, long, 12)
    building = {
        "slab": slab,
        "angled": angled(0, 0, long, 12),
        "ring": slab.buffer(20).difference(slab.buffer(8)),
    }[shape]
    building = rotate(building, turn)
    units = by_unit(frame([building], households=[households], building_id=["w1"]))
    assert units["households"].sum() == households
    assert units["households"].max() <= MOST_HOUSEHOLDS
    assert units["households"].max() - units["households"].min() <= 1
    assert units.is_valid.all()
    assert (units.geom_type == "Polygon").all()
    assert units.area.sum() == pytest.approx(building.area, rel=1e-6)
    assert shapely.union_all(units.geometry.values).area == pytest.approx(building.area, rel=1e-6)
    assert units["building_id"].is_unique


def test_small_buildings_stay_whole_and_in_order():
    buildings = frame(
        [box(0, 0, 30, 10), box(50, 0, 60, 10), box(120, 0, 9, 9)],
        households=[20, 21, 0],
        building_id=["a", "b", "c"],
        kind="apartments",
    )
    units = by_unit(buildings)
    assert units["building_id"].tolist() == ["a", "b-1", "b-2", "c"]
    assert units["building"].tolist() == [0, 1, 1, 2]
    assert units["unit"].tolist() == [0, 1, 2, 0]
    assert units["households"].tolist() == [20, 11, 10, 0]
    assert (units["kind"] == "apartments").all()
    assert units.geometry.iloc[0].equals(buildings.geometry.iloc[0])


def test_a_cut_begins_beside_an_edge_that_overlays_get_wrong():
    """GEOS calls all of this shape common with a strip that only touches its edge."""
    building = shapely.Polygon(
        [
            (128.44796631611868, -16.62347202523978),
            (200.17686997430073, -10.385119808923909),
            (198.44370955518272, 9.539611652112184),
            (126.71494937647573, 3.3012718123139173),
        ]
    )
    parts = divide_across(building, 7)
    assert [part.area for part in parts] == pytest.approx([building.area / 7] * 7, rel=1e-3)


def test_a_slab_is_cut_across_its_long_axis():
    parts = divide_across(box(0, 0, 60, 10), 3)
    assert [part.bounds[2] - part.bounds[0] for part in parts] == pytest.approx([20] * 3, abs=0.01)


def test_a_point_with_many_households_is_not_cut_to_dust():
    speck = frame([box(0, 0, 0.5, 0.5)], households=[1900])
    assert len(by_unit(speck)) == 1

"""Files of cells keep geometry to the micro-degree and every attribute, in all formats."""

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridsvc.errors import BadInput
from gridsvc.exchange.cell_files import FORMATS, read_cells, written
from gridsvc.geo import Reference

WRITTEN = [Reference.WGS84, Reference.CGCS2000, Reference.CGCS2000_METRIC]


@st.composite
def coverages(draw):
    """Cells side by side anywhere in China, one with a hole that another fills."""
    west = draw(st.floats(75, 134))
    south = draw(st.floats(18, 52))
    cuts = sorted(draw(st.sets(st.floats(0.05, 0.95), max_size=4)))
    xs = west + 0.01 * np.array([0.0, *cuts, 1.0])
    shapes = [shapely.box(a, south, b, south + 0.01) for a, b in pairwise(xs)]
    shapes = [shape for shape in shapes if shape.area > 1e-9]
    inner = shapely.affinity.scale(shapes[0], 0.5, 0.5)
    shapes = [shapes[0].difference(inner), inner, *shapes[1:]]
    count = len(shapes)
    return gpd.GeoDataFrame(
        {
            "number": draw(
                st.lists(
                    st.integers(1, 2_000_000_000), min_size=count, max_size=count, unique=True
                )
            ),
            "kind": draw(
                st.lists(st.sampled_from(["ordinary", "dedicated"]), min_size=count,
                         max_size=count)
            ),
            "households": [100] * count,
            "locked": draw(st.lists(st.booleans(), min_size=count, max_size=count)),
        },
        geometry=shapes,
        crs=4326,
    )  # fmt: skip


@pytest.mark.parametrize("reference", WRITTEN)
@pytest.mark.parametrize("kind", FORMATS)
@settings(max_examples=4, deadline=None)
@given(frame=coverages())
def test_round_trips_keep_everything(kind, reference, frame):
    drawn = read_cells(written(frame, kind, reference), kind, None, frame.total_bounds[0])
    assert drawn.number.tolist() == frame["number"].tolist()
    assert drawn.dedicated.tolist() == (frame["kind"] == "dedicated").tolist()
    assert drawn.locked.tolist() == frame["locked"].tolist()
    for one, other in zip(drawn.cells, frame.geometry, strict=True):
        assert one.hausdorff_distance(other) < 1e-6
        assert len(one.interiors) == len(other.interiors)
    assert shapely.coverage_is_valid(drawn.cells) == shapely.coverage_is_valid(
        frame.geometry.to_numpy()
    )


def a_file(**columns):
    shapes = [shapely.box(118, 32, 118.01, 32.01), shapely.box(118.01, 32, 118.02, 32.01)]
    frame = gpd.GeoDataFrame(columns, geometry=shapes, crs=4326)
    return written(frame, "geojson", Reference.WGS84)


def test_blank_cells_of_a_column_are_new_ordinary_and_open():
    drawn = read_cells(
        a_file(Number=[3.0, None], KIND=["专属", None], locked=["是", None]), "geojson", None, 118
    )
    assert drawn.number.tolist() == [3, 0]
    assert drawn.dedicated.tolist() == [True, False]
    assert drawn.locked.tolist() == [True, False]


def test_a_column_without_a_value_says_nothing():
    drawn = read_cells(a_file(number=[None, None]), "geojson", None, 118)
    assert drawn.number is drawn.dedicated is drawn.locked is None


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"number": ["x", "1"]}, "number is no whole number in row 1"),
        ({"number": [1.5, -1.0]}, "number is no whole number in rows 1 and 2"),
        ({"number": [1, 3_000_000_000]}, "in row 2"),
        ({"kind": ["ordinary", "house"]}, "kind is none of ordinary"),
        ({"locked": ["maybe", "1"]}, "locked is none of"),
    ],
)
def test_attributes_that_mean_nothing_are_refused(columns, reason):
    with pytest.raises(BadInput, match=reason):
        read_cells(a_file(**columns), "geojson", None, 118)


def test_shifted_datums_are_for_degrees():
    frame = gpd.GeoDataFrame({"number": [1]}, geometry=[shapely.box(118, 32, 119, 33)], crs=4326)
    content = written(frame, "gpkg", Reference.CGCS2000_METRIC)
    with pytest.raises(BadInput, match="is for degrees"):
        read_cells(content, "gpkg", Reference.GCJ02, 118)


def test_no_metric_zone_reaches_tokyo():
    frame = gpd.GeoDataFrame({"number": [1]}, geometry=[shapely.box(139, 35, 140, 36)], crs=4326)
    with pytest.raises(BadInput, match="no metric zone"):
        written(frame, "dxf", Reference.CGCS2000_METRIC)


def test_another_format_under_the_name_is_refused():
    with pytest.raises(BadInput):
        read_cells(a_file(), "dxf", Reference.WGS84, 118)

import base64
import gzip
import json

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gridsvc.errors import BadInput
from gridsvc.maps.arcs import STEPS_PER_DEGREE, share_borders
from gridsvc.maps.packing import _planes, pack
from tests.maps.frames import make_cells


def integers(data: bytes) -> list[int]:
    """Signed integers kept byte by byte, read as the page does."""
    total = len(data) // 4
    values = [sum(data[i + k * total] << 8 * k for k in range(4)) for i in range(total)]
    return [(value >> 1) ^ -(value & 1) for value in values]


def unpack(block: str) -> tuple[dict, list[int]]:
    data = gzip.decompress(base64.b64decode(block))
    end = 4 + int.from_bytes(data[:4], "little")
    return json.loads(data[4:end]), integers(data[end:])


def frame(geometry, **columns) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=list(geometry), crs="EPSG:4326")


@given(st.lists(st.integers(-(2**30), 2**30 - 1), max_size=50))
def test_integers_come_back(numbers):
    assert integers(_planes(np.array(numbers, np.int64))) == numbers


def test_columns_come_back_as_json_has_them():
    places = shapely.points([[118.1, 32.1], [118.2, 32.2]])
    table = frame(places, name=["一<b>", None], on=[True, False], n=[3, 4], mixed=[True, np.nan])
    header, _ = unpack(pack({}, {"people": table}))
    assert header["tables"]["people"] == {
        "shape": "points",
        "count": 2,
        "columns": {"name": ["一<b>", None], "on": [1, 0], "n": [3, 4], "mixed": [1, None]},
    }


def test_geometry_comes_back_from_the_integers():
    cells = frame(make_cells(20, np.random.default_rng(0)))
    places = frame(shapely.points([[118.5, -32.25], [-0.5, 3]]))
    header, numbers = unpack(pack({"cells": cells}, {"places": places}))
    arcs = share_borders(np.asarray(cells.geometry, dtype=object))
    sizes = header["arcs"]
    assert sizes["points"] == len(arcs.points)
    assert np.cumsum(numbers[: sizes["points"]]).tolist() == arcs.points[:, 0].tolist()
    begin = 2 * sizes["points"] + sizes["arcs"]
    steps = np.array(numbers[begin : begin + sizes["references"]])
    along = np.cumsum(steps >> 1)
    assert np.where(steps & 1, ~along, along).tolist() == arcs.references.tolist()
    lat_lon = np.cumsum(np.reshape(numbers[-4:], (2, 2)), axis=1) / STEPS_PER_DEGREE
    assert lat_lon.T.tolist() == [[118.5, -32.25], [-0.5, 3]]


def test_the_same_tables_give_the_same_block():
    cells = frame(make_cells(20, np.random.default_rng(0)))
    assert pack({"cells": cells}, {}) == pack({"cells": cells}, {})


SQUARE = shapely.box(0, 0, 1, 1)


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (frame([shapely.Point(0, 0)]), "Point"),
        (frame([shapely.MultiPolygon([SQUARE])]), "MultiPolygon"),
        (frame([shapely.Polygon()]), "empty"),
        (frame([None]), "Polygon"),
        (frame([SQUARE]).set_crs(None, allow_override=True), "EPSG:4326"),
        (frame([SQUARE]).to_crs(3857), "EPSG:4326"),
        (frame([shapely.Polygon([(0, 0), (np.inf, 1), (1, 0)])]), "finite"),
    ],
)
def test_other_geometry_is_refused_by_name(cells, message):
    with pytest.raises(BadInput, match=f"layer cells.*{message}"):
        pack({"cells": cells}, {})

"""The background: what tells most stays, nothing moves far, the page stays small."""

import geopandas as gpd
import numpy as np
import shapely

from gridsvc.geo import metric_crs
from gridsvc.maps.background import MOST_CORNERS, ORDER, TOLERANCE_M, background
from gridsvc.maps.coverage import to_html
from tests.maps.frames import SOUTH, WEST, make_frames
from tests.maps.test_coverage import block_of

CRS = "EPSG:4326"


def wavy(corners, shift=0.0):
    x = np.linspace(0, 0.02, corners)
    return shapely.linestrings(np.column_stack([WEST + x, SOUTH + shift + 0.001 * np.sin(900 * x)]))


def shapes(**by_kind):
    rows = [(kind, shape) for kind, found in by_kind.items() for shape in found]
    return gpd.GeoDataFrame(
        {"kind": [kind for kind, _ in rows]}, geometry=[shape for _, shape in rows], crs=CRS
    )


def test_lines_lose_corners_and_move_no_farther_than_the_tolerance():
    line = wavy(4000)
    made = background(shapes(river=[line]))
    crs = metric_crs(made)
    before, after = (
        gpd.GeoSeries([one], crs=CRS).to_crs(crs)[0] for one in (line, made.geometry[0])
    )
    assert shapely.get_num_coordinates(after) < 600
    assert shapely.hausdorff_distance(before, after) <= TOLERANCE_M * 1.01


def test_walls_and_unknown_classes_are_left_out():
    made = background(shapes(wall=[wavy(5)], nonsense=[wavy(5)], primary=[wavy(5)]))
    assert made["kind"].tolist() == [ORDER.index("primary")]
    assert background(shapes(wall=[wavy(5)])).empty


def test_what_does_not_fit_is_left_out_from_the_least_telling():
    boxes = [
        shapely.box(WEST + i / 1e4, SOUTH, WEST + i / 1e4 + 5e-5, SOUTH + 5e-5) for i in range(9)
    ]
    many = boxes * (MOST_CORNERS // 40)
    made = background(shapes(building=many, river=[wavy(50)]))
    assert made.count_coordinates().sum() <= MOST_CORNERS
    assert made["kind"].iloc[0] == ORDER.index("river")


def test_it_is_drawn_with_a_layer_and_a_legend_of_its_own():
    ground = background(
        shapes(river=[wavy(50)], building=[shapely.box(WEST, SOUTH, WEST + 1e-3, SOUTH + 1e-3)])
    )
    page = to_html(make_frames(30, ground=ground))
    table = block_of(page)["ground"]
    assert table["columns"]["kind"] == ground["kind"].tolist()
    assert table["corners"] == ground.count_coordinates().sum()
    assert "<caption>底图" in page
    assert 'src="http' not in page

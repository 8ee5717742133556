"""Events by matter and place."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridsvc.maps.coverage import to_html
from gridsvc.maps.matters import REST, density, matters
from tests.maps.frames import make_frames
from tests.maps.test_coverage import block_of, legend_of

FRAMES = make_frames(30)
CELLS = FRAMES.micro_grids
SAID = ("近 90 天受理事件", "events received in 90 days")


def make_points(classes):
    at = shapely.point_on_surface(CELLS.geometry.array[: len(classes)])
    return gpd.GeoDataFrame(
        {
            "class": classes,
            "matter": ["</script>甲"] * len(classes),
            "state": "CLOSED",
            "day": "2026-11-01",
            "cell": CELLS["code"].iloc[: len(classes)].to_numpy(),
        },
        geometry=at,
        crs="EPSG:4326",
    )


def figures(**columns):
    return pd.DataFrame(columns, index=CELLS["code"])


def test_a_cell_has_the_colour_of_its_most_frequent_class():
    table = figures(E01=[2, 0, 1] * 10, E02=[1, 0, 5] * 10)
    theme = matters(table, make_points([]), {"E01": "市容", "E02": "秩序"}, SAID)
    # E02 is reported most in all and comes first.
    assert theme.labels == ["秩序", "市容", "没有"]
    assert theme.level.tolist() == [1, 2, 0] * 10
    assert theme.columns["matters_most"].tolist() == [2, 0, 5] * 10


def test_more_classes_than_colours_are_others_together():
    names = {f"E{n:02d}": f"类{n}" for n in range(12)}
    table = figures(**{code: 12 - n for n, code in enumerate(names)})
    theme = matters(table, make_points(list(names)), names, SAID)
    assert len(theme.labels) == 9
    assert REST in theme.labels
    (points,) = theme.overlays
    assert points.counts == [1] * 7 + [5]


def test_no_event_is_a_map_that_says_so():
    theme = matters(figures(), make_points([]), {}, SAID)
    assert theme.labels == ["没有"]
    assert set(theme.level) == {0}
    assert theme.overlays[0].counts == []


def test_points_and_classes_are_drawn_escaped_with_a_choice():
    names = {"E01": "<b>市容</b>", "E02": "秩序"}
    table = figures(E01=3, E02=1)
    theme = matters(table, make_points(["E01", "E02"]), names, SAID)
    page = to_html(make_frames(30, themes=(theme,), first="matters", households=False))
    tables = block_of(page)
    assert tables["matter_points"]["columns"]["symbol"] == [0, 1]
    assert "reported_by" not in tables["matter_points"]["columns"]
    assert "<b>市容" not in page
    assert '<select data-table="matter_points">' in page
    assert legend_of(page)["秩序"] == "1"


def test_density_divides_by_the_cells_area():
    theme = density(CELLS, make_points(["E01"] * 10), SAID)
    area = CELLS.to_crs("EPSG:32650").area.iloc[0] / 1e6
    told = float(theme.columns["density_rate"].iloc[0])
    assert np.isclose(told, 1 / area, rtol=0.01)
    assert theme.columns["density_number"].sum() == 10
    assert (theme.level == len(theme.fills) - 1).sum() == 20

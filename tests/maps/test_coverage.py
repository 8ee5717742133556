import re
from dataclasses import replace
from datetime import datetime
from html import unescape

import numpy as np
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal

from gridsvc.errors import BadInput
from gridsvc.maps.coverage import draw, to_html
from gridsvc.maps.legend import DEDICATED, LEVELS, ON_TARGET
from tests.maps.frames import make_frames
from tests.maps.test_packing import unpack


def block_of(page: str) -> dict:
    return unpack(re.search(r'octet-stream" id="[^"]*">([^<]*)<', page)[1])[0]["tables"]


def legend_of(page: str) -> dict[str, str]:
    rows = re.findall(r"<th scope='row'>(.*?)</th><td>(.*?)</td>", page)
    return {unescape(label): count for label, count in rows}


@pytest.mark.parametrize(
    ("households", "level"),
    [(0, 0), (79, 0), (80, 1), (89, 1), (90, 2), (110, 2), (111, 3), (120, 3), (121, 4)],
)
def test_levels_are_cut_at_ten_and_twenty_percent(households, level):
    frames = make_frames(5)
    frames.micro_grids["households"] = households
    frames.micro_grids["kind"] = "ordinary"
    assert set(block_of(to_html(frames))["micro_grids"]["columns"]["level"]) == {level}


@pytest.mark.parametrize("seed", range(4))
def test_legend_counts_every_row_once_with_its_denominator(seed):
    frames = make_frames(90, seed=seed)
    cells, people, events = frames.micro_grids, frames.people, frames.events
    told = legend_of(to_html(frames))
    ordinary = cells[cells["kind"] == "ordinary"]
    assert sum(int(told[level]) for level in LEVELS) == len(ordinary)
    share = ordinary["households"] / frames.target
    assert told[LEVELS[ON_TARGET]] == str(int(share.between(0.9, 1.1).sum()))
    assert told["专属微网格"] == str(len(cells) - len(ordinary))
    assert told["无网格员"] == f"{(cells['workers'] == 0).sum()} / {len(cells)}"
    workers = people[people["role"] == "grid_worker"]
    assert told["网格员"] == f"{workers['on_duty'].sum()} / {len(workers)}"
    waiting = events["handler"].isna().sum()
    assert told["待派遣"] == f"{waiting} / {len(events)}"


def test_dedicated_cells_are_a_class_apart_whatever_their_households():
    frames = make_frames(5)
    frames.micro_grids["kind"] = "dedicated"
    assert set(block_of(to_html(frames))["micro_grids"]["columns"]["level"]) == {DEDICATED}


def test_each_micro_grid_points_to_the_row_of_its_grid():
    frames = make_frames(60)
    tables = block_of(to_html(frames))
    grid_codes = tables["grids"]["columns"]["code"]
    pointed = [grid_codes[row] for row in tables["micro_grids"]["columns"]["grid"]]
    assert pointed == frames.micro_grids["grid_code"].tolist()


def test_a_micro_grid_of_an_unknown_grid_points_nowhere():
    frames = make_frames(5)
    frames.micro_grids["grid_code"] = "elsewhere"
    assert set(block_of(to_html(frames))["micro_grids"]["columns"]["grid"]) == {-1}


def test_title_date_zone_and_source_are_on_the_sheet():
    page = to_html(make_frames(5))
    assert "<title>青云街道网格覆盖图</title>" in page
    assert "2026年11月22日 10:18（UTC+8）" in page
    assert "\\u8d44\\u6599\\u6765\\u6e90" in page  # 资料来源, in the page's script


def test_the_folium_map_links_nothing_but_leaflet():
    drawing = draw(make_frames(5))
    links = re.findall(r'(?:src|href)="(http[^"]*)"', drawing.get_root().render())
    assert links
    assert all("leaflet" in link for link in links)


def test_without_anything_the_map_says_so():
    frames = make_frames(5)
    layers = {
        name: getattr(frames, name)[:0] for name in ("micro_grids", "grids", "people", "events")
    }
    page = to_html(replace(frames, **layers))
    assert '"bounds": null' in page
    assert legend_of(page)["无网格员"] == "0 / 0"


@pytest.mark.parametrize("layer", ["micro_grids", "grids", "people", "events"])
def test_a_missing_column_is_named(layer):
    frames = make_frames(5)
    column = next(name for name in getattr(frames, layer).columns if name != "geometry")
    broken = replace(frames, **{layer: getattr(frames, layer).drop(columns=column)})
    with pytest.raises(BadInput, match=f"{layer}.*{column}"):
        draw(broken)


def test_columns_the_map_does_not_show_do_not_enter_the_file():
    frames = make_frames(5)
    frames.people["phone"] = "13800000000"
    assert "phone" not in block_of(to_html(frames))["people"]["columns"]


def test_frames_are_left_as_they_were():
    frames, untouched = make_frames(20), make_frames(20)
    draw(frames)
    for name in ("micro_grids", "grids", "people", "events"):
        assert_geodataframe_equal(getattr(frames, name), getattr(untouched, name))


def test_wrong_geometry_is_refused():
    frames = make_frames(5)
    centres = frames.people.set_geometry(shapely.buffer(frames.people.geometry, 0.001))
    with pytest.raises(BadInput, match="people must hold Point"):
        draw(replace(frames, people=centres))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"made_at": datetime(2026, 1, 1)}, "time zone"),
        ({"target": 0}, "target 0"),
    ],
)
def test_senseless_settings_are_refused(change, message):
    with pytest.raises(BadInput, match=message):
        draw(make_frames(5, **change))


def test_unknown_roles_and_kinds_are_named():
    frames = make_frames(5)
    frames.people["role"] = "inspector"
    with pytest.raises(BadInput, match="inspector"):
        draw(frames)


def test_a_city_stays_small():
    frames = make_frames(1500, wobble=6)
    points = shapely.get_num_coordinates(np.asarray(frames.micro_grids.geometry)).sum()
    page = to_html(frames)
    leaflet_and_our_scripts = 230_000
    assert (len(page.encode()) - leaflet_and_our_scripts) / points < 5  # bytes a vertex


@pytest.mark.parametrize("name", ["网" * 200, "<b>&" * 50], ids=["long", "markup"])
def test_one_cell_with_a_name_of_200_characters_keeps_all_of_it(name):
    frames = make_frames(12)
    one = frames.micro_grids.iloc[:1].assign(name=name)
    grids = frames.grids[frames.grids["code"].isin(one["grid_code"])]
    empty = {"people": frames.people.iloc[:0], "events": frames.events.iloc[:0]}
    page = to_html(replace(frames, micro_grids=one, grids=grids, **empty))
    columns = block_of(page)["micro_grids"]["columns"]
    assert (columns["name"], columns["grid"]) == ([name], [0])
    assert "<b>&" not in page

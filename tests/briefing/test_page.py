"""Pages laid out: everything on the paper, nothing on anything else, whatever the names."""

from dataclasses import replace

import numpy as np
import pytest
import shapely

from gridsvc.briefing.page import NO_APPROVAL, map_alone, page
from gridsvc.briefing.papers import Paper, layout
from gridsvc.briefing.placing import extent
from gridsvc.briefing.scene import Shape, Words
from gridsvc.briefing.sheet import by_class
from tests.briefing.sheets import HOSTILE, LONG, a_sheet, an_atlas, ground_of
from tests.maps.frames import make_frames


def words_of(scene):
    return [item for item in scene.items if isinstance(item, Words)]


def texts(scene):
    return [words.text for words in words_of(scene)]


def check(scene):
    """No line of text leaves the page or lies on another."""
    paper = shapely.box(0, 0, scene.width, scene.height)
    boxes = [extent(words).inset(0.12 * words.size).shape for words in words_of(scene)]
    assert all(paper.covers(box) for box in boxes)
    tree = shapely.STRtree(boxes)
    for i, box in enumerate(boxes):
        for j in tree.query(box):
            if i < j:
                first, second = words_of(scene)[i].text, words_of(scene)[j].text
                assert box.intersection(boxes[j]).area < 0.05 * box.area, (first, second)


@pytest.mark.parametrize("paper", Paper)
@pytest.mark.parametrize("count", [1, 2, 40, 300])
def test_nothing_leaves_the_page_or_lies_on_anything(paper, count):
    scene = page(a_sheet(count), paper)
    check(scene)
    assert (scene.width, scene.height) == (layout(paper).width, layout(paper).height)


@pytest.mark.parametrize("paper", Paper)
def test_an_atlas_index_and_its_pages_too(paper):
    atlas = an_atlas(120, parts=30)
    for number in (1, 2, 31):
        check(page(atlas.sheet(number), paper))


@pytest.mark.parametrize("name", [*HOSTILE, LONG])
def test_whatever_things_are_called(name):
    atlas = an_atlas(30, parts=5, names={f"3201020010{n:02d}": name for n in range(1, 6)})
    for number in (1, 2):
        check(page(atlas.sheet(number), Paper.A4))
    check(page(a_sheet(12, title=name, source=name, approval=name[:60]), Paper.A4))


def test_a_page_says_what_it_must():
    sheet = a_sheet(40, approval="GS（2026）1234号")
    told = "\n".join(texts(page(sheet, Paper.A4)))
    for part in (
        sheet.title, "统计时间 2026年11月22日", "审图号：GS（2026）1234号", sheet.imprint.source,
        "图例", "户数 ÷ 目标 100 户", "北", "约 1 : ", "合计", "各网格统计与分级构成", "位置与概况",
    ):  # fmt: skip
        assert part in told, part
    assert NO_APPROVAL in texts(page(a_sheet(5), Paper.A4))


def test_figures_of_the_legend_are_those_of_the_cells():
    sheet = a_sheet(40)
    told = texts(page(sheet, Paper.A4))
    for row in by_class(sheet).itertuples(index=False):
        at = told.index(row.label)
        assert told[at + 1 : at + 3] == [f"{row.cells:,}", f"{row.households:,}"]


def test_every_cell_is_drawn_in_the_colour_of_its_class_where_it_lies():
    sheet = a_sheet(40)
    scene = page(sheet, Paper.A3)
    drawn = {item.key: item for item in scene.items if item.key.startswith("cell:")}
    frame = layout(Paper.A3).map.shape
    for code, level in zip(sheet.cells["code"], sheet.levels, strict=True):
        shape = drawn[f"cell:{code}"]
        assert shape.style.fill == sheet.theme.fills[level].colour
        assert frame.contains(shape.geometry)
    middle = sheet.cells.geometry.representative_point()
    places = [drawn[f"cell:{code}"].geometry.centroid for code in sheet.cells["code"]]
    assert np.corrcoef(middle.x, [place.x for place in places])[0, 1] > 0.99
    assert np.corrcoef(middle.y, [place.y for place in places])[0, 1] < -0.99


def test_the_scale_bar_is_as_long_as_it_says():
    sheet = a_sheet(40)
    scene = page(sheet, Paper.A4)
    (bar,) = [item for item in scene.items if item.key == "scale-bar"]
    told = next(text for text in texts(scene) if text.endswith((" 米", " 公里")))
    metres = float(told.split()[0]) * (1000 if "公里" in told else 1)
    left, _, right, _ = bar.geometry.bounds
    cells = [item.geometry for item in scene.items if item.key.startswith("cell:")]
    on_page = shapely.union_all(cells).area * (metres / (right - left)) ** 2
    area = sheet.cells.to_crs(sheet.cells.estimate_utm_crs()).area.sum()
    assert on_page == pytest.approx(area, rel=0.01)


def test_an_empty_division_gets_a_page_that_says_so():
    nothing = make_frames(3)
    sheet = a_sheet(3, micro_grids=nothing.micro_grids[:0], grids=nothing.grids[:0])
    scene = page(sheet, Paper.A4)
    check(scene)
    assert "本区域暂无已发布的微网格" in texts(scene)


def test_no_households_is_no_error():
    frames = make_frames(8)
    cells = frames.micro_grids.assign(households=0)
    check(page(a_sheet(8, micro_grids=cells), Paper.A4))


def test_streets_and_buildings_lie_on_the_land_and_nothing_beyond_the_frame_is_drawn():
    frames = make_frames(20)
    sheet = replace(a_sheet(20), ground=ground_of(frames))
    scene = page(sheet, Paper.A4)
    check(scene)
    shapes = [item for item in scene.items if isinstance(item, Shape)]
    drawn = {item.key: item.geometry for item in shapes}
    land = shapely.union_all([one for key, one in drawn.items() if key.startswith("cell:")])
    houses = drawn["buildings"]
    for key in ("line:primary", "line:residential"):
        assert drawn[key].length > 50
        assert land.buffer(0.01).covers(drawn[key])
    assert houses.area > 1
    assert "line:compound" not in drawn
    assert drawn["line:river"].is_empty


def test_the_map_alone_fills_its_picture():
    scene = map_alone(a_sheet(20), 150, 100, 3)
    (frame,) = [item for item in scene.items if item.key == "frame"]
    assert frame.geometry.bounds == (0.25, 0.25, 149.75, 99.75)

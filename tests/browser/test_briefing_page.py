"""The page of a briefing in a real browser: where every line really stands, and in which colour."""

import pytest
import shapely

from gridsvc.briefing.document import frame, section
from gridsvc.briefing.page import page
from gridsvc.briefing.papers import Paper, layout
from tests.briefing.sheets import HOSTILE, LONG, a_sheet, an_atlas

#: Boxes of all lines of text and of the page, in pixels; what text holds besides its own words.
LINES = """() => {
    const drawing = document.querySelector('svg');
    const box = (element) => {
        const { left, top, right, bottom } = element.getBoundingClientRect();
        return [left, top, right, bottom];
    };
    return {
        page: box(drawing),
        lines: [...drawing.querySelectorAll('text')].map((line) => ({
            text: line.lastChild.textContent,
            size: parseFloat(line.getAttribute('font-size')),
            box: box(line),
        })),
    };
}"""
#: What lies uppermost at the middle of the largest part of a shape, but for text and borders.
FILL = """(key) => {
    const shape = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
    return shape && shape.getAttribute('fill');
}"""


async def opened(seen, path, sheet, paper):
    title = sheet.title
    before, after = frame(title, paper)
    path.write_text(before + section(sheet, page(sheet, paper), 0) + after, encoding="utf-8")
    await seen.page.goto(path.as_uri())
    return await seen.page.evaluate(LINES)


def check(told):
    """Nothing leaves the page, and no line lies on another; leading may overlap a little."""
    left, top, right, bottom = told["page"]
    whole = shapely.box(left - 1, top - 1, right + 1, bottom + 1)
    boxes = []
    for line in told["lines"]:
        x1, y1, x2, y2 = line["box"]
        inner = (y2 - y1) * 0.22
        boxes.append(shapely.box(x1, y1 + inner, x2, y2 - inner))
        assert whole.covers(boxes[-1]), line
    tree = shapely.STRtree(boxes)
    for i, box in enumerate(boxes):
        for j in tree.query(box):
            if j > i:
                shared = box.intersection(boxes[j]).area
                assert shared < 0.06 * min(box.area, boxes[j].area), (
                    told["lines"][i]["text"],
                    told["lines"][j]["text"],
                )


@pytest.mark.parametrize("paper", Paper)
async def test_no_label_overlaps_another_and_nothing_leaves_the_page(watched, tmp_path, paper):
    async with watched(1400, 900) as seen:
        for number, sheet in enumerate((a_sheet(60), an_atlas(80, parts=12).sheet(1))):
            told = await opened(seen, tmp_path / f"{number}.html", sheet, paper)
            check(told)
            words = [line["text"] for line in told["lines"]]
            assert sheet.title in words
            assert len(words) > 60
        assert not seen.complaints
        assert len(seen.requests) == 2


@pytest.mark.parametrize("name", [*HOSTILE, LONG])
async def test_whatever_is_written_is_text_that_stays_in_its_place(watched, tmp_path, name):
    atlas = an_atlas(24, parts=3, names={f"3201020010{n:02d}": name for n in range(1, 4)})
    async with watched(1400, 900) as seen:
        told = await opened(seen, tmp_path / "page.html", atlas.sheet(2), Paper.SLIDE)
        check(told)
        assert await seen.page.evaluate("document.querySelectorAll('script, img').length") == 0
        assert await seen.page.title() == " ".join(atlas.sheet(2).title.split())
        assert not seen.complaints
        assert len(seen.requests) == 1


async def test_cells_have_the_colours_the_legend_gives_them(watched, tmp_path):
    sheet = a_sheet(30)
    async with watched(1400, 900) as seen:
        await opened(seen, tmp_path / "page.html", sheet, Paper.A4)
        for code, level in list(zip(sheet.cells["code"], sheet.levels, strict=True))[::5]:
            fill = await seen.page.evaluate(FILL, f"cell:{code}")
            assert fill == await seen.page.evaluate(FILL, f"swatch:{level}")
        whole = await seen.page.locator("svg").bounding_box()
        parts = layout(Paper.A4)
        assert whole["width"] / whole["height"] == pytest.approx(
            parts.width / parts.height, rel=0.01
        )


async def test_the_table_below_has_the_names_in_full_and_print_leaves_it_out(watched, tmp_path):
    atlas = an_atlas(12, parts=2, names={"320102001001": LONG[:200], "320102001002": "短"})
    async with watched(1400, 900) as seen:
        await opened(seen, tmp_path / "page.html", atlas.index, Paper.A4)
        await seen.page.get_by_text("附表").click()
        assert await seen.page.get_by_role("cell", name=LONG[:200]).is_visible()
        await seen.page.emulate_media(media="print")
        assert not await seen.page.locator("details").is_visible()

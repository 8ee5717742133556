import ast
import re
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
import shapely

import gridsvc
from gridsvc.errors import BadInput
from gridsvc.maps.plan_report import report_html
from gridsvc.maps.plan_words import CHECKS, FIGURES, NOTES, REASONS
from gridsvc.planning import checks as rules
from tests.maps.reports import MADE_AT, TITLE, make_changes, make_plan, make_report, plan_before

HOSTILE = "<img src=x onerror=alert(1)>\"'&{{7*7}}</script><script>alert(1)</script>\u202e\ud800\0"
PLANNING = Path(gridsvc.__file__).parent / "planning"


class Page(HTMLParser):
    """Tags, identifiers, links and text of a document."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        if self.tags[-1:] not in (["script"], ["style"]):
            self.words.append(data)

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.attributes if key == name and value is not None]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def page_of(report, cells, **options) -> Page:
    html = report_html(report, cells, **({"title": TITLE, "made_at": MADE_AT} | options))
    html.encode("utf-8")
    return Page(html)


def row_of(page_html: str, identity: str) -> str:
    return re.search(rf'<tr id="{identity}".*?</tr>', page_html, re.DOTALL)[0]


# ---- what stands on the page ------------------------------------------------------------


def test_title_time_and_verdict_head_the_page():
    cells = make_plan()
    page = page_of(make_report(cells), cells)
    assert TITLE in page.text
    assert "2026年11月26日 10:18（UTC+8）" in page.text
    assert "26 November 2026, 10:18 (UTC+8)" in page.values("data-en")
    assert "方案不能采用：2 项检查有 1 项未通过（不切割楼栋）；2 项目标达到 1 项" in page.text


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({}, "方案合格：1 项检查全部通过；没有微网格超出允许范围。"),
        ({"checks": {}}, "方案尚未检查"),
        ({"checks": {"no_overlap": False}}, "方案不能采用"),
        ({"problems": [{"check": "no_overlap", "cells": [], "detail": "x"}]}, "方案不能采用"),
        ({"limits": [{"constraint": "cells"}]}, "方案可用，尚有不足"),
        ({"outside": [{"cell": 1, "reason": "unexplained"}]}, "其中 1 个原因未明"),
        ({"aims": [{"name": "x", "value": None, "met": None}]}, "1 项目标达到 0 项"),
    ],
)
def test_the_verdict_follows_from_checks_aims_limits_and_cells(changes, verdict):
    report = {"checks": {"no_overlap": True}, "outside": []} | changes
    assert verdict in page_of(report, make_plan(4)).text


def test_every_cell_outside_is_listed_marked_and_linked_both_ways():
    cells = make_plan(200)
    report = make_report(cells)
    html = report_html(report, cells, title=TITLE, made_at=MADE_AT)
    outside = sorted(report["outside"], key=lambda row: -abs(row["deviation_percent"]))
    assert len(outside) > 20
    page = Page(html)
    ids = set(page.values("id"))
    links = [link for link in page.values("href") if not link.startswith("data:")]
    for at, row in enumerate(outside):
        listed = row_of(html, f"o{at}")
        assert f">{row['cell']}</a>" in listed
        assert f">{row['households']}</td>" in listed
        assert REASONS[row["reason"]].zh in listed
        assert f"#c{row['cell'] - 1}" in listed
        assert f"#o{at}" in links
    assert {link[1:] for link in links} <= ids


def test_a_cell_that_is_not_on_the_map_is_listed_all_the_same():
    cells = make_plan(4)
    outside = [{"cell": 77, "households": None, "deviation_percent": None, "reason": "sealed"}]
    html = report_html({"outside": outside}, cells, title=TITLE, made_at=MADE_AT)
    assert ">77</span>" in row_of(html, "o0")


def test_figures_stand_against_their_aims_with_a_mark_in_words():
    cells = make_plan()
    html = report_html(make_report(cells), cells, title=TITLE, made_at=MADE_AT)
    rows = re.findall(r"<tr class=\"aimed\">.*?</tr>", html, re.DOTALL)
    assert len(rows) == 2
    assert "≥ 97 %" in rows[0]
    assert "未达到" in rows[0]
    assert "≤ 9 %" in rows[1]
    assert ">达到<" in rows[1]
    assert "21.3 公里" in html
    assert "21.3 km" in html


def test_broken_rules_name_their_cells():
    cells = make_plan()
    html = report_html(make_report(cells), cells, title=TITLE, made_at=MADE_AT)
    assert "2 个微网格切割楼栋" in html
    assert '<a href="#c2">3</a>' in html


def test_limits_notes_and_seconds_are_told():
    cells = make_plan()
    text = page_of(make_report(cells), cells).text
    for told in ("无法满足的要求", "too few", "位于所有社区以外的楼栋", "划分 12.1 s"):
        assert told in text


# ---- what is not known, missing or hostile ----------------------------------------------


def test_unknown_keys_are_shown_as_they_are():
    report = {
        "figures": {"walk_minutes": 3.4, "nested": {"a": [1]}, "nothing": None},
        "aims": [{"name": "quiet_streets", "value": 4, "wanted": 5, "met": False}],
        "outside": [{"cell": 1, "reason": "flooded", "detail": "by the river"}],
        "checks": {"no_flood": False},
        "problems": [{"check": "no_storm", "cells": [1], "detail": "wind"}],
        "data": {"ponds found": 2},
        "limits": [{"constraint": "ponds", "asked": 1, "possible": 0}],
        "seconds": {"dream": 2.5},
        "weather": ["rain"],
    }
    text = page_of(report, make_plan(4)).text
    for told in (
        "walk_minutes 3.4", 'nested {"a": [1]}', "nothing —", "quiet_streets", "flooded",
        "by the river", "no_flood", "no_storm", "wind", "ponds found", "dream 2.5 s",
        'weather ["rain"]',
    ):  # fmt: skip
        assert told in text


@pytest.mark.parametrize("report", [{}, {"figures": {}, "checks": {}, "problems": [], "data": {}}])
def test_an_empty_report_is_a_page(report):
    text = page_of(report, make_plan(4)).text
    assert "没有检查结果" in text
    assert "与上一方案相比" not in text


def test_an_empty_plan_is_a_page_without_a_map():
    cells = make_plan(4)[:0]
    page = page_of({"figures": {"target": 100, "cells": 0}, "outside": []}, cells)
    assert "方案中没有微网格" in page.text
    assert "没有可绘制的微网格" in page.text
    assert "figure" not in page.tags


def test_cells_without_geometry_or_with_broken_ones_are_left_off_the_map():
    cells = make_plan(6)
    cells.loc[0, "geometry"] = None
    cells.loc[1, "geometry"] = shapely.Polygon()
    left = cells.geometry.iloc[2]
    cells.loc[3, "geometry"] = shapely.MultiPolygon([left, shapely.box(118.6, 31.9, 118.61, 31.91)])
    ids = page_of(make_report(cells), cells).values("id")
    assert "c0" not in ids
    assert "c3" in ids


@pytest.mark.parametrize("target", [None, 0, "many"])
def test_a_target_that_is_no_number_colours_no_deviation(target):
    cells = make_plan(9)
    report = make_report(cells, figures={"target": target}, outside=None)
    classes = page_of(report, cells).values("class")
    assert "level2" in classes
    assert not {"level0", "level4"} & {it for it in classes if it.startswith("level")}


def test_nothing_from_outside_becomes_markup():
    cells = make_plan(6)
    cells["name"] = HOSTILE
    cells["code"] = [f"{number}{HOSTILE}" for number in range(6)]
    code = cells["code"].iloc[0]
    row = {"cell": HOSTILE, "reason": HOSTILE, "detail": HOSTILE, "households": HOSTILE}
    report = {
        "figures": {"target": 100, HOSTILE: HOSTILE},
        "aims": [{"name": HOSTILE, "value": HOSTILE, "wanted": HOSTILE, "met": True}],
        "histogram": {"from": [0], "to": [10], "cells": [1], "unit": HOSTILE},
        "outside": [row, row | {"cell": 1}],
        "limits": [dict.fromkeys(("constraint", "asked", "possible", "detail"), HOSTILE)],
        "checks": {HOSTILE: False},
        "problems": [{"check": HOSTILE, "cells": [HOSTILE], "detail": HOSTILE}],
        "data": {HOSTILE: HOSTILE},
        "seconds": {HOSTILE: HOSTILE},
        HOSTILE: HOSTILE,
        "changes": {
            "households_moved": HOSTILE,
            "ended": [HOSTILE],
            "new": [HOSTILE],
            "cells": [{"cell": code, "kind": HOSTILE, "from": [[HOSTILE, HOSTILE]]}],
            "workers": [dict.fromkeys(("name", "code", "loses", "gains"), HOSTILE)],
        },
    }
    page = page_of(report, cells, previous=cells, title=HOSTILE)
    assert page.tags.count("script") == 1
    assert "img" not in page.tags
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert page.values("style") == []
    assert HOSTILE[: HOSTILE.index("\u202e")] in page.text


def test_the_policy_allows_nothing_but_the_pages_own_style_and_script():
    cells = make_plan(4)
    html = report_html(make_report(cells), cells, title=TITLE, made_at=MADE_AT)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html)[1]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert policy.count("sha256-") == 2
    assert html.lstrip().startswith('<!DOCTYPE html>\n<html lang="zh-CN">')
    assert not re.findall(r"(?:src|href)=\"(?!#|data:)", html)


def test_input_that_cannot_be_drawn_is_refused():
    cells = make_plan(4)
    with pytest.raises(BadInput, match="time zone"):
        report_html({}, cells, title=TITLE, made_at=datetime(2026, 11, 26))
    with pytest.raises(BadInput, match="households"):
        report_html({}, cells.drop(columns="households"), title=TITLE, made_at=MADE_AT)
    with pytest.raises(BadInput, match="CRS"):
        report_html({}, cells.set_crs(None, allow_override=True), title=TITLE, made_at=MADE_AT)


# ---- changes ----------------------------------------------------------------------------


def drawn_changes(html: str) -> dict[str, str]:
    """Paths of the map of changes by what they show, legend not included."""
    drawn = html[html.index('<section id="changes">') :].partition("<figcaption")[0]
    return dict(re.findall(r'<path class="(\w+|border \w+)" d="([^"]*)"', drawn))


def test_changes_tell_of_cells_codes_workers_and_borders():
    cells = make_plan()
    report = make_report(cells, changes=make_changes(cells))
    html = report_html(report, cells, previous=plan_before(cells), title=TITLE, made_at=MADE_AT)
    text = Page(html).text
    for told in ("与上一方案相比", "310 / 20,000 · 1.55 %", "320102001001999（104 户）", "王**"):
        assert told in text
    assert "新设" in row_of(html, "d0")
    assert "撤销" in row_of(html, "d2")
    assert 'id="d3"' not in html  # what is kept is counted, not listed
    paths = drawn_changes(html)
    assert paths["founded"]
    assert paths["border opened"]
    assert paths["border kept"]
    assert not paths["border closed"]


def test_changes_without_the_plan_before_have_no_map():
    cells = make_plan()
    page = page_of(make_report(cells, changes=make_changes(cells)), cells)
    assert "王**" in page.text
    assert page.tags.count("figure") == 1


def test_two_equal_plans_differ_nowhere():
    cells = make_plan()
    report = {"changes": {"households_moved": 0, "cells": [], "ended": [], "new": []}}
    html = report_html(report, cells, previous=cells, title=TITLE, made_at=MADE_AT)
    paths = drawn_changes(html)
    for kind in ("gained", "founded", "border opened", "border closed"):
        assert paths[kind] == ""
    assert "没有微网格发生变化" in html


# ---- words, size ------------------------------------------------------------------------


def test_every_check_and_every_note_of_the_planner_has_chinese_words():
    assert set(rules.CHECKS) <= set(CHECKS)
    assert notes_of_the_planner() <= set(NOTES)
    for table in (CHECKS, FIGURES, NOTES, REASONS):
        for words in table.values():
            assert re.search(r"[\u4e00-\u9fff]", words.zh)
            assert words.en


def notes_of_the_planner() -> set[str]:
    """Keys under which the planner counts what it found, as far as they are plain texts."""
    return {
        node.slice.value
        for path in PLANNING.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Subscript)
        and ast.unparse(node.value).endswith("notes")
        and isinstance(node.slice, ast.Constant)
    }


def test_every_text_that_differs_has_an_english_twin():
    cells = make_plan()
    html = report_html(
        make_report(cells, changes=make_changes(cells)),
        cells,
        previous=plan_before(cells),
        title="T",
        made_at=MADE_AT,
    )
    body = html[html.index("<body>") : html.index("<script>")]
    twins = re.sub(r'<(\w+)[^>]*data-en="[^"]*"[^>]*>[^<]*</\1>', "", body)
    left = re.sub(r'aria-label="[^"]*" data-en-label="[^"]*"', "", twins)
    assert re.findall(r"[\u4e00-\u9fff]+", re.sub(r"实验小学\d+|王\*\*", "", left)) == []


def test_three_thousand_cells_stay_below_two_megabytes():
    cells = make_plan(3000, wobble=12)
    page = report_html(make_report(cells), cells, title=TITLE, made_at=MADE_AT)
    assert len(page.encode()) < 2_000_000

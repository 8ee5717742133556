"""Every word of a plan's report, Chinese and English side by side; a key unknown is its own word.

A new figure, check, reason or note of the planner shows as its English key until a pair is added
here; nothing is dropped.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Words:
    """One text in both languages."""

    zh: str
    en: str

    def filled(self, **values: Any) -> Words:
        """Both texts with values put in; a pair put in gives each text its own language."""
        chinese = {k: v.zh if isinstance(v, Words) else v for k, v in values.items()}
        english = {k: v.en if isinstance(v, Words) else v for k, v in values.items()}
        return Words(self.zh.format(**chinese), self.en.format(**english))


def same(text: str) -> Words:
    """Text that is shown as it is in both languages."""
    return Words(text, text)


def known(table: dict[str, Words], key: str) -> Words:
    """The words for a key, or the key itself."""
    return table.get(key, same(key))


_BALANCE = {
    "mean_deviation": Words("户数与目标的平均偏差", "Mean deviation from target"),
    "within_10": Words("户数在目标 ±10 % 以内", "Within ±10 % of target"),
    "within_20": Words("户数在目标 ±20 % 以内", "Within ±20 % of target"),
    "on_barriers": Words(
        "内部边界沿道路、河流等", "Inner borders along streets, rivers and the like"
    ),
    "without_large": Words(
        "不含超大楼栋者在 ±10 % 以内", "Within ±10 %, cells with no large building"
    ),
    "compactness": Words("紧凑度（Polsby–Popper）中位数", "Compactness (Polsby–Popper), median"),
    "compactness_p10": Words("紧凑度第 10 百分位", "Compactness, 10th percentile"),
}

#: Figures by key; those of earlier reports keep their words.
FIGURES = {
    "target": Words("目标户数", "Target households"),
    "tolerance_pct": Words("允许偏差", "Tolerance"),
    "within_tolerance_pct": Words("在允许偏差以内", "Within the tolerance"),
    "within_twice_tolerance_pct": Words("在两倍允许偏差以内", "Within twice the tolerance"),
    "within20_without_large_pct": Words(
        "不含超大楼栋者在 ±20 % 以内", "Within ±20 %, cells with no large building"
    ),
    "cells": Words("微网格", "Cells"),
    "ordinary_cells": Words("普通微网格", "Ordinary cells"),
    "dedicated_cells": Words("专属微网格", "Dedicated cells"),
    "populated_ordinary_cells": Words("有住户的普通微网格", "Ordinary cells with households"),
    "households": Words("住户", "Households"),
    "within_10_percent": _BALANCE["within_10"],
    "within10_pct": _BALANCE["within_10"],
    "within_20_percent": _BALANCE["within_20"],
    "within20_pct": _BALANCE["within_20"],
    "mean_absolute_deviation_percent": _BALANCE["mean_deviation"],
    "mean_deviation_percent": _BALANCE["mean_deviation"],
    "mean_deviation_pct": _BALANCE["mean_deviation"],
    "cells_without_large_building": Words(
        "不含超大楼栋的微网格", "Cells with no building above tolerance"
    ),
    "within_10_without_large_percent": _BALANCE["without_large"],
    "within10_without_large_pct": _BALANCE["without_large"],
    "polsby_popper_median": _BALANCE["compactness"],
    "compactness_median": _BALANCE["compactness"],
    "polsby_popper_p10": _BALANCE["compactness_p10"],
    "compactness_p10": _BALANCE["compactness_p10"],
    "inner_border_km": Words("内部边界总长", "Inner borders, total length"),
    "on_barriers_percent": _BALANCE["on_barriers"],
    "border_on_barriers_percent": _BALANCE["on_barriers"],
    "border_on_barriers_pct": _BALANCE["on_barriers"],
    "heavy_barriers_inside_cells_km": Words(
        "穿过微网格的干道、河流、铁路", "Main roads, rivers and railways inside cells"
    ),
}

#: Rules of `gridsvc.planning.checks.CHECKS`.
CHECKS = {
    "covers_boundary": Words("全覆盖，不越界", "Covers the boundary and nothing else"),
    "no_overlap": Words("互不重叠", "No overlap"),
    "one_polygon_each": Words("每格一个完整多边形", "One valid polygon each"),
    "no_enclosed_cell": Words("格中不套格", "No cell inside another"),
    "inside_one_community": Words("不跨社区", "Inside one community"),
    "no_building_cut": Words("不切割楼栋", "No building cut"),
    "sites_are_cells": Words("专属地块独立成格", "Special sites are cells of their own"),
    "households_conserved": Words("户数不重不漏", "Every household counted once"),
}

#: Why a cell lies outside the tolerance.
REASONS = {
    "one_building": Words("单栋楼户数过多", "One large building"),
    "sealed": Words("封闭街区", "Sealed block"),
    "locked": Words("已锁定", "Locked"),
    "earlier": Words("沿用原方案", "Kept from the earlier plan"),
    "large_buildings": Words("楼栋户数较大", "Large buildings"),
    "few_households": Words("地块户数不足", "Too few households"),
    "not_found": Words("未找到更优划分", "No better division found"),
    "unexplained": Words("原因未明", "Unexplained"),
}

#: What was asked of a plan and cannot be met.
CONSTRAINTS = {
    "cells": Words("微网格数量", "Number of cells"),
    "least": Words("户数下限", "Least households"),
    "most": Words("户数上限", "Most households"),
    "seeds": Words("种子点", "Seeds"),
}


def _layers() -> dict[str, Words]:
    """Notes that are taken for each layer of areas."""
    layers = {
        "boundary": "社区边界",
        "buildings": "楼栋",
        "special sites": "专属地块",
        "zones": "分区",
        "locked cells": "锁定的微网格",
        "previous cells": "原方案的微网格",
    }
    found = {}
    for name, zh in layers.items():
        label = name.capitalize()
        found[f"{name} without geometry"] = Words(f"{zh}无图形", f"{label}: rows without geometry")
        found[f"{name} repaired (crossed themselves)"] = Words(
            f"{zh}自相交，已修复", f"{label}: rows repaired that crossed themselves"
        )
    return found


#: What was found in the data on the way; keys are the planner's own English.
NOTES = (
    _layers()
    | {
        "buildings above 110 % of the target": Words(
            "单栋户数超过目标 110 % 的楼栋", "Buildings above 110 % of the target"
        ),
        "buildings that overlap another (kept together)": Words(
            "与其他楼栋重叠的楼栋（归入同一微网格）",
            "Buildings that overlap another (kept together)",
        ),
        "bits of land without households (attached to cells)": Words(
            "无住户的地块（并入相邻微网格）", "Bits of land without households (attached to cells)"
        ),
        "cells joined to the cell that enclosed them": Words(
            "被包围而并入外围的微网格", "Cells joined to the cell that enclosed them"
        ),
        "communities without any building": Words(
            "没有楼栋的社区", "Communities without any building"
        ),
        "loose ends of barriers (led on to the next line)": Words(
            "未连接的界线端点（已延伸至相邻界线）",
            "Loose ends of barriers (led on to the next line)",
        ),
        "ordinary cells without households": Words(
            "没有住户的普通微网格", "Ordinary cells without households"
        ),
        "parts of communities too small to be land": Words(
            "面积过小、未计入的社区碎块", "Parts of communities too small to be land"
        ),
        "special sites outside the boundary": Words(
            "位于边界以外的专属地块", "Special sites outside the boundary"
        ),
        "special sites covered by earlier ones": Words(
            "被其他专属地块覆盖的专属地块", "Special sites covered by earlier ones"
        ),
        "special sites clipped": Words("经裁剪的专属地块", "Special sites clipped"),
        "special sites below 95 % overlap with their cell": Words(
            "与其微网格重合不足 95 % 的专属地块", "Special sites below 95 % overlap with their cell"
        ),
        "buildings a zone's border was moved round": Words(
            "小组或既有网格界线绕行的楼栋", "Buildings a zone's border was moved round"
        ),
        "buildings a site's border was moved round": Words(
            "专属地块边界绕行的楼栋", "Buildings a site's border was moved round"
        ),
        "buildings cut by a site's border": Words(
            "被专属地块边界切割的楼栋", "Buildings cut by a site's border"
        ),
        "buildings outside every community": Words(
            "位于所有社区以外的楼栋", "Buildings outside every community"
        ),
        "households outside every community": Words(
            "位于所有社区以外的住户", "Households outside every community"
        ),
        "buildings across the outer boundary": Words(
            "跨越外边界的楼栋", "Buildings across the outer boundary"
        ),
        "buildings across a community's or site's border": Words(
            "跨越社区或专属地块边界的楼栋", "Buildings across a community's or site's border"
        ),
        "households of buildings without geometry": Words(
            "无图形楼栋的住户", "Households of buildings without geometry"
        ),
        "buildings in several parts (taken as their hull)": Words(
            "由多个部分组成的楼栋（取外包形状）", "Buildings in several parts (taken as their hull)"
        ),
        "buildings without area": Words("面积为零的楼栋", "Buildings without area"),
        "barriers without length": Words("长度为零的屏障线", "Barriers without length"),
        "barriers of weight zero (not used)": Words(
            "权重为零的屏障线（未采用）", "Barriers of weight zero (not used)"
        ),
        "barriers that cross buildings": Words("穿过楼栋的屏障线", "Barriers that cross buildings"),
        "seeds without geometry": Words("无图形的种子点", "Seeds without geometry"),
        "seeds outside the land to divide": Words(
            "位于待划分土地以外的种子点", "Seeds outside the land to divide"
        ),
    }
    | {
        f"{name} that overlap another (land kept by the first)": Words(
            f"与同类重叠的{zh}（土地归先列者）",
            f"{name.capitalize()} that overlap another (land kept by the first)",
        )
        for name, zh in (
            ("communities", "社区"),
            ("zones", "分区"),
            ("locked cells", "锁定的微网格"),
        )
    }
)

KINDS = {
    "changed": Words("调整", "Changed"),
    "new": Words("新设", "New"),
    "ended": Words("撤销", "Ended"),
    "kept": Words("不变", "Kept"),
}

#: Steps of the work whose seconds are told.
STEPS = {
    "read": Words("读取", "read"),
    "plan": Words("划分", "plan"),
    "write": Words("写出", "write"),
}

#: Sentences of the planner, by their pattern, and how Chinese says them.
_SENTENCES = [
    (r"building in row (\S+) holds (\S+) households", "第 {} 行的楼栋有 {} 户"),
    (r"one building that cannot be divided holds (\S+)", "一栋不可再分的楼有 {} 户"),
    (r"only (\S+) live on land that hangs together here", "此处连成一片的土地上只有 {} 户"),
    (
        r"(\S+) live on land closed in, which (\d+) cells cannot share evenly",
        "四面封闭的土地上有 {} 户，{} 个微网格无法均分",
    ),
    (r"its buildings hold up to (\S+) and (\S+) each", "其中最大的两栋各有 {} 户和 {} 户"),
    (r"the cell is locked", "该微网格已锁定"),
    (r"kept as it was in the earlier plan", "沿用原方案，未作调整"),
    (
        r"no better division was found; another seed may find one",
        "未找到更优划分，可换一个随机种子再试",
    ),
    (r"(\d+) cells cannot reach it", "{} 个微网格达不到"),
    (r"(\d+) cells cannot keep below it", "{} 个微网格超过"),
    (
        r"(\d+) cells hold several seeds, which no border can part",
        "{} 个微网格含多个种子点，无法分开",
    ),
    (
        r"land that hangs together, settled cells or inhabited buildings set the number",
        "连片的土地、已定的微网格或有住户的楼栋数决定了数量",
    ),
    (r"(\S+) m2 \((\S+) of the boundary\) gap", "空隙 {} 平方米（占边界面积 {}）"),
    (r"(\S+) m2 \((\S+) of the boundary\) outside", "越界 {} 平方米（占边界面积 {}）"),
    (r"cells overlap by (\S+) m2", "重叠 {} 平方米"),
    (r"(\d+) cells, each of which is not one valid polygon", "{} 个微网格不是一个有效多边形"),
    (r"(\d+) cells, each of which encloses another cell", "{} 个微网格套住其他微网格"),
    (r"(\d+) cells, each of which crosses a community's border", "{} 个微网格跨越社区边界"),
    (r"(\d+) cells, each of which cuts a building", "{} 个微网格切割楼栋"),
    (r"special site in row (\d+) is no cell of its own", "第 {} 行的专属地块没有独立成格"),
    (
        r"the cells hold (\d+) households, the buildings inside them (\d+)",
        "微网格共 {} 户，其中楼栋共 {} 户",
    ),
]


def sentence(text: str) -> Words:
    """A sentence of the planner, in Chinese too where its pattern is known."""
    for pattern, chinese in _SENTENCES:
        found = re.fullmatch(pattern, text)
        if found:
            return Words(chinese.format(*found.groups()), text)
    return same(text)

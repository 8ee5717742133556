"""The appraisal of a division as an Excel workbook: every figure with what it is made of."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from gridsvc.appraisal.schemas import DeclarationOut, SummaryLine
from gridsvc.appraisal.star_schemas import StarsOut
from gridsvc.appraisal.survey_schemas import EstimateOut, ResultsOut
from gridsvc.briefing.typesetting import clean


@dataclass(frozen=True)
class Appraisal:
    """What a workbook tells: of which division, over which days (`until` not included)."""

    place: str
    since: date
    until: date
    lines: Sequence[SummaryLine]
    stars: Sequence[StarsOut]
    survey: ResultsOut | None
    declared: Sequence[DeclarationOut]


def book(told: Appraisal) -> bytes:
    """The file (XLSX)."""
    workbook = Workbook()
    workbook.remove(workbook.active)
    days = f"{told.since} 至 {told.until}（不含）"
    _sheet(
        workbook,
        f"{told.place}考评指标，{days}",
        "指标",
        ("编码", "指标", "值", "下限", "上限", "分子", "分母", "目标", "不能成立的原因"),
        map(_line, told.lines),
    )
    _sheet(
        workbook,
        f"{told.place}网格星级",
        "星级",
        ("网格", "自", "至（不含）", "星级", "得分", "案件数", "规则"),
        (
            (
                *(one.grid, str(one.since), str(one.until), one.stars, one.points),
                *(one.measures.get("cases"), one.rule),
            )
            for one in told.stars
        ),
    )
    if told.survey is not None:
        wave = told.survey.wave
        _sheet(
            workbook,
            f"{wave.name}，{wave.opens} 至 {wave.closes}",
            "满意度",
            ("编码", "名称", "样本数", "得分", "下限", "上限", "与上期差", "p", "显著"),
            map(_estimate, _estimates(told.survey)),
        )
    _sheet(
        workbook,
        f"{told.place}通报数字",
        "通报",
        ("标题", "来源", "自", "至（不含）", "数字"),
        (
            (
                *(one.title, one.source, str(one.since), str(one.until)),
                "；".join(f"{count.label} {count.number}" for count in one.counts),
            )
            for one in told.declared
        ),
    )
    packed = io.BytesIO()
    workbook.save(packed)
    return packed.getvalue()


def _line(one: SummaryLine) -> tuple[Any, ...]:
    value = one.value
    figures = ("value", "low", "high", "numerator", "denominator")
    return (
        *(one.indicator.code, one.indicator.name),
        *(None if value is None else getattr(value, name) for name in figures),
        *(one.indicator.target, one.refused),
    )


def _estimates(told: ResultsOut) -> list[EstimateOut]:
    return [told.whole, *told.dimensions, *told.indicators, *told.streets]


def _estimate(one: EstimateOut) -> tuple[Any, ...]:
    sure = {True: "是", False: "否", None: None}[one.significant]
    figures = (one.number, one.mean, one.low, one.high, one.difference, one.p)
    return (one.key, one.name, *figures, sure)


def _sheet(
    workbook: Workbook,
    title: str,
    name: str,
    heads: Sequence[str],
    rows: Iterable[Sequence[Any]],
) -> None:
    page = workbook.create_sheet(name)
    page.append([clean(title)])
    page.append(list(heads))
    for row in rows:
        page.append([clean(one) if isinstance(one, str) else one for one in row])
    for cells in page.iter_rows():
        for cell in cells:
            if isinstance(cell.value, str):
                # Text from outside stays text: one that begins with = is no formula.
                cell.data_type = "s"
    for cell in (*page[1], *page[2]):
        cell.font = Font(bold=True)
    page.freeze_panes = "A3"
    for i, head in enumerate(heads, start=1):
        page.column_dimensions[get_column_letter(i)].width = max(12.0, 2.4 * len(head))
    page.column_dimensions["B"].width = 24

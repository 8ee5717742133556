"""The appraisal of a division as an Excel workbook: every figure with what it is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from gridsvc.appraisal.round_schemas import RoundOut, RoundResults
from gridsvc.appraisal.schemas import DeclarationOut, SummaryLine
from gridsvc.appraisal.star_schemas import StarsOut
from gridsvc.appraisal.survey_schemas import EstimateOut, ResultsOut
from gridsvc.briefing.list_book import Lists


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
    rounds: Sequence[tuple[RoundOut, RoundResults]] = ()


def book(told: Appraisal) -> bytes:
    """The file (XLSX)."""
    workbook = Lists()
    days = f"{told.since} 至 {told.until}（不含）"
    workbook.add(
        f"{told.place}考评指标，{days}",
        "指标",
        ("编码", "指标", "值", "下限", "上限", "分子", "分母", "目标", "不能成立的原因"),
        map(_line, told.lines),
    )
    workbook.add(
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
        workbook.add(
            f"{wave.name}，{wave.opens} 至 {wave.closes}",
            "满意度",
            ("编码", "名称", "样本数", "得分", "下限", "上限", "与上期差", "p", "显著"),
            map(_estimate, _estimates(told.survey)),
        )
    workbook.add(
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
    for ranked in told.rounds:
        _add_round(workbook, *ranked)
    return workbook.packed()


def _add_round(workbook: Lists, round_: RoundOut, results: RoundResults) -> None:
    for side in results.sides:
        final = "" if results.final else "，未结束"
        workbook.add(
            f"{round_.name}{side.name}，{round_.since} 至 {round_.until}（不含）{final}",
            f"{round_.id} {side.name}",
            ("单位", "名称", "得分", "下限", "上限", "评分单位数", "名次", "最好名次", "最差名次"),
            (
                (
                    *(one.unit, one.name, one.points, one.low, one.high, one.raters),
                    *(one.place, one.best_place, one.worst_place),
                )
                for one in side.ranking
            ),
        )


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

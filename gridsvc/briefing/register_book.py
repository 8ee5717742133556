"""The registers of a division as an Excel workbook: every share with what it is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from gridsvc.briefing.list_book import Lists
from gridsvc.registers.project_schemas import ProgrammeFigures, ProjectProgrammeOut
from gridsvc.registers.repair_schemas import PackFigures, RepairPackOut
from gridsvc.registers.schemas import GroupCoverage, GroupOut
from gridsvc.registers.sitting_schemas import DeliberationOut, MediationFigures
from gridsvc.registers.standard_schemas import StandardResult

_SHARE = ("名称", "分子", "分母")


@dataclass(frozen=True)
class Registers:
    """What a workbook tells: of which place, on which day, sums being of that day's year."""

    place: str
    day: date
    groups: Sequence[GroupOut]
    coverage: Sequence[GroupCoverage]
    standards: Sequence[StandardResult]
    programmes: Sequence[tuple[ProjectProgrammeOut, ProgrammeFigures]]
    mediations: MediationFigures
    meetings: Sequence[DeliberationOut]
    packs: Sequence[tuple[RepairPackOut, PackFigures]]


def book(told: Registers) -> bytes:
    """The file (XLSX)."""
    lists = Lists()
    on, year = f"{told.place}，{told.day}", f"{told.place}，{told.day.year} 年"
    lists.add(
        f"组织，{on}",
        "组织",
        ("编码", "名称", "区划", "类别", "层级", "人数", "服务范围"),
        (
            (one.code, one.name, one.division, one.kind, one.level, one.members, _joined(one.areas))
            for one in told.groups
        ),
    )
    lists.add(
        f"社区（村）有没有各类组织，{on}",
        "覆盖",
        ("编码", "名称", "类别", "组织数"),
        (
            (place.code, place.name, kind.kind, place.groups)
            for kind in told.coverage
            for place in (*kind.uncovered, *kind.covered)
        ),
    )
    lists.add(
        f"标准，{on}",
        "标准",
        ("标准", "类别", *_SHARE),
        (
            (one.standard.name, part, rate.label, rate.numerator, rate.denominator)
            for one in told.standards
            for part, rate in (
                ("全部", one.rate),
                *((item.part, item.rate) for item in one.items),
            )
        ),
    )
    lists.add(
        f"项目，{year}",
        "项目",
        ("方案", *_SHARE),
        (
            (programme.name, rate.label, rate.numerator, rate.denominator)
            for programme, figures in told.programmes
            for rate in (figures.complete, *figures.quotas)
        ),
    )
    _add_sittings(lists, told, year)
    lists.add(
        f"应急小修，{year}",
        "应急小修",
        ("应急包", "修好", "报修", "小时中位数", "支出（分）", "资金（分）"),
        (
            (
                *(pack.name, figures.done.numerator, figures.done.denominator),
                *(figures.median_h, figures.fund_used.numerator, figures.fund_had_fen),
            )
            for pack, figures in told.packs
        ),
    )
    return lists.packed()


def _add_sittings(lists: Lists, told: Registers, year: str) -> None:
    rates = (told.mediations.settled, told.mediations.not_raised)
    lists.add(
        f"调解，{year}",
        "调解",
        _SHARE,
        (
            *((one.label, one.numerator, one.denominator) for one in rates),
            *((f"{one.level}成功", one.settled, one.taken) for one in told.mediations.levels),
        ),
    )
    lists.add(
        f"议事，{told.place}，新的在前",
        "议事",
        ("日期", "题目", "组织", "到会", "应到", "议题", "通过"),
        (
            (
                *(str(one.held_on), one.title, one.group_name),
                *(one.participation.numerator, one.participation.denominator),
                *(len(one.motions), sum(motion.adopted for motion in one.motions)),
            )
            for one in told.meetings
        ),
    )


def _joined(codes: Sequence[str]) -> str:
    """Codes as a cell takes them; of very many the first."""
    return "、".join(codes[:100]) + ("…" if len(codes) > 100 else "")

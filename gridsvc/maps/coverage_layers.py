"""The layers of a coverage map and what each tells about the thing under the pointer."""

from __future__ import annotations

from gridsvc.maps import legend
from gridsvc.maps.compact import (
    CellLayer,
    CellStyle,
    CompactData,
    Facts,
    Field,
    Label,
    LabelLayer,
    SymbolLayer,
)

KINDS = {"ordinary": "普通", "dedicated": "专属"}
_STATES = {
    "REPORTED": "已上报",
    "FILED": "已立案",
    "DISPATCHED": "已派遣",
    "ACCEPTED": "已接单",
    "ON_SITE": "已到场",
    "HANDLED": "已处置",
    "VERIFIED": "已核查",
    "CLOSED": "已结案",
    "REJECTED": "不予受理",
    "RETURNED": "已退回",
    "SUSPENDED": "已挂起",
    "REOPENED": "重新办理",
}


def areas(data: CompactData) -> list[CellLayer | LabelLayer]:
    """Micro-grids coloured by class, grids outlined above them, and their labels."""
    households = Field("户数", "households", unit=" 户", per="target")
    grid = [
        Field("编码", "code"),
        Field("名称", "name"),
        Field("类别", "kind", words=KINDS),
        Field("户数", "households", unit=" 户"),
        Field("网格员", "workers", unit=" 人"),
    ]
    micro_grid = [
        *grid[:3],
        households,
        grid[4],
        Field("微网格联络员", "liaisons", unit=" 人"),
    ]
    parent = {
        "table": "grids",
        "column": "grid",
        "title": "所属网格",
        "fields": grid[:2] + grid[3:],
    }
    return [
        CellLayer(
            data,
            "micro_grids",
            name="微网格（户数与目标之比）",
            style=CellStyle(legend.MICRO_GRID_LINE, class_column="level", classes=legend.FILLS),
            facts=Facts("微网格", micro_grid, [Field("", "name"), households], parent),
            z_index=410,
        ),
        CellLayer(
            data,
            "grids",
            name="网格边界",
            style=CellStyle(legend.GRID_LINE, legend.GRID_CASING),
            facts=Facts("网格", grid, [Field("", "name"), grid[3]]),
            z_index=420,
        ),
        LabelLayer(
            data,
            [
                Label("grids", "number", 14, "#1d2b36", 700),
                Label("micro_grids", "number", 11, "#4a4a4a"),
            ],
            name="编号与名称",
        ),
    ]


def symbols(data: CompactData) -> list[SymbolLayer]:
    """Marks of cells that lack somebody, people, and open events."""
    person = [
        Field("编号", "code"),
        Field("姓名", "label"),
        Field("岗位", "role", words=legend.ROLES_WORDS),
        Field("状态", "on_duty", words={"1": "在岗", "0": "离岗"}),
    ]
    event = [
        Field("事件", "event_id"),
        Field("事项", "matter"),
        Field("描述", "description"),
        Field("状态", "state", words=_STATES),
        Field("处置人", "handler"),
    ]
    marks = [
        SymbolLayer(
            data,
            "micro_grids",
            name=name,
            symbol_column=column,
            symbols=legend.MARKS,
            z_index=z_index,
            show=show,
        )
        for name, column, z_index, show in (
            ("无微网格联络员", "no_liaison", 468, False),
            ("无网格员", "no_worker", 470, True),
        )
    ]
    return [
        *marks,
        SymbolLayer(
            data,
            "people",
            name="人员（在岗与离岗）",
            symbol_column="symbol",
            symbols=legend.PEOPLE,
            facts=Facts("人员", person, [person[1], person[2], person[3]]),
            z_index=450,
        ),
        SymbolLayer(
            data,
            "events",
            name="未结事件",
            symbol_column="symbol",
            symbols=legend.EVENTS,
            facts=Facts("未结事件", event, [event[1], event[3]]),
            z_index=460,
        ),
    ]

"""The layers of a coverage map and what each tells about the thing under the pointer."""

from __future__ import annotations

from dataclasses import asdict

from gridsvc.maps import background, legend
from gridsvc.maps.compact import (
    CellLayer,
    CellStyle,
    CompactData,
    Facts,
    Field,
    Label,
    LabelLayer,
    PointLayer,
    PointStyle,
    SymbolLayer,
)
from gridsvc.maps.ground import GroundLayer
from gridsvc.maps.themes import NAMES, Overlay, Theme

KINDS = {"ordinary": "普通", "dedicated": "专属"}


def areas(
    data: CompactData, *, shown: bool = True, with_households: bool = True
) -> list[CellLayer | LabelLayer]:
    """Micro-grids coloured by class, grids outlined above them, and their labels.

    Parameters
    ----------
    data
        The data block.
    shown
        Whether the colours are shown at first.
    with_households
        Whether there are micro-grids coloured by households.
    """
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
    by_households = CellLayer(
        data,
        "micro_grids",
        name=NAMES["households"][0],
        style=CellStyle(legend.MICRO_GRID_LINE, class_column="level", classes=legend.FILLS),
        facts=Facts("微网格", micro_grid, [Field("", "name"), households], parent),
        z_index=410,
        show=shown,
    )
    return [
        *([by_households] if with_households else []),
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


def beneath(data: CompactData) -> GroundLayer:
    """Roads, water and buildings, to see where one is."""
    kinds = [asdict(kind) for kind in background.KINDS.values()]
    return GroundLayer(data, "ground", name="底图（道路、水系、建筑）", kinds=kinds, z_index=417)


def level_column(theme: Theme) -> str:
    """Column of the micro-grids that holds the class a theme puts them in."""
    return f"{theme.name}_level"


def themed(data: CompactData, themes: tuple[Theme, ...], first: str) -> list[CellLayer]:
    """Micro-grids coloured by each theme; only that named `first` is shown at first."""
    own = [Field("编码", "code"), Field("名称", "name"), Field("户数", "households", unit=" 户")]
    return [
        CellLayer(
            data,
            "micro_grids",
            name=theme.title,
            style=CellStyle(
                legend.MICRO_GRID_LINE, class_column=level_column(theme), classes=theme.fills
            ),
            facts=Facts(theme.title, [*own, *_told(theme)], [own[1], *_told(theme)[:1]]),
            z_index=411 + i,
            show=theme.name == first,
        )
        for i, theme in enumerate(themes)
    ]


def _told(theme: Theme) -> list[Field]:
    """The class in words, then the figures a theme may tell."""
    words = {str(i): label for i, label in enumerate(theme.labels)}
    return [Field(theme.title, level_column(theme), words=words), *theme.fields]


#: Themes that are about people and what they have in hand, which are then shown, too.
_WITH_PEOPLE = ("households", "staffing", "duty", "reach", "open", "overdue")


def symbols(data: CompactData, first: str = "households") -> list[SymbolLayer]:
    """Marks of cells that lack somebody, people, and open events.

    They are shown at first where the layer named `first` is about them.
    """
    about_people = first in _WITH_PEOPLE
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
        Field("状态", "state", words=legend.STATES),
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
            ("无网格员", "no_worker", 470, about_people),
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
            show=about_people,
        ),
        SymbolLayer(
            data,
            "events",
            name="未结事件",
            symbol_column="symbol",
            symbols=legend.EVENTS,
            facts=Facts("未结事件", event, [event[1], event[3]]),
            z_index=460,
            show=about_people,
        ),
    ]


def overlaid(
    data: CompactData, themes: tuple[Theme, ...], first: str
) -> list[CellLayer | PointLayer | SymbolLayer]:
    """Points and outlines of themes; only those of the theme named `first` are shown at first."""
    return [
        _overlay(data, overlay, show=theme.name == first, above=i)
        for theme in themes
        for i, overlay in enumerate(theme.overlays)
        if len(overlay.frame)
    ]


def _overlay(
    data: CompactData, overlay: Overlay, *, show: bool, above: int
) -> CellLayer | PointLayer | SymbolLayer:
    if overlay.line is not None:
        casing = legend.GRID_CASING
        return CellLayer(
            data,
            overlay.table,
            name=overlay.name,
            style=CellStyle(overlay.line, casing),
            z_index=425 + above,
            show=show,
        )
    if overlay.far is None:
        return SymbolLayer(
            data,
            overlay.table,
            name=overlay.name,
            symbol_column="symbol",
            symbols=list(overlay.symbols),
            facts=overlay.facts,
            z_index=452 + above,
            show=show,
        )
    return PointLayer(
        data,
        overlay.table,
        name=overlay.name,
        style=PointStyle(
            "symbol", list(overlay.symbols), words=list(overlay.words), far=overlay.far
        ),
        facts=overlay.facts,
        z_index=452 + above,
        show=show,
    )

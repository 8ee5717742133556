"""Title block, legend and notices around a coverage map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, cast

from branca.element import Figure, MacroElement
from folium import Map
from folium.map import LayerControl
from folium.template import Template

from gridsvc.maps import background, legend
from gridsvc.maps.compact import Fill, Line, Verbatim, script_json
from gridsvc.maps.coverage_layers import level_column
from gridsvc.maps.english import WORDS
from gridsvc.maps.escape import escape
from gridsvc.maps.moments import moment
from gridsvc.maps.themes import NAMES, Overlay, Theme


@dataclass(frozen=True)
class Statement:
    """The figures a coverage map states; every share keeps its numerator and denominator.

    `levels`, `people` and `events` count rows by the class of the same position in
    `gridsvc.maps.legend`; `themes` bring their own words and counts.
    """

    title: str
    source: str
    made_at: datetime
    target: int
    micro_grids: int
    grids: int
    levels: list[int]
    no_worker: int
    no_liaison: int
    people: list[int]
    events: list[int]
    bounds: list[list[float]] | None
    themes: tuple[Theme, ...] = ()
    households: bool = True
    ground: bool = False

    @property
    def ordinary(self) -> int:
        """Micro-grids that have a target."""
        return self.micro_grids - self.levels[legend.DEDICATED]


class Sheet(MacroElement):
    """Places title block, legend, zoom buttons, scale bar and source on the map."""

    _template = Template("")

    def __init__(self, drawing: Map, switch: LayerControl, statement: Statement) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Sheet"
        self.statement = statement
        self.drawing = drawing
        self.switch = switch

    def render(self, **kwargs: Any) -> str:
        """Put the sheet's markup and its script into the figure."""
        figure = cast(Figure, self.get_root())
        name = self.get_name()
        markup = _title_block(self.statement) + _legend(self.statement)
        figure.html.add_child(Verbatim(markup), name=name)
        settings = {
            "bounds": self.statement.bounds,
            "source": escape(self.statement.source),
            "styles": {key: asdict(style) for key, style in _styles(self.statement).items()},
            "english": _english(self.statement),
            "notice": None if self.statement.micro_grids else "本区域暂无已发布的微网格",
        }
        call = f"{self.drawing.get_name()}, {self.switch.get_name()}, {script_json(settings)}"
        figure.script.add_child(Verbatim(f"gridsvc.sheet({call});"), name=name)
        return cast(str, super().render(**kwargs))  # type: ignore[no-untyped-call]


def _title_block(told: Statement) -> str:
    on_duty, all_people = sum(told.people[::2]), sum(told.people)
    figures = [
        ("微网格", f"{told.micro_grids}", "个"),
        ("达标", f"{told.levels[legend.ON_TARGET]} / {told.ordinary}", "个"),
        ("网格", f"{told.grids}", "个"),
        ("在岗", f"{on_duty} / {all_people}", "人"),
        ("未结事件", f"{sum(told.events)}", "件"),
    ]
    cells = "".join(
        f"<div><dt>{label}</dt><dd>{value}<small> {unit}</small></dd></div>"
        for label, value, unit in figures
    )
    return (
        '<header id="gridsvc-title" class="gridsvc-panel" hidden>'
        f"<h1>{escape(told.title)}</h1><p>统计时间 {moment(told.made_at)}</p>"
        f"<dl>{cells}</dl></header>"
    )


# ---- legend -----------------------------------------------------------------------------


def _styles(told: Statement) -> dict[str, Any]:
    """Every style the legend explains, by the name its swatch carries."""
    styles: dict[str, Any] = {
        "no_worker": legend.MARKS[legend.NO_WORKER],
        "no_liaison": legend.MARKS[legend.NO_LIAISON],
        "grid": legend.GRID_LINE,
        "micro_grid": legend.MICRO_GRID_LINE,
        "road": Line(background.KINDS["primary"].colour, 2.8),
        "river": Line(background.KINDS["river"].colour, 4.0),
        "building": Fill(background.KINDS["building"].colour),
    }
    for i, fill in enumerate(legend.FILLS):
        styles[f"fill{i}"] = fill
    for i, symbol in enumerate(legend.PEOPLE):
        styles[f"person{i}"] = symbol
    for i, symbol in enumerate(legend.EVENTS):
        styles[f"event{i}"] = symbol
    for theme in told.themes:
        for i, fill in enumerate(theme.fills):
            styles[f"{theme.name}{i}"] = fill
        for overlay in theme.overlays:
            marks = (overlay.line,) if overlay.line is not None else overlay.symbols
            for i, mark in enumerate(marks):
                styles[f"{overlay.table}{i}"] = mark
    return styles


def _english(told: Statement) -> dict[str, str]:
    """Everything the page says of itself in English; names of places stay as they are."""
    words = WORDS | dict(NAMES.values())
    for theme in told.themes:
        words |= {chinese: text[:1].upper() + text[1:] for chinese, text in theme.english.items()}
    return words | {
        _levels_note(told): f"Households ÷ target of {told.target}; "
        f"{told.ordinary} ordinary micro-grids",
        f"统计时间 {moment(told.made_at)}": f"As of {told.made_at:%Y-%m-%d %H:%M %Z}",
    }


def _legend(told: Statement) -> str:
    parts = [
        *([_levels_part(told)] if told.households else []),
        *map(_theme_part, told.themes),
        _cells_part(told),
        _people_part(told),
        _events_part(told),
        *([_ground_part()] if told.ground else []),
    ]
    return (
        '<aside id="gridsvc-legend" class="gridsvc-panel" hidden><details open>'
        f"<summary>图例</summary>{''.join(parts)}</details></aside>"
    )


def _row(styles: list[str], label: str, count: str) -> str:
    swatches = "".join(
        f'<canvas data-style="{style}" width="22" height="18"></canvas>' for style in styles
    )
    return f"<tr><td>{swatches}</td><th scope='row'>{label}</th><td>{count}</td></tr>"


def _part(heading: str, note: str, rows: list[str], shown_with: Sequence[str] = ()) -> str:
    """A part of the legend; it is shown while one of the layers with these keys is, or always."""
    said = f"<small>{note}</small>" if note else ""
    keys = f' data-shown-with="{" ".join(shown_with)}"' if shown_with else ""
    return f"<table{keys}><caption>{heading}{said}</caption>{''.join(rows)}</table>"


def _levels_part(told: Statement) -> str:
    rows = [_row([f"fill{i}"], label, str(told.levels[i])) for i, label in enumerate(legend.LEVELS)]
    return _part("微网格户数与目标之比", _levels_note(told), rows[::-1], ["level"])


def _levels_note(told: Statement) -> str:
    return f"户数 ÷ 目标 {told.target} 户；计 {told.ordinary} 个普通微网格"


def _theme_part(theme: Theme) -> str:
    classes = zip(theme.labels, theme.counts, strict=True)
    rows = [
        _row([f"{theme.name}{i}"], escape(label), str(count))
        for i, (label, count) in enumerate(classes)
        if count
    ]
    rows += [_row([], escape(label), escape(figure)) for label, figure in theme.rows]
    rows += [row for overlay in theme.overlays for row in _overlay_rows(overlay)]
    empty = "" if rows else "<small>暂无数据</small>"
    keys = [level_column(theme), *(overlay.table for overlay in theme.overlays)]
    return _part(escape(theme.title), escape(theme.note) + empty, rows, keys)


def _overlay_rows(overlay: Overlay) -> list[str]:
    """What stands for what of a layer beside the cells, and a choice of one where it offers it."""
    words = overlay.words if overlay.line is None else (overlay.name,)
    rows = [
        _row([f"{overlay.table}{i}"], escape(word), str(count))
        for i, (word, count) in enumerate(zip(words, overlay.counts, strict=True))
        if count
    ]
    if overlay.choose and len(rows) > 1:
        options = "".join(
            f'<option value="{i}">{escape(word)}</option>' for i, word in enumerate(words)
        )
        rows.append(
            f"<tr><td></td><th scope='row' colspan='2'><select data-table=\"{overlay.table}\">"
            f'<option value="">全部事项</option>{options}</select></th></tr>'
        )
    return rows


def _cells_part(told: Statement) -> str:
    rows = [
        _row([f"fill{legend.DEDICATED}"], "专属微网格", str(told.levels[legend.DEDICATED])),
        _row(["no_worker"], "无网格员", f"{told.no_worker} / {told.micro_grids}"),
        _row(["no_liaison"], "无微网格联络员", f"{told.no_liaison} / {told.micro_grids}"),
        _row(["micro_grid"], "微网格界", str(told.micro_grids)),
        _row(["grid"], "网格界", str(told.grids)),
    ]
    return _part("网格与微网格", "", rows)


def _people_part(told: Statement) -> str:
    rows = []
    for i, role in enumerate(legend.ROLES_WORDS.values()):
        on_duty, off_duty = told.people[2 * i], told.people[2 * i + 1]
        swatches = [f"person{2 * i}", f"person{2 * i + 1}"]
        rows.append(_row(swatches, role, f"{on_duty} / {on_duty + off_duty}"))
    return _part("人员", "实心在岗，空心离岗；在岗 / 全部", rows)


def _ground_part() -> str:
    rows = [_row(["road"], "道路", ""), _row(["river"], "水系", ""), _row(["building"], "建筑", "")]
    return _part("底图", "", rows, ["ground"])


def _events_part(told: Statement) -> str:
    everything = sum(told.events)
    rows = [
        _row(["event0"], "待派遣", f"{told.events[0]} / {everything}"),
        _row(["event1"], "已有处置人", f"{told.events[1]} / {everything}"),
    ]
    return _part("未结事件", "", rows)

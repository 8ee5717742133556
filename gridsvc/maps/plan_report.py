"""The page a planner reads about a plan: why each cell is so, what was checked, what changes.

One self-contained HTML document, Chinese first with English behind a button. The dictionary it
draws is the plan's JSON report; every key is optional and none that is unknown gets lost.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

import geopandas as gpd
from jinja2 import Environment, PackageLoader, StrictUndefined

from gridsvc.errors import BadInput
from gridsvc.maps.inline import with_policy
from gridsvc.maps.legend import FILLS
from gridsvc.maps.moments import moment
from gridsvc.maps.plan_changes import changes_of
from gridsvc.maps.plan_histogram import HIGH, WIDE, histogram
from gridsvc.maps.plan_map import Place, cells_map
from gridsvc.maps.plan_numbers import NOTHING, compact_json, measured, plain, signed
from gridsvc.maps.plan_page_words import CHANGE_LEGEND, CLAUSES, LEVELS, PAGE, VERDICTS
from gridsvc.maps.plan_words import (
    CHECKS,
    CONSTRAINTS,
    FIGURES,
    NOTES,
    REASONS,
    STEPS,
    Words,
    known,
    sentence,
)

_PAGES = Environment(
    loader=PackageLoader("gridsvc.maps"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_SHOWN = {
    "figures", "aims", "histogram", "outside", "limits", "checks", "problems", "data", "seconds",
    "changes",
}  # fmt: skip
#: What each share is a share of.
_SHARES = {
    "within_10_percent": "populated_ordinary_cells",
    "within10_pct": "populated_ordinary_cells",
    "within_20_percent": "populated_ordinary_cells",
    "within20_pct": "populated_ordinary_cells",
    "within_10_without_large_percent": "cells_without_large_building",
    "within10_without_large_pct": "cells_without_large_building",
}
#: Figures that stand large at the head of the page, each by the names it goes by.
_HEADLINE = (
    ("cells",),
    ("households",),
    ("within_10_percent", "within10_pct"),
    ("mean_absolute_deviation_percent", "mean_deviation_percent", "mean_deviation_pct"),
    ("on_barriers_percent", "border_on_barriers_percent", "border_on_barriers_pct"),
)
#: Cells of a broken rule that are named one by one.
_NAMED = 40

Row = dict[str, Any]


def report_html(
    report: dict[str, Any],
    cells: gpd.GeoDataFrame,
    *,
    previous: gpd.GeoDataFrame | None = None,
    title: str,
    made_at: datetime,
) -> str:
    """A plan's report as one HTML document that makes no request.

    Parameters
    ----------
    report
        The plan's JSON report: ``figures``, ``aims``, ``histogram``, ``outside``, ``limits``,
        ``checks``, ``problems``, ``data``, ``seconds`` and, for a plan made anew, ``changes``.
        Any part may be missing; numbers may be None.
    cells
        Polygon, any CRS; columns households and kind ('ordinary' or 'dedicated'), and where there
        are any cell (the number the report speaks of, else the row from 1), code, name and
        community.
    previous
        Cells of the plan before, for the map of changes; column code or cell, with which
        ``changes`` and `cells` speak of the same cell.
    title
        Title of the page, such as the community's name.
    made_at
        When the plan was made, with a time zone, in which it is shown.

    Returns
    -------
    str
        The document, to be written to a file or sent over HTTP.

    Raises
    ------
    BadInput
        If `made_at` has no time zone, or the cells lack a column or a CRS.
    """
    if made_at.tzinfo is None:
        raise BadInput("made_at has no time zone; give an aware datetime")
    missing = {"households", "kind"} - set(cells.columns)
    if missing:
        raise BadInput(f"the cells lack the column(s) {', '.join(sorted(missing))}")
    place = Place(cells)
    outside = _outside(report.get("outside"), place)
    target = (report.get("figures") or {}).get("target")
    page = _PAGES.get_template("plan_report.html").render(
        t=PAGE,
        title=title,
        made=Words(moment(made_at), _english_moment(made_at)),
        verdict=_verdict(report, len(cells)),
        headline=_headline(report.get("figures") or {}),
        map=cells_map(place, target, [row["row"] for row in outside or []]),
        target=plain(target),
        fills=FILLS,
        levels=LEVELS,
        figures=_figures(report.get("figures") or {}, report.get("aims") or []),
        has_aims=bool(report.get("aims")),
        histogram=_histogram(report.get("histogram"), target),
        outside=outside,
        reasons=_reasons(outside or []),
        checks=_checks(report.get("checks") or {}, report.get("problems") or [], place),
        data=[(known(NOTES, key), plain(n)) for key, n in (report.get("data") or {}).items()],
        has_data="data" in report,
        limits=_limits(report.get("limits") or []),
        changes=changes_of(report.get("changes"), place, previous),
        change_legend=CHANGE_LEGEND,
        seconds=[(known(STEPS, k), plain(s)) for k, s in (report.get("seconds") or {}).items()],
        further=[(key, compact_json(report[key])) for key in report if key not in _SHOWN],
    )
    # No document can hold a lone surrogate or NUL.
    page = page.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    return with_policy(page.replace("\0", "\N{REPLACEMENT CHARACTER}"))


def _english_moment(when: datetime) -> str:
    zone = moment(when).partition("（")[2].rstrip("）")
    return f"{when.day} {when:%B %Y}, {when:%H:%M} ({zone})"


# ---- the verdict ------------------------------------------------------------------------


def _verdict(report: dict[str, Any], cells: int) -> dict[str, Any]:
    """One sentence on the plan, and its state for the sign beside it."""
    checks = report.get("checks") or {}
    broken = _broken(checks, report.get("problems") or [])
    unmet = sum(not aim.get("met") for aim in report.get("aims") or [])
    unexplained = sum(row.get("reason") == "unexplained" for row in report.get("outside") or [])
    if not cells:
        state = "empty"
    elif broken:
        state = "failed"
    elif not checks:
        state = "unchecked"
    else:
        unproven = bool(report.get("outside")) and not report.get("aims")
        lacking = unmet or unexplained or unproven or report.get("limits")
        state = "short" if lacking else "good"
    clauses = [*_check_clauses(checks, broken), *_balance_clauses(report, unmet, unexplained)]
    told = Words(
        VERDICTS[state].zh + "".join(("；" if i else "：") + c.zh for i, c in enumerate(clauses)),
        VERDICTS[state].en + "".join(("; " if i else ": ") + c.en for i, c in enumerate(clauses)),
    )
    return {"state": state, "text": Words(told.zh + "。", told.en + ".")}


def _broken(checks: dict[str, Any], problems: list[Row]) -> list[str]:
    """Rules that failed, in the order of the checks; a problem tells of its rule too."""
    failed = [name for name, passed in checks.items() if not passed]
    return list(dict.fromkeys([*failed, *(str(problem.get("check")) for problem in problems)]))


def _check_clauses(checks: dict[str, Any], broken: list[str]) -> list[Words]:
    everything = len(set(checks) | set(broken))
    if broken:
        names = [known(CHECKS, name) for name in broken]
        told = Words("、".join(n.zh for n in names), ", ".join(n.en for n in names))
        return [CLAUSES["checks_failed"].filled(n=everything, bad=len(broken), names=told)]
    return [CLAUSES["checks_passed"].filled(n=everything)] if checks else []


def _balance_clauses(report: dict[str, Any], unmet: int, unexplained: int) -> list[Words]:
    aims, outside = report.get("aims") or [], report.get("outside")
    clauses = []
    if aims:
        key = "aims_unmet" if unmet else "aims_met"
        clauses.append(CLAUSES[key].filled(n=len(aims), met=len(aims) - unmet))
    if outside is not None:
        key = "unexplained" if unexplained else "outside" if outside else "none_outside"
        clauses.append(CLAUSES[key].filled(n=len(outside), unexplained=unexplained))
    if report.get("limits"):
        clauses.append(CLAUSES["limits"].filled(n=len(report["limits"])))
    return clauses


# ---- figures ----------------------------------------------------------------------------


def _headline(figures: dict[str, Any]) -> list[Row]:
    keys = (next((key for key in names if key in figures), None) for names in _HEADLINE)
    return [_figure(key, figures[key], figures) for key in keys if key is not None]


def _figures(figures: dict[str, Any], aims: list[Row]) -> list[Row]:
    """A row for every figure; those that have an aim come first, with it."""
    rows = []
    for aim in aims:
        name = str(aim.get("name"))
        value = aim.get("value", figures.get(name))
        rows.append(_figure(name, value, figures) | _aim(name, aim))
    aimed = {str(aim.get("name")) for aim in aims}
    none: Row = {"aim": None, "met": None}
    return rows + [
        _figure(key, value, figures) | none for key, value in figures.items() if key not in aimed
    ]


def _figure(key: str, value: Any, figures: dict[str, Any]) -> Row:
    whole = figures.get(_SHARES.get(key, ""))
    share = ""
    if isinstance(whole, int) and isinstance(value, int | float) and plain(value) != NOTHING:
        share = f"{round(value * whole / 100):,} / {whole:,}"
    return {"name": known(FIGURES, key), "value": measured(key, value), "share": share}


def _aim(name: str, aim: Row) -> Row:
    sign = "≥" if aim.get("at_least", True) else "≤"
    wanted, met = measured(name, aim.get("wanted")), aim.get("met")
    result = "unknown" if met is None else "met" if met else "unmet"
    return {"aim": Words(f"{sign} {wanted.zh}", f"{sign} {wanted.en}"), "met": result}


def _histogram(told: dict[str, Any] | None, target: Any) -> Row | None:
    told = told or {}
    goal = float(target) if isinstance(target, int | float) and target > 0 else None
    lower, upper, counts = (told.get(part) or [] for part in ("from", "to", "cells"))
    drawn = histogram(lower, upper, counts, goal)
    if drawn is None:
        return None
    unit = str(told.get("unit") or "households")
    axis = PAGE["per_cell"] if unit == "households" else PAGE["per_cell_of"].filled(unit=unit)
    return {"drawn": drawn, "axis": axis, "wide": WIDE, "high": HIGH}


# ---- cells, checks, limits --------------------------------------------------------------


def _outside(told: list[Row] | None, place: Place) -> list[Row] | None:
    """Cells outside the tolerance, the farthest from the target first."""
    if told is None:
        return None

    def distance(row: Row) -> float:
        off = row.get("deviation_percent")
        return -abs(off) if isinstance(off, int | float) else 0.0

    return [
        {
            "cell": plain(row.get("cell")) if not isinstance(row.get("cell"), int)
            else str(row["cell"]),
            "row": place.row_of(row.get("cell")),
            "code": place.code_of(row.get("cell")),
            "name": place.name_of(row.get("cell")),
            "households": plain(row.get("load", row.get("households"))),
            "deviation": signed(row.get("deviation_percent")),
            "reason": known(REASONS, str(row.get("reason") or "unexplained")),
            "detail": sentence(str(row.get("detail") or "")),
        }
        for row in sorted(told, key=distance)
    ]  # fmt: skip


def _reasons(outside: list[Row]) -> list[tuple[Words, int]]:
    return Counter(row["reason"] for row in outside).most_common()


def _checks(checks: dict[str, Any], problems: list[Row], place: Place) -> list[Row]:
    broken = _broken(checks, problems)
    return [
        {
            "name": known(CHECKS, name),
            "passed": name not in broken,
            "problems": [_problem(p, place) for p in problems if str(p.get("check")) == name],
        }
        for name in dict.fromkeys([*checks, *broken])
    ]


def _problem(problem: Row, place: Place) -> Row:
    cells = problem.get("cells") or []
    return {
        "detail": sentence(str(problem.get("detail") or "")),
        "cells": [(str(cell), place.row_of(cell)) for cell in cells[:_NAMED]],
        "count": len(cells),
        "more": len(cells) > _NAMED,
    }


def _limits(told: list[Row]) -> list[Row]:
    return [
        {
            "constraint": known(CONSTRAINTS | FIGURES, str(row.get("constraint"))),
            "asked": plain(row.get("asked")),
            "possible": plain(row.get("possible")),
            "detail": sentence(str(row.get("detail") or "")),
        }
        for row in told
    ]

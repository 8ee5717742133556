"""What a plan made anew changes: cells, codes, workers, and the map of both borders."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np

from gridsvc.maps.plan_borders import changed
from gridsvc.maps.plan_drawing import Mark, Sheet, marks, outlines
from gridsvc.maps.plan_map import Place
from gridsvc.maps.plan_numbers import NOTHING, percent, plain
from gridsvc.maps.plan_page_words import PAGE
from gridsvc.maps.plan_words import KINDS, Words, known

Row = dict[str, Any]


def changes_of(
    told: dict[str, Any] | None, place: Place, previous: gpd.GeoDataFrame | None
) -> Row | None:
    """The part of the page about changes, or none when the report tells of none.

    Parameters
    ----------
    told
        ``changes`` of the report.
    place
        Cells of the new plan.
    previous
        Cells of the plan before, if there is to be a map.
    """
    if told is None:
        return None
    rows = [_row(cell, place) for cell in told.get("cells") or [] if cell.get("kind") != "kept"]
    return {
        "summary": _summary(told),
        "rows": rows,
        "ended": [str(code) for code in told.get("ended") or []],
        "new": [str(code) for code in told.get("new") or []],
        "workers": [
            {key: plain(worker.get(key)) for key in ("name", "code", "loses", "gains")}
            for worker in told.get("workers") or []
        ],
        "map": _map(rows, place, previous),
    }


def _summary(told: dict[str, Any]) -> list[tuple[Words, str, str]]:
    """Name, value and share of each count that is told."""
    counts: dict[str, Any] = {key: told.get(key) for key in ("unchanged_cells", "kept_codes")}
    counts |= {f"{key}_codes": len(told[key]) for key in ("ended", "new") if key in told}
    found = [(PAGE[key], plain(n), "") for key, n in counts.items() if n is not None]
    moved = told.get("households_moved")
    if moved is None:
        return found
    whole, share = told.get("households"), percent(told.get("moved_percent"))
    parts = [plain(whole)] if whole is not None else []
    of = f"/ {parts[0]}" if parts else ""
    note = " · ".join(part for part in (of, share if share != NOTHING else "") if part)
    return [(PAGE["households_moved"], plain(moved), note), *found]


def _row(cell: Row, place: Place) -> Row:
    code, kind = str(cell.get("cell")), str(cell.get("kind"))
    return {
        "code": code,
        "row": None if kind == "ended" else place.row_of_code(code),
        "key": kind,
        "kind": known(KINDS, kind),
        "before": plain(cell.get("households_before")),
        "after": plain(cell.get("households_after")),
        "moved_in": plain(cell.get("moved_in")),
        "moved_out": plain(cell.get("moved_out")),
        "from": [
            PAGE["from_one"].filled(code=source, n=plain(n)) for source, n in cell.get("from") or []
        ],
    }


# ---- the map ----------------------------------------------------------------------------


def _map(rows: list[Row], place: Place, previous: gpd.GeoDataFrame | None) -> Row | None:
    if place.sheet is None or previous is None or previous.empty:
        return None
    codes = place.codes or place.numbers
    old = Place(previous)
    old_codes = old.codes or old.numbers
    return {
        "sheet": place.sheet,
        "changed": changed(place.cells, old.cells, place.sheet, (codes, old_codes)),
        "marks": _marks(rows, place, old, place.sheet),
    }


def _marks(rows: list[Row], place: Place, old: Place, sheet: Sheet) -> list[tuple[int, str, Mark]]:
    """Place in the table, kind and plate of every cell that changes."""
    before = outlines(old.cells, sheet)
    shapes, texts, listed = [], [], []
    short = shortened([row["code"] for row in rows])
    for at, row in enumerate(rows):
        ended = row["key"] == "ended"
        found = old.row_of_code(row["code"]) if ended else row["row"]
        if found is None:
            continue
        shapes.append((before if ended else place.outlines)[found])
        texts.append(short[at])
        listed.append((at, row["key"]))
    plates = marks(np.array(shapes, dtype=object), texts)
    return [(at, key, plate) for (at, key), plate in zip(listed, plates, strict=True)]


def shortened(codes: list[str]) -> list[str]:
    """Codes without what all begin with; at least their last three characters stay.

    Examples
    --------
    >>> shortened(["320102001001012", "320102001001113"])
    ['012', '113']
    """
    # What the first and the last of them in order have in common, all have.
    first, last = min(codes, default=""), max(codes, default="")
    begin = next(
        (i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first)
    )
    return [code[max(0, min(begin, len(code) - 3)) :] for code in codes]

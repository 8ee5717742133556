"""The coverage map: micro-grids by households against target, grids, people, open events."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
from branca.element import Figure
from folium.map import LayerControl

from gridsvc.errors import BadInput
from gridsvc.maps import legend, tianditu
from gridsvc.maps.compact import CompactData
from gridsvc.maps.coverage_layers import (
    KINDS,
    areas,
    beneath,
    level_column,
    overlaid,
    symbols,
    themed,
)
from gridsvc.maps.escape import escape
from gridsvc.maps.inline import self_contained
from gridsvc.maps.sheet import Sheet, Statement
from gridsvc.maps.themes import Theme

_COLUMNS = {
    "micro_grids": {"code", "name", "kind", "households", "grid_code", "workers", "liaisons"},
    "grids": {"code", "name", "kind", "households", "workers"},
    "people": {"code", "label", "role", "on_duty"},
    "events": {"event_id", "matter", "description", "state", "handler"},
}


@dataclass(frozen=True)
class CoverageFrames:
    """What a coverage map shows; geometry in EPSG:4326.

    Attributes
    ----------
    title
        Title of the map, such as 青云街道网格覆盖图.
    source
        Where the data comes from and its licence, one line.
    made_at
        When the figures were taken, with a time zone, in which it is shown.
    target
        Households a micro-grid should have.
    micro_grids
        Polygon; code, name, kind (ordinary or dedicated), households, grid_code, workers and
        liaisons (people responsible for it).
    grids
        Polygon; code, name, kind, households, workers.
    people
        Point; code, label (masked name), role (grid_worker, liaison or officer), on_duty.
    events
        Point; open events: event_id, matter (name), description, state, handler (label or none).
    themes
        Further questions asked of the micro-grids, in the order of the layer switch.
    first
        Name of the layer whose colours are shown at first, ``households`` or a theme's; the
        others wait in the switch.
    households
        Whether micro-grids coloured by households are among the layers.
    ground
        Background as `gridsvc.maps.background.background` makes it, or none.
    tianditu_key
        Key of Tianditu, whose tiles then lie below and are fetched when the page is open; or none.
    """

    title: str
    source: str
    made_at: datetime
    target: int
    micro_grids: gpd.GeoDataFrame
    grids: gpd.GeoDataFrame
    people: gpd.GeoDataFrame
    events: gpd.GeoDataFrame
    themes: tuple[Theme, ...] = ()
    first: str = "households"
    households: bool = True
    ground: gpd.GeoDataFrame | None = None
    tianditu_key: str | None = None


def to_html(frames: CoverageFrames) -> str:
    """Draw the coverage map as one HTML document that makes no request.

    Parameters
    ----------
    frames
        What to show.

    Returns
    -------
    str
        The document, to be written to a file or sent over HTTP.

    Raises
    ------
    BadInput
        If a frame lacks a column, is not in EPSG:4326 or holds another type of geometry.
    Unavailable
        If the browser assets have not been built.
    """
    return self_contained(draw(frames), tianditu.HOSTS if frames.tianditu_key else "")


def draw(frames: CoverageFrames) -> folium.Map:
    """Draw the coverage map with Folium.

    Parameters
    ----------
    frames
        What to show. Empty frames give a map that says so.

    Returns
    -------
    folium.Map
        The map; only Leaflet itself is linked from outside.

    Raises
    ------
    BadInput
        If a frame lacks a column, is not in EPSG:4326 or holds another type of geometry.
    """
    _check(frames)
    frames = _with_wanted_columns(frames)
    sheet_map = _blank_map(frames.title)
    micro_grids = _described_micro_grids(frames)
    people, events = _described_people(frames.people), _described_events(frames.events)
    overlays = [o for theme in frames.themes for o in theme.overlays if len(o.frame)]
    data = CompactData(
        {"micro_grids": micro_grids, "grids": _described_grids(frames.grids)}
        | {one.table: one.frame for one in overlays if one.line is not None},
        {"people": people, "events": events}
        | {one.table: one.frame for one in overlays if one.line is None},
        {"ground": frames.ground} if frames.ground is not None else None,
    )
    data.add_to(sheet_map)
    for layer in (
        *(tianditu.tiles(frames.tianditu_key) if frames.tianditu_key else []),
        *([beneath(data)] if frames.ground is not None and len(frames.ground) else []),
        *areas(data, shown=frames.first == "households", with_households=frames.households),
        *themed(data, frames.themes, frames.first),
        *overlaid(data, frames.themes, frames.first),
        *symbols(data, frames.first),
    ):
        layer.add_to(sheet_map)
    if frames.tianditu_key:
        data.fill_opacity = tianditu.OPACITY
    switch = LayerControl(collapsed=False)
    switch.add_to(sheet_map)
    Sheet(sheet_map, switch, _statement(frames, micro_grids, people, events)).add_to(sheet_map)
    return sheet_map


def _check(frames: CoverageFrames) -> None:
    for name, wanted in _COLUMNS.items():
        missing = wanted - set(getattr(frames, name).columns)
        if missing:
            raise BadInput(f"layer {name} lacks the column(s) {', '.join(sorted(missing))}")
    if frames.made_at.tzinfo is None:
        raise BadInput("made_at has no time zone; give an aware datetime")
    if frames.target < 1:
        raise BadInput(f"target {frames.target} is no number of households; give 1 or more")
    roles = set(frames.people["role"]) - set(legend.ROLES)
    kinds = (set(frames.micro_grids["kind"]) | set(frames.grids["kind"])) - set(KINDS)
    if roles or kinds:
        unknown = ", ".join(sorted(map(str, roles | kinds)))
        raise BadInput(
            f"unknown role or kind {unknown}; roles are {', '.join(legend.ROLES)}, "
            f"kinds are {', '.join(KINDS)}"
        )


def _with_wanted_columns(frames: CoverageFrames) -> CoverageFrames:
    """Frames without further columns: nobody is to find in the file what the map hides."""
    layers = {
        name: getattr(frames, name)[[*sorted(wanted), getattr(frames, name).geometry.name]]
        for name, wanted in _COLUMNS.items()
    }
    return replace(frames, **layers)


def _blank_map(title: str) -> folium.Map:
    drawing = folium.Map(
        tiles=None, zoom_control=False, zoom_snap=0.25, zoom_delta=0.5, max_zoom=20
    )
    # Folium's other links (jQuery, Bootstrap, icon fonts) serve markers this map has none of.
    drawing.default_js = [link for link in drawing.default_js if link[0] == "leaflet"]
    drawing.default_css = [link for link in drawing.default_css if link[0] == "leaflet_css"]
    cast(Figure, drawing.get_root()).title = escape(title)
    return drawing


# ---- tables -----------------------------------------------------------------------------


def _described_micro_grids(frames: CoverageFrames) -> gpd.GeoDataFrame:
    cells = frames.micro_grids
    grid_rows = pd.Series(range(len(frames.grids)), index=frames.grids["code"], dtype=float)
    described = cells.assign(
        level=legend.levels(cells, frames.target),
        target=cells["kind"].map({"ordinary": frames.target}),
        number=_numbers_within(cells["code"], cells["grid_code"]),
        grid=cells["grid_code"].map(grid_rows).fillna(-1).astype(int),
        no_worker=np.where(cells["workers"] > 0, -1, legend.NO_WORKER),
        no_liaison=np.where(cells["liaisons"] > 0, -1, legend.NO_LIAISON),
    )
    for theme in frames.themes:
        # A micro-grid that a theme does not know has none of its colours.
        level = theme.level.reindex(cells["code"]).fillna(-1).astype(int)
        described[level_column(theme)] = level.to_numpy()
        if theme.columns is not None:
            for name, values in theme.columns.reindex(cells["code"]).items():
                described[name] = values.to_numpy()
    return described


def _numbers_within(codes: pd.Series, parents: pd.Series) -> list[str]:
    """What a code adds to its parent's, which is all that is read on the map."""
    pairs = zip(codes.astype(str), parents.astype(str), strict=True)
    return [code.removeprefix(parent).lstrip("-") or code for code, parent in pairs]


def _described_grids(grids: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    # The default scheme writes 12 digits of the community and 3 of the grid.
    return grids.assign(number=grids["code"].astype(str).str[-3:])


def _described_people(people: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    on_duty = people["on_duty"].astype(bool)
    symbol = people["role"].map(legend.ROLES.index).astype(int) * 2 + ~on_duty
    return people.assign(symbol=symbol, on_duty=on_duty)


def _described_events(events: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return events.assign(
        event_id=events["event_id"].astype(str), symbol=events["handler"].notna().astype(int)
    )


# ---- what the sheet says ------------------------------------------------------------------


def _statement(
    frames: CoverageFrames,
    micro_grids: gpd.GeoDataFrame,
    people: gpd.GeoDataFrame,
    events: gpd.GeoDataFrame,
) -> Statement:
    return Statement(
        title=frames.title,
        source=frames.source,
        made_at=frames.made_at,
        target=frames.target,
        micro_grids=len(micro_grids),
        grids=len(frames.grids),
        levels=_counts(micro_grids["level"], len(legend.FILLS)),
        no_worker=int((micro_grids["no_worker"] >= 0).sum()),
        no_liaison=int((micro_grids["no_liaison"] >= 0).sum()),
        people=_counts(people["symbol"], len(legend.PEOPLE)),
        events=_counts(events["symbol"], len(legend.EVENTS)),
        themes=frames.themes,
        households=frames.households,
        ground=frames.ground is not None and len(frames.ground) > 0,
        bounds=_bounds(frames),
    )


def _counts(numbers: pd.Series, classes: int) -> list[int]:
    return [int((numbers == number).sum()) for number in range(classes)]


def _bounds(frames: CoverageFrames) -> list[list[float]] | None:
    """South-west and north-east corner as Leaflet wants them, or none on an empty map."""
    layers = (frames.micro_grids, frames.grids, frames.people, frames.events)
    boxes = [layer.total_bounds for layer in layers if len(layer)]
    if not boxes:
        return None
    west, south = np.min(boxes, axis=0)[:2].tolist()
    east, north = np.max(boxes, axis=0)[2:].tolist()
    return [[south, west], [north, east]]

"""From an OpenStreetMap extract to a prepared area: the layers that planning works on.

``prepare_area`` reads, estimates households, scales them to known totals, keeps what lies
inside the boundary and writes a GeoPackage; its report says what was estimated and left out.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from gridsvc.config import USUAL, FileLimits
from gridsvc.errors import BadInput
from gridsvc.exchange import footprints
from gridsvc.exchange.barriers import barrier_lines
from gridsvc.exchange.layers import check_out, read_layer, write_layers
from gridsvc.exchange.osm import OsmArea, read_osm
from gridsvc.exchange.outline import outline
from gridsvc.exchange.sites import settle_sites
from gridsvc.exchange.zones import Zones, read_zones
from gridsvc.geo import WGS84, metric_crs, unproject
from gridsvc.planning.households import estimate, scale_to_zones
from gridsvc.planning.units import by_unit
from gridsvc.progress import Progress, silent


@dataclass
class _Work:
    progress: Progress
    seconds: dict[str, float] = field(default_factory=dict)
    dropped: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        self.progress(name, 0.0)
        start = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - start, 3)
        self.progress(name, 1.0)


def prepare_area(  # noqa: PLR0913 - one argument per option of the command
    osm: str | Path,
    *,
    boundary: str | None = None,
    zones: str | None = None,
    zone_households: str | None = None,
    zone_id: str | None = None,
    units: bool = False,
    out: str | Path,
    limits: FileLimits = USUAL,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Prepare an OpenStreetMap extract for planning and write it as a GeoPackage.

    Parameters
    ----------
    osm
        Extract, ``.osm.pbf`` or another format of libosmium.
    boundary
        ``FILE`` or ``FILE:layer`` with one polygon per community; columns code and name are
        kept. Without it one community is drawn around the buildings (see `outline`).
        Buildings with less than half their ground inside are left out.
    zones, zone_households
        Polygons with a column of known household totals. A zone that lies wholly in the
        extract's data gets exactly its total; the others keep the estimate.
    zone_id
        Column whose repeated values are parts of one zone (``KEY_CODE`` of Japan's census is
        known); without it each row is a zone.
    units
        Give big buildings by stairwell unit (see `gridsvc.planning.units`): the layer buildings
        has a row per unit. The layer units repeats it under the name it has in a generated town.
    out
        GeoPackage to write: layers boundary, buildings, barriers and special, EPSG:4326.
    limits
        How much each file may ask for.
    progress
        Called with each step and its share done.

    Returns
    -------
    dict
        JSON-serialisable: counts and households (total, known, estimated), zones scaled,
        kilometres of barriers by class, special sites by kind, what was left out and why,
        seconds per step.

    Raises
    ------
    BadInput
        If an input cannot be used; nothing is written then.
    """
    out = check_out(out, ".gpkg")
    if (zones is None) != (zone_households is None):
        raise BadInput("give --zones and --zone-households together: the file and its column")
    work = _Work(progress)
    with work.step("read"):
        area = read_osm(osm, limits)
        crs = metric_crs(area.buildings)
        known = read_zones(zones, zone_households or "", zone_id, crs, limits) if zones else None
        given = _read_boundary(boundary, crs, limits) if boundary else None
    work.dropped.update(area.dropped)
    with work.step("buildings"):
        buildings = _buildings(area, crs, work.dropped)
        border = _drawn_boundary(buildings, crs) if given is None else given
    with work.step("households"):
        buildings, scaled = _households(buildings, known, _extent(area, border, crs), border, work)
    with work.step("barriers"):
        barriers = barrier_lines(area, border, crs)
    with work.step("special sites"):
        special, left_out = settle_sites(
            area.sites.to_crs(crs), buildings=buildings, boundary=border
        )
        work.dropped.update(left_out)
    if units:
        buildings = by_unit(buildings)
    layers = {"boundary": border, "buildings": buildings, "barriers": barriers, "special": special}
    if units:
        layers["units"] = buildings
    with work.step("write"):
        write_layers(out, {name: _final(name, layer) for name, layer in layers.items()})
    return {
        "out": str(out),
        "boundary": {
            "source": "drawn around the buildings" if given is None else "given",
            "communities": len(border),
            "km2": round(float(border.area.sum()) / 1e6, 4),
        },
        **_figures(buildings, barriers, special),
        "zones": scaled,
        "left_out": {what: count for what, count in sorted(work.dropped.items()) if count},
        "seconds": work.seconds,
    }


def _read_boundary(spec: str, crs: CRS, limits: FileLimits) -> gpd.GeoDataFrame:
    frame = read_layer(spec, geometry={"polygon"}, limits=limits).to_crs(crs)
    for column in ("code", "name"):
        frame[column] = frame[column].astype("string") if column in frame.columns else pd.NA
    return frame[["code", "name", "geometry"]]


def _drawn_boundary(buildings: gpd.GeoDataFrame, crs: CRS) -> gpd.GeoDataFrame:
    nothing = pd.array([pd.NA], dtype="string")
    table = {"code": nothing, "name": nothing, "geometry": [outline(buildings)]}
    return gpd.GeoDataFrame(table, crs=crs)


def _extent(area: OsmArea, border: gpd.GeoDataFrame, crs: CRS) -> shapely.Geometry:
    """Ground on which the extract is complete: the box it was cut to, else its buildings'."""
    if area.extent is not None:
        return gpd.GeoSeries([area.extent], crs=WGS84).to_crs(crs).iloc[0]
    return border.union_all()


def _buildings(area: OsmArea, crs: CRS, dropped: Counter[str]) -> gpd.GeoDataFrame:
    buildings, folded = footprints.fold_parts(area.buildings.to_crs(crs))
    buildings, doubles = footprints.part_overlaps(buildings)
    dropped.update(folded + doubles)
    return footprints.tell_kinds(buildings, area.grounds.to_crs(crs))


def _households(
    buildings: gpd.GeoDataFrame,
    zones: Zones | None,
    extent: shapely.Geometry,
    border: gpd.GeoDataFrame,
    work: _Work,
) -> tuple[gpd.GeoDataFrame, dict[str, Any] | None]:
    """Estimate, scale, keep what is inside, and mend zones that lost a building at the edge."""
    buildings = buildings.join(estimate(buildings))
    report = None
    if zones is not None:
        enclosed = zones.enclosed_by(extent)
        scaled = scale_to_zones(buildings, zones.frame, np.where(enclosed, zones.totals, -1))
        report = zones.report(buildings, scaled, enclosed)
        buildings["households"] = scaled.households
    buildings, outside = footprints.keep_inside(buildings, border)
    work.dropped.update(outside)
    if zones is not None:
        whole = enclosed & zones.enclosed_by(border.union_all())
        totals = np.where(whole, zones.totals, -1)
        buildings["households"] = scale_to_zones(buildings, zones.frame, totals).households
    if buildings.empty:
        raise BadInput("no building lies inside the boundary; check that both show one place")
    return buildings, report


def _final(name: str, layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    if name in {"buildings", "units"}:
        columns = ["building_id", "households", "levels", "kind", "estimated", "unit", "geometry"]
        layer = layer[[column for column in columns if column in layer]]
    return unproject(layer, WGS84)


def _figures(
    buildings: gpd.GeoDataFrame, barriers: gpd.GeoDataFrame, special: gpd.GeoDataFrame
) -> dict[str, Any]:
    households = buildings["households"]
    total, estimated = int(households.sum()), int(households[buildings["estimated"]].sum())
    km = barriers.length.groupby(barriers["class"]).sum() / 1000
    return {
        "buildings": len(buildings),
        "buildings_with_households": int((households > 0).sum()),
        "buildings_with_levels": int(buildings["levels"].notna().sum()),
        "households": total,
        "households_known": total - estimated,
        "households_estimated": estimated,
        "estimated_share": round(estimated / total, 4) if total else 0.0,
        "barriers_km": {kind: round(float(length), 2) for kind, length in km.items()},
        "special": {kind: int(n) for kind, n in special["kind"].value_counts().items()},
    }

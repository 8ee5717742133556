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
from gridsvc.exchange.layers import check_out, read_layer, write_layers
from gridsvc.exchange.osm import OsmArea, read_osm
from gridsvc.exchange.outline import outline
from gridsvc.exchange.sites import settle_sites
from gridsvc.exchange.tags import BARRIER_WEIGHT
from gridsvc.exchange.zones import Zones, read_zones
from gridsvc.geo import WGS84, metric_crs, unproject
from gridsvc.planning.households import estimate, scale_to_zones
from gridsvc.progress import Progress, silent

#: Barriers are kept this far beyond the boundary: one may run along just outside it, m.
_BARRIER_MARGIN_M = 50.0
#: Standing water below this divides nothing, m2.
_MIN_WATER_M2 = 5_000.0


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


def prepare_area(
    osm: str | Path,
    *,
    boundary: str | None = None,
    zones: str | None = None,
    zone_households: str | None = None,
    zone_id: str | None = None,
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
        barriers = _barriers(area, border, crs)
    with work.step("special sites"):
        special, left_out = settle_sites(
            area.sites.to_crs(crs), buildings=buildings, boundary=border
        )
        work.dropped.update(left_out)
    layers = {"boundary": border, "buildings": buildings, "barriers": barriers, "special": special}
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


def _barriers(area: OsmArea, border: gpd.GeoDataFrame, crs: CRS) -> gpd.GeoDataFrame:
    """Lines in and just outside the boundary, with the shores of water nothing else marks."""
    lines = pd.concat([area.barriers.to_crs(crs), _shores(area, crs)], ignore_index=True)
    near = border.union_all().buffer(_BARRIER_MARGIN_M)
    clipped = lines.set_geometry(shapely.intersection(lines.geometry.values, near), crs=crs)
    clipped = clipped.explode(ignore_index=True)
    useful = (clipped.geom_type == "LineString") & (clipped.length > 0)
    return clipped[useful].reset_index(drop=True)


def _shores(area: OsmArea, crs: CRS) -> gpd.GeoDataFrame:
    """Outer shores of waters that no waterway line runs through."""
    waters = area.waters.to_crs(crs).explode(ignore_index=True)
    waters = waters[waters.area >= _MIN_WATER_M2]
    streams = area.barriers.to_crs(crs)
    streams = streams[streams["class"].isin(["river", "canal", "stream"])]
    through, _ = (
        shapely.STRtree(streams.geometry.values).query(
            waters.geometry.values, predicate="intersects"
        )
        if len(waters)
        else (np.array([], dtype=int), None)
    )
    waters = waters.drop(waters.index[np.unique(through)])
    shores = waters.assign(**{"class": "water", "w": BARRIER_WEIGHT["water"]})
    shores = shores.set_geometry(shapely.get_exterior_ring(waters.geometry.values), crs=crs)
    return shores[["class", "w", "name", "geometry"]]


def _final(name: str, layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    if name == "buildings":
        columns = ["building_id", "households", "levels", "kind", "estimated", "geometry"]
        layer = layer[columns]
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

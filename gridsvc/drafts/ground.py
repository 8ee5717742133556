"""What a draft is drawn on, read once per version and kept; the way to metres and back."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc import geo
from gridsvc.drafts import queries
from gridsvc.errors import NotFound
from gridsvc.grids import area_queries
from gridsvc.grids.area_queries import AreaFrames
from gridsvc.planning.arrays import Floats, Geometries
from gridsvc.planning.sketch import Site, Sketch
from gridsvc.planning.units import by_unit

#: Communities kept in a process: those being edited just now.
MOST_KEPT = 8


@dataclass(frozen=True)
class Ground:
    """A community as drafts need it.

    Attributes
    ----------
    version
        Digest of what was read.
    area
        The frames in EPSG:4326.
    units
        Buildings, big ones by stairwell unit, in `crs`.
    site
        The same as arrays, in `crs`.
    homes
        Point inside every unit, in `crs`.
    crs
        Local equal-area projection in metres.
    """

    version: str
    area: AreaFrames
    units: gpd.GeoDataFrame
    site: Site
    homes: Geometries
    crs: Any

    def projected(self, shapes: Geometries) -> Geometries:
        """Geometries in degrees, EPSG:4326, brought to `crs`."""
        series = gpd.GeoSeries(shapes, crs=geo.WGS84).to_crs(self.crs)
        return np.asarray(series.to_numpy(dtype=object))

    def unprojected(self, shapes: Geometries) -> Geometries:
        """Geometries in `crs` brought to degrees, EPSG:4326, to the micrometre."""
        frame = gpd.GeoDataFrame(geometry=list(shapes), crs=self.crs)
        degrees = geo.unproject(frame, geo.WGS84).geometry
        return np.asarray(degrees.to_numpy(dtype=object))


async def of(session: AsyncSession, code: str, kept: OrderedDict[str, Ground]) -> Ground:
    """The ground of a community, from what is kept where nothing changed.

    Raises
    ------
    NotFound
        If the community is unknown or has no boundary.
    """
    version = await queries.ground_version(session, code)
    if code in kept and kept[code].version == version:
        kept.move_to_end(code)
        return kept[code]
    area = await area_queries.frames(session, code)
    if area.boundary.empty or area.boundary.geometry.isna().any():
        raise NotFound(f"community {code} has no boundary; load its area first")
    made = await asyncio.to_thread(_made, version, area)
    kept[code] = made
    while len(kept) > MOST_KEPT:
        kept.popitem(last=False)
    return made


def _made(version: str, area: AreaFrames) -> Ground:
    crs = geo.metric_crs(area.boundary)
    units = by_unit(area.buildings.to_crs(crs), shared=("residents",))
    barriers = area.barriers.to_crs(crs)
    shapes = units.geometry.to_numpy(dtype=object)
    site = Site(
        footprints=shapes,
        households=units["households"].to_numpy(dtype=np.int64),
        building=units["building"].to_numpy(dtype=np.int64),
        barriers=barriers.geometry.to_numpy(dtype=object),
        weights=barriers["w"].to_numpy(dtype=float),
        land=geo.project(area.boundary, crs).union_all(),
    )
    return Ground(version, area, units, site, shapely.point_on_surface(shapes), crs)


def sketch_of(
    rows: Sequence[Mapping[str, Any]], last: int, ground: Ground
) -> tuple[Sketch, dict[int, int], dict[tuple[float, float], Floats]]:
    """Cells of the database as a sketch in metres.

    Returns
    -------
    sketch, ids, known
        The sketch, the database id of each number, and the degrees of every vertex by its metres,
        so that vertices that stay are stored as they were, to the last bit.
    """
    degrees = shapely.from_wkb(np.array([row["wkb"] for row in rows], dtype=object))
    cells = ground.projected(degrees)
    known = {
        tuple(metres): at
        for metres, at in zip(
            shapely.get_coordinates(cells), shapely.get_coordinates(degrees), strict=True
        )
    }
    sketch = Sketch(
        number=np.array([row["number"] for row in rows], dtype=np.int64),
        cells=cells,
        dedicated=np.array([row["kind"] == "dedicated" for row in rows], dtype=bool),
        locked=np.array([row["locked"] for row in rows], dtype=bool),
        last=last,
    )
    return sketch, {row["number"]: row["id"] for row in rows}, known


def stored(
    cells: Geometries, ground: Ground, known: Mapping[tuple[float, float], Floats]
) -> Geometries:
    """Cells in metres as they are stored: in degrees, known vertices as they were."""
    if len(cells) == 0:
        return cells
    degrees = ground.unprojected(cells)
    metres, told = shapely.get_coordinates(cells), shapely.get_coordinates(degrees)
    for k, at in enumerate(map(tuple, metres)):
        if at in known:
            told[k] = known[at]
    return np.asarray(shapely.set_coordinates(degrees, told))

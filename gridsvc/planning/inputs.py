"""What the planning room accepts, and the clean arrays it works on.

Everything wrong with the input is either refused with one sentence (`BadInput`) or handled and
counted in ``notes``, which the report shows; nothing is dropped in silence.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridsvc import geo
from gridsvc.errors import BadInput
from gridsvc.planning.arrays import Floats, Geometries, Ints

#: All work is done on this precision grid, so that shared borders are equal to the last bit.
GRID_M = 1e-4
#: Weight of a barrier that names none: an ordinary street.
DEFAULT_WEIGHT = 0.5
#: Communities' parts below this area are noise of digitising, not land.
NOISE_M2 = 0.1


@dataclass(frozen=True)
class Inputs:
    """Clean input in one metric CRS, on the precision grid.

    Attributes
    ----------
    footprints
        Polygon of every building; empty where the row has none.
    households
        Households per building.
    communities
        Polygon or MultiPolygon per boundary row, none overlapping another.
    sites
        Polygon or MultiPolygon per special row; empty where the row has no area.
    barriers, weights
        LineString and weight of every piece of barrier.
    notes
        What was found and handled, with counts.
    """

    footprints: Geometries
    households: Ints
    communities: Geometries
    sites: Geometries
    barriers: Geometries
    weights: Floats
    notes: Counter[str]


def read_inputs(
    buildings: gpd.GeoDataFrame,
    boundary: gpd.GeoDataFrame,
    barriers: gpd.GeoDataFrame | None,
    special: gpd.GeoDataFrame | None,
) -> Inputs:
    """Check four layers and bring them to clean arrays.

    Parameters
    ----------
    buildings
        Polygon; column ``households``, whole numbers >= 0.
    boundary
        Polygon or MultiPolygon; each row one community.
    barriers
        LineString or MultiLineString; optional column ``w`` >= 0.
    special
        Polygon or MultiPolygon; each row one site.

    Returns
    -------
    Inputs

    Raises
    ------
    BadInput
        If a layer has the wrong geometry type, no metric CRS or another CRS than the boundary,
        coordinates that are not finite, or counts and weights that cannot be used.
    """
    notes: Counter[str] = Counter()
    _check_crs(boundary, buildings=buildings, barriers=barriers, special=special)
    communities = clean_areas(boundary, "boundary", notes)
    if not (shapely.area(communities) > NOISE_M2).any():
        raise BadInput("the boundary is empty; give at least one polygon with an area")
    households = whole_households(buildings)
    footprints = whole_footprints(buildings, notes)
    lost = int(households[shapely.is_empty(footprints)].sum())
    notes["households of buildings without geometry"] += lost
    lines, weights = _lines(barriers, notes)
    return Inputs(
        footprints=footprints,
        households=households,
        communities=disjoint(communities, notes),
        sites=np.array([]) if special is None else clean_areas(special, "special sites", notes),
        barriers=lines,
        weights=weights,
        notes=notes,
    )


def whole_households(buildings: gpd.GeoDataFrame) -> Ints:
    """Column ``households`` as whole numbers.

    Raises
    ------
    BadInput
        If the column is missing, not numeric, or holds a missing, negative or fractional value.
    """
    if "households" not in buildings.columns:
        raise BadInput("the buildings have no column 'households'; add one with whole numbers >= 0")
    counts = pd.to_numeric(buildings["households"], errors="coerce").to_numpy(float)
    for bad, what in (
        (~np.isfinite(counts), "missing or not a number"),
        (counts < 0, "negative"),
        (counts != np.round(counts), "not a whole number"),
    ):
        if bad.any():
            row = int(np.flatnonzero(bad)[0])
            raise BadInput(
                f"households is {what} in {int(bad.sum())} buildings, first in row {row + 1}; "
                "every building needs a whole number >= 0"
            )
    return np.asarray(counts, dtype=np.int64)


def _check_crs(boundary: gpd.GeoDataFrame, **others: gpd.GeoDataFrame | None) -> None:
    """Refuse anything but one projected CRS in metres for all layers."""
    if boundary.crs is None:
        raise BadInput("the boundary declares no CRS; assign the one it was made in")
    if not geo.is_metric(boundary):
        raise BadInput(
            f"the boundary is in {boundary.crs.name}, which is not projected in metres; "
            "project all layers to one metric CRS first"
        )
    for name, frame in others.items():
        if frame is not None and frame.crs != boundary.crs:
            raise BadInput(
                f"the layer {name} is not in the CRS of the boundary; project all layers to one"
            )


def _checked(frame: gpd.GeoDataFrame, name: str, kinds: tuple[str, ...]) -> Geometries:
    """Two-dimensional geometries of a layer, None made empty; wrong kinds are refused."""
    geometries: Geometries = shapely.force_2d(frame.geometry.to_numpy(dtype=object))
    geometries = np.where(shapely.is_missing(geometries), shapely.Polygon(), geometries)
    wrong = ~shapely.is_empty(geometries) & ~np.isin(shapely.get_type_id(geometries), _ids(kinds))
    if wrong.any():
        found = geometries[wrong][0].geom_type
        raise BadInput(f"the layer {name} holds a {found}; it must hold {' or '.join(kinds)} only")
    if not np.isfinite(shapely.get_coordinates(geometries)).all():
        raise BadInput(f"the layer {name} has coordinates that are not finite; mend or remove them")
    return geometries


def _ids(kinds: tuple[str, ...]) -> list[int]:
    return [int(shapely.GeometryType[kind.upper()]) for kind in kinds]


def clean_areas(frame: gpd.GeoDataFrame, name: str, notes: Counter[str]) -> Geometries:
    """Valid polygons on the precision grid; self-crossing ones repaired and counted."""
    areas = _checked(frame, name, ("Polygon", "MultiPolygon"))
    notes[f"{name} without geometry"] += int(shapely.is_empty(areas).sum())
    broken = ~shapely.is_valid(areas)
    notes[f"{name} repaired (crossed themselves)"] += int(broken.sum())
    areas[broken] = [polygonal(shapely.make_valid(area)) for area in areas[broken]]
    return np.asarray(shapely.set_precision(areas, GRID_M))


def polygonal(geometry: shapely.Geometry) -> shapely.Geometry:
    """The areal part of a geometry: Polygon, MultiPolygon or empty."""
    parts = polygon_parts(geometry)
    return parts[0] if len(parts) == 1 else shapely.multipolygons(parts)


def polygon_parts(geometry: shapely.Geometry) -> Geometries:
    """Polygons a geometry is made of; lines and points left out."""
    parts: Geometries = shapely.get_parts(shapely.get_parts(geometry))
    areal = (shapely.get_type_id(parts) == _ids(("Polygon",))[0]) & (shapely.area(parts) > 0)
    return np.asarray(parts[areal])


def whole_footprints(buildings: gpd.GeoDataFrame, notes: Counter[str]) -> Geometries:
    """One polygon per building; a building in several parts becomes their convex hull."""
    footprints = clean_areas(buildings, "buildings", notes)
    parted = shapely.get_num_geometries(footprints) > 1
    notes["buildings in several parts (taken as their hull)"] += int(parted.sum())
    footprints[parted] = shapely.convex_hull(footprints[parted])
    single = shapely.get_type_id(footprints) == _ids(("MultiPolygon",))[0]
    footprints[single] = shapely.get_geometry(footprints[single], 0)
    flat = (shapely.area(footprints) == 0) & ~shapely.is_empty(footprints)
    notes["buildings without area"] += int(flat.sum())
    footprints[flat] = shapely.Polygon()
    return footprints


def _lines(barriers: gpd.GeoDataFrame | None, notes: Counter[str]) -> tuple[Geometries, Floats]:
    """LineStrings and their weights; lines of weight zero separate nothing and are left out."""
    if barriers is None or barriers.empty:
        return np.array([], dtype=object), np.array([], dtype=float)
    lines = _checked(barriers, "barriers", ("LineString", "LinearRing", "MultiLineString"))
    weights = _weights(barriers)
    lines, row = shapely.get_parts(lines, return_index=True)
    weights = weights[row]
    use = (shapely.length(lines) > 0) & (weights > 0)
    notes["barriers without length"] += int((shapely.length(lines) == 0).sum())
    notes["barriers of weight zero (not used)"] += int((weights == 0).sum())
    return lines[use], weights[use]


def _weights(barriers: gpd.GeoDataFrame) -> Floats:
    if "w" not in barriers.columns:
        return np.full(len(barriers), DEFAULT_WEIGHT)
    weights = pd.to_numeric(barriers["w"], errors="coerce").to_numpy(float, na_value=np.nan)
    if (weights < 0).any():
        raise BadInput("the barriers have a negative weight w; weights must be >= 0")
    return np.where(np.isfinite(weights), weights, DEFAULT_WEIGHT)


def disjoint(communities: Geometries, notes: Counter[str]) -> Geometries:
    """Communities with land claimed twice left to the first row that claims it."""
    a, b = shapely.STRtree(communities).query(communities, predicate="intersects")
    a, b = a[a < b], b[a < b]
    twice = shapely.area(shapely.intersection(communities[a], communities[b])) > 0
    for first, second in zip(a[twice], b[twice], strict=True):
        rest = shapely.difference(communities[second], communities[first], grid_size=GRID_M)
        communities[second] = polygonal(rest)
    notes["communities that overlap another (land kept by the first)"] += len(set(b[twice]))
    return communities

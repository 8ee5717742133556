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
from gridsvc.planning.arrays import Bools, Floats, Geometries, Ints
from gridsvc.planning.wish import HOUSEHOLDS, Given, Wish

#: Truth as text.
WORDS = {"true": 1, "false": 0, "": 0}
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
    households, load
        Households per building, and what the balance weighs: the same unless the wish says
        otherwise.
    communities
        Polygon or MultiPolygon per boundary row, none overlapping another.
    sites
        Polygon or MultiPolygon per special row; empty where the row has no area.
    barriers, weights, never
        LineString and weight of every piece of barrier, and whether it must not be crossed.
    zones
        Polygon or MultiPolygon; none overlapping another.
    seeds
        Point.
    locked
        Polygon of every cell that stays as it is.
    previous, previous_load
        Polygon of every ordinary cell of the earlier plan and the load it had then; not a number
        where that is not known.
    notes
        What was found and handled, with counts.
    """

    footprints: Geometries
    households: Ints
    load: Floats
    communities: Geometries
    sites: Geometries
    barriers: Geometries
    weights: Floats
    never: Bools
    zones: Geometries
    seeds: Geometries
    locked: Geometries
    previous: Geometries
    previous_load: Floats
    notes: Counter[str]


def read_inputs(
    buildings: gpd.GeoDataFrame,
    boundary: gpd.GeoDataFrame,
    barriers: gpd.GeoDataFrame | None,
    special: gpd.GeoDataFrame | None,
    given: Given | None = None,
    wish: Wish | None = None,
) -> Inputs:
    """Check the layers and bring them to clean arrays.

    Parameters
    ----------
    buildings
        Polygon; column ``households``, whole numbers >= 0, and the columns the wish weighs.
    boundary
        Polygon or MultiPolygon; each row one community.
    barriers
        LineString or MultiLineString; optional columns ``w`` >= 0 and ``never`` (true where
        no cell may cross).
    special
        Polygon or MultiPolygon; each row one site.
    given
        Zones, seeds, locked and earlier cells.
    wish
        What weighs in the balance.

    Returns
    -------
    Inputs

    Raises
    ------
    BadInput
        If a layer has the wrong geometry type, no metric CRS or another CRS than the boundary,
        coordinates that are not finite, or counts and weights that cannot be used.
    """
    given, wish = given or Given(), wish or Wish()
    notes: Counter[str] = Counter()
    others = {"buildings": buildings, "barriers": barriers, "special sites": special}
    _check_crs(boundary, others | given.layers)
    communities = clean_areas(boundary, "boundary", notes)
    if not (shapely.area(communities) > NOISE_M2).any():
        raise BadInput("the boundary is empty; give at least one polygon with an area")
    households = whole_households(buildings)
    footprints = whole_footprints(buildings, notes)
    lost = int(households[shapely.is_empty(footprints)].sum())
    notes["households of buildings without geometry"] += lost
    built = shapely.STRtree(footprints).query(communities, predicate="intersects")[0]
    notes["communities without any building"] += int((~shapely.is_empty(communities)).sum()) - len(
        np.unique(built)
    )
    lines, weights, never = _lines(barriers, notes)
    previous, previous_load = _previous(given.previous, notes)
    return Inputs(
        footprints=footprints,
        households=households,
        load=_load(buildings, wish),
        communities=disjoint(communities, "communities", notes),
        sites=_areas(special, "special sites", notes),
        barriers=lines,
        weights=weights,
        never=never,
        zones=disjoint(_areas(given.zones, "zones", notes), "zones", notes),
        seeds=_points(given.seeds, notes),
        locked=disjoint(_areas(given.locked, "locked cells", notes), "locked cells", notes),
        previous=previous,
        previous_load=previous_load,
        notes=notes,
    )


def _areas(frame: gpd.GeoDataFrame | None, name: str, notes: Counter[str]) -> Geometries:
    if frame is None or frame.empty:
        return np.array([], dtype=object)
    return clean_areas(frame, name, notes)


def _points(frame: gpd.GeoDataFrame | None, notes: Counter[str]) -> Geometries:
    if frame is None or frame.empty:
        return np.array([], dtype=object)
    points = _checked(frame, "seeds", ("Point",))
    notes["seeds without geometry"] += int(shapely.is_empty(points).sum())
    return points


def _previous(frame: gpd.GeoDataFrame | None, notes: Counter[str]) -> tuple[Geometries, Floats]:
    """Ordinary cells of the earlier plan and their load; dedicated ones follow their sites."""
    cells = _areas(frame, "previous cells", notes)
    load = np.full(len(cells), np.nan)
    if frame is None or frame.empty:
        return cells, load
    for column in ("load", HOUSEHOLDS):
        if column in frame.columns:
            load = pd.to_numeric(frame[column], errors="coerce").to_numpy(float, na_value=np.nan)
            break
    if "kind" in frame.columns:
        cells[(frame["kind"] == "dedicated").to_numpy()] = shapely.Polygon()
    return cells, load


def _load(buildings: gpd.GeoDataFrame, wish: Wish) -> Floats:
    """What every building weighs in the balance.

    Raises
    ------
    BadInput
        If a column is missing or holds what is no number >= 0.
    """
    load = np.zeros(len(buildings))
    for column, weight in wish.weigh.items():
        if column not in buildings.columns:
            raise BadInput(f"the buildings have no column '{column}' to weigh; choose another")
        counts = pd.to_numeric(buildings[column], errors="coerce").to_numpy(float, na_value=np.nan)
        if not (np.isfinite(counts) & (counts >= 0)).all():
            raise BadInput(f"{column} is not a number >= 0 in every building; mend it first")
        load += weight * counts
    return load


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


def _check_crs(boundary: gpd.GeoDataFrame, others: dict[str, gpd.GeoDataFrame | None]) -> None:
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


def _lines(
    barriers: gpd.GeoDataFrame | None, notes: Counter[str]
) -> tuple[Geometries, Floats, Bools]:
    """LineStrings, their weights, and which must not be crossed.

    Lines of weight zero separate nothing and are left out, unless they must not be crossed.
    """
    if barriers is None or barriers.empty:
        return np.array([], dtype=object), np.array([], dtype=float), np.array([], dtype=bool)
    lines = _checked(barriers, "barriers", ("LineString", "LinearRing", "MultiLineString"))
    weights, never = _weights(barriers), _never(barriers)
    lines, row = shapely.get_parts(lines, return_index=True)
    weights, never = weights[row], never[row]
    use = (shapely.length(lines) > 0) & ((weights > 0) | never)
    notes["barriers without length"] += int((shapely.length(lines) == 0).sum())
    notes["barriers of weight zero (not used)"] += int(((weights == 0) & ~never).sum())
    return lines[use], np.where(never, np.maximum(weights, 1.0), weights)[use], never[use]


def _never(barriers: gpd.GeoDataFrame) -> Bools:
    if "never" not in barriers.columns:
        return np.zeros(len(barriers), dtype=bool)
    return flags(barriers["never"], "the barriers")


def flags(given: pd.Series, where: str) -> Bools:
    """What is true: the word or a number other than 0; empty is false.

    Words because software writes a truth column with gaps as text.

    Raises
    ------
    BadInput
        If the column holds anything else.
    """
    told = pd.to_numeric(given.map(lambda value: WORDS.get(str(value).lower(), value)), "coerce")
    wrong = np.flatnonzero(told.isna() & given.notna())
    if len(wrong):
        raise BadInput(
            f"{given.name} is '{given.iloc[wrong[0]]}' in row {wrong[0] + 1} of {where}; "
            "give true or false, or 1 or 0"
        )
    return np.asarray(told.to_numpy(float, na_value=0.0) != 0, dtype=bool)


def _weights(barriers: gpd.GeoDataFrame) -> Floats:
    if "w" not in barriers.columns:
        return np.full(len(barriers), DEFAULT_WEIGHT)
    weights = pd.to_numeric(barriers["w"], errors="coerce").to_numpy(float, na_value=np.nan)
    if (weights < 0).any():
        raise BadInput("the barriers have a negative weight w; weights must be >= 0")
    return np.where(np.isfinite(weights), weights, DEFAULT_WEIGHT)


def disjoint(areas: Geometries, name: str, notes: Counter[str]) -> Geometries:
    """Areas with land claimed twice left to the first row that claims it."""
    a, b = shapely.STRtree(areas).query(areas, predicate="intersects")
    a, b = a[a < b], b[a < b]
    twice = shapely.area(shapely.intersection(areas[a], areas[b])) > 0
    for first, second in zip(a[twice], b[twice], strict=True):
        areas[second] = polygonal(shapely.difference(areas[second], areas[first], grid_size=GRID_M))
    notes[f"{name} that overlap another (land kept by the first)"] += len(set(b[twice]))
    return areas

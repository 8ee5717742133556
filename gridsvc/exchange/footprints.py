"""Building footprints made fit for planning: parts folded in, overlaps parted, borders kept.

Frames in one metric CRS; each function returns a fresh frame and what it left out, counted.
"""

from __future__ import annotations

from collections import Counter

import geopandas as gpd
import numpy as np
import shapely

from gridsvc.planning.households import largest_share

#: A part covered by an outline to this share describes that building, not another.
_PART_SHARE = 0.5
#: A footprint inside another to this share is the same building drawn twice.
_TWICE_SHARE = 0.8
#: Overlaps below this are digitising noise that planning tolerates, m2.
_NOISE_M2 = 0.1


def fold_parts(buildings: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, Counter[str]]:
    """Fold ``building:part`` areas into the outlines they describe.

    An outline without storeys gets the mean of its parts weighted by area; parts that belong
    to no outline stay as buildings of their own.
    """
    part = buildings["part"].to_numpy(bool)
    whole, parts = buildings[~part].copy(), buildings[part]
    if parts.empty or whole.empty:
        return buildings.reset_index(drop=True), Counter()
    owner, share = largest_share(parts.geometry.values, whole.geometry.values)
    inside = share >= _PART_SHARE
    told = inside & parts["levels"].notna().to_numpy()
    floor_m2, area_m2 = np.zeros(len(whole)), np.zeros(len(whole))
    areas = parts.geometry.area.to_numpy()[told]
    np.add.at(area_m2, owner[told], areas)
    np.add.at(floor_m2, owner[told], areas * parts["levels"].to_numpy(float, na_value=0)[told])
    fill = whole["levels"].isna().to_numpy() & (area_m2 > 0)
    mean = floor_m2[fill] / area_m2[fill]
    whole.loc[fill, "levels"] = np.maximum(np.rint(mean), 1).astype(int)
    kept = _stack(whole, parts[~inside])
    return kept, Counter({"building parts folded into their building": int(inside.sum())})


def tell_kinds(buildings: gpd.GeoDataFrame, grounds: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give buildings of untold use the kind of the smallest ground they stand on."""
    told = buildings.copy()
    unknown = np.flatnonzero(told["kind"] == "unknown")
    if len(unknown) == 0 or grounds.empty:
        return told
    small_first = grounds.iloc[np.argsort(grounds.geometry.area.to_numpy(), kind="stable")]
    points = shapely.point_on_surface(told.geometry.values[unknown])
    row, ground = shapely.STRtree(small_first.geometry.values).query(points, predicate="within")
    order = np.lexsort((ground, row))
    rows, first = np.unique(row[order], return_index=True)
    kinds = small_first["kind"].to_numpy()[ground[order][first]]
    told.iloc[unknown[rows], told.columns.get_loc("kind")] = kinds
    return told


def part_overlaps(buildings: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, Counter[str]]:
    """Leave no ground to two footprints: drop doubles, cut the rest from the smaller one."""
    shapes = buildings.geometry.values.copy()
    left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    area_m2 = shapely.area(shapes)
    small_left = (area_m2[left] < area_m2[right]) | (
        (area_m2[left] == area_m2[right]) & (left > right)
    )
    left, right = left[small_left], right[small_left]
    common_m2 = shapely.area(shapely.intersection(shapes[left], shapes[right]))
    gone = np.zeros(len(shapes), dtype=bool)
    gone[left[common_m2 >= _TWICE_SHARE * area_m2[left]]] = True
    cut = (common_m2 > _NOISE_M2) & ~gone[left] & ~gone[right]
    for small, large in zip(left[cut], right[cut], strict=True):
        shapes[small] = largest_part(shapely.difference(shapes[small], shapes[large]))
    gone |= shapely.is_empty(shapes)
    kept = buildings.set_geometry(gpd.GeoSeries(shapes, buildings.index, crs=buildings.crs))
    count = Counter(
        {
            "buildings drawn twice": int(gone.sum()),
            "buildings trimmed where they overlapped": len(
                set(left[cut]) - set(np.flatnonzero(gone))
            ),
        }
    )
    return kept[~gone].reset_index(drop=True), count


def keep_inside(
    buildings: gpd.GeoDataFrame, boundary: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, Counter[str]]:
    """Keep buildings with most of their ground inside the boundary, each in one community.

    A building across a border belongs to the community with its larger share, and its
    footprint ends there: no cell crosses a community, so no cell could hold it whole.
    """
    shapes = buildings.geometry.values
    areas = boundary.geometry.values
    inside = shapely.area(shapely.intersection(shapes, shapely.union_all(areas)))
    kept = buildings[inside > 0.5 * shapely.area(shapes)].reset_index(drop=True)
    shapes = kept.geometry.values.copy()
    owner, share = largest_share(shapes, areas)
    across = np.flatnonzero(share < 1)
    for row in across:
        shapes[row] = largest_part(shapely.intersection(shapes[row], areas[owner[row]]))
    count = Counter(
        {
            "buildings outside the boundary": len(buildings) - len(kept),
            "buildings trimmed at a community's border": len(across),
        }
    )
    return kept.set_geometry(gpd.GeoSeries(shapes, kept.index, crs=kept.crs)), count


def largest_part(shape: shapely.Geometry) -> shapely.Polygon:
    """Largest polygon of a geometry; an empty polygon where it holds none."""
    parts = [part for part in _flat(shape) if part.geom_type == "Polygon"]
    return max(parts, key=lambda part: part.area, default=shapely.Polygon())


def _flat(shape: shapely.Geometry) -> list[shapely.Geometry]:
    parts = list(shapely.get_parts(shape))
    return (
        parts
        if all(part.geom_type != "MultiPolygon" for part in parts)
        else [piece for part in parts for piece in shapely.get_parts(part)]
    )


def _stack(first: gpd.GeoDataFrame, second: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    # Row order of the file, so that the same extract gives the same result.
    order = np.sort(np.r_[first.index.to_numpy(), second.index.to_numpy()])
    joined = first.reindex(order)
    joined.loc[second.index] = second
    return gpd.GeoDataFrame(joined, geometry="geometry", crs=first.crs).reset_index(drop=True)

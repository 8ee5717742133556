"""A boundary drawn from the buildings, for areas whose own boundary is not at hand."""

from __future__ import annotations

import geopandas as gpd
import shapely

#: Ground kept around the outermost buildings, m.
MARGIN_M = 20.0
#: Half the widest gap between buildings bridged, in the order tried, m.
_REACHES_M = (150.0, 300.0, 600.0, 1_200.0)
#: Simplification of the outline, well inside the margin, m.
_TOLERANCE_M = 5.0


def outline(buildings: gpd.GeoDataFrame) -> shapely.Polygon:
    """One polygon around all buildings, following their edge with a margin of 20 m.

    A morphological closing: footprints are widened by a reach, joined, and drawn back to the
    margin, so that gaps up to twice the reach (300 m first) are bridged; the reach doubles
    until everything hangs together. Buildings scattered wider than 2.4 km get their convex
    hull. Roads play no part: in extracts they run far beyond the place.

    Parameters
    ----------
    buildings
        Polygon, metric CRS, at least one row.

    Returns
    -------
    shapely.Polygon
        Without holes, containing every footprint.
    """
    grown, so_far = buildings.geometry.values, 0.0
    for reach_m in _REACHES_M:
        grown = shapely.get_parts(
            shapely.union_all(shapely.buffer(grown, reach_m - so_far, quad_segs=3))
        )
        so_far = reach_m
        drawn = shapely.buffer(shapely.union_all(grown), MARGIN_M - reach_m, quad_segs=3)
        if len(grown) == 1 and drawn.geom_type == "Polygon":
            return shapely.simplify(shapely.Polygon(drawn.exterior), _TOLERANCE_M)
    hull = shapely.convex_hull(shapely.union_all(buildings.geometry.values))
    return shapely.buffer(hull, MARGIN_M, quad_segs=3)

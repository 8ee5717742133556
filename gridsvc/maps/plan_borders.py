"""Land and borders that differ between two plans of the same place."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from gridsvc.maps.plan_drawing import TOLERANCE, Geometries, Sheet, outlines, paths

#: Borders of two plans within this distance are the same, m.
_SAME_M = 1.0


@dataclass(frozen=True)
class Changed:
    """What differs between two plans, as paths.

    Attributes
    ----------
    ground
        All land.
    gained, founded
        Land that joins a cell whose code existed, and land of cells with a new code.
    kept, opened, closed
        Borders of both plans, of the new one alone, of the old one alone.
    """

    ground: str
    gained: str
    founded: str
    kept: str
    opened: str
    closed: str


def changed(
    new: gpd.GeoDataFrame,
    old: gpd.GeoDataFrame,
    sheet: Sheet,
    codes: tuple[list[str], list[str]],
) -> Changed:
    """Land and borders that differ between two plans.

    Parameters
    ----------
    new, old
        Polygon, any CRS.
    sheet
        Where they are drawn.
    codes
        Code of each row of `new` and of `old`; the same code is the same cell.
    """
    ours, theirs = (
        frame.to_crs(sheet.crs).geometry.make_valid().to_numpy() for frame in (new, old)
    )
    before = dict(zip(codes[1], theirs, strict=True))
    known = np.array([code in before for code in codes[0]], dtype=bool)
    earlier = np.array([before.get(code, shapely.Polygon()) for code in codes[0]], dtype=object)
    gains = shapely.difference(ours, earlier)
    now, then = _borders(ours), _borders(theirs)
    opened = _apart(now, then)
    return Changed(
        ground="".join(paths([shapely.union_all(outlines(new, sheet))])),
        gained=_on_sheet(_areas(gains[known]), sheet),
        founded=_on_sheet(_areas(gains[~known]), sheet),
        kept=_on_sheet(_but(now, opened), sheet),
        opened=_on_sheet(opened, sheet),
        closed=_on_sheet(_apart(then, now), sheet),
    )


def _borders(shapes: Geometries) -> Geometries:
    """Every border of a plan once, from one junction to the next."""
    return np.asarray(
        shapely.get_parts(shapely.line_merge(shapely.union_all(shapely.boundary(shapes)))),
        dtype=object,
    )


def _apart(lines: Geometries, others: Geometries) -> Geometries:
    """The pieces of some lines that lie farther than `_SAME_M` from all others."""
    # Most borders of two plans are the same to the last bit; only the rest is worth a buffer.
    known = set(_prints(others))
    rest = lines[[print_ not in known for print_ in _prints(lines)]]
    line, other = shapely.STRtree(others).query(rest, "dwithin", _SAME_M)
    near = shapely.buffer(others, _SAME_M, quad_segs=2)
    pieces = [
        shapely.difference(shape, shapely.union_all(near[other[line == row]]))
        for row, shape in enumerate(rest)
    ]
    return _long(np.array(pieces, dtype=object))


def _but(lines: Geometries, taken: Geometries) -> Geometries:
    """Lines without the pieces taken from them."""
    line, piece = shapely.STRtree(taken).query(lines, "intersects")
    rest = lines.copy()
    for row in np.unique(line):
        cut = shapely.buffer(shapely.union_all(taken[piece[line == row]]), _SAME_M / 100)
        rest[row] = shapely.difference(lines[row], cut)
    return _long(rest)


def _prints(lines: Geometries) -> list[bytes]:
    """What tells equal lines, to the centimetre and whatever their direction."""
    coarse = shapely.transform(lines, lambda xy: np.round(xy, 2))
    return list(shapely.to_wkb(shapely.normalize(coarse)))


def _long(shapes: Geometries) -> Geometries:
    """Lines that are longer than a crossing of two borders."""
    parts = shapely.get_parts(shapes)
    return np.asarray(parts[shapely.length(parts) > 4 * _SAME_M], dtype=object)


def _areas(shapes: Geometries) -> Geometries:
    """Polygons of some geometries that are more than rounding along a border."""
    parts = shapely.get_parts(shapely.get_parts(shapes))
    parts = parts[shapely.get_dimensions(parts) == 2]
    wide = shapely.area(parts) > _SAME_M * shapely.length(parts) / 2
    return np.asarray(parts[wide], dtype=object)


def _on_sheet(shapes: Geometries, sheet: Sheet) -> str:
    return "".join(paths(shapely.simplify(sheet.units(shapes), TOLERANCE / 2)))

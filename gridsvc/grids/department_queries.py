"""SQL of the grids of departments, and of how they lie over ours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

#: Smaller shares of a grid are borders that two people drew.
_LEAST_SHARE = 0.001

_KINDS = text("""
SELECT kind, count(*) AS grids FROM department_grid
WHERE division_code >= :low AND division_code < :high
   OR division_code = ANY (CAST(:above AS text[]))
GROUP BY kind ORDER BY kind
""")
# Households count where a point of their building lies.
_PIECES = text("""
WITH cell AS (
    SELECT id, code, geom FROM grid
    WHERE valid @> now() AND division_code >= :low AND division_code < :high
), home AS (
    SELECT cell.id, b.households, ST_PointOnSurface(b.geom) AS geom
    FROM cell JOIN building b ON b.division_code >= :low AND b.division_code < :high
        AND b.households > 0 AND ST_Intersects(cell.geom, ST_PointOnSurface(b.geom))
), whole AS (
    SELECT cell.id, coalesce(sum(home.households), 0) AS households
    FROM cell LEFT JOIN home ON home.id = cell.id GROUP BY cell.id
), piece AS (
    SELECT cell.id, cell.code AS grid, d.kind, d.code AS department_grid, d.name,
           ST_Area(CAST(ST_Intersection(cell.geom, d.geom) AS geography))
               / ST_Area(CAST(cell.geom AS geography)) AS area_share,
           (SELECT coalesce(sum(h.households), 0) FROM home h
            WHERE h.id = cell.id AND ST_Intersects(d.geom, h.geom)) AS households
    FROM cell JOIN department_grid d ON ST_Intersects(cell.geom, d.geom)
    WHERE d.kind = ANY (CAST(:kinds AS text[]))
)
SELECT p.grid, p.kind, p.department_grid, p.name, p.area_share, p.households,
       w.households AS of_households
FROM piece p JOIN whole w ON w.id = p.id
WHERE p.area_share >= :least OR p.households > 0
ORDER BY p.kind, p.grid, p.area_share DESC, p.department_grid
""")
# Each household once, however many grids of a kind lie over it.
_COVERED = text("""
WITH home AS (
    SELECT b.households, ST_PointOnSurface(b.geom) AS geom FROM building b
    WHERE b.division_code >= :low AND b.division_code < :high AND b.households > 0
)
SELECT k.kind, coalesce(sum(h.households) FILTER (WHERE h.covered), 0) AS covered,
       coalesce(sum(h.households), 0) AS households
FROM unnest(CAST(:kinds AS text[])) AS k (kind)
LEFT JOIN LATERAL (
    SELECT households, EXISTS (SELECT FROM department_grid d
                               WHERE d.kind = k.kind AND ST_Intersects(d.geom, home.geom))
           AS covered
    FROM home
) h ON true
GROUP BY k.kind
""")


async def replace(session: AsyncSession, division: str, frame: gpd.GeoDataFrame) -> None:
    """Replace the grids of each kind that a frame has, within a division.

    Parameters
    ----------
    frame
        MultiPolygon in EPSG:4326; columns kind, code and name.
    """
    told = {
        "division": division,
        "kinds": list(frame["kind"]),
        "codes": list(frame["code"]),
        "names": list(frame["name"]),
        "wkbs": [geometry.wkb for geometry in frame.geometry],
    }
    await session.execute(
        text(
            "DELETE FROM department_grid WHERE division_code = :division"
            " AND kind = ANY (CAST(:kinds AS text[]))"
        ),
        {"division": division, "kinds": told["kinds"]},
    )
    await session.execute(
        text("""
        INSERT INTO department_grid (division_code, kind, code, name, geom)
        SELECT :division, kind, code, name, ST_Multi(ST_GeomFromWKB(wkb, 4326))
        FROM unnest(CAST(:kinds AS text[]), CAST(:codes AS text[]), CAST(:names AS text[]),
                    CAST(:wkbs AS bytea[])) AS row (kind, code, name, wkb)
        """),
        told,
    )


async def kinds(session: AsyncSession, low: str, high: str, above: Sequence[str]) -> dict[str, int]:
    """How many grids of each kind there are in a range of divisions or for one above it."""
    found = await session.execute(_KINDS, {"low": low, "high": high, "above": list(above)})
    return {row.kind: row.grids for row in found}


async def pieces(
    session: AsyncSession, low: str, high: str, chosen: Sequence[str]
) -> list[RowMapping]:
    """What of our grids in force lies in which grid of the chosen kinds: area and households."""
    asked: dict[str, Any] = {"low": low, "high": high, "kinds": list(chosen)}
    return list((await session.execute(_PIECES, asked | {"least": _LEAST_SHARE})).mappings())


async def covered(
    session: AsyncSession, low: str, high: str, chosen: Sequence[str]
) -> dict[str, tuple[int, int]]:
    """Households in any grid of each kind, and of how many in all."""
    found = await session.execute(_COVERED, {"low": low, "high": high, "kinds": list(chosen)})
    return {row.kind: (row.covered, row.households) for row in found}

"""SQL of divisions, cells and plans. Reading the input of planning is in `area_queries`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import RowMapping, TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.codes import code_range

Bbox = tuple[float, float, float, float]

#: Which micro-grid in force a place lies in: lon, lat, degrees WGS-84.
CELL_AT = text("""
SELECT m.id AS micro_grid_id, m.code AS micro_grid_code, m.kind, m.households,
       g.id AS grid_id, g.code AS grid_code, m.division_code, d.name AS division_name
FROM micro_grid m
JOIN grid g ON g.id = m.grid_id
JOIN division d ON d.code = m.division_code
WHERE m.valid @> now() AND m.geom && ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)
  AND ST_Covers(m.geom, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326))
ORDER BY m.code
LIMIT 1
""")

# One statement per layer: the collection is written in PostgreSQL and sent on as it is; turning a
# row with its geometry into JSON as a whole, or reading it in Python, takes many times as long.
_FEATURES = """
WITH hit AS MATERIALIZED (
    SELECT {columns}, t.geom FROM {table} t
    WHERE t.code >= :low AND t.code < :high AND t.geom IS NOT NULL AND {current}
      AND (CAST(:west AS float8) IS NULL
           OR t.geom && ST_MakeEnvelope(:west, :south, :east, :north, 4326))
), page AS (
    SELECT '{{"type":"Feature","id":' || to_json(hit.code)
           || ',"geometry":' || ST_AsGeoJSON(hit.geom, 7)
           || ',"properties":' || json_build_object({properties}) || '}}' AS feature
    FROM hit ORDER BY hit.code LIMIT :limit
)
SELECT '{{"type":"FeatureCollection","features":['
       || coalesce(string_agg(feature, ','), '')
       || '],"numberMatched":' || (SELECT count(*) FROM hit)
       || ',"numberReturned":' || count(*) || '}}'
FROM page
"""


def _layer(table: str, current: str, **columns: str) -> TextClause:
    """Statement of a layer from fixed parts only."""
    return text(
        _FEATURES.format(
            table=table,
            columns=", ".join(f"{of} AS {name}" for name, of in columns.items()),
            current=current,
            properties=", ".join(f"'{name}', hit.{name}" for name in columns),
        )
    )


_CELL = {name: f"t.{name}" for name in ("code", "kind", "households", "division_code")}
_SINCE = {"valid_from": "lower(t.valid)"}
#: Layers that can be read as GeoJSON.
_LAYERS = {
    "divisions": _layer(
        "division",
        "true",
        **{name: f"t.{name}" for name in ("code", "name", "level", "parent_code")},
    ),
    "grids": _layer("grid", "t.valid @> now()", **_CELL, **_SINCE),
    "micro_grids": _layer(
        "micro_grid", "t.valid @> now()", **_CELL, grid_code="left(t.code, 15)", **_SINCE
    ),
}


@dataclass(frozen=True)
class Located:
    """Where a point lies: ids for joining, codes for people."""

    micro_grid_id: int
    micro_grid_code: str
    kind: str
    households: int
    grid_id: int
    grid_code: str
    division_code: str
    division_name: str


async def cell_at(session: AsyncSession, *, lon: float, lat: float) -> Located | None:
    """Published micro-grid, grid and community at a WGS-84 point; none outside every cell.

    On a shared border the cell with the smaller code wins, always the same one.
    """
    row = (await session.execute(CELL_AT, {"lon": lon, "lat": lat})).mappings().first()
    return Located(**row) if row else None


async def features(
    session: AsyncSession, layer: str, *, within: str | None, bbox: Bbox | None, limit: int
) -> str:
    """GeoJSON feature collection of one layer as text: divisions, grids or micro_grids.

    Parameters
    ----------
    within
        12-digit code of the division the features must lie in; none = everywhere.
    bbox
        West, south, east, north in degrees, EPSG:4326; none = everywhere.
    """
    low, high = code_range(within) if within else ("", ":")
    west, south, east, north = bbox or (None, None, None, None)
    parameters = {"low": low, "high": high, "limit": limit}
    box = {"west": west, "south": south, "east": east, "north": north}
    return str(await session.scalar(_LAYERS[layer], parameters | box))


async def division_name(session: AsyncSession, code: str) -> str | None:
    """Name of a division; none when there is no such division."""
    name: str | None = await session.scalar(
        text("SELECT name FROM division WHERE code = :code"), {"code": code}
    )
    return name


# A division without a border of its own is drawn as the communities in it.
_CHILDREN = text("""
SELECT d.code, d.name, d.level, CAST(ST_AsGeoJSON(ST_SimplifyPreserveTopology(coalesce(
    d.geom, (SELECT ST_Union(c.geom) FROM division c WHERE c.level = 'community'
             AND c.code > d.code AND c.code < rpad(rtrim(d.code, '0'), 12, '9'))
), 0.00005), 5) AS json) AS outline
FROM division d WHERE d.parent_code = :code ORDER BY d.code
""")


async def children(session: AsyncSession, code: str) -> list[RowMapping]:
    """Divisions right below one: code, name, level, outline (GeoJSON, WGS-84) or none."""
    return list((await session.execute(_CHILDREN, {"code": code})).mappings())


async def division_ways(session: AsyncSession, codes: Sequence[str]) -> list[RowMapping]:
    """Code, name and level of those of the codes that are divisions, highest first."""
    found = await session.execute(
        text(
            "SELECT code, name, level FROM division"
            " WHERE code = ANY(CAST(:codes AS text[])) ORDER BY code"
        ),
        {"codes": list(codes)},
    )
    return list(found.mappings())


async def communities(session: AsyncSession, within: str | None = None) -> list[str]:
    """Codes of the communities that have a boundary, of one division or of all, in order."""
    low, high = code_range(within) if within else ("", ":")
    rows = await session.scalars(
        text(
            "SELECT code FROM division WHERE level = 'community' AND geom IS NOT NULL"
            " AND code >= :low AND code < :high ORDER BY code"
        ),
        {"low": low, "high": high},
    )
    return list(rows)


async def households_of_communities(session: AsyncSession, within: str) -> dict[str, int]:
    """Households in each community of a division that has a boundary, by code, in order."""
    low, high = code_range(within)
    rows = await session.execute(
        text("""
        SELECT d.code, coalesce(sum(b.households), 0) AS households
        FROM division d LEFT JOIN building b ON b.division_code = d.code
        WHERE d.level = 'community' AND d.geom IS NOT NULL AND d.code >= :low AND d.code < :high
        GROUP BY d.code ORDER BY d.code
        """),
        {"low": low, "high": high},
    )
    return {row.code: int(row.households) for row in rows}


async def existing_divisions(session: AsyncSession, codes: Sequence[str]) -> set[str]:
    """Those of the codes that are divisions."""
    rows = await session.scalars(
        text("SELECT code FROM division WHERE code = ANY(CAST(:codes AS text[]))"),
        {"codes": list(codes)},
    )
    return set(rows)


async def upsert_divisions(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Add divisions or rename them; a geometry replaces the old one, none keeps it.

    Each row has code, name (or none) and wkb (bytes of a MultiPolygon in EPSG:4326, or none).
    """
    await session.execute(
        text("""
        INSERT INTO division (code, name, geom)
        SELECT row.code, coalesce(row.name, known.name, row.code), ST_GeomFromWKB(row.wkb, 4326)
        FROM unnest(CAST(:codes AS text[]), CAST(:names AS text[]), CAST(:wkbs AS bytea[]))
            AS row (code, name, wkb)
        LEFT JOIN division known ON known.code = row.code
        ORDER BY row.code
        ON CONFLICT (code) DO UPDATE SET name = excluded.name,
            geom = coalesce(excluded.geom, division.geom)
        """),
        {
            "codes": [row["code"] for row in rows],
            "names": [row["name"] for row in rows],
            "wkbs": [row["wkb"] for row in rows],
        },
    )


async def set_parents(session: AsyncSession) -> None:
    """Let every division belong to the nearest higher one there is.

    Of the codes that stand for what a division lies in, the nearest is the greatest.
    """
    await session.execute(
        text("""
        UPDATE division child SET parent_code = nearest.code
        FROM (
            SELECT c.code AS child_code, max(p.code) AS code
            FROM division c
            JOIN division p ON p.code < c.code AND p.code IN (
                left(c.code, 9) || '000', left(c.code, 6) || '000000',
                left(c.code, 4) || '00000000', left(c.code, 2) || '0000000000')
            GROUP BY c.code
        ) nearest
        WHERE child.code = nearest.child_code
          AND child.parent_code IS DISTINCT FROM nearest.code
        """)
    )


async def communities_named(session: AsyncSession) -> list[tuple[str, str]]:
    """Codes and names of the communities that have a boundary, in order."""
    rows = await session.execute(
        text(
            "SELECT code, name FROM division WHERE level = 'community' AND geom IS NOT NULL"
            " ORDER BY code"
        )
    )
    return [(row.code, row.name) for row in rows]

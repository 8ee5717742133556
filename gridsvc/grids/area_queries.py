"""SQL of what stands in a community: the input of planning, in and out of PostGIS."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.codes import code_range
from gridsvc.geo import WGS84


def no_givens() -> gpd.GeoDataFrame:
    """Zones or seeds of a community that has none."""
    return gpd.GeoDataFrame({"name": pd.Series([], dtype=object)}, geometry=[], crs=WGS84)


@dataclass(frozen=True)
class AreaFrames:
    """One community as planning wants it; every frame in EPSG:4326.

    Attributes
    ----------
    boundary
        One row, MultiPolygon; code, name.
    buildings
        Polygon; source_id, households, residents (of registered households), levels, kind,
        estimated.
    barriers
        LineString; class, w, never (true where no cell may cross).
    special
        Polygon; kind, name.
    zones
        MultiPolygon whose borders no cell crosses; name.
    seeds
        Point that a cell of its own is drawn round; name.
    """

    boundary: gpd.GeoDataFrame
    buildings: gpd.GeoDataFrame
    barriers: gpd.GeoDataFrame
    special: gpd.GeoDataFrame
    zones: gpd.GeoDataFrame = field(default_factory=no_givens)
    seeds: gpd.GeoDataFrame = field(default_factory=no_givens)


_READ = {
    "boundary": "SELECT code, name, ST_AsBinary(geom) AS wkb FROM division WHERE code = :code",
    "buildings": """
        SELECT b.source_id, b.households, coalesce(h.residents, 0) AS residents, b.levels, b.kind,
               b.estimated, ST_AsBinary(b.geom) AS wkb
        FROM building b LEFT JOIN (
            SELECT building_id, sum(residents) AS residents FROM household
            WHERE division_code = :code GROUP BY building_id) h ON h.building_id = b.id
        WHERE b.division_code = :code ORDER BY b.source_id
    """,
    "barriers": 'SELECT "class", weight AS w, never, ST_AsBinary(geom) AS wkb FROM barrier'
    " WHERE division_code = :code ORDER BY id",
    "special": "SELECT kind, name, ST_AsBinary(geom) AS wkb FROM site"
    " WHERE division_code = :code ORDER BY id",
    "zones": "SELECT name, ST_AsBinary(geom) AS wkb FROM zone"
    " WHERE division_code = :code ORDER BY id",
    "seeds": "SELECT name, ST_AsBinary(geom) AS wkb FROM seed_point"
    " WHERE division_code = :code ORDER BY id",
}


async def frames(session: AsyncSession, code: str) -> AreaFrames:
    """Everything planning needs of one community."""
    return AreaFrames(**{name: await _frame(session, sql, code) for name, sql in _READ.items()})


async def _frame(session: AsyncSession, sql: str, code: str) -> gpd.GeoDataFrame:
    result = await session.execute(text(sql), {"code": code})
    rows = pd.DataFrame(result.mappings().all(), columns=list(result.keys()))
    geometry = shapely.from_wkb(rows.pop("wkb").to_numpy())
    return gpd.GeoDataFrame(rows, geometry=geometry, crs=WGS84)


async def clear(session: AsyncSession, code: str) -> None:
    """Take away what stands in a community, households with their buildings."""
    for table in ("building", "barrier", "site"):
        await session.execute(
            text(f"DELETE FROM {table} WHERE division_code = :code"),  # noqa: S608 - fixed names
            {"code": code},
        )


async def add_buildings(session: AsyncSession, code: str, frame: gpd.GeoDataFrame) -> None:
    """Add buildings (Polygon, EPSG:4326; building_id, households, levels, kind, estimated)."""
    await session.execute(
        text("""
        INSERT INTO building
            (division_code, source_id, households, levels, kind, estimated, geom)
        SELECT :code, source_id, households, levels, kind, estimated, ST_GeomFromWKB(wkb, 4326)
        FROM unnest(CAST(:ids AS text[]), CAST(:households AS int[]), CAST(:levels AS int[]),
                    CAST(:kinds AS text[]), CAST(:estimated AS bool[]), CAST(:wkbs AS bytea[]))
            AS row (source_id, households, levels, kind, estimated, wkb)
        """),
        {
            "code": code,
            "ids": _column(frame["building_id"]),
            "households": _column(frame["households"]),
            "levels": _column(frame["levels"]),
            "kinds": _column(frame["kind"]),
            "estimated": _column(frame["estimated"]),
            "wkbs": _wkbs(frame),
        },
    )


async def add_barriers(session: AsyncSession, code: str, frame: gpd.GeoDataFrame) -> None:
    """Add barriers (LineString, EPSG:4326; class, w, optionally never)."""
    never = frame["never"] if "never" in frame else pd.Series(False, index=frame.index)
    await session.execute(
        text("""
        INSERT INTO barrier (division_code, "class", weight, never, geom)
        SELECT :code, class, weight, never, ST_GeomFromWKB(wkb, 4326)
        FROM unnest(CAST(:classes AS text[]), CAST(:weights AS float8[]), CAST(:never AS bool[]),
                    CAST(:wkbs AS bytea[]))
            AS row (class, weight, never, wkb)
        """),
        {
            "code": code,
            "classes": _column(frame["class"]),
            "weights": _column(frame["w"]),
            "never": [bool(value) for value in never],
            "wkbs": _wkbs(frame),
        },
    )


async def add_sites(session: AsyncSession, code: str, frame: gpd.GeoDataFrame) -> None:
    """Add sites that must be cells of their own (Polygon, EPSG:4326; kind, name)."""
    await session.execute(
        text("""
        INSERT INTO site (division_code, kind, name, geom)
        SELECT :code, kind, name, ST_GeomFromWKB(wkb, 4326)
        FROM unnest(CAST(:kinds AS text[]), CAST(:names AS text[]), CAST(:wkbs AS bytea[]))
            AS row (kind, name, wkb)
        """),
        {
            "code": code,
            "kinds": _column(frame["kind"]),
            "names": _column(frame["name"]),
            "wkbs": _wkbs(frame),
        },
    )


async def communities_near(
    session: AsyncSession, bounds: Sequence[float], within: str
) -> gpd.GeoDataFrame:
    """Communities with a boundary near a box (west, south, east, north in degrees, EPSG:4326).

    Columns code, geometry (MultiPolygon, EPSG:4326), by code; only those within a division.
    """
    low, high = code_range(within)
    west, south, east, north = bounds
    box = {"west": west, "south": south, "east": east, "north": north}
    result = await session.execute(
        text("""
        SELECT code, ST_AsBinary(geom) AS wkb FROM division
        WHERE level = 'community' AND code >= :low AND code < :high
          AND geom && ST_MakeEnvelope(:west, :south, :east, :north, 4326) ORDER BY code
        """),
        {"low": low, "high": high} | box,
    )
    rows = pd.DataFrame(result.mappings().all(), columns=list(result.keys()))
    geometry = shapely.from_wkb(rows.pop("wkb").to_numpy())
    return gpd.GeoDataFrame(rows, geometry=geometry, crs=WGS84)


async def clear_givens(session: AsyncSession, table: str, within: str) -> None:
    """Take away the zones (table zone) or seeds (seed_point) of all communities in a division."""
    low, high = code_range(within)
    await session.execute(
        text(f"DELETE FROM {table} WHERE division_code >= :low AND division_code < :high"),  # noqa: S608 - fixed names
        {"low": low, "high": high},
    )


async def add_givens(session: AsyncSession, table: str, code: str, frame: gpd.GeoDataFrame) -> None:
    """Add zones (zone, MultiPolygon) or seeds (seed_point, Point); EPSG:4326, column name."""
    await session.execute(
        text(f"""
        INSERT INTO {table} (division_code, name, geom)
        SELECT :code, name, ST_GeomFromWKB(wkb, 4326)
        FROM unnest(CAST(:names AS text[]), CAST(:wkbs AS bytea[])) AS row (name, wkb)
        """),  # noqa: S608 - fixed names
        {"code": code, "names": _column(frame["name"]), "wkbs": _wkbs(frame)},
    )


async def building_ids(
    session: AsyncSession, source_ids: Iterable[str]
) -> dict[str, list[tuple[int, str]]]:
    """Database id and community of the buildings with each source id; unknown ones left out.

    A source id is its file's own: two communities may each have a building of the same.
    """
    result = await session.execute(
        text(
            "SELECT source_id, id, division_code FROM building"
            " WHERE source_id = ANY(CAST(:ids AS text[])) ORDER BY division_code"
        ),
        {"ids": sorted(source_ids)},
    )
    found: dict[str, list[tuple[int, str]]] = {}
    for row in result:
        found.setdefault(row.source_id, []).append((row.id, row.division_code))
    return found


async def addresses_elsewhere(
    session: AsyncSession, rows: Sequence[dict[str, Any]]
) -> set[tuple[str, str]]:
    """Community and address code of households registered in none of the rows' buildings."""
    result = await session.execute(
        text("""
        SELECT h.division_code, h.address_code FROM household h
        JOIN unnest(CAST(:divisions AS text[]), CAST(:addresses AS text[]))
            AS row (division_code, address_code)
          ON row.division_code = h.division_code AND row.address_code = h.address_code
        WHERE h.building_id <> ALL(CAST(:buildings AS bigint[]))
        """),
        {
            "divisions": [row["division_code"] for row in rows],
            "addresses": [row["address_code"] for row in rows],
            "buildings": sorted({row["building_id"] for row in rows}),
        },
    )
    return {(row.division_code, row.address_code) for row in result}


async def count_registered(session: AsyncSession, within: str, source_ids: Sequence[str]) -> int:
    """Households registered in buildings of a division, told by the buildings' source ids."""
    low, high = code_range(within)
    return int(
        await session.scalar(
            text("""
            SELECT count(*) FROM household h JOIN building b ON b.id = h.building_id
            WHERE b.division_code >= :low AND b.division_code < :high
              AND b.source_id = ANY(CAST(:ids AS text[]))
            """),
            {"low": low, "high": high, "ids": list(source_ids)},
        )
    )


async def replace_households(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Register households and let their buildings count them instead of an estimate.

    Each row has division_code, building_id (database id), address_code, unit, floor, room,
    residents. Households registered before in the same buildings are replaced.
    """
    buildings = sorted({row["building_id"] for row in rows})
    await session.execute(
        text("DELETE FROM household WHERE building_id = ANY(CAST(:ids AS bigint[]))"),
        {"ids": buildings},
    )
    names = ("division_code", "building_id", "address_code", "unit", "floor", "room", "residents")
    await session.execute(
        text("""
        INSERT INTO household
            (division_code, building_id, address_code, unit, floor, room, residents)
        SELECT * FROM unnest(CAST(:division_code AS text[]), CAST(:building_id AS bigint[]),
            CAST(:address_code AS text[]), CAST(:unit AS text[]), CAST(:floor AS int[]),
            CAST(:room AS text[]), CAST(:residents AS int[]))
        """),
        {name: [row[name] for row in rows] for name in names},
    )
    await session.execute(
        text("""
        UPDATE building b SET households = h.count, estimated = false
        FROM (SELECT building_id, count(*) FROM household
              WHERE building_id = ANY(CAST(:ids AS bigint[])) GROUP BY building_id) h
        WHERE b.id = h.building_id
        """),
        {"ids": buildings},
    )


def _wkbs(frame: gpd.GeoDataFrame) -> list[bytes]:
    return list(shapely.to_wkb(shapely.force_2d(np.asarray(frame.geometry)), include_srid=False))


def _column(series: pd.Series) -> list[Any]:
    """Plain Python values with None for missing, as asyncpg wants them."""
    return [None if pd.isna(value) else value for value in series.astype(object)]

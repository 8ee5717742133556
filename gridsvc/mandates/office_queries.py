"""SQL of proofs, service items, windows and forms, as lists in force have them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.mandates.queries import areas_of, held

_PROOFS = text(f"""
SELECT code, name, allowed, basis, instead FROM proof
WHERE version_id = {held("proofs")} ORDER BY code
""")  # noqa: S608 - fixed names

_ITEM = text(
    f"SELECT name FROM service_item WHERE version_id = {held('items')} AND code = :code"  # noqa: S608
)
# Windows with what is done there; one item may be asked for.
_WINDOWS = f"""
SELECT w.code, w.name, w.kind, w.opens, w.hours, s.code AS point_code, s.name AS point_name,
       s.division_code, s.geom, count(i.code) AS items
FROM service_window w
JOIN service_point s ON s.code = w.point_code
LEFT JOIN service_offer o ON o.version_id = {held("offers")} AND o.window_code = w.code
LEFT JOIN service_item i ON i.version_id = {held("items")} AND i.code = o.item_code
WHERE w.version_id = {held("windows")}
GROUP BY w.code, w.name, w.kind, w.opens, w.hours, s.code
HAVING CAST(:item AS text) IS NULL OR bool_or(i.code = :item)
"""  # noqa: S608 - fixed names
_NEAREST = text(f"""
SELECT code, name, kind, opens, hours, point_code, point_name, division_code, items,
       ST_X(geom) AS lon, ST_Y(geom) AS lat,
       ST_Distance(CAST(geom AS geography), CAST(here AS geography)) AS distance_m
FROM ({_WINDOWS}) served, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326) here
ORDER BY distance_m, code LIMIT :limit
""")  # noqa: S608 - fixed names
_ALL_WINDOWS = text(f"""
SELECT code, name, kind, opens, hours, point_code, point_name, division_code, items
FROM ({_WINDOWS}) served ORDER BY division_code, point_name, code
""")  # noqa: S608 - fixed names
_ITEMS = text(f"""
SELECT code, name FROM service_item WHERE version_id = {held("items")} ORDER BY code
""")  # noqa: S608 - fixed names
_POINTS = text(f"SELECT DISTINCT point_code FROM ({_WINDOWS}) served ORDER BY 1")  # noqa: S608

_FORMS = text(f"""
SELECT f.form_code, f.form_name, f.unit_code, u.name AS unit_name, f.role, f.every, f.field
FROM form_field f JOIN unit u ON u.code = f.unit_code
WHERE f.version_id = {held("forms")} AND (CAST(:role AS text) IS NULL OR f.role = :role)
ORDER BY f.form_code, f.field
""")  # noqa: S608 - fixed names

_ADMISSIONS = text(f"""
SELECT a.code, a.name, a.unit_code, u.name AS unit_name, a.admitted_for
FROM admission a JOIN unit u ON u.code = a.unit_code
WHERE a.version_id = {held("admissions")} ORDER BY a.code
""")  # noqa: S608 - fixed names


async def proofs(session: AsyncSession, division_code: str, at: datetime) -> list[RowMapping]:
    """Proofs on the list of a division, by code."""
    rows = await session.execute(_PROOFS, {"areas": areas_of(division_code), "at": at})
    return list(rows.mappings())


async def item_name(
    session: AsyncSession, division_code: str, at: datetime, *, code: str
) -> str | None:
    """Name of a service item on the list of a division, or none."""
    asked = {"areas": areas_of(division_code), "at": at, "code": code}
    name: str | None = await session.scalar(_ITEM, asked)
    return name


async def windows_near(
    session: AsyncSession,
    division_code: str,
    at: datetime,
    *,
    lon: float,
    lat: float,
    item: str | None,
    limit: int,
) -> list[RowMapping]:
    """Windows on the list of a division, the nearest to a place (degrees, WGS-84) first.

    Parameters
    ----------
    item
        Only windows at which this is done; none = all.
    """
    asked = {"areas": areas_of(division_code), "at": at, "item": item}
    place = {"lon": lon, "lat": lat, "limit": limit}
    rows = await session.execute(_NEAREST, asked | place)
    return list(rows.mappings())


async def windows(
    session: AsyncSession, division_code: str, at: datetime, *, item: str | None
) -> list[RowMapping]:
    """Windows on the list of a division, by where they are; those for one item if asked."""
    asked = {"areas": areas_of(division_code), "at": at, "item": item}
    return list((await session.execute(_ALL_WINDOWS, asked)).mappings())


async def items(session: AsyncSession, division_code: str, at: datetime) -> list[RowMapping]:
    """Code and name of the service items on the list of a division, by code."""
    rows = await session.execute(_ITEMS, {"areas": areas_of(division_code), "at": at})
    return list(rows.mappings())


async def points_with(
    session: AsyncSession, division_code: str, at: datetime, *, item: str | None
) -> list[str]:
    """Codes of the service points that have a window, or one for this item."""
    asked = {"areas": areas_of(division_code), "at": at, "item": item}
    return list(await session.scalars(_POINTS, asked))


async def form_fields(
    session: AsyncSession, division_code: str, at: datetime, *, role: str | None
) -> list[RowMapping]:
    """What forms ask of workers, by form and field."""
    asked = {"areas": areas_of(division_code), "at": at, "role": role}
    rows = await session.execute(_FORMS, asked)
    return list(rows.mappings())


async def admissions(session: AsyncSession, division_code: str, at: datetime) -> list[RowMapping]:
    """What departments may bring into the grids of a division, by code."""
    rows = await session.execute(_ADMISSIONS, {"areas": areas_of(division_code), "at": at})
    return list(rows.mappings())


async def listed_codes(session: AsyncSession, kind: str) -> set[str]:
    """Codes of windows or items that any version of their list has."""
    table = {"windows": "service_window", "items": "service_item"}[kind]
    return set(await session.scalars(text(f"SELECT DISTINCT code FROM {table}")))  # noqa: S608

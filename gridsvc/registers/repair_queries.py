"""SQL of small repairs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

_PACK = """
SELECT id, division_code AS division, code, name, items, questions, covers, fund, expense
FROM repair_pack
"""
_SET_PACK = text("""
INSERT INTO repair_pack (division_code, code, name, items, questions, covers, fund, expense)
VALUES (:division, :code, :name, CAST(:items AS jsonb), CAST(:questions AS jsonb), :covers, :fund,
        :expense)
ON CONFLICT (division_code, code) DO UPDATE SET name = excluded.name, items = excluded.items,
    questions = excluded.questions, covers = excluded.covers, fund = excluded.fund,
    expense = excluded.expense
RETURNING id
""")
_SET_CARE = text("""
INSERT INTO building_care (division_code, building_code, care, keeper, since)
SELECT b.division_code, b.source_id, told.care, told.keeper, told.since
FROM jsonb_to_recordset(CAST(:rows AS jsonb))
    AS told (building text, care text, keeper text, since date)
JOIN building b ON b.source_id = told.building AND b.division_code = :division
ON CONFLICT (division_code, building_code) DO UPDATE SET care = excluded.care,
    keeper = excluded.keeper, since = excluded.since
RETURNING building_code
""")
_CARES = text("""
SELECT c.division_code AS division, c.building_code AS building, c.care, c.keeper, c.since,
       ST_X(b.inside) AS lon, ST_Y(b.inside) AS lat
FROM building_care c
JOIN (SELECT division_code, source_id, ST_PointOnSurface(geom) AS inside FROM building) b
  ON b.division_code = c.division_code AND b.source_id = c.building_code
WHERE c.division_code >= :low AND c.division_code < :high
  AND (CAST(:care AS text) IS NULL OR c.care = :care)
ORDER BY c.division_code, c.building_code LIMIT :limit OFFSET :offset
""")
# Whoever calls stands before the building.
_AT = text("""
SELECT b.source_id AS building, c.care, c.keeper
FROM building b
LEFT JOIN building_care c ON c.division_code = b.division_code AND c.building_code = b.source_id
CROSS JOIN (SELECT ST_SetSRID(ST_MakePoint(:lon, :lat), 4326) AS geom) p
WHERE b.division_code = :division AND b.geom && ST_Expand(p.geom, 0.001)
  AND ST_DWithin(CAST(b.geom AS geography), CAST(p.geom AS geography), 30)
ORDER BY b.geom <-> p.geom, b.source_id LIMIT 1
""")
_CALL = text("""
INSERT INTO repair (pack_id, division_code, building_code, geom, datum, item, description, state,
                    called_at, client_key, body_sha256)
VALUES (:pack, :division, :building, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326), :datum, :item,
        :description, 'CALLED', :called_at, :client_key, :body_sha256)
ON CONFLICT (pack_id, client_key) DO NOTHING RETURNING id
""")
_REPAIR = """
SELECT r.id, r.pack_id AS pack, r.division_code AS division, r.building_code AS building, c.care,
       r.item, r.description, r.state, r.called_at, r.visited_at, r.answers, r.crew_id AS crew,
       lower(k.during) AS begins, upper(k.during) AS ends, r.done_at, r.cost_fen,
       r.transaction_id AS transaction
FROM repair r
LEFT JOIN building_care c ON c.division_code = r.division_code
    AND c.building_code = r.building_code
LEFT JOIN LATERAL (SELECT during FROM repair_booking k WHERE k.repair_id = r.id LIMIT 1) k ON true
"""
_ASKED = """
WHERE r.division_code >= :low AND r.division_code < :high
  AND (CAST(:pack AS bigint) IS NULL OR r.pack_id = :pack)
  AND (CAST(:state AS text) IS NULL OR r.state = :state)
"""
_PAGE = text(f"{_REPAIR}{_ASKED} ORDER BY r.called_at DESC, r.id DESC LIMIT :limit")
_COUNT = text(f"SELECT count(*) FROM repair r {_ASKED}")  # noqa: S608 - fixed parts
_BOOK = text("""
INSERT INTO repair_booking (repair_id, resource, division_code, during)
SELECT r.id, one.resource, r.division_code, tstzrange(:begins, :ends)
FROM repair r
CROSS JOIN (
    SELECT 'group:' || g.division_code || '/' || g.code AS resource FROM community_group g
    WHERE g.id = :crew
    UNION
    SELECT 'person:' || m.person_id FROM group_member m
    WHERE m.group_id = :crew AND m.begins <= :day AND (m.ends IS NULL OR m.ends > :day)
) one
WHERE r.id = :id ORDER BY one.resource
""")
_FIGURES = text("""
SELECT r.item, count(*) AS called, count(r.done_at) AS done,
       coalesce(sum(r.cost_fen), 0) AS spent
FROM repair r
WHERE r.pack_id = :pack AND r.called_at >= :since AND r.called_at < :until
GROUP BY 1 ORDER BY 1
""")
_MEDIAN = text("""
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM done_at - called_at) / 3600)
FROM repair
WHERE pack_id = :pack AND called_at >= :since AND called_at < :until AND done_at IS NOT NULL
""")


async def put_pack(session: AsyncSession, told: dict[str, Any]) -> int:
    """Add a pack or change it; told as `repair_schemas.RepairPackIn`."""
    lists = {name: json.dumps(told[name], ensure_ascii=False) for name in ("items", "questions")}
    return int((await session.execute(_SET_PACK, told | lists)).scalar_one())


async def pack(session: AsyncSession, pack_id: int) -> RowMapping | None:
    """A pack, or none."""
    found = await session.execute(text(f"{_PACK} WHERE id = :id"), {"id": pack_id})
    return found.mappings().first()


async def packs(session: AsyncSession, low: str, high: str) -> list[RowMapping]:
    """Packs of a range of divisions."""
    found = await session.execute(
        text(
            f"{_PACK} WHERE division_code >= :low AND division_code < :high"
            " ORDER BY division_code, code"
        ),
        {"low": low, "high": high},
    )
    return list(found.mappings())


async def put_care(
    session: AsyncSession, division: str, rows: Sequence[dict[str, Any]]
) -> set[str]:
    """Write who looks after buildings of a community; those there are."""
    told = {"division": division, "rows": json.dumps(rows, ensure_ascii=False)}
    return set(await session.scalars(_SET_CARE, told))


async def cares(
    session: AsyncSession,
    *,
    low: str,
    high: str,
    care: str | None = None,
    limit: int,
    offset: int = 0,
) -> list[RowMapping]:
    """Who looks after buildings of a range of division codes; none = however."""
    asked = {"low": low, "high": high, "care": care, "limit": limit, "offset": offset}
    return list((await session.execute(_CARES, asked)).mappings())


async def building_at(
    session: AsyncSession, division: str, lon: float, lat: float
) -> RowMapping | None:
    """The building within 30 m of a WGS-84 place, and who looks after it; or none."""
    told = {"division": division, "lon": lon, "lat": lat}
    return (await session.execute(_AT, told)).mappings().first()


async def call(session: AsyncSession, columns: dict[str, Any]) -> int | None:
    """Write a repair that is called for; its id, or none when its key was used before."""
    added: int | None = await session.scalar(_CALL, columns)
    return added


async def repair_of_key(session: AsyncSession, pack_id: int, client_key: str) -> RowMapping:
    """Id and digest of the repair of a key."""
    found = await session.execute(
        text(
            "SELECT id, body_sha256 FROM repair WHERE pack_id = :pack AND client_key = :client_key"
        ),
        {"pack": pack_id, "client_key": client_key},
    )
    return found.mappings().one()


async def repair(session: AsyncSession, repair_id: int, *, lock: bool = False) -> RowMapping | None:
    """A repair, or none."""
    ending = " FOR UPDATE OF r" if lock else ""
    found = await session.execute(text(f"{_REPAIR} WHERE r.id = :id{ending}"), {"id": repair_id})
    return found.mappings().first()


async def repairs(
    session: AsyncSession,
    *,
    low: str,
    high: str,
    pack: int | None = None,
    state: str | None = None,
    limit: int,
) -> tuple[list[RowMapping], int]:
    """Repairs of a range of division codes, newest first, and how many; none = whatever."""
    counted = {"low": low, "high": high, "pack": pack, "state": state}
    rows = list((await session.execute(_PAGE, counted | {"limit": limit})).mappings())
    return rows, int(await session.scalar(_COUNT, counted) or 0)


async def survey(
    session: AsyncSession, repair_id: int, visited_at: datetime, answers: dict[str, str]
) -> None:
    """Write what was found on the spot."""
    await session.execute(
        text(
            "UPDATE repair SET state = 'SURVEYED', visited_at = :at,"
            " answers = CAST(:answers AS jsonb) WHERE id = :id"
        ),
        {
            "id": repair_id,
            "at": visited_at,
            "answers": json.dumps(answers, ensure_ascii=False),
        },
    )


async def book(session: AsyncSession, repair_id: int, columns: dict[str, Any]) -> None:
    """Book a crew, and who is in it that day, in place of the one before.

    Columns are crew, begins, ends and day. The database refuses what is booked at that time.
    """
    await release(session, repair_id)
    await session.execute(_BOOK, columns | {"id": repair_id})
    await session.execute(
        text("UPDATE repair SET state = 'BOOKED', crew_id = :crew WHERE id = :id"),
        {"id": repair_id, "crew": columns["crew"]},
    )


async def release(session: AsyncSession, repair_id: int) -> None:
    """Take a crew's booking back."""
    await session.execute(
        text("DELETE FROM repair_booking WHERE repair_id = :id"), {"id": repair_id}
    )


async def finish(session: AsyncSession, repair_id: int, done_at: datetime) -> None:
    """Write that a repair is done."""
    await session.execute(
        text("UPDATE repair SET state = 'DONE', done_at = :at WHERE id = :id"),
        {"id": repair_id, "at": done_at},
    )


async def settle(session: AsyncSession, repair_id: int, *, cost_fen: int, transaction: int) -> None:
    """Write what a repair cost, and the transaction that paid it."""
    await session.execute(
        text(
            "UPDATE repair SET state = 'SETTLED', cost_fen = :cost_fen,"
            " transaction_id = :transaction WHERE id = :id"
        ),
        {"id": repair_id, "cost_fen": cost_fen, "transaction": transaction},
    )


async def cancel(session: AsyncSession, repair_id: int) -> None:
    """Write that nothing is mended, and take the crew's booking back."""
    await release(session, repair_id)
    await session.execute(
        text("UPDATE repair SET state = 'CANCELLED' WHERE id = :id"), {"id": repair_id}
    )


async def figures(
    session: AsyncSession, pack_id: int, since: datetime, until: datetime
) -> tuple[list[RowMapping], float | None]:
    """Called, done and spent by item within a span, and the median of hours until done."""
    told = {"pack": pack_id, "since": since, "until": until}
    rows = list((await session.execute(_FIGURES, told)).mappings())
    median: float | None = await session.scalar(_MEDIAN, told)
    return rows, median

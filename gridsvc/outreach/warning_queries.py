"""SQL of warnings from outside models: taking in, routing, checking, being late."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

_SCENE = "SELECT id, division_code, code, name, limit_h, outcomes FROM warning_scene"
_SET_SCENE = text("""
INSERT INTO warning_scene (division_code, code, name, limit_h, outcomes)
VALUES (:division, :code, :name, :limit_h, CAST(:outcomes AS jsonb))
ON CONFLICT (division_code, code) DO UPDATE SET name = excluded.name,
    limit_h = excluded.limit_h, outcomes = excluded.outcomes
RETURNING id
""")
# The scene of the nearest area counts: a street may have other limits than its county.
_SCENES_FOR = text(f"""{_SCENE}
WHERE division_code = ANY(CAST(:divisions AS text[])) ORDER BY division_code, code
""")
_HOMES = text("""
SELECT h.id, h.address_code, h.division_code, m.code AS micro_grid_code
FROM household h JOIN building b ON b.id = h.building_id
LEFT JOIN LATERAL (
    SELECT m.code FROM micro_grid m
    WHERE m.valid @> now() AND m.geom && ST_PointOnSurface(b.geom)
      AND ST_Covers(m.geom, ST_PointOnSurface(b.geom))
    ORDER BY m.code LIMIT 1
) m ON true
WHERE h.division_code >= :low AND h.division_code < :high
  AND h.address_code = ANY(CAST(:addresses AS text[]))
""")
_ADD = text("""
INSERT INTO risk_warning (division_code, scene_id, household_id, micro_grid_code, address_sealed,
                          subject_sealed, detail_sealed, state, due_at, account_id, source_ref,
                          body_sha256)
VALUES (:division_code, :scene_id, :household_id, :micro_grid_code, :address_sealed,
        :subject_sealed, :detail_sealed, :state,
        CASE WHEN :state = 'OPEN' THEN now() + make_interval(hours => :limit_h) END,
        :account_id, :source_ref, :body_sha256)
ON CONFLICT (account_id, source_ref) DO NOTHING
RETURNING id, due_at
""")
_NOTE = text("""
INSERT INTO warning_history (warning_id, division_code, deed, from_state, to_state, actor,
                             account_id, note_sealed, captured_at, client_key, body_sha256)
SELECT id, division_code, :deed, :from_state, state, :actor, :account_id, :note_sealed,
       :captured_at, :client_key, :body_sha256
FROM risk_warning WHERE id = :id
""")
_SHOWN = """
SELECT w.id, s.code AS scene, s.name AS scene_name, s.outcomes, s.limit_h, w.micro_grid_code,
       w.division_code, w.state, w.outcome, w.received_at, w.due_at, w.checked_at, w.closed_at,
       coalesce(coalesce(w.checked_at, now()) > w.due_at, false) AS late
"""
_OF = " FROM risk_warning w JOIN warning_scene s ON s.id = w.scene_id "
# Whoever answers for the cell, or for the grid it lies in; who supervises sees the whole area.
_FOR_ME = """
(CAST(:person_id AS bigint) IS NULL OR w.micro_grid_code IN (
    SELECT m.code FROM micro_grid_post p JOIN micro_grid m ON m.id = p.micro_grid_id
    WHERE p.person_id = :person_id AND m.valid @> now()
    UNION ALL
    SELECT m.code FROM grid_post p JOIN micro_grid m ON m.grid_id = p.grid_id
    WHERE p.person_id = :person_id AND m.valid @> now()))
"""
_WANTED = f"""
WHERE w.division_code >= :low AND w.division_code < :high
  AND (CAST(:state AS text) IS NULL OR w.state = :state) AND {_FOR_ME}
"""
_PAGE = text(f"{_SHOWN}{_OF}{_WANTED} ORDER BY w.due_at NULLS FIRST, w.id LIMIT :limit")
_COUNT = text(
    "SELECT count(*) AS total, count(*) FILTER ("
    f"WHERE coalesce(w.checked_at, now()) > w.due_at) AS late{_OF}{_WANTED}"
)
_ONE = f"{_SHOWN}, w.address_sealed, w.subject_sealed, w.detail_sealed{_OF}"
_AWAY = text("""
SELECT ST_Distance(CAST(m.geom AS geography),
                   CAST(ST_SetSRID(ST_MakePoint(:lon, :lat), 4326) AS geography))
FROM micro_grid m WHERE m.code = :code AND m.valid @> now()
""")
_ESCALATE = text("""
WITH late AS (
    SELECT w.id, w.division_code, w.micro_grid_code, w.due_at, rung.name,
           rpad(left(w.division_code, rung.digits), 12, '0') AS told_code
    FROM risk_warning w
    CROSS JOIN unnest(CAST(:rungs AS text[]), CAST(:shares AS float8[]), CAST(:digits AS int[]))
        AS rung (name, share, digits)
    WHERE w.state = 'OPEN'
      AND now() >= w.received_at + (w.due_at - w.received_at) * rung.share
), told AS (
    INSERT INTO warning_escalation (warning_id, rung, division_code, told_code)
    SELECT id, name, division_code, told_code FROM late
    ON CONFLICT DO NOTHING RETURNING warning_id, rung
)
SELECT late.* FROM late JOIN told ON told.warning_id = late.id AND told.rung = late.name
ORDER BY late.id, late.name
""")


async def set_scene(session: AsyncSession, told: dict[str, Any]) -> int:
    """Add a scene or change it; told as `warning_schemas.SceneIn`."""
    given = told | {"outcomes": json.dumps(told["outcomes"], ensure_ascii=False)}
    return int((await session.execute(_SET_SCENE, given)).scalar_one())


async def scenes(session: AsyncSession, divisions: Sequence[str]) -> list[RowMapping]:
    """Scenes of divisions, highest first."""
    found = await session.execute(_SCENES_FOR, {"divisions": list(divisions)})
    return list(found.mappings())


async def scenes_within(session: AsyncSession, low: str, high: str) -> list[RowMapping]:
    """Scenes of a range of division codes."""
    found = await session.execute(
        text(
            f"{_SCENE} WHERE division_code >= :low AND division_code < :high"
            " ORDER BY division_code, code"
        ),
        {"low": low, "high": high},
    )
    return list(found.mappings())


async def homes(
    session: AsyncSession, low: str, high: str, addresses: Sequence[str]
) -> list[RowMapping]:
    """Households by address code, with the micro-grid in force each lies in, if one does."""
    told = {"low": low, "high": high, "addresses": list(addresses)}
    return list((await session.execute(_HOMES, told)).mappings())


async def add(session: AsyncSession, columns: dict[str, Any]) -> RowMapping | None:
    """Write a warning: its id and due_at; none when its number was sent before."""
    return (await session.execute(_ADD, columns)).mappings().first()


async def by_ref(session: AsyncSession, account_id: int, refs: Sequence[str]) -> list[RowMapping]:
    """Warnings an account sent under these numbers: id, source_ref, state, body_sha256."""
    found = await session.execute(
        text(
            "SELECT id, source_ref, state, body_sha256 FROM risk_warning"
            " WHERE account_id = :account AND source_ref = ANY(CAST(:refs AS text[]))"
        ),
        {"account": account_id, "refs": list(refs)},
    )
    return list(found.mappings())


async def note(session: AsyncSession, warning_id: int, **line: Any) -> None:
    """Write a line of history; told by deed, from_state, actor, account_id and what was noted."""
    usual = dict.fromkeys(("note_sealed", "captured_at", "client_key", "body_sha256"))
    await session.execute(_NOTE, usual | line | {"id": warning_id})


async def page(
    session: AsyncSession,
    *,
    low: str,
    high: str,
    state: str | None,
    person_id: int | None,
    limit: int,
) -> tuple[list[RowMapping], RowMapping]:
    """Warnings of a range, first due first, and how many there are and are late.

    Those that a person must check, none = of everybody; in a state, none = in any.
    """
    asked = {"low": low, "high": high, "state": state, "person_id": person_id}
    rows = await session.execute(_PAGE, asked | {"limit": limit})
    counts = await session.execute(_COUNT, asked)
    return list(rows.mappings()), counts.mappings().one()


async def warning(
    session: AsyncSession, warning_id: int, person_id: int | None, *, lock: bool = False
) -> RowMapping | None:
    """A warning with what is sealed, if this person answers for its cell (none = supervises)."""
    ending = " FOR UPDATE OF w" if lock else ""
    found = await session.execute(
        text(f"{_ONE} WHERE w.id = :id AND {_FOR_ME}{ending}"),
        {"id": warning_id, "person_id": person_id},
    )
    return found.mappings().first()


async def history(session: AsyncSession, warning_id: int) -> list[RowMapping]:
    """What was done about a warning, oldest first."""
    found = await session.execute(
        text(
            "SELECT deed, from_state, to_state, actor, note_sealed, captured_at, at"
            " FROM warning_history WHERE warning_id = :id ORDER BY id"
        ),
        {"id": warning_id},
    )
    return list(found.mappings())


async def done_by(
    session: AsyncSession, warning_id: int, account_id: int, client_key: str
) -> bytes | None:
    """Digest of what an account sent about a warning under a key, or none."""
    found: bytes | None = await session.scalar(
        text(
            "SELECT body_sha256 FROM warning_history WHERE warning_id = :id"
            " AND account_id = :account AND client_key = :client_key"
        ),
        {"id": warning_id, "account": account_id, "client_key": client_key},
    )
    return found


async def away_m(session: AsyncSession, code: str | None, lon: float, lat: float) -> float | None:
    """Metres from a place (degrees, WGS-84) to a micro-grid in force; 0 inside."""
    found: float | None = await session.scalar(_AWAY, {"code": code, "lon": lon, "lat": lat})
    return found


async def check(session: AsyncSession, warning_id: int, *, state: str, outcome: str) -> None:
    """Write what was found; closed with it unless it goes up."""
    await session.execute(
        text("""
        UPDATE risk_warning SET state = :state, outcome = :outcome, checked_at = now(),
            closed_at = CASE WHEN :state = 'CLOSED' THEN now() END
        WHERE id = :id
        """),
        {"id": warning_id, "state": state, "outcome": outcome},
    )


async def close(session: AsyncSession, warning_id: int) -> None:
    """Close a warning that went up."""
    await session.execute(
        text("UPDATE risk_warning SET state = 'CLOSED', closed_at = now() WHERE id = :id"),
        {"id": warning_id},
    )


async def route(
    session: AsyncSession, warning_id: int, home: RowMapping, address_sealed: str, limit_h: int
) -> None:
    """Put a warning into the cell it belongs to; its time begins now."""
    told = {name: home[name] for name in ("division_code", "micro_grid_code")}
    told |= {"id": warning_id, "household": home["id"], "address": address_sealed}
    await session.execute(
        text("""
        UPDATE risk_warning SET division_code = :division_code, household_id = :household,
            micro_grid_code = :micro_grid_code, address_sealed = :address, state = 'OPEN',
            due_at = now() + make_interval(hours => :limit_h)
        WHERE id = :id
        """),
        told | {"limit_h": limit_h},
    )
    # Its past goes with it, or who answers for the place would not see it.
    await session.execute(
        text("UPDATE warning_history SET division_code = :division WHERE warning_id = :id"),
        {"id": warning_id, "division": home["division_code"]},
    )


async def escalate(
    session: AsyncSession, *, rungs: list[str], shares: list[float], digits: list[int]
) -> list[RowMapping]:
    """Write every rung that an unchecked warning has come to, once; told as `ladder.Steps`.

    Returns
    -------
    list
        id, division_code, micro_grid_code, due_at, name of the rung, told_code.
    """
    return list(
        (
            await session.execute(_ESCALATE, {"rungs": rungs, "shares": shares, "digits": digits})
        ).mappings()
    )

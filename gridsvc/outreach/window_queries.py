"""SQL of village windows, registrations and work orders."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

_WINDOW = """
SELECT id, division_code, code, name, classes, serves, plan_within_h, door_lead_h
FROM village_window
"""
_SET = text("""
INSERT INTO village_window (division_code, code, name, classes, serves, plan_within_h,
                            door_lead_h)
VALUES (:division, :code, :name, CAST(:classes AS jsonb), :serves, :plan_within_h, :door_lead_h)
ON CONFLICT (division_code, code) DO UPDATE SET name = excluded.name, classes = excluded.classes,
    serves = excluded.serves, plan_within_h = excluded.plan_within_h,
    door_lead_h = excluded.door_lead_h
RETURNING id
""")
_REGISTER = text("""
INSERT INTO registration (event_id, division_code, window_id, class_code, item_code, at_door)
SELECT id, division_code, :window_id, :class_code, :item, :at_door FROM event WHERE id = :event_id
ON CONFLICT (event_id) DO NOTHING
""")
_REGISTRATION = text(
    "SELECT window_id, class_code, item_code AS item, at_door, registered_at FROM registration"
    " WHERE event_id = :event_id"
)
_REGISTERED = """
FROM registration r JOIN event e ON e.id = r.event_id
WHERE r.window_id = :window_id AND (CAST(:state AS text) IS NULL OR e.state = :state)
  AND (CAST(:class_code AS text) IS NULL OR r.class_code = :class_code)
  AND (CAST(:at_door AS boolean) IS NULL OR (r.at_door IS NOT NULL) = :at_door)
"""
_PAGE = text(f"""
SELECT r.event_id AS event, r.class_code, r.item_code AS item, r.at_door, r.registered_at,
       r.division_code,
       e.matter_code AS matter, e.state,
       (SELECT number FROM cancel_number c WHERE c.event_id = e.id ORDER BY c.id DESC LIMIT 1)
           AS cancel_number,
       (SELECT state FROM work_order o WHERE o.event_id = e.id ORDER BY o.id DESC LIMIT 1)
           AS "order"
{_REGISTERED} ORDER BY r.registered_at DESC, r.event_id DESC LIMIT :limit OFFSET :offset
""")  # noqa: S608 - fixed parts
_COUNT = text(f"SELECT count(*) {_REGISTERED}")
# As it stood at the end of the span: asked again later it is the same.
_FIGURES = text("""
SELECT r.class_code, count(*) AS registered, count(*) FILTER (WHERE last.state = 'CLOSED') AS solved
FROM registration r
CROSS JOIN LATERAL (
    SELECT h.to_state AS state FROM event_history h
    WHERE h.event_id = r.event_id AND h.at < :until ORDER BY h.id DESC LIMIT 1
) last
WHERE r.window_id = :window_id AND r.registered_at >= :since AND r.registered_at < :until
GROUP BY r.class_code
""")
_EVENT = text("SELECT id, division_code, state FROM event WHERE id = :id FOR UPDATE")
_ISSUE = text("""
INSERT INTO work_order (event_id, division_code, level, unit_code, state, plan_by)
VALUES (:event, :division_code, :level, :unit, 'ISSUED', now() + make_interval(hours => (
    SELECT w.plan_within_h FROM registration r JOIN village_window w ON w.id = r.window_id
    WHERE r.event_id = :event)))
ON CONFLICT DO NOTHING RETURNING id
""")
_ORDER = """
SELECT o.id, o.event_id AS event, o.division_code, o.level, o.unit_code AS unit,
       u.name AS unit_name, u.division_code AS unit_division, o.state, o.plan_by, o.measures,
       o.due_at,
       o.responsible_masked AS responsible, o.issued_at, o.done_at, o.verified_at,
       coalesce(coalesce(o.done_at, now()) > coalesce(o.due_at, o.plan_by), false) AS overdue
FROM work_order o JOIN unit u ON u.code = o.unit_code
"""
_OF_RANGE = """
WHERE o.division_code >= :low AND o.division_code < :high
  AND (CAST(:state AS text) IS NULL OR o.state = :state)
  AND (CAST(:unit AS text) IS NULL OR o.unit_code = :unit)
"""
_ORDERS = text(f"{_ORDER}{_OF_RANGE} ORDER BY o.issued_at DESC, o.id DESC LIMIT :limit")
_ORDER_COUNT = text(f"SELECT count(*) FROM work_order o {_OF_RANGE}")  # noqa: S608 - fixed parts
_NOTE = text("""
INSERT INTO order_history (order_id, division_code, from_state, to_state, actor, note)
SELECT id, division_code, :from_state, state, :actor, :note FROM work_order WHERE id = :id
""")
_MOVE = text("""
UPDATE work_order SET state = :state,
    done_at = CASE :state WHEN 'DONE' THEN now() WHEN 'VERIFIED' THEN done_at END,
    verified_at = CASE WHEN :state = 'VERIFIED' THEN now() END
WHERE id = :id
""")
# By the database's clock; the time allowed is from the issue to what is awaited next, the plan or
# that it is done.
_ESCALATE = text("""
WITH late AS (
    INSERT INTO order_escalation (order_id, rung, due_at, division_code, told_code)
    SELECT o.id, l.rung, coalesce(o.due_at, o.plan_by), o.division_code,
           rpad(left(o.division_code, l.digits), 12, '0')
    FROM work_order o
    CROSS JOIN unnest(CAST(:rungs AS text[]), CAST(:shares AS float8[]),
                      CAST(:digits AS integer[])) AS l (rung, share, digits)
    WHERE o.done_at IS NULL
      AND coalesce(o.due_at, o.plan_by) <= now() + make_interval(days => :horizon_days)
      AND now() >= coalesce(o.due_at, o.plan_by)
                   + (l.share - 1) * (coalesce(o.due_at, o.plan_by) - o.issued_at)
    ORDER BY o.id, l.share
    ON CONFLICT DO NOTHING RETURNING order_id, rung, due_at, division_code, told_code
)
SELECT late.*, o.unit_code AS unit, m.name AS matter_name
FROM late JOIN work_order o ON o.id = late.order_id
JOIN event e ON e.id = o.event_id JOIN matter m ON m.code = e.matter_code
ORDER BY late.order_id, late.due_at, late.rung
""")


async def set_window(session: AsyncSession, told: dict[str, Any]) -> int:
    """Add a window or change it; told as `window_schemas.WindowIn`."""
    given = told | {"classes": json.dumps(told["classes"], ensure_ascii=False)}
    return int((await session.execute(_SET, given)).scalar_one())


async def window(session: AsyncSession, window_id: int) -> RowMapping | None:
    """A window, or none."""
    found = await session.execute(text(f"{_WINDOW} WHERE id = :id"), {"id": window_id})
    return found.mappings().first()


async def windows(session: AsyncSession, low: str, high: str) -> list[RowMapping]:
    """Windows of a range of division codes."""
    found = await session.execute(
        text(
            f"{_WINDOW} WHERE division_code >= :low AND division_code < :high"
            " ORDER BY division_code, code"
        ),
        {"low": low, "high": high},
    )
    return list(found.mappings())


async def register(session: AsyncSession, event_id: int, told: dict[str, Any]) -> RowMapping:
    """Write that an event came in at a window, once; how it is registered now.

    Parameters
    ----------
    told
        window_id, class_code, item and at_door.
    """
    await session.execute(_REGISTER, told | {"event_id": event_id})
    return (await session.execute(_REGISTRATION, {"event_id": event_id})).mappings().one()


async def registered(
    session: AsyncSession, asked: dict[str, Any], *, limit: int, offset: int
) -> tuple[list[RowMapping], int]:
    """What was registered, newest first, and how many.

    Asked by window_id, state, class_code and at_door, each but the first none = whatever it is.
    """
    found = await session.execute(_PAGE, asked | {"limit": limit, "offset": offset})
    return list(found.mappings()), int(await session.scalar(_COUNT, asked) or 0)


async def figures(
    session: AsyncSession, window_id: int, since: datetime, until: datetime
) -> list[RowMapping]:
    """Registered within a span, and closed at its end, by class."""
    told = {"window_id": window_id, "since": since, "until": until}
    return list((await session.execute(_FIGURES, told)).mappings())


async def event(session: AsyncSession, event_id: int) -> RowMapping | None:
    """Division and state of an event, locked; or none."""
    return (await session.execute(_EVENT, {"id": event_id})).mappings().first()


async def issue(session: AsyncSession, columns: dict[str, Any]) -> int | None:
    """Write a work order; its id, or none while another of the event is open."""
    found: int | None = await session.scalar(_ISSUE, columns)
    return found


async def order(session: AsyncSession, order_id: int, *, lock: bool = False) -> RowMapping | None:
    """A work order, or none."""
    ending = " FOR UPDATE OF o" if lock else ""
    found = await session.execute(text(f"{_ORDER} WHERE o.id = :id{ending}"), {"id": order_id})
    return found.mappings().first()


async def orders(
    session: AsyncSession,
    *,
    low: str,
    high: str,
    state: str | None = None,
    unit: str | None = None,
    limit: int,
) -> tuple[list[RowMapping], int]:
    """Work orders of a range of division codes, newest first, and how many; none = whatever."""
    asked = {"low": low, "high": high, "state": state, "unit": unit}
    rows = await session.execute(_ORDERS, asked | {"limit": limit})
    return list(rows.mappings()), int(await session.scalar(_ORDER_COUNT, asked) or 0)


async def plan(session: AsyncSession, order_id: int, columns: dict[str, Any]) -> None:
    """Write measures, deadline and who answers for a work order."""
    await session.execute(
        text("""
        UPDATE work_order SET state = 'PLANNED', measures = :measures, due_at = :due_at,
            responsible_sealed = :responsible_sealed, responsible_masked = :responsible_masked
        WHERE id = :id
        """),
        columns | {"id": order_id},
    )


async def move(session: AsyncSession, order_id: int, state: str) -> None:
    """Write that a work order is done, verified, or back to its plan."""
    await session.execute(_MOVE, {"id": order_id, "state": state})


async def note(
    session: AsyncSession, order_id: int, *, from_state: str | None, actor: str, note: str
) -> None:
    """Write a line of history."""
    told = {"id": order_id, "from_state": from_state, "actor": actor, "note": note}
    await session.execute(_NOTE, told)


async def history(session: AsyncSession, order_id: int) -> list[RowMapping]:
    """What was done about a work order, oldest first."""
    found = await session.execute(
        text(
            "SELECT from_state, to_state, actor, note, at FROM order_history"
            " WHERE order_id = :id ORDER BY id"
        ),
        {"id": order_id},
    )
    return list(found.mappings())


async def escalate(
    session: AsyncSession,
    *,
    rungs: list[str],
    shares: list[float],
    digits: list[int],
    horizon_days: int,
) -> list[RowMapping]:
    """Write every rung that a work order not yet done has come to, once; told as `ladder.Steps`.

    Returns
    -------
    list
        order_id, rung, due_at, division_code, told_code, unit, matter_name.
    """
    told = {"rungs": rungs, "shares": shares, "digits": digits, "horizon_days": horizon_days}
    return list((await session.execute(_ESCALATE, told)).mappings())


async def escalations(session: AsyncSession, order_id: int) -> list[RowMapping]:
    """Every rung a work order came to, first to last."""
    found = await session.execute(
        text(
            "SELECT rung, told_code, due_at, at FROM order_escalation"
            " WHERE order_id = :id ORDER BY at, due_at"
        ),
        {"id": order_id},
    )
    return list(found.mappings())

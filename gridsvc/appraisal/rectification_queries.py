"""SQL of orders to put something right."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

_SHOWN = """
SELECT r.id, r.division_code AS division, d.name AS division_name, r.wave_id AS wave,
       r.indicator_code AS indicator, r.problem, r.opinion, r.responsible, r.deadline, r.measures,
       r.result, r.state, r.ordered_at, r.done_on, r.published_at,
       coalesce(r.done_on, CAST(:today AS date)) > r.deadline AS overdue
FROM rectification r JOIN division d ON d.code = r.division_code
"""
_LINE = """
    INSERT INTO rectification_history (rectification_id, division_code, from_state, to_state,
                                       actor, note)
"""
_ADD = text(f"""
WITH added AS (
    INSERT INTO rectification (division_code, wave_id, indicator_code, problem, opinion,
                               responsible, deadline, measures, result, state)
    VALUES (:division, :wave, :indicator, :problem, :opinion, :responsible, :deadline, '', '',
            'ORDERED')
    RETURNING id, division_code
)
{_LINE} SELECT id, division_code, NULL, 'ORDERED', :actor, '' FROM added RETURNING rectification_id
""")  # noqa: S608 - parts of this module
_MOVE = text(f"""
WITH held AS (
    SELECT id, division_code, state FROM rectification WHERE id = :id FOR UPDATE
), moved AS (
    UPDATE rectification r SET state = :then,
        measures = CASE WHEN :then = 'UNDER_WAY' THEN :note ELSE r.measures END,
        result = CASE WHEN :then = 'DONE' THEN :note ELSE r.result END,
        done_on = CASE WHEN :then = 'DONE' THEN CAST(:today AS date)
                       WHEN :then = 'PUBLISHED' THEN r.done_on END,
        published_at = CASE WHEN :then = 'PUBLISHED' THEN clock_timestamp() END
    FROM held WHERE r.id = held.id AND held.state = :now
    RETURNING r.id, r.division_code
)
{_LINE} SELECT id, division_code, :now, :then, :actor, :note FROM moved RETURNING id
""")  # noqa: S608 - parts of this module


async def add(session: AsyncSession, row: dict[str, Any]) -> int:
    """Order something to be put right, with its first line of history; its id."""
    added: int = await session.scalar(_ADD, row)
    return added


async def order(session: AsyncSession, order_id: int, today: date) -> RowMapping | None:
    """An order, or none."""
    found = await session.execute(
        text(f"{_SHOWN} WHERE r.id = :id"), {"id": order_id, "today": today}
    )
    return found.mappings().first()


async def move(session: AsyncSession, order_id: int, **told: Any) -> bool:
    """Move an order with its line of history; false if it is no longer where it was."""
    return await session.scalar(_MOVE, {"id": order_id} | told) is not None


async def orders(
    session: AsyncSession, low: str, high: str, today: date, *, limit: int
) -> Sequence[RowMapping]:
    """Orders of a range of divisions: what is due first first."""
    found = await session.execute(
        text(f"""{_SHOWN} WHERE r.division_code >= :low AND r.division_code < :high
        ORDER BY r.state = 'PUBLISHED', r.deadline, r.id LIMIT :limit"""),
        {"low": low, "high": high, "today": today, "limit": limit},
    )
    return found.mappings().all()


async def published(
    session: AsyncSession, low: str, high: str, *, limit: int
) -> Sequence[RowMapping]:
    """What everybody may know, newest first."""
    found = await session.execute(
        text("""
        SELECT d.name AS division_name, r.problem, r.opinion, r.deadline, r.measures, r.result,
               r.done_on, r.published_at
        FROM rectification r JOIN division d ON d.code = r.division_code
        WHERE r.division_code >= :low AND r.division_code < :high AND r.state = 'PUBLISHED'
        ORDER BY r.published_at DESC, r.id DESC LIMIT :limit
        """),
        {"low": low, "high": high, "limit": limit},
    )
    return found.mappings().all()

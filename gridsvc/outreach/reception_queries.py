"""SQL of reception cycles: what is open and how urgent, months, milestones, items."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

_CYCLE = "SELECT id, division_code, code, name, milestones, weights FROM reception_cycle"
_SET = text("""
INSERT INTO reception_cycle (division_code, code, name, milestones, weights)
VALUES (:division, :code, :name, CAST(:milestones AS jsonb), CAST(:weights AS jsonb))
ON CONFLICT (division_code, code) DO UPDATE SET name = excluded.name,
    milestones = excluded.milestones, weights = excluded.weights
RETURNING id
""")
# A voice is another report of the same; a repetition itself is on no agenda.
_OPEN = text("""
SELECT e.id AS event, e.division_code AS village, d.name AS village_name, m.name AS matter_name,
       r.class_code, extract(epoch FROM now() - e.received_at) / 86400.0 AS days_open,
       (SELECT count(*) FROM event_stage s
        WHERE s.event_id = e.id AND s.done_at IS NULL AND s.due_at < now()) AS overdue,
       (SELECT count(*) FROM duplicate_link l
        WHERE l.duplicate_of = e.id AND l.unlinked_at IS NULL) AS voices,
       (SELECT count(*) FROM event_history h
        WHERE h.event_id = e.id AND h.to_state = 'REOPENED') AS reopened
FROM event e JOIN division d ON d.code = e.division_code JOIN matter m ON m.code = e.matter_code
LEFT JOIN registration r ON r.event_id = e.id
WHERE e.division_code >= :low AND e.division_code < :high
  AND e.state NOT IN ('CLOSED', 'REJECTED')
  AND NOT EXISTS (SELECT 1 FROM duplicate_link l
                  WHERE l.event_id = e.id AND l.unlinked_at IS NULL)
ORDER BY e.received_at, e.id LIMIT :most
""")
_RECEPTION = """
SELECT r.id, r.cycle_id AS cycle, c.name, r.division_code, r.month, r.theme_code AS theme,
       d.name AS theme_name
FROM reception r JOIN reception_cycle c ON c.id = r.cycle_id
JOIN division d ON d.code = r.theme_code
"""
_BEGIN = text("""
INSERT INTO reception (cycle_id, division_code, month, theme_code)
VALUES (:cycle, :division, :month, :theme)
ON CONFLICT (cycle_id, month) DO NOTHING RETURNING id
""")
_PLAN = text("""
INSERT INTO reception_milestone (reception_id, planned_on, division_code, name, expected)
VALUES (:reception, :planned_on, :division, :name, CAST(:expected AS text[]))
""")
_PUT = text("""
INSERT INTO reception_item (reception_id, event_id, division_code, place, score)
SELECT :reception, row.event_id, :division, row.place, row.score
FROM unnest(CAST(:events AS bigint[]), CAST(:scores AS float8[])) WITH ORDINALITY
    AS row (event_id, score, place)
""")
_ITEM = """
SELECT i.event_id AS event, i.place, i.score, m.name AS matter_name, e.description, e.state,
       (SELECT count(*) FROM event_media p WHERE p.event_id = e.id) AS photos, i.decision,
       i.votes_for, i.votes_against, i.votes_for > i.votes_against AS adopted, i.budget_yuan,
       i.lead_unit, i.passed, i.satisfaction
FROM reception_item i JOIN event e ON e.id = i.event_id JOIN matter m ON m.code = e.matter_code
WHERE i.reception_id = :reception
"""
_NOTE = text("""
INSERT INTO reception_history (reception_id, division_code, event_id, deed, actor, note)
SELECT id, division_code, CAST(:event AS bigint), :deed, :actor, :note
FROM reception WHERE id = :reception
""")


async def set_cycle(session: AsyncSession, told: dict[str, Any]) -> int:
    """Add a cycle or change it; told as `reception_schemas.CycleIn`."""
    given = told | {
        name: json.dumps(told[name], ensure_ascii=False) for name in ("milestones", "weights")
    }
    return int((await session.execute(_SET, given)).scalar_one())


async def cycle(session: AsyncSession, cycle_id: int) -> RowMapping | None:
    """A cycle, or none."""
    found = await session.execute(text(f"{_CYCLE} WHERE id = :id"), {"id": cycle_id})
    return found.mappings().first()


async def cycles(session: AsyncSession, low: str, high: str) -> list[RowMapping]:
    """Cycles of a range of division codes."""
    found = await session.execute(
        text(
            f"{_CYCLE} WHERE division_code >= :low AND division_code < :high"
            " ORDER BY division_code, code"
        ),
        {"low": low, "high": high},
    )
    return list(found.mappings())


async def open_events(session: AsyncSession, low: str, high: str, *, most: int) -> list[RowMapping]:
    """Open events of a range of division codes with what is counted of each, oldest first."""
    found = await session.execute(_OPEN, {"low": low, "high": high, "most": most})
    return list(found.mappings())


async def villages(session: AsyncSession, low: str, high: str) -> list[RowMapping]:
    """Code and name of the communities of a range of division codes."""
    found = await session.execute(
        text(
            "SELECT code, name FROM division WHERE level = 'community'"
            " AND code >= :low AND code < :high ORDER BY code"
        ),
        {"low": low, "high": high},
    )
    return list(found.mappings())


async def add(
    session: AsyncSession, cycle_id: int, *, division: str, month: date, theme: str
) -> int | None:
    """Write a month of a cycle; its id, or none if it was begun before."""
    told = {"cycle": cycle_id, "division": division, "month": month, "theme": theme}
    found: int | None = await session.scalar(_BEGIN, told)
    return found


async def plan(
    session: AsyncSession, reception_id: int, division: str, milestones: Sequence[dict[str, Any]]
) -> None:
    """Write the planned days of a month: planned_on, name, expected."""
    given = {"reception": reception_id, "division": division}
    await session.execute(_PLAN, [one | given for one in milestones])


async def put(
    session: AsyncSession, reception_id: int, division: str, ranked: Sequence[tuple[int, float]]
) -> None:
    """Write the agenda: events with their points, most urgent first."""
    await session.execute(
        _PUT,
        {
            **{"reception": reception_id, "division": division},
            "events": [event for event, _ in ranked],
            "scores": [score for _, score in ranked],
        },
    )


async def reception(
    session: AsyncSession, reception_id: int, *, lock: bool = False
) -> RowMapping | None:
    """A month of a cycle, or none."""
    ending = " FOR UPDATE OF r" if lock else ""
    found = await session.execute(
        text(f"{_RECEPTION} WHERE r.id = :id{ending}"), {"id": reception_id}
    )
    return found.mappings().first()


async def receptions(session: AsyncSession, low: str, high: str, *, limit: int) -> list[RowMapping]:
    """Months of the cycles of a range of division codes, latest first."""
    found = await session.execute(
        text(
            f"{_RECEPTION} WHERE r.division_code >= :low AND r.division_code < :high"
            " ORDER BY r.month DESC, r.id DESC LIMIT :limit"
        ),
        {"low": low, "high": high, "limit": limit},
    )
    return list(found.mappings())


async def milestones(session: AsyncSession, reception_id: int) -> list[RowMapping]:
    """Planned days of a month, in order."""
    found = await session.execute(
        text(
            "SELECT planned_on, name, expected, held_on, attended, note"
            " FROM reception_milestone WHERE reception_id = :id ORDER BY planned_on"
        ),
        {"id": reception_id},
    )
    return list(found.mappings())


async def hold(
    session: AsyncSession,
    reception_id: int,
    planned_on: date,
    *,
    held_on: date,
    attended: Sequence[str],
    note: str,
) -> None:
    """Write when a milestone was held and who came."""
    await session.execute(
        text("""
        UPDATE reception_milestone SET held_on = :held_on, note = :note,
            attended = CAST(:attended AS text[])
        WHERE reception_id = :id AND planned_on = :planned_on
        """),
        {
            **{"id": reception_id, "planned_on": planned_on, "held_on": held_on, "note": note},
            "attended": list(attended),
        },
    )


async def items(session: AsyncSession, reception_id: int) -> list[RowMapping]:
    """The agenda of a month, most urgent first."""
    found = await session.execute(text(f"{_ITEM} ORDER BY i.place"), {"reception": reception_id})
    return list(found.mappings())


async def decide(
    session: AsyncSession, reception_id: int, event_id: int, columns: dict[str, Any]
) -> None:
    """Write what was decided about an event."""
    await session.execute(
        text("""
        UPDATE reception_item SET decision = :decision, votes_for = :votes_for,
            votes_against = :votes_against, budget_yuan = :budget_yuan, lead_unit = :lead_unit
        WHERE reception_id = :reception AND event_id = :event
        """),
        columns | {"reception": reception_id, "event": event_id},
    )


async def inspect(session: AsyncSession, reception_id: int, event_id: int, *, passed: bool) -> None:
    """Write what was found when somebody looked back."""
    await session.execute(
        text(
            "UPDATE reception_item SET passed = :passed"
            " WHERE reception_id = :reception AND event_id = :event"
        ),
        {"reception": reception_id, "event": event_id, "passed": passed},
    )


async def rate(session: AsyncSession, reception_id: int, event_id: int, *, score: int) -> None:
    """Write what people think of it."""
    await session.execute(
        text(
            "UPDATE reception_item SET satisfaction = :score"
            " WHERE reception_id = :reception AND event_id = :event"
        ),
        {"reception": reception_id, "event": event_id, "score": score},
    )


async def note(session: AsyncSession, reception_id: int, **line: Any) -> None:
    """Write a line of history; told by event (or none), deed, actor and note."""
    await session.execute(_NOTE, line | {"reception": reception_id})


async def history(session: AsyncSession, reception_id: int) -> list[RowMapping]:
    """What was done, oldest first."""
    found = await session.execute(
        text(
            "SELECT deed, event_id AS event, actor, note, at FROM reception_history"
            " WHERE reception_id = :id ORDER BY id"
        ),
        {"id": reception_id},
    )
    return list(found.mappings())

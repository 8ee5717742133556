"""SQL of standards and of what was found."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.registers.subject_queries import SUBJECTS

_STANDARD = "SELECT id, division_code AS division, code, name, subject, kind, items FROM standard"
_SET = text("""
INSERT INTO standard (division_code, code, name, subject, kind, items)
VALUES (:division, :code, :name, :subject, :kind, CAST(:items AS jsonb))
ON CONFLICT (division_code, code) DO UPDATE SET name = excluded.name, subject = excluded.subject,
    kind = excluded.kind, items = excluded.items
RETURNING id
""")
_ADD = text(f"""{SUBJECTS}
INSERT INTO finding (standard_id, division_code, subject_code, item, met, found_on, note, actor)
SELECT :standard, s.division_code, s.code, told.item, told.met, :on, told.note, :actor
FROM jsonb_to_recordset(CAST(:rows AS jsonb))
    AS told (subject text, item text, met boolean, note text)
JOIN subject s ON s.code = told.subject
RETURNING subject_code
""")  # noqa: S608 - fixed parts
_RESULT = text(f"""{SUBJECTS},
latest AS (
    SELECT DISTINCT ON (f.subject_code, f.item) f.subject_code, f.item, f.met FROM finding f
    WHERE f.standard_id = :standard AND f.found_on <= :on
      AND f.division_code >= :low AND f.division_code < :high
    ORDER BY f.subject_code, f.item, f.found_on DESC, f.id DESC
)
SELECT s.code, s.name,
       array_agg(l.item) FILTER (WHERE l.met) AS met,
       array_agg(l.item) FILTER (WHERE NOT l.met) AS unmet
FROM subject s LEFT JOIN latest l ON l.subject_code = s.code
GROUP BY s.code, s.name ORDER BY s.code
""")  # noqa: S608 - fixed parts


async def put(session: AsyncSession, told: dict[str, Any]) -> int:
    """Add a standard or change it; told as `standard_schemas.StandardIn`."""
    given = told | {"items": json.dumps(told["items"], ensure_ascii=False)}
    return int((await session.execute(_SET, given)).scalar_one())


async def standard(session: AsyncSession, standard_id: int) -> RowMapping | None:
    """A standard, or none."""
    found = await session.execute(text(f"{_STANDARD} WHERE id = :id"), {"id": standard_id})
    return found.mappings().first()


async def standards(session: AsyncSession, low: str, high: str) -> list[RowMapping]:
    """Standards laid down in a range of divisions."""
    found = await session.execute(
        text(
            f"{_STANDARD} WHERE division_code >= :low AND division_code < :high"
            " ORDER BY division_code, code"
        ),
        {"low": low, "high": high},
    )
    return list(found.mappings())


async def add(
    session: AsyncSession,
    standard: RowMapping,
    rows: Sequence[dict[str, Any]],
    *,
    on: date,
    low: str,
    high: str,
    actor: str,
) -> list[str]:
    """Write what was found; the subjects that are there."""
    told = {"standard": standard["id"], "of": standard["subject"], "kind": standard["kind"]}
    given = {"rows": json.dumps(rows, ensure_ascii=False), "on": on, "actor": actor}
    return list(await session.scalars(_ADD, told | given | {"low": low, "high": high}))


async def result(
    session: AsyncSession, standard: RowMapping, *, low: str, high: str, on: date
) -> list[RowMapping]:
    """Items that each subject meets and does not meet, by the latest that was found by a day."""
    told = {"standard": standard["id"], "of": standard["subject"], "kind": standard["kind"]}
    found = await session.execute(_RESULT, told | {"low": low, "high": high, "on": on})
    return list(found.mappings())

"""SQL that counts reports by matter or area over days."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

#: What reports are told apart by.
By = Literal["matter", "area"]

_KEYS = {"matter": "e.matter_code", "area": "rpad(left(e.division_code, :digits), 12, '0')"}
# The days are those of the time zone, as everywhere where days are counted.
_COUNTS = {
    by: text(f"""
    WITH RECURSIVE asked (code) AS (
        SELECT code FROM matter WHERE code = CAST(:matter AS text) OR CAST(:matter AS text) IS NULL
        UNION SELECT m.code FROM matter m JOIN asked a ON m.parent_code = a.code
    )
    SELECT {key} AS key, count(*) AS number
    FROM event e
    WHERE e.division_code >= :low AND e.division_code < :high
      AND e.received_at >= CAST(CAST(:since AS date) AS timestamp) AT TIME ZONE :zone
      AND e.received_at < CAST(CAST(:until AS date) AS timestamp) AT TIME ZONE :zone
      AND e.matter_code IN (SELECT code FROM asked)
    GROUP BY 1
    """)  # noqa: S608 - fixed parts
    for by, key in _KEYS.items()
}


async def counts(
    session: AsyncSession, by: By, *, since: date, until: date, digits: int, **asked: Any
) -> dict[str, int]:
    """Reports received on some days; asked by low, high, matter and zone, areas by digits."""
    given = asked | {"since": since, "until": until}
    if by == "area":
        given["digits"] = digits
    found = await session.execute(_COUNTS[by], given)
    return {row.key: row.number for row in found}

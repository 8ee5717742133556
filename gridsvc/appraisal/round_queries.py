"""SQL of rounds in which units judge each other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import RowMapping, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.appraisal.queries import innermost

_SCHEME = """
SELECT division_code AS division, code, name, sides, laid_down_at FROM appraisal_scheme
"""
_ROUND = """
SELECT id, division_code AS division, scheme_code AS scheme, name, since, until, sides, state,
       results, opened_at, closed_at
FROM appraisal_round
"""
_SET_SCHEME = text("""
INSERT INTO appraisal_scheme (division_code, code, name, sides)
VALUES (:division, :code, :name, :sides)
ON CONFLICT (division_code, code) DO UPDATE SET name = excluded.name, sides = excluded.sides,
    laid_down_at = CASE WHEN appraisal_scheme.sides = excluded.sides
        THEN appraisal_scheme.laid_down_at ELSE excluded.laid_down_at END
""").bindparams(bindparam("sides", type_=JSONB))
_UNITS = text("""
SELECT code, name FROM unit
WHERE valid_from <= :day AND coalesce(valid_to > :day, true)
  AND (CAST(:codes AS text[]) IS NOT NULL AND code = ANY (CAST(:codes AS text[]))
       OR kind = CAST(:kind AS text) AND level = coalesce(CAST(:level AS text), level)
          AND division_code >= :low AND division_code < :high)
ORDER BY code
""")
_ADD = text("""
INSERT INTO appraisal_round (division_code, scheme_code, name, since, until, sides)
VALUES (:division, :scheme, :name, :since, :until, :sides)
ON CONFLICT (division_code, scheme_code, since) DO NOTHING RETURNING id
""").bindparams(bindparam("sides", type_=JSONB))
_SCORE = text("""
INSERT INTO appraisal_score (round_id, side_code, rater, ratee, aspect_code, division_code, score)
VALUES (:round, :side, :rater, :ratee, :aspect, :division, :score)
ON CONFLICT (round_id, side_code, rater, ratee, aspect_code) DO UPDATE SET score = excluded.score
""")
_NOTE = text("""
INSERT INTO appraisal_history (round_id, division_code, deed, unit_code, scores, actor)
VALUES (:round, :division, :deed, :unit, :scores, :actor)
""").bindparams(bindparam("scores", type_=JSONB(none_as_null=True)))
_CLOSE = text("""
UPDATE appraisal_round SET state = 'CLOSED', results = :results, closed_at = clock_timestamp()
WHERE id = :id
""").bindparams(bindparam("results", type_=JSONB))
#: Any number will do, as long as every gridsvc process takes the same.
_ROUND_LOCK = 7_246_031


async def set_scheme(session: AsyncSession, row: dict[str, Any]) -> None:
    """Lay down a scheme (division, code, name, sides), or lay it down anew."""
    await session.execute(_SET_SCHEME, row)


async def schemes(
    session: AsyncSession, divisions: Sequence[str], code: str | None = None
) -> Sequence[RowMapping]:
    """Schemes laid down for one of the divisions; of one code that of the innermost."""
    return await innermost(session, _SCHEME, divisions, code)


async def units(session: AsyncSession, *, day: date, **asked: Any) -> list[dict[str, str]]:
    """Code and name of units on a day; asked by codes, or kind, level, low and high."""
    found = await session.execute(_UNITS, asked | {"day": day})
    return [dict(row) for row in found.mappings()]


async def add(session: AsyncSession, row: dict[str, Any]) -> int | None:
    """Open a round; its id, or none where the scheme has one that begins that day."""
    round_id: int | None = await session.scalar(_ADD, row)
    return round_id


async def lock(session: AsyncSession, round_id: int, *, alone: bool) -> RowMapping | None:
    """A round as it is once nobody else closes it; `alone`, nobody scores either. Or none.

    Whoever scores may not change the round's row and so cannot lock it; a number does.
    """
    how = "" if alone else "_shared"
    await session.execute(
        text(f"SELECT pg_advisory_xact_lock{how}(:key, CAST(:id % 2147483647 AS integer))"),
        {"key": _ROUND_LOCK, "id": round_id},
    )
    return await round_of(session, round_id)


async def round_of(session: AsyncSession, round_id: int) -> RowMapping | None:
    """A round, or none."""
    found = await session.execute(text(f"{_ROUND} WHERE id = :id"), {"id": round_id})
    return found.mappings().first()


async def rounds(
    session: AsyncSession, low: str, high: str, above: Sequence[str], *, limit: int
) -> Sequence[RowMapping]:
    """Rounds of a range of divisions and of those above it, the newest first."""
    found = await session.execute(
        text(f"""
        {_ROUND} WHERE division_code >= :low AND division_code < :high
            OR division_code = ANY (CAST(:above AS text[]))
        ORDER BY since DESC, id DESC LIMIT :limit
        """),
        {"low": low, "high": high, "above": list(above), "limit": limit},
    )
    return found.mappings().all()


async def score(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Write scores, in place of those given before."""
    await session.execute(_SCORE, rows)


async def scores(session: AsyncSession, round_id: int) -> Sequence[RowMapping]:
    """Every score of a round that the transaction sees."""
    found = await session.execute(
        text(
            "SELECT side_code AS side, rater, ratee, aspect_code AS aspect, score"
            " FROM appraisal_score WHERE round_id = :id ORDER BY side_code, rater, ratee"
        ),
        {"id": round_id},
    )
    return found.mappings().all()


async def given(session: AsyncSession, rounds: Sequence[int]) -> dict[tuple[int, str], int]:
    """How many scores the transaction sees, by round and side."""
    found = await session.execute(
        text(
            "SELECT round_id, side_code, count(*) AS number FROM appraisal_score"
            " WHERE round_id = ANY (CAST(:rounds AS bigint[])) GROUP BY round_id, side_code"
        ),
        {"rounds": list(rounds)},
    )
    return {(row.round_id, row.side_code): row.number for row in found}


async def note(session: AsyncSession, row: dict[str, Any]) -> None:
    """Write a line of history: round, division, deed, unit, scores, actor."""
    await session.execute(_NOTE, row)


async def close(session: AsyncSession, round_id: int, results: list[dict[str, Any]]) -> None:
    """Close a round with its results."""
    await session.execute(_CLOSE, {"id": round_id, "results": results})

"""SQL of surveys: schemes, waves, who may answer, and what the answers come to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import RowMapping, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.appraisal.queries import innermost

_SCHEME = """
SELECT id, division_code AS division, code, name, dimensions, laid_down_at FROM survey_scheme
"""
_WAVE = """
SELECT w.id, w.division_code AS division, s.code AS scheme, w.name, w.opens, w.closes,
       s.dimensions
FROM survey_wave w JOIN survey_scheme s ON s.id = w.scheme_id
"""
_STRATA = text("""
SELECT t.wave_id, t.division_code AS division, coalesce(d.name, '') AS name, t.population,
       t.planned, (SELECT count(*) FROM survey_answer a
                   WHERE a.wave_id = t.wave_id AND a.division_code = t.division_code) AS answered
FROM survey_stratum t LEFT JOIN division d ON d.code = t.division_code
WHERE t.wave_id = ANY (CAST(:waves AS bigint[])) ORDER BY t.wave_id, t.division_code
""")
# A community without a street's code stands for itself in the nine digits it shares with it.
_HOUSEHOLDS = text("""
SELECT rpad(left(division_code, 9), 12, '0') AS street, sum(households) AS households
FROM building WHERE division_code >= :low AND division_code < :high
GROUP BY 1 HAVING sum(households) > 0 ORDER BY 1
""")
_ADD_ANSWER = text("""
INSERT INTO survey_answer (wave_id, division_code, channel, respondent, scores, answered_on)
VALUES (:wave, :division, :channel, :respondent, :scores, :answered_on)
""").bindparams(bindparam("scores", type_=JSONB))
# Of one answer the score of a dimension is that of what it judged, by weight; the whole likewise.
_SUMS = text("""
WITH asked AS (
    SELECT * FROM unnest(CAST(:indicators AS text[]), CAST(:dimensions AS text[]),
                         CAST(:weights AS float8[]), CAST(:overall AS float8[]))
        AS a (indicator, dimension, weight, overall)
), told AS (
    SELECT a.id, a.division_code AS street, asked.*, CAST(CAST(s.value AS text) AS float8) AS score
    FROM survey_answer a CROSS JOIN jsonb_each(a.scores) s
    JOIN asked ON asked.indicator = s.key
    WHERE a.wave_id = :wave
), scored AS (
    SELECT street, indicator AS key, score FROM told
    UNION ALL
    SELECT street, dimension, sum(weight * score) / sum(weight) FROM told
    GROUP BY id, street, dimension
    UNION ALL
    SELECT street, 'all', sum(overall * score) / sum(overall) FROM told GROUP BY id, street
)
SELECT key, street, count(*) AS number, avg(score) AS mean,
       coalesce(stddev_samp(score), 0) AS deviation
FROM scored GROUP BY key, street ORDER BY key, street
""")


async def add_scheme(session: AsyncSession, row: dict[str, Any]) -> bool:
    """Lay down a survey; whether it was, for a code is used once in a division."""
    added = await session.scalar(
        text("""
        INSERT INTO survey_scheme (division_code, code, name, dimensions)
        VALUES (:division, :code, :name, :dimensions)
        ON CONFLICT (division_code, code) DO NOTHING RETURNING id
        """).bindparams(bindparam("dimensions", type_=JSONB)),
        row,
    )
    return added is not None


async def schemes(
    session: AsyncSession, divisions: Iterable[str], code: str | None = None
) -> Sequence[RowMapping]:
    """Surveys laid down for one of the divisions; of one code that of the innermost."""
    return await innermost(session, _SCHEME, divisions, code)


async def households_by_street(session: AsyncSession, low: str, high: str) -> dict[str, int]:
    """Households of every street of a range of divisions that has any."""
    found = await session.execute(_HOUSEHOLDS, {"low": low, "high": high})
    return {row.street: int(row.households) for row in found}


async def overlapping(
    session: AsyncSession, division: str, scheme: int, opens: date, closes: date
) -> RowMapping | None:
    """A wave of the same survey in the same division that is open on one of the days, or none."""
    found = await session.execute(
        text(f"""{_WAVE} WHERE w.division_code = :division AND w.scheme_id = :scheme
        AND w.opens <= :closes AND w.closes >= :opens ORDER BY w.opens LIMIT 1"""),
        {"division": division, "scheme": scheme, "opens": opens, "closes": closes},
    )
    return found.mappings().first()


async def add_wave(
    session: AsyncSession, row: dict[str, Any], strata: Sequence[tuple[str, int, int]]
) -> int:
    """Begin a wave with its sample: streets, their households, how many to ask; its id."""
    wave: int = await session.scalar(
        text("""
        INSERT INTO survey_wave (division_code, scheme_id, name, opens, closes, made_by)
        VALUES (:division, :scheme, :name, :opens, :closes, :made_by) RETURNING id
        """),
        row,
    )
    await session.execute(
        text("""
        INSERT INTO survey_stratum (wave_id, division_code, population, planned)
        SELECT :wave, * FROM unnest(CAST(:codes AS text[]), CAST(:populations AS integer[]),
                                    CAST(:planned AS integer[]))
        """),
        {
            "wave": wave,
            "codes": [one[0] for one in strata],
            "populations": [one[1] for one in strata],
            "planned": [one[2] for one in strata],
        },
    )
    return wave


async def wave(session: AsyncSession, wave_id: int) -> RowMapping | None:
    """A wave with what it asks, or none."""
    found = await session.execute(text(f"{_WAVE} WHERE w.id = :id"), {"id": wave_id})
    return found.mappings().first()


async def waves(session: AsyncSession, low: str, high: str, *, limit: int) -> Sequence[RowMapping]:
    """Waves of a range of divisions, newest first."""
    found = await session.execute(
        text(f"""{_WAVE} WHERE w.division_code >= :low AND w.division_code < :high
        ORDER BY w.opens DESC, w.id DESC LIMIT :limit"""),
        {"low": low, "high": high, "limit": limit},
    )
    return found.mappings().all()


async def strata(session: AsyncSession, waves: Iterable[int]) -> Sequence[RowMapping]:
    """Streets of the samples of waves, with how many answered."""
    return (await session.execute(_STRATA, {"waves": list(waves)})).mappings().all()


async def add_links(
    session: AsyncSession, wave_id: int, division: str, digests: Sequence[bytes]
) -> None:
    """Let so many households of a street answer."""
    await session.execute(
        text("""
        INSERT INTO survey_link (digest, wave_id, division_code)
        SELECT unnest(CAST(:digests AS bytea[])), :wave, :division
        """),
        {"digests": list(digests), "wave": wave_id, "division": division},
    )


async def link(session: AsyncSession, digest: bytes) -> RowMapping | None:
    """Wave and street of a link and whether it was used, locked; none if there is no such link."""
    found = await session.execute(
        text("""
        SELECT wave_id, division_code AS division, used FROM survey_link
        WHERE digest = :digest FOR UPDATE
        """),
        {"digest": digest},
    )
    return found.mappings().first()


async def use_link(session: AsyncSession, digest: bytes) -> None:
    """Write down that a link was used; not when."""
    await session.execute(
        text("UPDATE survey_link SET used = true WHERE digest = :digest"), {"digest": digest}
    )


async def add_caller(session: AsyncSession, wave_id: int, division: str, digest: bytes) -> bool:
    """Write down that a number was asked in a wave; whether it was not before."""
    added = await session.scalar(
        text("""
        INSERT INTO survey_caller (wave_id, division_code, digest)
        VALUES (:wave, :division, :digest) ON CONFLICT DO NOTHING RETURNING wave_id
        """),
        {"wave": wave_id, "division": division, "digest": digest},
    )
    return added is not None


async def add_answer(session: AsyncSession, row: Mapping[str, Any]) -> None:
    """Keep an answer."""
    await session.execute(_ADD_ANSWER, dict(row))


async def sums(
    session: AsyncSession, wave_id: int, asked: Sequence[tuple[str, str, float, float]]
) -> Sequence[RowMapping]:
    """Answers, mean and deviation of each indicator, dimension and the whole, street by street.

    Parameters
    ----------
    asked
        Each indicator: its code, its dimension's, its weight there and in the whole.
    """
    told = {
        "wave": wave_id,
        "indicators": [one[0] for one in asked],
        "dimensions": [one[1] for one in asked],
        "weights": [one[2] for one in asked],
        "overall": [one[3] for one in asked],
    }
    return (await session.execute(_SUMS, told)).mappings().all()

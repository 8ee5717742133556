"""SQL of indicators and declared figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import RowMapping, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

_SHOWN = """
SELECT i.code, i.division_code AS division, i.name, i.numerator, i.denominator, i.share,
       i.higher_is_better, i.per, i.source, i.responsible_role, i.target, i.changed_at
FROM indicator i
"""
_PUT = text("""
INSERT INTO indicator (division_code, code, name, numerator, denominator, share,
                       higher_is_better, per, source, responsible_role, target)
VALUES (:division, :code, :name, CAST(:numerator AS text[]), CAST(:denominator AS text[]), :share,
        :higher_is_better, :per, :source, :responsible_role, :target)
ON CONFLICT (division_code, code) DO UPDATE SET
    name = excluded.name, numerator = excluded.numerator, denominator = excluded.denominator,
    share = excluded.share, higher_is_better = excluded.higher_is_better, per = excluded.per,
    source = excluded.source, responsible_role = excluded.responsible_role,
    target = excluded.target, changed_at = clock_timestamp()
""")
_DECLARED = """
SELECT id, division_code AS division, title, source, since, until, counts, rates, declared_by,
       declared_at, body_sha256
FROM declaration
"""


async def innermost(
    session: AsyncSession, select: str, divisions: Iterable[str], code: str | None = None
) -> Sequence[RowMapping]:
    """Rows laid down for one of the divisions; of one code that of the innermost.

    Parameters
    ----------
    select
        Fixed SQL of a module: columns ``code`` and ``division`` among others, of one table with
        ``division_code``, without a WHERE.
    """
    # Of one code the nearest holds: the longest code, for it lies deepest, is the greatest.
    found = await session.execute(
        text(f"""
        SELECT DISTINCT ON (code) * FROM (
            {select} WHERE division_code = ANY (CAST(:divisions AS text[]))
        ) laid_down WHERE CAST(:code AS text) IS NULL OR code = CAST(:code AS text)
        ORDER BY code, division DESC
        """),  # noqa: S608 - fixed parts
        {"divisions": list(divisions), "code": code},
    )
    return found.mappings().all()


async def indicators(
    session: AsyncSession, divisions: Iterable[str], code: str | None = None
) -> Sequence[RowMapping]:
    """Indicators laid down for one of the divisions; of one code that of the innermost."""
    return await innermost(session, _SHOWN, divisions, code)


async def indicator_of(session: AsyncSession, division: str, code: str) -> RowMapping | None:
    """The indicator laid down for this very division, or none."""
    found = await session.execute(
        text(f"{_SHOWN} WHERE i.division_code = :division AND i.code = :code"),
        {"division": division, "code": code},
    )
    return found.mappings().first()


async def put_indicator(session: AsyncSession, row: dict[str, Any]) -> None:
    """Lay an indicator down for a division, in place of the one of its code."""
    await session.execute(_PUT, row)


async def remove_indicator(session: AsyncSession, division: str, code: str) -> None:
    """Take away what was laid down for a division."""
    await session.execute(
        text("DELETE FROM indicator WHERE division_code = :division AND code = :code"),
        {"division": division, "code": code},
    )


async def names_of(session: AsyncSession, by: str, keys: Iterable[str]) -> dict[str, str]:
    """Names of areas, units or matters by their codes; nothing for other groups."""
    statements = {
        "area": "SELECT code, name FROM division WHERE code = ANY (CAST(:keys AS text[]))",
        "unit": "SELECT code, name FROM unit WHERE code = ANY (CAST(:keys AS text[]))",
        "matter": "SELECT code, name FROM matter WHERE code = ANY (CAST(:keys AS text[]))",
    }
    if by not in statements:
        return {}
    found = await session.execute(text(statements[by]), {"keys": list(keys)})
    return {row.code: row.name for row in found}


async def add_declaration(session: AsyncSession, row: dict[str, Any]) -> int | None:
    """Keep declared figures; their id, or none when the client key was used before."""
    declaration_id: int | None = await session.scalar(
        text("""
        INSERT INTO declaration (division_code, title, source, since, until, counts, rates,
                                 declared_by, client_key, body_sha256)
        VALUES (:division, :title, :source, :since, :until, :counts, :rates, :declared_by,
                :client_key, :body_sha256)
        ON CONFLICT (declared_by, client_key) DO NOTHING RETURNING id
        """).bindparams(bindparam("counts", type_=JSONB), bindparam("rates", type_=JSONB)),
        row,
    )
    return declaration_id


async def declaration_by_key(
    session: AsyncSession, declared_by: str, client_key: str
) -> RowMapping | None:
    """What somebody declared under a key of theirs, or none."""
    found = await session.execute(
        text(f"{_DECLARED} WHERE declared_by = :by AND client_key = :key"),
        {"by": declared_by, "key": client_key},
    )
    return found.mappings().first()


async def declarations(
    session: AsyncSession, low: str, high: str, *, limit: int
) -> Sequence[RowMapping]:
    """Declared figures of a range of division codes, newest first."""
    found = await session.execute(
        text(f"""{_DECLARED} WHERE division_code >= :low AND division_code < :high
        ORDER BY since DESC, id DESC LIMIT :limit"""),
        {"low": low, "high": high, "limit": limit},
    )
    return found.mappings().all()

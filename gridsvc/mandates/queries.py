"""SQL of matters and powers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True)
class MatterRow:
    """A matter as dispatch needs it; `leaf` says that it has no sub-matters."""

    code: str
    name: str
    kind: str
    power_code: str | None
    leaf: bool


async def matter(session: AsyncSession, code: str) -> MatterRow | None:
    """A matter by its code, or none."""
    row = (
        (
            await session.execute(
                text("""
                SELECT m.code, m.name, m.kind, m.power_code,
                       NOT EXISTS (SELECT 1 FROM matter c WHERE c.parent_code = m.code) AS leaf
                FROM matter m WHERE m.code = :code
                """),
                {"code": code},
            )
        )
        .mappings()
        .first()
    )
    return MatterRow(**row) if row else None


async def matter_codes(session: AsyncSession) -> set[str]:
    """Codes of all matters."""
    return set(await session.scalars(text("SELECT code FROM matter")))


async def power_codes(session: AsyncSession) -> set[str]:
    """Codes of all powers."""
    return set(await session.scalars(text("SELECT code FROM power")))


async def upsert_powers(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Add powers or change them; rows have code, name, legal_basis, valid_from, valid_to."""
    await session.execute(
        text("""
        INSERT INTO power (code, name, legal_basis, valid_from, valid_to)
        VALUES (:code, :name, :legal_basis, :valid_from, :valid_to)
        ON CONFLICT (code) DO UPDATE SET name = excluded.name,
            legal_basis = excluded.legal_basis, valid_from = excluded.valid_from,
            valid_to = excluded.valid_to
        """),
        list(rows),
    )


async def upsert_matters(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Add matters or change them; rows have code, name, parent_code, kind, power_code."""
    await session.execute(
        text("""
        INSERT INTO matter (code, name, parent_code, kind, power_code)
        VALUES (:code, :name, :parent_code, :kind, :power_code)
        ON CONFLICT (code) DO UPDATE SET name = excluded.name,
            parent_code = excluded.parent_code, kind = excluded.kind,
            power_code = excluded.power_code
        """),
        list(rows),
    )

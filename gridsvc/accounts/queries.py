"""SQL of keeping accounts and their API keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession


async def any_account(session: AsyncSession) -> bool:
    """Whether there is any account beside those of the demonstration."""
    return bool(
        await session.scalar(text("SELECT EXISTS (SELECT FROM account WHERE NOT demonstration)"))
    )


async def any_sealed(session: AsyncSession) -> bool:
    """Whether the database holds anything that was sealed with a key."""
    return bool(
        await session.scalar(
            text("""
            SELECT EXISTS (SELECT FROM account) OR EXISTS (
                SELECT FROM person WHERE name_sealed NOT LIKE 'plain:%')
            """)
        )
    )


async def add_account(session: AsyncSession, **columns: Any) -> int | None:
    """Add an account; its id, or none when the login is taken.

    Columns: login, name_sealed, name_masked, roles, division_code, person_id, password_hash,
    must_change_password, demonstration.
    """
    account_id: int | None = await session.scalar(
        text("""
        INSERT INTO account (login, name_sealed, name_masked, roles, division_code, person_id,
                             password_hash, must_change_password, demonstration,
                             password_changed_at)
        VALUES (:login, :name_sealed, :name_masked, CAST(:roles AS text[]), :division_code,
                CAST(:person_id AS bigint), :password_hash, :must_change_password,
                :demonstration, now())
        ON CONFLICT (login) DO NOTHING RETURNING id
        """),
        columns,
    )
    return account_id


async def set_areas(session: AsyncSession, account_id: int, codes: Sequence[str]) -> None:
    """Replace the areas of an account."""
    await session.execute(
        text("DELETE FROM account_area WHERE account_id = :id"), {"id": account_id}
    )
    await session.execute(
        text(
            "INSERT INTO account_area (account_id, division_code)"
            " SELECT :id, unnest(CAST(:codes AS text[]))"
        ),
        {"id": account_id, "codes": list(codes)},
    )


async def set_matters(session: AsyncSession, account_id: int, codes: Sequence[str]) -> None:
    """Replace the matters of an account."""
    await session.execute(
        text("DELETE FROM account_matter WHERE account_id = :id"), {"id": account_id}
    )
    await session.execute(
        text(
            "INSERT INTO account_matter (account_id, matter_code)"
            " SELECT :id, unnest(CAST(:codes AS text[]))"
        ),
        {"id": account_id, "codes": list(codes)},
    )


_SHOWN = """
SELECT a.id, a.login, a.name_masked AS name, a.roles, a.division_code, p.code AS person_code,
       a.unit_code AS unit,
       ARRAY(SELECT r.division_code FROM account_area r WHERE r.account_id = a.id ORDER BY 1)
           AS areas,
       ARRAY(SELECT m.matter_code FROM account_matter m WHERE m.account_id = a.id ORDER BY 1)
           AS matters,
       a.second_factor_sealed IS NOT NULL AS second_factor, a.demonstration, a.created_at,
       a.disabled_at
FROM account a
LEFT JOIN person p ON p.id = a.person_id
"""


async def accounts(session: AsyncSession, *, limit: int, offset: int) -> list[RowMapping]:
    """Accounts in the order of their logins; names are masked."""
    result = await session.execute(
        text(f"{_SHOWN} ORDER BY a.login LIMIT :limit OFFSET :offset"),
        {"limit": limit, "offset": offset},
    )
    return list(result.mappings())


async def count_accounts(session: AsyncSession) -> int:
    """How many accounts there are."""
    return int(await session.scalar(text("SELECT count(*) FROM account")) or 0)


async def account(session: AsyncSession, login: str, *, lock: bool = False) -> RowMapping | None:
    """An account by the name it signs in by, or none; its name is masked."""
    statement = f"{_SHOWN} WHERE a.login = :login" + (" FOR UPDATE OF a" if lock else "")
    return (await session.execute(text(statement), {"login": login})).mappings().first()


async def change_account(
    session: AsyncSession, account_id: int, *, roles: Sequence[str], disabled: bool
) -> None:
    """Change what an account is for, and whether it may sign in."""
    await session.execute(
        text("""
        UPDATE account SET roles = CAST(:roles AS text[]),
            disabled_at = CASE WHEN :disabled THEN coalesce(disabled_at, now()) END
        WHERE id = :id
        """),
        {"id": account_id, "roles": list(roles), "disabled": disabled},
    )


async def set_unit(session: AsyncSession, account_id: int, code: str | None) -> None:
    """Say which unit an account acts for; none = every one of its areas."""
    await session.execute(
        text("UPDATE account SET unit_code = CAST(:code AS text) WHERE id = :id"),
        {"id": account_id, "code": code},
    )


async def division_of_unit(session: AsyncSession, code: str) -> str | None:
    """Division of a unit that is on the list today; or none."""
    division: str | None = await session.scalar(
        text("""
        SELECT division_code FROM unit WHERE code = :code AND valid_from <= current_date
          AND coalesce(valid_to > current_date, true)
        """),
        {"code": code},
    )
    return division


async def person_id_of(session: AsyncSession, code: str) -> int | None:
    """Database id of a grid worker, liaison or officer; or none."""
    person_id: int | None = await session.scalar(
        text("SELECT id FROM person WHERE code = :code"), {"code": code}
    )
    return person_id


async def unknown_matters(session: AsyncSession, codes: Sequence[str]) -> list[str]:
    """Those of the codes that are no matter."""
    rows = await session.scalars(
        text(
            "SELECT code FROM unnest(CAST(:codes AS text[])) AS asked (code)"
            " WHERE NOT EXISTS (SELECT FROM matter m WHERE m.code = asked.code) ORDER BY code"
        ),
        {"codes": list(codes)},
    )
    return list(rows)


async def add_key(session: AsyncSession, **columns: Any) -> int:
    """Add an API key (digest, beginning, account_id, label, permissions, expires_at); its id."""
    key_id = await session.scalar(
        text("""
        INSERT INTO api_key (digest, beginning, account_id, label, permissions, expires_at)
        VALUES (:digest, :beginning, :account_id, :label, CAST(:permissions AS text[]),
                CAST(:expires_at AS timestamptz))
        RETURNING id
        """),
        columns,
    )
    return int(key_id)


async def keys(session: AsyncSession, account_id: int) -> list[RowMapping]:
    """Keys of an account, newest first, without their digests."""
    result = await session.execute(
        text("""
        SELECT id, beginning, label, permissions, created_at, expires_at, revoked_at, used_at
        FROM api_key WHERE account_id = :id ORDER BY id DESC
        """),
        {"id": account_id},
    )
    return list(result.mappings())


async def revoke_key(session: AsyncSession, account_id: int, key_id: int) -> bool:
    """Let a key of an account open nothing any more; whether there was such a key."""
    found = await session.scalar(
        text("""
        UPDATE api_key SET revoked_at = coalesce(revoked_at, now())
        WHERE id = :key_id AND account_id = :account_id RETURNING id
        """),
        {"key_id": key_id, "account_id": account_id},
    )
    return found is not None

"""SQL of signing in: who an account is, its tries, its browsers, its provider."""

from __future__ import annotations

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

# Areas and matters come with the account: one round trip for every request. A department's
# matters are listed with all their sub-matters.
_WHO = """
SELECT a.id, a.login, a.roles, a.person_id, p.code AS person_code, a.unit_code, a.demonstration,
       a.must_change_password, a.second_factor_sealed IS NOT NULL AS has_second_factor,
       a.oidc_subject IS NOT NULL AS openid,
       ARRAY(SELECT r.division_code FROM account_area r WHERE r.account_id = a.id ORDER BY 1)
           AS areas,
       CASE WHEN 'department' = ANY (a.roles) THEN ARRAY(
           WITH RECURSIVE below AS (
               SELECT m.matter_code AS code FROM account_matter m WHERE m.account_id = a.id
               UNION
               SELECT c.code FROM matter c JOIN below b ON c.parent_code = b.code)
           SELECT code FROM below ORDER BY code) END AS matters
"""
_FROM = """
FROM account a
LEFT JOIN person p ON p.id = a.person_id
"""
_BY_ID = text(f"{_WHO} {_FROM} WHERE a.id = :id AND a.disabled_at IS NULL")
_BY_SESSION = text(f"""
{_WHO}, s.csrf, s.step, s.seen_at < now() - interval '1 minute' AS stale
{_FROM} JOIN login_session s ON s.account_id = a.id
WHERE s.digest = :digest AND a.disabled_at IS NULL
  AND s.seen_at > now() - make_interval(secs => :idle_s)
  AND s.created_at > now() - make_interval(secs => :most_s)
""")
_BY_KEY = text(f"""
{_WHO}, k.id AS key_id, k.permissions,
       k.used_at IS NULL OR k.used_at < now() - interval '1 minute' AS stale
{_FROM} JOIN api_key k ON k.account_id = a.id
WHERE k.digest = :digest AND a.disabled_at IS NULL AND k.revoked_at IS NULL
  AND (k.expires_at IS NULL OR k.expires_at > now())
""")


async def by_id(session: AsyncSession, account_id: int) -> RowMapping | None:
    """An account that is not disabled, with its areas and matters; or none."""
    return (await session.execute(_BY_ID, {"id": account_id})).mappings().first()


async def by_session(
    session: AsyncSession, digest: bytes, *, idle_s: int, most_s: int
) -> RowMapping | None:
    """The account of a browser session that has not run out; or none."""
    parameters = {"digest": digest, "idle_s": idle_s, "most_s": most_s}
    return (await session.execute(_BY_SESSION, parameters)).mappings().first()


async def by_key(session: AsyncSession, digest: bytes) -> RowMapping | None:
    """The account of an API key that is neither revoked nor run out; or none."""
    return (await session.execute(_BY_KEY, {"digest": digest})).mappings().first()


async def touch_session(session: AsyncSession, digest: bytes) -> None:
    """Write that a browser session was used."""
    await session.execute(
        text("UPDATE login_session SET seen_at = now() WHERE digest = :digest"), {"digest": digest}
    )


async def touch_key(session: AsyncSession, key_id: int) -> None:
    """Write that a key was used."""
    await session.execute(text("UPDATE api_key SET used_at = now() WHERE id = :id"), {"id": key_id})


async def credentials(session: AsyncSession, login: str) -> RowMapping | None:
    """What signing in by a name needs, locked so that tries are counted one by one; or none."""
    return (
        (
            await session.execute(
                text("""
                SELECT id, login, roles, password_hash, must_change_password, demonstration,
                       second_factor_sealed, second_factor_step,
                       second_factor_sealed IS NOT NULL AS has_second_factor,
                       oidc_subject IS NOT NULL AS openid,
                       locked_until IS NOT NULL AND locked_until > now() AS locked
                FROM account WHERE login = :login AND disabled_at IS NULL FOR UPDATE
                """),
                {"login": login},
            )
        )
        .mappings()
        .first()
    )


async def count_failure(
    session: AsyncSession, account_id: int, *, lock_after: int, lock_s: int
) -> None:
    """Count a wrong try, and lock the account for a while after so many."""
    await session.execute(
        text("""
        UPDATE account SET
            failed_count = CASE WHEN failed_count + 1 >= :lock_after THEN 0
                                ELSE failed_count + 1 END,
            locked_until = CASE WHEN failed_count + 1 >= :lock_after
                                THEN now() + make_interval(secs => :lock_s)
                                ELSE locked_until END
        WHERE id = :id
        """),
        {"id": account_id, "lock_after": lock_after, "lock_s": lock_s},
    )


async def forget_failures(session: AsyncSession, account_id: int) -> None:
    """Begin to count wrong tries anew."""
    await session.execute(
        text("UPDATE account SET failed_count = 0, locked_until = NULL WHERE id = :id"),
        {"id": account_id},
    )


async def use_code(session: AsyncSession, account_id: int, step: int) -> bool:
    """Take a code of the second factor; whether it was not taken before."""
    taken = await session.scalar(
        text("""
        UPDATE account SET second_factor_step = :step
        WHERE id = :id AND (second_factor_step IS NULL OR second_factor_step < :step)
        RETURNING id
        """),
        {"id": account_id, "step": step},
    )
    return taken is not None


async def set_second_factor(
    session: AsyncSession, account_id: int, sealed: str | None, step: int | None
) -> None:
    """Keep the sealed secret of a second factor, or take it away."""
    await session.execute(
        text(
            "UPDATE account SET second_factor_sealed = :sealed, second_factor_step = :step"
            " WHERE id = :id"
        ),
        {"id": account_id, "sealed": sealed, "step": step},
    )


async def set_password(
    session: AsyncSession, account_id: int, password_hash: str, *, must_change: bool
) -> None:
    """Keep a new password; every browser that is signed in must sign in again."""
    await session.execute(
        text("""
        UPDATE account SET password_hash = :hash, must_change_password = :must_change,
            password_changed_at = now(), failed_count = 0, locked_until = NULL
        WHERE id = :id
        """),
        {"id": account_id, "hash": password_hash, "must_change": must_change},
    )
    await end_sessions(session, account_id)


async def add_session(
    session: AsyncSession, account_id: int, digest: bytes, csrf: str, *, step: str
) -> None:
    """Remember a browser that is signed in, or half way."""
    await session.execute(
        text("""
        INSERT INTO login_session (digest, account_id, csrf, step)
        VALUES (:digest, :account_id, :csrf, :step)
        """),
        {"digest": digest, "account_id": account_id, "csrf": csrf, "step": step},
    )


async def end_session(session: AsyncSession, digest: bytes) -> None:
    """Forget a browser."""
    await session.execute(
        text("DELETE FROM login_session WHERE digest = :digest"), {"digest": digest}
    )


async def end_sessions(session: AsyncSession, account_id: int) -> None:
    """Forget every browser of an account."""
    await session.execute(
        text("DELETE FROM login_session WHERE account_id = :id"), {"id": account_id}
    )


async def oidc_account(session: AsyncSession, issuer: str, subject: str) -> int | None:
    """Account that is bound to a person at an OpenID provider; or none."""
    account_id: int | None = await session.scalar(
        text("""
        SELECT id FROM account
        WHERE oidc_issuer = :issuer AND oidc_subject = :subject AND disabled_at IS NULL
        """),
        {"issuer": issuer, "subject": subject},
    )
    return account_id


async def bind_oidc(session: AsyncSession, login: str, *, issuer: str, subject: str) -> int | None:
    """Bind an account that has no password and no provider yet; its id, or none."""
    account_id: int | None = await session.scalar(
        text("""
        UPDATE account SET oidc_issuer = :issuer, oidc_subject = :subject
        WHERE login = :login AND oidc_subject IS NULL AND password_hash IS NULL
          AND disabled_at IS NULL AND NOT demonstration
        RETURNING id
        """),
        {"login": login, "issuer": issuer, "subject": subject},
    )
    return account_id

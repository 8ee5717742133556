"""SQL of briefings that were ordered; row-level security applies, and each is its account's own."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

_COLUMNS = """id, division_code, asked, state, share, reason, pages, octet_length(content) AS bytes,
       ordered_at, expires_at"""
_OPEN = "state IN ('waiting', 'drawing')"


async def add(
    session: AsyncSession, account_id: int, division_code: str, asked: dict[str, Any], keep_h: float
) -> int:
    """A new order; its id."""
    found: int = await session.scalar(
        text("""
        INSERT INTO briefing (account_id, division_code, asked, expires_at)
        VALUES (:account, :division, CAST(:asked AS jsonb), now() + make_interval(secs => :keep_s))
        RETURNING id
        """),
        {
            "account": account_id,
            "division": division_code,
            "asked": json.dumps(asked, ensure_ascii=False),
            "keep_s": keep_h * 3600,
        },
    )
    return found


async def unfinished(session: AsyncSession, account_id: int) -> int:
    """Orders of an account that are not finished; no other is added until the transaction ends."""
    await session.execute(
        text("SELECT id FROM account WHERE id = :account FOR NO KEY UPDATE"),
        {"account": account_id},
    )
    number: int = await session.scalar(
        text(f"SELECT count(*) FROM briefing WHERE account_id = :account AND {_OPEN}"),  # noqa: S608
        {"account": account_id},
    )
    return number


async def of_account(session: AsyncSession, account_id: int, limit: int) -> list[RowMapping]:
    """The newest orders of an account."""
    rows = await session.execute(
        text(
            f"SELECT {_COLUMNS} FROM briefing WHERE account_id = :account"  # noqa: S608
            " ORDER BY id DESC LIMIT :limit"
        ),
        {"account": account_id, "limit": limit},
    )
    return list(rows.mappings())


async def one(session: AsyncSession, account_id: int, briefing_id: int) -> RowMapping | None:
    """An order of an account; none if there is no such, or it is somebody else's."""
    rows = await session.execute(
        text(
            f"SELECT {_COLUMNS} FROM briefing"  # noqa: S608
            " WHERE id = :id AND account_id = :account"
        ),
        {"id": briefing_id, "account": account_id},
    )
    return rows.mappings().first()


async def content(session: AsyncSession, briefing_id: int) -> bytes | None:
    """The file of an order that is done and has not expired."""
    found: bytes | None = await session.scalar(
        text("SELECT content FROM briefing WHERE id = :id AND expires_at > now()"),
        {"id": briefing_id},
    )
    return found


async def cancel(session: AsyncSession, briefing_id: int) -> bool:
    """Cancel an order that is not finished; whether there was something to cancel."""
    changed = await session.execute(
        text(f"UPDATE briefing SET state = 'cancelled' WHERE id = :id AND {_OPEN} RETURNING id"),  # noqa: S608
        {"id": briefing_id},
    )
    return changed.first() is not None


async def remove(session: AsyncSession, briefing_id: int) -> None:
    """Forget an order and its file."""
    await session.execute(text("DELETE FROM briefing WHERE id = :id"), {"id": briefing_id})


# ---- whoever draws ------------------------------------------------------------------------


async def take_up(session: AsyncSession, briefing_id: int) -> RowMapping | None:
    """Take up an order; none if it is finished or cancelled."""
    rows = await session.execute(
        text(f"""
        UPDATE briefing SET state = 'drawing', share = 0, seen_at = now()
        WHERE id = :id AND {_OPEN} RETURNING account_id, division_code, asked
        """),  # noqa: S608
        {"id": briefing_id},
    )
    return rows.mappings().first()


async def tell_share(session: AsyncSession, briefing_id: int, share: float) -> bool:
    """Say how much is drawn; whether it is still wanted."""
    changed = await session.execute(
        text(
            "UPDATE briefing SET share = :share, seen_at = now()"
            " WHERE id = :id AND state = 'drawing' RETURNING id"
        ),
        {"id": briefing_id, "share": share},
    )
    return changed.first() is not None


async def finish(
    session: AsyncSession, briefing_id: int, file: bytes, pages: int, keep_h: float
) -> None:
    """Keep the file of an order from now on; one that was cancelled meanwhile stays so."""
    await session.execute(
        text("""
        UPDATE briefing SET state = 'done', share = 1, content = :file, pages = :pages,
            expires_at = now() + make_interval(secs => :keep_s)
        WHERE id = :id AND state = 'drawing'
        """),
        {"id": briefing_id, "file": file, "pages": pages, "keep_s": keep_h * 3600},
    )


async def fail(session: AsyncSession, briefing_id: int, reason: str) -> None:
    """Say why an order could not be drawn."""
    await session.execute(
        text(
            "UPDATE briefing SET state = 'failed', reason = :reason"
            " WHERE id = :id AND state = 'drawing'"
        ),
        {"id": briefing_id, "reason": reason},
    )


async def left_behind(session: AsyncSession, silent_s: float) -> list[int]:
    """Orders whose drawer has not been heard of for so long; from now on they wait again."""
    rows = await session.scalars(
        text("""
        UPDATE briefing SET state = 'waiting', share = 0
        WHERE state = 'drawing' AND seen_at < now() - make_interval(secs => :silent_s)
        RETURNING id
        """),
        {"silent_s": silent_s},
    )
    return list(rows)


async def drop_expired(session: AsyncSession) -> int:
    """Forget what has expired, file and order; how many."""
    rows = await session.scalars(text("DELETE FROM briefing WHERE expires_at < now() RETURNING id"))
    return len(list(rows))

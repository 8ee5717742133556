"""SQL of channels, subscriptions, notices and deliveries."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.notices.kinds import AGAIN

# Who is named is told, whatever they may see otherwise; who only wants to be told must still be
# somebody who may see events there, all of them: neither closed nor limited to some.
_TELL = text("""
WITH owner AS (
    SELECT a.id AS account_id, CAST(NULL AS text) AS unit_code,
           CAST(NULL AS bigint) AS household_id, a.division_code
    FROM account a
    WHERE a.disabled_at IS NULL
      AND (a.id = ANY(CAST(:accounts AS bigint[])) OR a.person_id = ANY(CAST(:people AS bigint[])))
    UNION
    SELECT a.id, NULL, NULL, a.division_code
    FROM micro_grid m
    CROSS JOIN LATERAL (
        SELECT person_id FROM micro_grid_post WHERE micro_grid_id = m.id
        UNION SELECT person_id FROM grid_post WHERE grid_id = m.grid_id
    ) post
    JOIN account a ON a.person_id = post.person_id AND a.disabled_at IS NULL
    WHERE m.code = :cell AND m.valid @> now()
      AND a.person_id IS DISTINCT FROM CAST(:without AS bigint)
    UNION
    SELECT a.id, NULL, NULL, a.division_code FROM account a
    WHERE a.disabled_at IS NULL AND a.roles && CAST(:named_roles AS text[])
      AND a.id IS DISTINCT FROM CAST(:but AS bigint)
      AND EXISTS (SELECT FROM account_area r WHERE r.account_id = a.id
                  AND r.division_code = ANY(CAST(:named_areas AS text[])))
    UNION
    SELECT NULL, unit.code, NULL, :division FROM unnest(CAST(:units AS text[])) AS unit (code)
    UNION
    SELECT NULL, NULL, c.household_id, c.division_code FROM channel c
    WHERE c.household_id = ANY(CAST(:households AS bigint[]))
    UNION
    SELECT a.id, NULL, NULL, a.division_code
    FROM subscription s JOIN account a ON a.id = s.account_id
    WHERE s.kind = :kind AND s.division_code = ANY(CAST(:areas AS text[]))
      AND a.disabled_at IS NULL
      AND a.roles && CAST(:roles AS text[])
      AND EXISTS (SELECT FROM account_area r WHERE r.account_id = a.id
                  AND r.division_code = ANY(CAST(:areas AS text[])))
    UNION
    SELECT NULL, s.unit_code, NULL, :division FROM subscription s
    WHERE s.kind = :kind AND s.unit_code IS NOT NULL
      AND s.division_code = ANY(CAST(:areas AS text[]))
), told AS (
    INSERT INTO notice (division_code, account_id, unit_code, household_id, kind, subject_type,
                        subject_id, occasion, facts)
    SELECT division_code, account_id, unit_code, household_id, :kind, :subject_type, :subject_id,
           :occasion, CAST(:facts AS jsonb)
    FROM owner
    ON CONFLICT ON CONSTRAINT uq_notice_once DO NOTHING
    RETURNING id, account_id, unit_code, household_id, division_code
), sent AS (
    INSERT INTO delivery (notice_id, channel_id, division_code)
    SELECT t.id, c.id, t.division_code
    FROM told t
    JOIN channel c ON c.account_id = t.account_id OR c.unit_code = t.unit_code
                   OR c.household_id = t.household_id
    WHERE c.kinds IS NULL OR :kind = ANY(c.kinds)
)
SELECT count(*) FROM told
""")

# The oldest of each channel: one channel with much to tell holds up no other, and the count of
# its last hour is exact.
_CLAIM = text("""
WITH due AS MATERIALIZED (
    SELECT id FROM (
        SELECT d.id, d.channel_id, d.next_at,
               row_number() OVER (PARTITION BY d.channel_id ORDER BY d.next_at, d.id) AS place
        FROM delivery d WHERE d.state = 'waiting' AND d.next_at <= now()
    ) AS waiting
    WHERE place = 1 AND (
        SELECT count(*) FROM delivery o
        WHERE o.channel_id = waiting.channel_id AND o.sent_at > now() - interval '1 hour'
    ) < :most_per_hour
    ORDER BY next_at LIMIT :most
), taken AS MATERIALIZED (
    SELECT d.id FROM delivery d JOIN due ON due.id = d.id
    WHERE d.state = 'waiting' AND d.next_at <= now() FOR UPDATE OF d SKIP LOCKED
)
UPDATE delivery d SET state = 'sending', attempts = d.attempts + 1,
    next_at = now() + make_interval(secs => :lease_s)
FROM taken, notice n, channel c
WHERE d.id = taken.id AND n.id = d.notice_id AND c.id = d.channel_id
RETURNING d.id, d.attempts, n.id AS notice_id, n.kind, n.subject_id, n.facts, c.service,
          c.url_sealed, c.language, c.quiet_from, c.quiet_to, now() AS now
""")
# Only whoever has it in hand says what became of it: a worker that was lost and comes back does
# not overrule the next one.
_SETTLE = text("""
UPDATE delivery SET state = :state, failure = :failure,
    next_at = CASE WHEN :state = 'waiting' THEN now() + make_interval(secs => :wait_s)
                   ELSE next_at END,
    sent_at = CASE WHEN :state = 'sent' THEN now() END
WHERE id = :id AND state = 'sending' AND attempts = :attempts
""")
_POSTPONE = text("""
UPDATE delivery SET state = 'waiting', attempts = attempts - 1, next_at = :until
WHERE id = :id AND state = 'sending' AND attempts = :attempts
""")
_LOST = text("""
UPDATE delivery d
SET state = CASE WHEN n.kind = ANY(CAST(:again AS text[])) THEN 'waiting' ELSE 'unsure' END,
    next_at = now(), failure = 'the worker was lost while sending'
FROM notice n
WHERE n.id = d.notice_id AND d.state = 'sending' AND d.next_at < now()
RETURNING d.id
""")


async def tell(session: AsyncSession, *, facts: Mapping[str, str], **asked: Any) -> int:
    """Write a notice for everybody it is for, and its deliveries; how many are new.

    Asked: kind, subject_type, subject_id, occasion; accounts, people, cell and without, units,
    households, named_roles (but one account) and named_areas of whom it is for; division, areas
    (the division and all it lies in) and roles (that may see every event there) for those who
    want to be told.
    """
    written = json.dumps(dict(facts), ensure_ascii=False)
    return int(await session.scalar(_TELL, asked | {"facts": written}) or 0)


async def claim(
    session: AsyncSession, *, most: int, most_per_hour: int, lease_s: float
) -> list[RowMapping]:
    """Deliveries that are due, taken in hand for so many seconds."""
    asked = {"most": most, "most_per_hour": most_per_hour, "lease_s": lease_s}
    return list((await session.execute(_CLAIM, asked)).mappings())


async def settle(
    session: AsyncSession,
    row: RowMapping,
    *,
    state: str,
    failure: str | None = None,
    wait_s: float = 0.0,
) -> None:
    """Write what became of a delivery that was taken in hand."""
    await session.execute(
        _SETTLE,
        {
            "id": row["id"],
            "attempts": row["attempts"],
            "state": state,
            "failure": failure,
            "wait_s": wait_s,
        },
    )


async def postpone(session: AsyncSession, row: RowMapping, until: datetime) -> None:
    """Put a delivery back that was taken in hand; it counts as no attempt."""
    await session.execute(_POSTPONE, {"id": row["id"], "attempts": row["attempts"], "until": until})


async def recover_lost(session: AsyncSession) -> int:
    """Take up, or leave to people, what a lost worker had in hand; how many."""
    return len((await session.execute(_LOST, {"again": list(AGAIN)})).all())


async def page(
    session: AsyncSession, account_id: int, *, unread: bool, limit: int
) -> tuple[list[RowMapping], int]:
    """Notices of an account, newest first, and how many are unread in all."""
    rows = await session.execute(
        text("""
        SELECT id, kind, subject_type, subject_id, facts, created_at, read_at FROM notice
        WHERE account_id = :id AND (read_at IS NULL OR NOT :unread) ORDER BY id DESC LIMIT :limit
        """),
        {"id": account_id, "unread": unread, "limit": limit},
    )
    waiting = await session.scalar(
        text("SELECT count(*) FROM notice WHERE account_id = :id AND read_at IS NULL"),
        {"id": account_id},
    )
    return list(rows.mappings()), int(waiting or 0)


async def mark_read(session: AsyncSession, account_id: int, *, up_to: int, only: bool) -> int:
    """Mark notices of an account as read: one, or all up to it; how many there are of these."""
    rows = await session.execute(
        text("""
        UPDATE notice SET read_at = coalesce(read_at, now())
        WHERE account_id = :account_id AND (id = :id OR NOT :only AND id < :id) RETURNING id
        """),
        {"account_id": account_id, "id": up_to, "only": only},
    )
    return len(rows.all())


_CHANNEL = """
SELECT c.id, c.division_code, c.unit_code, c.service, c.kinds, c.language, c.quiet_from,
       c.quiet_to, c.created_at
FROM channel c
"""


async def channels(
    session: AsyncSession, *, account_id: int | None = None, unit_code: str | None = None
) -> list[RowMapping]:
    """Channels of an account, or of a unit, oldest first, without their addresses."""
    rows = await session.execute(
        text(
            f"{_CHANNEL} WHERE c.account_id = CAST(:account AS bigint)"
            " OR c.unit_code = CAST(:unit AS text) ORDER BY c.id"
        ),
        {"account": account_id, "unit": unit_code},
    )
    return list(rows.mappings())


async def unit_channels(session: AsyncSession) -> list[RowMapping]:
    """Channels of all units that are seen, without their addresses."""
    rows = await session.execute(
        text(f"{_CHANNEL} WHERE c.unit_code IS NOT NULL ORDER BY c.unit_code, c.id")
    )
    return list(rows.mappings())


async def account_division(session: AsyncSession, account_id: int) -> str:
    """Division an account is kept in, locked: its channels are counted."""
    found = await session.scalar(
        text("SELECT division_code FROM account WHERE id = :id FOR UPDATE"), {"id": account_id}
    )
    return str(found)


async def add_channel(
    session: AsyncSession,
    *,
    division_code: str,
    account_id: int | None,
    unit_code: str | None,
    service: str,
    url_sealed: str,
    settings: Mapping[str, Any],
) -> int:
    """Add a channel; its id. Settings: kinds, language, quiet_from, quiet_to."""
    added = await session.scalar(
        text("""
        INSERT INTO channel (division_code, account_id, unit_code, service, url_sealed, kinds,
                             language, quiet_from, quiet_to)
        VALUES (:division_code, CAST(:account_id AS bigint), :unit_code, :service, :url_sealed,
                CAST(:kinds AS text[]), :language, CAST(:quiet_from AS time),
                CAST(:quiet_to AS time))
        RETURNING id
        """),
        {
            "division_code": division_code,
            "account_id": account_id,
            "unit_code": unit_code,
            "service": service,
            "url_sealed": url_sealed,
        }
        | dict(settings),
    )
    return int(added)


async def remove_channel(
    session: AsyncSession, channel_id: int, *, account_id: int, of_units: bool
) -> bool:
    """Take an account's own channel away, or one of a unit; whether there was such a one."""
    found = await session.scalar(
        text("""
        DELETE FROM channel WHERE id = :id
          AND (account_id = :account_id OR :of_units AND unit_code IS NOT NULL) RETURNING id
        """),
        {"id": channel_id, "account_id": account_id, "of_units": of_units},
    )
    return found is not None


async def subscriptions(session: AsyncSession, account_id: int) -> list[RowMapping]:
    """What an account wants to be told of: kind and division."""
    rows = await session.execute(
        text(
            "SELECT kind, division_code AS division FROM subscription WHERE account_id = :id"
            " ORDER BY kind, division_code"
        ),
        {"id": account_id},
    )
    return list(rows.mappings())


async def set_subscriptions(
    session: AsyncSession, account_id: int, wanted: Sequence[tuple[str, str]]
) -> None:
    """Replace what an account wants to be told of: pairs of kind and division."""
    await session.execute(
        text("DELETE FROM subscription WHERE account_id = :id"), {"id": account_id}
    )
    await session.execute(
        text("""
        INSERT INTO subscription (account_id, kind, division_code)
        SELECT DISTINCT CAST(:id AS bigint), *
        FROM unnest(CAST(:kinds AS text[]), CAST(:divisions AS text[]))
        """),
        {"id": account_id, "kinds": [k for k, _ in wanted], "divisions": [d for _, d in wanted]},
    )


async def undelivered(session: AsyncSession, *, limit: int) -> list[RowMapping]:
    """Deliveries nobody will try again by themselves, newest first."""
    rows = await session.execute(
        text("""
        SELECT d.id, d.division_code, d.state, d.attempts, d.failure, n.kind, n.created_at,
               c.service, a.login, n.unit_code
        FROM delivery d JOIN notice n ON n.id = d.notice_id JOIN channel c ON c.id = d.channel_id
        LEFT JOIN account a ON a.id = n.account_id
        WHERE d.state IN ('dead', 'unsure') ORDER BY d.id DESC LIMIT :limit
        """),
        {"limit": limit},
    )
    return list(rows.mappings())


async def try_again(session: AsyncSession, delivery_id: int) -> bool:
    """Put a delivery that was given up back into the line; whether there was such a one."""
    found = await session.scalar(
        text("""
        UPDATE delivery SET state = 'waiting', attempts = 0, next_at = now()
        WHERE id = :id AND state IN ('dead', 'unsure') RETURNING id
        """),
        {"id": delivery_id},
    )
    return found is not None

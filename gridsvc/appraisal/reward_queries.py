"""SQL of rewards."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

_RULE = """
SELECT id, division_code AS division, code, name, at_state, unit, amount, daily_cap, most_untrue,
       matter_code AS matter, since, until
FROM reward_rule
"""
# Citizens alone: whoever works in the grids reports because it is their work.
_CANDIDATES = text("""
WITH RECURSIVE asked (code) AS (
    SELECT code FROM matter WHERE code = CAST(:matter AS text) OR CAST(:matter AS text) IS NULL
    UNION SELECT m.code FROM matter m JOIN asked a ON m.parent_code = a.code
), came AS (
    SELECT h.event_id, min(h.at) AS at FROM event_history h
    WHERE h.to_state = :at_state AND h.at >= :since
      AND h.at < coalesce(CAST(:until AS timestamptz), 'infinity')
      AND h.division_code >= :low AND h.division_code < :high
    GROUP BY h.event_id
)
SELECT c.event_id AS event, e.reported_by AS account, e.division_code AS division,
       CAST(c.at AT TIME ZONE :zone AS date) AS day,
       EXISTS (SELECT FROM duplicate_link d
               WHERE d.event_id = e.id AND d.unlinked_at IS NULL) AS duplicate,
       (SELECT count(*) FROM event o JOIN event_history h ON h.event_id = o.id
        WHERE o.reported_by = e.reported_by AND h.to_state = 'REJECTED' AND h.reason = 'untrue'
          AND h.at > c.at - interval '30 days' AND h.at <= c.at) AS untrue
FROM came c JOIN event e ON e.id = c.event_id
JOIN account a ON a.id = e.reported_by AND a.roles = ARRAY['citizen']
WHERE e.matter_code IN (SELECT code FROM asked)
  AND NOT EXISTS (SELECT FROM reward r WHERE r.rule_id = :rule AND r.event_id = e.id)
ORDER BY c.at, c.event_id
""")
_EARNED = text("""
SELECT r.account_id AS account, CAST(h.at AT TIME ZONE :zone AS date) AS day, count(*) AS number
FROM reward r JOIN LATERAL (
    SELECT min(at) AS at FROM event_history
    WHERE event_id = r.event_id AND to_state = :at_state AND at >= :since) h ON true
WHERE r.rule_id = :rule AND r.state <> 'REFUSED'
  AND r.account_id = ANY (CAST(:accounts AS bigint[]))
GROUP BY 1, 2
""")
_ADD = text("""
INSERT INTO reward (rule_id, event_id, account_id, division_code, unit, amount, state,
                    refused_because, transaction_id)
SELECT :rule, n.event, n.account, n.division, :unit, :amount,
       CASE WHEN n.because IS NULL THEN 'GRANTED' ELSE 'REFUSED' END, n.because,
       CASE WHEN n.because IS NULL THEN CAST(:transaction AS bigint) END
FROM unnest(CAST(:events AS bigint[]), CAST(:accounts AS bigint[]), CAST(:divisions AS text[]),
            CAST(:becauses AS text[])) AS n (event, account, division, because)
""")
_REWARD = """
SELECT r.id, u.code AS rule, r.event_id, r.account_id, r.division_code, r.unit, r.amount, r.state,
       r.refused_because, r.reference, r.decided_at, r.paid_at, u.division_code AS rule_division
FROM reward r JOIN reward_rule u ON u.id = r.rule_id
"""


async def add_rule(session: AsyncSession, row: dict[str, Any]) -> bool:
    """Lay down a rule; false if the division has one of its code."""
    added = await session.scalar(
        text("""
        INSERT INTO reward_rule (division_code, code, name, at_state, unit, amount, daily_cap,
                                 most_untrue, matter_code)
        VALUES (:division, :code, :name, :at_state, :unit, :amount, :daily_cap, :most_untrue,
                :matter)
        ON CONFLICT (division_code, code) DO NOTHING RETURNING id
        """),
        row,
    )
    return added is not None


async def rules(
    session: AsyncSession, low: str, high: str, code: str | None = None
) -> Sequence[RowMapping]:
    """Rules of a range of divisions."""
    found = await session.execute(
        text(f"""{_RULE} WHERE division_code >= :low AND division_code < :high
        AND (CAST(:code AS text) IS NULL OR code = CAST(:code AS text)) ORDER BY id"""),
        {"low": low, "high": high, "code": code},
    )
    return found.mappings().all()


async def hold_rule(session: AsyncSession, rule: int) -> None:
    """Let nobody else give by a rule until this transaction ends."""
    await session.execute(
        text("SELECT id FROM reward_rule WHERE id = :id FOR UPDATE"), {"id": rule}
    )


async def candidates(session: AsyncSession, **asked: Any) -> Sequence[RowMapping]:
    """Reports of citizens that came to a rule's state and were not decided, in that order."""
    return (await session.execute(_CANDIDATES, asked)).mappings().all()


async def earned(
    session: AsyncSession, rule: RowMapping, accounts: Iterable[int], zone: str
) -> dict[tuple[int, date], int]:
    """How often accounts earned by a rule, by account and day."""
    asked = {"rule": rule["id"], "at_state": rule["at_state"], "since": rule["since"]}
    found = await session.execute(
        _EARNED, asked | {"accounts": sorted(set(accounts)), "zone": zone}
    )
    return {(row.account, row.day): row.number for row in found}


async def add(
    session: AsyncSession,
    rule: RowMapping,
    rows: Sequence[tuple[int, int, str, str | None]],
    transaction: int | None,
) -> None:
    """Keep what was decided: event, account, division, why nothing was given."""
    events, accounts, divisions, becauses = zip(*rows, strict=True)
    told = {"rule": rule["id"], "unit": rule["unit"], "amount": rule["amount"]}
    told |= {"events": list(events), "accounts": list(accounts), "divisions": list(divisions)}
    await session.execute(_ADD, told | {"becauses": list(becauses), "transaction": transaction})


async def reward(session: AsyncSession, reward_id: int) -> RowMapping | None:
    """A reward, held until the transaction ends; or none."""
    found = await session.execute(
        text(f"{_REWARD} WHERE r.id = :id FOR UPDATE OF r"), {"id": reward_id}
    )
    return found.mappings().first()


async def set_paid(session: AsyncSession, reward_id: int, reference: str) -> None:
    """Write down that a reward was paid."""
    await session.execute(
        text("""
        UPDATE reward SET state = 'PAID', reference = :reference, paid_at = clock_timestamp()
        WHERE id = :id
        """),
        {"id": reward_id, "reference": reference},
    )


async def rewards(
    session: AsyncSession, low: str, high: str, *, account: int | None, limit: int
) -> Sequence[RowMapping]:
    """Rewards in a range of divisions, newest first; of one account if one is given."""
    found = await session.execute(
        text(f"""{_REWARD} WHERE r.division_code >= :low AND r.division_code < :high
        AND (CAST(:account AS bigint) IS NULL OR r.account_id = CAST(:account AS bigint))
        ORDER BY r.id DESC LIMIT :limit"""),
        {"low": low, "high": high, "account": account, "limit": limit},
    )
    return found.mappings().all()

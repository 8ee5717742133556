"""SQL of mediation and deliberation."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

_MEDIATION = """
SELECT m.id, m.division_code AS division, m.group_id AS group, g.name AS group_name, g.level,
       m.kind, m.state, m.raised, m.opened_at, m.closed_at, g.parent_division, g.parent_code,
       ARRAY(SELECT name_masked FROM mediation_party p WHERE p.mediation_id = m.id ORDER BY id)
           AS parties
FROM mediation m JOIN community_group g ON g.id = m.group_id
"""
_ASKED = """
WHERE m.division_code >= :low AND m.division_code < :high
  AND (CAST(:state AS text) IS NULL OR m.state = :state)
"""
_PAGE = text(f"{_MEDIATION}{_ASKED} ORDER BY m.opened_at DESC, m.id DESC LIMIT :limit")
_COUNT = text(f"SELECT count(*) FROM mediation m {_ASKED}")  # noqa: S608 - fixed parts
_OPEN = text("""
INSERT INTO mediation (division_code, group_id, kind, subject_sealed, state, raised, client_key,
                       body_sha256)
VALUES (:division, :group, :kind, :subject_sealed, 'OPEN', 0, :client_key, :body_sha256)
ON CONFLICT (division_code, client_key) DO NOTHING RETURNING id
""")
_PARTIES = text("""
INSERT INTO mediation_party (mediation_id, division_code, name_sealed, name_masked, phone_sealed)
SELECT :id, :division, name_sealed, name_masked, phone_sealed
FROM jsonb_to_recordset(CAST(:parties AS jsonb))
    AS p (name_sealed text, name_masked text, phone_sealed text)
""")
_FIGURES = text("""
SELECT g.level, m.raised > 0 AS raised, m.state, count(*) AS n
FROM mediation m JOIN community_group g ON g.id = m.group_id
WHERE m.division_code >= :low AND m.division_code < :high
  AND m.opened_at >= :since AND m.opened_at < :until
GROUP BY 1, 2, 3
""")
_DELIBERATION = """
SELECT d.id, d.division_code AS division, d.group_id AS group, g.name AS group_name, d.title,
       d.held_on, d.invited, d.attended,
       coalesce((SELECT jsonb_agg(jsonb_build_object(
           'number', m.number, 'proposal', m.proposal, 'votes_for', m.votes_for,
           'votes_against', m.votes_against, 'abstained', m.abstained, 'event', m.event_id,
           'adopted', m.votes_for > m.votes_against) ORDER BY m.number)
         FROM motion m WHERE m.deliberation_id = d.id), '[]') AS motions
FROM deliberation d JOIN community_group g ON g.id = d.group_id
"""
_MEETINGS = """
WHERE d.division_code >= :low AND d.division_code < :high
  AND (CAST(:group AS bigint) IS NULL OR d.group_id = :group)
"""
_MEETING_PAGE = text(f"{_DELIBERATION}{_MEETINGS} ORDER BY d.held_on DESC, d.id DESC LIMIT :limit")
_MEETING_COUNT = text(f"SELECT count(*) FROM deliberation d {_MEETINGS}")  # noqa: S608 - fixed parts
_HOLD = text("""
INSERT INTO deliberation (division_code, group_id, title, held_on, invited, attended, client_key,
                          body_sha256)
VALUES (:division, :group, :title, :held_on, :invited, :attended, :client_key, :body_sha256)
ON CONFLICT (group_id, client_key) DO NOTHING RETURNING id
""")
_MOTIONS = text("""
INSERT INTO motion (deliberation_id, number, division_code, proposal, votes_for, votes_against,
                    abstained, event_id)
SELECT :id, number, :division, proposal, votes_for, votes_against, abstained, event
FROM jsonb_to_recordset(CAST(:motions AS jsonb)) AS m (number integer, proposal text,
    votes_for integer, votes_against integer, abstained integer, event bigint)
""")


async def open_mediation(
    session: AsyncSession, columns: dict[str, Any], parties: Sequence[dict[str, Any]]
) -> int | None:
    """Write a mediation with its parties, sealed; its id, or none when its key was used before."""
    added: int | None = await session.scalar(_OPEN, columns)
    if added is not None:
        told = {"id": added, "division": columns["division"]}
        await session.execute(_PARTIES, told | {"parties": json.dumps(parties, ensure_ascii=False)})
    return added


async def mediation_of_key(session: AsyncSession, division: str, client_key: str) -> RowMapping:
    """Id and digest of the mediation of a key."""
    found = await session.execute(
        text(
            "SELECT id, body_sha256 FROM mediation"
            " WHERE division_code = :division AND client_key = :client_key"
        ),
        {"division": division, "client_key": client_key},
    )
    return found.mappings().one()


async def mediation(
    session: AsyncSession, mediation_id: int, *, lock: bool = False
) -> RowMapping | None:
    """A mediation, or none."""
    ending = " FOR UPDATE OF m" if lock else ""
    found = await session.execute(
        text(f"{_MEDIATION} WHERE m.id = :id{ending}"), {"id": mediation_id}
    )
    return found.mappings().first()


async def mediations(
    session: AsyncSession,
    *,
    low: str,
    high: str,
    state: str | None = None,
    limit: int,
) -> tuple[list[RowMapping], int]:
    """Mediations of a range of division codes, newest first, and how many; none = any state."""
    counted = {"low": low, "high": high, "state": state}
    rows = list((await session.execute(_PAGE, counted | {"limit": limit})).mappings())
    return rows, int(await session.scalar(_COUNT, counted) or 0)


async def raise_to(session: AsyncSession, mediation_id: int, group_id: int) -> None:
    """Write that another group has a mediation now."""
    await session.execute(
        text("UPDATE mediation SET group_id = :group, raised = raised + 1 WHERE id = :id"),
        {"id": mediation_id, "group": group_id},
    )


async def close(session: AsyncSession, mediation_id: int, state: str, result: str) -> None:
    """Write how a mediation ended, sealed."""
    await session.execute(
        text(
            "UPDATE mediation SET state = :state, result_sealed = :result,"
            " closed_at = clock_timestamp()"
            " WHERE id = :id"
        ),
        {"id": mediation_id, "state": state, "result": result},
    )


async def sealed(session: AsyncSession, mediation_id: int) -> tuple[RowMapping, list[RowMapping]]:
    """What is sealed of a mediation, and of its parties."""
    told = {"id": mediation_id}
    about = await session.execute(
        text("SELECT subject_sealed, result_sealed FROM mediation WHERE id = :id"), told
    )
    parties = await session.execute(
        text(
            "SELECT name_sealed, phone_sealed FROM mediation_party"
            " WHERE mediation_id = :id ORDER BY id"
        ),
        told,
    )
    return about.mappings().one(), list(parties.mappings())


async def figures(
    session: AsyncSession, low: str, high: str, since: datetime, until: datetime
) -> list[RowMapping]:
    """Mediations taken in within a span, by level, state, and whether they were passed up."""
    told = {"low": low, "high": high, "since": since, "until": until}
    return list((await session.execute(_FIGURES, told)).mappings())


async def unknown_events(session: AsyncSession, ids: Sequence[int]) -> list[int]:
    """Those of the ids that are no event whom the scope shows."""
    rows = await session.scalars(
        text("""
        SELECT id FROM unnest(CAST(:ids AS bigint[])) AS told (id)
        WHERE NOT EXISTS (SELECT FROM event e WHERE e.id = told.id) ORDER BY id
        """),
        {"ids": list(ids)},
    )
    return list(rows)


async def hold(
    session: AsyncSession, columns: dict[str, Any], motions: Sequence[dict[str, Any]]
) -> int | None:
    """Write a meeting with its motions; its id, or none when its key was used before."""
    added: int | None = await session.scalar(_HOLD, columns)
    if added is not None:
        told = {"id": added, "division": columns["division"]}
        await session.execute(_MOTIONS, told | {"motions": json.dumps(motions, ensure_ascii=False)})
    return added


async def deliberation_of_key(session: AsyncSession, group_id: int, client_key: str) -> RowMapping:
    """Id and digest of the meeting of a key."""
    found = await session.execute(
        text(
            "SELECT id, body_sha256 FROM deliberation"
            " WHERE group_id = :group AND client_key = :client_key"
        ),
        {"group": group_id, "client_key": client_key},
    )
    return found.mappings().one()


async def deliberation(session: AsyncSession, deliberation_id: int) -> RowMapping | None:
    """A meeting, or none."""
    found = await session.execute(
        text(f"{_DELIBERATION} WHERE d.id = :id"), {"id": deliberation_id}
    )
    return found.mappings().first()


async def deliberations(
    session: AsyncSession,
    *,
    low: str,
    high: str,
    group: int | None = None,
    limit: int,
) -> tuple[list[RowMapping], int]:
    """Meetings of a range of division codes, latest first, and how many; none = any group."""
    counted = {"low": low, "high": high, "group": group}
    rows = list((await session.execute(_MEETING_PAGE, counted | {"limit": limit})).mappings())
    return rows, int(await session.scalar(_MEETING_COUNT, counted) or 0)

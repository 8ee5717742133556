"""SQL of what is too old to keep: removed, or kept without whom and where exactly."""

from __future__ import annotations

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

#: Ended so many days ago.
_OLD_CASES = """
WITH old AS (
    SELECT e.id FROM event e
    WHERE e.state IN ('CLOSED', 'REJECTED')
      AND (SELECT max(at) FROM event_history WHERE event_id = e.id)
          < now() - make_interval(days => :days)
)
"""
_MEDIA = """, heard AS (DELETE FROM event_voice WHERE event_id IN (SELECT id FROM old))
DELETE FROM event_media WHERE event_id IN (SELECT id FROM old) RETURNING id
"""
# The place becomes the grid's inner point, the hour the day; the matter and its way stay.
_ANONYMISED = """
UPDATE event e SET description = '（已匿名）', contact_name_sealed = NULL,
    contact_phone_sealed = NULL, reported_by = NULL, client_key = 'anonymised-' || e.id,
    body_sha256 = '', geom = ST_PointOnSurface(g.geom),
    captured_at = date_trunc('day', e.captured_at), anonymised_at = now()
FROM grid g
WHERE g.id = e.grid_id AND e.anonymised_at IS NULL AND e.id IN (SELECT id FROM old)
RETURNING e.id
"""
_ANONYMISE = text(_OLD_CASES + _ANONYMISED)

#: What is removed, and how; each statement gives a row for every one it removed.
_REMOVALS: dict[str, TextClause] = {
    "positions": text(
        "DELETE FROM position WHERE received_at < now() - make_interval(days => :days)"
        " RETURNING person_id"
    ),
    "batches": text(
        "DELETE FROM position_batch WHERE received_at < now() - make_interval(days => :days)"
        " RETURNING account_id"
    ),
    "media": text(_OLD_CASES + _MEDIA),
    "notices": text(
        "DELETE FROM notice WHERE created_at < now() - make_interval(days => :days) RETURNING id"
    ),
    # Whoever agreed so long ago is asked again, or told no more.
    "contacts": text(
        "DELETE FROM channel WHERE household_id IS NOT NULL"
        " AND created_at < now() - make_interval(days => :days) RETURNING id"
    ),
    "handovers": text(
        "DELETE FROM handover WHERE written_at < now() - make_interval(days => :days) RETURNING id"
    ),
    "warnings": text(
        "DELETE FROM risk_warning WHERE closed_at < now() - make_interval(days => :days)"
        " RETURNING id"
    ),
    "mediations": text(
        "WITH gone AS (DELETE FROM mediation"
        "  WHERE closed_at < now() - make_interval(days => :days) RETURNING id),"
        " told AS (DELETE FROM register_history WHERE subject = 'mediation'"
        "  AND subject_id IN (SELECT id FROM gone))"
        " SELECT id FROM gone"
    ),
    # What was mended, when and for how much stays; its place becomes the building's.
    "repairs": text(
        "WITH ended AS (SELECT r.id FROM repair r WHERE r.state IN ('SETTLED', 'CANCELLED')"
        "  AND r.client_key NOT LIKE 'anonymised-%'"
        "  AND (SELECT coalesce(max(h.at), r.received_at) FROM register_history h"
        "       WHERE h.subject = 'repair' AND h.subject_id = r.id)"
        "      < now() - make_interval(days => :days)),"
        " told AS (UPDATE register_history SET note = '' WHERE subject = 'repair'"
        "  AND subject_id IN (SELECT id FROM ended))"
        " UPDATE repair r SET description = '（已匿名）', client_key = 'anonymised-' || r.id,"
        " body_sha256 = '', answers = CASE WHEN answers IS NOT NULL THEN CAST('{}' AS jsonb) END,"
        " geom = coalesce((SELECT ST_PointOnSurface(b.geom) FROM building b"
        "                  WHERE b.division_code = r.division_code"
        "                    AND b.source_id = r.building_code),"
        "                 ST_SnapToGrid(r.geom, 0.01))"
        " FROM ended WHERE ended.id = r.id RETURNING r.id"
    ),
    # How it was voted stays.
    "deliberations": text(
        "WITH held AS (UPDATE deliberation SET title = '（已匿名）',"
        "  client_key = 'anonymised-' || id, body_sha256 = ''"
        "  WHERE held_on < current_date - CAST(:days AS integer)"
        "    AND client_key NOT LIKE 'anonymised-%' RETURNING id),"
        " told AS (UPDATE register_history SET note = '' WHERE subject = 'deliberation'"
        "  AND subject_id IN (SELECT id FROM held)),"
        " moved AS (UPDATE motion SET proposal = '（已匿名）'"
        "  WHERE deliberation_id IN (SELECT id FROM held))"
        " SELECT id FROM held"
    ),
    # The place becomes the building's; that somebody was visited stays.
    "visits": text(
        "UPDATE visit v SET note = '', judgement = '', client_key = 'anonymised-' || v.id,"
        " body_sha256 = '', explained = CASE WHEN explained IS NOT NULL THEN '' END,"
        " geom = coalesce((SELECT ST_PointOnSurface(b.geom) FROM household h"
        "                  JOIN building b ON b.id = h.building_id WHERE h.id = v.household_id),"
        "                 ST_SnapToGrid(geom, 0.01))"
        " WHERE captured_at < now() - make_interval(days => :days)"
        " AND client_key NOT LIKE 'anonymised-%' RETURNING id"
    ),
    "sessions": text(
        "DELETE FROM login_session WHERE seen_at < now() - make_interval(days => :days)"
        " RETURNING account_id"
    ),
}


async def remove(session: AsyncSession, what: str, *, days: int) -> int:
    """Remove positions, media or sessions older than so many days; how many."""
    removed = await session.execute(_REMOVALS[what], {"days": days})
    return len(removed.all())


async def remove_tracks(session: AsyncSession, *, days: int) -> int:
    """Remove what is older of the month that is partly so, and drop months wholly older; how many.

    Dropping a month keeps everybody from the track until the transaction ends: call it last.
    """
    partly = await session.scalar(
        text("""
        WITH gone AS (
            DELETE FROM track WHERE at < now() - make_interval(days => :days)
              AND at >= date_trunc('month', now() - make_interval(days => :days), 'UTC')
            RETURNING 1
        )
        SELECT count(*) FROM gone
        """),
        {"days": days},
    )
    wholly = await session.scalar(text("SELECT tracks_removed(:days)"), {"days": days})
    return int(partly or 0) + int(wholly or 0)


# A call about an event goes with it; one about a place when it is over for as long.
_OLD_CALLS = text("""
UPDATE whistle_call c SET description = '（已匿名）', client_key = 'anonymised-' || c.id,
    body_sha256 = '', account_id = NULL, anonymised_at = now()
WHERE c.anonymised_at IS NULL AND c.state IN ('CLOSED', 'WITHDRAWN')
  AND (SELECT max(at) FROM whistle_history h WHERE h.call_id = c.id)
      < now() - make_interval(days => :days)
RETURNING c.id
""")


async def anonymise_calls(session: AsyncSession, *, days: int) -> int:
    """Take from whistle calls that ended so many days ago what people wrote; how many."""
    ids = list(await session.scalars(_OLD_CALLS, {"days": days}))
    for statement in (
        "UPDATE whistle_history SET note = '', actor = ''",
        "UPDATE whistle_unit SET comment = ''",
    ):
        await session.execute(
            text(f"{statement} WHERE call_id = ANY(CAST(:ids AS bigint[]))"), {"ids": ids}
        )
    return len(ids)


async def anonymise_cases(session: AsyncSession, *, days: int) -> int:
    """Take from cases that ended so many days ago what could lead to a person; how many."""
    ids = list(await session.scalars(_ANONYMISE, {"days": days}))
    await session.execute(
        text("""
        UPDATE event_history SET note = '', actor = CASE WHEN from_state IS NULL THEN ''
                                                         ELSE actor END
        WHERE event_id = ANY(CAST(:ids AS bigint[]))
        """),
        {"ids": ids},
    )
    # What people wrote beside its moves is theirs too.
    for statement in (
        "UPDATE suspension SET note = '', decision_note = ''",
        "UPDATE publication SET note = ''",
        "UPDATE duplicate_link SET note = ''",
        "UPDATE citizen_report SET comment = ''",
        "UPDATE work_order SET measures = CASE WHEN measures IS NOT NULL THEN '' END,"
        " responsible_sealed = NULL, responsible_masked = NULL",
        "UPDATE reception_item SET decision = CASE WHEN decision IS NOT NULL THEN '' END",
        "UPDATE reception_history SET note = ''",
    ):
        await session.execute(
            text(f"{statement} WHERE event_id = ANY(CAST(:ids AS bigint[]))"), {"ids": ids}
        )
    await session.execute(
        text("""
        UPDATE order_history h SET note = '' FROM work_order o
        WHERE o.id = h.order_id AND o.event_id = ANY(CAST(:ids AS bigint[]))
        """),
        {"ids": ids},
    )
    for statement in ("DELETE FROM event_media", "DELETE FROM event_voice"):
        await session.execute(
            text(f"{statement} WHERE event_id = ANY(CAST(:ids AS bigint[]))"), {"ids": ids}
        )
    return len(ids)

"""SQL that looks for sham work: no track at the place, done too soon, photos seen before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

# What was said to be handled within the window, and by whom: the last given to it before.
_HANDLED = """
handled AS (
    SELECT h.event_id, h.division_code, h.at, a.person_id, a.person_role, a.assigned_at, a.eta_s,
           e.geom
    FROM event_history h JOIN event e ON e.id = h.event_id
    JOIN LATERAL (
        SELECT person_id, person_role, assigned_at, eta_s FROM assignment
        WHERE event_id = h.event_id AND assigned_at <= h.at
        ORDER BY assigned_at DESC, id DESC LIMIT 1) a ON true
    WHERE h.to_state = 'HANDLED' AND h.at >= :since AND h.at < :until
      AND h.division_code >= :low AND h.division_code < :high
)
"""
_KEEP = """
INSERT INTO spot_check (event_id, division_code, kind, person_id, detail, note)
"""
_ONCE = "ON CONFLICT (event_id, kind) DO NOTHING RETURNING kind"
# Liaisons are neighbours who carry no phone of the office. A clock may be a few minutes off.
_TRACKS = text(f"""
WITH {_HANDLED}, seen AS (
    SELECT h.*, t.fixes, t.nearest_m
    FROM handled h CROSS JOIN LATERAL (
        SELECT count(*) AS fixes, min(ST_Distance(k.geog, CAST(h.geom AS geography))) AS nearest_m
        FROM track k
        WHERE k.person_id = h.person_id AND k.unused IS NULL
          AND k.at >= h.assigned_at - interval '5 minutes'
          AND k.at <= h.at + interval '5 minutes') t
    WHERE h.person_role <> 'liaison'
)
{_KEEP}
SELECT DISTINCT ON (event_id) event_id, division_code,
       CASE WHEN fixes = 0 THEN 'no_track' ELSE 'elsewhere' END, person_id,
       jsonb_strip_nulls(jsonb_build_object('fixes', fixes, 'nearest_m', round(nearest_m))), ''
FROM seen WHERE fixes = 0 OR nearest_m > :within_m ORDER BY event_id, at
{_ONCE}
""")  # noqa: S608 - parts of this module
_INSTANT = text(f"""
WITH {_HANDLED}
{_KEEP}
SELECT DISTINCT ON (event_id) event_id, division_code, 'instant', person_id,
       jsonb_strip_nulls(jsonb_build_object(
           'taken_s', round(extract(epoch FROM at - assigned_at)), 'way_s', round(eta_s))), ''
FROM handled
WHERE extract(epoch FROM at - assigned_at) < greatest(
    CAST(:instant_s AS float8), CAST(:share_of_way AS float8) * coalesce(eta_s, 0))
ORDER BY event_id, at
{_ONCE}
""")  # noqa: S608 - parts of this module
# A photo of work done that was there before: with another event of the county, or with its own
# report, where next to nothing may be the same.
_PHOTOS = text(f"""
WITH {_HANDLED}, after AS (
    SELECT DISTINCT m.id, m.event_id, h.division_code, h.person_id, p.hash
    FROM handled h JOIN event_media m ON m.event_id = h.event_id AND m.purpose = 'after'
    JOIN photo_hash p ON p.media_id = m.id
), pair AS (
    SELECT a.*, o.event_id AS other,
           CAST(bit_count(CAST(a.hash # o.hash AS bit(64))) AS integer) AS bits
    FROM after a JOIN photo_hash o ON o.media_id < a.id
     AND o.division_code >= rpad(left(a.division_code, 6), 12, '0')
     AND o.division_code <= rpad(left(a.division_code, 6), 12, '9')
)
{_KEEP}
SELECT DISTINCT ON (event_id, other = event_id) event_id, division_code,
       CASE WHEN other = event_id THEN 'unchanged_photo' ELSE 'reused_photo' END, person_id,
       jsonb_build_object('event', other, 'bits', bits), ''
FROM pair WHERE bits <= CASE WHEN other = event_id THEN 2 ELSE :alike_bits END
ORDER BY event_id, other = event_id, bits, other
{_ONCE}
""")  # noqa: S608 - parts of this module
_SHOWN = """
SELECT c.id, c.event_id, c.division_code AS division, c.kind, p.code AS person, c.detail,
       c.found_at, c.verdict, c.judged_by, c.judged_at, c.note
FROM spot_check c LEFT JOIN person p ON p.id = c.person_id
"""


async def find(session: AsyncSession, asked: dict[str, Any]) -> list[str]:
    """Keep what looks like sham work and was not known; the kind of each."""
    found: list[str] = []
    handled = {name: asked[name] for name in ("low", "high", "since", "until")}
    for statement, own in (
        (_TRACKS, ("within_m",)),
        (_INSTANT, ("instant_s", "share_of_way")),
        (_PHOTOS, ("alike_bits",)),
    ):
        told = handled | {name: asked[name] for name in own}
        found.extend(await session.scalars(statement, told))
    return found


async def photos_without_hash(
    session: AsyncSession, low: str, high: str, *, limit: int
) -> Sequence[RowMapping]:
    """Photos that were not looked at yet, oldest first."""
    found = await session.execute(
        text("""
        SELECT m.id, m.event_id, m.division_code, m.content FROM event_media m
        WHERE m.division_code >= :low AND m.division_code < :high
          AND NOT EXISTS (SELECT FROM photo_hash p WHERE p.media_id = m.id)
        ORDER BY m.id LIMIT :limit
        """),
        {"low": low, "high": high, "limit": limit},
    )
    return found.mappings().all()


async def add_hashes(session: AsyncSession, rows: Sequence[tuple[int, int, str, int]]) -> None:
    """Keep hashes of photos: photo, event, division, 64 bits as a signed number."""
    media, events, divisions, hashes = zip(*rows, strict=True)
    await session.execute(
        text("""
        INSERT INTO photo_hash (media_id, event_id, division_code, hash)
        SELECT * FROM unnest(CAST(:media AS bigint[]), CAST(:events AS bigint[]),
                             CAST(:divisions AS text[]), CAST(:hashes AS bigint[]))
        ON CONFLICT DO NOTHING
        """),
        {
            "media": list(media),
            "events": list(events),
            "divisions": list(divisions),
            "hashes": list(hashes),
        },
    )


async def check(session: AsyncSession, check_id: int) -> RowMapping | None:
    """A spot check, held until the transaction ends; or none."""
    found = await session.execute(
        text(f"{_SHOWN} WHERE c.id = :id FOR UPDATE OF c"), {"id": check_id}
    )
    return found.mappings().first()


async def judge(session: AsyncSession, check_id: int, **told: str) -> None:
    """Write down what was found on looking."""
    await session.execute(
        text("""
        UPDATE spot_check SET verdict = :verdict, note = :note, judged_by = :judged_by,
                              judged_at = clock_timestamp()
        WHERE id = :id
        """),
        told | {"id": check_id},
    )


async def checks(
    session: AsyncSession, low: str, high: str, *, judged: bool | None, limit: int
) -> Sequence[RowMapping]:
    """Spot checks of a range of divisions, newest first."""
    found = await session.execute(
        text(f"""{_SHOWN} WHERE c.division_code >= :low AND c.division_code < :high
        AND (CAST(:judged AS boolean) IS NULL OR (c.verdict IS NOT NULL) = :judged)
        ORDER BY c.id DESC LIMIT :limit"""),
        {"low": low, "high": high, "judged": judged, "limit": limit},
    )
    return found.mappings().all()

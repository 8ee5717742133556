"""SQL of versions of lists: taken in, compared, told apart."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.mandates.calendar import ZONE
from gridsvc.mandates.lists import KEYS, TABLES, Version

#: What the first list of a kind says held before it was loaded, too, unless told from when.
_EVER = "1970-01-01Z"
_COLUMNS = "id, kind, division_code, begins, source, entries, digest, loaded_at"

# A list is never found to be in force earlier than it was loaded, but for the first of its kind.
_BEGIN = text(f"""
SELECT CASE
           WHEN CAST(:day AS date) IS NULL AND first THEN timestamptz '{_EVER}'
           WHEN CAST(:day AS date) IS NULL OR (CAST(:day AS date) = today AND NOT first) THEN now()
           ELSE CAST(CAST(:day AS date) AS timestamp) AT TIME ZONE :zone
       END AS begins,
       first OR CAST(:day AS date) IS NULL OR CAST(:day AS date) >= today AS allowed, today
FROM (
    SELECT NOT EXISTS (
               SELECT FROM list_version WHERE kind = :kind AND division_code = :area) AS first,
           CAST(now() AT TIME ZONE :zone AS date) AS today
) AS known
""")  # noqa: S608 - fixed names

_IN_FORCE = text(f"""
SELECT {_COLUMNS} FROM list_version
WHERE kind = :kind AND division_code = ANY (CAST(:areas AS text[])) AND begins <= :at
ORDER BY array_position(CAST(:areas AS text[]), division_code), begins DESC, id DESC
LIMIT 1
""")  # noqa: S608 - fixed names


async def begin_of(
    session: AsyncSession, kind: str, division_code: str, day: date | None
) -> tuple[datetime, bool, date]:
    """When a list loaded now would begin, whether it may begin then, and today's date."""
    row = (
        await session.execute(
            _BEGIN, {"kind": kind, "area": division_code, "day": day, "zone": ZONE.key}
        )
    ).one()
    return row.begins, row.allowed, row.today


async def in_force(
    session: AsyncSession, kind: str, areas: Sequence[str], at: datetime
) -> Version | None:
    """The version in force at a time: that of the first of the areas that has any."""
    row = (
        (await session.execute(_IN_FORCE, {"kind": kind, "areas": list(areas), "at": at}))
        .mappings()
        .first()
    )
    return Version(**row) if row else None


async def add_version(
    session: AsyncSession, *, kind: str, division_code: str, begins: datetime, source: str
) -> int:
    """A version without entries as yet; its id."""
    added = await session.scalar(
        text(
            "INSERT INTO list_version (kind, division_code, begins, source, entries, digest)"
            " VALUES (:kind, :division_code, :begins, :source, 0, '') RETURNING id"
        ),
        {"kind": kind, "division_code": division_code, "begins": begins, "source": source},
    )
    return int(added)


async def add_entries(
    session: AsyncSession, kind: str, version_id: int, rows: Sequence[dict[str, Any]]
) -> None:
    """Put entries into a version; rows have the columns of the kind's table, all the same ones."""
    columns = list(rows[0])
    await session.execute(
        text(
            f"INSERT INTO {TABLES[kind]} (version_id, {', '.join(columns)})"  # noqa: S608 - fixed names
            f" VALUES (:version_id, {', '.join(f':{name}' for name in columns)})"
        ),
        [{"version_id": version_id, **row} for row in rows],
    )


async def add_standing(session: AsyncSession, kind: str, version_id: int) -> None:
    """Put matters, powers or units into a version as they are now."""
    table = TABLES[kind].removesuffix("_entry")
    columns = {
        "power": "code, name, legal_basis, valid_from, valid_to",
        "matter": "code, name, parent_code, kind, power_code, valid_to",
        "unit": "code, name, kind, level, parent_code, division_code, valid_from, valid_to",
    }[table]
    await session.execute(
        text(
            f"INSERT INTO {TABLES[kind]} (version_id, {columns})"  # noqa: S608 - fixed names
            f" SELECT :version_id, {columns} FROM {table}"
        ),
        {"version_id": version_id},
    )


async def carry_over_years(
    session: AsyncSession, version_id: int, from_version: int, years: Sequence[int]
) -> None:
    """Take the days of an earlier calendar over, but for those of some years."""
    await session.execute(
        text("""
        INSERT INTO calendar_day (version_id, first, kind, last, name, hours)
        SELECT :version_id, first, kind, last, name, hours FROM calendar_day
        WHERE version_id = :from_version
          AND NOT date_part('year', first) = ANY (CAST(:years AS int[]))
        """),
        {"version_id": version_id, "from_version": from_version, "years": list(years)},
    )


async def seal(session: AsyncSession, kind: str, version_id: int) -> str:
    """Count the entries of a version and write down a digest of them; the digest."""
    order = ", ".join(KEYS[kind])
    digest = await session.scalar(
        text(f"""
        UPDATE list_version v SET entries = told.entries, digest = told.digest
        FROM (
            SELECT count(*) AS entries, encode(sha256(convert_to(coalesce(
                string_agg((to_jsonb(t) - 'version_id' - 'id')::text, E'\\n' ORDER BY {order}), ''),
                'UTF8')), 'hex') AS digest
            FROM {TABLES[kind]} t WHERE version_id = :id
        ) told
        WHERE v.id = :id RETURNING v.digest
        """),  # noqa: S608 - fixed names
        {"id": version_id},
    )
    return str(digest)


async def drop_version(session: AsyncSession, version_id: int) -> None:
    """Forget a version that turned out to say what is in force already."""
    await session.execute(text("DELETE FROM list_version WHERE id = :id"), {"id": version_id})


async def version(session: AsyncSession, version_id: int) -> Version | None:
    """A version by its id, or none."""
    found = await session.execute(
        text(f"SELECT {_COLUMNS} FROM list_version WHERE id = :id"),  # noqa: S608 - fixed names
        {"id": version_id},
    )
    row = found.mappings().first()
    return Version(**row) if row else None


async def versions(
    session: AsyncSession, *, kind: str | None, limit: int, offset: int
) -> tuple[list[Version], int]:
    """Versions of lists, the newest of each kind first, and how many there are."""
    asked = {"kind": kind}
    which = "CAST(:kind AS text) IS NULL OR kind = :kind"
    found = await session.execute(
        text(
            f"SELECT {_COLUMNS} FROM list_version WHERE {which}"  # noqa: S608 - fixed names
            " ORDER BY kind, begins DESC, id DESC LIMIT :limit OFFSET :offset"
        ),
        asked | {"limit": limit, "offset": offset},
    )
    total = await session.scalar(text(f"SELECT count(*) FROM list_version WHERE {which}"), asked)  # noqa: S608 - fixed names
    return [Version(**row) for row in found.mappings()], int(total or 0)


async def differences(
    session: AsyncSession, kind: str, before: int, after: int, limit: int
) -> list[dict[str, Any]]:
    """Entries that two versions of a kind do not share: key, before and after, by key.

    Before is none for what was added, after for what was taken out.
    """
    key = ", ".join(f"t.{name}" for name in KEYS[kind])
    entries = (
        f"SELECT jsonb_build_array({key}) AS key, to_jsonb(t) - 'version_id' - 'id' AS entry"  # noqa: S608 - fixed names
        f" FROM {TABLES[kind]} t WHERE t.version_id = "
    )
    found = await session.execute(
        text(f"""
        SELECT key, b.entry AS before, a.entry AS after
        FROM ({entries} :before) b FULL JOIN ({entries} :after) a USING (key)
        WHERE b.entry IS DISTINCT FROM a.entry ORDER BY key LIMIT :limit
        """),  # noqa: S608 - fixed names
        {"before": before, "after": after, "limit": limit},
    )
    return [dict(row) for row in found.mappings()]


async def entries(
    session: AsyncSession, kind: str, version_id: int, *, limit: int, offset: int
) -> list[dict[str, Any]]:
    """Entries of a version as they were loaded, by key."""
    order = ", ".join(KEYS[kind])
    found = await session.scalars(
        text(
            f"SELECT to_jsonb(t) - 'version_id' - 'id' FROM {TABLES[kind]} t"  # noqa: S608 - fixed
            f" WHERE version_id = :id ORDER BY {order} LIMIT :limit OFFSET :offset"
        ),
        {"id": version_id, "limit": limit, "offset": offset},
    )
    return list(found)

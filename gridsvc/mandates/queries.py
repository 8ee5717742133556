"""SQL of matters, powers and units, and of what lists say of a matter at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.codes import WHOLE, ancestors
from gridsvc.mandates.calendar import ZONE, OfficeHours, TimeUnit, WorkingCalendar, sessions_of
from gridsvc.mandates.lists import STAGES, DelegatedPower, DispatchPolicy, Duty, Limit
from gridsvc.mandates.version_queries import in_force


@dataclass(frozen=True)
class MatterRow:
    """A matter as dispatch needs it; `leaf` says that it has no sub-matters.

    `ended` says that it left the list: nothing new is reported under it.
    """

    code: str
    name: str
    kind: str
    power_code: str | None
    leaf: bool
    ended: bool


async def matter(session: AsyncSession, code: str) -> MatterRow | None:
    """A matter by its code, or none."""
    row = (
        (
            await session.execute(
                text("""
                SELECT m.code, m.name, m.kind, m.power_code,
                       NOT EXISTS (SELECT 1 FROM matter c WHERE c.parent_code = m.code) AS leaf,
                       coalesce(m.valid_to <= current_date, false) AS ended
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
    """Add matters or change them.

    Rows have code, name, parent_code, kind, power_code and, where they end, valid_to; where work is
    done only when a photo shows it, photo_after.
    """
    await session.execute(
        text("""
        INSERT INTO matter (code, name, parent_code, kind, power_code, valid_to, photo_after)
        VALUES (:code, :name, :parent_code, :kind, :power_code, :valid_to, :photo_after)
        ON CONFLICT (code) DO UPDATE SET name = excluded.name,
            parent_code = excluded.parent_code, kind = excluded.kind,
            power_code = excluded.power_code, valid_to = excluded.valid_to,
            photo_after = excluded.photo_after
        """),
        [{"valid_to": None, "photo_after": False, **row} for row in rows],
    )


async def unit_codes(session: AsyncSession) -> set[str]:
    """Codes of all units."""
    return set(await session.scalars(text("SELECT code FROM unit")))


async def upsert_units(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Add units or change them; rows have the columns of the table, parents come first."""
    await session.execute(
        text("""
        INSERT INTO unit (code, name, kind, level, parent_code, division_code, valid_from, valid_to)
        VALUES (:code, :name, :kind, :level, :parent_code, :division_code, :valid_from, :valid_to)
        ON CONFLICT (code) DO UPDATE SET name = excluded.name, kind = excluded.kind,
            level = excluded.level, parent_code = excluded.parent_code,
            division_code = excluded.division_code, valid_from = excluded.valid_from,
            valid_to = excluded.valid_to
        """),
        list(rows),
    )


async def now(session: AsyncSession) -> datetime:
    """The database's clock, as of the beginning of the transaction."""
    told: datetime = (await session.execute(text("SELECT now()"))).scalar_one()
    return told


def areas_of(division_code: str) -> list[str]:
    """A division and those it lies in, nearest first, up to everywhere."""
    return list(dict.fromkeys([division_code, *reversed(ancestors(division_code)), WHOLE]))


async def _version_of(
    session: AsyncSession, kind: str, division_code: str, at: datetime
) -> int | None:
    found = await in_force(session, kind, areas_of(division_code), at)
    return found.id if found else None


def held(kind: str) -> str:
    """Statement of the version in force at :at, now for none, in the first of :areas with any.

    Within the statement that asks for entries it costs no round trip of its own.
    """
    return f"""(
    SELECT id FROM list_version
    WHERE kind = '{kind}' AND division_code = ANY (CAST(:areas AS text[]))
      AND begins <= coalesce(CAST(:at AS timestamptz), now())
    ORDER BY array_position(CAST(:areas AS text[]), division_code), begins DESC, id DESC
    LIMIT 1)"""  # noqa: S608 - fixed names


# A matter and the classes above it, as the tree was then.
_LINE = f"""
WITH RECURSIVE listed AS MATERIALIZED {held("matters")},
line AS (
    SELECT m.code, m.parent_code, 0 AS height FROM matter_entry m
    WHERE m.version_id = (SELECT id FROM listed) AND m.code = :matter
    UNION ALL
    SELECT m.code, m.parent_code, l.height + 1 FROM line l JOIN matter_entry m
    ON m.version_id = (SELECT id FROM listed) AND m.code = l.parent_code
)
"""  # noqa: S608 - fixed names
_LIMITS = text(f"""{_LINE}
SELECT matter_code, stage, sequence, name, amount, time_unit FROM (
    SELECT t.*, rank() OVER (PARTITION BY t.stage ORDER BY l.height) AS nearness
    FROM line l JOIN time_limit t
    ON t.matter_code = l.code AND t.version_id = {held("limits")}
) ranked WHERE nearness = 1
ORDER BY array_position(CAST(:stages AS text[]), stage), sequence
""")  # noqa: S608 - fixed names
_POLICY = text(f"""{_LINE}
SELECT matter_code, first, reach, max_radius_m, max_position_age_s, accept_within_s,
       travel_mode, rest_s
FROM line l JOIN dispatch_policy p
ON p.matter_code = l.code AND p.version_id = {held("policies")}
ORDER BY l.height LIMIT 1
""")  # noqa: S608 - fixed names
_DUTIES = text(f"""{_LINE}
SELECT r.matter_code, r.level, r.part, r.unit_kind, u.code AS unit_code,
       u.name AS unit_name, r.task
FROM (
    SELECT d.*, rank() OVER (PARTITION BY d.level ORDER BY l.height) AS nearness
    FROM line l JOIN duty d ON d.matter_code = l.code AND d.version_id = {held("duties")}
    WHERE CAST(:level AS text) IS NULL OR d.level = :level
) r
LEFT JOIN LATERAL (
    SELECT u.code, u.name FROM unit u
    WHERE (r.unit_code = u.code OR (r.unit_code IS NULL AND u.kind = r.unit_kind
           AND u.division_code = ANY (CAST(:areas AS text[]))))
      AND u.valid_from <= CAST(:day AS date) AND coalesce(u.valid_to > CAST(:day AS date), true)
    ORDER BY array_position(CAST(:areas AS text[]), u.division_code), u.code LIMIT 1
) u ON true
WHERE r.nearness = 1
ORDER BY r.level, r.part DESC, r.unit_kind, u.code
""")  # noqa: S608 - fixed names
_CALENDAR = text(
    "SELECT first, last, kind, hours FROM calendar_day"  # noqa: S608 - fixed names
    f" WHERE version_id = {held('calendars')} ORDER BY first"
)


async def limits_of(
    session: AsyncSession, matter_code: str, division_code: str, at: datetime
) -> list[Limit]:
    """Limits of a matter in a division by the lists in force at a time, in the order of stages.

    For each stage the nearest of the matter and the classes above it that has limits decides;
    none where no list says anything.
    """
    found = await session.execute(
        _LIMITS,
        {
            "matter": matter_code,
            "areas": areas_of(division_code),
            "at": at,
            "stages": list(STAGES),
        },
    )
    return [
        Limit(**row | {"time_unit": TimeUnit(row["time_unit"])})
        for row in map(dict, found.mappings())
    ]


async def policy_of(
    session: AsyncSession,
    matter_code: str,
    division_code: str = WHOLE,
    at: datetime | None = None,
) -> DispatchPolicy:
    """How somebody is found for a matter, by the list in force at a time, now if none is given.

    The nearest of the matter and the classes above it decides; the default where no list does.
    """
    found = await session.execute(
        _POLICY, {"matter": matter_code, "areas": areas_of(division_code), "at": at}
    )
    row = found.mappings().first()
    return DispatchPolicy(**row) if row else DispatchPolicy()


async def duties_of(
    session: AsyncSession,
    matter_code: str,
    level: str | None,
    at: datetime,
    division_code: str = WHOLE,
) -> list[Duty]:
    """Who leads and who assists in a matter at a level, every one if none is given.

    The nearest of the matter and the classes above it that has duties at a level decides. Where
    the list names a kind of unit, the division tells which: the nearest one of that kind.
    """
    found = await session.execute(
        _DUTIES,
        {
            "matter": matter_code,
            "level": level,
            "at": at,
            "day": at.astimezone(ZONE).date(),
            "areas": areas_of(division_code),
        },
    )
    return [Duty(**row) for row in found.mappings()]


async def powers_in(
    session: AsyncSession, division_code: str, at: datetime, power_code: str | None = None
) -> list[DelegatedPower]:
    """Powers that a street or town, or what it lies in, has at a time; or one of them."""
    version = await _version_of(session, "delegations", division_code, at)
    found = await session.execute(
        text("""
        SELECT d.power_code, p.name, d.division_code, d.from_unit, d.legal_basis, d.valid_from,
               d.valid_to
        FROM delegation d JOIN power p ON p.code = d.power_code
        WHERE d.version_id = :version AND d.division_code = ANY (CAST(:areas AS text[]))
          AND (CAST(:power AS text) IS NULL OR d.power_code = :power)
          AND greatest(d.valid_from, p.valid_from) <= CAST(:day AS date)
          AND coalesce(least(d.valid_to, p.valid_to) > CAST(:day AS date), true)
        ORDER BY d.power_code, d.division_code DESC
        """),
        {
            "version": version,
            "power": power_code,
            "areas": areas_of(division_code),
            "day": at.astimezone(ZONE).date(),
        },
    )
    return [DelegatedPower(**row) for row in found.mappings()]


async def calendar_of(
    session: AsyncSession, division_code: str, at: datetime | None = None
) -> WorkingCalendar:
    """The working calendar of a division as known at a time, now if none is given.

    Holidays of next year are announced late in this one: limits are counted by what is known
    when they are counted. Empty where no calendar is loaded.
    """
    found = await session.execute(_CALENDAR, {"areas": areas_of(division_code), "at": at})
    hours: list[OfficeHours] = []
    days: dict[str, set[date]] = {"off": set(), "make_up": set()}
    for row in found:
        if row.kind == "hours":
            hours.append(OfficeHours(row.first, row.last, sessions_of(row.hours)))
        else:
            span = (row.last - row.first).days + 1
            days[row.kind] |= {row.first + timedelta(days=n) for n in range(span)}
    return WorkingCalendar(tuple(hours), frozenset(days["off"]), frozenset(days["make_up"]))


async def power(session: AsyncSession, code: str) -> Any:
    """Row of a power (code, name, legal_basis, valid_from, valid_to), or none."""
    found = await session.execute(
        text("SELECT code, name, legal_basis, valid_from, valid_to FROM power WHERE code = :code"),
        {"code": code},
    )
    return found.mappings().first()


async def last_delegation(
    session: AsyncSession, division_code: str, power_code: str, at: datetime
) -> tuple[bool, DelegatedPower | None]:
    """Whether a list of delegations is in force, and what it says of a power, valid or not."""
    version = await _version_of(session, "delegations", division_code, at)
    found = await session.execute(
        text("""
        SELECT d.power_code, p.name, d.division_code, d.from_unit, d.legal_basis, d.valid_from,
               d.valid_to
        FROM delegation d JOIN power p ON p.code = d.power_code
        WHERE d.version_id = :version AND d.division_code = ANY (CAST(:areas AS text[]))
          AND d.power_code = :power
        ORDER BY d.valid_to DESC NULLS FIRST, d.division_code DESC LIMIT 1
        """),
        {"version": version, "power": power_code, "areas": areas_of(division_code)},
    )
    row = found.mappings().first()
    return version is not None, DelegatedPower(**row) if row else None


async def matters_at(session: AsyncSession, at: datetime) -> list[dict[str, Any]]:
    """All matters as the list in force at a time has them, by code."""
    version = await _version_of(session, "matters", WHOLE, at)
    found = await session.execute(
        text(
            "SELECT code, name, parent_code, kind, power_code, valid_to FROM matter_entry"
            " WHERE version_id = :version ORDER BY code"
        ),
        {"version": version},
    )
    return [dict(row) for row in found.mappings()]


async def units_at(session: AsyncSession, low: str, high: str, at: datetime) -> list[Any]:
    """Units that exist at a time in a range of divisions, by code."""
    version = await _version_of(session, "units", WHOLE, at)
    found = await session.execute(
        text("""
        SELECT code, name, kind, level, parent_code, division_code, valid_from, valid_to
        FROM unit_entry
        WHERE version_id = :version AND division_code >= :low AND division_code < :high
          AND valid_from <= CAST(:day AS date)
          AND coalesce(valid_to > CAST(:day AS date), true)
        ORDER BY code
        """),
        {"version": version, "low": low, "high": high, "day": at.astimezone(ZONE).date()},
    )
    return list(found.mappings())

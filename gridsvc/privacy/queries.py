"""SQL of keeping personal data: what belongs to one person, and what is sealed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import RowMapping, TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

#: What is kept of a grid worker, liaison or officer, by name.
_OF_PERSON: dict[str, TextClause] = {
    "powers": text("SELECT power_code FROM person_power WHERE person_id = :id ORDER BY 1"),
    "grids": text(
        "SELECT g.code, lower(g.valid) AS since FROM grid_post p JOIN grid g ON g.id = p.grid_id"
        " WHERE p.person_id = :id ORDER BY g.code"
    ),
    "micro_grids": text(
        "SELECT m.code, lower(m.valid) AS since FROM micro_grid_post p"
        " JOIN micro_grid m ON m.id = p.micro_grid_id WHERE p.person_id = :id ORDER BY m.code"
    ),
    "positions": text(
        "SELECT ST_X(CAST(coalesce(exact, geog) AS geometry)) AS lon,"
        " ST_Y(CAST(coalesce(exact, geog) AS geometry)) AS lat, captured_at"
        " FROM position WHERE person_id = :id"
    ),
    "track": text(
        "SELECT at, captured_at, received_at, ST_X(CAST(geog AS geometry)) AS lon,"
        " ST_Y(CAST(geog AS geometry)) AS lat, accuracy_m, speed_mps, source, unused"
        " FROM track WHERE person_id = :id ORDER BY at"
    ),
    "devices": text(
        "SELECT label, datum, beginning, created_at, revoked_at, used_at FROM device"
        " WHERE person_id = :id ORDER BY id"
    ),
    "shifts": text(
        "SELECT lower(during) AS begins, upper(during) AS ends FROM shift"
        " WHERE person_id = :id ORDER BY during"
    ),
    "trainings": text(
        "SELECT item_code, matter_code, course, trained_on, valid_until FROM training"
        " WHERE person_id = :id ORDER BY trained_on, id"
    ),
    "postings": text(
        "SELECT home_unit, commanding_unit, lower(during) AS begins, upper(during) AS ends"
        " FROM posting WHERE person_id = :id ORDER BY during"
    ),
    "duty": text("SELECT at, on_duty, cause FROM duty_change WHERE person_id = :id ORDER BY id"),
    "assignments": text(
        "SELECT event_id, assigned_at, released_at, released_as, distance_m, reason"
        " FROM assignment WHERE person_id = :id ORDER BY id"
    ),
    "visits": text(
        "SELECT captured_at, received_at, ST_X(geom) AS lon, ST_Y(geom) AS lat, micro_grid_code,"
        " result, note, doubts, explained, state, judgement FROM visit"
        " WHERE person_id = :id ORDER BY id"
    ),
    "groups": text(
        "SELECT g.code, g.name, m.duty, m.begins, m.ends FROM group_member m"
        " JOIN community_group g ON g.id = m.group_id WHERE m.person_id = :id ORDER BY m.id"
    ),
    "projects": text(
        "SELECT p.code, p.name, h.role, h.begins, h.ends FROM project_holder h"
        " JOIN project p ON p.id = h.project_id WHERE h.person_id = :id ORDER BY h.id"
    ),
    "deeds": text(
        "SELECT h.event_id, h.at, h.from_state, h.to_state, h.note FROM event_history h"
        " JOIN person p ON p.code = h.actor WHERE p.id = :id ORDER BY h.id"
    ),
}
_OF_ACCOUNT: dict[str, TextClause] = {
    "keys": text(
        "SELECT beginning, label, created_at, used_at FROM api_key WHERE account_id = :id"
        " ORDER BY id"
    ),
    "sign_ins": text(
        "SELECT created_at, seen_at FROM login_session WHERE account_id = :id ORDER BY 1"
    ),
    "reports": text(
        "SELECT id, matter_code, description, ST_X(geom) AS lon, ST_Y(geom) AS lat, state,"
        " received_at FROM event WHERE reported_by = :id ORDER BY id"
    ),
    "warnings": text(
        "SELECT warning_id, at, deed FROM warning_history WHERE account_id = :id ORDER BY id"
    ),
    "whistles": text(
        "SELECT call_id, at, deed, unit_code, note FROM whistle_history WHERE account_id = :id"
        " ORDER BY id"
    ),
    "channels": text(
        "SELECT service, kinds, language, quiet_from, quiet_to, created_at FROM channel"
        " WHERE account_id = :id ORDER BY id"
    ),
    "notices": text(
        "SELECT kind, subject_type, subject_id, facts, created_at, read_at FROM notice"
        " WHERE account_id = :id ORDER BY id"
    ),
    "subscriptions": text(
        "SELECT kind, division_code FROM subscription WHERE account_id = :id ORDER BY id"
    ),
    "trail": text(
        "SELECT at, action, kind, object_id, address FROM audit_entry WHERE account_id = :id"
        " ORDER BY at"
    ),
}


async def of_person(session: AsyncSession, person_id: int) -> dict[str, list[dict[str, Any]]]:
    """Everything that is kept of a person beside their own row."""
    return {name: await _rows(session, sql, person_id) for name, sql in _OF_PERSON.items()}


async def of_account(session: AsyncSession, account_id: int) -> dict[str, list[dict[str, Any]]]:
    """Everything that is kept of an account beside its own row."""
    return {name: await _rows(session, sql, account_id) for name, sql in _OF_ACCOUNT.items()}


async def _rows(session: AsyncSession, sql: TextClause, key: int) -> list[dict[str, Any]]:
    return [dict(row) for row in (await session.execute(sql, {"id": key})).mappings()]


async def sealed_person(session: AsyncSession, code: str) -> RowMapping | None:
    """Row of a person with what is sealed, their account's login, and events in hand."""
    found = await session.execute(
        text("""
        SELECT p.id, p.code, p.role, p.division_code, p.on_duty, p.name_sealed, p.phone_sealed,
               p.id_number_sealed, w.open_count, a.login
        FROM person p JOIN workload w ON w.person_id = p.id
        LEFT JOIN account a ON a.person_id = p.id
        WHERE p.code = :code FOR UPDATE OF p, w
        """),
        {"code": code},
    )
    return found.mappings().first()


async def sealed_account(session: AsyncSession, login: str) -> RowMapping | None:
    """Row of an account with its sealed name, locked; or none."""
    found = await session.execute(
        text("""
        SELECT id, login, name_sealed, roles, division_code, created_at, disabled_at
        FROM account WHERE login = :login FOR UPDATE
        """),
        {"login": login},
    )
    return found.mappings().first()


async def erase_person(session: AsyncSession, person_id: int, *, sealed: str, shown: str) -> None:
    """Take from a person what names them; codes stay, so that the past still adds up."""
    given = {"id": person_id, "sealed": sealed, "shown": shown}
    for statement in (
        "UPDATE person SET name_sealed = :sealed, name_masked = :shown, phone_sealed = NULL,"
        " id_number_sealed = NULL, on_duty = false WHERE id = :id",
        "UPDATE assignment SET person_name = :shown WHERE person_id = :id",
        "UPDATE workload SET capacity = open_count WHERE person_id = :id",
        "DELETE FROM position WHERE person_id = :id",
        "DELETE FROM track WHERE person_id = :id",
        "DELETE FROM device WHERE person_id = :id",
        "DELETE FROM shift WHERE person_id = :id",
        "DELETE FROM training WHERE person_id = :id",
        "DELETE FROM person_power WHERE person_id = :id",
        "DELETE FROM grid_post WHERE person_id = :id",
        "DELETE FROM micro_grid_post WHERE person_id = :id",
        "DELETE FROM visit_link WHERE person_id = :id",
        "UPDATE visit SET geom = ST_SnapToGrid(geom, 0.01), explained ="
        " CASE WHEN explained IS NOT NULL THEN '' END WHERE person_id = :id",
    ):
        names = {name: value for name, value in given.items() if f":{name}" in statement}
        await session.execute(text(statement), names)


async def erase_account(session: AsyncSession, account_id: int, *, sealed: str, shown: str) -> None:
    """Take from an account what names it, and from its reports what leads to it."""
    given = {"id": account_id, "sealed": sealed, "shown": shown}
    for statement in (
        "UPDATE account SET login = 'erased-' || id, name_sealed = :sealed, name_masked = :shown,"
        " password_hash = NULL, second_factor_sealed = NULL, oidc_issuer = NULL,"
        " oidc_subject = NULL, disabled_at = coalesce(disabled_at, now()) WHERE id = :id",
        "UPDATE api_key SET revoked_at = coalesce(revoked_at, now()) WHERE account_id = :id",
        "DELETE FROM login_session WHERE account_id = :id",
        "DELETE FROM channel WHERE account_id = :id",
        "DELETE FROM subscription WHERE account_id = :id",
        "DELETE FROM notice WHERE account_id = :id",
        "UPDATE event SET contact_name_sealed = NULL, contact_phone_sealed = NULL,"
        " client_key = 'erased-' || id, reported_by = NULL WHERE reported_by = :id",
    ):
        names = {name: value for name, value in given.items() if f":{name}" in statement}
        await session.execute(text(statement), names)


#: Every column that is sealed, by table.
SEALED: dict[str, tuple[str, ...]] = {
    "person": ("name_sealed", "phone_sealed", "id_number_sealed"),
    "account": ("name_sealed", "second_factor_sealed"),
    "event": ("contact_name_sealed", "contact_phone_sealed"),
    "channel": ("url_sealed",),
    "event_voice": ("content_sealed",),
    "visit_link": ("reason_sealed",),
    "risk_warning": ("address_sealed", "subject_sealed", "detail_sealed"),
    "warning_history": ("note_sealed",),
    "work_order": ("responsible_sealed",),
    "project_holder": ("name_sealed",),
    "mediation": ("subject_sealed", "result_sealed"),
    "mediation_party": ("name_sealed", "phone_sealed"),
}


async def sealed_otherwise(
    session: AsyncSession, table: str, column: str, *, newest: str, limit: int
) -> list[tuple[int, str]]:
    """Id and value of rows that were sealed with another key than the newest, locked."""
    rows = await session.execute(
        text(
            f"SELECT id, {column} AS value FROM {table}"  # noqa: S608 - names of SEALED
            f" WHERE {column} NOT LIKE :newest ORDER BY id LIMIT :limit FOR UPDATE"
        ),
        {"newest": f"{newest}:%", "limit": limit},
    )
    return [(row.id, row.value) for row in rows]


async def set_sealed(
    session: AsyncSession, table: str, column: str, rows: Sequence[tuple[int, str]]
) -> None:
    """Replace sealed values by id."""
    await session.execute(
        text(
            f"UPDATE {table} t SET {column} = row.value"  # noqa: S608 - names of SEALED
            " FROM unnest(CAST(:ids AS bigint[]), CAST(:values AS text[])) AS row (id, value)"
            " WHERE t.id = row.id"
        ),
        {"ids": [key for key, _ in rows], "values": [value for _, value in rows]},
    )


async def count_by_key(session: AsyncSession) -> dict[str, int]:
    """How many values are sealed with each key."""
    counts: dict[str, int] = {}
    for table, columns in SEALED.items():
        for column in columns:
            rows = await session.execute(
                text(
                    f"SELECT split_part({column}, ':', 1) AS name, count(*) AS n"  # noqa: S608
                    f" FROM {table} WHERE {column} IS NOT NULL GROUP BY 1"
                )
            )
            for name, n in rows:
                counts[name] = counts.get(name, 0) + n
    return counts

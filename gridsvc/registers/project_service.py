"""What the office does with projects: set them up, enter what is done, judge, count."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import shapely
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc import client_keys
from gridsvc.accounts.identity import Identity
from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.audit.actor import actor_of
from gridsvc.codes import code_range
from gridsvc.errors import BadInput, NotFound
from gridsvc.events.figures import rate
from gridsvc.geo import to_wgs84
from gridsvc.grids.own_areas import check_own_area
from gridsvc.keyring import Keyring
from gridsvc.masking import masked
from gridsvc.people import posting_queries
from gridsvc.registers import group_queries, history, project_queries
from gridsvc.registers.project_schemas import (
    HolderIn,
    HolderName,
    HolderNames,
    HolderOut,
    ProgrammeFigures,
    ProjectEntryIn,
    ProjectEntryOut,
    ProjectIn,
    ProjectInFull,
    ProjectOut,
    ProjectPage,
    ProjectProgrammeIn,
    ProjectProgrammeOut,
    ProjectScoreIn,
    QuotaDone,
    UnitScore,
)


async def put_programme(
    session: AsyncSession, told: ProjectProgrammeIn, caller: Identity | None = None
) -> ProjectProgrammeOut:
    """Begin a programme, or change the one of that code in that division.

    Raises
    ------
    Forbidden, BadInput
        If the division is none, or not among the caller's areas.
    """
    await check_own_area(session, told.division, caller)
    found = await project_queries.put_programme(session, told.model_dump())
    await audit.record(
        session, Action.REGISTER_MOVED, "project_programme", found, division_code=told.division
    )
    return ProjectProgrammeOut(id=found, **told.model_dump())


async def programmes(session: AsyncSession, low: str, high: str) -> list[ProjectProgrammeOut]:
    """Programmes of a range of division codes."""
    rows = await project_queries.programmes(session, low, high)
    return [ProjectProgrammeOut(**row) for row in rows]


async def _programme(session: AsyncSession, programme_id: int) -> RowMapping:
    row = await project_queries.programme(session, programme_id)
    if row is None:
        raise NotFound(f"there is no project programme {programme_id} in your areas")
    return row


async def put(
    session: AsyncSession, projects: Sequence[ProjectIn], caller: Identity, keyring: Keyring
) -> list[int]:
    """Set projects, all or none; their ids in the same order.

    Raises
    ------
    NotFound
        If there is no such programme.
    Forbidden, BadInput
        If a division is none, outside the programme's area, or not among the caller's; if a role
        is none of the programme's, or a holder is unknown; if a border crosses itself.
    """
    for division in sorted({one.division for one in projects}):
        await check_own_area(session, division, caller)
    for key in sorted({one.programme for one in projects}):
        _check_fits(await _programme(session, key), [p for p in projects if p.programme == key])
    await _check_holders(session, [holder for one in projects for holder in one.holders])
    made = await project_queries.put(session, [_row(one, keyring) for one in projects])
    ids = [made[one.programme, one.division, one.code] for one in projects]
    places = (one.division for one in projects)
    await history.record(session, "project", list(zip(ids, places, strict=True)), "set")
    return ids


def _check_fits(programme: RowMapping, projects: Sequence[ProjectIn]) -> None:
    low, high = code_range(programme["division"])
    roles = {role["code"] for role in programme["roles"]}
    for one in projects:
        if not low <= one.division < high:
            raise BadInput(f"{one.division} lies outside the area of {programme['name']}")
        if strange := sorted({holder.role for holder in one.holders} - roles):
            raise BadInput(
                f"{one.code}: {strange[0]} is no role of {programme['name']}; choose one of "
                f"{', '.join(sorted(roles)) or 'none'}"
            )


async def _check_holders(session: AsyncSession, holders: Sequence[HolderIn]) -> None:
    people = sorted({one.person for one in holders if one.person is not None})
    if unknown := await group_queries.unknown_people(session, people):
        raise BadInput(f"nobody in your areas has the code {unknown[0]!r}")
    groups = sorted({one.group for one in holders if one.group is not None})
    if missing := await project_queries.unknown_groups(session, groups):
        raise BadInput(f"there is no group {missing[0]} in your areas")
    for begins in sorted({one.begins for one in holders if one.unit is not None}):
        units = sorted({one.unit for one in holders if one.unit and one.begins == begins})
        if unknown := await posting_queries.unknown_units(session, units, on=begins):
            raise BadInput(f"unit {unknown[0]!r} is not on the list on {begins}")


def _row(told: ProjectIn, keyring: Keyring) -> dict[str, Any]:
    """A project as its query takes it: border as WKT in WGS-84, names sealed."""
    outline = None
    if told.ring is not None and told.datum is not None:
        shape = shapely.Polygon([to_wgs84(lon, lat, told.datum) for lon, lat in told.ring])
        if not shape.is_valid or shape.is_empty:
            raise BadInput(f"{told.code}: the border is none: {shapely.is_valid_reason(shape)}")
        outline = shape.wkt
    holders = [
        one.model_dump(mode="json", exclude={"name"})
        | {
            "name_sealed": keyring.seal(one.name) if one.name else None,
            "name_masked": masked(one.name) if one.name else None,
        }
        for one in told.holders
    ]
    row = told.model_dump(mode="json", exclude={"ring", "datum", "holders"})
    return row | {"outline": outline, "holders": holders}


async def page(
    session: AsyncSession,
    *,
    low: str,
    high: str,
    programme: int | None = None,
    on: date,
    limit: int,
    offset: int = 0,
) -> ProjectPage:
    """Projects of a range of division codes on a day; none = of any programme."""
    rows, total = await project_queries.projects(
        session, low=low, high=high, programme=programme, on=on, limit=limit, offset=offset
    )
    return ProjectPage(projects=[ProjectOut(**row) for row in rows], total=total)


async def _known(session: AsyncSession, project_id: int) -> RowMapping:
    row = await project_queries.project(session, project_id)
    if row is None:
        raise NotFound(f"there is no project {project_id} in your areas")
    return row


async def show(session: AsyncSession, project_id: int, *, on: date) -> ProjectInFull:
    """A project with who answers for it on a day, and what was done in that day's year.

    Raises
    ------
    NotFound
        If there is none in the caller's areas.
    """
    row = await _known(session, project_id)
    programme = await _programme(session, row["programme"])
    held = await project_queries.holders(session, project_id, on=on)
    entries = await project_queries.entries(session, project_id)
    this_year = [one for one in entries if one["done_on"].year == on.year]
    quotas = []
    for quota in programme["quotas"]:
        done = sum(one["amount"] for one in this_year if one["quota"] == quota["code"])
        quotas.append(QuotaDone(**quota, done=done, reached=done >= quota["least"]))
    return ProjectInFull(
        **row,
        complete=_needed(programme) <= {one["role"] for one in held},
        holders=[HolderOut(**one) for one in held],
        quotas=quotas,
        entries=[ProjectEntryOut(**one) for one in entries],
        history=await history.shown(session, "project", project_id),
    )


def _needed(programme: RowMapping) -> set[str]:
    return {role["code"] for role in programme["roles"] if role["needed"]}


async def enter(
    session: AsyncSession, project_id: int, told: ProjectEntryIn, *, today: date
) -> ProjectInFull:
    """Enter what was done; the same key and body are the same entry.

    Raises
    ------
    NotFound
        If there is no such project.
    BadInput
        If the quota is none of the programme's, the day is yet to come or not of the project's
        time, or the key was used for something else.
    """
    row = await _known(session, project_id)
    programme = await _programme(session, row["programme"])
    if told.quota is not None and told.quota not in {one["code"] for one in programme["quotas"]}:
        raise BadInput(f"{told.quota} is no quota of {programme['name']}")
    begins, ends = row["begins"], row["ends"]
    if told.done_on > today or told.done_on < begins or (ends and told.done_on >= ends):
        raise BadInput(f"{told.done_on} is yet to come, or outside the time of {row['name']}")
    digest = client_keys.digest_of(told)
    columns = told.model_dump() | {"project": project_id, "division": row["division"]}
    actor = {"actor": actor_of(session).shown, "body_sha256": digest}
    if await project_queries.enter(session, columns | actor):
        await history.record(session, "project", [(project_id, row["division"])], "enter")
    else:
        known = await project_queries.digest_of_key(session, project_id, told.client_key)
        client_keys.check_same(told.client_key, known, digest, used="for another entry")
    return await show(session, project_id, on=told.done_on)


async def score(
    session: AsyncSession, project_id: int, told: ProjectScoreIn, caller: Identity, *, today: date
) -> ProjectInFull:
    """Write what the place thinks of a unit's part in a year, in place of what it thought before.

    Raises
    ------
    NotFound
        If there is no such project.
    Forbidden
        If the caller does not answer for the place.
    BadInput
        If the unit has no part in it that year.
    """
    row = await _known(session, project_id)
    await check_own_area(session, row["division"], caller)
    last = min(date(told.year, 12, 31), today)
    held = await project_queries.holders(session, project_id, on=last)
    if told.unit not in {one["unit"] for one in held}:
        raise BadInput(f"unit {told.unit!r} has no part in {row['name']} on {last}")
    place = {"project": project_id, "division": row["division"]}
    await project_queries.score(
        session, told.model_dump() | place | {"actor": actor_of(session).shown}
    )
    note = f"{told.unit} {told.year}: {told.score:g}"
    await history.record(session, "project", [(project_id, row["division"])], "score", note)
    return await show(session, project_id, on=last)


async def read(
    session: AsyncSession, project_id: int, keyring: Keyring, *, purpose: str, on: date
) -> HolderNames:
    """Full names of those who have a role and are in no register; the reading is recorded.

    Raises
    ------
    NotFound
        If there is no such project.
    """
    row = await _known(session, project_id)
    await audit.record(
        session,
        Action.UNMASKED,
        "project",
        project_id,
        division_code=row["division"],
        purpose=purpose,
    )
    held = await project_queries.holders(session, project_id, on=on)
    return HolderNames(
        names=[
            HolderName(role=one["role"], name=keyring.open(one["name_sealed"]))
            for one in held
            if one["name_sealed"] is not None
        ]
    )


async def figures(
    session: AsyncSession, programme_id: int, *, low: str, high: str, year: int, today: date
) -> ProgrammeFigures:
    """A programme in a year: who takes part, how much is complete, and how much of what is owed.

    Raises
    ------
    NotFound
        If there is no such programme.
    """
    programme = await _programme(session, programme_id)
    since, until = date(year, 1, 1), date(year + 1, 1, 1)
    place: dict[str, Any] = {"programme": programme_id, "low": low, "high": high}
    on = min(until - timedelta(days=1), today)
    rows = await project_queries.figures(session, **place, since=since, until=until, on=on)
    needed = _needed(programme)
    complete = sum(needed <= set(row["roles"]) for row in rows)
    quotas = []
    for one in programme["quotas"]:
        done = [(row["done"] or {}).get(one["code"], 0) for row in rows]
        reached = sum(amount >= one["least"] for amount in done)
        quotas.append(rate(one["code"], one["name"], reached, len(rows)))
    return ProgrammeFigures(
        programme=programme_id,
        year=year,
        projects=len(rows),
        holders=await project_queries.holder_counts(session, **place, on=on),
        complete=rate("complete", "落实率", complete, len(rows)),
        quotas=quotas,
        scores=[
            UnitScore(**row) for row in await project_queries.scores(session, **place, year=year)
        ],
    )

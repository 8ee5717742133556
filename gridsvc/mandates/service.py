"""What the office does with its lists: look a matter up, take new lists in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import pairwise
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.codes import WHOLE
from gridsvc.errors import BadInput, NotFound
from gridsvc.grids.queries import existing_divisions
from gridsvc.mandates import queries, version_queries
from gridsvc.mandates.calendar import ZONE, sessions_of
from gridsvc.mandates.lists import KEYS, LASTING, NAMES, DelegatedPower
from gridsvc.mandates.queries import MatterRow
from gridsvc.mandates.schemas import MatterNode, MatterOut, MatterTree


@dataclass(frozen=True)
class Edition:
    """What is said of a list that is loaded.

    Attributes
    ----------
    division_code
        Area it holds for; everywhere if none is given.
    effective_from
        First day it holds; from now on if none is given, and the first list of its kind ever.
    source
        Where it comes from.
    """

    division_code: str = WHOLE
    effective_from: date | None = None
    source: str = ""


_NOW = Edition()


async def reportable_matter(session: AsyncSession, code: str) -> MatterRow:
    """The matter an event is reported under.

    Raises
    ------
    BadInput
        If there is no such matter, it is a class with sub-matters, or it has ended.
    """
    matter = await queries.matter(session, code)
    if matter is None:
        raise BadInput(f"unknown matter {code!r}; use a code of the loaded list of matters")
    if not matter.leaf:
        raise BadInput(f"matter {code} ({matter.name}) is a class; choose one of its sub-matters")
    if matter.ended:
        raise BadInput(f"matter {code} ({matter.name}) has ended; choose one that is in force")
    return matter


async def moment_of(session: AsyncSession, day: date | None) -> tuple[date, datetime]:
    """A day and the time as of which it is judged: its end, or now for none."""
    now = await queries.now(session)
    if day is None:
        return now.astimezone(ZONE).date(), now
    return day, datetime.combine(day, time.max, ZONE)


async def known_division(session: AsyncSession, code: str) -> None:
    """Make sure that a division is one the transaction sees; everywhere is.

    Raises
    ------
    NotFound
        If it is not.
    """
    if code != WHOLE and not await existing_divisions(session, [code]):
        raise NotFound(f"there is no division {code} in your areas")


async def matter_tree(session: AsyncSession, day: date | None) -> MatterTree:
    """The matters of a day, each with what is in it."""
    told, moment = await moment_of(session, day)
    rows = await queries.matters_at(session, moment)
    nodes = {row["code"]: MatterNode(**row, matters=[]) for row in rows}
    roots: list[MatterNode] = []
    for row in rows:
        above = nodes.get(row["parent_code"])
        (roots if above is None else above.matters).append(nodes[row["code"]])
    return MatterTree(day=told, matters=roots)


async def matter_on(
    session: AsyncSession, code: str, division_code: str, day: date | None
) -> MatterOut:
    """Who may and who must act in a matter in a division, how and by when, on a day.

    Raises
    ------
    NotFound
        If the list of that day has no such matter.
    """
    told, moment = await moment_of(session, day)
    rows = {row["code"]: row for row in await queries.matters_at(session, moment)}
    if code not in rows:
        raise NotFound(f"no matter {code!r} is on the list of {told}; see /api/matters")
    classes: list[str] = []
    above = rows[code]["parent_code"]
    while above is not None:
        classes.append(above)
        above = rows[above]["parent_code"]
    powers: list[DelegatedPower] = []
    missing = None
    if (power_code := rows[code]["power_code"]) is not None and division_code != WHOLE:
        missing = await why_no_power(session, power_code, division_code, moment)
        if missing is None:
            powers = await queries.powers_in(session, division_code, moment, power_code)
    return MatterOut(
        day=told,
        code=code,
        name=rows[code]["name"],
        classes=classes,
        kind=rows[code]["kind"],
        power_code=power_code,
        limits=await queries.limits_of(session, code, division_code, moment),
        policy=await queries.policy_of(session, code, division_code, moment),
        duties=await queries.duties_of(session, code, None, moment, division_code),
        powers=powers,
        power_missing=missing,
    )


async def why_no_power(
    session: AsyncSession, power_code: str, division_code: str, at: datetime
) -> str | None:
    """Why a division may not use a power at a time; none if it may.

    Where no list of delegations is in force, every division has the powers that are valid.
    """
    day = at.astimezone(ZONE).date()
    power = await queries.power(session, power_code)
    if power is None:
        return f"权力清单中没有 {power_code}"
    if (fault := _not_on(day, power["valid_from"], power["valid_to"])) is not None:
        return f"权力 {power_code}（{power['name']}）{fault}"
    listed, given = await queries.last_delegation(session, division_code, power_code, at)
    if not listed:
        return None
    if given is None:
        return f"权力 {power_code}（{power['name']}）未赋予 {division_code}"
    if (fault := _not_on(day, given.valid_from, given.valid_to)) is not None:
        return f"{given.from_unit}赋予 {given.division_code} 的权力 {power_code}{fault}"
    return None


def _not_on(day: date, valid_from: date, valid_to: date | None) -> str | None:
    if day < valid_from:
        return f"自 {valid_from} 起才有效"
    if valid_to is not None and day >= valid_to:
        return f"已于 {valid_to} 失效"
    return None


async def load_powers(
    session: AsyncSession, rows: Sequence[dict[str, Any]], edition: Edition = _NOW
) -> int:
    """Take in a list of powers; how many.

    What it does not name stays: a power ends by its own date.

    Raises
    ------
    BadInput
        If a power comes twice or ends before it begins.
    """
    _check_once(rows)
    for row in rows:
        if row["valid_to"] is not None and row["valid_to"] <= row["valid_from"]:
            raise BadInput(f"power {row['code']} ends before it begins; correct its dates")
    await queries.upsert_powers(session, rows)
    await _keep(session, "powers", rows, edition)
    return len(rows)


async def load_matters(
    session: AsyncSession, rows: Sequence[dict[str, Any]], edition: Edition = _NOW
) -> int:
    """Take in a list of matters, classes before what is in them; how many.

    What it does not name stays: a matter ends by its own date.

    Raises
    ------
    BadInput
        If a matter comes twice, names a parent or a power that is not on the list, or names a
        power without being one of enforcement.
    """
    _check_once(rows)
    powers = await queries.power_codes(session)
    known = await queries.matter_codes(session) | {row["code"] for row in rows}
    for row in rows:
        if row["parent_code"] is not None and row["parent_code"] not in known:
            raise BadInput(
                f"matter {row['code']} belongs to {row['parent_code']}, which is not on the list; "
                "add it or correct the parent"
            )
        if row["power_code"] is not None and row["kind"] != "enforcement":
            raise BadInput(
                f"matter {row['code']} names a power, which only enforcement matters need; "
                "make it one or leave the power out"
            )
        if row["power_code"] is not None and row["power_code"] not in powers:
            raise BadInput(
                f"matter {row['code']} needs power {row['power_code']}, which is not on the list; "
                "load the powers first"
            )
    await queries.upsert_matters(session, _parents_first(rows, "matters"))
    await _keep(session, "matters", rows, edition)
    return len(rows)


async def load_units(
    session: AsyncSession, rows: Sequence[dict[str, Any]], edition: Edition = _NOW
) -> int:
    """Take in a list of units, those above before those below; how many.

    What it does not name stays: a unit ends by its own date.

    Raises
    ------
    BadInput
        If a unit comes twice, ends before it begins, or belongs to one that is not on the list.
    """
    _check_once(rows)
    known = await queries.unit_codes(session) | {row["code"] for row in rows}
    for row in rows:
        if row["parent_code"] is not None and row["parent_code"] not in known:
            raise BadInput(
                f"unit {row['code']} belongs to {row['parent_code']}, which is not on the list; "
                "add it or correct the parent"
            )
        if row["valid_to"] is not None and row["valid_to"] <= row["valid_from"]:
            raise BadInput(f"unit {row['code']} ends before it begins; correct its dates")
    await queries.upsert_units(session, _parents_first(rows, "units"))
    await _keep(session, "units", rows, edition)
    return len(rows)


async def load_list(
    session: AsyncSession, kind: str, rows: Sequence[dict[str, Any]], edition: Edition = _NOW
) -> int:
    """Take in delegations, limits, policies, duties or a calendar as a version; how many.

    It replaces what held in the area before, from when it begins; a calendar only the years it
    speaks of. What codes it names must be known.

    Raises
    ------
    BadInput
        If an entry comes twice, or the list would begin before today and is not the first.
    """
    keys = Counter(tuple(str(row[name] or "") for name in KEYS[kind]) for row in rows)
    for key, count in keys.items():
        if count > 1:
            raise BadInput(f"{' '.join(key)} comes twice in the list ({kind}); keep one row each")
    if kind == "calendars":
        _check_calendar(rows)
    await _keep(session, kind, rows, edition)
    return len(rows)


async def _keep(
    session: AsyncSession, kind: str, rows: Sequence[dict[str, Any]], edition: Edition
) -> None:
    """Make a version of a list, unless what it says is in force already."""
    area = WHOLE if kind in LASTING else edition.division_code
    begins, allowed, today = await version_queries.begin_of(
        session, kind, area, edition.effective_from
    )
    if kind in LASTING and edition.effective_from is not None and edition.effective_from > today:
        raise BadInput(
            f"{NAMES[kind]} ({kind}) holds from when it is loaded; give the entries that begin or "
            "end later their own valid_from or valid_to"
        )
    before = await version_queries.in_force(session, kind, [area], begins)
    version_id = await version_queries.add_version(
        session, kind=kind, division_code=area, begins=begins, source=edition.source
    )
    if kind in LASTING:
        await version_queries.add_standing(session, kind, version_id)
    else:
        await version_queries.add_entries(session, kind, version_id, rows)
    if kind == "calendars" and before is not None:
        years = sorted({row["first"].year for row in rows})
        await version_queries.carry_over_years(session, version_id, before.id, years)
    digest = await version_queries.seal(session, kind, version_id)
    if before is not None and before.digest == digest:
        await version_queries.drop_version(session, version_id)
    elif not allowed:
        raise BadInput(
            f"{NAMES[kind]} ({kind}) cannot hold from {edition.effective_from}, for what was "
            f"judged by the one before stays so; give {today} or a later day"
        )


def _check_calendar(rows: Sequence[dict[str, Any]]) -> None:
    spans = sorted((row["first"], row["last"], row["kind"]) for row in rows)
    for row in rows:
        if row["last"] < row["first"] or row["last"].year != row["first"].year:
            raise BadInput(f"{row['first']} to {row['last']} is no span of days within a year")
        if row["kind"] == "hours":
            sessions_of(row["hours"] or "")
        elif row["hours"]:
            raise BadInput(f"{row['first']}: only rows of the kind hours have hours")
    for hours in (True, False):
        chosen = [span for span in spans if (span[2] == "hours") is hours]
        for one, other in pairwise(chosen):
            if other[0] <= one[1]:
                raise BadInput(
                    f"the calendar says two things of {other[0]} ({one[2]} and {other[2]}); "
                    "keep one"
                )


def _check_once(rows: Sequence[dict[str, Any]]) -> None:
    for code, count in Counter(row["code"] for row in rows).items():
        if count > 1:
            raise BadInput(f"{code} comes twice in the list; keep one row each")


def _parents_first(rows: Sequence[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    given = {row["code"] for row in rows}
    ordered: list[dict[str, Any]] = []
    placed: set[str] = set()
    waiting = list(rows)
    while waiting:
        ready = [
            row
            for row in waiting
            if row["parent_code"] is None
            or row["parent_code"] in placed
            or row["parent_code"] not in given
        ]
        if not ready:
            raise BadInput(f"{kind} {waiting[0]['code']} and its parents form a circle")
        ordered += ready
        placed |= {row["code"] for row in ready}
        waiting = [row for row in waiting if row["code"] not in placed]
    return ordered

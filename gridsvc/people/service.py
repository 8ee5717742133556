"""What the personnel office does: take people in, post them to cells, keep duty and position."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.errors import BadInput, NotFound
from gridsvc.geo import to_wgs84
from gridsvc.grids.codes import code_range
from gridsvc.grids.queries import existing_divisions
from gridsvc.mandates.queries import power_codes
from gridsvc.people import post_queries, queries
from gridsvc.people.schemas import PositionIn


async def load_people(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> int:
    """Take people in or change them; how many.

    Each row has code, name, role, division_code, on_duty, capacity, powers (list of codes) and
    position (lon and lat in degrees, WGS-84, and the datum they were given in) or none.

    Raises
    ------
    BadInput
        If somebody comes twice, belongs to an unknown division or holds a power that is not on
        the list.
    """
    codes = Counter(row["code"] for row in rows)
    if twice := [code for code, count in codes.items() if count > 1]:
        raise BadInput(f"{twice[0]} comes twice among the people; keep one row each")
    known = await power_codes(session)
    divisions = await existing_divisions(session, sorted({row["division_code"] for row in rows}))
    for row in rows:
        if row["division_code"] not in divisions:
            raise BadInput(
                f"{row['code']} belongs to {row['division_code']}, which is no known division; "
                "load the divisions first"
            )
        if unknown := sorted(set(row["powers"]) - known):
            raise BadInput(
                f"{row['code']} holds power {unknown[0]}, which is not on the list; "
                "load the powers first"
            )
    await post_queries.upsert_people(session, rows)
    return len(rows)


async def record_position(
    session: AsyncSession, position: PositionIn
) -> tuple[int, bool, datetime]:
    """Store where a person is; database id, whether it was newer than the last, and its time.

    Raises
    ------
    NotFound
        If nobody has this code.
    """
    person = await known_person(session, position.person)
    captured_at = position.captured_at or datetime.now(UTC)
    lon, lat = to_wgs84(position.lon, position.lat, position.datum)
    stored = await queries.move(
        session,
        person["id"],
        lon=lon,
        lat=lat,
        datum=position.datum,
        captured_at=captured_at,
    )
    return person["id"], stored, captured_at


async def set_duty(session: AsyncSession, code: str, *, on_duty: bool) -> int:
    """Put a person on or off duty; their database id.

    Raises
    ------
    NotFound
        If nobody has this code.
    """
    person = await known_person(session, code)
    await queries.set_duty(session, person["id"], on_duty=on_duty)
    return int(person["id"])


async def known_person(session: AsyncSession, code: str) -> Any:
    """Row of a person by code.

    Raises
    ------
    NotFound
        If nobody has this code.
    """
    person = await queries.person(session, code)
    if person is None:
        raise NotFound(f"nobody has the code {code!r}")
    return person


async def post_to_cells(session: AsyncSession, division_code: str) -> dict[str, int]:
    """Give the cells in force their people: workers to grids, liaisons to micro-grids.

    Who answered for a cell answers for the successor that took most of its households. What
    is then still without anybody gets the free people of the community, so that the sum of
    distances between people and cells is least (linear sum assignment); ordinary cells go
    before dedicated ones. People already posted stay where they are.

    Returns
    -------
    dict
        Posts filled, and cells left without anybody, by level.
    """
    low, high = code_range(division_code)
    counts: dict[str, int] = {}
    for level in ("grid", "micro_grid"):
        await post_queries.carry_over(session, level, low, high)
        pairs, vacant = await _pair(session, level, low, high)
        await post_queries.add_posts(session, level, pairs)
        counts |= {f"{level}_posts": len(pairs), f"{level}_vacant": vacant}
    return counts


async def _pair(
    session: AsyncSession, level: str, low: str, high: str
) -> tuple[list[tuple[int, int]], int]:
    pairs: list[tuple[int, int]] = []
    vacant = 0
    for cells, people, distance_m in await post_queries.free_by_community(
        session, level, low, high
    ):
        cell_at, person_at = linear_sum_assignment(np.asarray(distance_m))
        pairs += [(cells[c], people[p]) for c, p in zip(cell_at, person_at, strict=True)]
        vacant += len(cells) - len(cell_at)
    return pairs, vacant

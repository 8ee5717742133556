"""What the personnel office does: take people in, post them to cells, keep duty and position."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.audit.actor import actor_of
from gridsvc.codes import code_range
from gridsvc.errors import BadInput, NotFound
from gridsvc.grids.queries import existing_divisions
from gridsvc.keyring import Keyring
from gridsvc.mandates.queries import power_codes
from gridsvc.masking import masked, masked_number
from gridsvc.people import post_queries, queries
from gridsvc.people.schemas import UnmaskedPerson, Whereabouts


async def load_people(
    session: AsyncSession, rows: Sequence[dict[str, Any]], keyring: Keyring
) -> int:
    """Take people in or change them, names and numbers sealed; how many.

    Each row has code, name, phone and id_number (or none), role, division_code, on_duty,
    capacity, powers (list of codes) and position (lon and lat in degrees, WGS-84, and the datum
    they were given in) or none. Without a phone or identity number a known one stays.

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
    await post_queries.upsert_people(session, [row | _sealed(row, keyring) for row in rows])
    return len(rows)


def _sealed(row: dict[str, Any], keyring: Keyring) -> dict[str, Any]:
    def seal(name: str) -> str | None:
        value = row.get(name)
        return None if value is None else keyring.seal(value)

    return {
        "name_sealed": seal("name"),
        "name_masked": masked(row["name"]),
        "phone_sealed": seal("phone"),
        "id_number_sealed": seal("id_number"),
    }


async def set_duty(session: AsyncSession, code: str, *, on_duty: bool) -> Any:
    """Put a person on or off duty by hand, until their next shift begins or ends; their row.

    Raises
    ------
    NotFound
        If nobody has this code.
    """
    person = await known_person(session, code)
    await queries.set_duty(session, person["id"], on_duty=on_duty, actor=actor_of(session).shown)
    return person


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


async def unmask(
    session: AsyncSession, code: str, keyring: Keyring, *, purpose: str
) -> UnmaskedPerson:
    """Name and phone of a person for a purpose; the reading is recorded.

    Raises
    ------
    NotFound
        If nobody has this code.
    """
    person = await known_person(session, code)
    row = await queries.sealed(session, person["id"])
    await _note_reading(session, Action.UNMASKED, person, purpose)
    number = row["id_number_sealed"] and keyring.open(row["id_number_sealed"])
    return UnmaskedPerson(
        code=code,
        name=keyring.open(row["name_sealed"]),
        phone=row["phone_sealed"] and keyring.open(row["phone_sealed"]),
        id_number=number and masked_number(number),
    )


async def whereabouts(session: AsyncSession, code: str, *, purpose: str) -> Whereabouts:
    """Where a person was last seen, for a purpose; the reading is recorded.

    Raises
    ------
    NotFound
        If nobody has this code, or they were never seen.
    """
    person = await known_person(session, code)
    row = await queries.latest_position(session, person["id"])
    if row is None:
        raise NotFound(f"it is not known where {code} is; no phone of theirs has told a position")
    await _note_reading(session, Action.WHEREABOUTS_READ, person, purpose)
    return Whereabouts(code=code, **row)


async def _note_reading(session: AsyncSession, action: Action, person: Any, purpose: str) -> None:
    await audit.record(
        session,
        action,
        "person",
        person["code"],
        division_code=person["division_code"],
        purpose=purpose,
    )


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

"""Rows of tables against what the database knows, before anything is stored; each with its line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc import geo
from gridsvc.codes import code_range
from gridsvc.db import EVERYWHERE, NOWHERE, Scope, widened
from gridsvc.errors import BadInput
from gridsvc.exchange.tables import HouseholdRow, PersonRow, RowFault
from gridsvc.grids import area_queries
from gridsvc.grids.queries import existing_divisions
from gridsvc.mandates.queries import power_codes
from gridsvc.people import post_queries


async def households(
    session: AsyncSession, rows: Mapping[int, HouseholdRow], within: str | None = None
) -> tuple[list[dict[str, Any]], list[RowFault]]:
    """Households with their buildings, as `area_queries.replace_households` takes them.

    Parameters
    ----------
    rows
        By line.
    within
        Division whose buildings are meant; none = all that can be seen.
    """
    ids = await area_queries.building_ids(session, {row.building_id for row in rows.values()})
    low, high = code_range(within) if within else ("0", ":")
    found: list[dict[str, Any]] = []
    lines: list[int] = []
    bad: list[RowFault] = []
    for line, row in rows.items():
        places = [place for place in ids.get(row.building_id, []) if low <= place[1] < high]
        if len(places) == 1:
            building_id, division_code = places[0]
            place = {"building_id": building_id, "division_code": division_code}
            found.append(row.model_dump() | place)
            lines.append(line)
            continue
        where = ", ".join(division for _, division in places)
        why = (
            f"building {row.building_id} stands in {where}; rename one"
            if places
            else f"there is no building {row.building_id}"
        )
        code = "building_twice" if places else "no_building"
        bad.append(RowFault(line, why, "building_id", code, row.building_id))
    return found, bad + await _addresses_twice(session, lines, found)


async def _addresses_twice(
    session: AsyncSession, lines: Sequence[int], found: Sequence[dict[str, Any]]
) -> list[RowFault]:
    taken = await area_queries.addresses_elsewhere(session, found) if found else set()
    bad: list[RowFault] = []
    for line, row in zip(lines, found, strict=True):
        address = (row["division_code"], row["address_code"])
        if address in taken:
            why = f"address {row['address_code']} is that of another household"
            bad.append(RowFault(line, why, "address_code", "address_twice", row["address_code"]))
        taken.add(address)
    return bad


async def people(session: AsyncSession, rows: Mapping[int, PersonRow]) -> list[RowFault]:
    """What is wrong with people that their rows alone do not tell."""
    powers = await power_codes(session)
    divisions = await existing_divisions(
        session, sorted({row.division_code for row in rows.values()})
    )
    scope: Scope = session.info.get("scope", NOWHERE)
    counted = Counter(row.code for row in rows.values())
    seen = await post_queries.known_codes(session, sorted(counted))
    async with widened(session, EVERYWHERE):
        known = await post_queries.known_codes(session, sorted(counted))
    elsewhere = known - seen

    def faults(line: int, row: PersonRow) -> Iterator[RowFault]:
        if counted[row.code] > 1:
            yield RowFault(
                line, f"{row.code} comes twice; keep one row", "code", "code_twice", row.code
            )
        if row.code in elsewhere:
            why = f"{row.code} is somebody of another area; give another code"
            yield RowFault(line, why, "code", "code_elsewhere", row.code)
        if row.division_code not in divisions:
            why = f"there is no division {row.division_code}; load it first or correct the code"
            yield RowFault(line, why, "division_code", "no_division", row.division_code)
        elif not scope.shows_all_of([code_range(row.division_code)]):
            why = f"{row.division_code} lies outside your area"
            yield RowFault(line, why, "division_code", "outside", row.division_code)
        if unknown := sorted(set(row.powers) - powers):
            why = f"power {unknown[0]} is not on the list; load it first or correct the code"
            yield RowFault(line, why, "powers", "no_power", unknown[0])
        if _half_a_place(row):
            why = "the place lacks lon, lat or datum; give all three or none"
            yield RowFault(line, why, "lon", "half_a_place")

    return [fault for line, row in rows.items() for fault in faults(line, row)]


def _half_a_place(row: PersonRow) -> bool:
    return len({row.lon is None, row.lat is None, row.datum is None}) > 1


def person(row: PersonRow) -> dict[str, Any]:
    """Somebody as `people.service.load_people` takes them in.

    Raises
    ------
    BadInput
        If of their place lon, lat or datum is missing.
    """
    if _half_a_place(row):
        raise BadInput(f"{row.code} has a place without lon, lat or datum; give all three")
    position = None
    if row.lon is not None and row.lat is not None and row.datum is not None:
        position = (*geo.to_wgs84(row.lon, row.lat, row.datum), row.datum)
    return row.model_dump(exclude={"lon", "lat", "datum"}) | {"position": position}

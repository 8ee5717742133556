"""A worker's round past the households that are due, on the road network."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any, Literal
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.outreach import rounds, visit_queries
from gridsvc.outreach.schemas import Round, Stop
from gridsvc.outreach.visiting import asked_of
from gridsvc.roads import service as roads
from gridsvc.roads.modes import Mode
from gridsvc.roads.travel import Travel


@dataclass(frozen=True)
class Walk:
    """A way past some doors; seconds, and what they go by. `schemas.Round` has the same."""

    by: Literal["road", "line"]
    travel_s: float
    naive_s: float
    saved_s: float
    stops: list[Stop]


async def plan(
    session: AsyncSession,
    programme_id: int,
    *,
    person: tuple[int, str],
    zone: ZoneInfo,
    mode: Mode,
    ahead_days: int,
    most: int,
) -> Round:
    """The shortest way past what is due for somebody, beginning where the first address lies.

    Parameters
    ----------
    person
        Database id and code.
    ahead_days
        What is due within so many days belongs to it.
    most
        Households at most, first due first. Those of one building are one stop.
    """
    found, asked = await asked_of(session, programme_id, zone)
    rows = await visit_queries.due(
        session, asked, person_id=person[0], ahead_days=ahead_days, limit=most
    )
    walk = await way_past(session, found["division_code"], rows, mode=mode)
    return Round(programme=programme_id, person=person[1], mode=mode.value, **vars(walk))


async def way_past(
    session: AsyncSession, division: str, rows: Sequence[RowMapping], *, mode: Mode
) -> Walk:
    """The shortest way past households, beginning where the first address lies.

    Parameters
    ----------
    division
        12 digits; on the roads of its county.
    rows
        household, address, building_id, and lon and lat of the building (degrees, WGS-84).
    """
    places = _places(rows)
    travel = await roads.travel(session, division, mode=mode)
    seconds, by_road = await asyncio.to_thread(matrix, travel, places)
    way = await asyncio.to_thread(rounds.order, seconds)
    legs = [0.0, *(float(seconds[here, there]) for here, there in pairwise(way))]
    naive_s = rounds.length_s(seconds, range(len(places)))
    return Walk(
        by="road" if by_road else "line",
        travel_s=sum(legs),
        naive_s=naive_s,
        saved_s=naive_s - sum(legs),
        stops=[
            Stop(**places[place], leg_s=leg)
            for place, leg in zip(way, legs if places else [], strict=True)
        ],
    )


def _places(rows: Sequence[RowMapping]) -> list[dict[str, Any]]:
    """Buildings in the order of their addresses, with the households in each."""
    ordered = sorted(rows, key=lambda row: (row["address"], row["household"]))
    first = {row["building_id"]: place for place, row in reversed(list(enumerate(ordered)))}
    by_building = sorted(ordered, key=lambda row: first[row["building_id"]])
    return [
        {
            **{name: together[0][name] for name in ("lon", "lat")},
            "households": [row["household"] for row in together],
            "addresses": [row["address"] for row in together],
        }
        for _, group in groupby(by_building, key=lambda row: row["building_id"])
        if (together := list(group))
    ]


def matrix(travel: Travel, places: list[dict[str, Any]]) -> tuple[NDArray[np.float64], bool]:
    """Seconds from each place to each, and whether all of them go by road."""
    at = np.array([(place["lon"], place["lat"]) for place in places], float).reshape(-1, 2)
    seconds = np.zeros((len(at), len(at)))
    by_road = bool(len(at))
    for to, (lon, lat) in enumerate(at):
        reach = travel.seconds_to((float(lon), float(lat)), at)
        seconds[:, to] = np.where(np.isfinite(reach.eta_s), reach.eta_s, np.inf)
        by_road &= bool(reach.by_road.all())
    np.fill_diagonal(seconds, 0.0)
    return seconds, by_road

"""What a coverage map is asked for, and the answer of each theme: its query, then its classes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import geopandas as gpd
import pandas as pd
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.codes import code_range
from gridsvc.errors import NotFound
from gridsvc.maps import event_queries, place_queries, theme_queries
from gridsvc.maps.change import change, two_periods
from gridsvc.maps.circles import Nearness, services
from gridsvc.maps.duty import duty
from gridsvc.maps.hotspots import hotspots
from gridsvc.maps.matters import MOST_POINTS, density, matters
from gridsvc.maps.moves import plans
from gridsvc.maps.reach import reach
from gridsvc.maps.served import devices, groups
from gridsvc.maps.themes import Theme, counted, pace, staffing
from gridsvc.maps.visits import stars, unvisited, visited
from gridsvc.outreach import visit_queries
from gridsvc.registers import group_queries
from gridsvc.roads import service as roads
from gridsvc.roads.modes import Mode


@dataclass(frozen=True)
class Asked:
    """What a coverage map is to show.

    Attributes
    ----------
    layers
        Names in `gridsvc.maps.themes.NAMES`; the first is shown at first.
    mode
        How people travel, for ``reach``.
    days
        Window of the themes of events, back from now.
    matter
        Matter or class of matters that the themes of events are limited to; none = all.
    near
        What counts as near a service point.
    period, before
        Two days each, ``2026-09-01/2026-09-30``, for ``change``; none = the last so many days,
        and as long before.
    group
        Kind of groups that ``groups`` tells of; none = the kind there are most of.
    """

    layers: Sequence[str] = ("households",)
    mode: Mode = Mode.EBIKE
    days: int = 90
    matter: str | None = None
    near: Nearness = field(default_factory=Nearness)
    period: str | None = None
    before: str | None = None
    group: str | None = None


@dataclass(frozen=True)
class _Place:
    """Where and when a theme is asked."""

    session: AsyncSession
    code: str
    asked: Asked
    cells: gpd.GeoDataFrame
    now: datetime
    of: tuple[str, str]

    @property
    def window(self) -> tuple[datetime, datetime]:
        """The last so many days."""
        return self.now - timedelta(days=self.asked.days), self.now

    @property
    def said(self) -> tuple[str, str]:
        """Which events the window holds, in Chinese and English."""
        days = self.asked.days
        return f"近 {days} 天受理事件{self.of[0]}", f"events{self.of[1]} received in {days} days"


async def themes_of(
    session: AsyncSession, code: str, asked: Asked, cells: gpd.GeoDataFrame, now: datetime
) -> tuple[Theme, ...]:
    """Themes asked for, in their order; micro-grids by households are no theme.

    Parameters
    ----------
    code
        Division, 12 digits.
    cells
        Its micro-grids, Polygon, EPSG:4326; code, households.
    now
        When the figures are taken, with the time zone days are of.

    Raises
    ------
    NotFound
        If there is no such matter.
    BadInput
        If a period cannot be.
    """
    of = ("", "")
    if asked.matter is not None:
        name = await event_queries.matter_name(session, asked.matter)
        if name is None:
            raise NotFound(f"there is no matter {asked.matter[:40]!a}")
        of = (f"（{name}）", f" ({name})")
    place = _Place(session, code, asked, cells, now, of)
    return tuple([await _THEMES[name](place) for name in asked.layers if name != "households"])


async def _staffing(place: _Place) -> Theme:
    return staffing(await theme_queries.staffing(place.session, place.code))


async def _duty(place: _Place) -> Theme:
    return duty(await theme_queries.staffing(place.session, place.code))


async def _reach(place: _Place) -> Theme:
    travel = await roads.travel(place.session, place.code, mode=place.asked.mode)
    people = await theme_queries.on_duty(place.session, place.code)
    return await asyncio.to_thread(reach, place.cells, people, travel)


async def _services(place: _Place) -> Theme:
    near = place.asked.near
    homes = await place_queries.homes(place.session, place.code)
    points = await place_queries.service_points(place.session, place.code, near.radius_m)
    walking = await roads.travel(place.session, place.code, mode=Mode.WALK)
    return await asyncio.to_thread(services, place.cells, homes, points, near, walking)


def _counting(name: str, note: str, english: str) -> Callable[[_Place], Awaitable[Theme]]:
    async def answer(place: _Place) -> Theme:
        figures = await theme_queries.counted(
            place.session, name, place.code, matter=place.asked.matter
        )
        return counted(name, figures, note + place.of[0], english + place.of[1])

    return answer


def _pacing(name: str) -> Callable[[_Place], Awaitable[Theme]]:
    async def answer(place: _Place) -> Theme:
        asked = place.asked
        figures = await theme_queries.pace(place.session, place.code, asked.days, asked.matter)
        return pace(figures, asked.days, name, place.of)

    return answer


async def _points(place: _Place) -> gpd.GeoDataFrame:
    zone = str(place.now.tzinfo)
    return await event_queries.points(
        place.session, place.code, place.window, place.asked.matter, zone=zone, most=MOST_POINTS
    )


async def _matters(place: _Place) -> Theme:
    figures = await event_queries.by_class(
        place.session, place.code, place.window, place.asked.matter
    )
    names = await event_queries.class_names(place.session)
    return await asyncio.to_thread(matters, figures, await _points(place), names, place.said)


async def _density(place: _Place) -> Theme:
    return await asyncio.to_thread(density, place.cells, await _points(place), place.said)


async def _change(place: _Place) -> Theme:
    asked = place.asked
    before, after = two_periods(place.now, asked.days, asked.period, asked.before)
    figures = await event_queries.two_periods(
        place.session,
        place.code,
        (before.begin, before.end),
        (after.begin, after.end),
        asked.matter,
    )
    said = (f"受理事件{place.of[0]}", f"events{place.of[1]} received")
    return change(figures, before, after, said)


async def _hotspots(place: _Place) -> Theme:
    asked = place.asked
    received = await theme_queries.counted(
        place.session, "received", place.code, asked.days, asked.matter
    )
    return await asyncio.to_thread(hotspots, place.cells, received, asked.days, place.of)


async def _plans(place: _Place) -> Theme:
    old = await place_queries.old_cells(place.session, place.code)
    homes = await place_queries.moved_homes(place.session, place.code)
    return await asyncio.to_thread(plans, place.cells, old, homes)


async def _seen(place: _Place) -> tuple[pd.DataFrame, str, int]:
    """Households, visited and overdue ones of every micro-grid, and what the programme is."""
    cells = place.cells["code"]
    found = await theme_queries.programme(place.session, place.code)
    if found is None:
        nothing = pd.DataFrame(0, cells, ["households", "visited", "overdue"])
        return nothing, "没有走访方案", 0
    # Of the programme's area what is drawn, and of what is drawn the programme's area.
    (low, high), (first, last) = code_range(place.code), code_range(found["division_code"])
    rows = await visit_queries.coverage(
        place.session,
        visit_queries.Range(
            programme=found["id"],
            low=max(low, first),
            high=min(high, last),
            zone=str(place.now.tzinfo),
        ),
        since=place.now - timedelta(days=found["every_days"]),
    )
    columns = ["micro_grid_code", "households", "visited", "overdue"]
    told = pd.DataFrame(rows, columns=columns).set_index("micro_grid_code")
    return told.reindex(cells, fill_value=0), found["name"], found["every_days"]


async def _visited(place: _Place) -> Theme:
    return visited(*await _seen(place))


async def _unvisited(place: _Place) -> Theme:
    figures, name, _ = await _seen(place)
    return unvisited(figures, name)


async def _stars(place: _Place) -> Theme:
    return stars(await theme_queries.stars(place.session, place.code))


async def _groups(place: _Place) -> Theme:
    low, high = code_range(place.code)
    day = place.now.date()
    kinds = await group_queries.kinds(place.session, low, high, on=day)
    kind = place.asked.group or next(iter(kinds), None)
    rows = await group_queries.coverage(
        place.session,
        low=low,
        high=high,
        group_kind=kind,
        of="micro_grid",
        kind=None,
        on=day,
    )
    numbers = pd.Series({row["code"]: row["groups"] for row in rows}, dtype=int)
    return groups(numbers.reindex(place.cells["code"], fill_value=0), kind, day)


async def _devices(place: _Place) -> Theme:
    days = place.asked.days
    figures = await theme_queries.devices(place.session, place.code, days)
    return devices(figures, await place_queries.devices(place.session, place.code, days), days)


_THEMES: dict[str, Callable[[_Place], Awaitable[Theme]]] = {
    "staffing": _staffing,
    "duty": _duty,
    "reach": _reach,
    "services": _services,
    "open": _counting("open", "未结案且未退回不予受理；当前", "Neither closed nor rejected; now"),
    "overdue": _counting(
        "overdue", "未结且有环节超过时限；当前", "Open, and past the limit of a stage; now"
    ),
    "matters": _matters,
    "density": _density,
    "change": _change,
    **{name: _pacing(name) for name in ("accept", "arrive", "pace")},
    "hotspots": _hotspots,
    "plans": _plans,
    "visited": _visited,
    "unvisited": _unvisited,
    "stars": _stars,
    "groups": _groups,
    "devices": _devices,
}

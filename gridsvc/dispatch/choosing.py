"""Who may take an event, how soon each is there, and who comes first."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import ceil

import numpy as np
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.codes import DIGITS, WHOLE, ancestors, code_range
from gridsvc.db import Scope, widened
from gridsvc.dispatch.ranking import Ranked, certain, rank, reason
from gridsvc.events.queries import Brief
from gridsvc.mandates.lists import DispatchPolicy
from gridsvc.mandates.queries import policy_of
from gridsvc.mandates.service import why_no_power
from gridsvc.people import queries as people_queries
from gridsvc.people.candidates import Candidate, Need
from gridsvc.people.names import ROLES
from gridsvc.roads import service as roads
from gridsvc.roads.modes import Mode, fastest_mps
from gridsvc.roads.travel import Reach, Travel

#: How many of the nearest to look at first: with 8 and many events in one spot a quarter find
#: nobody free, with 32 none. Each further round looks at so many times as many at least; at a
#: share more than the ground says, where people stand closer than they did so far.
FIRST_LOOK, WIDER, SPARE = 32, 2, 1.3
#: What a straight line may be off: the index follows moves late, and maps are flat.
INDEX_BEHIND_M, FLAT_SHARE = 25.0, 0.02
#: Digits of a division code that the people who may be sent share with the event.
_REACH = {"grid": DIGITS["county"], "street": DIGITS["street"], "county": DIGITS["county"]}

_WHERE = {"street": "本街道", "anywhere": "本系统"}


@dataclass(frozen=True)
class Search:
    """The search for somebody who takes an event.

    Attributes
    ----------
    need, policy
        What it asks of them, and how they are found.
    division_code
        Community it lies in.
    lon, lat
        Degrees, WGS-84.
    barred
        Why nobody may enforce it there, such as a power never delegated; none = somebody may.
    """

    need: Need
    policy: DispatchPolicy
    division_code: str
    lon: float
    lat: float
    barred: str | None = None

    @property
    def scope(self) -> Scope:
        """What the service looks at to find somebody, whoever reported: the county at least."""
        county = county_of(self.division_code)
        return Scope((*county.ranges, (self.need.low, self.need.high)), above=county.above)

    @property
    def only_own(self) -> bool:
        """Whether only the grid's own workers may take it."""
        own = self.policy.first == "own_grid" or self.policy.reach == "grid"
        return own and self.need.role == "grid_worker"


@dataclass(frozen=True)
class Look:
    """What one look around brought.

    Attributes
    ----------
    ranked
        Candidates, best first.
    front
        Those of them in front whom nobody farther away can be quicker than.
    everybody
        Whether there is nobody farther away.
    """

    search: Search
    ranked: list[Ranked]
    front: list[Ranked]
    everybody: bool
    reach: Reach

    def needed_m(self, wanted: int) -> float:
        """Metres within which everybody must be known before so many are certain; inf = all."""
        others = [one for one in self.ranked if not one.candidate.own_grid]
        if len(others) < wanted:
            return np.inf
        farthest_m = others[wanted - 1].eta_s * fastest_mps(Mode(self.search.policy.travel_mode))
        return (farthest_m + INDEX_BEHIND_M) / (1 - FLAT_SHARE)

    def road_m(self, one: Ranked) -> float | None:
        """Metres of somebody's way by road; none where they do not go by road."""
        if one.by != "road" or not np.isfinite(one.eta_s):
            return None
        return self.reach.distance_m(one.which)

    def reason(self, one: Ranked) -> str:
        """Why somebody stands where they stand."""
        return reason(one, self.search.policy.travel_mode, self.road_m(one))


def county_range(division_code: str) -> tuple[str, str]:
    """Codes of the county a division lies in."""
    return code_range(division_code[: DIGITS["county"]].ljust(12, "0"))


def county_of(division_code: str) -> Scope:
    """What the service looks at in a county, whoever asks; lists may have been set above it."""
    return Scope((county_range(division_code),), above=tuple(ancestors(division_code)))


async def search_for(session: AsyncSession, event: Brief) -> Search:
    """What an event asks for, by the policy in force for its matter where it lies."""
    officer, barred = event.matter_kind == "enforcement", None
    async with widened(session, county_of(event.division_code)):
        policy = await policy_of(session, event.matter, event.division_code)
        if officer and event.power_code is not None:
            barred = await why_no_power(
                session, event.power_code, event.division_code, datetime.now(UTC)
            )
    if policy.reach == "anywhere":
        low, high = code_range(WHOLE)
    else:
        low, high = code_range(event.division_code[: _REACH[policy.reach]].ljust(12, "0"))
    need = Need(
        role="officer" if officer else "grid_worker",
        power_code=event.power_code if officer else None,
        low=low,
        high=high,
        grid_id=None if officer or policy.first == "nearest" else event.grid_id,
        max_radius_m=policy.max_radius_m,
        max_position_age_s=policy.max_position_age_s,
    )
    return Search(need, policy, event.division_code, event.lon, event.lat, barred)


async def looks(
    session: AsyncSession, search: Search, *, without: Collection[int] = (), wanted: int = 1
) -> AsyncIterator[Look]:
    """Look around an event, wider each time, until everybody was looked at.

    Where nobody may enforce it, nobody is looked for. The second look reaches as far as somebody
    could come from who is quicker than those found by the first.

    Parameters
    ----------
    wanted
        How many should be found for certain.
    without
        Database ids of people not to be asked.
    """
    if search.barred is not None:
        return
    travel = await roads.travel(session, search.division_code, mode=Mode(search.policy.travel_mode))
    k = FIRST_LOOK
    while True:
        found = await people_queries.nearest_eligible(
            session, need=search.need, lon=search.lon, lat=search.lat, k=k
        )
        asked = [one for one in found.candidates if one.person_id not in without]
        if search.only_own:
            asked = [one for one in asked if one.own_grid]
        look = _ranked(search, asked, travel, found.looked_m)
        yield look
        if look.everybody:
            return
        k = _more(k, found.looked_m, look.needed_m(wanted))


def _more(k: int, looked_m: float, needed_m: float) -> int:
    """How many people there should be within a distance, from how many there are within less."""
    if needed_m <= 0 or looked_m <= 0 or not np.isfinite(needed_m):
        return k * WIDER
    return max(k * WIDER, ceil(k * SPARE * (needed_m / looked_m) ** 2))


def _ranked(search: Search, wanted: Sequence[Candidate], travel: Travel, looked_m: float) -> Look:
    placed = [which for which, one in enumerate(wanted) if one.lon is not None]
    spots = np.array([(wanted[which].lon, wanted[which].lat) for which in placed], dtype=float)
    reach = travel.seconds_to((search.lon, search.lat), spots.reshape(-1, 2))
    eta_s, by = np.full(len(wanted), np.inf), ["none"] * len(wanted)
    for place, which in enumerate(placed):
        eta_s[which], by[which] = reach.eta_s[place], reach.by(place)
    order = {which: place for place, which in enumerate(placed)}
    ranked = [replace(one, which=order.get(one.which, -1)) for one in rank(wanted, list(eta_s), by)]
    everybody = looked_m == np.inf or search.only_own
    near_m = np.inf if everybody else max(looked_m * (1 - FLAT_SHARE) - INDEX_BEHIND_M, 0.0)
    front = certain(ranked, near_m, fastest_mps(travel.mode))
    return Look(search, ranked, front, everybody, reach)


async def shortfall(session: AsyncSession, search: Search) -> str:
    """Why nobody can be found: the first condition that leaves nobody."""
    if search.barred is not None:
        return search.barred
    need = search.need
    left = await people_queries.shortfall(session, need, lon=search.lon, lat=search.lat)
    role, where = ROLES[need.role], _WHERE.get(search.policy.reach, "本区县")
    conditions = {
        "role": f"{where}没有{role}",
        "competent": f"{where}没有{role}持有有效的权力 {need.power_code}",
        "on_duty": f"有资格的{role} {left['competent']} 人均不在岗",
        "free": f"在岗的{role} {left['on_duty']} 人均已满负荷或在休整",
        "known": f"有空的{role} {left['free']} 人均无位置、位置过时或超出最大半径",
    }
    if search.only_own:
        conditions["known"] = "本网格网格员不在岗、已满负荷或已退回此事件"
        left["known"] = 0
    later = f"有空的{role}均已退回此事件或正在接收其他事件，稍后自动重试"
    return next((why for name, why in conditions.items() if left[name] == 0), later)

"""What a demonstration town did before today: visits, warnings, windows, a reception month.

People of the town have no accounts but one of each role, so past visits come by the account of the
partner's system, as where a town brings along what it had. Everything else goes the way of the API.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.accounts import queries as accounts
from gridsvc.accounts.identity import Identity
from gridsvc.accounts.roles import Role, permissions_of
from gridsvc.events.schemas import EventIn
from gridsvc.geo import Datum
from gridsvc.keyring import Keyring
from gridsvc.mandates import queries as mandates
from gridsvc.outreach import (
    linking,
    reception_service,
    visit_queries,
    visiting,
    warning_intake,
    warning_service,
    window_service,
)
from gridsvc.outreach.reception_schemas import (
    HoldingIn,
    InspectionIn,
    ReceptionIn,
    ReceptionInFull,
    ResolutionIn,
)
from gridsvc.outreach.schemas import LinksIn
from gridsvc.outreach.warning_schemas import WarningCheckIn, WarningRow
from gridsvc.outreach.window_schemas import OrderIn, RegistrationIn
from gridsvc.people import queries as people
from gridsvc.town.accounts import PREFIX

#: By which the demonstration counts its days.
ZONE = ZoneInfo("Asia/Shanghai")
#: The whole town is a few thousand households.
_MOST_HOUSEHOLDS = 20_000
_SEED = 16
#: Which part of its households a cell was visited in, least and most.
_VISITED = (0.35, 0.98)
_WARNINGS = (
    ("rental-housing", "住户 9 人，用电量三倍于邻户，疑似群租"),
    ("marriage", "近 30 天两次报警求助，均为夫妻争吵"),
    ("mental-illness", "服药记录中断 20 天"),
    ("rental-housing", "租约到期未登记，夜间人员往来频繁"),
    ("marriage", "社区调解后再次求助"),
    ("rental-housing", "燃气用量异常"),
)
#: The window of five matters, `geodata/codes/practices.json`.
_WINDOW = "tong-wan-wu-shi"
#: Class, matter, and what somebody came with.
_MATTERS = (
    ("ji-nan", "E0604", "老人独居，家中燃气管老化，担心漏气"),
    ("jiu-xin", "E0601", "两家为宅基地边界争执多年，盼早日解决"),
    ("fan-xin", "E0102", "村口垃圾桶总是满的，夏天味道大"),
    ("cao-xin", "E0101", "小学门口路面坑洼，雨天孩子不好走"),
    ("qi-pan", "E0401", "盼村里设一个固定的早市"),
)


@dataclass(frozen=True)
class Hand:
    """Who does it, of the demonstration's accounts, in a county (12 digits)."""

    session: AsyncSession
    keyring: Keyring
    county: str
    zone: ZoneInfo = ZONE
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(_SEED))

    async def identity(self, role: Role) -> Identity:
        """The demonstration's account of a role."""
        login = PREFIX + role.value.replace("_", "-")
        row: Any = await accounts.account(self.session, login)
        person = None
        if row["person_code"] is not None:
            person = await people.person(self.session, row["person_code"])
        return Identity(
            account_id=row["id"],
            login=login,
            roles=(role,),
            permissions=permissions_of([role]),
            areas=tuple(row["areas"]),
            matters=None,
            person_id=person and person["id"],
            person_code=person and person["code"],
            via="demonstration",
        )


async def go_out(hand: Hand) -> dict[str, int]:
    """Fill a town with past visits, warnings, registrations and a reception month.

    Its practices are loaded, its people posted, its accounts open.
    """
    session, keyring = hand.session, hand.keyring
    programmes = {one["code"]: one for one in await visit_queries.programmes(session, "", ":")}
    homes = await homes_of(hand)
    worker = await hand.identity(Role.GRID_WORKER)
    own = [one for one in homes if worker.person_code in one["people"]]
    cadre = programmes["gan-bu-lian-xi-hu"]["id"]
    links = LinksIn(households=[one["address"] for one in own[3:60:5]], reason="联系户")
    if worker.person_code and len(own) > 1:
        await linking.link(session, cadre, worker.person_code, links, keyring)
    visits = await _visits(hand, programmes["ji-du-pu-fang"], homes)
    warnings = await _warnings(hand, own or homes, homes, worker)
    registered = await _windows(hand, homes)
    await _reception(hand)
    return {"visits": visits, "warnings": warnings, "registrations": registered, "receptions": 1}


async def homes_of(hand: Hand) -> list[RowMapping]:
    """Every household with its cell, its place and who visits it."""
    programmes = {one["code"]: one for one in await visit_queries.programmes(hand.session, "", ":")}
    programme = programmes["ji-du-pu-fang"]["id"]
    _, asked = await visiting.asked_of(hand.session, programme, hand.zone)
    return await visit_queries.due(
        hand.session, asked, person_id=None, ahead_days=3660, limit=_MOST_HOUSEHOLDS
    )


async def _visits(hand: Hand, programme: RowMapping, homes: list[RowMapping]) -> int:
    """Visits of the last weeks, in some cells many and in others few; one waits to be judged."""
    account = (await hand.identity(Role.PARTNER)).account_id
    now = await mandates.now(hand.session)
    cells = sorted({one["micro_grid_code"] for one in homes})
    share = dict(zip(cells, hand.rng.uniform(*_VISITED, len(cells)), strict=True))
    results = [one["code"] for one in programme["results"]]
    ids: dict[str, int] = {}
    made = 0
    for home in homes:
        if not home["people"] or hand.rng.random() > share[home["micro_grid_code"]]:
            continue
        code = home["people"][int(hand.rng.integers(len(home["people"])))]
        if code not in ids:
            ids[code] = (await people.person(hand.session, code))["id"]
        doubted = made == 0
        row = {
            **{"programme_id": programme["id"], "household_id": home["household"]},
            **{name: home[name] for name in ("micro_grid_code", "lon", "lat")},
            "division_code": home["micro_grid_code"][:12],
            "person_id": ids[code],
            "datum": "wgs84",
            "captured_at": now - timedelta(hours=float(hand.rng.uniform(2, 24 * 70))),
            "result": results[int(hand.rng.choice(len(results), p=_chances(len(results))))],
            "note": "",
            "doubts": ["outside_cell"] if doubted else [],
            "explained": "住户在小区门口接受走访" if doubted else None,
            "state": "doubted" if doubted else "counted",
            "event_id": None,
            "account_id": account,
            "client_key": f"demo-visit-{home['household']}",
            "body_sha256": b"",
        }
        await visit_queries.add(hand.session, row)
        made += 1
    return made


def _chances(number: int) -> list[float]:
    """Nearly always the first result."""
    return [0.85, *[0.15 / (number - 1)] * (number - 1)]


async def _warnings(
    hand: Hand, own: list[RowMapping], homes: list[RowMapping], worker: Identity
) -> int:
    """Warnings for the worker's cells and others: one has no place, one was checked and went up."""
    partner = await hand.identity(Role.PARTNER)
    near = [own[n % len(own)] for n in (5, 17, 29)]
    places = [*near, homes[0], homes[-1], None]
    rows = [
        WarningRow(
            ref=f"demo-{n + 1:03}",
            scene=scene,
            address=home["address"] if home else "39012199999999999999999",
            subject="王小明",
            detail=detail,
        )
        for n, ((scene, detail), home) in enumerate(zip(_WARNINGS, places, strict=True))
    ]
    sent = warning_intake.numbered(rows)
    taken = await warning_intake.take_in(hand.session, hand.county, sent, [], partner, hand.keyring)
    first = taken.warnings[2].warning
    if first is not None and own is not homes:
        told = WarningCheckIn(
            **{"lon": near[2]["lon"], "lat": near[2]["lat"], "datum": Datum.WGS84},
            captured_at=await mandates.now(hand.session),
            outcome="serious",
            note="家属称已停药，请卫生院跟进",
            client_key="demo-check-1",
        )
        await warning_service.check(hand.session, first, told, worker, hand.keyring)
    return taken.taken


async def _windows(hand: Hand, homes: list[RowMapping]) -> int:
    """One matter of each class at the villages' window, two of them passed up."""
    listed = await window_service.windows(hand.session, "", ":")
    window = next(one for one in listed if one.code == _WINDOW)
    step = max(1, len(homes) // (len(_MATTERS) + 1))
    events = []
    for n, (class_code, matter, said) in enumerate(_MATTERS, start=1):
        home = homes[n * step]
        event = EventIn(
            **{"matter": matter, "lon": home["lon"], "lat": home["lat"], "datum": Datum.WGS84},
            description=said,
            client_key=f"demo-window-{n}",
        )
        told = RegistrationIn(class_code=class_code, event=event)
        made = await window_service.register(hand.session, window.id, told, hand.keyring)
        events.append(made.event.id)
    for raised, unit in zip(events, ("ZJJ", "CGJ"), strict=False):
        order = OrderIn(event=raised, unit=unit, level="county", note="村里解决不了，请研究办理")
        await window_service.issue(hand.session, order)
    return len(events)


async def _reception(hand: Hand) -> ReceptionInFull:
    """The latest month whose first day of hearing is past: heard, and two matters decided."""
    (cycle, *_) = await reception_service.cycles(hand.session, "", ":")
    supervisor = await hand.identity(Role.SUPERVISOR)
    today = (await mandates.now(hand.session)).astimezone(hand.zone).date()
    month = latest_heard(today, cycle.milestones[0].day)
    begun = await reception_service.open_month(
        hand.session, cycle.id, ReceptionIn(month=month, most=8), supervisor
    )
    first = begun.milestones[0]
    told = HoldingIn(held_on=first.planned_on, attended=first.expected)
    await reception_service.hold(hand.session, begun.id, first.planned_on, told)
    for n, item in enumerate(begun.items[:2]):
        decided = ResolutionIn(
            decision="由牵头单位本月内办结，村委会全程跟进",
            votes_for=21,
            votes_against=2,
            budget_yuan="86500.00",
            lead_unit="ZJJ",
        )
        await reception_service.decide(hand.session, begun.id, item.event, decided)
        if n == 0:
            looked = InspectionIn(passed=True, note="现场查看，已完工")
            await reception_service.inspect(hand.session, begun.id, item.event, looked)
    return begun


def latest_heard(today: date, day: int) -> date:
    """First day of the latest month of which a day is past."""
    month = today.replace(day=1)
    return month if today.day > day else (month - timedelta(days=1)).replace(day=1)

"""The page of registers: groups, standards, projects, sittings, repairs, windows, forms."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.accounts.access import Caller, Session, may
from gridsvc.accounts.identity import Identity
from gridsvc.accounts.roles import Permission
from gridsvc.codes import WHOLE, code_range
from gridsvc.mandates import office_queries, offices
from gridsvc.mandates import queries as mandates
from gridsvc.maps.queries import widest_division
from gridsvc.registers import (
    group_queries,
    group_service,
    project_service,
    repair_service,
    sitting_service,
    standard_service,
)
from gridsvc.registers.schemas import Code
from gridsvc.web import register_words
from gridsvc.web.drawing import page

router = APIRouter(include_in_schema=False, dependencies=[may(Permission.VIEW_REGISTERS)])

View = Literal["groups", "standards", "projects", "sittings", "repairs", "services", "burden"]
#: Rows of a list that a page shows; how many there are in all stands above it.
MOST_ROWS = 50
#: Projects that a page shows, each with its holders and entries.
MOST_PROJECTS = 30
_LOW, _HIGH = code_range(WHOLE)
#: How far a window may be: the circle of fifteen minutes' walk that places promise is 500 m.
_RADIUS_M = 500.0


class _Wish(BaseModel):
    """What the page is asked for, by its address."""

    view: View = "groups"
    chosen: Annotated[int | None, Field(ge=1, le=2**62)] = None
    kind: Code | None = None
    of: Literal["community", "street", "grid", "micro_grid"] = "community"
    item: Annotated[str, Field(max_length=64)] = ""


@dataclass(frozen=True)
class _Asked:
    """The same, with who asks, where and when."""

    caller: Identity
    wish: _Wish
    division: str
    now: datetime
    today: date

    @property
    def year(self) -> tuple[datetime, datetime]:
        """The year until now."""
        begins = self.now.replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0)
        return begins, self.now + timedelta(seconds=1)


@router.get("/registers", response_class=HTMLResponse)
async def registers(
    request: Request, session: Session, caller: Caller, wish: Annotated[_Wish, Query()]
) -> HTMLResponse:
    """One of the registers; which one and of what its address says."""
    zone = ZoneInfo(request.app.state.settings.time_zone)
    now = (await mandates.now(session)).astimezone(zone)
    own = next((area for area in caller.areas if area != WHOLE), None)
    division = own or await widest_division(session) or WHOLE
    asked = _Asked(caller, wish, division, now, now.date())
    told = await _READ[wish.view](session, asked)
    return page(
        request,
        f"registers_{wish.view}.html",
        visitor=caller,
        view=wish.view,
        wish=wish,
        zone=zone,
        today=asked.today,
        keeper=caller.may(Permission.KEEP_REGISTERS),
        words_of=register_words,
        most=MOST_ROWS,
        **told,
    )


async def _groups(session: AsyncSession, asked: _Asked) -> dict[str, Any]:
    kinds = await group_queries.kinds(session, _LOW, _HIGH, on=asked.today)
    if not kinds:
        return {"kinds": []}
    kind = asked.wish.kind or next(iter(kinds))
    return {
        "kinds": sorted({*kinds, kind}),
        "kind": kind,
        "groups": await group_service.page(
            session, low=_LOW, high=_HIGH, on=asked.today, kind=kind, limit=MOST_ROWS, offset=0
        ),
        "coverage": await group_service.coverage(
            session, kind=kind, of=asked.wish.of, low=_LOW, high=_HIGH, on=asked.today
        ),
    }


async def _standards(session: AsyncSession, asked: _Asked) -> dict[str, Any]:
    standards = await standard_service.standards(session, _LOW, _HIGH)
    chosen = next((one for one in standards if one.id == asked.wish.chosen), None)
    shown = chosen or (standards[0] if standards else None)
    if shown is None:
        return {"result": None}
    return {
        "standards": standards,
        "result": await standard_service.result(
            session, shown.id, low=_LOW, high=_HIGH, on=asked.today, limit=MOST_ROWS
        ),
        "items": {one.code: one.name for one in shown.items},
        "may_find": asked.caller.may(Permission.KEEP_REGISTERS)
        or asked.caller.may(Permission.APPRAISE),
    }


async def _projects(session: AsyncSession, asked: _Asked) -> dict[str, Any]:
    programmes = await project_service.programmes(session, _LOW, _HIGH)
    chosen = next((one for one in programmes if one.id == asked.wish.chosen), None)
    programme = chosen or next((one for one in programmes if one.quotas), None)
    programme = programme or (programmes[0] if programmes else None)
    if programme is None:
        return {"programme": None}
    listed = await project_service.page(
        session,
        low=_LOW,
        high=_HIGH,
        programme=programme.id,
        on=asked.today,
        limit=MOST_PROJECTS,
        offset=0,
    )
    return {
        "programmes": programmes,
        "programme": programme,
        "roles": {one.code: one.name for one in programme.roles},
        "figures": await project_service.figures(
            session,
            programme.id,
            low=_LOW,
            high=_HIGH,
            year=asked.today.year,
            today=asked.today,
        ),
        "total": listed.total,
        "projects": [
            await project_service.show(session, one.id, on=asked.today) for one in listed.projects
        ],
        "units": {
            one["code"]: one["name"]
            for one in await mandates.units_at(session, _LOW, _HIGH, asked.now)
        },
    }


async def _sittings(session: AsyncSession, asked: _Asked) -> dict[str, Any]:
    figures = mediations = None
    if asked.caller.may(Permission.VIEW_FIGURES):
        figures = await sitting_service.figures(session, _LOW, _HIGH, *asked.year)
    if asked.caller.may(Permission.KEEP_REGISTERS):
        mediations = await sitting_service.page(
            session, low=_LOW, high=_HIGH, state=None, limit=MOST_ROWS
        )
    return {
        "figures": figures,
        "mediations": mediations,
        "may_read": asked.caller.may(Permission.UNMASK),
        "meetings": await sitting_service.meetings(
            session, low=_LOW, high=_HIGH, group=None, limit=MOST_ROWS
        ),
    }


async def _repairs(session: AsyncSession, asked: _Asked) -> dict[str, Any]:
    packs = await repair_service.packs(session, _LOW, _HIGH)
    pack = next((one for one in packs if one.id == asked.wish.chosen), packs[0] if packs else None)
    if pack is None:
        return {"pack": None}
    figures = None
    if asked.caller.may(Permission.VIEW_FIGURES):
        figures = await repair_service.figures(session, pack.id, *asked.year)
    crews = await group_service.page(
        session,
        low=_LOW,
        high=_HIGH,
        kind="crew",
        on=asked.today,
        limit=MOST_ROWS,
        offset=0,
    )
    return {
        "packs": packs,
        "pack": pack,
        "items": {one.code: one.name for one in pack.items},
        "figures": figures,
        "crews": {one.id: one.name for one in crews.groups},
        "repairs": await repair_service.page(
            session, low=_LOW, high=_HIGH, pack=pack.id, state=None, limit=MOST_ROWS
        ),
        "may_call": asked.caller.may(Permission.KEEP_REGISTERS)
        or asked.caller.may(Permission.REGISTER_AT_WINDOW),
        "may_pay": asked.caller.may(Permission.KEEP_LEDGER),
    }


async def _services(session: AsyncSession, asked: _Asked) -> dict[str, Any]:
    items = {
        row["code"]: row["name"]
        for row in await office_queries.items(session, asked.division, asked.now)
    }
    item = asked.wish.item if asked.wish.item in items else None
    served = await offices.served_within(
        session, asked.division, item=item, radius_m=_RADIUS_M, day=None
    )
    return {
        "items": items,
        "item": item,
        "served": served,
        "windows": await offices.windows_of(session, asked.division, item=item),
    }


async def _burden(session: AsyncSession, asked: _Asked) -> dict[str, Any]:
    return {
        "proofs": await offices.proofs_on(session, asked.division, None),
        "burden": await offices.burden_on(session, asked.division, None, role=None),
    }


_READ = {
    "groups": _groups,
    "standards": _standards,
    "projects": _projects,
    "sittings": _sittings,
    "repairs": _repairs,
    "services": _services,
    "burden": _burden,
}

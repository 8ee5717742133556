"""The outreach desk: visits overdue, warnings, village windows, receptions, devices."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.accounts.access import Caller, Session, may
from gridsvc.accounts.identity import Identity
from gridsvc.accounts.roles import Permission
from gridsvc.codes import WHOLE, code_range
from gridsvc.mandates import queries as mandates
from gridsvc.outreach import (
    broadcasting,
    device_service,
    reception_service,
    visiting,
    warning_service,
    window_service,
)
from gridsvc.web import outreach_words
from gridsvc.web.drawing import page

#: What each register takes to be seen.
_TAKES = {
    "visits": Permission.DIRECT_VISITS,
    "warnings": Permission.DIRECT_WARNINGS,
    "windows": Permission.DIRECT_EVENTS,
    "receptions": Permission.DIRECT_RECEPTIONS,
    "devices": Permission.DIRECT_EVENTS,
}
router = APIRouter(include_in_schema=False, dependencies=[may(*_TAKES.values())])

View = Literal["visits", "warnings", "windows", "receptions", "devices"]
Number = Annotated[int | None, Query(ge=1, le=2**62)]
#: Rows of a list that a page shows; how many there are in all stands above it.
MOST_ROWS = 50
#: Days of which a window's figures are.
DAYS = 90
_LOW, _HIGH = code_range(WHOLE)


@router.get("/outreach", response_class=HTMLResponse)
async def outreach(
    request: Request,
    session: Session,
    caller: Caller,
    view: View = "visits",
    chosen: Number = None,
) -> HTMLResponse:
    """One of the desk's registers; which one its address says, of those the caller may see."""
    views = [one for one, permission in _TAKES.items() if caller.may(permission)]
    shown = view if view in views else views[0]
    zone = ZoneInfo(request.app.state.settings.time_zone)
    told = await _READ[shown](session, caller, zone, chosen)
    return page(
        request,
        f"outreach_{shown}.html",
        visitor=caller,
        view=shown,
        views=views,
        zone=zone,
        words_of=outreach_words,
        most=MOST_ROWS,
        **told,
    )


async def _visits(
    session: AsyncSession, _caller: Identity, zone: ZoneInfo, chosen: int | None
) -> dict[str, Any]:
    programmes = await visiting.programmes(session, _LOW, _HIGH)
    if not programmes:
        return {"programme": None}
    # Where nobody chose: every household, which has the most to tell.
    first = next((one for one in programmes if one.whom == "households"), programmes[0])
    programme = next((one for one in programmes if one.id == chosen), first)
    return {
        "programmes": programmes,
        "programme": programme,
        "coverage": await visiting.coverage(session, programme.id, zone),
        "due": await visiting.due(session, programme.id, zone=zone, limit=MOST_ROWS),
        "doubted": await visiting.page(
            session, low=_LOW, high=_HIGH, state="doubted", limit=MOST_ROWS
        ),
    }


async def _warnings(
    session: AsyncSession, caller: Identity, _zone: ZoneInfo, _chosen: int | None
) -> dict[str, Any]:
    listed = {
        state: await warning_service.page(
            session, caller, low=_LOW, high=_HIGH, state=state, limit=MOST_ROWS
        )
        for state in outreach_words.WARNINGS
    }
    return {"listed": listed}


async def _windows(
    session: AsyncSession, _caller: Identity, _zone: ZoneInfo, chosen: int | None
) -> dict[str, Any]:
    windows = await window_service.windows(session, _LOW, _HIGH)
    orders = await window_service.page(
        session, low=_LOW, high=_HIGH, state=None, unit=None, limit=MOST_ROWS
    )
    if not windows:
        return {"window": None, "orders": orders}
    window = next((one for one in windows if one.id == chosen), windows[0])
    until = await mandates.now(session)
    return {
        "windows": windows,
        "window": window,
        "names": {one.code: one.name for one in window.classes},
        "figures": await window_service.figures(
            session, window.id, until - timedelta(days=DAYS), until
        ),
        "days": DAYS,
        "registered": await window_service.registered(session, window.id, limit=MOST_ROWS),
        "orders": orders,
    }


async def _receptions(
    session: AsyncSession, _caller: Identity, _zone: ZoneInfo, chosen: int | None
) -> dict[str, Any]:
    cycles = await reception_service.cycles(session, _LOW, _HIGH)
    months = await reception_service.listed(session, _LOW, _HIGH, limit=24)
    shown = chosen or (months[0].id if months else None)
    return {
        "cycles": cycles,
        "months": months,
        "month": await reception_service.show(session, shown) if shown else None,
        "today": await mandates.now(session),
    }


async def _devices(
    session: AsyncSession, caller: Identity, _zone: ZoneInfo, _chosen: int | None
) -> dict[str, Any]:
    return {
        "devices": await device_service.devices(session, _LOW, _HIGH, kind=None),
        "alarms": await device_service.alarms(session, _LOW, _HIGH, limit=MOST_ROWS),
        "broadcasts": await broadcasting.broadcasts(session, _LOW, _HIGH, limit=MOST_ROWS),
        "may_say": caller.may(Permission.BROADCAST),
    }


_READ = {
    "visits": _visits,
    "warnings": _warnings,
    "windows": _windows,
    "receptions": _receptions,
    "devices": _devices,
}

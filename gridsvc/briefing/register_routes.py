"""HTTP door to the registers of a division as a workbook."""

from __future__ import annotations

import asyncio
from datetime import datetime, time
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response

from gridsvc.accounts.access import Session, may
from gridsvc.accounts.roles import Permission
from gridsvc.briefing.register_book import Registers, book
from gridsvc.briefing.schemas import file_answers
from gridsvc.briefing.writing import MEDIA_TYPES, Format
from gridsvc.codes import range_within
from gridsvc.grids.queries import division_name
from gridsvc.grids.routes import Within
from gridsvc.registers import (
    group_service,
    project_service,
    repair_service,
    sitting_service,
    standard_service,
)
from gridsvc.registers.group_routes import OnDay

router = APIRouter(prefix="/api/registers", tags=["registers"])

_BOOK = MEDIA_TYPES[Format.XLSX]
#: Rows of a worksheet.
_MOST = 5000


@router.get(
    "/workbook",
    response_class=Response,
    responses=file_answers(_BOOK),
    dependencies=[may(Permission.VIEW_FIGURES)],
)
async def workbook(
    request: Request, session: Session, on: OnDay, division: Within = None
) -> Response:
    """Groups, standards, projects, sittings and repairs of a division on a day (XLSX)."""
    low, high = range_within(division)
    zone = ZoneInfo(request.app.state.settings.time_zone)
    year = [
        datetime.combine(day, time(), zone)
        for day in (on.replace(month=1, day=1), on.replace(year=on.year + 1, month=1, day=1))
    ]
    listed = await group_service.page(
        session, low=low, high=high, kind=None, on=on, limit=_MOST, offset=0
    )
    programmes = await project_service.programmes(session, low, high)
    packs = await repair_service.packs(session, low, high)
    meetings = await sitting_service.meetings(session, low=low, high=high, group=None, limit=_MOST)
    told = Registers(
        place=(await division_name(session, division) if division else None) or "",
        day=on,
        groups=listed.groups,
        coverage=[
            await group_service.coverage(
                session, low=low, high=high, kind=kind, of="community", on=on
            )
            for kind in sorted({one.kind for one in listed.groups})
        ],
        standards=[
            await standard_service.result(session, one.id, low=low, high=high, on=on, limit=0)
            for one in await standard_service.standards(session, low, high)
        ],
        programmes=[
            (
                one,
                await project_service.figures(
                    session, one.id, low=low, high=high, year=on.year, today=on
                ),
            )
            for one in programmes
        ],
        mediations=await sitting_service.figures(session, low, high, *year),
        meetings=meetings.deliberations,
        packs=[(one, await repair_service.figures(session, one.id, *year)) for one in packs],
    )
    content = await asyncio.to_thread(book, told)
    saved = {"Content-Disposition": f'attachment; filename="registers-{on}.xlsx"'}
    return Response(content, media_type=_BOOK, headers=saved)

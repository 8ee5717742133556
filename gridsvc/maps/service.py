"""What the briefing room does: put a division's figures on one map."""

from __future__ import annotations

import asyncio
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.errors import BadInput, NotFound
from gridsvc.grids.queries import division_name
from gridsvc.maps import queries
from gridsvc.maps.coverage import CoverageFrames, to_html

SOURCE = "数据：本服务已发布的网格方案、人员（所在微网格）与事件；底图无"


async def coverage_html(
    session: AsyncSession, division_code: str | None, *, time_zone: str, source: str = SOURCE
) -> str:
    """Coverage map of a division as one self-contained HTML page; that it was drawn is recorded.

    Parameters
    ----------
    division_code
        12 digits; none = the smallest division that holds every published plan.

    Raises
    ------
    NotFound
        If the division is unknown or nothing is published in it.
    BadInput
        If its communities were planned for different targets.
    """
    code = division_code or await queries.widest_division(session)
    name = await division_name(session, code) if code else None
    if code is None or name is None:
        raise NotFound(
            f"there is no division {code}" if code else "no plan is published yet; run gridsvc plan"
        )
    aims = await queries.targets(session, code)
    if not aims:
        raise NotFound(f"{name} ({code}) has no published plan; run gridsvc plan --publish")
    if len(aims) > 1:
        raise BadInput(
            f"{name} was planned for different targets ({', '.join(map(str, aims))} households); "
            "map its communities one by one"
        )
    layers = {
        layer: await queries.layer(session, layer, code)
        for layer in ("micro_grids", "grids", "people", "events")
    }
    frames = CoverageFrames(
        title=f"{name}网格覆盖图",
        source=source,
        made_at=datetime.now(ZoneInfo(time_zone)),
        target=aims[0],
        **layers,
    )
    await audit.record(session, Action.MAP_DRAWN, "map", code, division_code=code)
    # Drawing a city takes a second of computing: off the event loop.
    return await asyncio.to_thread(to_html, frames)

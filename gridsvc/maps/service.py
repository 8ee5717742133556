"""What the briefing room does: put a division's figures on one map."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.errors import BadInput, NotFound
from gridsvc.grids.queries import division_name
from gridsvc.maps import background_queries, queries
from gridsvc.maps.asking import Asked, themes_of
from gridsvc.maps.background import MOST_CORNERS, background
from gridsvc.maps.basemap import ground_of
from gridsvc.maps.coverage import CoverageFrames, to_html
from gridsvc.maps.plan_report import report_html

SOURCE = "数据：本服务已发布的网格方案、人员（所在微网格）与事件；底图：已导入的道路、水系与建筑"


async def coverage_html(
    session: AsyncSession,
    division_code: str | None,
    *,
    time_zone: str,
    source: str = SOURCE,
    asked: Asked | None = None,
    basemap: Path | None = None,
    tianditu_key: str | None = None,
) -> str:
    """Coverage map of a division as one self-contained HTML page; that it was drawn is recorded.

    Parameters
    ----------
    division_code
        12 digits; none = the smallest division that holds every published plan.
    asked
        Layers and what they go by; none = micro-grids by households.
    basemap
        PMTiles file the background is read from; none = what the division was loaded with.
    tianditu_key
        Key of Tianditu, whose tiles the page then fetches; none = it fetches nothing.

    Raises
    ------
    NotFound
        If the division is unknown or nothing is published in it.
    BadInput
        If its communities were planned for different targets, or what was asked cannot be.
    """
    code = division_code or await queries.widest_division(session)
    frames = await coverage_frames(session, code, time_zone=time_zone, source=source, asked=asked)
    if basemap is not None and len(frames.micro_grids):
        bounds = tuple(frames.micro_grids.total_bounds)
        shapes = await asyncio.to_thread(ground_of, basemap, bounds)
    else:
        shapes = await background_queries.ground(session, code or "", MOST_CORNERS // 5)
    ground = await asyncio.to_thread(background, shapes)
    # Drawing a city takes a second of computing: off the event loop.
    drawn = replace(frames, ground=ground, tianditu_key=tianditu_key)
    return await asyncio.to_thread(to_html, drawn)


async def coverage_frames(
    session: AsyncSession,
    code: str | None,
    *,
    time_zone: str,
    source: str = SOURCE,
    asked: Asked | None = None,
) -> CoverageFrames:
    """What a coverage map of a division shows, without the background; it is recorded as drawn.

    Parameters and errors are those of `coverage_html`; no division = nothing is published.
    """
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
    asked = asked or Asked()
    made_at = datetime.now(ZoneInfo(time_zone))
    themes = await themes_of(session, code, asked, layers["micro_grids"], made_at)
    frames = CoverageFrames(
        title=f"{name}网格覆盖图",
        source=source,
        made_at=made_at,
        target=aims[0],
        themes=themes,
        first=asked.layers[0],
        households="households" in asked.layers,
        **layers,
    )
    await audit.record(session, Action.MAP_DRAWN, "map", code, division_code=code)
    return frames


async def plan_report(session: AsyncSession, plan_id: int) -> dict[str, Any]:
    """Why every cell of a plan is as it is; workers affected are told by masked name.

    Raises
    ------
    NotFound
        If there is no such plan.
    """
    return (await _told(session, plan_id))[0]


async def plan_report_html(session: AsyncSession, plan_id: int, *, time_zone: str) -> str:
    """The same as one page that makes no request; that it was drawn is recorded.

    Raises
    ------
    NotFound
        If there is no such plan.
    """
    report, plan = await _told(session, plan_id)
    changed = "changes" in report and plan["before"] is not None
    previous = await queries.plan_cells(session, plan["before"]) if changed else None
    cells = await queries.plan_cells(session, plan_id)
    # All lie in one community: on the page what follows its twelve digits tells them apart.
    outside = [one | {"cell": one["cell"][12:]} for one in report["outside"]]
    await audit.record(
        session, Action.MAP_DRAWN, "plan", plan_id, division_code=plan["division_code"]
    )
    return await asyncio.to_thread(
        report_html,
        report | {"outside": outside},
        cells.assign(cell=cells["code"].str[12:]),
        previous=previous,
        title=f"{plan['name']}网格方案 {plan_id}",
        made_at=plan["created_at"].astimezone(ZoneInfo(time_zone)),
    )


async def _told(session: AsyncSession, plan_id: int) -> tuple[dict[str, Any], RowMapping]:
    plan = await queries.plan_told(session, plan_id)
    if plan is None:
        raise NotFound(f"there is no plan {plan_id}")
    report: dict[str, Any] = plan["report"]
    changes = report.get("changes")
    if changes and plan["before"] is not None:
        cells = {cell["cell"]: cell for cell in changes["cells"]}
        who = await queries.who_has(session, plan["before"], list(cells))
        changes["workers"] = [
            {
                "code": code,
                "name": name,
                "loses": cells[code]["moved_out"],
                "gains": cells[code]["moved_in"],
            }
            for code, name in sorted(who.items())
        ]
    return report, plan

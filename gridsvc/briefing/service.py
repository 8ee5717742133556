"""What the briefing room does: draw a division, or an atlas of it, into a file."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from gridsvc.audit.actor import Actor, acting
from gridsvc.briefing import queries
from gridsvc.briefing.atlas import Leaf, atlas_of
from gridsvc.briefing.painting import GivenUp, Stopped, never
from gridsvc.briefing.papers import Paper
from gridsvc.briefing.sheet import Imprint, Sheet, sheet_of
from gridsvc.briefing.writing import Format, check, writing
from gridsvc.db import EVERYWHERE, Scope, transaction
from gridsvc.errors import BadInput
from gridsvc.maps import service as maps
from gridsvc.maps.asking import Asked
from gridsvc.maps.themes import chosen
from gridsvc.progress import Progress, silent

SOURCE = "数据：本服务已发布的网格方案、人员（所在微网格）与事件；底图：已载入的街道、水系与建筑"
#: Longest approval number there is room for.
LONGEST_APPROVAL = 60


#: Begins a transaction; committed when the block ends well.
Sessions = Callable[[], AbstractAsyncContextManager[AsyncSession]]


@dataclass(frozen=True)
class Order:
    """What is to be drawn.

    Attributes
    ----------
    division_code
        12 digits.
    asked
        The question of the map and what it goes by; its first layer is the kind.
    format, paper
        What it is drawn as, on which size.
    atlas
        What gets a page of its own; none = one page of the whole.
    approval
        Map approval number (审图号); none = the page says that it is not given.
    time_zone
        Zone in which times are shown.
    """

    division_code: str
    asked: Asked
    format: Format
    paper: Paper = Paper.A4
    atlas: Leaf | None = None
    approval: str | None = None
    time_zone: str = "Asia/Shanghai"


def transactions_of(engine: AsyncEngine, actor: Actor, scope: Scope = EVERYWHERE) -> Sessions:
    """Transactions in which somebody sees what they may see."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[AsyncSession]:
        async with transaction(engine, scope) as session:
            with acting(session, actor):
                yield session

    return opened


def one_of(kind: str) -> str:
    """The name of a kind of page, which is a theme of the coverage map.

    Raises
    ------
    BadInput
        If there is no such theme, or several are named.
    """
    names = chosen(kind)
    if len(names) > 1:
        raise BadInput(f"a page shows one kind, not {len(names)}; draw a page for each")
    return names[0]


@dataclass(frozen=True)
class Pages:
    """Sheets that are made one by one."""

    title: str
    number: int
    sheet: Callable[[int], Sheet]


async def draw(
    sessions: Sessions,
    order: Order,
    path: Path,
    *,
    browser: str | None = None,
    progress: Progress = silent,
    stopped: Stopped = never,
) -> dict[str, Any]:
    """Draw what is ordered into a file, which gets its name when it is whole.

    Figures are read in one transaction, the ground of each page in one of its own: none stays
    open while pages are painted.

    Parameters
    ----------
    sessions
        Begins a transaction of whoever ordered it.
    path
        File to be made.
    browser
        The setting `browser` of this installation.
    progress
        Told of every page.
    stopped
        Asked often; true = give up.

    Returns
    -------
    dict
        ``pages`` and ``bytes``.

    Raises
    ------
    NotFound
        If the division is unknown or nothing is published in it.
    BadInput
        If the order cannot be met, or the file cannot be written.
    Unavailable
        If neither browser nor font to draw with is there.
    GivenUp
        If it was stopped.
    """
    check(order.format, atlas=order.atlas is not None)
    progress("figures", 0.0)
    async with sessions() as session:
        pages = await pages_of(session, order)
    told = pages.title
    with writing(
        path, order.format, order.paper, browser=browser, stopped=stopped, title=told
    ) as writer:
        for page in range(1, pages.number + 1):
            if stopped():
                raise GivenUp
            progress(f"page {page} of {pages.number}", (page - 1) / pages.number)
            sheet = await asyncio.to_thread(pages.sheet, page)
            async with sessions() as session:
                ground = await queries.ground(session, about(sheet.cells))
            await asyncio.to_thread(writer.add, replace(sheet, ground=ground))
        progress("file", 1.0)
    return {"pages": pages.number, "bytes": path.stat().st_size}


async def pages_of(session: AsyncSession, order: Order) -> Pages:
    """The figures of an order, read once, and the sheets to be made of them.

    Raises
    ------
    NotFound, BadInput
        As `draw`.
    """
    code = order.division_code
    frames = await maps.coverage_frames(
        session, code, time_zone=order.time_zone, source=SOURCE, asked=order.asked
    )
    names = await queries.names(session, code)
    around = await queries.around(session, code)
    imprint = Imprint(frames.made_at, frames.source, order.approval)
    if order.atlas is None:
        sheet = await asyncio.to_thread(sheet_of, frames, imprint, names, around=around)
        return Pages(sheet.title, 1, lambda _: sheet)
    atlas = await asyncio.to_thread(atlas_of, frames, imprint, names, order.atlas, around)
    return Pages(atlas.index.title, atlas.pages, atlas.sheet)


def about(cells: gpd.GeoDataFrame) -> tuple[float, float, float, float]:
    """Bounds of cells, widened to what a page on its side shows of their surroundings, degrees."""
    if cells.empty:
        return (0.0, 0.0, 0.0, 0.0)
    west, south, east, north = (float(value) for value in cells.total_bounds)
    more = max(east - west, north - south)
    return west - more, south - more / 2, east + more, north + more / 2

"""The planner's desk on a community of 3,000 buildings in 500 cells: opened, a corner dragged."""

from time import monotonic

import geopandas as gpd
import numpy as np
import shapely

from gridsvc.db import make_engine, transaction
from gridsvc.drafts import starting
from gridsvc.drafts.schemas import DraftIn
from gridsvc.geo import WGS84
from gridsvc.grids import service as grids
from gridsvc.grids.area_queries import AreaFrames
from tests.bench.desk import watch
from tests.towns import settings

CODE = "990101002001"
#: Buildings in a row and in a column, households in each: 3,025 and 51,425.
ROWS, HOUSEHOLDS = 55, 17
#: South-west corner and the side of a plot in degrees, about 30 m.
WEST, SOUTH, PLOT = 118.80, 32.00, 0.0003
#: A street after so many plots.
BLOCK = 5
OPENED = 5
DRAG_S = 10.0


def community():
    """Plots of one building each, a street after every fifth."""
    at = np.arange(ROWS) * PLOT
    east, north = (places.ravel() for places in np.meshgrid(WEST + at, SOUTH + at))
    inset, size = 0.2 * PLOT, ROWS * PLOT
    shapes = shapely.box(east + inset, north + inset, east + PLOT - inset, north + PLOT - inset)
    lines = [
        shapely.LineString(ends)
        for k in range(BLOCK, ROWS, BLOCK)
        for ends in (
            [(WEST + k * PLOT, SOUTH), (WEST + k * PLOT, SOUTH + size)],
            [(WEST, SOUTH + k * PLOT), (WEST + size, SOUTH + k * PLOT)],
        )
    ]

    # A straight line of degrees is none of metres: over two kilometres they part by centimetres.
    outline = shapely.segmentize(shapely.box(WEST, SOUTH, WEST + size, SOUTH + size), PLOT)

    def frame(geometry, **columns):
        return gpd.GeoDataFrame(geometry=list(geometry), crs=WGS84).assign(**columns)

    return AreaFrames(
        frame([outline], code=CODE, name="大社区"),
        frame(
            shapes,
            building_id=[f"p{n}" for n in range(len(shapes))],
            households=HOUSEHOLDS,
            levels=6,
            kind="residential",
            estimated=True,
        ),
        frame(lines, **{"class": "residential", "w": 0.5}),
        frame([], kind=None, name=None),
    )


async def prepared(url):
    """A draft of the community as planned; its id and how many cells."""
    engine, area = make_engine(url), community()
    async with transaction(engine) as session:
        outline = area.boundary.geometry.iloc[0]
        await grids.load_divisions(session, [grids.DivisionRow(CODE, "大社区", outline)])
        await grids.load_area(session, area)
        plan = await grids.draft_plan(session, CODE, settings())
        await grids.publish_plan(session, plan.plan_id)
        draft = await starting.start(session, DraftIn(division=CODE, name="量一量"), {})
    await engine.dispose()
    return draft


async def at_work(page, address, draft):
    """Milliseconds from asking for the page to cells and problems drawn; frames of a drag."""
    opened_ms = []
    for _ in range(OPENED):
        begins = monotonic()
        await page.goto(f"{address}/plan?draft={draft}")
        await page.wait_for_selector("[data-ready]", timeout=60_000)
        opened_ms.append(round(1000 * (monotonic() - begins)))
    cells = await page.evaluate("planDesk.cells.size")
    await page.click('[data-tool="corner"]')
    x, y = await page.evaluate(SHARED_CORNER)
    await page.mouse.move(x, y)
    await page.mouse.down()
    way = iter(np.linspace(0, 40 * np.pi, 2000))

    async def drag(page):
        turn = next(way)
        await page.mouse.move(x + 40 * np.cos(turn), y + 40 * np.sin(turn))

    told = await watch.over(page, DRAG_S, every_s=0.02, meanwhile=drag, read_every_s=DRAG_S)
    await page.keyboard.press("Escape")
    await page.mouse.up()
    return {
        "cells": cells,
        "buildings": ROWS**2,
        "opened_ms": {"first": opened_ms[0], "again": sorted(opened_ms[1:])[len(opened_ms) // 2]},
        "drag": told,
    }


#: The corner nearest to the middle of the map, as a pixel of the page.
SHARED_CORNER = """() => {
    const { map } = planDesk.view;
    const box = document.getElementById('map').getBoundingClientRect();
    const places = [...planDesk.view.byNumber.values()]
        .flatMap((cell) => cell.getGeometry().getCoordinates()[0])
        .map((at) => map.getPixelFromCoordinate(at));
    const off = ([x, y]) => Math.hypot(x - box.width / 2, y - box.height / 2);
    const [x, y] = places.reduce((one, other) => (off(one) < off(other) ? one : other));
    return [box.x + x, box.y + y];
}"""

"""A paper town for tests: one community of square blocks, and the people who work in it."""

import math
from dataclasses import dataclass
from datetime import date
from typing import Any

import geopandas as gpd
import shapely
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from gridsvc.db import transaction
from gridsvc.geo import WGS84, Datum
from gridsvc.grids import service as grids
from gridsvc.grids.area_queries import AreaFrames
from gridsvc.grids.plan_settings import PlanSettings
from gridsvc.mandates import service as mandates
from gridsvc.people import service as people
from gridsvc.planning.wish import Wish
from gridsvc.roads.ways import Gathering, Ways
from tests.who import KEYRING

COMMUNITY = "990101001001"
COUNTY = "990101000000"
#: South-west corner, degrees WGS-84, and the side of a block in degrees (about 100 m).
WEST, SOUTH, SIDE = 118.70, 32.00, 0.001
BLOCKS = 4


def block(column: int, row: int, margin: float = 0.0) -> shapely.Polygon:
    """A square block, shrunk by a margin given as a share of its side."""
    x, y, inset = WEST + column * SIDE, SOUTH + row * SIDE, margin * SIDE
    return shapely.box(x + inset, y + inset, x + SIDE - inset, y + SIDE - inset)


def middle(column: int, row: int) -> tuple[float, float]:
    """Longitude and latitude of a block's middle."""
    point = block(column, row).centroid
    return point.x, point.y


def tile_at(lon: float, lat: float, z: int) -> tuple[int, int]:
    """Column and row of the Web Mercator tile that holds a point."""
    north = math.asinh(math.tan(math.radians(lat))) / math.pi
    return int((lon + 180) / 360 * 2**z), int((1 - north) / 2 * 2**z)


def place_in_tile(x: float, y: float, z: int) -> tuple[float, float]:
    """Longitude and latitude of a place given by column and row, and the share of a tile."""
    north = math.pi * (1 - 2 * y / 2**z)
    return x / 2**z * 360 - 180, math.degrees(math.atan(math.sinh(north)))


def paper_area(households: int = 50) -> AreaFrames:
    """Sixteen blocks with one building of so many households each, streets between them."""
    places = [(column, row) for row in range(BLOCKS) for column in range(BLOCKS)]
    outline = shapely.box(WEST, SOUTH, WEST + BLOCKS * SIDE, SOUTH + BLOCKS * SIDE)
    streets = [
        line
        for i in range(1, BLOCKS)
        for line in (
            shapely.LineString(
                [(WEST + i * SIDE, SOUTH), (WEST + i * SIDE, SOUTH + BLOCKS * SIDE)]
            ),
            shapely.LineString(
                [(WEST, SOUTH + i * SIDE), (WEST + BLOCKS * SIDE, SOUTH + i * SIDE)]
            ),
        )
    ]

    def frame(geometry: list[Any], **columns: Any) -> gpd.GeoDataFrame:
        rows = gpd.GeoDataFrame(geometry=geometry, crs=WGS84)
        return rows.assign(**columns)

    return AreaFrames(
        boundary=frame([outline], code=[COMMUNITY], name=["纸上社区"]),
        buildings=frame(
            [block(*place, margin=0.2) for place in places],
            building_id=[f"b{column}{row}" for column, row in places],
            households=households,
            levels=6,
            kind="residential",
            estimated=True,
        ),
        barriers=frame(streets, **{"class": "residential", "w": 0.5}),
        special=frame([], kind=None, name=None),
    )


def paper_roads(east: float = 0.0) -> Ways:
    """The streets between the blocks and around them, one way for each, so many degrees east."""
    corners = range(BLOCKS + 1)
    rows = [[(i, j) for j in corners] for i in corners]
    gathering = Gathering()
    for number, corner in enumerate([*rows, *zip(*rows, strict=True)]):
        points = [i * (BLOCKS + 1) + j for i, j in corner]
        lonlat = [(WEST + east + i * SIDE, SOUTH + j * SIDE) for i, j in corner]
        gathering.add(
            number, "residential", [(4.7, 4.7), (18.0, 18.0), (25.0, 25.0)], points, lonlat
        )
    return gathering.ways()


@dataclass(frozen=True)
class Settled:
    """Ids of what was made."""

    plan_id: int


def settings(
    *,
    grid_target: int = 300,
    anew: bool = False,
    locked: tuple[str, ...] = (),
    zones: bool = True,
    seeds: bool = True,
    **wish: Any,
) -> PlanSettings:
    """What a plan is asked to be, told in one go."""
    return PlanSettings(Wish(**wish), grid_target, anew, locked, zones, seeds)


async def settle(session: AsyncSession, **plan: Any) -> Settled:
    """The paper town, planned and published, with two matters and one power."""
    area = paper_area()
    await grids.load_divisions(
        session,
        [
            grids.DivisionRow(COUNTY, "纸上区"),
            grids.DivisionRow(COMMUNITY, "纸上社区", area.boundary.geometry.iloc[0]),
        ],
    )
    await grids.load_area(session, area)
    await load_lists(session)
    draft = await grids.draft_plan(session, COMMUNITY, settings(**plan))
    await grids.publish_plan(session, draft.plan_id)
    return Settled(draft.plan_id)


async def load_lists(session: AsyncSession) -> None:
    """A class, a grid matter, an enforcement matter, and the power for the latter."""
    power = {"code": "CG01", "name": "占道经营处罚", "legal_basis": "示例"}
    await mandates.load_powers(
        session, [power | {"valid_from": date(2020, 1, 1), "valid_to": None}]
    )
    common = {"parent_code": "E", "power_code": None}
    await mandates.load_matters(
        session,
        [
            {"code": "E", "name": "事件", "parent_code": None, "kind": "grid", "power_code": None},
            common | {"code": "E01", "name": "暴露垃圾", "kind": "grid"},
            common
            | {"code": "E02", "name": "占道经营", "kind": "enforcement", "power_code": "CG01"},
        ],
    )


def a_person(code: str, place: tuple[float, float] | None = None, **columns: Any) -> dict[str, Any]:
    """A grid worker on duty, at a place if one is given; columns may say otherwise."""
    return {
        "code": code,
        "name": "张小明",
        "role": "grid_worker",
        "division_code": COMMUNITY,
        "on_duty": True,
        "capacity": 3,
        "powers": [],
        "position": (*place, Datum.WGS84) if place else None,
    } | columns


def an_officer(code: str, place: tuple[float, float], **columns: Any) -> dict[str, Any]:
    """An officer on duty who holds the power."""
    return a_person(code, place, role="officer", powers=["CG01"]) | columns


async def staff(engine: AsyncEngine, *rows: dict[str, Any]) -> None:
    """Take people into the settled town and post them to cells; committed."""
    async with transaction(engine) as session:
        await people.load_people(session, rows, KEYRING)
        await people.post_to_cells(session, COMMUNITY)

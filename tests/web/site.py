"""A small site made of the real pages and of answers in the API's real shapes."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import FastAPI, HTTPException

from gridsvc.accounts.access import visitor
from gridsvc.accounts.identity import Identity
from gridsvc.accounts.roles import PERMISSIONS, Role
from gridsvc.dispatch.schemas import Nearest, NearestPerson
from gridsvc.grids.schemas import CellAt
from gridsvc.web import pages

DISPATCHER = Identity(
    account_id=1,
    login="dispatcher",
    roles=(Role.DISPATCHER,),
    permissions=PERMISSIONS[Role.DISPATCHER],
    areas=("990101000000",),
    matters=None,
    person_id=None,
    person_code=None,
    via="session",
    csrf="a-token",
)
CELL = CellAt(
    division_code="990101001001",
    division_name="青云社区",
    grid_code="990101001001003",
    micro_grid_code="99010100100100302",
    kind="ordinary",
    households=98,
)
PERSON = NearestPerson(
    rank=1,
    code="EO0003",
    name="李*",
    role="officer",
    distance_m=350.2,
    road_m=480.0,
    eta_s=132.5,
    by="road",
    own_grid=False,
    reason="执法人员，在岗，骑行约 2.2 分钟（道路 480 米，直线 350 米），在办 1/3",
)


def figures(**changes) -> pages.TownFigures:
    told = {
        "town": "青云镇",
        "made_at": datetime(2026, 11, 22, 2, 18, tzinfo=UTC),
        "communities": 6,
        "households": 5120,
        "grids": 18,
        "micro_grids": 53,
        "workers": 20,
        "workers_on_duty": 14,
        "officers": 9,
        "officers_on_duty": 7,
        "open_events": 31,
        "waiting_events": 4,
        "lon": 118.78,
        "lat": 32.04,
        "matters": [("E0401", "占道经营"), ("G0101", "井盖缺失")],
    }
    return pages.TownFigures(**(told | changes))


def make_site(told: pages.TownFigures | None, cell: CellAt = CELL) -> FastAPI:
    site = FastAPI(title="site", docs_url=None, redoc_url=None)
    site.dependency_overrides[pages.town_figures] = lambda: told
    site.dependency_overrides[visitor] = lambda: DISPATCHER

    @site.get("/api/micro-grids/at")
    async def micro_grid_at(lon: float, lat: float, datum: str) -> CellAt:
        if lon < 0:
            raise HTTPException(404, "没有覆盖此处的微网格")
        return cell

    @site.get("/api/nearest")
    async def nearest(lon: float, lat: float, datum: str, matter: str, k: int) -> Nearest:
        nobody = matter == "G0101"
        return Nearest(
            matter=matter,
            division_code=cell.division_code,
            grid_code=cell.grid_code,
            mode="ebike",
            candidates=[] if nobody else [PERSON],
            passed_over=[],
            shortfall="附近没有在岗网格员" if nobody else None,
        )

    site.include_router(pages.router)
    pages.mount_static(site)
    return site

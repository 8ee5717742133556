"""Proofs, windows and forms: what their lists may not say, and when a window is open."""

from datetime import date, datetime, time

import pytest
from sqlalchemy import text

from gridsvc.accounts.roles import Role
from gridsvc.db import make_engine, transaction
from gridsvc.errors import BadInput
from gridsvc.grids import service as grids
from gridsvc.mandates.calendar import ZONE, OfficeHours, WorkingCalendar
from gridsvc.mandates.offices import _open
from tests.conftest import service_of
from tests.flows.office import load
from tests.flows.test_scope_matrix import identity
from tests.towns import COMMUNITY, COUNTY, middle

LON, LAT = middle(0, 0)
POINT = {"code": "H", "name": "站", "kind": "station", "lon": LON, "lat": LAT, "datum": "wgs84"}
WINDOW = {
    "code": "W", "point_code": "H", "name": "窗口", "kind": "public", "opens": "daily",
    "hours": "08:00-12:00",
}  # fmt: skip
UNIT = {
    "code": "U", "name": "局", "kind": "department", "level": "county", "parent": "",
    "division_code": COUNTY, "valid_from": "2020-01-01",
}  # fmt: skip
ITEM = {"code": "S", "name": "事项", "kind": "public", "unit_code": "U", "by_agent": "true"}
FORM = {
    "form_code": "T", "form_name": "表", "unit_code": "U", "role": "grid_worker", "every": "day",
    "field": "姓名",
}  # fmt: skip
PROOF = {"code": "P", "name": "证明", "allowed": "true", "basis": "", "instead": ""}


@pytest.mark.parametrize(
    ("kind", "row", "says"),
    [
        ("proofs", PROOF | {"allowed": "false"}, "what serves in its place"),
        ("items", ITEM | {"unit_code": "X"}, "no unit X"),
        ("windows", WINDOW | {"point_code": "X"}, "no service point X"),
        ("windows", WINDOW | {"hours": "12:00-08:00"}, "not in order"),
        ("windows", WINDOW | {"opens": "mondays"}, "opens"),
        ("offers", {"window_code": "X", "item_code": "S"}, "no window X"),
        ("offers", {"window_code": "W", "item_code": "X"}, "no service item X"),
        ("forms", FORM | {"every": "hour"}, "every"),
        ("forms", FORM | {"field": ""}, "field"),
    ],
)
async def test_what_does_not_fit_is_named_with_its_line_and_nothing_kept(
    town, client, kind, row, says
):
    for known, first in (
        ("services", POINT),
        ("units", UNIT),
        ("items", ITEM),
        ("windows", WINDOW),
    ):
        await load(town, known, [first])
    before = (await client.get("/api/lists")).json()["total"]
    with pytest.raises(BadInput, match=f"line 2.*{says}"):
        await load(town, kind, [row])
    assert (await client.get("/api/lists")).json()["total"] == before


async def test_the_same_list_again_is_no_new_version(town, client):
    for _ in range(2):
        await load(town, "proofs", [PROOF])
    assert (await client.get("/api/lists", params={"kind": "proofs"})).json()["total"] == 1


@pytest.mark.parametrize(
    ("at", "opens", "is_open"),
    [
        ("2026-11-27 08:00", "working_days", True),
        ("2026-11-27 12:00", "working_days", False),
        ("2026-11-28 09:00", "working_days", False),  # a Saturday
        ("2026-11-28 09:00", "daily", True),
        ("2027-01-04 09:00", "working_days", None),  # no calendar of that year
        ("2027-01-04 09:00", "daily", True),
    ],
)
def test_a_window_is_open_in_its_hours_on_its_days(at, opens, is_open):
    first, last = datetime(2026, 1, 1), datetime(2026, 12, 31)
    hours = OfficeHours(first.date(), last.date(), ((time(8), time(17)),))
    now = datetime.fromisoformat(at).replace(tzinfo=ZONE)
    told = WINDOW | {"opens": opens}
    assert _open(told, now, WorkingCalendar((hours,))) is is_open


async def test_outside_every_cell_nobody_knows_whose_list_holds(client):
    asked = {"lon": 0, "lat": 0, "datum": "wgs84"}
    answer = await client.get("/api/service-windows", params=asked)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


async def test_a_neighbour_sees_the_hall_that_its_list_names_and_no_other(town, town_url):
    """Halls stand in one town; whose list names one is served there, for as long as it does."""
    neighbour, stranger = "990101002000", "990102000000"
    async with transaction(town) as session:
        for code in (neighbour, stranger):
            await grids.load_divisions(session, [grids.DivisionRow(code, "邻镇")])
    await load(town, "services", [POINT | {"code": code} for code in ("H", "OLD", "OTHER")])
    for begins, point in ((date(2024, 1, 1), "OLD"), (None, "H"), (date(2100, 1, 1), "OTHER")):
        row = WINDOW | {"point_code": point}
        await load(town, "windows", [row], effective=begins, division=COUNTY)
    engine = make_engine(service_of(town_url).url)

    async def seen(*areas):
        async with transaction(engine, identity(Role.DISPATCHER, areas, 1).scope) as session:
            return set(await session.scalars(text("SELECT code FROM service_point")))

    assert await seen(neighbour) == {"H"}
    assert await seen(stranger) == set()
    assert await seen(COMMUNITY) == {"H", "OLD", "OTHER"}
    await engine.dispose()

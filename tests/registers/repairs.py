"""Small repairs as the tests of the registers tell them."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sqlalchemy import text

from tests.flows.office import post
from tests.towns import COMMUNITY, COUNTY, middle

#: The latest Thursday that lies at least three days back, at nine in China.
THURSDAY = (datetime.now(UTC) - timedelta(days=3)).replace(
    hour=1, minute=0, second=0, microsecond=0
)
THURSDAY -= timedelta(days=(THURSDAY.weekday() - 3) % 7)
FRIDAY, SATURDAY = THURSDAY + timedelta(days=1), THURSDAY + timedelta(days=2)
YEAR = {"since": "2020-01-01T00:00:00+08:00", "until": "2100-01-01T00:00:00+08:00"}


async def a_pack(client, **columns):
    told = {
        **{"division": COUNTY, "code": "pack", "name": "宁海路应急包"},
        "items": [{"code": "pipe", "name": "水管抢修"}, {"code": "lamp", "name": "楼道灯"}],
        "questions": [{"code": "danger", "name": "是否危及安全"}],
        **{"fund": "pack-fund", "expense": "pack-spent"},
    }
    answer = await client.put("/api/repair-packs", json=told | columns)
    assert answer.status_code == 200, answer.text
    return answer.json()["id"]


async def granted(client, fen):
    """Money of the county's budget in the pack's fund."""
    account = {"division": COUNTY, "code": "budget", "name": "财政拨款"}
    await client.post("/api/ledger/accounts", json=account | {"kind": "income", "unit": "fen"})
    entries = [{"account": "pack-fund", "amount": fen}, {"account": "budget", "amount": -fen}]
    told = {"division": COUNTY, "memo": "拨款", "client_key": uuid4().hex}
    await post(client, "ledger/transactions", 201, **told, entries=entries)


def a_call(pack, **columns):
    told = {"pack": pack, "item": "pipe", "description": "楼道水管漏水", "datum": "wgs84"}
    lon, lat = middle(0, 0)
    when = {"called_at": THURSDAY.isoformat(), "client_key": uuid4().hex}
    return told | {"lon": lon, "lat": lat} | when | columns


async def called(client, pack, **columns):
    return (await post(client, "repairs", 201, **a_call(pack, **columns)))["id"]


async def surveyed(client, repair):
    told = {"visited_at": FRIDAY.isoformat(), "answers": {"danger": "是"}}
    return await client.put(f"/api/repairs/{repair}/survey", json=told)


def hours(begins, count=2):
    return {"begins": begins.isoformat(), "ends": (begins + timedelta(hours=count)).isoformat()}


async def booked(client, repair, crew, begins=SATURDAY, count=2):
    told = {"crew": crew} | hours(begins, count)
    return await client.put(f"/api/repairs/{repair}/booking", json=told)


async def mended(client, repair, crew, begins=SATURDAY):
    """From the look at it until it is done."""
    assert (await surveyed(client, repair)).status_code == 200
    assert (await booked(client, repair, crew, begins)).status_code == 200
    done = {"done_at": (begins + timedelta(hours=2)).isoformat(), "note": "已修好"}
    return await post(client, f"repairs/{repair}/completion", **done)


async def settled(client, repair, fen):
    return await client.post(f"/api/repairs/{repair}/settlement", json={"cost_fen": fen})


async def a_building(town):
    """Number of the building in the middle of the first block, and a place in it."""
    async with town.connect() as connection:
        row = await connection.execute(
            text(
                "SELECT source_id, ST_X(p), ST_Y(p) FROM (SELECT source_id, ST_PointOnSurface(geom)"
                " AS p FROM building WHERE division_code = :code ORDER BY id LIMIT 1) one"
            ),
            {"code": COMMUNITY},
        )
        return row.one()

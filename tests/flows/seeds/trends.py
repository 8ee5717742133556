"""What became of complaints: fewer than the year before, or fewer by chance."""

from datetime import UTC, datetime
from uuid import uuid4

from sqlalchemy import text

from tests.flows.office import get, load, post
from tests.flows.seeds.lists import ours
from tests.flows.test_report_to_close import body
from tests.towns import COUNTY


async def row47(town, client):
    """市中区永安镇: property complaints 20 % down; of 500 that is more than chance, of 10 not."""
    matter = {"parent": "E", "kind": "grid", "power_code": ""}
    await load(town, "powers", ours())
    await load(
        town,
        "matters",
        [
            {"code": "E", "name": "事件", "parent": "", "kind": "grid", "power_code": ""},
            {"code": "E71", "name": "物业纠纷"} | matter,
            {"code": "E72", "name": "噪声扰民"} | matter,
        ],
    )
    for code, then, now in (("E71", 500, 400), ("E72", 10, 8)):
        told = await post(client, "events", 201, **body(matter=code, client_key=uuid4().hex))
        await _many(town, told["id"], {2024: then, 2025: now})
    last, this = ({"since": f"{y}-01-01", "until": f"{y + 1}-01-01"} for y in (2024, 2025))
    before = {f"before_{name}": day for name, day in last.items()}
    told = await get(client, "trends", division=COUNTY, **this, **before)
    by = {one["name"]: one for one in told["trends"]}
    property_, noise = by["物业纠纷"], by["噪声扰民"]
    assert round(property_["change"], 2) == round(noise["change"], 2) == -0.2
    assert (property_["before"]["number"], property_["after"]["number"]) == (500, 400)
    assert (property_["before"]["of"], property_["after"]["of"]) == (510, 408)
    assert property_["significant"]
    assert not noise["significant"]


async def _many(town, event, numbers):
    """Copies of an event, so many in the middle of each year."""
    async with town.begin() as connection:
        await connection.execute(text("SET LOCAL session_replication_role = replica"))
        columns = ", ".join(
            await connection.scalars(
                text(
                    "SELECT column_name FROM information_schema.columns WHERE table_name = 'event'"
                    " AND table_schema = 'public' AND column_name NOT IN"
                    " ('id', 'client_key', 'received_at')"
                )
            )
        )
        for year, number in numbers.items():
            await connection.execute(
                text(
                    f"INSERT INTO event (client_key, received_at, {columns})"
                    f" SELECT gen_random_uuid()::text, :at, {columns}"
                    " FROM event, generate_series(1, :number) WHERE id = :event"
                ),
                {"event": event, "number": number, "at": datetime(year, 6, 1, tzinfo=UTC)},
            )

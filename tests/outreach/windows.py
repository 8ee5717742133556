"""A village's window, the units above it, and what people come with."""

from datetime import date
from uuid import uuid4

from gridsvc.accounts.roles import Role
from gridsvc.db import transaction
from gridsvc.mandates import service as mandates
from tests.flows.test_report_to_close import body
from tests.towns import COUNTY
from tests.who import bearer, open_account

CLASSES = {
    "cao-xin": "操心事", "fan-xin": "烦心事", "jiu-xin": "揪心事", "ji-nan": "急难事",
    "qi-pan": "期盼事",
}  # fmt: skip


async def units(town):
    """Headers of the accounts of two departments of the county."""
    told = {}
    async with transaction(town) as session:
        for code in ("WATER", "ROADS"):
            unit = {"code": code, "name": f"{code}局", "kind": "department", "level": "county"}
            where = {"parent_code": None, "division_code": COUNTY}
            valid = {"valid_from": date(2020, 1, 1), "valid_to": None}
            await mandates.load_units(session, [unit | where | valid])
            account = await open_account(
                session, code.lower(), [Role.DEPARTMENT], [COUNTY], matters=["E01"]
            )
            told[code] = bearer(account)
    return told


async def items(town, codes=("SB-01",)):
    """A list of service items of one unit of the county."""
    await units(town)
    common = {"name": "养老待遇资格认证", "kind": "public", "unit_code": "WATER", "by_agent": True}
    async with transaction(town) as session:
        await mandates.load_list(session, "items", [{"code": code} | common for code in codes])


async def opened(client, **columns) -> int:
    told = {
        **{"division": COUNTY, "code": "five", "name": "五事窗口"},
        "classes": [{"code": code, "name": name} for code, name in CLASSES.items()],
    }
    answer = await client.put("/api/windows", json=told | columns)
    assert answer.status_code == 200, answer.text
    return answer.json()["id"]


async def registered(client, window, class_code="cao-xin", **columns):
    told = {"class_code": class_code, "event": body(client_key=uuid4().hex) | columns}
    answer = await client.post(f"/api/windows/{window}/registrations", json=told)
    assert answer.status_code == 201, answer.text
    return answer.json()["event"]["id"]


async def solved(client, event):
    for state in ("ACCEPTED", "HANDLED", "VERIFIED", "CLOSED"):
        moved = await client.post(f"/api/events/{event}/moves", json={"to_state": state})
        assert moved.status_code == 200, moved.text


def an_order(event, **columns):
    told = {"event": event, "unit": "WATER", "level": "county", "note": "村级无法解决"}
    return told | columns


A_PLAN = {"measures": "更换水管 3250 米", "due_at": "2100-01-01T00:00:00Z", "responsible": "李小明"}

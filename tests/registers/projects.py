"""Projects as the tests of the registers tell them."""

from datetime import UTC, date, datetime

from gridsvc.db import transaction
from gridsvc.mandates import service as mandates
from tests.towns import COMMUNITY, COUNTY

PAIRING = {
    "roles": [{"code": "department", "name": "结对部门"}],
    "quotas": [
        {"code": "items", "name": "办实事", "least": 10},
        {"code": "households", "name": "结对困难户", "least": 5},
    ],
}
TODAY = datetime.now(UTC).date().isoformat()


async def departments(town, *codes):
    """Departments of the county, on the list since 2020."""
    common = {"kind": "department", "level": "county", "parent_code": None}
    valid = {"division_code": COUNTY, "valid_from": date(2020, 1, 1), "valid_to": None}
    async with transaction(town) as session:
        await mandates.load_units(
            session, [{"code": code, "name": f"{code}局"} | common | valid for code in codes]
        )


async def a_programme(client, **columns):
    told = {"division": COUNTY, "code": "pairs", "name": "双结对双提升"}
    answer = await client.put("/api/project-programmes", json=told | columns)
    assert answer.status_code == 200, answer.text
    return answer.json()["id"]


def a_project(programme, code="p", **columns):
    told = {"programme": programme, "division": COMMUNITY, "code": code, "name": f"项目{code}"}
    return told | {"begins": "2026-01-01"} | columns


def held_by(role, **who):
    return {"role": role, "begins": "2026-01-01"} | who


async def set_projects(client, *projects):
    answer = await client.put("/api/projects", json={"projects": list(projects)})
    assert answer.status_code == 200, answer.text
    return answer.json()["ids"]


def an_entry(key, **columns):
    return {"done_on": TODAY, "note": "办理实事", "client_key": key} | columns

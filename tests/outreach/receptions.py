"""A cycle of receptions as 东联镇 has it."""

from tests.towns import COUNTY

ATTENDEES = {
    6: ["党委主要负责人", "政府主要负责人"],
    16: ["分管领导", "牵头部门", "纪委"],
    26: ["分管领导", "牵头部门"],
}
WEIGHTS = {"days_open": 0.1, "overdue": 3, "voices": 1, "classes": {"ji-nan": 5, "jiu-xin": 3}}


def a_cycle(**columns):
    told = {
        **{"division": COUNTY, "code": "six", "name": "逢6必访", "weights": WEIGHTS},
        "milestones": [
            {"day": day, "name": f"{day}日", "attendees": who} for day, who in ATTENDEES.items()
        ],
    }
    return told | columns


async def begun_cycle(client, **columns) -> int:
    answer = await client.put("/api/reception-cycles", json=a_cycle(**columns))
    assert answer.status_code == 200, answer.text
    return answer.json()["id"]


async def begun_month(client, cycle, month="2026-05-01", **columns):
    path = f"/api/reception-cycles/{cycle}/receptions"
    return await client.post(path, json={"month": month} | columns)


async def held(client, reception, planned_on, held_on=None, **columns):
    told = {
        "held_on": held_on or planned_on,
        "attended": ATTENDEES.get(int(planned_on[-2:]), []),
    }
    path = f"/api/receptions/{reception}/milestones/{planned_on}"
    return await client.post(path, json=told | columns)


A_RESOLUTION = {"decision": "村道护栏年内完成", "votes_for": 21, "votes_against": 2,
                "budget_yuan": "86500.00"}  # fmt: skip

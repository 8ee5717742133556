"""What models send, and what is found on the spot."""

from datetime import UTC, datetime
from uuid import uuid4

from tests.towns import COUNTY

OUTCOMES = [
    {"code": "safe", "name": "无异常", "escalates": False},
    {"code": "serious", "name": "属实，需处置", "escalates": True},
]


async def a_scene(client, **columns):
    told = {
        **{"division": COUNTY, "code": "rental", "name": "出租房屋风险", "limit_h": 24},
        "outcomes": OUTCOMES,
    }
    answer = await client.put("/api/warning-scenes", json=told | columns)
    assert answer.status_code == 200, answer.text


def a_row(ref, address, **columns):
    told = {
        "ref": ref,
        "scene": "rental",
        "address": address,
        "subject": "王小明",
        "detail": "群租",
    }
    return told | columns


async def sent(client, headers, rows):
    answer = await client.post(
        "/api/warnings", json={"division": COUNTY, "warnings": rows}, headers=headers
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


def a_check(home, **columns):
    told = {
        **{"lon": home.place[0], "lat": home.place[1], "datum": "wgs84", "outcome": "safe"},
        **{"captured_at": datetime.now(UTC).isoformat(), "note": "已上门核查"},
        "client_key": uuid4().hex,
    }
    return told | columns

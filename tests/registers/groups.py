"""Groups and standards as the tests of the registers tell them."""

from tests.towns import COMMUNITY, COUNTY

#: Villages beside the paper community, in the same town.
TOWN = "990101001000"


def a_group(code="team", **columns):
    told = {
        **{"division": COMMUNITY, "code": code, "kind": "team", "name": f"{code}志愿队"},
        **{"level": "village", "begins": "2026-01-01"},
    }
    return told | columns


async def set_groups(client, *groups):
    answer = await client.put("/api/groups", json={"groups": list(groups)})
    assert answer.status_code == 200, answer.text
    return answer.json()["ids"]


async def a_standard(client, items, **columns):
    told = {"division": COUNTY, "code": "standard", "name": "标准", "subject": "micro_grid"}
    asked = [
        {"code": code, "name": name, "part": part}
        for part, names in items.items()
        for code, name in names.items()
    ]
    answer = await client.put("/api/standards", json=told | {"items": asked} | columns)
    assert answer.status_code == 200, answer.text
    return answer.json()["id"]


async def found(client, standard, findings, on="2026-11-02"):
    """Tell what was found: subject, item, and what is missing, if anything."""
    rows = [
        {"subject": subject, "item": item, "met": not missing, "note": missing}
        for subject, item, missing in findings
    ]
    path = f"/api/standards/{standard}/findings"
    return await client.post(path, json={"found_on": on, "findings": rows})

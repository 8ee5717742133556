"""The register of groups over HTTP: as it was on a day, whom it serves, who is not served."""

import pytest

from tests.flows.office import get
from tests.flows.test_report_to_close import assert_problem
from tests.registers.groups import a_group, set_groups
from tests.towns import COMMUNITY, COUNTY, a_person, middle, staff


async def test_a_later_first_day_leaves_the_past_as_it_was(client, town):
    await staff(town, a_person("w0", middle(0, 0)), a_person("w1", middle(1, 1)))
    member = {"person": "w0", "begins": "2026-01-01"}
    (old,) = await set_groups(client, a_group(name="旧名", members=[member]))
    told = a_group(name="新名", begins="2026-06-01", members=[member | {"person": "w1"}])
    (new,) = await set_groups(client, told)
    assert new != old
    for day, name in (("2026-05-31", "旧名"), ("2026-06-01", "新名")):
        page = await get(client, "groups", on=day)
        assert [one["name"] for one in page["groups"]] == [name]
    assert (await get(client, "groups", on="2025-12-31"))["total"] == 0
    past = await get(client, f"groups/{old}", on="2026-05-31")
    assert [one["person"] for one in past["people"]] == ["w0"]
    assert (past["ends"], past["history"][0]["deed"]) == ("2026-06-01", "set")
    kept = (await client.post("/api/people/w1/export", json={"purpose": "本人申请"})).json()
    assert [(one["name"], one["duty"]) for one in kept["groups"]] == [("新名", "成员")]
    answer = await client.put("/api/groups", json={"groups": [a_group(begins="2026-03-01")]})
    assert "2026-01-01" in assert_problem(answer, 409)["detail"]


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"division": "990199000000"}, "990199000000"),
        ({"areas": ["99010100100199999"]}, "99010100100199999"),
        ({"members": [{"person": "nobody", "begins": "2026-01-01"}]}, "nobody"),
        ({"parent": {"division": COUNTY, "code": "none"}}, "none"),
        ({"ends": "2026-01-01"}, "ends before it begins"),
    ],
)
async def test_what_is_wrong_is_named_and_nothing_is_kept(client, town, wrong, named):
    told = {"groups": [a_group("good"), a_group("bad") | wrong]}
    answer = await client.put("/api/groups", json=told)
    assert named in str(assert_problem(answer, 422))
    assert (await get(client, "groups"))["total"] == 0


async def test_who_is_served_and_who_is_not_adds_up_to_everybody(client, town):
    cells = (await get(client, "micro-grids"))["features"]
    codes = sorted(one["properties"]["code"] for one in cells)
    grids = sorted({code[:15] for code in codes})
    everybody = await get(client, "groups/coverage", kind="team", of="micro_grid")
    assert (everybody["rate"]["numerator"], everybody["rate"]["denominator"]) == (0, len(codes))
    await set_groups(client, a_group("cell", areas=[codes[-1]]), a_group("grid", areas=[grids[0]]))
    told = await get(client, "groups/coverage", kind="team", of="micro_grid")
    inside = [code for code in codes if code[:15] == grids[0] or code == codes[-1]]
    assert [one["code"] for one in told["covered"]] == inside
    assert len(told["uncovered"]) + len(inside) == told["rate"]["denominator"] == len(codes)
    await set_groups(client, a_group("whole", division=COUNTY))
    told = await get(client, "groups/coverage", kind="team", of="micro_grid")
    assert told["rate"]["value"] == 1
    communities = await get(client, "groups/coverage", kind="team")
    assert [one["code"] for one in communities["covered"]] == [COMMUNITY]

"""Trends over HTTP: parts add up, periods do not overlap."""

import pytest

from tests.flows.test_report_to_close import assert_problem, body
from tests.towns import COMMUNITY, COUNTY

ASKED = {
    **{"before_since": "2025-01-01", "before_until": "2026-01-01"},
    **{"since": "2026-01-01", "until": "2100-01-01"},
}


@pytest.mark.parametrize("by", ["matter", "area"])
async def test_parts_of_the_whole_add_up(client, by):
    for number, matter in enumerate(("E01", "E01", "E02")):
        sent = await client.post("/api/events", json=body(number, matter=matter))
        assert sent.status_code == 201
    told = (await client.get("/api/trends", params=ASKED | {"by": by, "division": COUNTY})).json()
    assert told["whole"]["after"]["number"] == 3
    assert sum(one["after"]["number"] for one in told["trends"]) == 3
    assert {one["after"]["of"] for one in told["trends"]} == {3}
    names = {"matter": ["暴露垃圾", "占道经营"], "area": [COMMUNITY[:9] + "000"]}[by]
    assert [one["name"] for one in told["trends"]] == names
    some = (await client.get("/api/trends", params=ASKED | {"matter": "E02"})).json()
    assert some["whole"]["after"]["number"] == 1


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"before_until": "2026-01-02"}, 422),
        ({"until": "2026-01-01"}, 422),
        ({"matter": "X"}, 404),
    ],
)
async def test_what_cannot_be_compared_is_refused(client, wrong, status):
    assert_problem(await client.get("/api/trends", params=ASKED | wrong), status)

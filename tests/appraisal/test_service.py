"""Indicators over HTTP: laid down for an area, nearest first, over what was counted."""

import pytest

from gridsvc.appraisal import counting
from gridsvc.db import transaction
from tests.appraisal.histories import cases, write
from tests.flows.test_report_to_close import assert_problem
from tests.towns import COMMUNITY, COUNTY, a_person, an_officer, middle, staff

WINDOW = {"since": "2026-01-01", "until": "2026-04-01"}


def an_indicator(**columns):
    return {
        "division": COUNTY,
        "name": "按期处置率",
        "numerator": ["handle.on_time"],
        "denominator": ["handle.due"],
        "responsible_role": "grid_worker",
    } | columns


@pytest.fixture
async def counted(town):
    await staff(town, a_person("w", middle(0, 0)), an_officer("o", middle(1, 1)))
    async with transaction(town) as session:
        for case in cases(5, 60):
            await write(session, case)
    await counting.refresh(town, "Asia/Shanghai")


async def put(client, code="on_time", **columns):
    return await client.put(f"/api/indicators/{code}", json=an_indicator(**columns))


async def test_the_nearest_indicator_holds(client):
    assert (await put(client)).status_code == 200
    assert (await put(client, division=COMMUNITY, target=0.9)).status_code == 200
    for division, target in ((COUNTY, None), (COMMUNITY, 0.9)):
        (told,) = (await client.get("/api/indicators", params={"division": division})).json()
        assert (told["division"], told["target"]) == (division, target)
    gone = await client.delete("/api/indicators/on_time", params={"division": COMMUNITY})
    assert gone.status_code == 204
    (told,) = (await client.get("/api/indicators", params={"division": COMMUNITY})).json()
    assert told["division"] == COUNTY
    gone = await client.delete("/api/indicators/on_time", params={"division": COMMUNITY})
    assert_problem(gone, 404)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"numerator": ["handle.paint"]}, "names no counter"),
        ({"denominator": []}, "denominator"),
        ({"division": "110000000000"}, "no division"),
        ({"numerator": []}, "numerator"),
    ],
)
async def test_what_cannot_be_measured_is_refused(client, wrong, why):
    assert why in assert_problem(await put(client, **wrong), 422)["detail"]
    assert (await client.get("/api/indicators", params={"division": COUNTY})).json() == []


@pytest.mark.usefixtures("counted")
@pytest.mark.parametrize("by", ["none", "area", "role", "unit", "day", "month"])
async def test_parts_of_a_group_add_up(client, by):
    await put(client, target=0.5)
    asked = WINDOW | {"division": COUNTY}
    whole = (await client.get("/api/indicators/on_time/values", params=asked)).json()
    told = (await client.get("/api/indicators/on_time/values", params=asked | {"by": by})).json()
    (one,) = whole["values"]
    assert one["denominator"] > 20
    assert one["low"] <= one["value"] <= one["high"]
    assert one["reached"] == (one["value"] >= 0.5)
    for part in ("numerator", "denominator"):
        assert sum(value[part] for value in told["values"]) == one[part]
    assert told["counted_at"]
    if by == "area":
        assert [value["key"][:9] for value in told["values"]] == [COMMUNITY[:9]]


@pytest.mark.usefixtures("counted")
async def test_counters_are_those_of_the_figures(client):
    """Both count the same: one from the history at once, the other day by day."""
    hours = {"since": "2026-01-01T00:00:00+08:00", "until": "2026-04-01T00:00:00+08:00"}
    figures = (await client.get("/api/events/figures", params=hours)).json()
    told = (await client.get("/api/counters", params=WINDOW)).json()
    counts = {row["stage"]: row["counts"] for row in told["rows"]}
    assert counts["dispatch"]["done"] == figures["moves"]["dispatched"] > 0
    assert counts["handle"]["sent_back"] == figures["moves"]["given_back"] > 0
    assert (
        counts["verify"]["sent_back"] + counts["close"]["sent_back"] == figures["moves"]["rework"]
    )
    for stage in figures["stages"]:
        for name in ("begun", "due", "on_time", "late", "unfinished"):
            assert counts[stage["stage"]][name] == stage[name], f"{stage['stage']} {name}"


@pytest.mark.usefixtures("counted")
async def test_a_share_of_something_else_is_refused_when_it_shows(client):
    await put(client, code="odd", numerator=["handle.begun"], denominator=["close.due"])
    answer = await client.get("/api/indicators/odd/values", params=WINDOW | {"division": COUNTY})
    assert "different things" in assert_problem(answer, 409)["detail"]


async def test_a_window_that_ends_first_and_an_unknown_indicator_are_refused(client):
    backwards = {"since": "2026-04-01", "until": "2026-01-01"}
    assert_problem(await client.get("/api/counters", params=backwards), 422)
    assert_problem(await client.get("/api/indicators/none/values", params=WINDOW), 404)


async def test_figures_declared_again_are_the_same(client):
    told = {
        "division": COUNTY,
        "title": "五事窗口",
        "source": "通报",
        "since": "2024-01-01",
        "until": "2025-01-01",
        "counts": [{"code": "filed", "label": "登记", "number": 286}],
        "client_key": "k",
    }
    first = await client.post("/api/declarations", json=told)
    again = await client.post("/api/declarations", json=told)
    assert (first.status_code, again.json()) == (201, first.json())
    other = await client.post("/api/declarations", json=told | {"title": "另一个"})
    assert_problem(other, 422)
    assert len((await client.get("/api/declarations")).json()) == 1

"""Rounds over HTTP: who scores whom, what whistles add, and that a closed one stays."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.appraisal.rounds import DEPARTMENTS, TOWNS, YEAR, a_scheme, opened, scored, settle_units
from tests.flows.test_report_to_close import assert_problem
from tests.flows.test_whistle import a_call, let_pass, there
from tests.towns import COUNTY


@pytest.fixture
async def who(town):
    return await settle_units(town)


async def results(client, round_id, headers=None):
    return await client.get(f"/api/appraisal-rounds/{round_id}/results", headers=headers)


async def test_each_scores_for_itself_until_the_round_is_closed(client, town, who):
    told = await opened(client)
    number = told["id"]
    assert [(one["given"], one["expected"]) for one in told["sides"]] == [(0, 18), (0, 18)]
    for n, rater in enumerate(TOWNS):
        given = {"DA": 90 + n % 2, "DB": 70 + n % 2, "DC": 70 + n % 2}
        for _ in range(2):  # given again, they replace the others
            answer = await scored(client, number, rater, given, headers=who[rater])
            assert answer.status_code == 200, answer.text
    assert answer.json()["sides"][0]["given"] == 3  # nobody sees what others gave
    assert_problem(await scored(client, number, "T11", {"DA": 1}, headers=who["T12"]), 403)
    assert_problem(await results(client, number, who["T11"]), 403)
    down = await scored(client, number, "DA", {"T11": 88}, side="down", aspect="duty",
                        headers=who["DA"])  # fmt: skip
    assert down.status_code == 200
    before = (await results(client, number)).json()
    closed = await client.post(f"/api/appraisal-rounds/{number}/closing")
    assert closed.json() == before | {"final": True}
    up, other = closed.json()["sides"]
    places = [(one["unit"], one["place"], one["tied"], one["raters"]) for one in up["ranking"]]
    assert places == [("DA", 1, False, 6), ("DB", 2, True, 6), ("DC", 2, True, 6)]
    assert [(one["best_place"], one["worst_place"]) for one in up["ranking"]] == [
        (1, 1), (2, 3), (2, 3),
    ]  # fmt: skip
    assert (other["ranking"][0]["unit"], other["ranking"][0]["low"]) == ("T11", None)
    assert_problem(await scored(client, number, "T11", {"DA": 1}, headers=who["T11"]), 409)
    assert_problem(await client.post(f"/api/appraisal-rounds/{number}/closing"), 409)
    assert (await results(client, number, who["T11"])).json() == closed.json()


async def test_the_database_keeps_a_closed_round_as_it_was(client, town, who):
    number = (await opened(client))["id"]
    await scored(client, number, "T11", {"DA": 80}, headers=who["T11"])
    await client.post(f"/api/appraisal-rounds/{number}/closing")
    for statement in (
        "UPDATE appraisal_round SET name = 'x'",
        "UPDATE appraisal_score SET score = 1",
        "INSERT INTO appraisal_score SELECT round_id, side_code, rater, 'DB', aspect_code,"
        " division_code, score FROM appraisal_score",
    ):
        with pytest.raises(DBAPIError, match="is closed"):
            async with town.begin() as connection:
                await connection.execute(text(statement))


async def test_whistles_are_counted_by_their_weight(client, town, who):
    number = (await opened(client))["id"]
    for turn in range(4):
        call = (await client.post("/api/whistles", json=a_call("DA", unit="T11"))).json()
        if turn < 3:
            path = f"/api/whistles/{call['id']}/check-ins"
            answer = await client.post(path, json=there("DA"), headers=who["DA"])
            assert answer.status_code == 200, answer.text
    await let_pass(town, 100)
    for rater in TOWNS:
        await scored(client, number, rater, {"DA": 80, "DB": 80}, headers=who[rater])
    (up, _) = (await results(client, number)).json()["sides"]
    by = {one["unit"]: one for one in up["ranking"]}
    assert by["DA"]["counted"] == [{"aspect": "called", "numerator": 3, "denominator": 4}]
    assert by["DA"]["points"] == pytest.approx(0.6 * 80 + 0.4 * 75)
    assert by["DB"]["points"] == 80
    assert by["DC"]["points"] is None


def with_weight(weight):
    sides = a_scheme()["sides"]
    sides[0]["aspects"][0]["weight"] = weight
    return {"sides": sides}


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (with_weight(0.7), "sum to 1.1, not to 1"),
        ({"sides": a_scheme()["sides"] * 2}, "same code"),
        ({"division": "110000000000"}, "no division"),
    ],
)
async def test_schemes_that_cannot_be_are_refused(client, wrong, why):
    answer = await client.put("/api/appraisal-schemes", json=a_scheme(**wrong))
    assert why in assert_problem(answer, 422)["detail"]


async def test_what_is_not_asked_for_is_refused(client, town, who):
    told = {"division": COUNTY, "scheme": "mutual", "name": "x"} | YEAR
    assert_problem(await client.post("/api/appraisal-rounds", json=told), 404)
    number = (await opened(client))["id"]
    assert_problem(await client.post("/api/appraisal-rounds", json=told), 409)
    for rater, given, more in (
        ("T11", {"T12": 50}, {}),
        ("T11", {"DA": 50}, {"aspect": "called"}),
        ("T11", {"DA": 50}, {"side": "x"}),
        ("DA", {"DB": 50}, {}),
    ):
        answer = await scored(client, number, rater, given, headers=who[rater], **more)
        assert_problem(answer, 422)
    sides = a_scheme()["sides"][:1]
    sides[0]["ratees"] = {"codes": [*DEPARTMENTS, "NONE"]}
    await client.put("/api/appraisal-schemes", json=a_scheme(sides=sides))
    told["since"] = "2026-02-01"
    answer = await client.post("/api/appraisal-rounds", json=told)
    assert "NONE" in assert_problem(answer, 422)["detail"]

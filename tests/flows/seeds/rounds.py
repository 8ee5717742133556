"""Counties and townships judge each other, and compete with each other."""

import json
from datetime import UTC, datetime

from gridsvc.db import transaction
from gridsvc.exchange import practices
from gridsvc.town.codes import FOLDER
from tests.appraisal.rounds import DEPARTMENTS, TOWNS, YEAR, scored, settle_units
from tests.flows.office import get, post
from tests.flows.test_report_to_close import assert_problem
from tests.flows.test_whistle import a_call, let_pass, there
from tests.towns import COUNTY


async def _round(town, client, name):
    """A round of this year of a practice that is loaded by its name."""
    told = json.loads((FOLDER / "practices.json").read_bytes())
    async with transaction(town) as session:
        content = json.dumps({"appraisal_schemes": told["appraisal_schemes"]}).encode()
        await practices.load(session, content, division=COUNTY)
    schemes = await get(client, "appraisal-schemes", division=COUNTY)
    (code,) = [one["code"] for one in schemes if one["name"] == name]
    told = {"division": COUNTY, "scheme": code, "name": f"{datetime.now(UTC).year}年度"}
    return await post(client, "appraisal-rounds", 201, **told, **YEAR)


async def row17(town, client):
    """来宾双向考核: towns and departments score each other, whistles weigh in; closed, it stays."""
    who = await settle_units(town)
    made = await _round(town, client, "来宾双向考核")
    call = await post(client, "whistles", 201, **a_call("DA", unit="T11"))
    path = f"/api/whistles/{call['id']}/check-ins"
    assert (await client.post(path, json=there("DA"), headers=who["DA"])).status_code == 200
    await let_pass(town, 100)
    up, down = (side["code"] for side in made["sides"])
    for rater in TOWNS:
        for aspect in ("response", "result"):
            given = {"DA": 80, "DB": 80, "DC": 60}
            asked = {"side": up, "aspect": aspect, "headers": who[rater]}
            assert (await scored(client, made["id"], rater, given, **asked)).status_code == 200
    for rater in DEPARTMENTS:
        asked = {"side": down, "aspect": "duties", "headers": who[rater]}
        given = dict.fromkeys(TOWNS, 90)
        assert (await scored(client, made["id"], rater, given, **asked)).status_code == 200
    told = await post(client, f"appraisal-rounds/{made['id']}/closing")
    first, second, third = told["sides"][0]["ranking"]
    # Four fifths of 80 and a fifth of 100, of what was said and counted: no marks were given.
    assert (first["unit"], first["points"]) == ("DA", round((0.6 * 80 + 0.2 * 100) / 0.8, 2))
    assert [(one["unit"], one["points"]) for one in (second, third)] == [("DB", 80), ("DC", 60)]
    assert {one["place"] for one in told["sides"][1]["ranking"]} == {1}
    late = await scored(client, made["id"], "T11", {"DA": 0}, side=up, aspect="result")
    assert_problem(late, 409)


async def row54(town, client):
    """年度绩效擂台: towns ranked once a year, with ties, raters, and the places left open."""
    who = await settle_units(town)
    made = await _round(town, client, "年度绩效擂台")
    points = dict(zip(TOWNS, (95, 90, 90, 85, 60, 59), strict=True))
    for n, rater in enumerate(DEPARTMENTS):
        for aspect in ("achievements", "presentation"):
            given = {town_: score + n - 1 for town_, score in points.items()}
            asked = {"side": "contest", "aspect": aspect, "headers": who[rater]}
            assert (await scored(client, made["id"], rater, given, **asked)).status_code == 200
    told = await post(client, f"appraisal-rounds/{made['id']}/closing")
    ranking = told["sides"][0]["ranking"]
    assert {one["unit"]: one["points"] for one in ranking} == points
    assert [(one["place"], one["tied"]) for one in ranking] == [
        (1, False), (2, True), (2, True), (4, False), (5, False), (6, False),
    ]  # fmt: skip
    assert {one["raters"] for one in ranking} == {3}
    # Of three raters who differ by a point, the last two places are not told apart.
    assert [(one["best_place"], one["worst_place"]) for one in ranking[-2:]] == [(5, 6)] * 2

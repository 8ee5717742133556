"""Surveys over HTTP: laid down, asked once of each, told with how sure it is."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from gridsvc.db import transaction
from tests.flows.test_report_to_close import assert_problem
from tests.towns import COMMUNITY, COUNTY

STREET = "990101001000"
TODAY = datetime.now(UTC).date()


def a_scheme(weights=(0.5, 0.5), sides=(0.4, 0.6), **columns):
    return {
        "division": COUNTY,
        "code": "pleased",
        "name": "满意度",
        "dimensions": [
            {
                "code": f"d{n}", "name": f"维度{n}", "weight": weight,
                "indicators": [
                    {"code": f"i{n}{k}", "name": f"指标{k}", "weight": part, "question": "如何？"}
                    for k, part in enumerate(weights)
                ],
            }
            for n, weight in enumerate(sides)
        ],
    } | columns  # fmt: skip


def a_wave(name="第一轮", first=-1, last=1, **columns):
    return {
        "division": COUNTY,
        "scheme": "pleased",
        "name": name,
        "opens": (TODAY + timedelta(days=first)).isoformat(),
        "closes": (TODAY + timedelta(days=last)).isoformat(),
        "sample": 40,
    } | columns


@pytest.fixture
async def wave(client):
    assert (await client.post("/api/survey-schemes", json=a_scheme())).status_code == 201
    answer = await client.post("/api/survey-waves", json=a_wave())
    assert answer.status_code == 201, answer.text
    return answer.json()


async def links(client, wave, count):
    told = {"division": STREET, "count": count}
    answer = await client.post(f"/api/survey-waves/{wave['id']}/links", json=told)
    return answer.json()["paths"]


SCORES = {"i00": 90, "i01": 80, "i10": 70, "i11": 60}


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"weights": (0.5, 0.6)}, "sum to 1.1"),
        ({"sides": (0.4, 0.5)}, "sum to 0.9"),
        ({"sides": (1.0, -0.0)}, "greater than 0"),
    ],
)
async def test_weights_that_do_not_sum_to_one_are_refused(client, wrong, why):
    answer = await client.post("/api/survey-schemes", json=a_scheme(**wrong))
    assert why in assert_problem(answer, 422)["detail"]
    assert (await client.get("/api/survey-schemes", params={"division": COUNTY})).json() == []


async def test_what_was_asked_is_not_changed(client, wave):
    other = await client.post("/api/survey-schemes", json=a_scheme(name="另一个"))
    assert "another code" in assert_problem(other, 409)["detail"]
    twice = a_scheme(code="twice")
    twice["dimensions"][1]["code"] = "d0"
    assert_problem(await client.post("/api/survey-schemes", json=twice), 422)


@pytest.mark.parametrize("days", [(-1, 1), (1, 5), (-9, -1), (0, 0), (-9, 9)])
async def test_waves_that_overlap_are_refused(client, wave, days):
    answer = await client.post("/api/survey-waves", json=a_wave("第二轮", *days))
    assert "follow each other" in assert_problem(answer, 409)["detail"]
    later = await client.post("/api/survey-waves", json=a_wave("第二轮", 2, 5))
    assert later.status_code == 201
    assert len((await client.get("/api/survey-waves")).json()) == 2


async def test_overlap_is_refused_by_the_database_too(town, client, wave):
    with pytest.raises(Exception, match="ex_survey_wave_one_at_a_time"):
        async with transaction(town) as session:
            await session.execute(
                text(
                    "INSERT INTO survey_wave (division_code, scheme_id, name, opens, closes,"
                    " made_by) SELECT division_code, scheme_id, 'x', opens, closes, 'x'"
                    " FROM survey_wave"
                )
            )


async def test_the_sample_is_that_of_the_households(client, wave):
    (street,) = wave["strata"]
    assert (street["division"], street["population"], street["planned"]) == (STREET, 800, 40)
    too_many = await client.post("/api/survey-waves", json=a_wave("大", 5, 6, sample=801))
    assert "cannot be drawn" in assert_problem(too_many, 422)["detail"]


async def test_a_link_answers_once_and_nothing_tells_which_answer(town, client, wave):
    (path,) = await links(client, wave, 1)
    asked = await client.get(path, headers={"Authorization": ""})
    assert [side["code"] for side in asked.json()["dimensions"]] == ["d0", "d1"]
    first = await client.post(path, json={"scores": SCORES}, headers={"Authorization": ""})
    assert first.status_code == 201
    again = await client.post(path, json={"scores": SCORES})
    assert "counts once" in assert_problem(again, 409)["detail"]
    assert_problem(await client.get(path), 409)
    async with town.connect() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM survey_answer")) == 1
        columns = set(
            await connection.scalars(
                text(
                    "SELECT column_name FROM information_schema.columns"
                    " WHERE table_name = 'survey_answer'"
                )
            )
        )
    assert not columns & {"digest", "link_id", "account_id", "at"}


async def test_a_refused_answer_leaves_the_link_as_it_was(client, wave):
    (path,) = await links(client, wave, 1)
    for scores in ({"i99": 50}, {"i00": 101}, {}):
        assert_problem(await client.post(path, json={"scores": scores}), 422)
    assert (await client.post(path, json={"scores": SCORES})).status_code == 201
    assert_problem(await client.get("/api/public/surveys/" + "A" * 43), 404)


async def test_a_number_is_asked_once_in_a_wave_and_not_kept(town, client, wave):
    told = {"division": STREET, "phone": "138 1234 5678", "scores": SCORES}
    path = f"/api/survey-waves/{wave['id']}/phone-answers"
    assert (await client.post(path, json=told)).status_code == 201
    again = await client.post(path, json=told | {"phone": "+86-13812345678"})
    assert "counts once" in assert_problem(again, 409)["detail"]
    async with town.connect() as connection:
        for table in ("survey_caller", "survey_answer"):
            rows = await connection.scalars(text(f"SELECT t::text FROM {table} t"))
            assert not any("5678" in row for row in rows)
    elsewhere = await client.post(path, json=told | {"division": COMMUNITY, "phone": "12345"})
    assert "no street of this wave" in assert_problem(elsewhere, 422)["detail"]


async def test_a_wave_that_is_not_open_takes_no_answers(client, wave):
    later = (await client.post("/api/survey-waves", json=a_wave("第二轮", 5, 9))).json()
    (path,) = await links(client, later, 1)
    answer = await client.post(path, json={"scores": SCORES})
    assert "not today" in assert_problem(answer, 409)["detail"]


async def fill(town, wave, shift, count=30):
    """Answers around known means, straight into the table."""
    async with transaction(town) as session:
        await session.execute(
            text(
                "INSERT INTO survey_answer (wave_id, division_code, channel, respondent, scores,"
                " answered_on) SELECT :wave, :street, 'link', 'resident', jsonb_build_object("
                " 'i00', 50 + :shift + n % 7, 'i01', 60 + n % 5, 'i10', 70 + n % 3, 'i11', 80),"
                " CURRENT_DATE FROM generate_series(1, :count) n"
            ),
            {"wave": wave, "street": STREET, "shift": shift, "count": count},
        )


async def test_results_are_weighted_means_and_changes_are_tested(town, client, wave):
    later = (await client.post("/api/survey-waves", json=a_wave("第二轮", 2, 5))).json()
    await fill(town, wave["id"], 0)
    await fill(town, later["id"], 12)
    asked = {"other_wave": wave["id"]}
    told = (await client.get(f"/api/survey-waves/{later['id']}/results", params=asked)).json()
    means = {one["key"]: one["mean"] for one in told["indicators"]}
    sides = {one["key"]: one["mean"] for one in told["dimensions"]}
    assert sides["d0"] == pytest.approx((means["i00"] + means["i01"]) / 2)
    assert told["whole"]["mean"] == pytest.approx(0.4 * sides["d0"] + 0.6 * sides["d1"])
    assert told["whole"]["low"] < told["whole"]["mean"] < told["whole"]["high"]
    changed = {one["key"]: one["significant"] for one in told["indicators"]}
    assert changed == {"i00": True, "i01": False, "i10": False, "i11": False}
    (street,) = told["streets"]
    assert street["mean"] == pytest.approx(told["whole"]["mean"])
    assert street["difference"] == pytest.approx(0.4 * 0.5 * 12)


async def test_few_answers_are_not_told(client, wave, town):
    await fill(town, wave["id"], 0, count=3)
    told = (await client.get(f"/api/survey-waves/{wave['id']}/results")).json()
    assert told["whole"]["number"] == 3
    assert {one["mean"] for one in (told["whole"], *told["indicators"], *told["streets"])} == {None}


async def test_waves_of_different_surveys_are_not_compared(client, wave):
    await client.post("/api/survey-schemes", json=a_scheme(code="other", sides=(0.5, 0.5)))
    other = (await client.post("/api/survey-waves", json=a_wave(scheme="other"))).json()
    path = f"/api/survey-waves/{wave['id']}/results"
    answer = await client.get(path, params={"other_wave": other["id"]})
    assert "something else" in assert_problem(answer, 422)["detail"]
    assert_problem(await client.get("/api/survey-waves/999/results"), 404)
    nothing = await client.post("/api/survey-waves", json=a_wave(scheme="none"))
    assert_problem(nothing, 404)

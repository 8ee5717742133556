"""Postings (派驻): one at a time, the one before ends by itself, the history stays."""

from datetime import date

import pytest
from sqlalchemy import text

from gridsvc.db import transaction
from gridsvc.people import postings
from tests.flows.test_report_to_close import assert_problem
from tests.towns import COUNTY, an_officer, middle, staff


@pytest.fixture
async def posted(town, client):
    """A town with an officer, a department that pays and two streets that command."""
    await staff(town, an_officer("o", middle(0, 0)))
    async with transaction(town) as session:
        await session.execute(
            text(
                "INSERT INTO unit (code, name, kind, level, division_code, valid_from, valid_to)"
                " VALUES ('CG', '城管局', 'department', 'county', :county, '2020-01-01', NULL),"
                " ('ST', '双塘街道', 'street', 'street', :county, '2020-01-01', NULL),"
                " ('S2', '夫子庙街道', 'street', 'street', :county, '2020-01-01', NULL),"
                " ('OLD', '旧街道', 'street', 'street', :county, '2020-01-01', '2025-01-01')"
            ),
            {"county": COUNTY},
        )
    return client


async def post(client, commanding="ST", begins="2026-01-01", **columns):
    told = {"home_unit": "CG", "commanding_unit": commanding, "begins": begins} | columns
    return await client.post("/api/people/o/postings", json=told)


async def history(client):
    told = (await client.get("/api/people/o/postings")).json()
    return [(one["commanding_unit"], one["begins"], one["ends"]) for one in told]


async def test_the_street_commands_and_the_department_pays(posted):
    answer = await post(posted)
    assert answer.status_code == 201
    told = answer.json()
    assert (told["home_unit_name"], told["commanding_unit_name"]) == ("城管局", "双塘街道")


async def test_a_new_posting_ends_the_one_before_and_history_stays(posted, town):
    await post(posted)
    await post(posted, "S2", "2026-06-01")
    assert await history(posted) == [("S2", "2026-06-01", None), ("ST", "2026-01-01", "2026-06-01")]
    async with transaction(town) as session:
        for day, unit in ((date(2026, 5, 31), "ST"), (date(2026, 6, 1), "S2")):
            assert (await postings.posting_on(session, "o", day)).commanding_unit == unit
        assert await postings.posting_on(session, "o", date(2025, 12, 31)) is None


@pytest.mark.parametrize(
    ("begins", "ends"), [("2026-03-01", None), ("2026-02-28", "2026-03-02"), ("2025-12-01", None)]
)
async def test_postings_never_overlap(posted, begins, ends):
    await post(posted, begins="2026-03-01", ends="2026-04-01")
    await post(posted, "S2", "2026-05-01")
    before = await history(posted)
    assert_problem(await post(posted, "S2", begins, ends=ends), 409)
    assert await history(posted) == before


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"home_unit": "x"}, "'x'"),
        ({"commanding_unit": "OLD"}, "'OLD'"),
        ({"begins": "2019-12-31"}, "CG"),
        ({"ends": "2026-01-01"}, "before it begins"),
        ({"begins": "1900-01-01"}, "begins"),
        ({"home_unit": "\x00"}, "NUL"),
    ],
)
async def test_a_posting_that_cannot_be_is_refused(posted, change, says):
    assert says in assert_problem(await post(posted, **change), 422)["detail"]
    assert await history(posted) == []


async def test_nobody_unknown_is_posted(posted):
    told = {"home_unit": "CG", "commanding_unit": "ST", "begins": "2026-01-01"}
    assert_problem(await posted.post("/api/people/x/postings", json=told), 404)

"""A report is one event with its first lines and stages, or nothing at all."""

import pytest
from sqlalchemy import text

from gridsvc.db import transaction
from gridsvc.errors import BadInput
from gridsvc.events import filing, queries
from tests.dispatch.test_service import a_report
from tests.flows.test_event_walks import table
from tests.limits import HOURS, load_limits
from tests.who import KEYRING


async def file(engine, report):
    async with transaction(engine) as session:
        return await filing.report(session, report, KEYRING)


async def test_it_is_filed_with_its_lines_in_order_and_its_stages(town):
    await load_limits(town, HOURS[0])
    filed = await file(town, a_report(0, 0))
    lines = [
        tuple(row.values())
        for row in await table(town, "SELECT from_state, to_state FROM event_history ORDER BY id")
    ]
    assert lines == [(None, "REPORTED"), ("REPORTED", "FILED")]
    stages = await table(
        town,
        "SELECT stage, outcome, done_at = started_at AS at_once, due_at > started_at AS dated"
        " FROM event_stage",
    )
    assert sorted(tuple(row.values()) for row in stages) == [
        ("case", None, None, None),
        ("dispatch", None, None, None),
        ("file", "done", True, True),
    ]
    assert filed.held.state == "FILED"
    async with transaction(town) as session:
        row = await queries.event(session, filed.event_id)
        assert queries.brief_of(row)._replace(lon=0, lat=0) == filed.brief._replace(lon=0, lat=0)
        assert (filed.brief.lon, filed.brief.lat) == pytest.approx((row["lon"], row["lat"]))


async def test_a_known_key_is_the_same_event(town):
    first = await file(town, a_report(1, 1))
    report = a_report(1, 1).model_copy(update={"client_key": "the-same-key"})
    again = [await file(town, report) for _ in range(2)]
    assert again[0].event_id == again[1].event_id != first.event_id
    assert again[1].brief is None
    with pytest.raises(BadInput):
        await file(town, report.model_copy(update={"description": "something else"}))
    async with transaction(town) as session:
        assert await session.scalar(text("SELECT count(*) FROM event")) == 2


async def test_a_report_that_fails_late_leaves_nothing(town):
    """Lines, state and stages are of one transaction with whatever comes after them."""

    async def attempt():
        async with transaction(town) as session:
            await filing.report(session, a_report(0, 0), KEYRING)
            assert await queries.page(session, within=None, state=None, limit=9)
            raise RuntimeError("the machine went down")

    with pytest.raises(RuntimeError):
        await attempt()
    for name in ("event", "event_history", "event_stage"):
        assert await table(town, f"SELECT 1 FROM {name}") == []

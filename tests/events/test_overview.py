"""Behind every figure there are as many cases as it says, whatever happened; areas add up."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from gridsvc.db import transaction
from gridsvc.errors import BadInput, NotFound
from gridsvc.events import figures_queries
from gridsvc.events.overview import MOST_WINDOWS, Asked, cases, course, overview
from gridsvc.events.stages import Stage
from tests.events.lives import lived
from tests.towns import COMMUNITY, COUNTY


def now():
    return datetime.now(UTC)


def asked(**changes):
    told = {
        "division": COUNTY,
        "matter": None,
        "since": now() - timedelta(days=3),
        "until": now() + timedelta(days=1),
    }
    return Asked(**(told | changes))


@pytest.fixture
async def events(town, client):
    """A transaction on a town in which everything happened that is counted."""
    await lived(town, client)
    async with transaction(town) as session:
        yield session


async def count(session, wish, figure, stage):
    told = await cases(session, wish, figure=figure, stage=stage, limit=200, offset=0)
    assert len(told.cases) == told.total
    return told.total, {one.id for one in told.cases}


async def test_a_figure_has_as_many_cases_as_it_says(events):
    figures = await asked().figures(events)
    wish = asked(until=figures.window.until)
    assert figures.events["reported"] > 3
    for name in figures_queries.OF_EVENTS:
        total, ids = await count(events, wish, name, None)
        assert total == figures.events[name] == len(ids), name
    stages = {one.stage: one for one in figures.stages}
    assert stages
    for stage in Stage:
        for name in figures_queries.OF_LIMITS:
            total, _ = await count(events, wish, name, stage)
            assert total == (getattr(stages[stage], name) if stage in stages else 0), name


async def test_pages_together_are_the_whole(events):
    wish = asked()
    whole = await cases(events, wish, figure="reported", stage=None, limit=200, offset=0)
    found = []
    for offset in range(0, whole.total, 2):
        part = await cases(events, wish, figure="reported", stage=None, limit=2, offset=offset)
        assert part.total == whole.total
        found += part.cases
    assert found == whole.cases


async def test_an_area_is_what_is_in_it(events):
    told = await overview(events, COUNTY, asked())
    assert [one.code for one in told.children] == [COMMUNITY]
    assert told.children[0].outline["type"] in {"Polygon", "MultiPolygon"}
    for name, n in told.figures.events.items():
        assert n == sum(one.figures.events[name] for one in told.children), name
    below = await overview(events, COMMUNITY, asked(division=COMMUNITY))
    assert [one.code for one in below.above] == [COUNTY]
    assert below.children == []


async def test_a_course_is_made_of_windows_that_touch(events):
    wish = asked(since=now() - timedelta(days=3))
    told = (await course(events, wish, days=1)).windows
    # The transaction began before three days were asked for: the last window is the shorter one.
    assert len(told) == 3
    assert all(a.window.until == b.window.since for a, b in pairwise(told))
    whole = await wish.figures(events)
    assert sum(one.events["reported"] for one in told) == whole.events["reported"]


async def test_what_cannot_be_is_refused(events):
    with pytest.raises(NotFound, match="there is no division"):
        await overview(events, "990101001999", asked(division="990101001999"))
    with pytest.raises(BadInput, match="windows"):
        await course(events, asked(since=now() - timedelta(days=MOST_WINDOWS + 1)), days=1)
    with pytest.raises(BadInput, match="reported"):
        await cases(events, asked(), figure="late", stage=None, limit=9, offset=0)
    with pytest.raises(BadInput, match="pending_overdue"):
        await cases(events, asked(), figure="closed", stage=Stage.HANDLE, limit=9, offset=0)

"""Events by class of matter, by place and by period, from the database."""

from datetime import UTC, datetime, timedelta

import pytest

from gridsvc.dispatch import service as dispatch
from gridsvc.events.schemas import EventIn
from gridsvc.geo import Datum
from gridsvc.maps import event_queries, queries
from tests.towns import COMMUNITY, middle
from tests.who import KEYRING

NOW = datetime.now(UTC)
WINDOW = (NOW - timedelta(days=1), NOW + timedelta(days=1))
MATTERS = ("E01", "E01", "E02")


@pytest.fixture
async def reported(town_session):
    for number, matter in enumerate(MATTERS):
        lon, lat = middle(number, 0)
        event = EventIn(
            client_key=f"k{number}",
            matter=matter,
            lon=lon,
            lat=lat,
            datum=Datum.WGS84,
            description="</script>机密描述",
        )
        await dispatch.report(town_session, event, KEYRING)
    return town_session


@pytest.mark.parametrize(("matter", "counted"), [(None, 3), ("E", 3), ("E01", 2), ("E02", 1)])
async def test_every_event_is_in_one_class_and_one_cell(reported, matter, counted):
    codes = (await queries.layer(reported, "micro_grids", COMMUNITY))["code"].tolist()
    figures = await event_queries.by_class(reported, COMMUNITY, WINDOW, matter)
    assert figures.index.tolist() == codes
    assert figures.to_numpy().sum() == counted
    assert set(figures.columns) <= {"E01", "E02"}
    points = await event_queries.points(
        reported, COMMUNITY, WINDOW, matter, zone="Asia/Shanghai", most=10
    )
    assert len(points) == counted
    assert set(points["cell"]) <= set(codes)


async def test_points_carry_no_word_of_the_report(reported):
    points = await event_queries.points(reported, COMMUNITY, WINDOW, None, zone="UTC", most=2)
    assert len(points) == 2
    assert set(points.columns) == {"class", "matter", "state", "day", "cell", "geometry"}


async def test_periods_hold_what_was_received_in_them(reported):
    codes = (await queries.layer(reported, "micro_grids", COMMUNITY))["code"].tolist()
    earlier = (WINDOW[0] - timedelta(days=9), WINDOW[0])
    figures = await event_queries.two_periods(reported, COMMUNITY, earlier, WINDOW, "E01")
    assert figures.index.tolist() == codes
    assert figures.sum().to_dict() == {"before": 0, "after": 2}


async def test_an_empty_town_has_every_cell_and_no_class(town_session):
    figures = await event_queries.by_class(town_session, COMMUNITY, WINDOW, None)
    assert len(figures)
    assert figures.shape[1] == 0

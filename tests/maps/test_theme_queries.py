"""Figures of themes, from the database."""

from datetime import UTC, datetime

import pytest

from gridsvc.db import Scope, make_engine, transaction
from gridsvc.maps import event_queries, place_queries, queries, service, theme_queries
from gridsvc.maps.themes import NAMES
from tests.conftest import service_of
from tests.towns import COMMUNITY, COUNTY, a_person, middle, staff

EVER = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
NEXT_COUNTY = Scope((("990102", "990103"),))


async def test_every_query_tells_of_every_micro_grid_in_order(town_session):
    codes = (await queries.layer(town_session, "micro_grids", COMMUNITY))["code"].tolist()
    told = [
        await theme_queries.staffing(town_session, COMMUNITY),
        await theme_queries.pace(town_session, COMMUNITY, 90),
        *[
            await theme_queries.counted(town_session, name, COMMUNITY, 90)
            for name in ("open", "overdue", "received")
        ],
    ]
    assert [figures.index.tolist() for figures in told] == [codes] * len(told)


@pytest.mark.parametrize("name", NAMES)
async def test_every_layer_alone_makes_a_map(town_session, name):
    page = await service.coverage_html(
        town_session, COMMUNITY, time_zone="Asia/Shanghai", asked=service.Asked([name])
    )
    assert f"<caption>{NAMES[name][0].split('（')[0]}" in page or name == "households"
    assert 'src="http' not in page


async def test_all_layers_make_one_map(town_session):
    page = await service.coverage_html(
        town_session, COMMUNITY, time_zone="Asia/Shanghai", asked=service.Asked(list(NAMES))
    )
    assert all(f"<caption>{NAMES[name][0]}" in page for name in NAMES if name != "households")


async def test_who_sees_another_county_gets_none_of_this_ones_figures(town, town_url):
    await staff(town, a_person("w0", middle(0, 0)))
    login = service_of(town_url)
    engine = make_engine(login.url, role=login.role)
    seen = {}
    for scope in (NEXT_COUNTY, Scope((("990101", "990102"),))):
        async with transaction(engine, scope) as session:
            told = [
                await theme_queries.staffing(session, COUNTY),
                await theme_queries.pace(session, COUNTY, 90),
                await theme_queries.on_duty(session, COUNTY),
                await place_queries.homes(session, COUNTY),
                await event_queries.by_class(session, COUNTY, EVER, None),
                await event_queries.two_periods(session, COUNTY, EVER, EVER, None),
                *[
                    await theme_queries.counted(session, name, COUNTY, 90)
                    for name in ("open", "overdue", "received")
                ],
            ]
            seen[scope] = [len(figures) for figures in told]
    await engine.dispose()
    assert max(seen[NEXT_COUNTY]) == 0
    assert min(seen[Scope((("990101", "990102"),))]) > 0

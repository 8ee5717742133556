"""What the briefing room tells of a plan in the database."""

import pytest

from gridsvc.errors import NotFound
from gridsvc.grids import service as grids
from gridsvc.maps import service
from tests.towns import COMMUNITY, settings


async def test_a_plans_page_names_cells_and_makes_no_request(town_session):
    draft = await grids.draft_plan(town_session, COMMUNITY, settings(target=60, anew=True))
    report = await service.plan_report(town_session, draft.plan_id)
    page = await service.plan_report_html(town_session, draft.plan_id, time_zone="Asia/Shanghai")
    assert report["figures"]["target"] == 60
    assert "纸上社区网格方案" in page
    assert 'src="http' not in page
    assert all(one["cell"].startswith(COMMUNITY) for one in report["outside"])
    assert all(f">{one['cell'][12:]}<" in page for one in report["outside"])


async def test_a_mended_plan_names_whose_cells_change(town_session):
    draft = await grids.draft_plan(town_session, COMMUNITY)
    report = await service.plan_report(town_session, draft.plan_id)
    assert report["changes"]["households_moved"] == 0
    assert report["changes"]["workers"] == []


async def test_a_plan_nobody_made_is_not_found(town_session):
    with pytest.raises(NotFound, match="no plan 999"):
        await service.plan_report(town_session, 999)

"""From draft to plan in force: checks, a second person, a day, and back to an old plan."""

from collections import OrderedDict
from datetime import date, timedelta

import pytest
from sqlalchemy import text

from gridsvc.accounts.roles import Role
from gridsvc.db import transaction
from gridsvc.drafts import publishing
from tests.drafts.test_service import Desk, planner  # noqa: F401
from tests.towns import COMMUNITY
from tests.who import bearer, open_account

ZONE = "Asia/Shanghai"


async def in_force(engine):
    async with engine.connect() as connection:
        rows = await connection.execute(
            text("SELECT code, households, plan_id FROM micro_grid WHERE valid @> now()")
        )
        return {row.code: (row.households, row.plan_id) for row in rows}


async def submitted(desk: Desk, **asked):
    answer = await desk.post("/submission", {"version": desk.version} | asked)
    assert answer.status_code == 200, answer.text
    await desk.load()
    return answer.json()


async def decided(desk: Desk, *, approve=True, by=None):
    body = {"version": desk.version, "approve": approve, "note": "同意" if approve else "请修改"}
    return await desk.post("/decision", body, by=by or desk.bob)


async def merged(desk: Desk):
    one, other, _ = desk.neighbours()
    await desk.operate("merge", cells=[one, other])


async def test_a_second_person_puts_a_draft_in_force(planner):  # noqa: F811
    before = await in_force(planner.engine)
    await merged(planner)
    await submitted(planner)
    assert (await decided(planner, by=planner.ann)).status_code == 409
    assert await in_force(planner.engine) == before
    answer = await decided(planner)
    assert answer.status_code == 200, answer.text
    assert answer.json()["state"] == "published"
    now = await in_force(planner.engine)
    assert len(now) == 7
    assert sum(households for households, _ in now.values()) == 800
    # What did not change keeps its code.
    assert len(set(now) & set(before)) == 6
    async with planner.engine.connect() as connection:
        took = await connection.scalar(text("SELECT sum(households) FROM micro_grid_predecessor"))
        actions = list(
            await connection.scalars(
                text("SELECT action FROM audit_entry WHERE kind IN ('plan_draft', 'plan')")
            )
        )
    assert took == 800
    assert actions.count("draft_moved") == 3
    assert "plan_published" in actions


async def test_whoever_may_approve_a_draft_is_told_of_it_but_not_its_own_planner(planner):  # noqa: F811
    await merged(planner)
    await submitted(planner)

    async def told(headers):
        answer = await planner.client.get("/api/notices", headers=headers)
        return [(one["kind"], one["title"]) for one in answer.json()["notices"]]

    assert await told(planner.bob) == [("draft_submitted", "待审批草案：纸上社区")]
    assert await told(planner.ann) == []
    async with transaction(planner.engine) as session:
        eve = await open_account(session, "eve", [Role.SUPERVISOR], ["990101001002"])
    assert await told(bearer(eve)) == []


async def test_an_old_plan_is_published_anew(planner):  # noqa: F811
    first = next(iter((await in_force(planner.engine)).values()))[1]
    await merged(planner)
    await submitted(planner)
    await decided(planner)
    await planner.begin(origin="plan", origin_id=first, name="恢复原方案")
    await submitted(planner)
    assert (await decided(planner)).status_code == 200
    assert len(await in_force(planner.engine)) == 8


async def test_what_is_sent_back_can_be_changed_again(planner):  # noqa: F811
    await submitted(planner)
    await planner.operate("undo", expect=409)
    answer = await decided(planner, approve=False)
    assert (answer.json()["state"], answer.json()["decision_note"]) == ("open", "请修改")
    await planner.load()
    await merged(planner)


async def test_it_takes_effect_on_its_day_and_not_before(planner):  # noqa: F811
    before = await in_force(planner.engine)
    await merged(planner)
    await submitted(planner, effective_on=(date.today() + timedelta(days=9)).isoformat())
    assert (await decided(planner)).json()["state"] == "approved"
    assert await publishing.put_due_in_force(planner.engine, OrderedDict(), ZONE) == (0, 0)
    assert await in_force(planner.engine) == before
    async with planner.engine.begin() as connection:
        await connection.execute(text("UPDATE plan_draft SET effective_on = '2026-01-01'"))
    assert await publishing.put_due_in_force(planner.engine, OrderedDict(), ZONE) == (1, 0)
    assert len(await in_force(planner.engine)) == 7


async def test_a_draft_that_another_plan_overtook_goes_back(planner):  # noqa: F811
    late = planner.id
    await merged(planner)
    await submitted(planner, effective_on=(date.today() + timedelta(days=9)).isoformat())
    await decided(planner)
    await planner.begin(name="先行")
    await submitted(planner)
    await decided(planner)
    async with planner.engine.begin() as connection:
        await connection.execute(
            text("UPDATE plan_draft SET effective_on = '2026-01-01' WHERE state = 'approved'")
        )
    assert await publishing.put_due_in_force(planner.engine, OrderedDict(), ZONE) == (0, 1)
    planner.id = late
    await planner.load()
    assert (planner.draft["state"], planner.draft["outdated"]) == ("open", True)
    assert "another plan" in planner.draft["decision_note"]
    answer = await planner.post("/submission", {"version": planner.version})
    assert answer.status_code == 409


async def test_problems_bar_publication(planner):  # noqa: F811
    """A site that is to be a cell of its own and is not."""
    async with planner.engine.begin() as connection:
        await connection.execute(
            text(
                "INSERT INTO site (division_code, kind, name, geom) SELECT division_code, 'school',"
                " '小学', geom FROM building WHERE source_id = 'b11'"
            )
        )
    answer = await planner.post("/submission", {"version": planner.version})
    assert answer.status_code == 409
    (problem,) = answer.json()["problems"]
    assert problem["check"] == "sites_are_cells"
    assert len(problem["bbox"]) == 4


@pytest.mark.parametrize("day", ["2020-01-01", "2199-01-01"])
async def test_a_day_past_or_far_ahead_is_refused(planner, day):  # noqa: F811
    answer = await planner.post("/submission", {"version": planner.version, "effective_on": day})
    assert answer.status_code == 422


async def test_a_submitted_draft_can_be_withdrawn(planner):  # noqa: F811
    await submitted(planner)
    answer = await planner.post("/withdrawal", {"version": planner.version})
    assert answer.json()["state"] == "open"
    assert answer.json()["division_code"] == COMMUNITY

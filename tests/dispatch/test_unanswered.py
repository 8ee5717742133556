"""Called units that do not come: every rung told once, whoever looks and how often."""

import asyncio

from gridsvc.dispatch.calls import LADDER
from gridsvc.dispatch.unanswered import escalate
from tests.flows.test_event_walks import table
from tests.flows.test_whistle import a_call, http, let_pass, post, there, who

__all__ = ["http", "post", "who"]  # fixtures

RUNGS = "SELECT unit_code, rung FROM whistle_escalation ORDER BY unit_code, rung"


async def test_nobody_is_told_of_before_the_time_is_near(town, post):
    await post("desk", "", a_call("D00"), 201)
    assert await escalate(town) == 0


async def test_two_that_look_at_once_write_every_rung_once(town, post):
    await post("desk", "", a_call("D00", "D01"), 201)
    await let_pass(town, 1000)
    written = await asyncio.gather(*(escalate(town) for _ in range(4)))
    assert sum(written) == 2 * len(LADDER)
    rows = [tuple(row.values()) for row in await table(town, RUNGS)]
    assert len(set(rows)) == len(rows) == 2 * len(LADDER)


async def test_who_came_is_not_told_of(town, post):
    number = (await post("desk", "", a_call("D00", "D01"), 201))["id"]
    await post("department", f"/{number}/check-ins", there("D00"))
    await let_pass(town, 1000)
    await escalate(town)
    assert {row["unit_code"] for row in await table(town, RUNGS)} == {"D01"}


async def test_a_call_that_was_withdrawn_is_awaited_by_nobody(town, post):
    number = (await post("desk", "", a_call("D00"), 201))["id"]
    await post("desk", f"/{number}/withdrawal", {"note": "误吹"})
    await let_pass(town, 1000)
    assert await escalate(town) == 0

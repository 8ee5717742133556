"""Mediation and deliberation over HTTP: nobody is named, disputes go up, votes add up."""

import asyncio

import pytest

from gridsvc.accounts.roles import Role
from gridsvc.db import transaction
from tests.flows.office import get, post
from tests.flows.test_report_to_close import assert_problem
from tests.registers.groups import a_group, set_groups
from tests.registers.sittings import (
    SETTLED,
    YEAR,
    a_dispute,
    a_meeting,
    a_motion,
    opened,
    studios,
)
from tests.towns import COMMUNITY
from tests.who import bearer, open_account


class TestMediation:
    async def test_nobody_is_named_but_for_a_purpose_that_is_recorded(self, client, town):
        village, *_ = await studios(town, client)
        mediation = await opened(client, village)
        await client.post(f"/api/mediations/{mediation}/result", json=SETTLED)
        for path in (f"/api/mediations/{mediation}", "/api/mediations"):
            answer = await client.get(path)
            assert answer.status_code == 200
            for secret in ("欧阳明", "13812345678", "楼上"):
                assert secret not in answer.text, path
            assert "欧**" in answer.text
        path = f"mediations/{mediation}/reading"
        assert_problem(await client.post(f"/api/{path}", json={}), 422)
        told = await post(client, path, purpose="回访当事人")
        assert told["subject"] == "楼上漏水"
        assert told["result"] == SETTLED["result"]
        assert told["parties"][0] == {"name": "欧阳明", "phone": "13812345678"}
        async with transaction(town) as session:
            auditor = bearer(await open_account(session, "auditor", [Role.AUDITOR]))
        trail = (
            await client.get("/api/audit", params={"kind": "mediation"}, headers=auditor)
        ).json()
        assert [one["purpose"] for one in trail["entries"] if one["action"] == "unmasked"] == [
            "回访当事人"
        ]

    async def test_it_goes_up_until_nobody_is_above_and_ends_once(self, client, town):
        village, street, county = await studios(town, client)
        mediation = await opened(client, village)
        path = f"/api/mediations/{mediation}"
        for group in (street, county):
            assert (await client.post(f"{path}/passing-up")).json()["group"] == group
        assert_problem(await client.post(f"{path}/passing-up"), 409)
        told = (await client.post(f"{path}/result", json=SETTLED)).json()
        assert [one["deed"] for one in told["history"]] == ["open", "pass_up", "pass_up", "settled"]
        assert_problem(await client.post(f"{path}/result", json=SETTLED), 409)
        assert_problem(await client.post(f"{path}/passing-up"), 409)

    async def test_figures_add_up_and_the_same_key_is_the_same_dispute(self, client, town):
        village, *_ = await studios(town, client)
        told = a_dispute(village)
        answers = await asyncio.gather(*(client.post("/api/mediations", json=told) for _ in "abc"))
        (first,) = {answer.json()["id"] for answer in answers}
        assert_problem(await client.post("/api/mediations", json=told | {"kind": "婚姻"}), 422)
        others = [await opened(client, village) for _ in range(3)]
        await client.post(f"/api/mediations/{others[0]}/passing-up")
        for one in (first, others[0]):
            await client.post(f"/api/mediations/{one}/result", json=SETTLED)
        failed = {"settled": False, "result": "一方不来"}
        await client.post(f"/api/mediations/{others[1]}/result", json=failed)
        figures = await get(client, "mediations/figures", **YEAR)
        assert (figures["settled"]["numerator"], figures["settled"]["denominator"]) == (2, 4)
        assert (figures["not_raised"]["numerator"], figures["not_raised"]["denominator"]) == (1, 2)
        assert sum(one["taken"] for one in figures["levels"]) == 4
        assert (await get(client, "mediations", state="OPEN"))["total"] == 1
        turned = {"since": YEAR["until"], "until": YEAR["since"]}
        assert_problem(await client.get("/api/mediations/figures", params=turned), 422)


class TestDeliberation:
    async def test_votes_are_of_those_who_came(self, client, town):
        (council,) = await set_groups(client, a_group("council", kind="council"))
        told = a_meeting(council, motions=[a_motion(12, 7), a_motion(8, 8, abstained=3)])
        answers = await asyncio.gather(
            *(client.post("/api/deliberations", json=told) for _ in "ab")
        )
        (meeting,) = {answer.json()["id"] for answer in answers}
        shown = await get(client, f"deliberations/{meeting}")
        assert [one["adopted"] for one in shown["motions"]] == [True, False]
        assert shown["participation"]["value"] == 0.95
        assert shown["division"] == COMMUNITY
        page = await get(client, "deliberations", group=council)
        assert (page["total"], page["deliberations"][0]["id"]) == (1, meeting)

    @pytest.mark.parametrize(
        ("wrong", "named"),
        [
            ({"attended": 21}, "more came"),
            ({"motions": [a_motion(12, 8)]}, "motion 1"),
            ({"motions": [a_motion(0, 0)]}, "nobody voted"),
            ({"motions": [a_motion(1, 0, event=10**9)]}, "event"),
            ({"held_on": "2099-01-01"}, "yet to come"),
            ({"held_on": "2025-12-31"}, "group"),
            ({"group": 10**9}, "group"),
        ],
    )
    async def test_what_does_not_add_up_is_named(self, client, town, wrong, named):
        (council,) = await set_groups(client, a_group("council", kind="council"))
        answer = await client.post("/api/deliberations", json=a_meeting(council) | wrong)
        assert named in str(assert_problem(answer, 422))
        assert (await get(client, "deliberations"))["total"] == 0

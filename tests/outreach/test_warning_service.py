"""Warnings over HTTP: sent row by row, seen by who must, checked on the spot, told when late."""

import pytest
from sqlalchemy import text

from gridsvc.accounts.roles import Role
from gridsvc.config import Settings
from gridsvc.db import make_engine, transaction
from gridsvc.outreach import warning_service
from gridsvc.privacy import retention
from tests.conftest import service_of
from tests.flows.test_report_to_close import assert_problem
from tests.outreach.visits import a_worker, settle_homes
from tests.outreach.warnings import OUTCOMES, a_check, a_row, a_scene, sent
from tests.towns import COUNTY, a_person, middle, staff
from tests.who import bearer, open_account


@pytest.fixture
async def homes(town):
    return await settle_homes(town)


@pytest.fixture
async def who(town, client, homes):
    """Headers of a model, of whoever answers for all cells, of another worker, of a supervisor."""
    told = {"worker": await a_worker(town)}
    await staff(town, a_person("w9", middle(0, 0)))
    async with transaction(town) as session:
        other = await session.scalar(text("SELECT id FROM person WHERE code = 'w9'"))
        await session.execute(text("DELETE FROM grid_post WHERE person_id = :id"), {"id": other})
        for name, role, person in (
            ("model", Role.PARTNER, None),
            ("other", Role.GRID_WORKER, other),
            ("boss", Role.SUPERVISOR, None),
            ("desk", Role.DISPATCHER, None),
        ):
            account = await open_account(session, name, [role], [COUNTY], person_id=person)
            told[name] = bearer(account)
    await a_scene(client)
    return told


async def read(client, warning, headers):
    return await client.post(
        f"/api/warnings/{warning}/reading", json={"purpose": "上门核查"}, headers=headers
    )


class TestTakingIn:
    async def test_each_row_is_answered_and_none_is_lost(self, client, homes, who, town):
        rows = [
            a_row("r1", homes[0].address),
            a_row("r2", "无此地址"),
            a_row("r3", homes[1].address, scene="unheard"),
            a_row("r1", homes[0].address),
            a_row("r1", homes[2].address),
        ]
        told = await sent(client, who["model"], rows)
        assert [one["state"] for one in told["warnings"]] == [
            *("OPEN", "UNROUTED", None, "OPEN", None)
        ]
        assert "the address 无此地址 is unknown" in told["warnings"][1]["error"]
        assert "unknown scene unheard" in told["warnings"][2]["error"]
        assert "sent before with other content" in told["warnings"][4]["error"]
        assert told["warnings"][3]["warning"] == told["warnings"][0]["warning"]
        assert (told["unrouted"], told["refused"]) == (1, 2)
        assert await sent(client, who["model"], rows) == told | {"taken": 3}
        async with transaction(town) as session:
            assert await session.scalar(text("SELECT count(*) FROM risk_warning")) == 2
            row = str((await session.execute(text("SELECT * FROM risk_warning"))).all())
        assert "王小明" not in row
        assert "无此地址" not in row

    async def test_a_file_is_read_line_by_line(self, client, homes, who):
        table = (
            "ref,scene,address,subject,detail\n"
            f"f1,rental,{homes[0].address},王小明,群租\n"
            f"f2,rental,{homes[1].address},,\n"
            "f3,rental,无此地址,,漏电\n"
        )
        told = await client.post(
            "/api/warnings/file", params={"division": COUNTY}, content=table.encode("utf-8-sig"),
            headers=who["model"] | {"Content-Type": "application/octet-stream"},
        )  # fmt: skip
        assert told.status_code == 201, told.text
        rows = told.json()["warnings"]
        assert [(one["row"], one["state"]) for one in rows] == [
            *((2, "OPEN"), (3, None), (4, "UNROUTED"))
        ]
        assert rows[1]["error"].startswith("detail: ")

    @pytest.mark.parametrize("content", [b"\xff\xfe", b"ref,scene\n", b"", b'ref,"x\n'])
    async def test_what_is_no_file_is_refused(self, client, who, content):
        answer = await client.post(
            "/api/warnings/file", params={"division": COUNTY}, content=content,
            headers=who["model"] | {"Content-Type": "application/octet-stream"},
        )  # fmt: skip
        assert_problem(answer, 422)

    async def test_only_for_the_senders_own_areas(self, client, who):
        told = {"division": "990201000000", "warnings": [a_row("r", "x")]}
        assert_problem(await client.post("/api/warnings", json=told, headers=who["model"]), 403)
        assert_problem(await client.post("/api/warnings", json=told, headers=who["desk"]), 403)


class TestSeeing:
    async def test_who_answers_for_the_cell_and_who_supervises_and_nobody_else(
        self, client, homes, who, town
    ):
        taken = await sent(client, who["model"], [a_row("r1", homes[0].address)])
        warning = taken["warnings"][0]["warning"]
        for name, seen in (("worker", 1), ("boss", 1), ("other", 0)):
            told = (await client.get("/api/warnings", headers=who[name])).json()
            assert told["total"] == seen, name
            assert "王小明" not in str(told)
            answer = await read(client, warning, who[name])
            assert answer.status_code == (200 if seen else 404), name
        for name in ("model", "desk"):
            assert_problem(await client.get("/api/warnings", headers=who[name]), 403)
            assert_problem(await read(client, warning, who[name]), 403)
        full = (await read(client, warning, who["worker"])).json()
        assert full["subject"] == "王小明"
        assert full["outcomes"] == OUTCOMES
        async with transaction(town) as session:
            trail = list(
                await session.scalars(
                    text("SELECT kind FROM audit_entry WHERE action = 'warning_read' ORDER BY 1")
                )
            )
        assert trail == ["warning"] * 3 + ["warnings"] * 3

    async def test_the_events_of_the_area_tell_nothing_of_it(self, client, homes, who):
        await sent(client, who["model"], [a_row("r1", homes[0].address)])
        assert (await client.get("/api/events", headers=who["desk"])).json()["total"] == 0


class TestChecking:
    async def test_on_the_spot_and_then_it_is_closed_or_goes_up(self, client, homes, who):
        taken = await sent(
            client, who["model"], [a_row(f"r{n}", homes[n].address) for n in range(2)]
        )
        first, second = (one["warning"] for one in taken["warnings"])
        far = a_check(homes[-1])
        path = "/api/warnings/{}/check"
        worker = {"headers": who["worker"]}
        assert_problem(await client.post(path.format(first), json=far, **worker), 422)
        unknown = a_check(homes[0], outcome="other")
        assert_problem(await client.post(path.format(first), json=unknown, **worker), 422)
        done = a_check(homes[0])
        assert_problem(await client.post(path.format(first), json=done, headers=who["other"]), 404)
        closed = await client.post(path.format(first), json=done, **worker)
        assert (closed.json()["state"], closed.json()["late"]) == ("CLOSED", False)
        again = await client.post(path.format(first), json=done, **worker)
        assert again.json() == closed.json()
        assert_problem(await client.post(path.format(first), json=a_check(homes[0]), **worker), 409)
        up = await client.post(
            path.format(second), json=a_check(homes[1], outcome="serious"), **worker
        )
        assert up.json()["state"] == "ESCALATED"
        word = {"note": "已会同派出所处置"}
        path = f"/api/warnings/{second}/closing"
        assert_problem(await client.post(path, json=word, **worker), 403)
        shut = (await client.post(path, json=word, headers=who["boss"])).json()
        assert [line["deed"] for line in shut["history"]] == ["receive", "check", "close"]
        assert shut["history"][-1]["note"] == "已会同派出所处置"

    async def test_an_unknown_address_is_routed_by_hand(self, client, homes, who):
        taken = await sent(client, who["model"], [a_row("r1", "无此地址")])
        warning = taken["warnings"][0]["warning"]
        assert (await client.get("/api/warnings", headers=who["worker"])).json()["total"] == 0
        path, boss = f"/api/warnings/{warning}/routing", {"headers": who["boss"]}
        wrong = {"address": "也无此地址", "note": "核实"}
        assert_problem(await client.post(path, json=wrong, **boss), 422)
        right = {"address": homes[0].address, "note": "核实门牌"}
        routed = (await client.post(path, json=right, **boss)).json()
        assert (routed["state"], routed["address"]) == ("OPEN", homes[0].address)
        assert routed["due_at"] is not None
        assert_problem(await client.post(path, json=right, **boss), 409)
        assert (await client.get("/api/warnings", headers=who["worker"])).json()["total"] == 1

    async def test_late_it_is_told_once_for_each_rung(self, client, homes, who, town, town_url):
        await sent(client, who["model"], [a_row("r1", homes[0].address)])
        engine = make_engine(service_of(town_url).url)
        assert await warning_service.escalate(engine) == 0
        for hours, rungs in ((25, 1), (24, 1), (0, 0)):
            async with town.begin() as connection:
                await connection.execute(
                    text(
                        "UPDATE risk_warning SET"
                        " received_at = received_at - make_interval(hours => :hours),"
                        " due_at = due_at - make_interval(hours => :hours)"
                    ),
                    {"hours": hours},
                )
            assert await warning_service.escalate(engine) == rungs
        await engine.dispose()
        assert (await client.get("/api/warnings", headers=who["boss"])).json()["late"] == 1
        mine = (await client.get("/api/notices", headers=who["boss"])).json()["notices"]
        assert [one["kind"] for one in mine].count("warning_late") >= 1
        theirs = (await client.get("/api/notices", headers=who["worker"])).json()["notices"]
        assert "warning" in [one["kind"] for one in theirs]
        assert "王小明" not in str(mine + theirs)

    async def test_what_is_closed_goes_when_cases_do(self, client, homes, who, town, town_url):
        taken = await sent(
            client, who["model"], [a_row(f"r{n}", homes[n].address) for n in range(2)]
        )
        path = f"/api/warnings/{taken['warnings'][0]['warning']}/check"
        await client.post(path, json=a_check(homes[0]), headers=who["worker"])
        engine = make_engine(service_of(town_url).url)
        for days, left in ((0, 2), (4000, 1)):
            async with town.begin() as connection:
                await connection.execute(
                    text(
                        "UPDATE risk_warning SET closed_at = closed_at - make_interval(days => :n)"
                    ),
                    {"n": days},
                )
            async with transaction(engine) as session:
                await retention.apply(session, Settings())
            assert (await client.get("/api/warnings", headers=who["boss"])).json()["total"] == left
        await engine.dispose()

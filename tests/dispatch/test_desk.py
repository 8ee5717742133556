"""The desk's list, people and figures, over HTTP."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from gridsvc.db import transaction
from gridsvc.dispatch import service
from tests.dispatch.test_service import a_report, move
from tests.towns import COMMUNITY, a_person, middle, staff
from tests.who import KEYRING


@pytest.fixture
async def events(town):
    """One event with somebody, one that waits, one that is closed; their ids."""
    await staff(town, a_person("w", middle(1, 1)))
    ids = []
    async with transaction(town) as session:
        for place, matter in enumerate(("E01", "E02", "E01")):
            event = a_report(1, place, matter=matter)
            ids.append((await service.report(session, event, KEYRING)).id)
    for state in ("HANDLED", "VERIFIED", "CLOSED"):
        await move(town, ids[2], state)
    return ids


async def listed(client, **asked):
    answer = await client.get("/api/desk/events", params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_the_list_has_what_is_open_with_who_has_it_and_why_not(client, events):
    page = await listed(client)
    waiting, given = page["events"]
    assert (given["id"], waiting["id"]) == (events[0], events[1])
    assert given["handler"] == "w"
    assert "执法人员" in waiting["waiting_reason"]
    assert (waiting["urgent"], given["urgent"]) == (True, False)
    assert (page["total"], page["waiting"], page["overdue"]) == (2, 1, 0)


async def test_the_list_is_chosen_by_matter_state_area_and_number(client, events):
    assert [e["id"] for e in (await listed(client, matter="E02"))["events"]] == [events[1]]
    assert len((await listed(client, matter="E"))["events"]) == 2
    assert [e["id"] for e in (await listed(client, state="CLOSED"))["events"]] == [events[2]]
    assert [e["id"] for e in (await listed(client, id=[events[0], events[2]]))["events"]] == [
        events[0]
    ]
    assert len((await listed(client, division=COMMUNITY))["events"]) == 2
    assert (await listed(client, division="350000000000"))["events"] == []


async def test_what_is_due_first_comes_first_and_what_is_late_is_counted(client, events, town):
    async with town.begin() as connection:
        for event_id, left in ((events[0], timedelta(hours=-1)), (events[1], timedelta(hours=2))):
            await connection.execute(
                text(
                    "UPDATE event_stage SET started_at = now() - interval '1 day',"
                    " due_at = now() + CAST(:left AS interval)"
                    " WHERE event_id = :id AND done_at IS NULL"
                ),
                {"left": left, "id": event_id},
            )
    page = await listed(client, order="due")
    assert [e["id"] for e in page["events"]] == events[:2]
    assert page["overdue"] == 1
    assert [e["overdue"] for e in page["events"]] == [True, False]
    assert [e["id"] for e in (await listed(client, overdue=True))["events"]] == [events[0]]


@pytest.mark.parametrize(
    "asked",
    [{"state": "LOST"}, {"division": "12"}, {"id": 0}, {"order": "best"}, {"limit": 2001}],
)
async def test_what_cannot_be_asked_for_is_refused(client, asked):
    answer = await client.get("/api/desk/events", params=asked)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


async def test_people_are_told_by_cell_and_by_place_for_a_recorded_purpose(client, town):
    await staff(town, a_person("w", middle(1, 1)), a_person("off", middle(1, 2), on_duty=False))
    (coarse,) = (await client.get("/api/desk/people")).json()
    assert coarse["person"] == "w"
    assert coarse["lon"] is None
    cells = {cell["code"] for cell in (await client.get("/api/desk/cells")).json()}
    assert coarse["micro_grid_code"] in cells
    (exact,) = (await client.get("/api/desk/people", params={"purpose": "派遣"})).json()
    assert exact["lon"] == pytest.approx(middle(1, 1)[0])
    async with town.connect() as connection:
        recorded = await connection.scalars(
            text("SELECT purpose FROM audit_entry WHERE action = 'whereabouts_read'")
        )
        assert list(recorded) == ["派遣"]


async def test_figures_keep_their_parts_and_their_window(client, events):
    told = (await client.get("/api/desk/figures")).json()
    assert (told["open"], told["waiting"], told["in_hand"]) == (2, 1, 1)
    assert (told["reported"], told["closed"]) == (3, 1)
    assert told["handled_in_time"] <= told["handled"]
    # As times: one is told in the office's zone, the other in UTC.
    since, at = (datetime.fromisoformat(told[name]) for name in ("since", "at"))
    assert since < at
    assert len(told["hours"]) == 24
    assert sum(hour["reported"] for hour in told["hours"]) == 3
    assert told["people"] == [{"role": "grid_worker", "on_duty": 1, "everybody": 1}]
    assert told["areas"] == [{"code": COMMUNITY, "name": "纸上社区", "events": 2, "overdue": 0}]

"""Shifts: refused where they overlap, followed by duty, overruled by hand until the next begins."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from gridsvc.db import transaction
from gridsvc.people import shifts
from tests.flows.test_report_to_close import assert_problem
from tests.towns import a_person, middle, staff

HOUR = timedelta(hours=1)


@pytest.fixture
async def staffed(town, client):
    await staff(town, a_person("w", middle(0, 0), on_duty=False), a_person("v", middle(1, 1)))
    return client


def now():
    return datetime.now(UTC)


async def plan(client, begins, ends, person="w"):
    told = {"begins": begins.isoformat(), "ends": ends.isoformat()}
    return await client.post(f"/api/people/{person}/shifts", json=told)


async def on_duty(client, person="w"):
    return (await client.get(f"/api/people/{person}")).json()["on_duty"]


async def set_duty(client, on_duty, person="w"):
    await client.post(f"/api/people/{person}/duty", json={"on_duty": on_duty})


async def history(client, person="w"):
    changes = (await client.get(f"/api/people/{person}/duty-changes")).json()
    return [(one["on_duty"], one["cause"], one["actor"]) for one in reversed(changes)]


async def let_pass(town, hours):
    """Let every shift be so much earlier, and duty follow."""
    async with town.begin() as connection:
        # Earliest first, lest one overlaps the next for a moment.
        ids = list(await connection.scalars(text("SELECT id FROM shift ORDER BY during")))
        for shift_id in ids:
            await connection.execute(
                text(
                    "UPDATE shift SET during = tstzrange("
                    " lower(during) - CAST(:past AS interval),"
                    " upper(during) - CAST(:past AS interval)) WHERE id = :id"
                ),
                {"past": timedelta(hours=hours), "id": shift_id},
            )
    async with transaction(town) as session:
        return await shifts.follow(session)


async def test_duty_follows_a_shift_and_leaves_its_history(staffed, town):
    begins = now() + HOUR
    planned = await plan(staffed, begins, begins + 8 * HOUR)
    assert planned.status_code == 201
    assert not await on_duty(staffed)
    assert await let_pass(town, 0) == 0
    assert await let_pass(town, 2) == 1
    assert await on_duty(staffed)
    assert await let_pass(town, 0) == 0
    assert await let_pass(town, 8) == 1
    assert not await on_duty(staffed)
    assert await history(staffed) == [(True, "shift", "system"), (False, "shift", "system")]


async def test_a_shift_that_has_begun_counts_at_once(staffed):
    planned = (await plan(staffed, now() - HOUR, now() + HOUR)).json()
    assert planned["begun_at"] is not None
    assert await on_duty(staffed)


async def test_a_hand_overrules_until_the_next_shift(staffed, town):
    await plan(staffed, now() - HOUR, now() + 2 * HOUR)
    await plan(staffed, now() + 10 * HOUR, now() + 12 * HOUR)
    await set_duty(staffed, False)
    assert await let_pass(town, 0) == 0
    assert not await on_duty(staffed)
    await set_duty(staffed, True)
    assert await let_pass(town, 3) == 1  # the first ends
    await set_duty(staffed, True)
    assert await let_pass(town, 1) == 0
    assert await on_duty(staffed)
    assert [cause for _, cause, _ in await history(staffed)] == [
        "shift", "hand", "hand", "shift", "hand",
    ]  # fmt: skip


async def test_setting_what_is_so_already_is_no_change(staffed):
    for _ in range(3):
        await set_duty(staffed, True)
    assert await history(staffed) == [(True, "hand", "all-round")]


async def test_shifts_that_touch_are_no_pause(staffed, town):
    begins = now() - HOUR
    await plan(staffed, begins, begins + 2 * HOUR)
    await plan(staffed, begins + 2 * HOUR, begins + 4 * HOUR)
    assert await let_pass(town, 2) == 0
    assert await on_duty(staffed)
    assert await let_pass(town, 2) == 1
    assert not await on_duty(staffed)
    assert len(await history(staffed)) == 2


async def test_a_shift_nobody_saw_begin_changes_nothing(staffed, town):
    await plan(staffed, now() + HOUR, now() + 2 * HOUR)
    await set_duty(staffed, True)
    assert await let_pass(town, 5) == 0
    assert await on_duty(staffed)


@pytest.mark.parametrize(
    ("begins", "ends", "overlaps"),
    [(0, 8, True), (-1, 9, True), (2, 3, True), (-4, 1, True), (7, 12, True), (-4, 0, False),
     (8, 12, False)],
)  # fmt: skip
async def test_overlapping_shifts_of_one_person_are_refused_by_name(
    staffed, begins, ends, overlaps
):
    start = now() + 24 * HOUR
    first = (await plan(staffed, start, start + 8 * HOUR)).json()
    second = await plan(staffed, start + begins * HOUR, start + ends * HOUR)
    if overlaps:
        detail = assert_problem(second, 409)["detail"]
        assert f"shift {first['id']}" in detail
        assert first["begins"][:16] in detail
    else:
        assert second.status_code == 201
    other = await plan(staffed, start + begins * HOUR, start + ends * HOUR, person="v")
    assert other.status_code == 201


@pytest.mark.parametrize(
    ("begins", "ends", "says"),
    [(2, 1, "before"), (2, 2, "before"), (1, 26, "longer"), (-3, -1, "over already")],
)
async def test_a_shift_that_cannot_be_is_refused(staffed, begins, ends, says):
    start = now()
    refused = await plan(staffed, start + begins * HOUR, start + ends * HOUR)
    assert says in assert_problem(refused, 422)["detail"]


async def test_nobody_unknown_has_shifts(staffed):
    for answer in (
        await plan(staffed, now() + HOUR, now() + 2 * HOUR, person="x"),
        await staffed.get("/api/people/x/shifts"),
        await staffed.get("/api/people/x/duty-changes"),
    ):
        assert "'x'" in assert_problem(answer, 404)["detail"]


async def test_only_what_has_not_begun_is_cancelled(staffed, town):
    begun = (await plan(staffed, now() - HOUR, now() + HOUR)).json()
    coming = (await plan(staffed, now() + 2 * HOUR, now() + 3 * HOUR)).json()
    assert [one["id"] for one in (await staffed.get("/api/people/w/shifts")).json()] == [
        begun["id"],
        coming["id"],
    ]
    assert "has begun" in assert_problem(
        await staffed.delete(f"/api/shifts/{begun['id']}"), 409
    )["detail"]  # fmt: skip
    assert (await staffed.delete(f"/api/shifts/{coming['id']}")).status_code == 204
    assert_problem(await staffed.delete(f"/api/shifts/{coming['id']}"), 404)
    async with town.connect() as connection:
        actions = await connection.scalars(
            text("SELECT action FROM audit_entry WHERE action LIKE 'shift%' ORDER BY at")
        )
        assert list(actions) == ["shift_planned", "shift_planned", "shift_cancelled"]

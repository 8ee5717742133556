"""Who gets an event: the grid's own worker, the nearest officer, nobody twice, nobody lost."""

import asyncio
from uuid import uuid4

from sqlalchemy import text

from gridsvc.db import transaction
from gridsvc.dispatch import service
from gridsvc.events.schemas import EventIn, MoveIn
from gridsvc.events.states import State
from tests.towns import a_person, an_officer, middle, staff


def a_report(column, row, matter="E01"):
    lon, lat = middle(column, row)
    return EventIn(
        matter=matter,
        lon=lon,
        lat=lat,
        datum="wgs84",
        description="路口堆放垃圾",
        client_key=uuid4().hex,
    )


async def report(engine, *args, **kwargs):
    async with transaction(engine) as session:
        return await service.report(session, a_report(*args, **kwargs))


async def test_a_grid_matter_goes_to_the_grids_own_worker(town):
    far, near = middle(3, 3), middle(0, 0)
    await staff(town, a_person("far", far), a_person("near", near))
    shown = await report(town, 0, 0)
    async with transaction(town) as session:
        owner = await session.scalar(
            text(
                "SELECT p.code FROM grid_post o JOIN grid g ON g.id = o.grid_id"
                " JOIN person p ON p.id = o.person_id WHERE g.code = :code"
            ),
            {"code": shown.grid_code},
        )
    assert shown.handler.code == owner


async def test_enforcement_goes_to_the_nearest_officer_with_the_power(town):
    await staff(
        town,
        an_officer("powerless", middle(0, 0), powers=[]),
        an_officer("near", middle(1, 0)),
        an_officer("far", middle(3, 3)),
        a_person("worker", middle(0, 0)),
    )
    shown = await report(town, 0, 0, matter="E02")
    assert shown.handler.code == "near"
    assert shown.state is State.DISPATCHED
    assert [move.to_state for move in shown.history] == ["REPORTED", "FILED", "DISPATCHED"]


async def test_nobody_is_given_more_than_their_capacity_and_nothing_is_lost(town):
    """Forty reports at once on seven places: seven assigned, the rest wait with a reason."""
    await staff(
        town,
        an_officer("a", middle(0, 0), capacity=3),
        an_officer("b", middle(1, 1), capacity=4),
    )
    shown = await asyncio.gather(*(report(town, n % 4, n // 10, "E02") for n in range(40)))
    while await service.sweep(town):
        pass
    async with transaction(town) as session:
        loads = (await session.execute(text("SELECT capacity, open_count FROM workload"))).all()
        open_rows = await session.scalar(
            text("SELECT count(*) FROM assignment WHERE released_at IS NULL")
        )
        reasons = (
            await session.scalars(text("SELECT waiting_reason FROM event WHERE state = 'FILED'"))
        ).all()
    assert all(load.open_count == load.capacity for load in loads)
    assert open_rows == 7
    assert len(shown) == 40
    assert len(reasons) == 33
    assert all("满负荷" in reason for reason in reasons)


async def test_a_waiting_event_is_taken_up_when_somebody_goes_on_duty(town):
    await staff(town, an_officer("late", middle(2, 2), on_duty=False))
    shown = await report(town, 0, 0, matter="E02")
    assert shown.handler is None
    assert "不在岗" in shown.waiting_reason
    async with transaction(town) as session:
        duty = await service.set_duty(session, "late", on_duty=True)
    assert duty.taken_up == [shown.id]


async def test_a_returned_event_goes_to_somebody_else(town):
    await staff(town, an_officer("a", middle(0, 0)), an_officer("b", middle(3, 3)))
    shown = await report(town, 0, 0, matter="E02")
    async with transaction(town) as session:
        again = await service.move(
            session, shown.id, MoveIn(to_state="RETURNED", actor="a", note="不属于本人")
        )
    assert (shown.handler.code, again.handler.code) == ("a", "b")


async def test_handling_frees_a_place_that_a_waiting_event_takes(town):
    await staff(town, an_officer("only", middle(0, 0), capacity=1))
    first, second = await report(town, 0, 0, "E02"), await report(town, 1, 0, "E02")
    assert second.handler is None
    async with transaction(town) as session:
        await service.move(session, first.id, MoveIn(to_state="HANDLED", actor="only"))
    async with transaction(town) as session:
        assert (await service.event_service.show(session, second.id)).handler.code == "only"

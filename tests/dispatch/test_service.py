"""Who gets an event: the grid's own worker, the nearest officer, nobody twice, nobody lost."""

import asyncio
import random
from uuid import uuid4

import pytest

from gridsvc.db import transaction
from gridsvc.dispatch import assigning, positions, service
from gridsvc.errors import BadInput, Conflict, NotFound
from gridsvc.events.schemas import EventIn, MoveIn
from gridsvc.events.states import MOVES, State, reasons
from gridsvc.geo import Datum
from gridsvc.people.schemas import PositionIn
from tests.soundness import assert_sound, rows, sweep_all
from tests.towns import BLOCKS, a_person, an_officer, middle, staff
from tests.who import KEYRING


def a_report(column, row, matter="E01", **columns):
    lon, lat = middle(column, row)
    return EventIn(
        **{
            "matter": matter,
            "lon": lon,
            "lat": lat,
            "datum": "wgs84",
            "description": "路口堆放垃圾",
            "client_key": uuid4().hex,
        }
        | columns
    )


async def report(engine, *args, **kwargs):
    async with transaction(engine) as session:
        return await service.report(session, a_report(*args, **kwargs), KEYRING)


async def move(engine, event_id, to_state):
    """Move an event with what the state asks for, whether it is given back or sent back."""
    (now,) = await rows(engine, "SELECT state FROM event WHERE id = :id", id=event_id) or [None]
    listed = reasons(State(now.state), State(to_state)) if now else {}
    told = {"reason": next(iter(listed)), "note": "如实"} if listed else {}
    async with transaction(engine) as session:
        return await service.move(session, event_id, MoveIn(to_state=to_state, **told))


async def duty(engine, code, *, on_duty):
    async with transaction(engine) as session:
        return await service.set_duty(session, code, on_duty=on_duty)


async def stand(engine, code, place):
    lon, lat = place
    async with transaction(engine) as session:
        return await positions.record_position(
            session, PositionIn(person=code, lon=lon, lat=lat, datum="wgs84")
        )


class TestGridMatters:
    async def test_go_to_the_grids_own_worker_however_far(self, town):
        await staff(town, *(a_person(f"w{n}", middle(n, n)) for n in range(4)))
        (own,) = await rows(
            town,
            "SELECT p.code FROM grid_post o JOIN person p ON p.id = o.person_id"
            " JOIN grid g ON g.id = o.grid_id"
            " WHERE ST_Covers(g.geom, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326))",
            lon=middle(0, 0)[0],
            lat=middle(0, 0)[1],
        )
        other = next(f"w{n}" for n in range(4) if f"w{n}" != own.code)
        await stand(town, own.code, (119.5, 32.9))
        await stand(town, other, middle(0, 0))
        shown = await report(town, 0, 0)
        assert shown.handler.code == own.code
        assert "本网格" in shown.handler.reason

    @pytest.mark.parametrize("why", ["off duty", "full"])
    async def test_else_to_the_nearest_worker_on_duty(self, town, why):
        await staff(town, *(a_person(f"w{n}", middle(n, n), capacity=1) for n in range(4)))
        first = await report(town, 0, 0)
        if why == "off duty":
            await move(town, first.id, "HANDLED")
            await duty(town, first.handler.code, on_duty=False)
        second = await report(town, 0, 0)
        assert second.handler.code != first.handler.code
        assert "本网格" not in second.handler.reason
        await assert_sound(town)

    async def test_never_to_officers_or_liaisons(self, town):
        await staff(
            town, an_officer("o", middle(0, 0)), a_person("l", middle(0, 0), role="liaison")
        )
        shown = await report(town, 0, 0)
        assert shown.handler is None
        assert "没有网格员" in shown.waiting_reason


class TestEnforcement:
    async def test_goes_to_the_nearest_officer_with_the_power(self, town):
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
        assert [line.to_state for line in shown.history] == ["REPORTED", "FILED", "DISPATCHED"]

    async def test_ties_go_to_the_smaller_code(self, town):
        await staff(town, *(an_officer(code, middle(2, 2)) for code in ("c", "a", "b")))
        shown = await report(town, 0, 0, matter="E02")
        assert shown.handler.code == "a"

    @pytest.mark.parametrize(
        ("officer", "says"),
        [
            ({"role": "grid_worker", "powers": []}, "没有执法人员"),
            ({"powers": []}, "权力 CG01"),
            ({"on_duty": False}, "均不在岗"),
            ({"capacity": 0}, "满负荷"),
            ({"position": None}, "均无位置"),
        ],
    )
    async def test_without_anybody_it_waits_and_says_why(self, town, officer, says):
        await staff(town, an_officer("a", middle(0, 0)) | officer)
        shown = await report(town, 0, 0, matter="E02")
        assert shown.handler is None
        assert shown.state is State.FILED
        assert says in shown.waiting_reason

    async def test_an_expired_power_is_no_power(self, town):
        await staff(town, an_officer("a", middle(0, 0)))
        await rows(town, "UPDATE power SET valid_to = current_date RETURNING 1")
        shown = await report(town, 0, 0, matter="E02")
        assert shown.handler is None
        assert "权力 CG01" in shown.waiting_reason


class TestTakingUp:
    async def test_by_whoever_goes_on_duty(self, town):
        await staff(town, an_officer("late", middle(2, 2), on_duty=False))
        shown = await report(town, 0, 0, matter="E02")
        told = await duty(town, "late", on_duty=True)
        assert told.taken_up == [shown.id]
        assert (await duty(town, "late", on_duty=False)).taken_up == []

    async def test_by_whoever_tells_where_they_are(self, town):
        await staff(town, an_officer("a", middle(0, 0), position=None))
        shown = await report(town, 0, 0, matter="E02")
        assert (await stand(town, "a", middle(3, 3))).taken_up == [shown.id]

    async def test_by_whoever_finishes_something(self, town):
        await staff(town, an_officer("only", middle(0, 0), capacity=1))
        first, second = await report(town, 0, 0, "E02"), await report(town, 1, 0, "E02")
        assert second.handler is None
        await move(town, first.id, "HANDLED")
        async with transaction(town) as session:
            assert (await service.event_service.show(session, second.id)).handler.code == "only"
        await assert_sound(town)

    async def test_oldest_first_and_no_more_than_there_is_room_for(self, town):
        await staff(town, an_officer("a", middle(0, 0), capacity=2, on_duty=False))
        waiting = [(await report(town, n, 0, "E02")).id for n in range(4)]
        assert (await duty(town, "a", on_duty=True)).taken_up == waiting[:2]
        await assert_sound(town)

    async def test_by_a_sweep_when_nobody_noticed(self, town):
        """Somebody hired later goes through none of the doors that take events up."""
        waiting = [(await report(town, n, 0, "E02")).id for n in range(4)]
        await staff(town, an_officer("new", middle(0, 0), capacity=3))
        assert await assigning.sweep(town) == 3
        assert await assigning.sweep(town) == 0
        left = await rows(town, "SELECT id FROM event WHERE state = 'FILED'")
        assert [row.id for row in left] == waiting[3:]
        await assert_sound(town)


class TestMoves:
    async def test_a_returned_event_goes_to_somebody_else(self, town):
        await staff(town, an_officer("a", middle(0, 0)), an_officer("b", middle(3, 3)))
        shown = await report(town, 0, 0, matter="E02")
        again = await move(town, shown.id, "RETURNED")
        assert (shown.handler.code, again.handler.code) == ("a", "b")
        await assert_sound(town)

    async def test_an_event_everybody_returned_waits_and_is_not_forced_on_them(self, town):
        await staff(town, an_officer("a", middle(0, 0)))
        shown = await report(town, 0, 0, matter="E02")
        again = await move(town, shown.id, "RETURNED")
        await sweep_all(town)
        assert again.handler is None
        assert "退回" in again.waiting_reason
        await assert_sound(town)

    async def test_work_that_fails_verification_may_go_to_whoever_did_it(self, town):
        await staff(town, an_officer("a", middle(0, 0)))
        shown = await report(town, 0, 0, matter="E02")
        await move(town, shown.id, "HANDLED")
        again = await move(town, shown.id, "RETURNED")
        assert again.handler.code == "a"
        await assert_sound(town)

    async def test_a_reopened_event_may_go_to_whoever_had_it(self, town):
        await staff(town, an_officer("a", middle(0, 0)))
        shown = await report(town, 0, 0, matter="E02")
        for state in ("HANDLED", "VERIFIED", "CLOSED"):
            await move(town, shown.id, state)
        again = await move(town, shown.id, "REOPENED")
        assert again.handler.code == "a"
        await assert_sound(town)

    async def test_the_first_receiver_stays_the_owner(self, town):
        await staff(town, an_officer("a", middle(0, 0)), an_officer("b", middle(3, 3)))
        shown = await report(town, 0, 0, matter="E02")
        await move(town, shown.id, "RETURNED")
        (owner,) = await rows(town, "SELECT p.code FROM event e JOIN person p ON p.id = e.owner_id")
        assert owner.code == "a"

    async def test_only_the_service_dispatches(self, town):
        shown = await report(town, 0, 0)
        with pytest.raises(Conflict, match="RETURNED"):
            await move(town, shown.id, "DISPATCHED")

    async def test_only_an_approval_suspends(self, town):
        shown = await report(town, 0, 0)
        with pytest.raises(Conflict, match="approval"):
            await move(town, shown.id, "SUSPENDED")

    async def test_an_unknown_event_is_not_found(self, town):
        with pytest.raises(NotFound, match="no event 77"):
            await move(town, 77, "CLOSED")

    @pytest.mark.parametrize("seed", range(6))
    async def test_counts_hold_on_any_walk(self, town, seed):
        """Random moves, allowed or not, by two people over five events."""
        rng = random.Random(seed)  # noqa: S311
        await staff(
            town,
            an_officer("a", middle(0, 0), capacity=2),
            an_officer("b", middle(3, 3), capacity=2),
        )
        events = [(await report(town, n % BLOCKS, 0, "E02")).id for n in range(5)]
        for _ in range(40):
            event = rng.choice(events)
            (now,) = await rows(town, "SELECT state FROM event WHERE id = :id", id=event)
            then = rng.choice(list(State))
            if then in {State.DISPATCHED, State.SUSPENDED} or then not in MOVES[State(now.state)]:
                with pytest.raises(Conflict):
                    await move(town, event, then)
                continue
            await move(town, event, then)
        await assert_sound(town)


class TestManyAtOnce:
    async def test_nobody_is_given_more_than_their_capacity_and_nothing_is_lost(self, town):
        await staff(
            town,
            an_officer("a", middle(0, 0), capacity=3),
            an_officer("b", middle(1, 1), capacity=4),
        )
        shown = await asyncio.gather(*(report(town, n % 4, n // 10, "E02") for n in range(40)))
        await sweep_all(town)
        await assert_sound(town)
        loads = await rows(town, "SELECT capacity, open_count FROM workload")
        assert all(load.open_count == load.capacity for load in loads)
        waiting = await rows(town, "SELECT waiting_reason FROM event WHERE state = 'FILED'")
        assert len({one.id for one in shown}) == 40
        assert len(waiting) == 33
        assert all("满负荷" in row.waiting_reason for row in waiting)

    async def test_all_at_one_spot_with_room_for_all(self, town):
        rng = random.Random(3)  # noqa: S311
        crowd = [
            an_officer(f"o{n}", (118.7 + rng.random() / 100, 32 + rng.random() / 100), capacity=1)
            for n in range(60)
        ]
        await staff(town, *crowd)
        await asyncio.gather(*(report(town, 1, 1, "E02") for _ in range(60)))
        await sweep_all(town)
        await assert_sound(town)
        assert await rows(town, "SELECT id FROM event WHERE state <> 'DISPATCHED'") == []

    async def test_everything_at_once_ends_and_holds(self, town):
        """Reports, moves, duty, positions and sweeps in each other's way: no deadlock, no loss."""
        rng = random.Random(5)  # noqa: S311
        names = [f"o{n}" for n in range(5)] + [f"w{n}" for n in range(5)]
        await staff(
            town,
            *(an_officer(name, middle(0, 0), capacity=2) for name in names[:5]),
            *(a_person(name, middle(1, 1), capacity=2) for name in names[5:]),
        )
        known = [
            (await report(town, n % 4, n % 3, rng.choice(["E01", "E02"]))).id for n in range(12)
        ]

        async def something(n):
            kind = n % 5
            if kind == 0:
                await report(town, n % 4, n % 3, rng.choice(["E01", "E02"]))
            elif kind == 1:
                try:
                    await move(town, rng.choice(known), rng.choice(["RETURNED", "HANDLED"]))
                except (Conflict, BadInput):
                    return  # somebody else moved it first
            elif kind == 2:
                await duty(town, rng.choice(names), on_duty=rng.random() < 0.7)
            elif kind == 3:
                await stand(town, rng.choice(names), middle(n % 4, n % 4))
            else:
                await assigning.sweep(town)

        await asyncio.wait_for(asyncio.gather(*(something(n) for n in range(150))), timeout=120)
        await sweep_all(town)
        await assert_sound(town)

    async def test_one_move_of_two_at_once_is_refused(self, town):
        await staff(town, an_officer("a", middle(0, 0)))
        shown = await report(town, 0, 0, "E02")
        results = await asyncio.gather(
            *(move(town, shown.id, "ACCEPTED") for _ in range(4)), return_exceptions=True
        )
        assert sorted(type(one).__name__ for one in results) == ["Conflict"] * 3 + [
            "EventWithHistory"
        ]

    async def test_the_own_worker_is_waited_for_not_passed_over(self, town):
        """While somebody else's report holds their row, the next one of the grid waits."""
        await staff(town, *(a_person(f"w{n}", middle(n, n), capacity=9) for n in range(4)))
        shown = await asyncio.gather(*(report(town, 0, 0) for _ in range(8)))
        assert len({one.handler.code for one in shown}) == 1


class TestNearest:
    async def ask(self, town, matter="E02", k=5):
        lon, lat = middle(0, 0)
        async with transaction(town) as session:
            return await service.nearest(
                session, lon=lon, lat=lat, datum=Datum.WGS84, matter_code=matter, k=k
            )

    async def test_ranks_with_reasons_and_takes_nobody(self, town):
        await staff(town, *(an_officer(f"o{n}", middle(n, 0), name="王小明") for n in range(4)))
        shown = await self.ask(town, k=3)
        assert [one.code for one in shown.candidates] == ["o0", "o1", "o2"]
        assert [one.rank for one in shown.candidates] == [1, 2, 3]
        assert all("在岗" in one.reason and "0/3" in one.reason for one in shown.candidates)
        assert {one.name for one in shown.candidates} == {"王**"}
        assert shown.shortfall is None
        await assert_sound(town)
        assert await rows(town, "SELECT 1 FROM workload WHERE open_count > 0") == []

    async def test_the_first_is_the_one_who_gets_it(self, town):
        await staff(
            town,
            *(an_officer(f"o{n}", middle(n, 1)) for n in range(4)),
            *(a_person(f"w{n}", middle(n, 2)) for n in range(4)),
        )
        for matter in ("E01", "E02"):
            first = (await self.ask(town, matter)).candidates[0].code
            assert (await report(town, 0, 0, matter)).handler.code == first

    async def test_nobody_has_a_reason(self, town):
        shown = await self.ask(town)
        assert shown.candidates == []
        assert "没有执法人员" in shown.shortfall

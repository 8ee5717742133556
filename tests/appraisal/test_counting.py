"""Counting what changed gives what counting everything gives, and both what plain Python counts."""

import random
from collections import Counter
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from gridsvc.appraisal import counting
from gridsvc.db import transaction
from tests.appraisal.histories import cases, walk, write
from tests.towns import COMMUNITY, a_person, an_officer, middle, staff

ZONE = "Asia/Shanghai"
HAND = {"accept", "arrive", "handle"}
COUNTERS = ("begun", "done", "sent_back", "wrong", "put_off", "due", "on_time", "late")
#: What a move counts as beside being the end of a stage.
WRONG = {"wrong_person", "out_of_area", "no_power"}
DONE = {
    "FILED": ["file"], "DISPATCHED": ["dispatch"], "ACCEPTED": ["accept"], "ON_SITE": ["arrive"],
    "HANDLED": ["handle"], "VERIFIED": ["verify"], "CLOSED": ["close", "case"],
}  # fmt: skip


def deeds(line):
    """Stage and counter of everything that a line of history counts as."""
    now, then = line["from_state"], line["to_state"]
    found = [(stage, "done") for stage in DONE.get(then, [])]
    if then == "REJECTED":
        found.append(("file", "sent_back"))
    if then == "RETURNED":
        found.append(("verify" if now == "HANDLED" else "handle", "sent_back"))
        if line["reason"] in WRONG:
            found.append(("dispatch", "wrong"))
    if then == "REOPENED" and now == "CLOSED":
        found.append(("close", "sent_back"))
    if then == "SUSPENDED":
        found.append(("case", "put_off"))
    return found


def reference(told):
    """Every counter by day, stage and role, counted one by one."""
    counted = Counter()
    zone = ZoneInfo(ZONE)

    def role_at(case, stage, at):
        if stage not in HAND:
            return "dispatcher"
        before = [a for a in case.assignments if at is None or a["assigned_at"] <= at]
        return before[-1]["role"] if before else ""

    for case in told:
        for line in case.lines:
            for stage, counter in deeds(line):
                day = line["at"].astimezone(zone).date()
                counted[day, stage, role_at(case, stage, line["at"]), counter] += 1
        for one in case.stages:
            stage, due, end = str(one["stage"]), one["due_at"], one["done_at"]
            role = role_at(case, stage, end)
            counted[one["started_at"].astimezone(zone).date(), stage, role, "begun"] += 1
            if due is None or one["paused_at"] or (one["outcome"] == "void" and end <= due):
                continue
            day = due.astimezone(zone).date()
            counted[day, stage, role, "due"] += 1
            if one["outcome"] == "done":
                counted[day, stage, role, "on_time" if end <= due else "late"] += 1
    return counted


async def stored(engine):
    """What the database counted, as the reference has it, and every row as text."""
    async with engine.connect() as connection:
        rows = (await connection.execute(text("SELECT * FROM daily_count"))).mappings().all()
        words = set(
            await connection.scalars(
                text(
                    "SELECT (division_code, day, stage, role, unit_code, begun, done, sent_back,"
                    " wrong, put_off, due, on_time, late, round(overdue_hours::numeric, 6),"
                    " round(overdue_multiple::numeric, 6))::text FROM daily_count"
                )
            )
        )
    counted = Counter()
    for row in rows:
        assert row["division_code"] == COMMUNITY
        for counter in COUNTERS:
            counted[row["day"], row["stage"], row["role"], counter] += row[counter]
    return +counted, words


@pytest.fixture
async def staffed(town):
    await staff(town, a_person("w", middle(0, 0)), an_officer("o", middle(1, 1)))
    return town


@pytest.mark.parametrize("seed", range(4))
async def test_what_changed_counted_is_everything_counted(staffed, seed):
    rng = random.Random(seed)  # noqa: S311 - no secret
    told = {}
    for _ in range(6):
        async with transaction(staffed) as session:
            for case in cases(rng.random(), rng.randrange(12)):
                told[await write(session, case)] = case
            for event in rng.sample(sorted(told), min(5, len(told))):
                case = walk(told[event], rng, rng.randrange(1, 4))
                await write(session, case, event)
        if rng.random() < 0.7:
            await counting.refresh(staffed, ZONE)
    changed = await counting.refresh(staffed, ZONE)
    assert not changed.anew
    counted, rows = await stored(staffed)
    assert counted == +reference(told.values())
    assert sum(counted.values()) > 100
    assert (await counting.refresh(staffed, ZONE, anew=True)).anew
    assert (await stored(staffed))[1] == rows


async def test_nothing_new_is_nothing_to_count(staffed):
    async with transaction(staffed) as session:
        for case in cases(1, 5):
            await write(session, case)
    await counting.refresh(staffed, ZONE)
    rows = (await stored(staffed))[1]
    assert (await counting.refresh(staffed, ZONE)).number == 0
    assert (await stored(staffed))[1] == rows


async def test_what_was_not_committed_when_others_were_counted_comes_later(staffed):
    first, late = cases(7, 2)
    async with transaction(staffed) as slow:
        await write(slow, late)
        async with transaction(staffed) as quick:
            await write(quick, first)
        await counting.refresh(staffed, ZONE)
        assert (await stored(staffed))[0] == +reference([first])
    await counting.refresh(staffed, ZONE)
    assert (await stored(staffed))[0] == +reference([first, late])


async def test_a_limit_that_moves_to_another_day_moves_there(staffed):
    """Its stage is written without a line of history: dates come late with a calendar."""
    (case,) = cases(3, 1)
    async with transaction(staffed) as session:
        event = await write(session, case)
    await counting.refresh(staffed, ZONE)
    async with transaction(staffed) as session:
        await session.execute(
            text("UPDATE event_stage SET due_at = due_at + interval '5 days' WHERE event_id = :e"),
            {"e": event},
        )
    for stage in case.stages:
        stage["due_at"] = stage["due_at"] and stage["due_at"] + timedelta(days=5)
    assert (await counting.refresh(staffed, ZONE)).number > 0
    assert (await stored(staffed))[0] == +reference([case])


async def test_days_of_another_zone_are_counted_anew(staffed):
    (case,) = cases(3, 1)
    async with transaction(staffed) as session:
        await write(session, case)
    assert (await counting.refresh(staffed, ZONE)).anew
    assert (await counting.refresh(staffed, "America/Lima")).anew

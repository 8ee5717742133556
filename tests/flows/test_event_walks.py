"""Any sequence of legal and illegal moves, requests, decisions and hours passing keeps its word.

What is drawn is sent over HTTP; afterwards the whole database is compared with what plain Python
makes of the history.
"""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from gridsvc.accounts.roles import Role
from gridsvc.db import transaction
from gridsvc.dispatch import assigning
from gridsvc.events import escalation, suspensions
from gridsvc.events.ladder import LADDER
from gridsvc.events.stages import changes
from gridsvc.events.states import MOVES, State, reasons
from tests.events.test_figures import reference
from tests.flows.test_report_to_close import body
from tests.limits import HOURS, load_limits
from tests.soundness import assert_sound
from tests.towns import a_person, middle, staff
from tests.who import bearer, open_account

MOVING = st.tuples(st.just("move"), st.sampled_from(State), st.booleans())
DEEDS = st.one_of(
    *[MOVING] * 2,
    st.tuples(st.just("along"), st.integers(1, 5)),
    st.tuples(st.sampled_from(["along", "ask", "approve", "refuse", "tick", "step", "back"])),
    st.tuples(st.sampled_from(["suspend", "back", "step", "step"])),
    st.tuples(st.just("pass"), st.sampled_from([1, 3, 9, 50])),
)
#: Nobody may take the second: it waits, and is rejected.
MATTERS = st.sampled_from(["E01"] * 5 + ["E02"])
#: Where an event goes when nothing is in its way.
FORWARD = {
    State.DISPATCHED: State.ACCEPTED,
    State.ACCEPTED: State.ON_SITE,
    State.ON_SITE: State.HANDLED,
    State.HANDLED: State.VERIFIED,
    State.VERIFIED: State.CLOSED,
    State.CLOSED: State.REOPENED,
    State.REJECTED: State.REOPENED,
    State.SUSPENDED: State.REOPENED,
    State.FILED: State.REJECTED,
}

#: How often the walks of this run came to each state.
REACHED: Counter = Counter()


async def let_pass(engine, hours):
    """Let everything have happened so many hours earlier; only possible around every guard."""
    columns = {
        "event_history": ["at"],
        "event": ["received_at"],
        "event_stage": ["started_at", "due_at", "paused_at", "done_at"],
        "suspension": ["asked_at", "decided_at", "until", "ended_at"],
        "escalation": ["due_at", "at"],
        "publication": ["published_at", "withdrawn_at"],
        "assignment": ["assigned_at", "released_at"],
        "duplicate_link": ["linked_at", "unlinked_at"],
    }
    async with engine.begin() as connection:
        await connection.execute(text("SET LOCAL session_replication_role = replica"))
        for table, names in columns.items():
            told = ", ".join(f"{n} = {n} - make_interval(hours => {hours})" for n in names)
            await connection.execute(text(f"UPDATE {table} SET {told}"))


async def table(engine, statement):
    async with engine.connect() as connection:
        return [dict(row) for row in (await connection.execute(text(statement))).mappings()]


class Walker:
    """One event on its way, and the two accounts at the desk."""

    def __init__(self, client, engine, event, approver):
        self.client, self.engine, self.event, self.approver = client, engine, event, approver

    async def post(self, path, headers=None, **told):
        return await self.client.post(
            f"/api/events/{self.event}/{path}", json=told or None, headers=headers
        )

    async def now(self):
        return State((await self.client.get(f"/api/events/{self.event}")).json()["state"])

    async def do(self, deed, *told):
        await getattr(self, f"_{deed}")(*told)

    async def _move(self, then, bare=False):
        now = await self.now()
        listed = {} if bare else reasons(now, then)
        why = {"reason": next(iter(listed)), "note": "如实"} if listed else {}
        answer = await self.post("moves", to_state=then, **why)
        if then in {State.DISPATCHED, State.SUSPENDED}:
            assert answer.status_code == 409, answer.text
        elif then not in MOVES[now]:
            assert answer.status_code == 409
            assert all(state in answer.json()["detail"] for state in MOVES[now])
        elif bare and reasons(now, then):
            assert answer.status_code == 422
        else:
            assert answer.status_code == 200, answer.text
            assert then in [line["to_state"] for line in answer.json()["history"][-2:]]

    async def _along(self, steps=1):
        for _ in range(steps):
            now = await self.now()
            if now in FORWARD:
                await self._move(FORWARD[now])

    async def _back(self):
        if State.RETURNED in MOVES[await self.now()]:
            await self._move(State.RETURNED)

    async def _suspend(self):
        await self._ask()
        await self._approve()

    async def _ask(self):
        until = datetime.now(UTC) + timedelta(hours=5)
        answer = await self.post(
            "suspensions", until=until.isoformat(), reason="materials", note="缺料"
        )
        assert answer.status_code in {201, 409}, answer.text
        if answer.status_code == 201:
            assert State.SUSPENDED in MOVES[await self.now()]
            own = await self.post("suspensions/decision", approve=True)
            assert own.status_code == 403  # nobody decides on their own wish

    async def _decide(self, approve):
        before = await self.now()
        answer = await self.post("suspensions/decision", self.approver, approve=approve)
        assert answer.status_code in {200, 404, 409}, answer.text
        if answer.status_code == 200:
            assert await self.now() is (State.SUSPENDED if approve else before)

    async def _approve(self):
        await self._decide(True)

    async def _refuse(self):
        await self._decide(False)

    async def _step(self):
        answer = await self.post("steps")
        assert answer.status_code in {200, 409}, answer.text

    async def _tick(self):
        await suspensions.resume_past(self.engine)
        await escalation.escalate(self.engine)
        await assigning.sweep(self.engine)

    async def _pass(self, hours):
        await let_pass(self.engine, hours)


@pytest.fixture
async def desk(town, client):
    """A client, and the account that decides on what the client's asks for."""
    await staff(town, *(a_person(f"w{n}", middle(n, n), capacity=500) for n in range(3)))
    await load_limits(town, *HOURS)
    async with transaction(town) as session:
        approver = await open_account(session, "approver", [Role.SUPERVISOR])
    return client, bearer(approver)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(deeds=st.lists(DEEDS, min_size=4, max_size=16), matter=MATTERS)
async def test_whatever_is_done_the_books_are_right(desk, town, deeds, matter):
    client, approver = desk
    event = (await client.post("/api/events", json=body(matter=matter))).json()["id"]
    walker = Walker(client, town, event, approver)
    for deed in deeds:
        await walker.do(*deed)
    await assert_sound(town)
    history = await table(town, "SELECT * FROM event_history ORDER BY event_id, id")
    stages = await table(town, "SELECT * FROM event_stage ORDER BY event_id, started_at, id")
    await assert_states_are_the_last_lines(town, history)
    assert_stages_follow_the_history(history, stages)
    await assert_deeds_fit(town, history)
    await assert_escalated(town)
    await assert_figures_equal_the_reference(client, history, stages)
    REACHED.update(line["to_state"] for line in history if line["event_id"] == event)


def test_the_walks_went_everywhere():
    """What is never reached is not tested by a walk."""
    assert set(REACHED) == set(State)


async def assert_states_are_the_last_lines(town, history):
    last = {}
    for line in history:
        assert line["from_state"] == last.get(line["event_id"])
        last[line["event_id"]] = line["to_state"]
    assert last == {row["id"]: row["state"] for row in await table(town, "SELECT * FROM event")}


def assert_stages_follow_the_history(history, stages):
    """Every stage began and ended with the move that begins and ends it, and no other."""
    expected, going = [], {}
    for line in history:
        now = line["from_state"] and State(line["from_state"])
        change = changes(now, State(line["to_state"]))
        for stage in change.done | change.void:
            if begun := going.pop((line["event_id"], stage), None):
                outcome = "done" if stage in change.done else "void"
                expected.append((line["event_id"], stage, begun, line["at"], outcome))
        for stage in change.begun:
            going.setdefault((line["event_id"], stage), line["at"])
    expected += [(event, stage, at, None, None) for (event, stage), at in going.items()]
    found = {}
    for row in stages:
        assert (row["due_at"] is not None) == (row["undated_because"] is None)
        told = {name: row[name] for name in ("started_at", "done_at", "outcome")}
        spans = found.setdefault((row["event_id"], row["stage"]), [])
        if row["sequence"] > 1:  # a step goes on where the one before it ended
            assert spans[-1]["done_at"] == row["started_at"]
            spans[-1] |= told | {"started_at": spans[-1]["started_at"]}
        else:
            spans.append(told)
    spans = [(*key, *span.values()) for key, many in found.items() for span in many]
    assert sorted(spans, key=str) == sorted(expected, key=str)


async def assert_deeds_fit(town, history):
    closings = sum(line["to_state"] == "CLOSED" for line in history)
    numbers = await table(town, "SELECT number FROM cancel_number ORDER BY id")
    assert [int(row["number"][-6:]) for row in numbers] == list(range(1, closings + 1))
    misfits = """
        SELECT p.event_id FROM publication p JOIN event e ON e.id = p.event_id
        WHERE p.withdrawn_at IS NULL AND e.state NOT IN ('VERIFIED', 'CLOSED')
        UNION ALL SELECT e.id FROM event e WHERE e.state = 'CLOSED' AND NOT EXISTS (
            SELECT FROM publication p WHERE p.event_id = e.id AND p.withdrawn_at IS NULL)
        UNION ALL SELECT e.id FROM event e WHERE (e.state = 'SUSPENDED') <> EXISTS (
            SELECT FROM suspension s WHERE s.event_id = e.id AND s.approved
            AND s.ended_at IS NULL)
        UNION ALL SELECT e.id FROM event e WHERE (e.state = 'SUSPENDED') <> EXISTS (
            SELECT FROM event_stage s WHERE s.event_id = e.id AND s.paused_at IS NOT NULL)
        UNION ALL SELECT e.id FROM event e WHERE e.owner_id IS DISTINCT FROM (
            SELECT person_id FROM assignment a WHERE a.event_id = e.id ORDER BY a.id LIMIT 1)
    """
    assert await table(town, misfits) == []


async def assert_escalated(town):
    """After a look at the clock, every rung that was come to is written, and once."""
    await escalation.escalate(town)
    assert await escalation.escalate(town) == 0
    (clock,) = await table(town, "SELECT now() AS now")
    written = Counter(
        (row["stage_id"], row["rung"]) for row in await table(town, "SELECT * FROM escalation")
    )
    assert set(written.values()) <= {1}
    for row in await table(
        town, "SELECT * FROM event_stage WHERE done_at IS NULL AND paused_at IS NULL"
    ):
        allowed = row["due_at"] - row["started_at"] - row["paused"]
        for rung in LADDER:
            reached = row["due_at"] + (rung.share - 1) * allowed
            if abs(reached - clock["now"]) > timedelta(minutes=1):
                assert ((row["id"], rung.name) in written) >= (reached < clock["now"])
            if reached > clock["now"] + timedelta(minutes=1) and row["paused"] == timedelta():
                assert (row["id"], rung.name) not in written


async def assert_figures_equal_the_reference(client, history, stages):
    now = datetime.now(UTC)
    for begin, end in ((now - timedelta(days=40), now + timedelta(days=1)),
                       (now - timedelta(hours=60), now - timedelta(hours=2))):  # fmt: skip
        told = await client.get(
            "/api/events/figures", params={"since": begin.isoformat(), "until": end.isoformat()}
        )
        assert told.status_code == 200, told.text
        until = datetime.fromisoformat(told.json()["window"]["until"])
        assert told.json() == reference(told.json(), history, stages, begin, until)

"""What must hold of events, hands and history whenever nothing is running."""

from sqlalchemy import text

from gridsvc.db import transaction
from gridsvc.dispatch import assigning
from gridsvc.events.states import IN_HAND, MOVES, WAITING

_WRONG_COUNTS = """
SELECT w.person_id, w.open_count, w.capacity, count(a.id) AS open
FROM workload w
LEFT JOIN assignment a ON a.person_id = w.person_id AND a.released_at IS NULL
GROUP BY w.person_id HAVING w.open_count <> count(a.id) OR count(a.id) > w.capacity
"""
_WRONG_HANDS = """
SELECT e.id, e.state FROM event e
LEFT JOIN assignment a ON a.event_id = e.id AND a.released_at IS NULL
WHERE (e.state = ANY(:in_hand)) <> (a.id IS NOT NULL)
   OR (a.id IS NOT NULL AND a.person_id <> e.handler_id)
   OR (e.state = ANY(:waiting) AND (e.handler_id IS NOT NULL OR e.waiting_reason IS NULL))
   OR (a.id IS NOT NULL AND (e.waiting_reason IS NOT NULL OR e.owner_id IS NULL))
"""
# Every line but the first begins where the one before ended.
_WRONG_HISTORY = """
SELECT e.id, e.state, h.to_states FROM event e
LEFT JOIN (
    SELECT event_id, array_agg(to_state ORDER BY id) AS to_states,
           bool_and(from_state IS NOT DISTINCT FROM before AND at >= at_before) AS unbroken
    FROM (
        SELECT *, lag(to_state) OVER lines AS before, lag(at, 1, at) OVER lines AS at_before
        FROM event_history WINDOW lines AS (PARTITION BY event_id ORDER BY id)
    ) line GROUP BY event_id
) h ON h.event_id = e.id
WHERE h.event_id IS NULL OR NOT h.unbroken OR h.to_states[1] <> 'REPORTED'
   OR h.to_states[array_upper(h.to_states, 1)] <> e.state
"""
_STEPS = "SELECT DISTINCT from_state, to_state FROM event_history WHERE from_state IS NOT NULL"
# Whoever refused an event is not asked again: where nobody refused anything, nothing waits for
# somebody who is free.
_UNDRAINED = """
SELECT e.id, p.code FROM event e JOIN matter m ON m.code = e.matter_code
JOIN person p ON p.on_duty
    AND p.role = CASE m.kind WHEN 'enforcement' THEN 'officer' ELSE 'grid_worker' END
JOIN workload w ON w.person_id = p.id AND w.open_count < w.capacity
WHERE e.state = ANY(:waiting)
  AND NOT EXISTS (SELECT FROM assignment a WHERE a.event_id = e.id AND a.person_id = p.id)
"""


async def rows(engine, statement, **parameters):
    async with transaction(engine) as session:
        return (await session.execute(text(statement), parameters)).all()


async def assert_sound(engine):
    """What must hold whenever nothing is running."""
    assert await rows(engine, _WRONG_COUNTS) == []
    hands = {"in_hand": sorted(IN_HAND), "waiting": sorted(WAITING)}
    assert await rows(engine, _WRONG_HANDS, **hands) == []
    assert await rows(engine, _WRONG_HISTORY) == []
    for step in await rows(engine, _STEPS):
        assert step.to_state in MOVES[step.from_state], step


async def sweep_all(engine):
    while await assigning.sweep(engine):
        pass


async def assert_drained(engine):
    """Sound, and after a sweep nothing waits for somebody who could take it."""
    await sweep_all(engine)
    await assert_sound(engine)
    assert await rows(engine, _UNDRAINED, waiting=sorted(WAITING)) == []

"""Writing, reading and tampering with a trail."""

from sqlalchemy import text

from gridsvc.audit import service
from gridsvc.audit.actions import Action
from gridsvc.audit.actor import Actor, acting
from gridsvc.db import transaction

SOMEBODY = Actor(7, "wang.fang", ("dispatcher",), None, "session", "10.1.2.3", "ab" * 16)


async def record(engine, *, times=1, **columns):
    """Entries of one transaction, and so of one lane."""
    given = {"action": Action.UNMASKED, "kind": "person", "object_id": "WG1"} | columns
    async with transaction(engine) as session:
        with acting(session, SOMEBODY):
            for _ in range(times):
                await service.record(session, **given)


async def entries(engine, **filters):
    async with transaction(engine) as session:
        return (await service.search(session, **filters)).entries


async def verify(engine, earlier=()):
    async with transaction(engine) as session:
        return await service.verify(session, earlier)


async def heads(engine):
    async with transaction(engine) as session:
        return await service.heads(session)


async def prune(engine, keep_days):
    async with transaction(engine) as session:
        return await service.prune(session, keep_days=keep_days)


async def around_guards(engine, *statements):
    """What somebody with all rights over the server could do."""
    async with engine.begin() as connection:
        await connection.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in statements:
            await connection.execute(text(statement))


#: Every entry digested and linked anew, and the heads with them: a perfect forgery.
CHAINED_ANEW = """
DO $$
DECLARE
    e audit_entry;
    last bytea;
BEGIN
    FOR e IN SELECT * FROM audit_entry ORDER BY lane, sequence LOOP
        SELECT pruned_digest INTO last FROM audit_head WHERE lane = e.lane
            AND pruned_sequence = e.sequence - 1;
        e.previous_digest := coalesce(last, (SELECT digest FROM audit_entry p
            WHERE p.lane = e.lane AND p.sequence = e.sequence - 1));
        e.digest := audit_digest(e);
        UPDATE audit_entry SET previous_digest = e.previous_digest, digest = e.digest
            WHERE lane = e.lane AND sequence = e.sequence;
        UPDATE audit_head SET sequence = e.sequence, digest = e.digest WHERE lane = e.lane;
    END LOOP;
END $$
"""


async def let_pass(engine, days, where="true"):
    """Let entries be older, as if they had been written then."""
    older = f"UPDATE audit_entry SET at = at - make_interval(days => {days}) WHERE {where}"
    await around_guards(engine, older, CHAINED_ANEW)

"""What the job queue does with counters by itself."""

from types import SimpleNamespace

from gridsvc.appraisal.tasks import tasks
from gridsvc.config import Settings
from gridsvc.db import transaction
from tests.appraisal.histories import cases, write
from tests.towns import a_person, middle, staff


async def test_changes_are_counted_by_the_clock(town, client):
    await staff(town, a_person("w", middle(0, 0)))
    async with transaction(town) as session:
        for case in cases(5, 3):
            await write(session, case)
    context = SimpleNamespace(additional_context={"engine": town, "settings": Settings()})
    await tasks().tasks["count_changes"].func(context, 0)
    asked = {"since": "2026-01-01", "until": "2027-01-01"}
    assert (await client.get("/api/counters", params=asked)).json()["rows"]

"""Time limits for tests: what stands in the lists of the paper town."""

from gridsvc.mandates import queries
from gridsvc.mandates.calendar import TimeUnit
from gridsvc.mandates.lists import Limit

#: Hours allowed for each stage of E01 and E02; handling has two steps.
HOURS = (
    ("file", 1, "", 1.0),
    ("dispatch", 1, "", 2.0),
    ("accept", 1, "", 1.0),
    ("arrive", 1, "", 3.0),
    ("handle", 1, "停工", 4.0),
    ("handle", 2, "拆除", 20.0),
    ("verify", 1, "", 8.0),
    ("close", 1, "", 2.0),
)


async def load_limits(engine, *rows):
    queries.SHIM[:] = [
        Limit("E", s, n, name, amount, TimeUnit.HOURS) for s, n, name, amount in rows
    ]

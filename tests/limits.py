"""Time limits for tests: a list of them for everything in the paper town."""

from gridsvc.codes import WHOLE
from gridsvc.db import transaction
from gridsvc.mandates import service

#: Hours allowed for each stage; handling has two steps.
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


async def load_limits(engine, *rows, time_unit="hours", area=WHOLE):
    """A list of limits for every matter: stage, sequence, name and amount of each."""
    names = ("stage", "sequence", "name", "amount")
    listed = [
        {"matter_code": "E", "time_unit": time_unit} | dict(zip(names, row, strict=True))
        for row in rows
    ]
    async with transaction(engine) as session:
        edition = service.Edition(division_code=area)
        await service.load_list(session, "limits", listed, edition)

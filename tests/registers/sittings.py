"""Studios, disputes and meetings as the tests of the registers tell them."""

from uuid import uuid4

from gridsvc.db import transaction
from gridsvc.grids import service as grids
from tests.registers.groups import TOWN, a_group, set_groups
from tests.towns import COMMUNITY, COUNTY

YEAR = {"since": "2026-01-01T00:00:00+08:00", "until": "2100-01-01T00:00:00+08:00"}


async def studios(town, client):
    """Studios of a village, its town and its county, one above the other; from below."""
    async with transaction(town) as session:
        await grids.load_divisions(session, [grids.DivisionRow(TOWN, "纸上镇")])
    levels = ((COUNTY, "区"), (TOWN, "街道"), (COMMUNITY, "社区"))
    above, told = None, []
    for division, level in levels:
        one = a_group("tai-hua", division=division, level=level, kind="mediation", parent=above)
        told.append(one | {"name": f"苔花调解{level}工作室"})
        above = {"division": division, "code": "tai-hua"}
    return list(reversed(await set_groups(client, *told)))


def a_dispute(group, **columns):
    told = {
        **{"division": COMMUNITY, "group": group, "kind": "邻里纠纷", "subject": "楼上漏水"},
        "parties": [{"name": "欧阳明", "phone": "13812345678"}, {"name": "诸葛红"}],
        "client_key": uuid4().hex,
    }
    return told | columns


async def opened(client, group, **columns):
    answer = await client.post("/api/mediations", json=a_dispute(group, **columns))
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def a_meeting(group, **columns):
    told = {"group": group, "title": "加装电梯议事", "held_on": "2026-11-01"}
    return told | {"invited": 20, "attended": 19, "client_key": uuid4().hex} | columns


def a_motion(votes_for, votes_against, **columns):
    told = {"proposal": "加装电梯", "votes_for": votes_for, "votes_against": votes_against}
    return told | columns


SETTLED = {"settled": True, "result": "楼上修好水管并赔偿"}

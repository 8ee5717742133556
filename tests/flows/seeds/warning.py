"""Warnings that outside models push to micro-grids."""

from gridsvc.accounts.roles import Role
from gridsvc.db import transaction
from tests.outreach.visits import a_worker, settle_homes
from tests.outreach.warnings import a_check, a_row, a_scene, sent
from tests.towns import COUNTY
from tests.who import bearer, open_account

SCENES = {"mental": "精神障碍患者风险", "rental": "出租房屋风险", "marriage": "婚姻家庭纠纷风险"}


async def row60(town, client):
    """Three models warn; each warning goes to the household's micro-grid and is checked there."""
    homes = await settle_homes(town)
    liaison = await a_worker(town, "liaison", "liaison")
    async with transaction(town) as session:
        model = bearer(await open_account(session, "model", [Role.PARTNER], [COUNTY]))
    for code, name in SCENES.items():
        await a_scene(client, code=code, name=name)
    rows = [a_row(code, homes[n].address, scene=code) for n, code in enumerate(SCENES)]
    taken = await sent(client, model, rows)
    assert taken["taken"] == len(SCENES) == 3
    seen = (await client.get("/api/warnings", headers=liaison)).json()["warnings"]
    assert {one["scene_name"] for one in seen} == set(SCENES.values())
    for one, home in zip(taken["warnings"], homes, strict=False):
        path = f"/api/warnings/{one['warning']}/check"
        checked = await client.post(path, json=a_check(home), headers=liaison)
        assert checked.json()["state"] == "CLOSED"
    assert (await client.get("/api/warnings", params={"state": "OPEN"})).json()["total"] == 0

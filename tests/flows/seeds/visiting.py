"""Who visits whom, how often, and what comes of it."""

from tests.outreach.visits import a_visit, a_worker, begun, settle_homes
from tests.towns import a_person, middle, staff


async def row20(town, client):
    """结一联十: a programme links each liaison to about ten neighbouring households."""
    homes = await settle_homes(town)
    programme = await begun(
        client, name="结一联十", whom="linked", visitor="liaison", every_days=30, most_each=15
    )
    organisers = [f"L{n}" for n in range(3)]
    await staff(town, *(a_person(code, middle(0, 0), role="liaison") for code in organisers))
    for n, code in enumerate(organisers):
        told = {"households": [home.address for home in homes[10 * n : 10 * n + 10]]}
        linked = await client.put(f"/api/visit-programmes/{programme}/links/{code}", json=told)
        assert linked.json()["households"] == 10
    due = (await client.get(f"/api/visit-programmes/{programme}/due")).json()
    assert due["total"] == 10 * len(organisers)
    assert all(len(one["people"]) == 1 for one in due["households"])


async def row21(town, client):
    """干部联系户: at least five households each, visited at least once a month."""
    homes = await settle_homes(town)
    cadre = await a_worker(town, "cadre")
    programme = await begun(client, name="干部联系户", whom="linked", every_days=30, least_each=5)
    path = f"/api/visit-programmes/{programme}"
    four = {"households": [home.address for home in homes[:4]]}
    assert (await client.put(f"{path}/links/cadre", json=four)).status_code == 422
    five = {"households": [home.address for home in homes[:5]]}
    assert (await client.put(f"{path}/links/cadre", json=five)).status_code == 200
    for n, home in enumerate(homes[:5]):
        told = a_visit(programme, home, 3600 * (5 - n))
        assert (await client.post("/api/visits", json=told, headers=cadre)).status_code == 201
    assert (await client.get(f"{path}/due", params={"ahead_days": 29})).json()["total"] == 0
    assert (await client.get(f"{path}/due", params={"ahead_days": 30})).json()["total"] == 5
    assert (await client.get("/api/visits", headers=cadre)).json()["total"] == 5


async def row61(town, client):
    """1+3 专项行动 in 蔡集镇: 36 workers, 2,800 households; clues become events and are solved."""
    homes = await settle_homes(town, each=175)
    assert len(homes) == 2800
    workers = {f"C{n:02}": await a_worker(town, f"C{n:02}") for n in range(36)}
    programme = await begun(client, name="网格普访", every_days=90)
    events = []
    for n, headers in enumerate(workers.values()):
        told = a_visit(programme, homes[n * 70], result="danger", note=f"线索{n}")
        made = await client.post("/api/visits", json=told, headers=headers)
        assert made.status_code == 201, made.text
        events.append(made.json()["event"])
    cover = (await client.get(f"/api/visit-programmes/{programme}/coverage")).json()
    assert (cover["visited"], cover["households"]) == (36, 2800)
    assert len(set(events)) == 36
    solved = events[:6]  # 37 of 230 clues were: 16 %
    for event in solved:
        for state in ("ACCEPTED", "HANDLED", "VERIFIED", "CLOSED"):
            moved = await client.post(f"/api/events/{event}/moves", json={"to_state": state})
            assert moved.status_code == 200, moved.text
    told = (await client.get("/api/events", params={"state": "CLOSED"})).json()
    assert told["total"] == len(solved) == round(36 * 37 / 230)

"""Projects: pairs of departments and communities, first secretaries, escorts of enterprises."""

from gridsvc.db import transaction
from gridsvc.people import service as people
from tests.flows.office import get
from tests.registers.groups import a_group, set_groups
from tests.registers.projects import (
    PAIRING,
    TODAY,
    a_programme,
    a_project,
    an_entry,
    departments,
    held_by,
    set_projects,
)
from tests.towns import a_person, an_officer, middle
from tests.who import KEYRING

YEAR = int(TODAY[:4])


async def row39(town, client):
    """双结对双提升: ten items and five households a year, done of owed; the community's score."""
    await departments(town, "WATER", "ROADS")
    programme = await a_programme(client, **PAIRING)
    pairs = await set_projects(
        client,
        *(
            a_project(programme, unit, holders=[held_by("department", unit=unit)])
            for unit in ("WATER", "ROADS")
        ),
    )
    for pair, items in zip(pairs, (10, 9), strict=True):
        for quota, amount in (("items", items), ("households", 5)):
            entry = an_entry(quota, quota=quota, amount=amount)
            made = await client.post(f"/api/projects/{pair}/entries", json=entry)
            assert made.status_code == 201, made.text
    for pair, unit, score in zip(pairs, ("WATER", "ROADS"), (96, 88), strict=True):
        told = {"unit": unit, "year": YEAR, "score": score}
        assert (await client.put(f"/api/projects/{pair}/scores", json=told)).status_code == 200
    figures = await get(client, f"project-programmes/{programme}/figures", year=YEAR)
    assert {one["name"]: one["value"] for one in figures["quotas"]} == {
        "items": 0.5,
        "households": 1,
    }
    assert [(one["unit"], one["mean"]) for one in figures["scores"]] == [
        ("WATER", 96),
        ("ROADS", 88),
    ]


async def row40(town, client):
    """第一书记: 107 secretaries lead 153 projects; who led which, on any day."""
    async with transaction(town) as session:
        rows = [a_person(f"s{n:03}") for n in range(107)]
        await people.load_people(session, rows, KEYRING)
    programme = await a_programme(
        client, name="第一书记", roles=[{"code": "secretary", "name": "第一书记"}]
    )
    await set_projects(
        client,
        *(
            a_project(
                programme, f"p{n:03}", holders=[held_by("secretary", person=f"s{n % 107:03}")]
            )
            for n in range(153)
        ),
    )
    figures = await get(client, f"project-programmes/{programme}/figures", year=YEAR)
    assert (figures["projects"], figures["holders"]) == (153, {"secretary": 107})
    assert (await get(client, "projects", programme=programme, limit=1))["total"] == 153


ESCORT = [
    {"code": "leader", "name": "包联领导"},
    {"code": "officer", "name": "护航警官"},
    {"code": "team", "name": "护航队伍"},
]


async def row66(town, client):
    """神木护航: each of at least 20 projects has leader, officer, team, file and ground: 100 %."""
    async with transaction(town) as session:
        officers = [an_officer(f"o{n}", middle(0, 0)) for n in range(16)]
        await people.load_people(session, officers, KEYRING)
    opinions = {"code": "opinions", "label": "征求意见", "number": 30, "at_least": True}
    team, *studios = await set_groups(
        client,
        a_group("escort", name="护航队伍", counts=[opinions]),
        *(a_group(f"studio{n}", kind="studio", name="警官工作室") for n in range(15)),
    )
    assert len(studios) == 15
    assert (await get(client, f"groups/{team}"))["counts"] == [opinions]
    programme = await a_programme(client, name="神木护航", roles=ESCORT)
    (west, south), (east, north) = middle(0, 0), middle(1, 1)
    ground = {"ring": [(west, south), (east, south), (east, north)], "datum": "wgs84"}
    told = [
        a_project(
            programme,
            f"p{n}",
            holders=[
                held_by("leader", name="王小明"),
                held_by("officer", person=f"o{n % 16}"),
                held_by("team", group=team),
            ],
            **ground,
        )
        for n in range(20)
    ]
    *_, last = await set_projects(client, *told)
    path = f"project-programmes/{programme}/figures"
    complete = (await get(client, path, year=YEAR))["complete"]
    assert (complete["numerator"], complete["denominator"], complete["value"]) == (20, 20, 1)
    entry = an_entry("file", note="建立档案", file_ref="SM-2026-020")
    full = (await client.post(f"/api/projects/{last}/entries", json=entry)).json()
    assert full["entries"][0]["file_ref"] == "SM-2026-020"
    assert full["geometry"]["type"] == "Polygon"
    assert {
        one["role"]: one["name"] or one["person"] or one["group"] for one in full["holders"]
    } == {**{"leader": "王**", "officer": "o3", "team": team}}
    await set_projects(client, told[0] | {"holders": []})
    assert (await get(client, path, year=YEAR))["complete"]["numerator"] == 19

"""Registers of groups, whom they serve, and standards they are held against."""

from datetime import date

from gridsvc.db import transaction
from gridsvc.grids import service as grids
from gridsvc.mandates import service as mandates
from tests.flows.office import get, post
from tests.registers.groups import TOWN, a_group, a_standard, found, set_groups
from tests.towns import COMMUNITY, COUNTY, a_person, middle, staff

CITY = "990100000000"
#: Of the 77 centres of three levels: one of the county, six of towns, seventy of villages.
TOWNS, VILLAGES = 6, 70


async def _divisions(town, *rows):
    async with transaction(town) as session:
        await grids.load_divisions(session, [grids.DivisionRow(*row) for row in rows])


def _villages(count):
    """As many as are asked for beside the paper community, which is one of them."""
    return [(f"990101001{200 + n}", f"村{n}") for n in range(1, count)]


async def row15(town, client):
    """象州县综治系统: which village has one, and which has not yet; then all of them have."""
    villages = _villages(20)
    await _divisions(town, *villages)
    codes = [COMMUNITY, *(code for code, _ in villages)]
    systems = [
        a_group(f"zz{n}", division=code, kind="综治系统", name="综治信息系统")
        for n, code in enumerate(codes)
    ]
    await set_groups(client, *systems[:-1])
    asked = {"kind": "综治系统", "of": "community", "division": COUNTY}
    told = await get(client, "groups/coverage", **asked)
    assert [one["code"] for one in told["uncovered"]] == codes[-1:]
    await set_groups(client, systems[-1])
    told = await get(client, "groups/coverage", **asked)
    assert (told["rate"]["numerator"], told["rate"]["denominator"]) == (20, 20)


async def row16(town, client):
    """来宾综治中心: 77 of three levels in a network of four, for levels are data; joint teams."""
    await _divisions(
        town,
        (CITY, "来宾"),
        *((f"99010100{n}000", f"乡镇{n}") for n in range(1, TOWNS + 1)),
        *_villages(VILLAGES),
    )
    common = {"kind": "centre", "name": "综治中心"}

    def centre(division, level, parent):
        above = {"division": parent, "code": "zz"} if parent else None
        return a_group("zz", division=division, level=level, parent=above, **common)

    await set_groups(
        client,
        centre(CITY, "市", None),
        centre(COUNTY, "县", CITY),
        *(centre(f"99010100{n}000", "乡", COUNTY) for n in range(1, TOWNS + 1)),
        *(centre(code, "村", TOWN) for code, _ in [(COMMUNITY, ""), *_villages(VILLAGES)]),
    )
    told = await get(client, "groups", kind="centre", limit=1)
    assert told["by_level"] == {"市": 1, "县": 1, "乡": TOWNS, "村": VILLAGES}
    assert told["total"] - told["by_level"]["市"] == 77
    standard = await a_standard(
        client, {"标准化": {"hall": "有场所"}}, subject="group", kind="centre"
    )
    assert (await found(client, standard, [(f"{TOWN}/zz", "hall", "")])).status_code == 201
    (line,) = (await get(client, f"standards/{standard}/result"))["items"]
    assert (line["rate"]["numerator"], line["rate"]["denominator"]) == (1, 77)
    await _joint_team(town, client)


async def _joint_team(town, client):
    """Staff of the town and of the county in one team; who pays whom is told."""
    async with transaction(town) as session:
        valid = {"parent_code": None, "valid_from": date(2020, 1, 1), "valid_to": None}
        await mandates.load_units(
            session,
            [
                {"code": code, "name": code, "kind": kind, "level": level, "division_code": where}
                | valid
                for code, kind, level, where in (
                    ("COUNTY-CG", "department", "county", COUNTY),
                    ("TOWN", "street", "street", TOWN),
                )
            ],
        )
    people = {"c0": "COUNTY-CG", "t0": "TOWN", "t1": "TOWN"}
    await staff(town, *(a_person(code, middle(0, 0)) for code in people))
    for code, unit in people.items():
        told = {"home_unit": unit, "commanding_unit": "TOWN", "begins": "2026-01-01"}
        await post(client, f"people/{code}/postings", 201, **told)
    members = [{"person": code, "begins": "2026-01-01"} for code in people]
    team = a_group("lhzf", division=TOWN, kind="team", name="联合执法队", members=members)
    (group,) = await set_groups(client, team)
    told = await get(client, f"groups/{group}", on="2026-11-01")
    assert {one["person"]: one["home_unit"] for one in told["people"]} == people


SIX_POWERS = {
    "can-yu": "参与权", "zhi-qing": "知情权", "zhi-hui": "指挥权", "kao-he": "考核权",
    "tong-chou": "统筹协调权", "ren-cai": "人事和资金权",
}  # fmt: skip


async def row28(town, client):
    """秦淮区6项公共管理权: which street has which of the six, as a standard of streets."""
    await _divisions(town, (TOWN, "双塘街道"), ("990101002000", "夫子庙街道"))
    standard = await a_standard(
        client, {"公共管理权": SIX_POWERS}, name="6项公共管理权", subject="division", kind="street"
    )
    given = [(TOWN, power, "") for power in SIX_POWERS]
    given += [("990101002000", power, "") for power in list(SIX_POWERS)[:5]]
    assert (await found(client, standard, given)).status_code == 201
    told = await get(client, f"standards/{standard}/result")
    assert (told["rate"]["numerator"], told["rate"]["denominator"]) == (1, 2)
    assert len(told["items"]) == 6
    assert told["short_of_it"] == [
        {"code": "990101002000", "name": "夫子庙街道", "unmet": [], "unseen": ["ren-cai"]}
    ]


THREES = {
    "三强": {"org": "组织强", "team": "队伍强", "post": "阵地强"},
    "三有": {"mechanism": "有机制", "funds": "有经费", "effect": "有成效"},
    "三统一": {"sign": "标识统一", "function": "职能统一", "kit": "装备统一"},
}
SUQIAN = {"grids": 5017, "workers": 5771, "micro_grids": 18099, "liaisons": 18186}


async def row56(town, client):
    """三强三有三统一: nine items for every micro-grid, and the share of cells that meet them."""
    counts = [{"code": code, "label": code, "number": n} for code, n in SUQIAN.items()]
    (group,) = await set_groups(
        client, a_group("wg", division=COUNTY, kind="centre", name="宿迁网格中心", counts=counts)
    )
    held = (await get(client, f"groups/{group}"))["counts"]
    assert {one["code"]: one["number"] for one in held} == SUQIAN
    standard = await a_standard(client, THREES, name="三强三有三统一")
    cells = [one["properties"]["code"] for one in (await get(client, "micro-grids"))["features"]]
    items = [item for part in THREES.values() for item in part]
    good = [(cell, item, "") for cell in cells[1:] for item in items]
    lacking = [(cells[0], item, "未配备" if item == "kit" else "") for item in items]
    today = (await get(client, f"standards/{standard}/result"))["on"]
    assert (await found(client, standard, good + lacking, on=today)).status_code == 201
    told = await get(client, f"standards/{standard}/result")
    assert (told["rate"]["numerator"], told["rate"]["denominator"]) == (len(cells) - 1, len(cells))
    assert {one["part"] for one in told["items"]} == set(THREES)
    assert [(one["code"], one["unmet"]) for one in told["short_of_it"]] == [(cells[0], ["kit"])]

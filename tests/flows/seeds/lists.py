"""Who may and who must: powers given to towns, officers' matters, duty lists, posts moved."""

from datetime import date, timedelta

from tests.flows.office import get, load, post
from tests.towns import COMMUNITY, COUNTY, middle


def _powers(count, prefix="Q"):
    return [
        {
            "code": f"{prefix}{n:03}",
            "name": f"县级权力事项{n}",
            "legal_basis": "省政府赋权决定（示例）",
            "valid_from": "2020-01-01",
        }
        for n in range(1, count + 1)
    ]


def _given(powers, division=COMMUNITY, from_unit="区直部门"):
    return [
        {
            "power_code": one["code"],
            "division_code": division,
            "from_unit": from_unit,
            "legal_basis": "赋权目录（示例）",
            "valid_from": "2020-01-01",
            "valid_to": "",
        }
        for one in powers
    ]


def a_unit(code, name, kind="department", level="county", division=COUNTY):
    return {
        "code": code, "name": name, "kind": kind, "level": level, "parent": "",
        "division_code": division, "valid_from": "2020-01-01",
    }  # fmt: skip


async def _entries(client, kind, **query):
    """Entries of the latest version of a list."""
    versions = (await get(client, "lists", kind=kind, **query))["versions"]
    return (await get(client, f"lists/{versions[0]['id']}"))["entries"]


async def row04(town, client):
    """扩权强镇: 297 powers given to the town as a versioned list with legal basis and first day."""
    powers = _powers(297)
    await load(town, "powers", [*ours(), *powers])
    await load(town, "delegations", _given([*ours(), *powers]), effective=date(2026, 1, 1))
    entries = await _entries(client, "delegations")
    given = [one for one in entries if one["power_code"].startswith("Q")]
    assert len(given) == 297
    assert all(one["legal_basis"] and one["valid_from"] for one in given)
    told = await get(client, "matters/E02", division=COMMUNITY)
    assert [one["from_unit"] for one in told["powers"]] == ["区直部门"]
    assert told["power_missing"] is None


def ours():
    """The power of the paper town, which a new list has to name again to keep it."""
    return [_powers(1)[0] | {"code": "CG01", "name": "占道经营处罚"}]


async def row06(town, client):
    """一支队伍管执法: each officer with the powers held, against 362 enforcement matters."""
    powers = _powers(362)
    await load(town, "powers", [*ours(), *powers])
    matter = {"parent": "E", "kind": "enforcement"}
    await load(
        town,
        "matters",
        [
            {"code": "E", "name": "事件", "parent": "", "kind": "grid", "power_code": ""},
            *(
                {"code": f"E9{n:03}", "name": f"执法事项{n}", "power_code": one["code"]} | matter
                for n, one in enumerate(powers, 1)
            ),
        ],
    )
    lon, lat = middle(0, 0)
    all_round, half = powers, powers[:181]
    await load(
        town,
        "people",
        [
            {
                "code": code, "name": "王建国", "role": "officer", "division_code": COMMUNITY,
                "on_duty": "true", "capacity": 5, "lon": lon, "lat": lat, "datum": "wgs84",
                "powers": ";".join(one["code"] for one in held),
            }
            for code, held in {"all": all_round, "half": half}.items()
        ],
    )  # fmt: skip
    for matter_code, holders in {"E9001": {"all", "half"}, "E9362": {"all"}}.items():
        told = await get(client, "nearest", matter=matter_code, lon=lon, lat=lat, datum="wgs84")
        assert {one["code"] for one in told["candidates"]} == holders


async def row29(town, client):
    """综合执法赋权: 41 + 26 items pooled, 162 from 8 departments; the street commands, they pay."""
    pooled, given = _powers(41 + 26, "H"), _powers(162, "X")
    await load(town, "powers", [*ours(), *pooled, *given])
    departments = [f"职能部门{n}" for n in range(1, 9)]
    rows = _given(pooled, from_unit="城管局")
    for n, one in enumerate(given):
        rows += _given([one], from_unit=departments[n % 8])
    await load(town, "delegations", rows)
    entries = await _entries(client, "delegations")
    assert sum(one["power_code"].startswith("H") for one in entries) == 67
    sources = {one["from_unit"] for one in entries if one["power_code"].startswith("X")}
    assert (len(entries), len(sources)) == (67 + 162, 8)
    await officer_posted(town, client, home="CGJ", commanded_by="JD")


async def officer_posted(town, client, *, home, commanded_by):
    await load(
        town,
        "units",
        [
            a_unit(home, "城市管理局"),
            a_unit(commanded_by, "五老村街道", "street", "street", COMMUNITY),
        ],
    )
    person = {"name": "王建国", "role": "officer", "division_code": COMMUNITY}
    on_duty = {"on_duty": "true", "capacity": 3, "powers": "", "lon": "", "lat": "", "datum": ""}
    await load(town, "people", [{"code": "o1"} | person | on_duty])
    posting = {"home_unit": home, "commanding_unit": commanded_by, "begins": "2024-03-01"}
    await post(client, "people/o1/postings", 201, **posting)
    (told,) = await get(client, "people/o1/postings")
    assert (told["home_unit"], told["commanding_unit"]) == (home, commanded_by)
    assert (told["begins"], told["ends"]) == ("2024-03-01", None)


async def row43(town, client):
    """下沉编制: who was moved to the front line, whence and when; history stays."""
    await officer_posted(town, client, home="SZJ", commanded_by="YA")
    back = {"home_unit": "SZJ", "commanding_unit": "SZJ", "begins": "2025-03-01"}
    await post(client, "people/o1/postings", 201, **back)
    told = await get(client, "people/o1/postings")
    assert [(one["commanding_unit"], one["begins"], one["ends"]) for one in told] == [
        ("SZJ", "2025-03-01", None), ("YA", "2024-03-01", "2025-03-01"),
    ]  # fmt: skip


async def row44(town, client):
    """职责任务清单: who leads and who assists, per matter and level, as versions that change."""
    await load(
        town,
        "units",
        [
            a_unit("CGJ", "城管局"),
            a_unit("SJJ", "市监局"),
            a_unit("JD", "街道", "street", "street"),
        ],
    )
    duty = {"matter_code": "E", "unit_kind": "department", "task": ""}
    first = [
        duty | {"level": "county", "part": "lead", "unit_code": "CGJ"},
        duty | {"level": "county", "part": "assist", "unit_code": "SJJ"},
    ]
    today = date.today()
    soon = today + timedelta(days=30)
    await load(town, "duties", first, effective=today)
    second = [one | {"unit_code": {"CGJ": "SJJ", "SJJ": "CGJ"}[one["unit_code"]]} for one in first]
    await load(town, "duties", second, effective=soon)
    for day, lead in ((soon - timedelta(days=1), "城管局"), (soon, "市监局")):
        told = await get(client, "matters/E01", division=COUNTY, at=str(day))
        assert [one["unit_name"] for one in told["duties"] if one["part"] == "lead"] == [lead]
    versions = (await get(client, "lists", kind="duties"))["versions"]
    new, old = (one["id"] for one in versions[:2])
    told = await get(client, f"lists/{new}/differences", before=old)
    assert {(*one["key"][1:3], one["key"][-1]) for one in told["differences"]} == {
        ("county", part, unit) for part in ("lead", "assist") for unit in ("CGJ", "SJJ")
    }


async def row14(town, client):
    """6 stations became 10 bureaus: units of the past and of today, each asked for by its day."""
    stations = [a_unit(f"Z{n}", f"站所{n}") | {"valid_to": "2024-06-01"} for n in range(6)]
    bureaus = [
        a_unit(f"J{n}", f"局{n}") | {"valid_from": "2024-06-01", "valid_to": ""} for n in range(10)
    ]
    await load(town, "units", [*stations, *bureaus])
    assert len(await get(client, "units", at=str(date(2024, 5, 31)))) == 6
    assert len(await get(client, "units", at=str(date(2024, 6, 1)))) == 10


PROOFS = (
    [f"证明{n}" for n in range(5)],
    [f"取消的证明{n}" for n in range(118)],
)


async def row46(town, client):
    """证明事项清单: what a village may issue; 118 cancelled, each with what serves instead."""
    allowed, cancelled = PROOFS
    columns = ("code", "name", "allowed", "instead")
    rows = [(f"A{n}", name, "true", "") for n, name in enumerate(allowed)]
    rows += [(f"B{n:03}", name, "false", "部门联网核查") for n, name in enumerate(cancelled)]
    await load(town, "proofs", [dict(zip(columns, row, strict=True)) for row in rows])
    told = await get(client, "proofs", division=COMMUNITY)
    assert (told["allowed"], told["abolished"]) == (5, 118)
    assert all(one["instead"] for one in told["proofs"] if not one["allowed"])


async def row45(town, client):
    """减负: how many forms a grid worker fills in, and what is asked more than once, by name."""
    await load(town, "units", [a_unit("GAJ", "公安局"), a_unit("MZJ", "民政局")])
    form = {"role": "grid_worker", "every": "month"}
    people = {"form_code": "T1", "form_name": "实有人口核查表", "unit_code": "GAJ"} | form
    poor = {"form_code": "T2", "form_name": "困难走访表", "unit_code": "MZJ"} | form
    await load(
        town,
        "forms",
        [
            *(people | {"field": name} for name in ("户主姓名", "联系电话", "租住情况")),
            *(poor | {"field": name} for name in ("户主 姓名", "联系电话", "家庭收入")),
        ],
    )
    told = await get(client, "burden", division=COMMUNITY, role="grid_worker")
    assert (told["forms"], told["fields"], told["needless"]) == (2, 6, 2)
    assert {one["field"] for one in told["repeated"]} == {"户主姓名", "联系电话"}
    assert {form["unit_name"] for one in told["repeated"] for form in one["forms"]} == {
        "公安局", "民政局",
    }  # fmt: skip


async def row37(town, client):
    """三张清单: approvals, enforcement and duties, each a list with versions of its own."""
    await load(town, "units", [a_unit("SCJ", "市监局")])
    await load(town, "items", [an_item("S1", "SCJ", "approval")])
    await load(town, "powers", [*ours(), *_powers(1)])
    await load(town, "delegations", _given(_powers(1)))
    duty = {"matter_code": "E", "level": "county", "part": "lead", "unit_kind": "department"}
    await load(town, "duties", [duty | {"unit_code": "SCJ", "task": ""}])
    for kind in ("items", "delegations", "duties"):
        assert len(await _entries(client, kind)) == 1


def an_item(code, unit, kind="public", *, by_agent=True):
    return {
        "code": code, "name": f"事项{code}", "kind": kind, "unit_code": unit,
        "by_agent": str(by_agent).lower(),
    }  # fmt: skip


async def _hall(town, windows):
    """A hall in the middle of the town with windows: kind, and the items of each."""
    lon, lat = middle(1, 1)
    place = {"lon": lon, "lat": lat, "datum": "wgs84"}
    await load(town, "services", [{"code": "H", "name": "便民服务中心", "kind": "affairs"} | place])
    common = {"point_code": "H", "opens": "daily", "hours": "00:00-23:59"}
    rows = [
        {"code": f"W{n}", "name": f"窗口{n}", "kind": kind} for n, (kind, _) in enumerate(windows)
    ]
    await load(town, "windows", [row | common for row in rows])
    await load(
        town,
        "offers",
        [
            {"window_code": f"W{n}", "item_code": item}
            for n, (_, items) in enumerate(windows)
            for item in items
        ],
    )


async def row13(town, client):
    """便民服务中心: 5 public and 3 approval windows, 57 items of 7 stations; found from a place."""
    stations = [f"Z{n}" for n in range(7)]
    await load(town, "units", [a_unit(code, f"站所{code}") for code in stations])
    items = [an_item(f"S{n:02}", stations[n % 7]) for n in range(57)]
    await load(town, "items", items)
    codes = [one["code"] for one in items]
    await _hall(town, [("public" if n < 5 else "approval", codes[n::8]) for n in range(8)])
    lon, lat = middle(0, 0)
    told = await get(client, "service-windows", lon=lon, lat=lat, datum="wgs84")
    kinds = [one["kind"] for one in told]
    assert (kinds.count("public"), kinds.count("approval")) == (5, 3)
    assert sum(one["items"] for one in told) == 57
    assert all(one["open_now"] in {True, False} and one["hours"] for one in told)
    (only,) = await get(client, "service-windows", lon=lon, lat=lat, datum="wgs84", item="S03")
    assert only["code"] == "W3"
    assert 0 < only["distance_m"] < 2000


async def row30(town, client):
    """代办点: agents for 120 items near everybody: who lives within 500 m is counted."""
    await load(town, "units", [a_unit("ZX", "街道便民中心")])
    await load(town, "items", [an_item(f"S{n:03}", "ZX") for n in range(120)])
    await _hall(town, [("agent", [f"S{n:03}" for n in range(120)])])
    near = await get(client, "service-windows/reach", division=COMMUNITY, radius_m=500, item="S000")
    far = await get(client, "service-windows/reach", division=COMMUNITY, radius_m=50, item="S000")
    assert far["within"] < near["within"] <= near["households"] == far["households"]
    assert not far["full"]
    everybody = await get(client, "service-windows/reach", division=COMMUNITY, radius_m=5000)
    assert everybody["full"]
    assert everybody["within"] == everybody["households"]

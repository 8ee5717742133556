"""Tables over HTTP: columns chosen, every bad row told, all of a table stored or nothing."""

import csv
import io

import pytest
from openpyxl import Workbook
from sqlalchemy import text

from gridsvc.accounts.roles import Role
from gridsvc.db import transaction
from tests.towns import COMMUNITY, COUNTY
from tests.who import bearer, open_account

OURS = ("地址", "楼", "室", "人口 数", "备注")
HOMES = [
    ("A1", "b00", "101", 3, "甲"),
    ("A2", "b00", "102", 0, ""),
    ("A3", "b10", "101", 5, "乙"),
]
HOME_COLUMNS = {"address_code": "地址", "building_id": "楼", "room": "室", "residents": "人口 数"}
CREW = ("工号", "姓名", "手机", "岗位", "在岗")
PEOPLE = [("w1", "王小明", "13800000000", "网格员", "是"), ("w2", "李雷", "", "联络员", "否")]
CREW_COLUMNS = {"code": "工号", "name": "姓名", "phone": "手机", "role": "岗位", "on_duty": "在岗"}
CREW_VALUES = {"division_code": COMMUNITY, "capacity": "3"}


def in_csv(header, rows, encoding="utf-8"):
    file = io.StringIO()
    csv.writer(file).writerows([header, *rows])
    return file.getvalue().encode(encoding)


def in_xlsx(header, rows):
    book, file = Workbook(), io.BytesIO()
    for row in (header, *rows):
        book.active.append(row)
    book.save(file)
    return file.getvalue()


@pytest.fixture
async def desk(town, client):
    async with transaction(town) as session:
        ann = await open_account(session, "ann", [Role.PLANNER], [COMMUNITY])

    async def send(path, content, *, columns=None, values=None, expect=200, division=COMMUNITY):
        pairs = {
            "column": [f"{name}:{column}" for name, column in (columns or {}).items()],
            "value": [f"{name}:{value}" for name, value in (values or {}).items()],
        }
        answer = await client.post(
            f"/api/tables/{path}",
            params={"division": division} | pairs,
            content=content,
            headers=bearer(ann) | {"content-type": "application/octet-stream"},
        )
        assert answer.status_code == expect, answer.text
        return answer.json()

    return send


async def rows(engine, sql):
    async with engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(text(sql))]


HOUSEHOLDS = "SELECT address_code, room, residents FROM household ORDER BY 1"


@pytest.mark.parametrize("written", [in_csv, in_xlsx])
async def test_columns_are_told_with_samples_and_a_guess(desk, written):
    header = ("楼栋编号", "地址编码", "人 数", "楼栋编号", "")
    told = await desk("households/columns", written(header, [("b00", "A1", 3, "x", "y")]))
    named = [column["name"] for column in told["columns"]]
    assert named == ["楼栋编号", "地址编码", "人 数", "楼栋编号"]
    assert [column["samples"] for column in told["columns"][:3]] == [["b00"], ["A1"], ["3"]]
    guessed = {one["name"]: one["column"] for one in told["fields"]}
    assert guessed["building_id"] == "楼栋编号"
    assert guessed["residents"] == "人 数"
    assert guessed["floor"] is None
    needed = {one["name"] for one in told["fields"] if one["needed"]}
    assert needed == {"address_code", "building_id", "residents"}


@pytest.mark.parametrize("written", [in_csv, in_xlsx])
async def test_households_are_checked_then_stored_and_again_the_same(desk, town, written):
    content = written(OURS, HOMES)
    told = await desk("households/check", content, columns=HOME_COLUMNS)
    assert told == {"rows": 3, "bad": 0, "faults": [], "replaced": 0}
    assert await rows(town, HOUSEHOLDS) == []
    for _ in range(2):
        assert await desk("households", content, columns=HOME_COLUMNS) == {"loaded": 3}
        assert await rows(town, HOUSEHOLDS) == [
            ("A1", "101", 3),
            ("A2", "102", 0),
            ("A3", "101", 5),
        ]
    counted = "SELECT source_id, households FROM building WHERE NOT estimated ORDER BY 1"
    assert await rows(town, counted) == [("b00", 2), ("b10", 1)]
    told = await desk("households/check", content, columns=HOME_COLUMNS)
    assert told["replaced"] == 3


async def test_every_bad_row_is_told_with_its_line_and_nothing_is_stored(desk, town):
    bad = [*HOMES, ("A4", "zz", "", 1, ""), ("A1", "b20", "", 1, ""), ("A6", "b20", "", "many", "")]
    content = in_csv(OURS, bad)
    told = await desk("households/check", content, columns=HOME_COLUMNS)
    assert (told["rows"], told["bad"]) == (6, 3)
    faults = [(one["line"], one["field"], one["code"], one["cell"]) for one in told["faults"]]
    assert faults == [
        (5, "building_id", "no_building", "zz"),
        (6, "address_code", "address_twice", "A1"),
        (7, "residents", "int_parsing", "many"),
    ]
    refused = await desk("households", content, columns=HOME_COLUMNS, expect=422)
    assert [row.partition(":")[0] for row in refused["rows"]] == ["line 5", "line 6", "line 7"]
    assert await rows(town, HOUSEHOLDS) == []


async def test_people_are_taken_in_sealed_with_chinese_words_and_values_for_all(desk, town):
    content = in_csv(CREW, PEOPLE)
    told = await desk("people/check", content, columns=CREW_COLUMNS, values=CREW_VALUES)
    assert (told["rows"], told["bad"], told["replaced"]) == (2, 0, 0)
    assert await desk("people", content, columns=CREW_COLUMNS, values=CREW_VALUES) == {"loaded": 2}
    found = await rows(
        town,
        "SELECT p.code, p.role, p.on_duty, w.capacity, p.name_sealed, p.phone_sealed IS NULL"
        " FROM person p JOIN workload w ON w.person_id = p.id ORDER BY p.code",
    )
    assert [row[:4] for row in found] == [
        ("w1", "grid_worker", True, 3),
        ("w2", "liaison", False, 3),
    ]
    assert [row[5] for row in found] == [False, True]
    assert "王小明" not in found[0][4]
    told = await desk("people/check", content, columns=CREW_COLUMNS, values=CREW_VALUES)
    assert told["replaced"] == 2


async def test_people_of_elsewhere_are_refused(desk, town):
    async with town.begin() as connection:
        await connection.execute(
            text("INSERT INTO division (code, name) VALUES ('990101001002', '隔壁')")
        )
        await connection.execute(
            text(
                "INSERT INTO person (code, name_sealed, name_masked, role, division_code, on_duty)"
                " VALUES ('w2', 'x', 'x', 'liaison', '990101001002', true)"
            )
        )
    header = ("code", "name", "role", "division_code", "on_duty", "capacity", "powers", "lon")
    there = "990101001002"
    crew = [
        ("w1", "甲", "grid_worker", COUNTY, "true", 1, "", ""),
        ("w2", "乙", "liaison", COMMUNITY, "true", 1, "", ""),
        ("w3", "丙", "officer", there, "true", 1, "", ""),
        ("w4", "丁", "officer", COMMUNITY, "true", 1, "ZZ", "118.7"),
        ("w4", "戊", "officer", "123", "true", 1, "", ""),
    ]
    told = await desk("people/check", in_csv(header, crew))
    assert told["bad"] == 5
    found = {(one["line"], one["code"]) for one in told["faults"]}
    assert {(2, "outside"), (3, "code_elsewhere"), (5, "no_power"), (5, "half_a_place")} <= found
    assert any(line == 4 for line, _ in found)
    assert any(line == 6 for line, _ in found)
    before = await rows(town, "SELECT code, name_masked FROM person ORDER BY 1")
    await desk("people", in_csv(header, crew), expect=422)
    assert await rows(town, "SELECT code, name_masked FROM person ORDER BY 1") == before


@pytest.mark.parametrize(
    ("content", "given", "reason"),
    [
        (in_csv(OURS, HOMES, "gb18030"), {}, "not UTF-8"),
        (in_csv(OURS, HOMES), {}, "lacks the column address_code"),
        (in_csv(OURS, HOMES), {"columns": HOME_COLUMNS | {"unit": "单元"}}, "no column 单元"),
        (in_csv(OURS, HOMES), {"columns": HOME_COLUMNS | {"owner": "备注"}}, "no 'owner'"),
        (in_csv(OURS, []), {"columns": HOME_COLUMNS}, "no rows"),
        (b"", {}, "empty"),
        (b"PK\x03\x04nothing", {}, "damaged"),
    ],
)
async def test_what_cannot_be_read_is_refused_with_the_reason(desk, content, given, reason):
    for step in ("households/check", "households"):
        told = await desk(step, content, expect=422, **given)
        assert reason in told["detail"]


async def test_only_the_own_area_is_loaded(desk):
    for step in ("households/columns", "households/check", "households"):
        for code in (COUNTY, "320102003001"):
            await desk(step, in_csv(OURS, HOMES), division=code, expect=404)


async def test_what_was_loaded_is_in_the_trail(desk, town):
    await desk("households", in_csv(OURS, HOMES), columns=HOME_COLUMNS)
    found = await rows(
        town, "SELECT login, object_id FROM audit_entry WHERE action = 'loaded' ORDER BY 1"
    )
    assert ("ann", "households") in found

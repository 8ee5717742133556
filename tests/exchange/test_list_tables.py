"""Lists from files: told by their columns, every bad row named, all of them or nothing."""

import csv
from datetime import date

import pytest
from openpyxl import Workbook
from sqlalchemy import text

from gridsvc.db import transaction
from gridsvc.errors import BadInput
from gridsvc.exchange import load as loading
from gridsvc.mandates import queries
from tests.towns import COMMUNITY, COUNTY
from tests.who import KEYRING

ROWS = {
    "units": {"code": "CGJ", "name": "城管局", "kind": "department", "level": "county",
              "parent": "", "division_code": "990101", "valid_from": "2020-01-01"},
    "delegations": {"power_code": "CG01", "division_code": COMMUNITY, "from_unit": "城管局",
                    "legal_basis": "决定", "valid_from": "2023-07-01", "valid_to": "2028-07-01"},
    "limits": {"matter_code": "E01", "stage": "handle", "sequence": "1", "name": "停工",
               "amount": "4", "time_unit": "working_hours"},
    "policies": {"matter_code": "E", "first": "nearest", "reach": "county", "max_radius_m": "",
                 "max_position_age_s": "900", "accept_within_s": "300", "travel_mode": "ebike",
                 "rest_s": "60"},
    "duties": {"matter_code": "E", "level": "county", "part": "lead", "unit_kind": "department",
               "unit_code": "CGJ", "task": "查处"},
    "calendars": {"first": "2026-01-01", "last": "2026-12-31", "kind": "hours", "name": "全年",
                  "hours": "08:30-12:00;14:00-17:30"},
}  # fmt: skip
TABLE = {"units": "unit", "delegations": "delegation", "limits": "time_limit",
         "policies": "dispatch_policy", "duties": "duty", "calendars": "calendar_day"}  # fmt: skip


@pytest.fixture
def file_of(tmp_path):
    """Write a list of a kind as CSV or XLSX; its path."""

    def write(kind, rows, suffix="csv", name=None):
        path = tmp_path / f"{name or kind}.{suffix}"
        if suffix == "csv":
            with path.open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, rows[0])
                writer.writeheader()
                writer.writerows(rows)
        else:
            book = Workbook()
            book.active.append(list(rows[0]))
            for row in rows:
                book.active.append([_typed(cell) for cell in row.values()])
            book.save(path)
        return path

    return write


def _typed(cell):
    """As a spreadsheet would hold it: dates and numbers, not texts."""
    if len(cell) == 10 and cell[4] == "-":
        return date.fromisoformat(cell)
    return int(cell) if cell.isdigit() and len(cell) < 5 else cell


async def load(engine, *paths, **options):
    async with transaction(engine) as session:
        return await loading.load(session, loading.jobs(paths), keyring=KEYRING, **options)


async def rows_in(engine, table):
    async with engine.connect() as connection:
        return await connection.scalar(text(f"SELECT count(*) FROM {table}"))


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
async def test_all_kinds_are_told_by_their_columns_and_loaded(town, file_of, suffix):
    paths = [file_of(kind, [row], suffix) for kind, row in ROWS.items()]
    told = {path.stem: loading.jobs([path])[0].kind for path in paths}
    assert told == {kind: kind for kind in ROWS}
    for _ in range(2):
        counts = await load(town, *reversed(paths))
        assert counts == {kind: {kind: 1} for kind in ROWS}
    for kind, table in TABLE.items():
        assert await rows_in(town, table) == 1, kind
    async with transaction(town) as session:
        moment = await queries.now(session)
        (limit,) = await queries.limits_of(session, "E01", COMMUNITY, moment)
        (duty,) = await queries.duties_of(session, "E01", "county", moment)
        policy = await queries.policy_of(session, "E02")
        (power,) = await queries.powers_in(session, COMMUNITY, moment)
        calendar = await queries.calendar_of(session, COMMUNITY)
        sources = set(await session.scalars(text("SELECT source FROM list_version")))
    assert (limit.name, limit.amount) == ("停工", 4)
    assert (duty.unit_code, duty.unit_name, duty.part) == ("CGJ", "城管局", "lead")
    assert (policy.first, policy.max_radius_m, policy.rest_s) == ("nearest", None, 60)
    assert power.valid_to == date(2028, 7, 1)
    assert calendar.sessions(date(2026, 5, 4))
    assert f"limits.{suffix}" in sources


async def test_a_list_holds_for_its_area_from_its_day(town, file_of):
    path = file_of("limits", [ROWS["limits"]])
    await load(town, path, division=COUNTY, effective_from=date(2025, 5, 1))
    async with town.connect() as connection:
        version = (
            await connection.execute(
                text(
                    "SELECT division_code, begins AT TIME ZONE 'Asia/Shanghai' AS begins"
                    " FROM list_version WHERE kind = 'limits'"
                )
            )
        ).one()
    assert (version.division_code, str(version.begins)) == (COUNTY, "2025-05-01 00:00:00")


@pytest.mark.parametrize(
    ("kind", "change", "says"),
    [
        ("units", {"division_code": "880101"}, "line 3: there is no division 880101000000"),
        ("units", {"valid_to": "2019-01-01"}, "line 3: .*valid_to must be after valid_from"),
        ("units", {"kind": "shop"}, "line 3: kind"),
        ("delegations", {"power_code": "CG99"}, "line 3: there is no power CG99"),
        ("delegations", {"division_code": "880101001"}, "line 3: there is no division"),
        ("delegations", {"valid_to": "2023-07-01"}, "valid_to must be after"),
        ("limits", {"matter_code": "E99"}, "line 3: there is no matter E99; load it first"),
        ("limits", {}, "line 3: says again what line 2 says"),
        ("limits", {"amount": "0"}, "line 3: amount"),
        ("limits", {"amount": "nan"}, "line 3: amount"),
        ("limits", {"stage": "handled"}, "line 3: stage"),
        ("limits", {"time_unit": "days"}, "line 3: time_unit"),
        ("policies", {"reach": "moon"}, "line 3: reach"),
        ("policies", {"accept_within_s": "0"}, "line 3: accept_within_s"),
        ("duties", {"unit_code": "XXX"}, "line 3: there is no unit XXX"),
        ("duties", {"part": "watch"}, "line 3: part"),
        ("calendars", {"last": "2027-01-01"}, "line 3: .*same year"),
        ("calendars", {"hours": "9-17"}, "line 3: hours.*no office hours"),
        ("calendars", {"hours": ""}, "line 3: .*rows of the kind hours have hours"),
        ("calendars", {"first": "2026-07-01"}, "says two things of 2026-07-01"),
    ],
)
async def test_a_bad_row_is_named_and_nothing_is_loaded(town, file_of, kind, change, says):
    if kind == "duties":
        await load(town, file_of("units", [ROWS["units"]]))
    before = await rows_in(town, "list_version")
    row = {"valid_to": ""} | ROWS[kind] if kind == "units" else ROWS[kind]
    with pytest.raises(BadInput, match=says):
        await load(town, file_of(kind, [row, row | change]))
    assert await rows_in(town, TABLE[kind]) == 0
    assert await rows_in(town, "list_version") == before


async def test_two_lists_at_once_do_not_replace_each_other(town, file_of):
    one = file_of("limits", [ROWS["limits"]], name="one")
    other = file_of("limits", [ROWS["limits"] | {"amount": "9"}], name="other")
    with pytest.raises(BadInput, match=r"one\.csv and other\.csv are both lists of limits"):
        await load(town, one, other)
    assert await rows_in(town, "time_limit") == 0


async def test_a_bad_file_undoes_the_good_ones(town, file_of):
    good = file_of("limits", [ROWS["limits"]])
    bad = file_of("policies", [ROWS["policies"] | {"matter_code": "X"}])
    with pytest.raises(BadInput, match="there is no matter X"):
        await load(town, good, bad)
    assert await rows_in(town, "time_limit") == 0


async def test_a_unit_below_an_unknown_one_is_refused(town, file_of):
    with pytest.raises(BadInput, match="belongs to ABC, which is not on the list"):
        await load(town, file_of("units", [ROWS["units"] | {"parent": "ABC"}]))

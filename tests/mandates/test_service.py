"""The lists of matters and powers: taken in whole, looked up one by one."""

from datetime import date, datetime

import pytest

from gridsvc.errors import BadInput
from gridsvc.mandates import queries, service
from gridsvc.mandates.calendar import ZONE
from gridsvc.mandates.lists import DispatchPolicy
from gridsvc.mandates.service import Edition
from tests.towns import COMMUNITY, COUNTY, load_lists


def power(code="P1", **columns):
    common = {"name": "权力", "legal_basis": "法", "valid_from": date(2020, 1, 1), "valid_to": None}
    return {"code": code} | common | columns


def matter(code, parent=None, kind="grid", power_code=None):
    return {
        "code": code, "name": f"事项{code}", "parent_code": parent, "kind": kind,
        "power_code": power_code,
    }  # fmt: skip


async def test_a_class_is_not_reported_its_parts_are(session):
    await load_lists(session)
    found = await service.reportable_matter(session, "E02")
    assert (found.kind, found.power_code, found.leaf) == ("enforcement", "CG01", True)
    with pytest.raises(BadInput, match="is a class"):
        await service.reportable_matter(session, "E")
    with pytest.raises(BadInput, match="unknown matter 'E99'"):
        await service.reportable_matter(session, "E99")


async def test_lists_may_come_in_any_order_and_again(session):
    rows = [matter("A11", "A1"), matter("A1", "A"), matter("B"), matter("A")]
    for _ in range(2):
        assert await service.load_matters(session, rows) == 4
    assert (await queries.matter(session, "A11")).leaf
    assert not (await queries.matter(session, "A1")).leaf


async def test_a_parent_may_be_known_from_before(session):
    await service.load_matters(session, [matter("A")])
    await service.load_matters(session, [matter("A1", "A")])
    assert not (await queries.matter(session, "A")).leaf


async def test_a_power_is_changed_by_loading_it_again(session):
    await service.load_powers(session, [power(name="旧名")])
    await service.load_powers(session, [power(name="新名")])
    assert await queries.power_codes(session) == {"P1"}


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([matter("A", "A")], "circle"),
        ([matter("A", "B"), matter("B", "A")], "circle"),
        ([matter("A", "Z")], "Z"),
        ([matter("A", kind="enforcement", power_code="XX")], "load the powers first"),
        ([matter("A", power_code="P1")], "only enforcement matters"),
        ([matter("A"), matter("A")], "A comes twice"),
    ],
)
async def test_matters_that_do_not_fit_are_refused(session, rows, says):
    await service.load_powers(session, [power()])
    with pytest.raises(BadInput, match=says):
        await service.load_matters(session, rows)
    assert await queries.matter(session, "A") is None


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([power(), power()], "P1 comes twice"),
        ([power(valid_to=date(2020, 1, 1))], "P1 ends before it begins"),
        ([power(valid_to=date(2019, 1, 1))], "P1 ends before it begins"),
    ],
)
async def test_powers_that_do_not_fit_are_refused(session, rows, says):
    with pytest.raises(BadInput, match=says):
        await service.load_powers(session, rows)
    assert await queries.power_codes(session) == set()


async def test_nothing_new_is_reported_under_a_matter_that_ended(session):
    await load_lists(session)
    await service.load_matters(session, [matter("E01", "E") | {"valid_to": date(2026, 1, 1)}])
    with pytest.raises(BadInput, match=r"E01 .* has ended"):
        await service.reportable_matter(session, "E01")


async def test_powers_and_matters_hold_from_when_they_are_loaded(session):
    with pytest.raises(BadInput, match=r"powers.* holds from when it is loaded"):
        await service.load_powers(session, [power()], Edition(effective_from=date(2999, 1, 1)))


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([("A", "A")], "circle"),
        ([("A", "Z")], "belongs to Z, which is not on the list"),
        ([("A", None), ("A", None)], "A comes twice"),
    ],
)
async def test_units_that_do_not_fit_are_refused(town_session, rows, says):
    units = [unit(code, parent_code=parent) for code, parent in rows]
    with pytest.raises(BadInput, match=says):
        await service.load_units(town_session, units)


def unit(code, **columns):
    common = {"name": f"单位{code}", "kind": "department", "level": "county", "parent_code": None}
    valid = {"division_code": COUNTY, "valid_from": date(2020, 1, 1), "valid_to": None}
    return {"code": code} | common | valid | columns


def delegation(division=COMMUNITY, **columns):
    common = {"power_code": "CG01", "from_unit": "城管局", "legal_basis": "决定"}
    valid = {"valid_from": date(2023, 7, 1), "valid_to": date(2026, 7, 1)}
    return {"division_code": division} | common | valid | columns


def at(*parts):
    return datetime(*parts, tzinfo=ZONE)


async def test_why_a_division_may_not_use_a_power(town_session):
    why = service.why_no_power
    # Without a list of delegations, every division has the powers that are valid.
    assert await why(town_session, "CG01", COMMUNITY, at(2026, 1, 1)) is None
    assert "自 2020-01-01 起才有效" in await why(town_session, "CG01", COMMUNITY, at(2019, 5, 1))
    assert "没有 CG99" in await why(town_session, "CG99", COMMUNITY, at(2026, 1, 1))
    await service.load_list(town_session, "delegations", [delegation()])
    assert await why(town_session, "CG01", COMMUNITY, at(2026, 6, 30, 23, 59)) is None
    assert "已于 2026-07-01 失效" in await why(town_session, "CG01", COMMUNITY, at(2026, 7, 1))
    assert "自 2023-07-01" in await why(town_session, "CG01", COMMUNITY, at(2023, 6, 30))
    assert "未赋予 990101002001" in await why(town_session, "CG01", "990101002001", at(2026, 1, 1))


async def test_a_power_given_to_a_street_is_had_by_what_is_in_it(town_session):
    await service.load_list(town_session, "delegations", [delegation(COUNTY)])
    (given,) = await queries.powers_in(town_session, COMMUNITY, at(2026, 1, 1))
    assert (given.division_code, given.from_unit) == (COUNTY, "城管局")
    assert await queries.powers_in(town_session, COMMUNITY, at(2026, 7, 1)) == []


async def test_a_power_that_expired_is_not_had_whatever_was_given(town_session):
    row = power("CG01", valid_to=date(2026, 2, 1))
    await service.load_powers(town_session, [row])
    await service.load_list(town_session, "delegations", [delegation()])
    assert await queries.powers_in(town_session, COMMUNITY, at(2026, 1, 31))
    assert await queries.powers_in(town_session, COMMUNITY, at(2026, 2, 1)) == []
    told = await service.why_no_power(town_session, "CG01", COMMUNITY, at(2026, 2, 1))
    assert told == "权力 CG01（权力）已于 2026-02-01 失效"


def policy(matter_code, first):
    rest = {"reach": "street", "max_radius_m": None, "max_position_age_s": None}
    more = {"accept_within_s": 60.0, "travel_mode": "walk", "rest_s": 0.0}
    return {"matter_code": matter_code, "first": first} | rest | more


async def test_a_policy_is_that_of_the_nearest_class(session):
    await load_lists(session)
    assert await queries.policy_of(session, "E01") == DispatchPolicy()
    await service.load_list(
        session, "policies", [policy("E", "nearest"), policy("E01", "own_grid")]
    )
    told = [(await queries.policy_of(session, code)) for code in ("E01", "E02", "E")]
    assert [(one.first, one.matter_code) for one in told] == [
        ("own_grid", "E01"), ("nearest", "E"), ("nearest", "E"),
    ]  # fmt: skip
    assert await queries.policy_of(session, "unknown") == DispatchPolicy()


def duty(matter_code, kind, code=None, part="lead", level="county"):
    return {
        "matter_code": matter_code, "level": level, "part": part, "unit_kind": kind,
        "unit_code": code, "task": "",
    }  # fmt: skip


async def test_duties_name_a_unit_or_the_nearest_of_its_kind(town_session):
    await service.load_units(
        town_session,
        [
            unit("T2", kind="team", division_code=COMMUNITY, parent_code="D"), unit("D"),
            unit("T1", kind="team"),
            unit("T3", kind="team", division_code=COMMUNITY, valid_to=date(2021, 1, 1)),
        ],
    )  # fmt: skip
    rows = [
        duty("E", "department", "D"), duty("E", "enterprise", part="assist"),
        duty("E", "team", level="street"), duty("E02", "team", level="county"),
    ]  # fmt: skip
    await service.load_list(town_session, "duties", rows)
    moment = await queries.now(town_session)

    async def told(code, level, division):
        found = await queries.duties_of(town_session, code, level, moment, division)
        return [(one.part, one.unit_code) for one in found]

    assert await told("E01", "county", COMMUNITY) == [("lead", "D"), ("assist", None)]
    assert await told("E01", "street", COMMUNITY) == [("lead", "T2")]
    assert await told("E01", "street", COUNTY) == [("lead", "T1")]
    # A matter's own duties at a level put those of its class aside, at that level alone.
    assert await told("E02", "county", COMMUNITY) == [("lead", "T2")]
    assert await told("E02", None, COMMUNITY) == [("lead", "T2"), ("lead", "T2")]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"last": date(2027, 1, 1)}, "no span of days within a year"),
        ({"last": date(2025, 1, 1)}, "no span of days within a year"),
        ({"hours": "x"}, "no office hours"),
        ({"kind": "off"}, "only rows of the kind hours"),
    ],
)
async def test_calendars_that_do_not_fit_are_refused(session, change, says):
    row = {"first": date(2026, 1, 1), "last": date(2026, 12, 31), "kind": "hours", "name": "",
           "hours": "09:00-17:00"}  # fmt: skip
    with pytest.raises(BadInput, match=says):
        await service.load_list(session, "calendars", [row | change])

"""The lists of matters and powers: taken in whole, looked up one by one."""

from datetime import date

import pytest

from gridsvc.errors import BadInput
from gridsvc.mandates import queries, service
from tests.towns import load_lists


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

"""The page of registers: every share with its parts, nobody named, forms for who may act alone."""

import io
import re
from html import unescape
from uuid import uuid4

import openpyxl

from gridsvc.accounts.roles import Role
from gridsvc.db import transaction
from gridsvc.web import register_pages, register_words
from tests.flows.office import get, load, post
from tests.mandates.test_offices import FORM, ITEM, POINT, PROOF, UNIT, WINDOW
from tests.registers.groups import a_group, a_standard, found, set_groups
from tests.registers.projects import (
    PAIRING,
    a_programme,
    a_project,
    an_entry,
    departments,
    held_by,
    set_projects,
)
from tests.registers.repairs import a_pack, called, granted, mended, settled
from tests.registers.sittings import SETTLED, a_meeting, a_motion, opened, studios
from tests.towns import COMMUNITY, COUNTY
from tests.who import bearer, open_account

PAYLOAD = "<img src=x onerror=alert(1)>"


async def drawn(client, view, headers=None, **asked):
    answer = await client.get("/registers", params={"view": view} | asked, headers=headers)
    assert answer.status_code == 200, answer.text
    assert "<img src=x" not in answer.text
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", answer.text)))


async def somebody(town, role, areas=(COUNTY,)):
    async with transaction(town) as session:
        return bearer(await open_account(session, uuid4().hex[:8], [role], list(areas)))


def test_every_view_has_its_words_and_is_read():
    assert register_pages._READ.keys() == register_words.VIEWS.keys()


async def test_an_empty_register_says_what_to_do(client, town):
    for view in register_words.VIEWS:
        page = await drawn(client, view)
        assert "载入" in page or "用接口 POST" in page, view


async def test_groups_tell_whom_none_serves_before_those_there_are(client, town):
    await set_groups(client, a_group(name=PAYLOAD))
    page = await drawn(client, "groups", kind="team")
    assert "覆盖率 100.0% 1 / 1 个" in page
    assert f"{PAYLOAD} village" in page
    page = await drawn(client, "groups", kind="centre")
    assert "覆盖率 0.0% 0 / 1 个" in page
    assert f"共 1 个 编码 名称 {COMMUNITY}" in page


async def test_a_standard_tells_its_share_and_what_is_missing_where(client, town):
    standard = await a_standard(client, {"三有": {"kit": "装备统一", "sign": PAYLOAD}})
    cells = [one["properties"]["code"] for one in (await get(client, "micro-grids"))["features"]]
    on = (await get(client, f"standards/{standard}/result"))["on"]
    good = [(cells[0], "kit", ""), (cells[0], "sign", "")]
    told = await found(client, standard, [*good, (cells[1], "kit", "未配备")], on=on)
    assert told.status_code == 201, told.text
    page = await drawn(client, "standards", chosen=standard)
    assert f"全部达标 {100 / len(cells):.1f}% 1 / {len(cells)} 个" in page
    assert f"{cells[1]} 装备统一 {PAYLOAD}" in page
    assert "登记检查结果" in page
    assert "登记检查结果" not in await drawn(
        client, "standards", await somebody(town, Role.DEPARTMENT)
    )


async def test_projects_tell_what_is_done_of_what_is_owed_and_mask_names(client, town):
    await departments(town, "ZJJ")
    roles = [*PAIRING["roles"], {"code": "secretary", "name": "第一书记"}]
    programme = await a_programme(client, **PAIRING | {"roles": roles})
    (project, _) = await set_projects(
        client,
        a_project(programme, "a", name=PAYLOAD, holders=[held_by("department", unit="ZJJ")]),
        a_project(programme, "b", holders=[held_by("secretary", name="欧阳明")]),
    )
    await post(client, f"projects/{project}/entries", 201, **an_entry("k", quota="items", amount=4))
    page = await drawn(client, "projects", chosen=programme)
    assert "4 / 应办 10" in page
    assert "0 / 应办 5" in page
    assert "完成：办实事 0.0% 0 / 2 个" in page
    assert "结对部门：ZJJ局" in page
    assert "责任人不全" in page
    assert "欧阳明" not in page


async def test_disputes_name_nobody_and_are_for_who_keeps_registers(client, town):
    group, *_ = await studios(town, client)
    ended, _ = await opened(client, group, kind=PAYLOAD), await opened(client, group)
    await post(client, f"mediations/{ended}/result", **SETTLED)
    meeting = a_meeting(group, motions=[a_motion(12, 3, proposal=PAYLOAD), a_motion(2, 9)])
    await post(client, "deliberations", 201, **meeting)
    page = await drawn(client, "sittings")
    assert "调解成功率 50.0% 1 / 2 件" in page
    assert "就地化解率 100.0% 1 / 1 件" in page
    assert "95.0%（19/20）" in page
    assert "赞成 12，反对 3" in page
    assert page.count("未通过") == 1
    for secret in ("欧阳明", "诸葛红", "楼上漏水", "13812345678"):
        assert secret not in page
    appraiser = await drawn(client, "sittings", await somebody(town, Role.APPRAISER))
    assert "调解成功率 50.0% 1 / 2 件" in appraiser
    assert "邻里纠纷" not in appraiser
    worker = await drawn(client, "sittings", await somebody(town, Role.OFFICER, [COMMUNITY]))
    assert "调解成功率" not in worker
    assert "加装电梯议事" in worker


async def test_repairs_tell_their_course_and_offer_the_next_step_to_who_may(client, town):
    (crew,) = await set_groups(client, a_group("crew", kind="crew"))
    pack = await a_pack(client)
    await granted(client, 100_000)
    first = await called(client, pack)
    await mended(client, first, crew)
    assert (await settled(client, first, 25_000)).status_code == 200
    await called(client, pack, description=PAYLOAD, item="lamp")
    page = await drawn(client, "repairs")
    assert "修好 50.0% 1 / 2 件" in page
    assert "资金使用率 25.0% 250.00 / 1,000.00 元" in page
    assert "楼道灯 50.0%（1/2）" in page
    assert PAYLOAD in page
    assert "登记查看情况" in page
    assert "是否危及安全" in page
    watching = await drawn(client, "repairs", await somebody(town, Role.DEPARTMENT))
    assert PAYLOAD in watching
    assert "登记查看情况" not in watching


async def test_windows_and_forms_tell_who_is_near_and_what_is_asked_twice(client, town):
    other = {"form_code": "T2", "form_name": PAYLOAD}
    for kind, rows in {
        "services": [POINT | {"name": PAYLOAD}],
        "units": [UNIT],
        "items": [ITEM | {"name": PAYLOAD}],
        "windows": [WINDOW],
        "offers": [{"window_code": "W", "item_code": "S"}],
        "proofs": [PROOF, PROOF | {"code": "Q", "name": PAYLOAD, "allowed": "false"}
                   | {"basis": "放管服", "instead": "户口簿"}],
        "forms": [FORM, FORM | other, FORM | {"field": "电话"}],
    }.items():  # fmt: skip
        await load(town, kind, rows)
    page = await drawn(client, "services", item="S")
    within = (await get(client, "service-windows/reach", division=COUNTY))["within"]
    assert f"{within} / " in page
    assert f"窗口 {PAYLOAD} 公共服务 每天 08:00-12:00" in page
    page = await drawn(client, "burden")
    assert "重复填报 33.3% 1 / 3 项" in page
    assert f"姓名 网格员 2 表（局）；{PAYLOAD}（局）" in page
    assert f"{PAYLOAD} 不再开 放管服 户口簿" in page


async def test_who_sees_no_registers_has_no_page(client, town):
    auditor = await somebody(town, Role.AUDITOR)
    assert (await client.get("/registers", headers=auditor)).status_code == 403


async def test_the_workbook_has_the_same_figures_and_text_stays_text(client, town):
    await set_groups(client, a_group(name="=1+1"))
    await a_standard(client, {"": {"kit": "装备统一"}})
    group, *_ = await studios(town, client)
    await opened(client, group)
    await a_pack(client)
    answer = await client.get("/api/registers/workbook", params={"division": COUNTY})
    assert answer.status_code == 200, answer.text
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert book.sheetnames == ["组织", "覆盖", "标准", "项目", "调解", "议事", "应急小修"]
    names = [cell for cell in book["组织"]["B"] if cell.value == "=1+1"]
    assert [one.data_type for one in names] == ["s"]
    cells = len((await get(client, "micro-grids"))["features"])
    assert ("标准", "全部", "达标率", 0, cells) in list(book["标准"].values)
    assert ("调解成功率", 0, 1) in list(book["调解"].values)

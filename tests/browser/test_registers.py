"""The outreach desk and the appraisal page in a real browser: their forms act, or say why not."""

from datetime import datetime

import pytest
from sqlalchemy import text

from gridsvc.accounts import passwords
from gridsvc.accounts.roles import Role
from gridsvc.db import transaction
from gridsvc.web import appraisal_words, outreach_words, register_words
from tests.appraisal.test_surveying import a_scheme, a_wave
from tests.browser.axe import serious
from tests.browser.phone import PHONE, a_phone
from tests.flows.office import post
from tests.live import served
from tests.outreach.devices import a_camera, a_device, raised, stood
from tests.outreach.receptions import begun_cycle, begun_month
from tests.outreach.visits import a_visit, a_worker, begun, settle_homes
from tests.outreach.warnings import a_row, a_scene, sent
from tests.outreach.windows import opened, registered
from tests.registers.groups import a_group, a_standard, set_groups
from tests.registers.projects import PAIRING, a_programme, a_project, set_projects
from tests.registers.repairs import a_pack, called
from tests.registers.sittings import a_meeting, a_motion
from tests.registers.sittings import opened as disputed
from tests.towns import COMMUNITY, COUNTY, middle
from tests.who import bearer, open_account

pytestmark = pytest.mark.browser

PASSWORD = "Correct-Horse-7"
DESK = {"width": 1366, "height": 768}


@pytest.fixture
async def address(town, town_url, client_of):
    """A town with something in every register, and who supervises and appraises it."""
    homes = await settle_homes(town)
    worker = await a_worker(town)
    async with transaction(town) as session:
        model = bearer(await open_account(session, "model", [Role.PARTNER]))
        hashed = await passwords.hashed(PASSWORD)
        roles = [Role.SUPERVISOR, Role.APPRAISER]
        await open_account(session, "chief", roles, [COUNTY], password_hash=hashed)
    async with client_of(town_url) as client:
        season = await begun(client)
        far = {"lon": middle(3, 3)[0], "lat": middle(3, 3)[1], "explained": "在门口"}
        made = await client.post(
            "/api/visits", json=a_visit(season, homes[0], **far), headers=worker
        )
        assert made.status_code == 201, made.text
        await a_scene(client)
        await sent(client, model, [a_row("r1", homes[0].address), a_row("r2", "nowhere")])
        await registered(client, await opened(client), "ji-nan")
        await begun_month(client, await begun_cycle(client))
        await stood(client, a_camera())
        await raised(client, (await stood(client, a_device()))["key"])
        (crew,) = await set_groups(client, a_group("crew", kind="crew"))
        await a_standard(client, {"": {"kit": "装备统一"}}, subject="division", kind="community")
        programme = await a_programme(client, **PAIRING)
        await set_projects(client, a_project(programme))
        await disputed(client, crew)
        await post(client, "deliberations", 201, **a_meeting(crew, motions=[a_motion(9, 2)]))
        await called(client, await a_pack(client))
        await client.post("/api/survey-schemes", json=a_scheme())
        await client.post("/api/survey-waves", json=a_wave())
    with served(town_url) as address:
        yield address


@pytest.fixture
async def seen(browser, address):
    async with a_phone(browser, address, size=DESK) as seen:
        page = seen.page
        await page.goto("/sign-in")
        await page.fill("[name=login]", "chief")
        await page.fill("[name=password]", PASSWORD)
        await page.get_by_role("button", name="登录").click()
        await page.wait_for_url("**/")
        yield seen


async def fits(seen, page_of, views):
    """Every view without a serious finding, within a phone's width, and asking nobody else."""
    page = seen.page
    for view in views:
        await page.set_viewport_size(DESK)
        await page.goto(f"{page_of}?view={view}")
        for details in await page.locator("details").all():
            await details.evaluate("node => { node.open = true; }")
        assert await serious(page) == [], view
        await page.set_viewport_size(PHONE)
        assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], view
    await page.set_viewport_size(DESK)


async def test_a_visit_is_judged_a_warning_read_and_a_refusal_says_why(seen, town):
    page = seen.page
    await fits(seen, "/outreach", outreach_words.VIEWS)
    assert not seen.complaints
    await page.goto("/outreach")
    visit = page.locator("[data-visit]")
    await visit.locator("summary").click()
    await visit.get_by_label("理由").fill("与住户核实过")
    await visit.get_by_role("button", name="判定").click()
    await page.get_by_text("没有待判定的走访。").wait_for()
    await page.goto("/outreach?view=warnings")
    unrouted = page.locator("[data-warning]", has_text="地址不明")
    await unrouted.locator("summary", has_text="查看详情").click()
    await unrouted.get_by_label("用途").fill("核查地址")
    await unrouted.get_by_role("button", name="查看", exact=True).click()
    await unrouted.get_by_text("王小明").wait_for()
    await unrouted.locator("summary", has_text="指定地址").click()
    await unrouted.get_by_label("住户地址编码").fill("no-such-home")
    await unrouted.get_by_label("依据").fill("电话核实")
    await unrouted.get_by_role("button", name="指定地址").click()
    await unrouted.get_by_text("is the address of 0 households").wait_for()
    assert await unrouted.get_by_label("住户地址编码").input_value() == "no-such-home"
    async with town.connect() as connection:
        state = await connection.scalar(text("SELECT state FROM visit"))
        read = await connection.scalar(
            text("SELECT count(*) FROM audit_entry WHERE purpose = '核查地址'")
        )
    assert (state, read) == ("accepted", 1)


async def test_figures_that_cannot_be_are_refused_with_every_reason(seen):
    page = seen.page
    await fits(seen, "/appraisal", appraisal_words.VIEWS)
    assert not seen.complaints
    await page.goto("/appraisal?view=declared")
    for label, value in {
        "标题": "上年通报", "来源": "年报", "自": "2025-01-01", "至（不含）": "2026-01-01",
        "第 1 环节名称": "上报", "第 1 环节件数": "100",
        "第 2 环节名称": "办结", "第 2 环节件数": "120",
    }.items():  # fmt: skip
        await page.get_by_label(label, exact=True).fill(value)
    await page.get_by_role("button", name="核对并留存").click()
    await page.locator("#registers .failure li").first.wait_for()
    await page.get_by_label("第 2 环节件数").fill("97")
    await page.get_by_role("button", name="核对并留存").click()
    await page.get_by_text("97 / 100 = 97.00%").wait_for()
    async with page.expect_download() as fetched:
        await page.get_by_role("link", name="导出 Excel").click()
    assert (await fetched.value).suggested_filename.endswith(".xlsx")


async def test_registers_take_what_was_found_done_and_looked_at(seen, town):
    page = seen.page
    await fits(seen, "/registers", register_words.VIEWS)
    assert not seen.complaints
    await page.goto("/registers?view=standards")
    await page.locator("summary", has_text="登记检查结果").click()
    await page.get_by_label("对象编码").fill(COMMUNITY)
    await page.get_by_role("button", name="登记检查结果").click()
    await page.get_by_text("全部达标。").wait_for()
    await page.goto("/registers?view=projects")
    project = page.locator("[data-project]")
    await project.locator("summary").click()
    await project.get_by_label("数量").fill("3")
    await project.get_by_label("内容").fill("修路灯")
    await project.get_by_role("button", name="登记办了什么").click()
    await page.get_by_text("3 / 应办 10").wait_for()
    await page.goto("/registers?view=repairs")
    repair = page.locator("[data-repair]")
    await repair.locator("summary", has_text="登记查看情况").click()
    await repair.get_by_label("什么时候看的").fill(datetime.now().strftime("%Y-%m-%dT00:00"))
    await repair.get_by_label("是否危及安全").fill("是")
    await repair.get_by_role("button", name="登记查看情况").click()
    await page.locator(".tag", has_text="已查看").wait_for()
    await page.goto("/registers?view=sittings")
    dispute = page.locator("[data-mediation]")
    await dispute.locator("summary", has_text="查看详情").click()
    await dispute.get_by_label("用途").fill("了解案情")
    await dispute.get_by_role("button", name="查看", exact=True).click()
    await dispute.get_by_text("欧阳明 13812345678、诸葛红").wait_for()
    async with town.connect() as connection:
        read = "SELECT count(*) FROM audit_entry WHERE purpose = '了解案情'"
        assert await connection.scalar(text(read)) == 1

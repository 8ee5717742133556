"""A planner brings households and people in: columns chosen, bad rows shown, then stored."""

import csv
import io

import pytest
from playwright.async_api import expect
from sqlalchemy import text

from tests.browser.axe import serious
from tests.browser.test_plan_desk import CODE, at_work, nanjing, nanjing_url

__all__ = ["at_work", "nanjing_url"]

pytestmark = pytest.mark.browser


def a_file(*rows, encoding="utf-8-sig"):
    file = io.StringIO()
    csv.writer(file).writerows(rows)
    return {
        "name": "list.csv",
        "mimeType": "text/csv",
        "buffer": file.getvalue().encode(encoding),
    }


async def count(engine, table):
    async with engine.connect() as connection:
        return await connection.scalar(text(f"SELECT count(*) FROM {table}"))


async def test_households_come_in_after_their_columns_are_chosen_and_bad_rows_shown(at_work):
    desk = await at_work("ann")
    page = desk.page
    homes = nanjing().buildings["building_id"].tolist()
    await page.goto(f"/plan?division={CODE}")
    header = ("户号", "哪栋楼", "室", "人数")
    bad = (("X1", homes[0], "101", 3), ("X2", "no-such", "102", "many"))
    await page.set_input_files("#table [name=file]", [a_file(header, *bad)])
    await page.wait_for_selector("#table-mapping tr")
    # What is not guessed has to be chosen before anything is checked.
    assert await page.input_value("#table [name=address_code]") == ":户号"
    assert await page.input_value("#table [name=building_id]") == ""
    await page.select_option("#table [name=building_id]", ":哪栋楼")
    await page.click("#table-check")
    await expect(page.locator("#table-faults tr")).to_have_count(1)
    assert (await page.inner_text("#table-faults")).split("\t")[:3] == ["3", "居住人数", "many"]
    assert await page.locator("#table-store").is_hidden()
    assert await serious(page) == []

    rows = [(f"X{n}", home, "101", n % 5) for n, home in enumerate(homes)]
    await page.set_input_files("#table [name=file]", [a_file(header, *rows, ("Y", "zz", "", 1))])
    await page.wait_for_selector("#table-mapping tr")
    await page.select_option("#table [name=building_id]", ":哪栋楼")
    await page.click("#table-check")
    await expect(page.locator("#table-faults")).to_contain_text("本社区没有这栋楼")
    await page.set_input_files("#table [name=file]", [a_file(header, *rows)])
    await page.wait_for_selector("#table-mapping tr")
    await page.select_option("#table [name=building_id]", ":哪栋楼")
    await page.click("#table-check")
    await expect(page.locator("#table-state")).to_contain_text("全部可用")
    assert await count(desk.engine, "household") == 0
    await page.click("#table-store")
    await expect(page.locator("#table-state")).to_contain_text(f"已写入 {len(rows)} 行")
    assert await count(desk.engine, "household") == len(rows)
    assert not desk.seen.complaints


async def test_people_come_in_with_what_is_the_same_in_every_row(at_work):
    desk = await at_work("ben")
    page = desk.page
    await page.goto(f"/plan?division={CODE}")
    await page.select_option("#table [name=kind]", "people")
    header = ("编号", "姓名", "岗位")
    wrong = a_file(header, ("p1", "王小明", "网格员"), encoding="gb18030")
    await page.set_input_files("#table [name=file]", [wrong])
    await expect(page.locator("#table-state")).to_contain_text("不是 UTF-8")
    crew = [("p1", "王小明", "网格员"), ("p2", "李雷", "联络员")]
    await page.set_input_files("#table [name=file]", [a_file(header, *crew)])
    await page.wait_for_selector("#table-mapping tr")
    assert await page.input_value("#table [name=division_code-same]") == CODE
    await page.click("#table-check")
    await page.click("#table-store")
    await expect(page.locator("#table-state")).to_contain_text("已写入 2 行")
    assert await count(desk.engine, "person") == 2

"""The appraisal page: every share with what it is made of, refusals with their reason."""

import io
import re
from html import unescape

import openpyxl
import pytest
from sqlalchemy import text

from gridsvc.accounts.roles import Role
from gridsvc.appraisal import counters
from gridsvc.db import transaction
from gridsvc.web import appraisal_words
from tests.appraisal.rounds import TOWNS, opened, scored, settle_units
from tests.appraisal.test_surveying import SCORES, STREET, TODAY, a_scheme, a_wave, links
from tests.flows.test_report_to_close import body
from tests.towns import COMMUNITY, COUNTY
from tests.who import bearer, open_account

PAYLOAD = "<img src=x onerror=alert(1)>"
AN_INDICATOR = {
    "division": COUNTY,
    "name": "接单率",
    "numerator": ["accept.on_time", "accept.late"],
    "denominator": ["accept.due"],
    "responsible_role": "grid_worker",
}
DAYS = {"since": "2026-01-01", "until": "2026-02-01"}


async def drawn(client, view, **asked):
    answer = await client.get("/appraisal", params={"view": view, "division": COUNTY} | asked)
    assert answer.status_code == 200, answer.text
    assert "<img src=x" not in answer.text
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", answer.text)))


async def count(town, **counts):
    """Write counters of a day of the paper community, as history would give them."""
    columns = {"on_time": 0, "late": 0, "due": 0} | counts
    async with town.begin() as connection:
        await connection.execute(
            text(
                "INSERT INTO daily_count (division_code, day, stage, role, unit_code,"
                f" {', '.join(columns)}) VALUES ('990101001001', '2026-01-05', 'accept', '', '',"
                f" {', '.join(f':{name}' for name in columns)})"
            ),
            columns,
        )


async def put(client, code, **columns):
    answer = await client.put(f"/api/indicators/{code}", json=AN_INDICATOR | columns)
    assert answer.status_code == 200, answer.text


def test_every_counter_of_a_stage_has_a_word():
    assert appraisal_words.COUNTERS.keys() == counters.COUNTERS.keys()
    assert appraisal_words.STAGES.keys() == counters.STAGES.keys()


async def test_indicators_come_with_their_parts_and_bounds_and_what_cannot_be_with_why(
    client, town
):
    await put(client, "accepted")
    await put(client, "odd", name=PAYLOAD, numerator=["accept.due"], denominator=["accept.late"])
    await count(town, on_time=7, late=1, due=10)
    page = await drawn(client, "indicators", indicator="accepted", **DAYS)
    assert "接单 按期数 + 接单 超期办理数 ÷ 接单 应办数" in page
    assert "80.0% 8 10 49.0% – 94.3%" in page
    assert f"{PAYLOAD} 不能成立：accept.due is 10 of 1" in page
    assert "8 / 10" in page
    page = await drawn(client, "indicators", indicator="odd", **DAYS)
    assert "这个指标不能成立：" in page


@pytest.fixture
async def waves(client):
    """Two waves of a survey, of six answers each."""
    await client.post("/api/survey-schemes", json=a_scheme())
    for name, first, last in ((PAYLOAD, -9, -5), ("第二轮", -1, 1)):
        wave = (await client.post("/api/survey-waves", json=a_wave(name, first, last))).json()
        if last > 0:
            for path in await links(client, wave, 6):
                assert (await client.post(path, json={"scores": SCORES})).status_code == 201


async def test_a_wave_is_shown_beside_the_one_before(client, town, waves):
    page = await drawn(client, "surveys")
    assert "第二轮" in page
    assert f"与 {PAYLOAD}" in page
    assert "总体满意度" in page
    assert STREET[:6]


async def test_declared_figures_are_shown_with_how_they_are_quoted(client, town):
    told = {
        **{"division": COUNTY, "title": PAYLOAD, "source": "年报", "client_key": "k"} | DAYS,
        "counts": [
            {"code": "reported", "label": "上报", "number": 260},
            {"code": "closed", "label": "办结", "number": 253},
        ],
        "rates": [{"part": "closed", "of": "reported", "percent": "97.3"}],
    }
    assert (await client.post("/api/declarations", json=told)).status_code == 201
    page = await drawn(client, "declared")
    assert "253 / 260 = 97.31%" in page
    assert "与数字相符" in page


async def test_spot_checks_are_for_appraisers(client, town):
    page = await drawn(client, "stars")
    assert "还没有评过星。" in page
    assert "查找可疑处置" in page
    async with transaction(town) as session:
        leader = bearer(await open_account(session, "leader", [Role.DISPATCHER], [COUNTY]))
    answer = await client.get("/appraisal?view=stars", headers=leader)
    assert answer.status_code == 200
    assert "查找可疑处置" not in answer.text


async def test_the_workbook_has_the_same_figures_and_text_stays_text(client, town, waves):
    await put(client, "accepted", name="=1+1")
    await count(town, on_time=7, late=1, due=10)
    answer = await client.get("/api/appraisal/workbook", params=DAYS | {"division": COUNTY})
    assert answer.status_code == 200, answer.text
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert book.sheetnames == ["指标", "星级", "满意度", "通报"]
    heads, line = list(book["指标"].values)[1:3]
    told = dict(zip(heads, line, strict=True))
    assert (told["值"], told["分子"], told["分母"]) == (0.8, 8, 10)
    assert book["指标"]["B3"].data_type == "s"
    assert "第二轮" in book["满意度"]["A1"].value
    assert str(TODAY.year) in book["满意度"]["A1"].value


async def test_a_round_shows_its_course_and_places_once_they_may_be_seen(client, town):
    who = await settle_units(town)
    number = (await opened(client, name=PAYLOAD))["id"]
    assert "开始一轮" in await drawn(client, "rounds")
    for n, rater in enumerate(TOWNS):
        given = {"DA": 90 + n % 2, "DB": 70}
        told = await scored(client, number, rater, given, headers=who[rater])
        assert told.status_code == 200, told.text
    answer = await client.get("/appraisal?view=rounds", headers=who["DA"])
    assert "结束以后才看得到名次。" in answer.text
    assert "结束这一轮" not in answer.text
    page = await drawn(client, "rounds", chosen=number)
    assert f"66.7%（{2 * len(TOWNS)}/18）" in page
    assert "90.5" in page
    assert "现在的名次还会变" in page
    await client.post(f"/api/appraisal-rounds/{number}/closing")
    answer = await client.get("/appraisal?view=rounds", headers=who["DA"])
    assert "90.5" in answer.text
    book = await client.get("/api/appraisal/workbook", params=DAYS | {"division": COUNTY})
    sheets = openpyxl.load_workbook(io.BytesIO(book.content))
    (first,) = [rows[2] for rows in map(list, (one.values for one in sheets)) if "单位" in rows[1]
                and rows[2][0] == "DA"]  # fmt: skip
    assert round(first[2], 1) == 90.5


async def test_trends_tell_what_is_more_than_chance_and_refuse_no_days(client, town):
    for number in range(3):
        sent = await client.post("/api/events", json=body(number))
        assert sent.status_code == 201, sent.text
    days = {"since": "2026-01-01", "until": "2100-01-01"}
    page = await drawn(client, "trends", **days)
    assert "合计 0 3 100.0%（3/3） 以前没有" in page
    assert "暴露垃圾" in page
    assert COMMUNITY[:9] in await drawn(client, "trends", by="area", **days)
    page = await drawn(client, "trends", since="2026-02-01", until="2026-02-01")
    assert "ends before it begins" in page

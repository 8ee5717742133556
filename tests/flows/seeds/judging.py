"""How work is judged: figures that places give of themselves, and figures counted here."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from gridsvc.accounts.roles import Role
from gridsvc.appraisal import survey_queries
from gridsvc.db import transaction
from gridsvc.exchange import load as loading
from tests.appraisal.test_rewarding import a_rule, balances, closed, fund, granted
from tests.flows.test_report_to_close import assert_problem, body
from tests.towns import COUNTY, a_person, middle, staff
from tests.who import KEYRING, bearer, open_account

PRACTICES = Path(__file__).resolve().parents[3] / "geodata" / "practices"
STREET = "990101001000"
FUNNEL = {"reported": "上报", "filed": "立案", "closed": "办结"}


async def declare(client, title, counts, rates=(), at_least=()):
    """Figures of a place: counts as a funnel, rates as part, whole and percent."""
    return await client.post(
        "/api/declarations",
        json={
            "division": COUNTY,
            "title": title,
            "source": "公开报道",
            "since": "2022-01-01",
            "until": "2023-01-01",
            "counts": [
                {
                    "code": code,
                    "label": FUNNEL.get(code, code),
                    "number": number,
                    "at_least": code in at_least,
                }
                for code, number in counts.items()
            ],
            "rates": [{"part": part, "of": of, "percent": percent} for part, of, percent in rates],
            "client_key": uuid4().hex,
        },
    )


async def windows_quoted(client):
    """What 通挽镇 says of its windows: two rates, one rounded and one cut off."""
    year = await declare(
        client, "五事窗口", {"filed": 286, "closed": 275}, [("closed", "filed", "96.15")]
    )
    months = await declare(
        client, "五事窗口1—5月", {"filed": 127, "closed": 121}, [("closed", "filed", "95.27")]
    )
    assert year.json()["rates"][0]["quoted_as"] == "rounded"
    assert months.json()["rates"][0]["quoted_as"] == "truncated"


async def row22(town, client):
    """五事共治: totals without a rate; the service gives it."""
    told = await declare(
        client, "五事共治", {"filed": 2864, "closed": 2813}, [("closed", "filed", None)]
    )
    (rate,) = told.json()["rates"]
    assert rate["quoted_as"] == "not_quoted"
    assert round(rate["value"] * 100, 2) == 98.22


async def row27(town, client):
    """忻城城关镇三网融合: reported and closed as quoted; our own events in the live figures."""
    told = await declare(
        client, "三网融合", {"reported": 260, "closed": 253}, [("closed", "reported", "97.3")]
    )
    assert told.json()["rates"][0]["quoted_as"] == "rounded"
    await staff(town, a_person("w", middle(0, 0)))
    await client.post("/api/events", json=body())
    wall = (await client.get("/api/desk/figures", params={"division": COUNTY})).json()
    assert wall


async def row65(town, client):
    """奉贤: the figures as they were printed cannot be, with two digits put back they can."""
    rates = [("filed", "reported", "96.78"), ("closed", "filed", "92.70")]
    printed = {"reported": 19281, "filed": 86684, "closed": 186121}
    refused = assert_problem(await declare(client, "拍贤城", printed, rates), 422)
    reasons = " ".join(refused["faults"])
    for figures in ("86684, more than", "186121, more than", "449.58%", "214.71%"):
        assert figures in reasons
    mended = {"reported": 192891, "filed": 186684, "closed": 186121}
    still = assert_problem(await declare(client, "拍贤城", mended, rates), 422)
    assert len(still["faults"]) == 1
    assert "99.70%, not the quoted 92.70%" in still["faults"][0]
    right = [rates[0], ("closed", "filed", "99.70")]
    taken = await declare(client, "拍贤城", mended, right)
    assert taken.status_code == 201
    assert [rate["quoted_as"] for rate in taken.json()["rates"]] == ["rounded", "rounded"]


async def load(town, name):
    """A file of practices, as `gridsvc load` takes it."""
    async with transaction(town) as session:
        return await loading.load(session, loading.jobs([PRACTICES / name]), keyring=KEYRING)


async def gulou(town, client, name="2019年度"):
    """A wave of 鼓楼's survey that is open today."""
    await load(town, "surveys.csv")
    today = datetime.now(UTC).date()
    told = {
        "division": COUNTY,
        "scheme": "gulou_17",
        "name": name,
        "opens": (today - timedelta(days=1)).isoformat(),
        "closes": (today + timedelta(days=1)).isoformat(),
        "sample": 40,
    }
    return (await client.post("/api/survey-waves", json=told)).json()


async def row08(town, client):
    """鼓楼区: 4 dimensions, 17 indicators, residents and units asked by a third party; 92.42."""
    wave = await gulou(town, client)
    (scheme,) = (await client.get("/api/survey-schemes", params={"division": COUNTY})).json()
    asked = [one["code"] for side in scheme["dimensions"] for one in side["indicators"]]
    assert (len(scheme["dimensions"]), len(asked)) == (4, 17)
    for number in range(10):
        # Half of them a little below, half as much above what 宁海路街道 got.
        score = 92.42 + (number % 2 or -1) * 3
        told = {
            "division": STREET,
            "phone": f"1380000{number:04}",
            "respondent": "unit" if number < 3 else "resident",
            "scores": dict.fromkeys(asked, score),
        }
        path = f"/api/survey-waves/{wave['id']}/phone-answers"
        assert (await client.post(path, json=told)).status_code == 201
    told = (await client.get(f"/api/survey-waves/{wave['id']}/results")).json()
    (street,) = told["streets"]
    assert round(street["mean"], 2) == 92.42
    assert street["low"] < 92.42 < street["high"]


async def row09(town, client):
    """鼓楼限期整改公开: the worst problem becomes an order with a deadline, its result public."""
    wave = await gulou(town, client)
    order = {
        "division": COUNTY,
        "wave": wave["id"],
        "indicator": "gulou_02",
        "problem": "背街小巷保洁得分最低",
        "opinion": "一个月内整改到位",
        "responsible": "城市管理科",
        "deadline": (datetime.now(UTC).date() + timedelta(days=30)).isoformat(),
    }
    made = (await client.post("/api/rectifications", json=order)).json()
    for then, note in (("UNDER_WAY", "增设保洁岗"), ("DONE", "复查合格"), ("PUBLISHED", "")):
        told = {"to_state": then, "note": note}
        moved = await client.post(f"/api/rectifications/{made['id']}/moves", json=told)
        assert moved.status_code == 200
    (shown,) = (await client.get("/api/public/rectifications")).json()
    assert (shown["measures"], shown["result"]) == ("增设保洁岗", "复查合格")


async def row11(town, client):
    """以评促改: more than 1,100 problems were solved, of which only the bound is known."""
    told = await declare(client, "以评促改", {"closed": 1100}, at_least=("closed",))
    assert told.json()["counts"][0]["at_least"]


async def row35(town, client):
    """区社会治理指挥中心: what is collected and dispatched is counted and judged by indicators."""
    await load(town, "indicators.csv")
    await staff(town, a_person("w", middle(0, 0)))
    event = (await client.post("/api/events", json=body())).json()
    for state in ("ACCEPTED", "HANDLED", "VERIFIED", "CLOSED"):
        await client.post(f"/api/events/{event['id']}/moves", json={"to_state": state})
    assert (await client.post("/api/counters/refresh")).json()["anew"]
    window = {"since": "2026-01-01", "until": "2030-01-01", "division": COUNTY}
    told = (await client.get("/api/indicators/rework/values", params=window)).json()
    (value,) = told["values"]
    assert (value["numerator"], value["denominator"], value["reached"]) == (0, 1, True)
    by_role = (await client.get("/api/counters", params=window | {"by": "role"})).json()
    done = {(row["key"], row["stage"]): row["counts"]["done"] for row in by_role["rows"]}
    assert done["grid_worker", "handle"] == done["dispatcher", "close"] == 1


async def row64(town, client):
    """奉贤小激励: red packets of 461,248 yuan from a fund that always balances, and points."""
    await fund(client, 46_124_800)
    await client.post("/api/reward-rules", json=a_rule(amount=248))
    points = a_rule(code="points", name="未来积分", unit="point", amount=10)
    await client.post("/api/reward-rules", json=points)
    await staff(town, a_person("w", middle(0, 0), capacity=9))
    async with transaction(town) as session:
        citizen = bearer(await open_account(session, "citizen", [Role.CITIZEN]))
    await closed(client, citizen)
    assert (await granted(client))["granted"] == 2
    told = (await client.get("/api/rewards/own", headers=citizen)).json()
    (packet,) = [one for one in told if one["unit"] == "fen"]
    paid = await client.post(f"/api/rewards/{packet['id']}/payment", json={"reference": "wx"})
    assert paid.json()["state"] == "PAID"
    left = await balances(client)
    assert left["reward-fund"] == 46_124_800 - 248
    assert sum(left.values()) == 0


async def row62(town, client):
    """宿迁督查与星级: sham work is looked for and confirmed; stars 1 to 5 by a rule as data."""
    await load(town, "stars.csv")
    await staff(town, a_person("w", middle(0, 0), capacity=50))
    for _ in range(10):
        await closed(client, None)
    now = datetime.now(UTC)
    window = {
        "division": COUNTY,
        "since": (now - timedelta(days=1)).isoformat(),
        "until": (now + timedelta(days=1)).isoformat(),
    }
    found = (await client.post("/api/spot-checks/search", json=window)).json()["found"]
    # Accepted and done within a second, by somebody whose phone told of no way there.
    assert found["instant"] == found["no_track"] == 10
    days = {"since": "2026-01-01", "until": "2035-01-01"}
    wish = days | {"division": COUNTY, "rule": "suqian_stars"}

    async def stars():
        told = (await client.post("/api/star-ratings", json=wish)).json()
        return [grid["stars"] for grid in told if grid["measures"]["cases"]]

    assert await stars() == [5]
    check = (await client.get("/api/spot-checks")).json()[0]
    verdict = {"verdict": "confirmed", "note": "现场未处置"}
    await client.post(f"/api/spot-checks/{check['id']}/verdict", json=verdict)
    assert await stars() == [2]


async def row48(town, client):
    """薛城金水湾: from 87 % to 99 % content; whether it is more than chance, the service says."""
    question = {"code": "content", "name": "满意", "weight": 1, "question": "您是否满意？"}
    side = {"code": "community", "name": "社区服务", "weight": 1, "indicators": [question]}
    scheme = {"division": COUNTY, "code": "xuecheng", "name": "金水湾满意度", "dimensions": [side]}
    await client.post("/api/survey-schemes", json=scheme)
    waves = {}
    for year, content in ((2022, 87), (2024, 99)):
        told = {"division": COUNTY, "scheme": "xuecheng", "name": f"{year}年", "sample": 100}
        days = {"opens": f"{year}-06-01", "closes": f"{year}-06-30"}
        wave = (await client.post("/api/survey-waves", json=told | days)).json()
        waves[year] = wave["id"]
        async with transaction(town) as session:  # what was answered then
            for number in range(100):
                scores = {"content": 100 if number < content else 0}
                answer = {"division": STREET, "channel": "link", "respondent": "resident"}
                answer |= {"wave": wave["id"], "scores": scores, "answered_on": date(year, 6, 9)}
                await survey_queries.add_answer(session, answer)
    asked = {"other_wave": waves[2022]}
    told = (await client.get(f"/api/survey-waves/{waves[2024]}/results", params=asked)).json()
    assert told["whole"]["mean"] == 99
    assert told["whole"]["difference"] == 12
    assert told["whole"]["significant"]

"""Units of a county that judge each other, and whoever acts for each."""

from datetime import date

from gridsvc.accounts.roles import Role
from gridsvc.db import transaction
from gridsvc.grids import service as grids
from gridsvc.mandates import service as mandates
from tests.towns import COUNTY
from tests.who import bearer, open_account

#: The first is the street in which the paper community lies.
TOWNS = {"T11": "990101001000"} | {f"T{n}": f"9901010{n}000" for n in range(12, 17)}
DEPARTMENTS = ("DA", "DB", "DC")
YEAR = {"since": "2026-01-01", "until": "2027-01-01"}


def a_unit(code, kind, level, division):
    named = {"code": code, "name": f"{code}单位", "kind": kind, "level": level}
    valid = {"valid_from": date(2020, 1, 1), "valid_to": None}
    return named | valid | {"division_code": division, "parent_code": None}


async def settle_units(town):
    """Six towns and three departments of the county; headers of each one's account by its code."""
    async with transaction(town) as session:
        await grids.load_divisions(
            session, [grids.DivisionRow(code, f"{name}镇") for name, code in TOWNS.items()]
        )
        await mandates.load_units(
            session,
            [
                *(a_unit(code, "department", "county", COUNTY) for code in DEPARTMENTS),
                *(a_unit(code, "street", "street", place) for code, place in TOWNS.items()),
            ],
        )
        accounts = {
            code: await open_account(session, f"unit-{code.lower()}", [Role.DISPATCHER], [place])
            for code, place in TOWNS.items()
        }
        accounts |= {
            code: await open_account(
                session, f"unit-{code.lower()}", [Role.DEPARTMENT], [COUNTY], matters=["E01"]
            )
            for code in DEPARTMENTS
        }
    return {code: bearer(account) for code, account in accounts.items()}


def a_scheme(**columns):
    towns, departments = {"kind": "street"}, {"codes": list(DEPARTMENTS)}
    help_ = {"code": "help", "name": "响应乡镇", "weight": 0.6}
    called = {"code": "called", "name": "按时报到", "weight": 0.4, "source": "whistles_in_time"}
    duty = {"code": "duty", "name": "履职情况", "weight": 1}
    return {
        **{"division": COUNTY, "code": "mutual", "name": "双向考核"},
        "sides": [
            {"code": "up", "name": "乡镇评部门", "raters": towns, "ratees": departments}
            | {"aspects": [help_, called]},
            {"code": "down", "name": "部门评乡镇", "raters": departments, "ratees": towns}
            | {"aspects": [duty]},
        ],
    } | columns


async def opened(client, scheme=None, **columns):
    told = scheme or a_scheme()
    answer = await client.put("/api/appraisal-schemes", json=told)
    assert answer.status_code == 200, answer.text
    asked = {"division": COUNTY, "scheme": told["code"], "name": "2026年度"} | YEAR | columns
    answer = await client.post("/api/appraisal-rounds", json=asked)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def scored(client, round_id, rater, given, *, side="up", aspect="help", headers=None):
    scores = [{"ratee": one, "aspect": aspect, "score": score} for one, score in given.items()]
    told = {"side": side, "rater": rater, "scores": scores}
    path = f"/api/appraisal-rounds/{round_id}/scores"
    return await client.put(path, json=told, headers=headers)

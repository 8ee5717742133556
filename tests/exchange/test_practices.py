import json
import re

import pytest

from gridsvc.db import transaction
from gridsvc.errors import BadInput
from gridsvc.exchange import practices
from gridsvc.outreach import visit_queries
from gridsvc.town.codes import FOLDER
from tests.outreach.visits import RESULTS
from tests.towns import COMMUNITY, COUNTY

A_PROGRAMME = {
    **{"code": "c", "name": "走访", "whom": "linked", "visitor": "officer", "every_days": 30},
    **{"results": RESULTS, "starts": "2026-01-01"},
}


def content(*programmes, **more):
    return json.dumps({"visit_programmes": list(programmes)} | more).encode()


async def test_loading_again_changes_nothing_and_an_entry_may_name_its_place(town):
    told = content(A_PROGRAMME, A_PROGRAMME | {"division": COMMUNITY})
    for _ in range(2):
        async with transaction(town) as session:
            counts = await practices.load(session, told, division=COUNTY)
            assert counts["visit_programmes"] == 2
    async with transaction(town) as session:
        rows = await visit_queries.programmes(session, "0", ":")
    assert [row["division_code"] for row in rows] == [COUNTY, COMMUNITY]


@pytest.mark.parametrize(
    ("told", "named"),
    [
        (b"[", "the file"),
        (content(A_PROGRAMME | {"every_days": 0}), "every_days"),
        (content(bonus=[]), "bonus"),
        (content(A_PROGRAMME | {"colour": "red"}), "colour"),
    ],
)
async def test_what_is_wrong_is_named(town_session, told, named):
    with pytest.raises(BadInput, match=named):
        await practices.load(town_session, told, division=COUNTY)


def test_the_practices_of_real_places_are_there_by_name():
    told = json.loads((FOLDER / "practices.json").read_text("utf-8"))
    names = {one["name"] for entries in told.values() for one in entries}
    assert {"结一联十", "干部联系户", "宁海路应急包", "邱哥工作室", "苔花调解工作室"} <= names
    assert {"双结对双提升", "第一书记", "神木护航", "三强三有三统一", "6项公共管理权"} <= names
    assert {"来宾双向考核", "年度绩效擂台"} <= names


async def test_every_practice_of_a_real_place_can_be_loaded_twice(town):
    told = re.sub(rb'"E0\d+"', b'"E01"', (FOLDER / "practices.json").read_bytes())
    for _ in range(2):
        async with transaction(town) as session:
            counts = await practices.load(session, told, division=COUNTY)
        assert counts == {kind: len(entries) for kind, entries in json.loads(told).items()}

"""Standards over HTTP: the share that meets all of it, by the latest that was found."""

from tests.flows.office import get
from tests.flows.test_report_to_close import assert_problem
from tests.registers.groups import a_group, a_standard, found, set_groups
from tests.towns import COMMUNITY, COUNTY

ITEMS = {"三强": {"org": "组织强", "team": "队伍强"}}


async def test_the_latest_finding_counts_and_who_was_not_seen_does_not_meet_it(client, town):
    standard = await a_standard(client, ITEMS)
    path = f"standards/{standard}/result"
    cells = sorted(
        one["properties"]["code"] for one in (await get(client, "micro-grids"))["features"]
    )
    first = (await get(client, path))["rate"]
    assert (first["numerator"], first["denominator"]) == (0, len(cells))
    today = (await get(client, path))["on"]
    both = [(cells[0], item, "") for item in ("org", "team")]
    told = await found(client, standard, [*both, (cells[1], "org", "无人")], on=today)
    assert told.status_code == 201, told.text
    result = await get(client, path)
    assert result["rate"]["numerator"] == 1
    assert [one["rate"]["numerator"] for one in result["items"]] == [1, 1]
    assert result["short_of_it"][0] == {
        **{"code": cells[1], "name": "ordinary"},
        **{"unmet": ["org"], "unseen": ["team"]},
    }
    await found(client, standard, [(cells[0], "team", "缺人")], on=today)
    assert (await get(client, path))["rate"]["numerator"] == 0


async def test_the_past_is_told_as_it_was_found_then(client, town):
    await set_groups(client, a_group("centre", kind="centre"))
    asked = {"subject": "group", "kind": "centre"}
    standard = await a_standard(client, ITEMS, **asked)
    subject = f"{COMMUNITY}/centre"
    good = [(subject, item, "") for item in ("org", "team")]
    assert (await found(client, standard, good, on="2026-03-01")).status_code == 201
    await found(client, standard, [(subject, "org", "已撤")], on="2026-05-01")
    for day, met in (("2026-02-01", 0), ("2026-04-01", 1), ("2026-06-01", 0)):
        rate = (await get(client, f"standards/{standard}/result", on=day))["rate"]
        assert (rate["numerator"], rate["denominator"]) == (met, 1), day


async def test_what_is_wrong_is_named_and_nothing_is_kept(client, town):
    standard = await a_standard(client, ITEMS, subject="division", kind="county")
    good = (COUNTY, "org", "")
    for wrong, named in (
        ((COUNTY, "colour", ""), "colour"),
        ((COMMUNITY, "org", ""), COMMUNITY),
        (("x", "org", ""), "x"),
    ):
        answer = await found(client, standard, [good, wrong])
        assert named in str(assert_problem(answer, 422))
    assert_problem(await found(client, standard, [good], on="2099-01-01"), 422)
    answer = await client.post(
        f"/api/standards/{standard}/findings",
        json={
            "found_on": "2026-11-01",
            "findings": [{"subject": COUNTY, "item": "org", "met": False}],
        },
    )
    assert "missing" in str(assert_problem(answer, 422))
    assert (await get(client, f"standards/{standard}/result"))["rate"]["numerator"] == 0
    assert_problem(await found(client, 10**9, [good]), 404)

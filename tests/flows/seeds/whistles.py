"""Whistles: who calls whom, by which channel, and how many were resolved."""

import pytest

from tests.flows.test_whistle import (
    ALWAYS,
    DEPARTMENTS,
    a_call,
    let_pass,
    opened,
    sender,
    there,
)


async def row25(town, client):
    """三渠道吹哨: public account, grid worker and 综治 system, counted apart; enterprises too."""
    who = await opened(town)
    post = sender(client, who)
    for channel in ("public_account", "grid_worker", "governance"):
        assert (await post("desk", "", a_call("D00", channel=channel), 201))["channel"] == channel
    called = await post("desk", "", a_call("D01", unit="EN", channel="enterprise"), 201)
    assert called["called_as"] == "企业吹哨"
    counted = await client.get("/api/whistles/figures", params=ALWAYS, headers=who["desk"])
    assert counted.json()["channels"] == {
        "public_account": 1, "grid_worker": 1, "governance": 1, "enterprise": 1,
    }  # fmt: skip


async def row38(town, client):
    """吹哨报到: 172 calls of 54 departments, 140 resolved: over 80 %, with what it is of."""
    who = await opened(town)
    post = sender(client, who)
    for turn in range(172):
        unit = DEPARTMENTS[turn % len(DEPARTMENTS)]
        number = (await post("desk", "", a_call(unit), 201))["id"]
        await post("department", f"/{number}/check-ins", there(unit))
        word = {"resolved": turn < 140, "note": "评定"}
        await post("desk", f"/{number}/judgement", word)
    withdrawn = (await post("desk", "", a_call("D00"), 201))["id"]
    await post("desk", f"/{withdrawn}/withdrawal", {"note": "误吹"})
    # Whether they came in time is judged when their time is over.
    await let_pass(town, 100)
    answer = await client.get("/api/whistles/figures", params=ALWAYS, headers=who["desk"])
    told = answer.json()
    assert {name: told["counts"][name] for name in ("calls", "units", "withdrawn")} == {
        "calls": 172, "units": 54, "withdrawn": 1,
    }  # fmt: skip
    rates = {one["name"]: one for one in told["rates"]}
    resolved = rates["resolved"]
    assert (resolved["numerator"], resolved["denominator"]) == (140, 172)
    assert resolved["value"] == pytest.approx(140 / 172)
    assert (rates["in_time"]["numerator"], rates["in_time"]["denominator"]) == (172, 172)
    assert sum(one["called"] for one in told["units"]) == 172
    past = {"since": "2020-01-01T00:00:00Z", "until": "2021-01-01T00:00:00Z"}
    empty = (await client.get("/api/whistles/figures", params=past, headers=who["desk"])).json()
    assert [one["value"] for one in empty["rates"]] == [None] * 5

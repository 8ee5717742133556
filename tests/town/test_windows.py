"""Windows of a town: the hall with its stations, agents where people live."""

import pandas as pd
import pytest

from gridsvc.town.codes import read_codes
from gridsvc.town.windows import windows_of


@pytest.mark.parametrize("kinds", [["party", "station", "station"], ["station"], ["health"], []])
def test_every_item_at_the_hall_and_what_agents_take_at_every_station(kinds):
    points = pd.DataFrame({"code": [f"FW{n:05d}" for n in range(len(kinds))], "kind": kinds})
    items = read_codes().items
    told = windows_of(points, items)
    windows, offers = told["windows"], told["offers"]
    assert windows["code"].is_unique
    assert not offers.duplicated().any()
    assert set(offers["window_code"]) <= set(windows["code"])
    agents = windows[windows["kind"] == "agent"]
    assert len(agents) == kinds.count("station")
    by_agent = set(items.loc[items["by_agent"] == "true", "code"])
    for code in agents["code"]:
        assert set(offers.loc[offers["window_code"] == code, "item_code"]) == by_agent
    hall = windows[windows["kind"] != "agent"]
    assert len(hall) == (8 if "party" in kinds else 0)
    if "party" in kinds:
        done = offers[offers["window_code"].isin(hall["code"])]
        assert set(done["item_code"]) == set(items["code"])

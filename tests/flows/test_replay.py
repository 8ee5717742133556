"""Some hours of real dispatch history through the service over HTTP, against simulated crews."""

import numpy as np
import pytest

from gridsvc.connect import engine_on
from tests.bench.dispatch.histories import box_of, lattice, sf_fire
from tests.bench.dispatch.replay import SETTINGS, replay
from tests.bench.dispatch.replayed import Replayed
from tests.live import served


@pytest.mark.realdata
async def test_real_calls_are_each_taken_once(database_url, shared_data):
    """Few crews: some calls wait, and the nearest by line is not always the soonest."""
    calls = sf_fire()[:24]
    found = Replayed("sf fire", "lattice", 4, len(calls))
    with served(database_url, **SETTINGS) as address:
        async with engine_on(database_url) as engine:
            await replay(address, engine, calls, lattice(box_of(calls)), found)
    assert (found.over_assigned, found.lost, found.not_first) == (0, 0, 0)
    assert len(found.acknowledged) == len(found.eta_s) == len(calls)
    assert found.waited > 0
    assert 0 < len(found.lost_s) < found.asked <= len(calls) - found.waited
    by_road, by_line = np.array(found.by_road_s), np.array(found.by_line_s)
    assert (by_road <= by_line + 1e-6).all()
    assert min(found.whole_s) >= min(found.eta_s) > 0

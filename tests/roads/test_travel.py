import numpy as np
import pytest

from gridsvc.roads.modes import DETOUR, LINE_KMH, Mode
from gridsvc.roads.travel import ByLine
from tests.roads.paper import place, places


def test_without_roads_the_line_times_its_factor_counts_and_the_answer_says_so():
    reach = ByLine(Mode.EBIKE).seconds_to(place(0, 0), places([(300, 400), (0, 0)]))
    assert reach.line_m == pytest.approx([500, 0], abs=0.5)
    assert reach.eta_s[0] == pytest.approx(
        500 * DETOUR[Mode.EBIKE] * 3.6 / LINE_KMH[Mode.EBIKE], rel=1e-3
    )
    assert reach.distance_m(0) == pytest.approx(500 * DETOUR[Mode.EBIKE], rel=1e-3)
    assert [reach.by(0), reach.by(1)] == ["line", "line"]


def test_the_nearest_by_line_is_the_least_of_each():
    rng = np.random.default_rng(3)
    sources, targets = places(rng.uniform(0, 2000, (7, 2))), places(rng.uniform(0, 2000, (30, 2)))
    travel = ByLine(Mode.WALK)
    cover = travel.seconds_from_nearest(sources, targets)
    for which, target in enumerate(targets):
        each = travel.seconds_to(tuple(target), sources).eta_s
        assert cover.eta_s[which] == pytest.approx(each.min(), rel=1e-3)
        assert cover.source[which] == each.argmin()
    assert not cover.by_road.any()

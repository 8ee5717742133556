"""Promises every town keeps, whatever its size and seed."""

from dataclasses import fields

import pytest
from pandas.testing import assert_frame_equal

from gridsvc.errors import BadInput
from gridsvc.town.generate import Town, build_town
from tests.town.conftest import Made


def test_size_is_met_within_a_few_percent(made: Made) -> None:
    assert abs(len(made.town.households) / made.households - 1) < 0.08


def test_buildings_count_their_households(made: Made) -> None:
    counted = made.town.households["building_id"].value_counts()
    of_building = made.town.buildings.set_index("building_id")["households"]
    assert counted.to_dict() == of_building[of_building > 0].to_dict()
    assert (of_building == 0).any()


def test_same_arguments_give_the_same_town() -> None:
    one, two = build_town(1500, 7), build_town(1500, 7)
    for field in fields(Town):
        first, second = getattr(one, field.name), getattr(two, field.name)
        if not isinstance(first, dict):
            first, second = {field.name: first}, {field.name: second}
        assert first.keys() == second.keys()
        for name, frame in first.items():
            assert_frame_equal(frame, second[name], check_exact=True)


def test_another_seed_gives_another_town() -> None:
    one, two = build_town(1500, 7), build_town(1500, 8)
    assert not one.boundary.geometry.geom_equals(two.boundary.geometry, align=False).any()


@pytest.mark.parametrize(("households", "seed"), [(10, 0), (0, 0), (3_000_000, 0), (2000, -1)])
def test_impossible_sizes_and_seeds_are_refused(households: int, seed: int) -> None:
    with pytest.raises(BadInput, match=r"ask for|give a whole number"):
        build_town(households, seed)


def test_progress_goes_up_to_the_end() -> None:
    told: list[tuple[str, float]] = []
    build_town(1000, 1, lambda step, share: told.append((step, share)))
    assert {"layout", "geometry", "people and events"} <= {step for step, _ in told}
    assert all(0 <= share <= 1 for _, share in told)
    assert told[-1] == ("people and events", 1.0)

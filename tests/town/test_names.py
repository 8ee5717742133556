"""Names are Chinese and do not repeat before they must."""

import numpy as np

from gridsvc.town.names import FIRST, SECOND, PlaceNames, people


def test_places_do_not_share_a_name() -> None:
    names = PlaceNames(np.random.default_rng(0))
    count = 5 * len(FIRST) * len(SECOND)
    assert len({names.take() for _ in range(count)}) == count


def test_people_have_a_surname_and_one_or_two_characters() -> None:
    names = people(3000, np.random.default_rng(0))
    assert {len(name) for name in names} == {2, 3}
    assert len({name[0] for name in names}) > 20
    assert len(set(names)) > 2000

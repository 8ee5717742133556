"""The flat plan: communities and blocks tile it, every town has its parts."""

import numpy as np
import pytest

from gridsvc.town.layout import STREET_SIZE, TOWN_SIZE, plan_layout


@pytest.mark.parametrize("households", [1000, 2400, 12_000, 80_000, 600_000])
def test_communities_and_blocks_tile_the_plan(households: int) -> None:
    layout = plan_layout(households, np.random.default_rng(households), 1.0)
    whole = layout.network.root.area
    assert sum(c.rect.area for c in layout.communities) == pytest.approx(whole)
    assert sum(block.rect.area for block in layout.blocks) == pytest.approx(whole)
    sizes = np.array([(block.rect.width, block.rect.height) for block in layout.blocks])
    assert (sizes > 15).all()


@pytest.mark.parametrize("households", [1000, 80_000, 600_000])
def test_streets_and_towns_hold_not_too_many_communities(households: int) -> None:
    layout = plan_layout(households, np.random.default_rng(1), 1.0)
    of_street = np.bincount([c.street for c in layout.communities])
    limit = np.where(layout.rural, TOWN_SIZE, STREET_SIZE)
    assert ((of_street >= 1) & (of_street <= limit)).all()
    for community in layout.communities:
        assert layout.rural[community.street] == (community.kind == "village")
    counties = len(set(layout.counties))
    assert counties == 1 if households < 300_000 else 2 <= counties <= 4


def test_every_character_and_site_occurs_in_the_smallest_town() -> None:
    layout = plan_layout(1000, np.random.default_rng(5), 1.0)
    assert {c.kind for c in layout.communities} == {"old", "slab", "tower", "village"}
    uses = {block.use for block in layout.blocks}
    assert {"school", "hospital", "park", "enterprise", "hamlet", "lanes"} <= uses

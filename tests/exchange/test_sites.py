import numpy as np
import pytest
import shapely

from gridsvc.exchange.sites import MIN_SITE_M2, settle_sites
from tests.exchange.paper import frame, square


def settle(shapes, *, houses=(), communities=None):
    sites = frame(shapes, kind=["school"] * len(shapes), name=[f"{k}" for k in range(len(shapes))])
    boundary = frame(communities or [square(-500, -500, 3000)])
    return settle_sites(sites, buildings=frame(list(houses)), boundary=boundary)


def common_m2(shapes):
    left, right = np.triu_indices(len(shapes), 1)
    return shapely.area(shapely.intersection(shapes[left], shapes[right])).max(initial=0)


def test_a_plain_site_stays_as_it_is():
    kept, dropped = settle([square(0, 0, 100)])
    assert kept.geometry.iloc[0].equals(square(0, 0, 100))
    assert not any(dropped.values())


def test_small_narrow_and_giant_areas_are_dropped_and_counted():
    kept, dropped = settle(
        [square(0, 0, 40), square(0, 100, 1500, 8), square(0, 0, 1500), square(200, 0, 100)]
    )
    assert kept["name"].tolist() == ["3"]
    assert {what: count for what, count in dropped.items() if count} == {
        "sites under 3,000 m2": 1,
        "sites narrower than 10 m": 1,
        "areas too large for one site": 1,
    }


def test_a_site_inside_another_joins_it():
    kept, dropped = settle([square(20, 20, 60), square(0, 0, 200)])
    assert kept["name"].tolist() == ["1"]
    assert dropped["sites inside another site"] == 1


def test_overlapping_sites_are_parted():
    kept, _ = settle([square(0, 0, 200), square(180, 0, 150)])
    assert len(kept) == 2
    assert common_m2(kept.geometry.values) == 0


def test_holes_are_filled():
    ring = square(0, 0, 200).difference(square(50, 50, 60))
    kept, _ = settle([ring])
    assert kept.geometry.iloc[0].equals(square(0, 0, 200))


def test_a_site_ends_at_the_border_of_its_community():
    communities = [square(0, 0, 400), square(400, 0, 400)]
    kept, _ = settle([square(300, 100, 200)], communities=communities)
    assert len(kept) == 2
    assert kept.area.tolist() == pytest.approx([20_000, 20_000])


def test_the_edge_goes_round_buildings():
    houses = [square(95, 10, 10), square(92, 40, 20), square(50, 50, 10), square(98, 80, 4, 2)]
    kept, _ = settle([square(0, 0, 100)], houses=houses)
    site = kept.geometry.iloc[0]
    shares = [site.intersection(house).area / house.area for house in houses]
    assert shares == pytest.approx([1, 0, 1, 1])


@pytest.mark.parametrize("seed", range(6))
def test_any_sites_become_proper_ones(seed):
    rng = np.random.default_rng(seed)
    sites = [
        square(*xy, *side)
        for xy, side in zip(
            rng.uniform(0, 900, (25, 2)), rng.uniform(20, 260, (25, 2)), strict=True
        )
    ]
    grid = [square(x, y, 12, 9) for x in range(0, 1200, 37) for y in range(0, 1200, 31)]
    # As after `keep_inside`: no building across a community's border.
    communities = [square(-9, -9, 609, 1300), square(600, -9, 700, 1300)]
    border = shapely.LineString([(600, -9), (600, 1300)])
    houses = [house for house in grid if not border.crosses(house)]
    kept, _ = settle(sites, houses=houses, communities=communities)
    shapes = kept.geometry.to_numpy()
    assert len(shapes) > 3
    assert set(kept.geom_type) == {"Polygon"}
    assert shapely.is_valid(shapes).all()
    assert (shapely.get_num_interior_rings(shapes) == 0).all()
    assert kept.area.min() >= MIN_SITE_M2
    assert common_m2(shapes) < 1e-6
    share = (
        shapely.area(shapely.intersection(np.array(houses)[:, None], shapes[None, :]))
        / shapely.area(houses)[:, None]
    )
    assert ((share < 1e-6) | (share > 1 - 1e-6)).all()
    inside = shapely.area(shapely.intersection(shapes[:, None], np.array(communities)[None, :]))
    assert inside.max(axis=1) == pytest.approx(shapely.area(shapes))

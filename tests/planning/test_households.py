from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gridsvc.planning.households import (
    estimate,
    largest_remainder,
    largest_share,
    scale_to_zones,
)

CRS = "EPSG:32650"


def buildings(sides, kind="apartments", levels=None, flats=None):
    n = len(sides)
    return gpd.GeoDataFrame(
        {
            "kind": [kind] * n if isinstance(kind, str) else kind,
            "levels": pd.array(levels or [None] * n, dtype="Int64"),
            "flats": pd.array(flats or [None] * n, dtype="Int64"),
        },
        geometry=[shapely.box(k * 200, 0, k * 200 + side, side) for k, side in enumerate(sides)],
        crs=CRS,
    )


def test_a_slab_of_flats_holds_its_floor_area_over_the_mean_flat():
    # 40 m x 40 m x 6 storeys x 0.85 / 92 m2
    found = estimate(buildings([40], levels=[6]))
    assert found["households"].tolist() == [89]
    assert found["estimated"].all()


def test_more_floor_never_holds_fewer():
    by_levels = estimate(buildings([30] * 40, levels=list(range(1, 41))))["households"]
    by_size = estimate(buildings(list(range(6, 90)), levels=[8] * 84))["households"]
    assert by_levels.is_monotonic_increasing
    assert by_size.is_monotonic_increasing


@pytest.mark.parametrize("kind", ["school", "office", "retail", "industrial", "garage", "hotel"])
def test_nobody_lives_in_what_is_not_lived_in(kind):
    found = estimate(buildings([60, 20], kind=kind, levels=[20, 1]))
    assert found["households"].tolist() == [0, 0]
    assert found["dwelling_floor_m2"].tolist() == [0, 0]


def test_a_house_holds_one_and_a_shed_none():
    assert estimate(buildings([7, 10], kind="house"))["households"].tolist() == [1, 1]
    assert estimate(buildings([4], kind="house"))["households"].tolist() == [0]


def test_known_flats_are_taken_as_they_are():
    found = estimate(
        buildings([40, 40, 40], kind=["apartments", "office", "apartments"], flats=[7, 3, 0])
    )
    assert found["households"].tolist() == [7, 3, 0]
    assert not found["estimated"].any()
    assert (found["dwelling_floor_m2"] > 0).tolist() == [True, True, False]


def test_plain_buildings_count_in_part_and_halls_least():
    flats, plain, mixed = (
        estimate(buildings([40], kind=kind, levels=[6]))["households"].iloc[0]
        for kind in ("apartments", "unknown", "mixed")
    )
    assert flats > plain > mixed > 0
    hall = estimate(buildings([60], kind="unknown", levels=[6]))["households"].iloc[0]
    assert hall < plain


@given(
    st.integers(0, 5_000),
    st.lists(st.floats(0, 1e6), min_size=1, max_size=40).filter(lambda w: sum(w) > 1e-3),
)
def test_largest_remainder_adds_up_and_stays_within_one_of_the_quota(total, weights):
    weights = np.array(weights)
    shares = largest_remainder(total, weights)
    quota = total * weights / weights.sum()
    assert shares.sum() == total
    assert (np.abs(shares - quota) < 1 + 1e-6).all()
    assert (shares[weights == 0] == 0).all()


@given(st.data())
def test_every_zone_gets_exactly_its_total(data):
    n = data.draw(st.integers(1, 12))
    sides = data.draw(st.lists(st.integers(3, 60), min_size=n, max_size=n))
    kinds = data.draw(
        st.lists(st.sampled_from(["apartments", "house", "office"]), min_size=n, max_size=n)
    )
    flats = data.draw(st.lists(st.none() | st.integers(0, 300), min_size=n, max_size=n))
    houses = buildings(sides, kind=kinds, flats=flats)
    houses = houses.join(estimate(houses))
    # Zone borders run through buildings: each building is 200 m from the next.
    cuts = sorted(
        data.draw(st.lists(st.integers(-50, n * 200), min_size=2, max_size=5, unique=True))
    )
    boxes = [shapely.box(a, -9, b, 99) for a, b in pairwise(cuts)]
    zones = gpd.GeoDataFrame(geometry=boxes, crs=CRS)
    totals = np.array(
        data.draw(st.lists(st.integers(-1, 2_000), min_size=len(boxes), max_size=len(boxes)))
    )
    scaled = scale_to_zones(houses, zones, totals)
    liveable = houses["dwelling_floor_m2"].to_numpy() > 0
    for row, total in enumerate(totals):
        inside = scaled.zone == row
        if total < 0:
            assert (scaled.households[inside] == houses["households"].to_numpy()[inside]).all()
        elif row in scaled.unplaced:
            assert not liveable[inside].any()
            assert scaled.households[inside].sum() == 0 < total
        else:
            assert scaled.households[inside].sum() == total
    outside = scaled.zone == -1
    assert (scaled.households[outside] == houses["households"].to_numpy()[outside]).all()
    assert (scaled.households[~liveable & ~outside] == 0).all()
    assert (scaled.households >= 0).all()


def test_known_buildings_keep_their_number_while_the_total_allows():
    houses = buildings([40, 40, 40], flats=[30, None, None])
    houses = houses.join(estimate(houses))
    zone = gpd.GeoDataFrame(geometry=[shapely.box(-9, -9, 999, 99)], crs=CRS)
    assert scale_to_zones(houses, zone, np.array([100])).households.tolist() == [30, 35, 35]
    # Fewer than the register says: the total holds.
    assert scale_to_zones(houses, zone, np.array([20])).households.sum() == 20
    only = houses.head(1)
    assert scale_to_zones(only, zone, np.array([50])).households.tolist() == [50]


def test_scaling_twice_changes_nothing():
    houses = buildings(list(range(10, 60)))
    houses = houses.join(estimate(houses))
    zones = gpd.GeoDataFrame(
        geometry=[shapely.box(-9, -9, 4999, 99), shapely.box(4999, -9, 19999, 99)], crs=CRS
    )
    once = scale_to_zones(houses, zones, np.array([777, 1234]))
    again = scale_to_zones(houses.assign(households=once.households), zones, np.array([777, 1234]))
    assert (once.households == again.households).all()


def test_frames_that_do_not_fit_are_a_mistake_of_the_caller():
    houses = buildings([10])
    houses = houses.join(estimate(houses))
    zone = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 99, 99)], crs=CRS)
    with pytest.raises(ValueError, match="one total per zone"):
        scale_to_zones(houses, zone, np.array([1, 2]))
    with pytest.raises(ValueError, match="one CRS"):
        scale_to_zones(houses, zone.to_crs(3857), np.array([1]))


def test_largest_share_takes_the_larger_and_of_equals_the_first():
    areas = np.array([shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10)])
    shapes = np.array(
        [
            shapely.box(8, 0, 18, 5),
            shapely.box(5, 0, 15, 5),
            shapely.box(20, 0, 30, 5),
            shapely.box(1, 1, 2, 2),
        ]
    )
    owner, share = largest_share(shapes, areas)
    assert owner.tolist() == [1, 0, -1, 0]
    assert share.tolist() == pytest.approx([0.8, 0.5, 0, 1])


@pytest.mark.realdata
@pytest.mark.parametrize("levels_known", [True, False])
def test_estimate_meets_the_dwellings_of_a_real_cadastre(shared_data: Path, levels_known):
    """298 dwellings in 241 of 327 buildings, half of them without a tag for storeys."""
    cadastre = gpd.read_file(shared_data / "es_canary_dwellings" / "cons.shp")
    whole = cadastre[cadastre["currentUse"].notna()].copy()
    parts = cadastre[cadastre["lev_above"].notna()]
    storeys = parts.groupby(parts["localId"].str.split("_").str[0])["lev_above"].max()
    levels = whole["localId"].map(storeys).clip(lower=1)
    whole["levels"] = levels.astype("Int64") if levels_known else pd.NA
    whole["levels"] = whole["levels"].astype("Int64")
    whole["flats"] = pd.array([None] * len(whole), dtype="Int64")
    # A village of houses; the cadastre's one block of 42 flats is told by its use alone.
    whole["kind"] = np.where(whole["currentUse"] == "1_residential", "house", "industrial")
    ratio = estimate(whole)["households"].sum() / whole["dwellings"].sum()
    assert 0.8 < ratio < 1.25

"""Divisions nest by code and by land, and communities cover the town exactly."""

import shapely

from tests.town.conftest import Made

#: Digits of a code that count at each level; the rest are zeros.
DIGITS = {"province": 2, "city": 4, "county": 6, "street": 9, "community": 12}


def test_codes_nest(made: Made) -> None:
    divisions = made.town.divisions
    assert divisions["code"].is_unique
    assert divisions["code"].str.fullmatch(r"39\d{10}").all()
    above = None
    for level, digits in DIGITS.items():
        codes = divisions.loc[divisions["level"] == level, "code"]
        assert len(codes) > 0
        assert (codes.str[digits:] == "0" * (12 - digits)).all()
        assert codes.str[:digits].is_unique
        if above is not None:
            parents = codes.str[: DIGITS[above]].str.ljust(12, "0")
            assert set(parents) == set(divisions.loc[divisions["level"] == above, "code"])
        above = level


def test_last_digits_tell_neighbourhoods_from_villages(made: Made) -> None:
    communities = made.town.divisions.query("level == 'community'")
    last = communities["code"].str[9:].astype(int)
    village = communities["name"].str.endswith("村")
    assert last[village].between(200, 399).all()
    assert last[~village].between(1, 199).all()
    assert village.any()
    assert not village.all()


def test_every_level_is_an_exact_coverage(made: Made) -> None:
    divisions = made.town.divisions
    (town,) = divisions.loc[divisions["level"] == "province", "geometry"].iloc[0].geoms
    for level in DIGITS:
        shapes = divisions.loc[divisions["level"] == level, "geometry"].to_numpy()
        assert shapely.coverage_is_valid(shapes)
        together = shapely.get_parts(shapely.coverage_union_all(shapes))
        assert len(together) == 1
        assert shapely.equals_exact(together[0].normalize(), town.normalize())
    assert not town.interiors


def test_boundary_is_the_communities(made: Made) -> None:
    boundary = made.town.boundary.set_index("code")
    communities = made.town.divisions.query("level == 'community'").set_index("code")
    assert set(boundary.index) == set(communities.index)
    assert boundary["name"].to_dict() == communities["name"].to_dict()
    same = communities.geometry.loc[boundary.index].to_numpy()
    assert shapely.equals(boundary.geometry.to_numpy(), same).all()


def test_urban_communities_have_a_realistic_size(made: Made) -> None:
    buildings = made.town.buildings
    households = buildings.groupby(buildings["building_id"].str[:12])["households"].sum()
    urban = households[households.index.str[9] < "2"]
    if made.households >= 20_000:
        assert 1500 <= urban.median() <= 3000
    assert (urban > 100).all()
    assert (households[households.index.str[9] >= "2"].between(80, 800)).all()

"""People stand in their division and hold powers that exist."""

import geopandas as gpd
import shapely

from gridsvc.geo import Datum, to_wgs84
from tests.town.conftest import Made


def _positions(made: Made) -> gpd.GeoSeries:
    people = made.town.people
    places = [
        to_wgs84(lon, lat, Datum(datum))
        for lon, lat, datum in zip(people["lon"], people["lat"], people["datum"], strict=True)
    ]
    return gpd.GeoSeries(shapely.points(places), crs=4326, index=people.index)


def test_everybody_is_inside_their_division(made: Made) -> None:
    people, divisions = made.town.people, made.town.divisions.set_index("code")
    homes = divisions.geometry.loc[people["division_code"]].to_numpy()
    assert shapely.contains(homes, _positions(made).to_numpy()).all()
    level = divisions["level"].loc[people["division_code"]].to_numpy()
    officer = (people["role"] == "officer").to_numpy()
    assert (level[officer] == "street").all()
    assert (level[~officer] == "community").all()


def test_both_datums_occur(made: Made) -> None:
    assert set(made.town.people["datum"]) == {"wgs84", "gcj02"}


def test_powers_are_on_the_list_and_everyone_is_held_by_somebody(made: Made) -> None:
    people, powers = made.town.people, set(made.town.powers["code"])
    held = people.set_index("code")["powers"].str.split(";").explode()
    assert set(held[held != ""]) == powers
    assert not held[held != ""].reset_index().duplicated().any()
    assert ((people["powers"] != "") == (people["role"] == "officer")).all()


def test_one_worker_for_about_300_households_and_some_communities_short(made: Made) -> None:
    buildings, people = made.town.buildings, made.town.people
    households = buildings.groupby(buildings["building_id"].str[:12])["households"].sum()
    for role, each in (("grid_worker", 300), ("liaison", 100)):
        there = people[people["role"] == role].groupby("division_code").size()
        there = there.reindex(households.index, fill_value=0)
        short = (households / each).round().clip(lower=1) - there
        assert set(short) <= ({0, 1} if role == "grid_worker" else {0})
        spared = role == "grid_worker" and (households >= 1.5 * each).any()
        assert (short > 0).any() == spared


def test_codes_names_and_duty(made: Made) -> None:
    people = made.town.people
    assert people["code"].is_unique
    assert people["name"].str.fullmatch(r"[一-鿿]{2,3}").all()
    assert set(people["on_duty"]) == {True, False}
    assert (people["capacity"] >= 1).all()

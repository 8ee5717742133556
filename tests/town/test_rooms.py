"""Households live at addresses that exist in their building."""

from tests.town.conftest import Made


def test_addresses_are_unique_and_begin_with_the_building(made: Made) -> None:
    households = made.town.households
    assert households["address_code"].is_unique
    assert households["address_code"].str.fullmatch(r"\d{23}").all()
    assert (households["address_code"].str[:17] == households["building_id"]).all()


def test_rooms_exist_in_their_building(made: Made) -> None:
    households = made.town.households
    buildings = made.town.buildings.set_index("building_id")
    building = buildings.loc[households["building_id"]]
    assert households["unit"].between(1, building["units"].to_numpy()).all()
    assert households["floor"].between(1, building["levels"].to_numpy()).all()
    floor = households["room"].str[:-2].astype(int)
    assert (floor == households["floor"]).all()
    assert households["residents"].between(1, 6).all()

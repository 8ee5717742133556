"""Homes: the rooms of every building, and which of them somebody lives in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

#: Share of homes lived in, when the town is exactly as large as wished, and its limits.
USUAL_SHARE = 0.94
LIVED_IN = (0.86, 0.99)
#: How often a household has one, two, ... six residents.
RESIDENTS = (0.17, 0.29, 0.29, 0.14, 0.08, 0.03)

Index = NDArray[np.intp]


@dataclass(frozen=True)
class Homes:
    """Homes that are lived in: one entry each, in the order of the buildings."""

    house: Index  # row of the building
    unit: Index  # stairwell unit, from 1
    floor: Index
    door: Index  # door on the landing, from 1
    residents: Index


def homes_of(houses: pd.DataFrame) -> NDArray[np.int64]:
    """Homes in each building, lived in or not."""
    count = houses["units"] * houses["rooms"] * houses["home_floors"]
    return np.asarray(count, dtype=np.int64)


def move_in(houses: pd.DataFrame, households: int, rng: np.random.Generator) -> Homes:
    """Fill the homes so that about `households` are lived in, within what is usual."""
    count = homes_of(houses)
    share = float(np.clip(households / max(count.sum(), 1), *LIVED_IN))
    house = np.repeat(np.arange(len(count)), count)
    order = np.arange(len(house)) - np.repeat(np.cumsum(count) - count, count)
    lived_in = rng.random(len(house)) < share
    house, order = house[lived_in], order[lived_in]
    rooms = houses["rooms"].to_numpy()[house]
    floors = houses["home_floors"].to_numpy()[house]
    unit, rest = np.divmod(order, rooms * floors)
    lowest = houses["lowest"].to_numpy()[house]
    residents = rng.choice(len(RESIDENTS), len(house), p=RESIDENTS) + 1
    return Homes(house, unit + 1, lowest + rest // rooms, rest % rooms + 1, residents)


def households_frame(homes: Homes, building_id: NDArray[np.object_]) -> pd.DataFrame:
    """One row per household.

    Returns
    -------
    pandas.DataFrame
        address_code (23 digits: building 17, unit 2, floor 2, door 2), building_id, unit, floor,
        room (door number as on the door: floor and two digits), residents.
    """
    ids = pd.Series(building_id[homes.house], dtype="str")
    door = pd.Series(homes.floor * 100 + homes.door)
    return pd.DataFrame(
        {
            "address_code": ids + pd.Series(homes.unit * 10000 + door).astype("str").str.zfill(6),
            "building_id": ids,
            "unit": homes.unit,
            "floor": homes.floor,
            "room": door.astype("str"),
            "residents": homes.residents,
        }
    )

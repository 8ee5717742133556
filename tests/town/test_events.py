"""The day of events: known matters at places inside the town."""

import pandas as pd
import shapely

from gridsvc.geo import Datum, to_wgs84
from tests.town.conftest import Made


def test_events_lie_strictly_inside_one_community(made: Made) -> None:
    events = made.town.events
    points = shapely.points(
        [
            to_wgs84(lon, lat, Datum(datum))
            for lon, lat, datum in zip(events["lon"], events["lat"], events["datum"], strict=True)
        ]
    )
    tree = shapely.STRtree(made.town.boundary.geometry.to_numpy())
    event, _ = tree.query(points, predicate="within")
    assert event.tolist() == list(range(len(events)))


def test_matters_are_known_and_the_narrowest(made: Made) -> None:
    matters = made.town.matters
    used = set(made.town.events["matter_code"])
    assert used <= set(matters["code"]) - set(matters["parent"])
    kinds = set(matters.set_index("code")["kind"].loc[sorted(used)])
    assert kinds == {"grid", "enforcement"}


def test_descriptions_name_a_place_of_the_town(made: Made) -> None:
    descriptions = made.town.events["description"]
    assert not descriptions.str.contains("[{}]").any()
    names = set(made.town.barriers["name"]) | set(made.town.special["name"])
    names |= set(made.town.buildings["address"])
    named = descriptions.map(lambda text: any(name and text.startswith(name) for name in names))
    # Fields and river banks are named but are in no layer.
    assert named.mean() > 0.8


def test_captured_in_order_during_one_day_in_china(made: Made) -> None:
    stamps = made.town.events["captured_at"]
    assert stamps.str.endswith("+08:00").all()
    times = pd.to_datetime(stamps)
    assert times.is_monotonic_increasing
    assert times.dt.date.nunique() == 1
    night = times.dt.hour.between(0, 4).sum()
    assert night < times.dt.hour.between(7, 11).sum()
    assert made.town.events["client_key"].is_unique

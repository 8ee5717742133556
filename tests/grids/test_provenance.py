"""What a plan was made from: the same digest for the same, another for anything else."""

import dataclasses

import pytest
import shapely
from sqlalchemy import text

from gridsvc.grids import area_queries, provenance, service
from tests.towns import COMMUNITY, paper_area, settings

SETTINGS = settings().told


def changed(layer, change):
    area = paper_area()
    frame = getattr(area, layer).copy()
    change(frame)
    return dataclasses.replace(area, **{layer: frame})


def households(frame):
    frame.loc[3, "households"] = 51


def weight(frame):
    frame.loc[0, "w"] = 0.5000000000000001


def shape(frame):
    frame.geometry = frame.geometry.translate(1e-9)


def swapped(frame):
    frame.loc[[0, 1], "geometry"] = frame.geometry.iloc[[1, 0]].to_numpy()


def never(frame):
    frame["never"] = True


def a_place(frame):
    frame.loc[0] = ["甲", shapely.Point(118.7, 32)]


def no_shape(frame):
    frame.geometry = [None]


def test_the_same_gives_the_same():
    first, again = (provenance.made_from(paper_area(), **SETTINGS) for _ in range(2))
    assert first == again
    assert len(first) == 64


@pytest.mark.parametrize(
    "area",
    [
        changed("buildings", households),
        changed("buildings", shape),
        changed("buildings", swapped),
        changed("barriers", weight),
        changed("barriers", never),
        changed("zones", a_place),
        changed("seeds", a_place),
        changed("boundary", shape),
        changed("boundary", no_shape),
    ],
)
def test_any_change_of_the_input_shows(area):
    assert provenance.made_from(area, **SETTINGS) != provenance.made_from(paper_area(), **SETTINGS)


@pytest.mark.parametrize(
    "change",
    [
        {"target": 99},
        {"grid_target": 301},
        {"seed": 1},
        {"anew": True},
        {"tolerance": 0.2},
        {"weigh": {"residents": 1.0}},
        {"locked": ("990101001001001",)},
        {"zones": False},
        {"seeds": False},
    ],
)
def test_any_change_of_the_settings_shows(change):
    area, other = paper_area(), settings(**change).told
    assert provenance.made_from(area, **other) != provenance.made_from(area, **SETTINGS)


def test_another_method_shows(monkeypatch):
    before = provenance.made_from(paper_area(), **SETTINGS)
    monkeypatch.setattr(shapely, "geos_version_string", "9.9.9")
    provenance.method.cache_clear()
    try:
        assert provenance.made_from(paper_area(), **SETTINGS) != before
    finally:
        provenance.method.cache_clear()


async def test_a_plan_keeps_what_it_was_made_from(town_session):
    area = await area_queries.frames(town_session, COMMUNITY)
    (kept,) = await town_session.scalars(text("SELECT made_from FROM plan"))
    assert kept == provenance.made_from(area, **SETTINGS)


async def test_a_plan_at_hand_is_found_by_what_it_was_made_from(town_session):
    found = await service.plan_at_hand(town_session, COMMUNITY, settings(), after=0)
    assert (found["state"], found["micro_grids"]) == ("published", 8)
    assert found["report"]["figures"]
    for given, after in (({}, found["id"]), ({"seed": 1}, 0), ({"target": 60}, 0)):
        asked = settings(**given)
        assert await service.plan_at_hand(town_session, COMMUNITY, asked, after=after) is None
    await town_session.execute(text("UPDATE building SET households = 49 WHERE source_id = 'b00'"))
    assert await service.plan_at_hand(town_session, COMMUNITY, settings(), after=0) is None

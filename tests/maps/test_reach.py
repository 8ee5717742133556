"""Reach: bands, households covered, and one more person."""

import numpy as np
import shapely

from gridsvc.maps.reach import BANDS, WITHIN, reach
from gridsvc.roads.modes import Mode
from gridsvc.roads.travel import ByLine
from tests.maps.frames import make_frames

CELLS = make_frames(200).micro_grids
PLACES = shapely.get_coordinates(shapely.point_on_surface(CELLS.geometry.array))
ON_FOOT = ByLine(Mode.WALK)


def test_each_micro_grid_is_in_the_band_of_its_minutes():
    theme = reach(CELLS, PLACES[:1], ON_FOOT)
    minutes = ON_FOOT.seconds_from_nearest(PLACES[:1], PLACES).eta_s / 60
    assert theme.level.iloc[0] == 0
    assert (theme.level.to_numpy() == len(BANDS)).tolist() == (minutes > BANDS[-1]).tolist()
    covered = CELLS["households"].to_numpy()[minutes <= WITHIN].sum()
    assert theme.rows[0][1] == f"{covered} / {CELLS['households'].sum()} 户"


def test_nobody_on_duty_leaves_every_micro_grid_a_blind_spot():
    theme = reach(CELLS, np.empty((0, 2)), ON_FOOT)
    assert theme.counts[-1] == len(CELLS)
    assert "无在岗网格员" in theme.note


def test_one_more_person_is_told_only_while_somebody_is_out_of_reach():
    assert any("增派" in label for label, _ in reach(CELLS, PLACES[:1], ON_FOOT).rows)
    assert not any("增派" in label for label, _ in reach(CELLS, PLACES, ON_FOOT).rows)


def test_minutes_and_places_of_people_do_not_leave():
    assert reach(CELLS, PLACES[:3], ON_FOOT).columns is None


def test_one_micro_grid_without_households_is_drawn():
    alone = CELLS.iloc[:1].assign(households=0)
    assert reach(alone, np.empty((0, 2)), ON_FOOT).rows[0][1] == "0 / 0 户"

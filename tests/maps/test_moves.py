"""A plan beside the one before: who moves, and who only has another number."""

import pandas as pd
import shapely

from gridsvc.maps.coverage import to_html
from gridsvc.maps.moves import plans
from tests.maps.frames import make_frames
from tests.maps.test_coverage import block_of

CELLS = make_frames(30).micro_grids
CODES = CELLS["code"].to_numpy()
HERE = shapely.get_coordinates(shapely.point_on_surface(CELLS.geometry.array))


def homes(old):
    return pd.DataFrame(
        {
            "cell": CODES,
            "old_cell": old,
            "households": 10,
            "lon": HERE[:, 0],
            "lat": HERE[:, 1],
        }
    )


def test_another_number_is_no_move():
    theme = plans(CELLS, CELLS[["code", "geometry"]], homes([f"X{code}" for code in CODES]))
    assert theme.columns["plans_came"].sum() == 0
    assert "0 户 ÷ 两次方案都在的住户 300 户" in theme.note


def test_who_is_not_in_their_cells_heir_has_moved():
    old = CODES.copy()
    old[0] = CODES[1]
    table = homes(old)
    table.loc[0, "households"] = 3
    theme = plans(CELLS, CELLS[["code", "geometry"]], table)
    assert theme.columns["plans_came"].to_dict() == dict.fromkeys(CODES, 0) | {CODES[0]: 3}
    moved = next(o for o in theme.overlays if o.table == "moved_homes")
    assert moved.frame[["households", "old_cell"]].to_numpy().tolist() == [[3, CODES[1]]]


def test_no_earlier_plan_is_said():
    theme = plans(CELLS, CELLS[:0][["code", "geometry"]], homes([None] * 30))
    assert theme.note == "没有更早的方案可比"
    assert {theme.labels[i] for i in set(theme.level)} == {"无住户或无更早方案"}


def test_old_borders_are_drawn_beside_the_new():
    old = make_frames(20, seed=5).micro_grids[["code", "geometry"]]
    theme = plans(CELLS, old, homes(list(CODES)))
    tables = block_of(to_html(make_frames(30, themes=(theme,), first="plans")))
    assert tables["old_cells"]["count"] == 20

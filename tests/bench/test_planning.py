"""What the bench of the splitter measures, on drawings small enough to check by eye."""

from types import SimpleNamespace

import numpy as np
import pytest
import shapely

from gridsvc.planning.graph import DualGraph
from tests.bench.planning.measure import figures, holder, moved_pct, parts, street_share
from tests.bench.planning.pieces import cell_count, cells_of, problems_of
from tests.bench.planning.report import Growth, Row, growth_table, methods_table
from tests.bench.planning.tasks import changed, divided_by

#: A row of four squares of 100 m: the second and the third touch on a street.
SQUARES = np.array([shapely.box(100 * k, 0, 100 * k + 100, 100) for k in range(4)], dtype=object)
STREET = np.array([shapely.LineString([(203, -10), (203, 110)])], dtype=object)
ONE_COMMUNITY = np.zeros(4, dtype=np.int64)


def row_of_atoms(*, broken=False):
    """The squares as atoms, each linked to the next; broken, the last one by itself."""
    first, neighbour = (
        ([0, 1, 3, 4, 4], [1, 0, 2, 1]) if broken else ([0, 1, 3, 5, 6], [1, 0, 2, 1, 3, 2])
    )
    border = np.full(len(neighbour), 100.0)
    graph = DualGraph(
        node_of_face=np.arange(4),
        households=np.array([60, 40, 150, 100]),
        load=np.array([60.0, 40.0, 150.0, 100.0]),
        area=np.full(4, 1e4),
        outer=np.full(4, 200.0),
        seats=np.zeros(4, dtype=np.int64),
        home=np.full(4, -1, dtype=np.int64),
        first=np.array(first),
        neighbour=np.array(neighbour),
        length=border,
        street=0 * border,
        eased=0 * border,
        heavy=0 * border,
    )
    return SimpleNamespace(community=0, faces=SQUARES, graph=graph)


def test_balance_is_judged_over_inhabited_cells_alone():
    found = figures(SQUARES, np.array([110, 119, 79, 0]), ONE_COMMUNITY, STREET, 100)
    assert found.cells == 4
    assert found.within10 == pytest.approx(100 / 3)
    assert found.within20 == pytest.approx(200 / 3)
    assert found.mape == pytest.approx((10 + 19 + 21) / 3)


def test_a_square_is_as_compact_as_the_formula_says():
    found = figures(SQUARES, np.full(4, 100), ONE_COMMUNITY, STREET, 100)
    assert found.pp_median == pytest.approx(np.pi / 4)
    assert found.pp_p10 == pytest.approx(np.pi / 4)


def test_one_border_in_three_lies_on_the_street():
    assert street_share(SQUARES, ONE_COMMUNITY, STREET) == pytest.approx(1 / 3)


def test_borders_of_communities_are_not_the_splitters_to_choose():
    assert street_share(SQUARES, np.array([0, 0, 1, 1]), STREET) == 0


def test_cells_in_several_parts_are_counted_and_slivers_are_not():
    sliver = shapely.box(500, 0, 500.1, 1)
    two, with_sliver = ([SQUARES[0], SQUARES[2]], [SQUARES[1], sliver])
    cells = [shapely.MultiPolygon(two), shapely.MultiPolygon(with_sliver), SQUARES[3]]
    assert parts(np.array(cells, dtype=object)).tolist() == [2, 1, 1]


def test_points_outside_every_cell_are_held_by_none():
    points = shapely.points([(50, 50), (350, 50), (50, 900)])
    assert holder(points, SQUARES).tolist() == [0, 3, -1]


def test_nobody_moves_when_cells_are_only_renumbered():
    before = np.array([0, 0, 1, 1, 2])
    assert moved_pct(before, 2 - before, np.array([5, 1, 7, 2, 9])) == 0


def test_a_building_that_changes_cell_moves_its_households():
    before, after = np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1])
    assert moved_pct(before, after, np.array([30, 10, 40, 20])) == pytest.approx(10)


def test_of_two_cells_joined_the_larger_one_has_stayed():
    before, after = np.array([0, 1]), np.array([0, 0])
    assert moved_pct(before, after, np.array([60, 40])) == pytest.approx(40)


def test_buildings_without_a_cell_are_left_out():
    before, after = np.array([0, -1, 1]), np.array([0, 1, -1])
    assert moved_pct(before, after, np.array([10, 90, 90])) == 0


def test_some_buildings_change_by_up_to_half():
    households = np.r_[np.zeros(20, dtype=np.int64), np.full(200, 40)]
    after = changed(households, 0)
    assert 0 < (after != households).sum() <= 10
    assert not after[:20].any()
    assert after[20:].min() >= 20
    assert after.max() <= 60
    assert (after == changed(households, 0)).all()


@pytest.mark.parametrize(("weight", "count"), [([100, 100, 60], 3), ([40], 1), ([140], 1)])
def test_number_of_cells_comes_closest_to_the_target(weight, count):
    assert cell_count(np.array(weight), 100) == count


def test_a_tower_counts_as_one_cell():
    ((nodes, problem),) = problems_of(row_of_atoms(), 100)
    assert nodes.tolist() == [0, 1, 2, 3]
    assert problem.weight.tolist() == [60, 40, 100, 100]
    assert problem.k == 3
    assert problem.centre[:, 0].tolist() == [50, 150, 250, 350]


def test_land_that_does_not_hang_together_is_asked_about_apart():
    (part,) = divided_by(lambda *_: np.array([0, 0, 1]), [row_of_atoms(broken=True)], 0, 1)
    assert part.tolist() == [0, 0, 1, 2]


def test_a_method_that_fails_on_one_piece_has_failed():
    assert divided_by(lambda *_: None, [row_of_atoms()], 0, 1) is None


def test_cells_are_unions_of_their_atoms():
    cells = cells_of(row_of_atoms(), np.array([0, 0, 1, 2]))
    assert cells[0].equals(shapely.box(0, 0, 200, 100))
    assert shapely.area(cells).tolist() == [2e4, 1e4, 1e4]


def test_tables_name_what_failed():
    assert "failed" in methods_table([Row("a rival", None, 3.0, 5.0)])
    assert "| 1,000 | failed | 5 |" in growth_table([Growth(1000, 3.0, 5.0, done=False)])

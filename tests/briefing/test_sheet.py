"""What a page tells adds up."""

import pytest

from gridsvc.briefing.sheet import by_class, by_place, place_level, theme_of
from tests.briefing.sheets import a_sheet, several
from tests.maps.frames import make_frames


def test_classes_and_places_add_up_to_all_cells():
    sheet = a_sheet(50)
    classes, places = by_class(sheet), by_place(sheet)
    for column in ("cells", "households"):
        whole = len(sheet.cells) if column == "cells" else sheet.cells["households"].sum()
        assert classes[column].sum() == places[column].sum() == whole
    numbers = list(range(len(sheet.theme.labels)))
    assert places[numbers].sum(axis=1).tolist() == places["cells"].tolist()
    assert places[numbers].sum().tolist() == classes["cells"].tolist()


def test_the_note_names_numerator_denominator_and_window():
    note = theme_of(make_frames(30)).note
    assert "÷" in note
    assert "100 户" in note
    assert "当前" in note


@pytest.mark.parametrize(("parts", "level"), [(1, "grid"), (4, "community")])
def test_places_are_what_tells_the_cells_apart(parts, level):
    assert place_level(several(24, parts).micro_grids) == level


def test_one_cell_and_no_cell_make_a_sheet():
    assert len(by_place(a_sheet(1))) == 1
    empty = make_frames(3)
    from_nothing = a_sheet(3)
    assert not from_nothing.empty
    assert (
        by_class(a_sheet(3, micro_grids=empty.micro_grids[:0], grids=empty.grids[:0]))[
            "cells"
        ].tolist()
        == [0] * 6
    )

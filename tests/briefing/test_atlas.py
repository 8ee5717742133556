"""An atlas: every cell on one page, all pages with the classes of the whole."""

import pytest

from gridsvc.briefing.sheet import by_place
from tests.briefing.sheets import an_atlas


def test_every_cell_is_on_one_page_and_the_index_tells_which():
    atlas = an_atlas(60, parts=6)
    assert atlas.pages == 7
    assert atlas.index.is_index
    seen = []
    for number in range(2, 8):
        sheet = atlas.sheet(number)
        (place,) = atlas.index.places.iloc[[number - 2]].itertuples(index=False)
        assert place.label == f"{number} {place.name}"
        assert sheet.title.startswith(place.name)
        assert sheet.cells["code"].str.startswith(place.code).all()
        assert sheet.theme.labels == atlas.index.theme.labels
        assert (sheet.page, sheet.pages) == (number, 7)
        assert by_place(sheet)["cells"].sum() == len(sheet.cells)
        seen += sheet.cells["code"].tolist()
    assert sorted(seen) == sorted(atlas.index.cells["code"])


def test_pages_beyond_the_last_are_an_error():
    with pytest.raises(IndexError):
        an_atlas(12, parts=2).sheet(4)

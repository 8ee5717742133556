"""Themes: classes hold every value once, and say what nothing means."""

import numpy as np
import pandas as pd
import pytest

from gridsvc.errors import BadInput
from gridsvc.maps.coverage import to_html
from gridsvc.maps.themes import NAMES, chosen, counted, pace, staffing
from tests.maps.frames import make_frames
from tests.maps.test_coverage import block_of, legend_of


@pytest.mark.parametrize("cells", [1, 2, 5, 300, 2500])
@pytest.mark.parametrize("most", [0, 1, 3, 1000])
def test_every_micro_grid_is_in_one_class(cells, most):
    number = np.random.default_rng(cells).integers(0, most + 1, cells)
    theme = counted("open", pd.DataFrame({"number": number}, index=range(cells)), "当前")
    assert sum(theme.counts) == cells
    assert len(theme.fills) == len(theme.labels) <= 6
    assert theme.counts[-1] == (number == 0).sum()
    assert (np.diff(pd.Series(number).groupby(theme.level.to_numpy()).max().iloc[:-1]) > 0).all()


def test_a_grid_without_households_has_no_rate_and_vacancies_are_counted_by_grid():
    theme = staffing(
        pd.DataFrame(
            {
                "grid_code": ["a", "a", "b", "c"],
                "grid_households": [500, 500, 0, 400],
                "posted": [1, 1, 1, 0],
                "posted_on_duty": [1, 1, 0, 0],
            },
            index=["a1", "a2", "b1", "c1"],
        )
    )
    assert theme.columns["staffing_rate"].tolist() == ["2", "2", "—", "0"]
    assert theme.level["b1"] == len(theme.fills) - 1
    assert dict(theme.rows) == {"空缺网格（无网格员）": "1 / 3", "网格员在岗": "1 / 2"}


def test_nothing_closed_is_no_figure():
    none = pd.Series([None, None], dtype=float)
    theme = pace(pd.DataFrame({"closed": 0, "case": none, "accept": none, "arrive": none}), 90)
    assert theme.labels == ["无已结案事件"]
    assert theme.counts == [2]


def test_a_theme_is_drawn_with_its_classes_and_legend():
    frames = make_frames(40)
    codes = frames.micro_grids["code"]
    number = np.arange(40) % 4
    theme = counted("open", pd.DataFrame({"number": number}, index=codes), "<b>当前</b>")
    page = to_html(make_frames(40, themes=(theme,), first="open", households=False))
    columns = block_of(page)["micro_grids"]["columns"]
    assert columns["open_number"] == number.tolist()
    assert columns["open_level"] == theme.level.tolist()
    told = legend_of(page)
    assert told["没有"] == "10"
    assert told["合计"] == f"{number.sum()} 件"
    assert "<b>当前</b>" not in page


def test_layers_are_named_once_each():
    assert chosen(None) == ["households"]
    assert chosen("reach, open,reach") == ["reach", "open"]
    assert chosen(",".join(NAMES)) == list(NAMES)


@pytest.mark.parametrize("layers", ["", ",", "roads", "open,<script>", "x" * 200, "\u202e"])
def test_unknown_layers_are_refused(layers):
    with pytest.raises(BadInput, match="there is no layer"):
        chosen(layers)

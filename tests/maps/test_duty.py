"""Who is on duty in the grid of each micro-grid."""

import pandas as pd

from gridsvc.maps.duty import duty


def test_each_state_is_a_class_and_grids_are_counted_once():
    theme = duty(
        pd.DataFrame(
            {
                "grid_code": ["a", "a", "b", "c", "d"],
                "posted": [2, 2, 2, 1, 0],
                "posted_on_duty": [2, 2, 1, 0, 0],
            },
            index=["a1", "a2", "b1", "c1", "d1"],
        )
    )
    assert dict(zip(theme.labels, theme.counts, strict=True)) == {
        "全部在岗": 2,
        "部分在岗": 1,
        "无人在岗": 1,
        "无网格员": 1,
    }
    assert "3 人 ÷ 在任 5 人" in theme.note
    assert dict(theme.rows) == {"无人在岗的网格": "2 / 4"}

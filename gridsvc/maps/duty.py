"""Who is on duty now: the workers of each micro-grid's grid, as a theme of the coverage map."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridsvc.maps.compact import Field, Fill
from gridsvc.maps.themes import NO_FIGURE, Theme

_FILLS = [Fill("#08519c"), Fill("#9ecae1"), Fill("#e6550d"), NO_FIGURE]


def duty(figures: pd.DataFrame) -> Theme:
    """Whether those posted to the grid of each micro-grid are on duty at this moment.

    Parameters
    ----------
    figures
        By micro-grid code: posted, posted_on_duty, grid_code.
    """
    posted = figures["posted"].to_numpy(int)
    at_work = figures["posted_on_duty"].to_numpy(int)
    level = np.select([posted == 0, at_work == 0, at_work < posted], [3, 2, 1], 0)
    grids = figures.drop_duplicates("grid_code")
    on_duty, everybody = int(grids["posted_on_duty"].sum()), int(grids["posted"].sum())
    nobody = int((grids["posted_on_duty"] == 0).sum())
    note = f"所属网格在岗网格员 {on_duty} 人 ÷ 在任 {everybody} 人；当前"
    return Theme(
        "duty",
        pd.Series(level, figures.index),
        _FILLS,
        ["全部在岗", "部分在岗", "无人在岗", "无网格员"],
        note,
        (("无人在岗的网格", f"{nobody} / {len(grids)}"),),
        pd.DataFrame({"duty_on": at_work, "duty_of": posted}, index=figures.index),
        (Field("在岗网格员", "duty_on", unit=" 人", per="duty_of"),),
        english={
            note: f"{on_duty} workers of its grid on duty ÷ {everybody} posted; now",
            "全部在岗": "All on duty",
            "部分在岗": "Some on duty",
            "无人在岗": "Nobody on duty",
            "无人在岗的网格": "Grids with nobody on duty",
        },
    )

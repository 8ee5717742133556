"""Before and after: the events of two periods, micro-grid by micro-grid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

import numpy as np
import pandas as pd

from gridsvc.errors import BadInput
from gridsvc.maps.compact import Field, Fill
from gridsvc.maps.themes import Theme, plain

#: Fewer and more than before diverge from grey to blue and orange, told apart with any colour
#: blindness (ColorBrewer RdYlBu's ends, Brewer 2003).
_FEWER = ["#2166ac", "#92c5de"]
_SAME = "#f7f7f7"
_MORE = ["#fdb863", "#b35806"]
#: Periods are compared by what they would have in so many days.
PER_DAYS = 30
LONGEST_DAYS = 3660


@dataclass(frozen=True)
class Period:
    """From a moment to another, the second not included; both with a time zone."""

    begin: datetime
    end: datetime

    @property
    def days(self) -> float:
        """Its length."""
        return (self.end - self.begin) / timedelta(days=1)

    @property
    def told(self) -> str:
        """First and last day."""
        last = self.end - timedelta(microseconds=1)
        return f"{self.begin:%Y-%m-%d} – {last:%Y-%m-%d}"


def period_of(text: str, zone: tzinfo) -> Period:
    """A period from two days, ``2026-09-01/2026-09-30``, both included.

    Raises
    ------
    BadInput
        If these are no two days in order, or more than ten years.
    """
    try:
        first, last = (date.fromisoformat(day) for day in text.split("/"))
    except ValueError as failure:
        raise BadInput(
            f"{text[:40]!a} is no period; give two days like 2026-09-01/2026-09-30"
        ) from failure
    if not timedelta() <= last - first <= timedelta(days=LONGEST_DAYS) or first.year < 1970:
        raise BadInput(f"{text} is no period of at most {LONGEST_DAYS} days; the earlier day first")
    begin = datetime.combine(first, time.min, zone)
    return Period(begin, datetime.combine(last, time.min, zone) + timedelta(days=1))


def two_periods(
    now: datetime, days: int, after: str | None = None, before: str | None = None
) -> tuple[Period, Period]:
    """The periods asked for, earlier one first.

    Without `after` it is the last so many days, without `before` as long before that.

    Raises
    ------
    BadInput
        If a text is no period, or the one before does not end before the other begins.
    """
    zone = now.tzinfo
    if zone is None:
        raise BadInput("now has no time zone")
    second = Period(now - timedelta(days=days), now) if after is None else period_of(after, zone)
    length = second.end - second.begin
    first = (
        Period(second.begin - length, second.begin) if before is None else period_of(before, zone)
    )
    if first.end > second.begin:
        raise BadInput(f"the period before ({first.told}) must end before {second.told} begins")
    return first, second


def change(figures: pd.DataFrame, before: Period, after: Period, said: tuple[str, str]) -> Theme:
    """Difference of events received in two periods, each as in thirty days.

    Parameters
    ----------
    figures
        By micro-grid code: before and after, events received.
    before, after
        The periods.
    said
        Which events, in Chinese and English.
    """
    rates = [
        figures[name].to_numpy(float) / period.days * PER_DAYS
        for name, period in (("before", before), ("after", after))
    ]
    by = rates[1] - rates[0]
    bound = _bound(by)
    level = np.select([by < -bound, by < 0, by == 0, by <= bound], [0, 1, 2, 3], 4)
    edge = plain(bound)
    labels = [
        f"减少超过 {edge}",
        f"减少 {edge} 以内",
        "不变",
        f"增加 {edge} 以内",
        f"增加超过 {edge}",
    ]
    sums = [int(figures[name].sum()) for name in ("before", "after")]
    rows = tuple(
        (f"{name}期 {period.told}", f"{total} 件 ÷ {plain(period.days)} 天")
        for name, period, total in (("前", before, sums[0]), ("后", after, sums[1]))
    )
    note = f"{said[0]}；后期减前期，折合每 {PER_DAYS} 天件数"
    english = {
        note: f"{said[1]}; after less before, events in {PER_DAYS} days",
        labels[0]: f"Over {edge} fewer",
        labels[1]: f"Up to {edge} fewer",
        labels[2]: "The same",
        labels[3]: f"Up to {edge} more",
        labels[4]: f"Over {edge} more",
        "前期": "Before",
        "后期": "After",
        "每 30 天相差": "Difference in 30 days",
    }
    english |= {
        said: f"{name} {period.told}"
        for (said, _), name, period in zip(rows, ("Before", "After"), (before, after), strict=True)
    }
    english |= {figure: figure.replace("件", "events").replace("天", "days") for _, figure in rows}
    return Theme(
        "change",
        pd.Series(level, figures.index),
        [*map(Fill, _FEWER), Fill(_SAME), *map(Fill, _MORE)],
        labels,
        note,
        rows,
        pd.DataFrame(
            {
                "change_before": figures["before"].to_numpy(int),
                "change_after": figures["after"].to_numpy(int),
                "change_by": [("+" if value > 0 else "") + plain(value) for value in by],
            },
            index=figures.index,
        ),
        (
            Field("前期", "change_before", unit=" 件"),
            Field("后期", "change_after", unit=" 件"),
            Field("每 30 天相差", "change_by"),
        ),
        english=english,
    )


def _bound(by: np.ndarray) -> float:
    """What parts small differences from large: the median of those there are, one at least."""
    moved = np.abs(by[by != 0])
    return max(1.0, round(float(np.median(moved)), 1)) if len(moved) else 1.0

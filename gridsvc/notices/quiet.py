"""Hours in which somebody is left in peace; pure."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo


def after_quiet(now: datetime, begins: time | None, ends: time | None, zone: ZoneInfo) -> datetime:
    """The moment itself, or the end of the quiet hours it lies in.

    Parameters
    ----------
    begins, ends
        Local times; ``22:00`` to ``07:00`` goes over midnight. None, or both the same = no quiet.
    """
    if begins is None or ends is None or begins == ends:
        return now
    local = now.astimezone(zone)
    clock = local.timetz().replace(tzinfo=None)
    over_midnight = begins > ends
    inside = (clock >= begins or clock < ends) if over_midnight else begins <= clock < ends
    if not inside:
        return now
    day = local.date() + timedelta(days=1 if over_midnight and clock >= begins else 0)
    return datetime.combine(day, ends, tzinfo=zone).astimezone(now.tzinfo)

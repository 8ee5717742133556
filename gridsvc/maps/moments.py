"""Times as people read them."""

from __future__ import annotations

from datetime import datetime


def moment(when: datetime) -> str:
    """An aware time as Chinese readers write it, in its own zone, which is named."""
    zone = when.strftime("%z")
    hours = f"{zone[0]}{int(zone[1:3])}" + (f":{zone[3:5]}" if zone[3:5] != "00" else "")
    return f"{when.year}年{when.month}月{when.day}日 {when:%H:%M}（UTC{hours}）"

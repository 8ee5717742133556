"""What an event asks of a person, who may take it, and who was passed over; pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Need:
    """What an event asks of the person who takes it.

    Attributes
    ----------
    role
        grid_worker or officer.
    power_code
        Power the person must hold, none where the matter needs none.
    low, high
        Half-open range of division codes the person must be attached within.
    grid_id
        Grid whose own workers come first, none where ownership does not count.
    max_radius_m
        Farthest a person may be in a straight line, none = any; own workers may be anywhere.
    max_position_age_s
        Oldest a position may be, none = any; own workers need none.
    """

    role: str
    power_code: str | None
    low: str
    high: str
    grid_id: int | None
    max_radius_m: float | None = None
    max_position_age_s: float | None = None


@dataclass(frozen=True)
class Candidate:
    """A person who may take an event: on duty, competent, below capacity; the name is masked.

    Attributes
    ----------
    distance_m
        Straight line to the event; at most 20 m off, since the index follows small moves late.
    lon, lat
        Where the person was last seen, degrees, WGS-84; none where nobody knows.
    """

    person_id: int
    code: str
    name: str
    role: str
    distance_m: float | None
    lon: float | None
    lat: float | None
    own_grid: bool
    open_count: int
    capacity: int


@dataclass(frozen=True)
class PassedOver:
    """A person near an event who may not take it, and why: one of `REASONS`."""

    person_id: int
    code: str
    name: str
    role: str
    distance_m: float
    why: str


#: Why somebody near is passed over, in the order in which it is asked, and as people read it.
REASONS = {
    "out_of_area": "不在可派范围",
    "no_power": "未持有所需权力",
    "off_duty": "不在岗",
    "full": "已满负荷",
    "resting": "处置后休整中",
    "old_position": "位置已过时",
    "too_far": "超出最大半径",
    "declined": "已退回或超时未接此事件",
}
